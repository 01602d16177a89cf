/* SPDX-License-Identifier: Apache-2.0 */
/* forwarders: which clients have been seen to hand on the mail of others unchanged.
 *
 *     struct forwarders *f = forwarders_new(seed);                       // shared by all threads
 *     enum forwarders_sight what = forwarders_sight_of(dossier);
 *     if (what == FORWARDERS_FAILED && forwarders_is_seen(f, client, now)) soften
 *     forwarders_note(f, what, client, dossier->dmarc.organizational_domain, now);
 *
 * `client` is the name that the mail server found in the reverse zone and confirmed (FCrDNS); one without such a name cannot
 * be a seen forwarder, and an address is never remembered.  The rule:
 *
 *   direct    a message whose author publishes quarantine or reject, and for which an aligned SPF pass speaks.  An author is
 *             known after FORWARDERS_KNOWN_DAYS such days, the first of them FORWARDERS_KNOWN_AGE days ago.
 *   carried   one of a known author, with a MAIL FROM of his domain, from a client that his SPF record does not let send
 *             (fail, softfail), and with an aligned signature that passes all the same: somebody handed it on whole.
 *             A service that sends for many customers is none: where it is set up as it should be SPF passes, or MAIL FROM is
 *             the service's own.
 *   failed    one that fails DMARC under quarantine or reject.
 *
 * Carried mail is counted once a day and author, so that a message played again counts once.  Seen is who carried
 * FORWARDERS_AUTHORS unrelated authors on FORWARDERS_DAYS days of the last FORWARDERS_WINDOW and fails at most once for each
 * FORWARDERS_PRICE of what he carried: the status can be bought by handing on genuine mail for days, and is lost by using it.
 * Authors are unrelated if the last two labels differ: domains below one name cost nothing, whatever their records say.
 *
 * Memory is given at birth.  What has no room takes the place of what was seen least, so that a flood of new names does not
 * push out the old ones. */
#ifndef SIGNET_SERVICE_POLICY_FORWARDERS_H
#define SIGNET_SERVICE_POLICY_FORWARDERS_H

#include <signet/check.h>

#include "../../src/base/buf.h"

#define FORWARDERS_CLIENTS 2048 /* remembered at a time; all of it takes a megabyte */
#define FORWARDERS_KNOWN 16384
#define FORWARDERS_WINDOW 32 /* days */
#define FORWARDERS_KNOWN_DAYS 3
#define FORWARDERS_KNOWN_AGE 14
#define FORWARDERS_AUTHORS 4
#define FORWARDERS_DAYS 5
#define FORWARDERS_PRICE 4
#define FORWARDERS_NAME 128 /* octets of a client's name, NUL included; a longer one is not remembered */
#define FORWARDERS_OCTETS ((size_t)4 << 20) /* of the text */

enum forwarders_sight {
	FORWARDERS_NOTHING, /* says nothing about who handed it over */
	FORWARDERS_DIRECT,
	FORWARDERS_CARRIED, /* if the author is known */
	FORWARDERS_FAILED,
};

struct forwarders;

/* `seed`: secret, random: nobody shall choose what falls together.  NULL: memory is short. */
struct forwarders *forwarders_new(uint64_t seed);
void forwarders_free(struct forwarders *f);

/* What a message says of its client.  Pure. */
enum forwarders_sight forwarders_sight_of(const struct signet_dossier *d);
/* `author`: Organizational Domain in normal form.  `client` may be empty.  `now`: seconds since 1970.  From any thread. */
void forwarders_note(struct forwarders *f, enum forwarders_sight what, slice client, slice author, int64_t now);
bool forwarders_is_seen(struct forwarders *f, slice client, int64_t now);

/* True once after something was noted. */
bool forwarders_take_change(struct forwarders *f);
/* All of it as lines of text, at most FORWARDERS_OCTETS. */
void forwarders_write(struct forwarders *f, struct buf *to);
/* Instead of what is remembered.  False: it is no such text; nothing is remembered then. */
bool forwarders_read(struct forwarders *f, slice text);

#endif
