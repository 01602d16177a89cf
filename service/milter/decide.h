/* SPDX-License-Identifier: Apache-2.0 */
/* decide: what is done with a message when all is known of it, and with a recipient before. */
#ifndef SIGNET_SERVICE_MILTER_DECIDE_H
#define SIGNET_SERVICE_MILTER_DECIDE_H

#include "state.h"

bool decide_has_client(const struct signet_network *nets, size_t n, const struct signet_ip *client);
/* Dossier, signing and header -> m->act. */
void decide_message(struct message *m);
/* m->act -> edits, spool, log, counters and m->outcome: it is known. */
void decide_tell(struct message *m);
/* The newest one -> m->outcome. */
void decide_recipient(struct message *m);

#endif
