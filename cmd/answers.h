/* SPDX-License-Identifier: Apache-2.0 */
/* Where the answers of a command come from: zone files or name servers, as the options say. */
#ifndef SIGNET_CMD_ANSWERS_H
#define SIGNET_CMD_ANSWERS_H

#include <signet/resolve.h>

#include "../service/conf/conf.h"
#include "command.h"

#define DEADLINE_MS 20000 /* DNS time per message (RFC 7208 4.6.4: at least 20 s) */

/* The zone files of the options, loaded once; `*ret` is NULL if there are none.  False after a line on standard error. */
bool answers_open_zones(const struct options *o, struct signet_zones **ret);
/* The file named by the options, else by the configuration (may be NULL); NULL: none is named. */
const char *answers_trust_anchor(const struct options *o, const struct conf *conf);
/* A resolver for one thread; `conf` may be NULL.  NULL after a line on standard error; `*ret_status` says what that means. */
struct signet_resolver *answers_open(const struct options *o, const struct conf *conf, const struct signet_zones *zones,
				     enum exit_status *ret_status);
/* Answers every open question of the book, at the latest after DEADLINE_MS; then what is open has timed out. */
void answers_fill(struct signet_resolver *resolver, struct signet_book *book);

#endif
