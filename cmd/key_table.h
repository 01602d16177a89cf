/* SPDX-License-Identifier: Apache-2.0 */
/* signet key table: which key signs for whom, and why not. */
#ifndef SIGNET_CMD_KEY_TABLE_H
#define SIGNET_CMD_KEY_TABLE_H

#include "../service/keys/table.h"
#include "command.h"

/* The table of --config and --table; what is wrong with its lines goes to standard error.  `*ret_status` is EXIT_BAD_INPUT then
 * although there is a table: whoever signs goes on with the good lines only if it was told so.  NULL if nothing can be read.
 * table_free() it. */
struct table *key_table_open(const struct options *o, enum exit_status *ret_status);

/* Who sends the message, as --login and --client say. */
void key_table_sender(const struct options *o, struct table_query *q);

/* The command.  Takes OPTIONS_COMMON | OPTIONS_KEY_TABLE.  With --from: what is chosen, EXIT_BAD if nothing signs; without: how
 * many rules there are. */
enum exit_status key_table(const struct options *o);

#endif
