/* SPDX-License-Identifier: Apache-2.0 */
/* message: one message under way through a worker.
 *
 *     facts, fields, body  ->  check (libsignet)  ->  decision  ->  edits and reply  ->  spool, log, counters  ->  outcome
 *                          ->  sign  (libsignet)  ->  signer process  -^
 *
 * It is what a session calls (message_calls); it waits for DNS and for the signer on the worker's loop, and wakes the session
 * up when its outcome is known.  The verdict is in the spool before the mail server is answered. */
#ifndef SIGNET_SERVICE_MILTER_MESSAGE_H
#define SIGNET_SERVICE_MILTER_MESSAGE_H

#include "world.h"

/* Frees what the messages of this worker left behind; none is under way any more. */
void message_world_finish(struct message_world *world);

extern const struct session_calls message_calls;

#endif
