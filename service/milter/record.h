/* SPDX-License-Identifier: Apache-2.0 */
/* record: what is kept and said of a message: the row of the spool, the line of the log, the counters. */
#ifndef SIGNET_SERVICE_MILTER_RECORD_H
#define SIGNET_SERVICE_MILTER_RECORD_H

#include "../../src/base/slice.h"

struct message;

/* Into the spool, before the mail server is answered.  False: it could not be kept. */
bool record_keep(struct message *m);
void record_log(const struct message *m);
/* A recipient that SPF alone refuses. */
void record_log_recipient(const struct message *m, slice recipient);
void record_count(const struct message *m);

#endif
