/* SPDX-License-Identifier: Apache-2.0 */
/* world: what the messages of a worker thread share, and where a message comes from. */
#ifndef SIGNET_SERVICE_MILTER_WORLD_H
#define SIGNET_SERVICE_MILTER_WORLD_H

#include <stdatomic.h>

#include "../policy/rules.h"
#include "session.h"

struct signet_resolver;
struct loop;
struct log;
struct counters;
struct spool_writer;
struct message_pool;
struct replay;
struct forwarders;

/* Memory that messages hold at the moment, of all threads together. */
struct message_kept {
	_Atomic uint64_t bodies, headers; /* octets */
};

/* What the messages of one worker thread share. */
struct message_world {
	struct signet *signet;
	struct signet_resolver *resolver;
	struct loop *loop;
	struct log *log;
	struct counters *counters;
	struct spool_writer *spool; /* NULL: no verdicts are kept */
	struct signer_desk *signers; /* requests to the signer process on this loop; NULL: nothing is signed */
	struct replay *replay; /* shared by all threads; NULL: nobody counts */
	struct forwarders *forwarders; /* shared by all threads; NULL: nobody remembers */
	bool replay_quarantines; /* what comes too often is treated as the policy "quarantine" asks */
	struct message_kept *kept; /* by all threads; NULL: this thread counts its own */
	int64_t now; /* tests: seconds since 1970; 0: the clock */
	struct message_pool *pool; /* memory that goes from message to message; NULL at the start */
};

/* `data` of session_new() for message_calls. */
struct message_source {
	struct message_world *world;
	struct rules *rules; /* those of now; a message keeps them to its end */
	const struct rules_listener *listener;
	void (*wake)(void *data, struct session *s); /* the connection goes on */
	void *data;
};

#endif
