/* SPDX-License-Identifier: Apache-2.0 */
/* One worker of signet check: a message in, the text to print and an exit status out. */
#ifndef SIGNET_CMD_VERDICT_H
#define SIGNET_CMD_VERDICT_H

#include "../service/mailbox/mailbox.h"
#include "answers.h"
#include "settings.h"

struct verdict;

/* Belongs to one thread.  NULL after a line on standard error. */
struct verdict *verdict_new(const struct options *o, const struct settings *settings, const struct signet_zones *zones,
			    bool colour);
void verdict_free(struct verdict *v);
/* Opens engine and resolver, which verdict_of() does if need be; anything but EXIT_FINE comes after a line on standard
 * error. */
enum exit_status verdict_start(struct verdict *v);
/* Checks the message; a message that cannot be read is told as such. */
enum exit_status verdict_of(struct verdict *v, struct mailbox_item *item);
/* What is to be printed of the last one; valid until the next. */
slice verdict_text(const struct verdict *v);

#endif
