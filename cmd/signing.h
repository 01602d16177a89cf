/* SPDX-License-Identifier: Apache-2.0 */
/* What signet sign and signet seal have in common: whose keys, one message in, the same message with more on top out.
 *
 * The message is read twice: once to sign it, once to write it behind the new fields.  Nothing goes to standard output
 * before all signatures are made.  A file with LF line ends is signed as if they were CRLF and written with LF again. */
#ifndef SIGNET_CMD_SIGNING_H
#define SIGNET_CMD_SIGNING_H

#include <signet/sign.h>

#include "../service/keys/signer_client.h"
#include "../service/mailbox/mailbox.h"
#include "settings.h"
#include "stored.h"
#include "tabled.h"

#define SIGNING_STORED 2 /* a store has one active key of each algorithm */

struct signing {
	const struct options *options;
	struct signet *engine;
	struct signet_signature signatures[SIGNET_SIGNATURES];
	struct signet_privkey *keys[SIGNET_SIGNATURES];
	unsigned bits[SIGNET_SIGNATURES];
	size_t n;
	struct stored_key stored[SIGNING_STORED]; /* with --keys */
	struct tabled tabled; /* with a table of keys */
	struct signer_client *client; /* the signer process has the keys that are not here; NULL: there are none */
	const char *trouble;          /* why it did not sign */
	struct signet_coverage_rule rules[SIGNET_COVERAGE_RULES];
	size_t n_rules;
	bool only_rules;
	struct mailbox *box;
	struct mailbox_item item;
	bool has_item;
	char *octets; /* the piece of the message in hand */
};

/* Reads pairs, keys and names of fields, and opens the message; where a table has the keys its author decides.  `conf` is the
 * configuration or NULL.  False after a line on standard error, and `*ret_status` says what that means.  Needs signing_close()
 * in any case. */
bool signing_open(const struct options *o, const struct conf *conf, struct signing *ret, enum exit_status *ret_status);
void signing_close(struct signing *s);

typedef enum signet_status signing_take_fn(void *to, slice octets);
/* Gives the whole message to `take`, with CRLF line ends, from its beginning. */
enum signet_status signing_feed(struct signing *s, signing_take_fn *take, void *to);
/* Signs with the key of that pair.  SIGNET_OK with an answer in `ret`. */
enum signet_status signing_answer(struct signing *s, const struct signet_sign_request *request,
                                  uint8_t ret[static SIGNET_SIGNATURE_OCTETS], size_t *ret_octets);
/* The fields, then the message. */
enum exit_status signing_write(struct signing *s, slice fields);
/* One line of standard error for each finding (all of it with -v), or one JSON object with -j. */
void signing_tell(struct signing *s, bool refused, const struct signet_findings *findings);
/* Why the message could not be read or signed. */
enum exit_status signing_fail(struct signing *s, enum signet_status status);

#endif
