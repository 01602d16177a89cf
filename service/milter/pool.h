/* SPDX-License-Identifier: Apache-2.0 */
/* pool: messages of a worker that are spare, and what those under way keep in memory. */
#ifndef SIGNET_SERVICE_MILTER_POOL_H
#define SIGNET_SERVICE_MILTER_POOL_H

#include "../log/log.h"
#include "diagnosis.h"
#include "state.h"

#define HEADER_BYTES ((size_t)2 << 20) /* the engine's cap */
#define HEADER_FIELDS 20000 /* the same */

struct message_pool {
	struct message *spare;
	size_t n;
	struct message_kept kept;
	struct diagnosis_budget diagnosis;
	struct log_limit spool_trouble; /* a full disk is no news with every message */
};

/* NULL: memory is short.  Its stations are there, and empty. */
struct message *pool_take(struct message_world *world);
/* Nothing of it is under way any more. */
void pool_give_back(struct message *m);

/* Frees what is spare; nothing is under way any more. */
void pool_finish(struct message_world *world);

/* The account of what all messages keep. */
struct message_kept *pool_kept(struct message_world *world);
/* What is kept of the body or the header is forgotten, and counts no more. */
void pool_drop_body(struct message *m);
void pool_drop_header(struct message *m);

#endif
