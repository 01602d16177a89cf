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

#include <stdatomic.h>

#include "../policy/rules.h"
#include "session.h"

struct signet_resolver;
struct loop;
struct log;
struct counters;
struct spool_writer;
struct message_pool;

/* What the messages of one worker thread share. */
struct message_world {
	struct signet *signet;
	struct signet_resolver *resolver;
	struct loop *loop;
	struct log *log;
	struct counters *counters;
	struct spool_writer *spool; /* NULL: no verdicts are kept */
	struct signer_desk *signers; /* requests to the signer process on this loop; NULL: nothing is signed */
	_Atomic uint64_t *kept_octets; /* bodies that all threads keep; NULL: this thread counts its own */
	int64_t now; /* tests: seconds since 1970; 0: the clock */
	struct message_pool *pool; /* memory that goes from message to message; NULL at the start */
};

/* Frees what the messages of this worker left behind; none is under way any more. */
void message_world_finish(struct message_world *world);

/* `data` of session_new() for message_calls. */
struct message_source {
	struct message_world *world;
	struct rules *rules; /* those of now; a message keeps them to its end */
	const struct rules_listener *listener;
	void (*wake)(void *data, struct session *s); /* the connection goes on */
	void *data;
};

extern const struct session_calls message_calls;

#endif
