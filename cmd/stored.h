/* SPDX-License-Identifier: Apache-2.0 */
/* The key store as a source of signing keys: signet sign --keys DIR --domain D. */
#ifndef SIGNET_CMD_STORED_H
#define SIGNET_CMD_STORED_H

#include "command.h"

/* One active key of a domain. */
struct stored_key {
	char domain[256]; /* normal form */
	char selector[130];
	char path[4096]; /* of its file */
};

/* All active keys of `domain` in the store `keydir`, one for each algorithm, `max` at most.  0 after a line on standard
 * error: there is no such store or domain, it is not safe, or no key is active; then `*ret_status` says what that means. */
size_t stored_active(const struct options *o, const char *keydir, const char *domain, struct stored_key *ret,
                     size_t max, enum exit_status *ret_status);

#endif
