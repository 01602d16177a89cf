/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that a table chooses for whoever wrote the message: signet sign --table FILE, or with the tables of --config.
 *
 *     struct tabled tabled;
 *     if (tabled_choose(o, conf, &(struct tabled_message) { path, octets }, &tabled, &status)) {
 *             for (size_t i = 0; i < tabled.n; i++) ... sign with tabled.keys[i] ...
 *     }
 *     tabled_finish(&tabled); */
#ifndef SIGNET_CMD_TABLED_H
#define SIGNET_CMD_TABLED_H

#include <signet/sign.h>

#include "../service/conf/conf.h"
#include "../service/keys/table.h"
#include "command.h"

struct tabled_message {
	const char *path; /* for JSON */
	slice octets; /* its header at least */
};

struct tabled_key {
	const char *domain, *selector, *identity; /* identity NULL: none */
	const char *path; /* of its file; NULL: the signer process has it */
	const struct table_key *rule; /* that chose it */
};

struct tabled {
	struct tabled_key keys[SIGNET_SIGNATURES];
	size_t n;
	bool needs_signer; /* one of them is there */
	bool third_party; /* one signs for a domain that From is not of, and its rule allows that */
	struct table *table;
	struct signet_arena *arena;
};

/* True if nobody said which keys sign, but where that stands. */
bool tabled_is_wanted(const struct options *o);
/* Asks the table about every author of the message: all must have the same keys.  False after a line on standard error
 * ("unsigned: ..." if there is no key, one JSON object with -j); `*ret_status` says what that means.  A table with a wrong
 * line chooses nothing: the line may be the binding that forbids it.  Needs tabled_finish() in any case. */
bool tabled_choose(const struct options *o, const struct conf *conf, const struct tabled_message *message,
                   struct tabled *ret, enum exit_status *ret_status);
void tabled_finish(struct tabled *t);

#endif
