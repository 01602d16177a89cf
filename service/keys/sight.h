/* SPDX-License-Identifier: Apache-2.0 */
/* sight: what servers show under the name of a key, laid beside the key.  Pure. */
#ifndef SIGNET_SERVICE_KEYS_SIGHT_H
#define SIGNET_SERVICE_KEYS_SIGHT_H

#include <signet/dkim.h>

#include "plan.h"

/* What one server shows. */
enum key_shown {
	SHOWN_NO_ANSWER,
	SHOWN_NO_ROUTE, /* an address that this host cannot reach: says nothing about the server */
	SHOWN_NO_AUTHORITY, /* the answer of a server of the zone without AA (RFC 1035 4.1.1) */
	SHOWN_KEY, /* the key, fit for use */
	SHOWN_NOTHING,
	SHOWN_REVOKED, /* an empty p= */
	SHOWN_OTHER, /* another key */
	SHOWN_BROKEN, /* a record that no verifier can use */
	SHOWN_SEVERAL, /* more than one record: which of them counts is undefined (RFC 6376 3.6.2.2) */
};

/* "the key", "another key"... */
const char *key_shown_text(enum key_shown shown);
/* "key", "other"... for programs */
const char *key_shown_name(enum key_shown shown);

/* `private` NULL: it is gone; then every usable key record counts as the key.  `*ret` is the first record read (zeroed if
 * there is none); it lives in `a`. */
enum key_shown key_shown_of(const slice *records, size_t n, const struct signet_privkey *private,
                            struct signet_arena *a, struct signet_dkim_key *ret);

/* All servers together.  `shown[0..n_servers)` are the authoritative ones, `resolver` is what the resolver shows (NULL: it was
 * not asked, or there is none).  `gone`: the private half is destroyed, so that the authoritative servers alone count and
 * nothing at all is as good as an empty p=. */
enum key_sight key_sight_of(const enum key_shown *shown, size_t n_servers, const enum key_shown *resolver, bool gone);

#endif
