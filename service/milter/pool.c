/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <stdlib.h>

#define ARENA_BYTES ((size_t)16 << 20) /* of one message, its header and body not counted */
#define FRAME_BYTES ((size_t)2 << 20) /* the field that crosses it */
#define SPARE_MESSAGES 32
#define SPARE_HEADER ((size_t)64 << 10) /* more than most need is given back between messages */
#define SPARE_FIELDS 1000
#define SPARE_BODY ((size_t)256 << 10)

static struct message_pool *pool_of(struct message_world *world)
{
	if (!world->pool) {
		world->pool = calloc(1, sizeof(*world->pool));
	}
	return world->pool;
}

static void free_message(struct message *m)
{
	incoming_finish(&m->in);
	signing_finish(&m->out);
	sealing_finish(&m->seal);
	early_finish(&m->early);
	arena_finish(&m->arena);
	buf_finish(&m->header);
	buf_finish(&m->body);
	free(m);
}

static struct message *new_message(struct message_world *world)
{
	struct message *m = calloc(1, sizeof(*m));
	if (m && !incoming_init(&m->in, world->signet, world->resolver)) {
		free(m);
		return NULL;
	}
	if (m) {
		arena_init(&m->arena, ARENA_BYTES);
		buf_init(&m->header, HEADER_BYTES + FRAME_BYTES);
		buf_init(&m->body, SIZE_MAX / 2);
	}
	return m;
}

struct message *pool_take(struct message_world *world)
{
	struct message_pool *pool = pool_of(world);
	struct message *m = pool ? pool->spare : NULL;
	if (!pool) {
		return NULL;
	}
	if (m) {
		pool->spare = m->next;
		pool->n--;
		return m;
	}
	return new_message(world);
}

struct message_kept *pool_kept(struct message_world *world)
{
	return world->kept ? world->kept : &world->pool->kept;
}

void pool_drop_body(struct message *m)
{
	atomic_fetch_sub_explicit(&pool_kept(m->world)->bodies, m->body.len, memory_order_relaxed);
	buf_clear(&m->body);
}

void pool_drop_header(struct message *m)
{
	atomic_fetch_sub_explicit(&pool_kept(m->world)->headers, m->header_paid, memory_order_relaxed);
	m->header_cost = m->header_paid = 0;
	buf_clear(&m->header);
}

static void trim(struct buf *b, size_t most)
{
	if (b->room > most) {
		size_t max = b->max;
		buf_finish(b);
		buf_init(b, max);
	}
}

void pool_give_back(struct message *m)
{
	struct message_pool *pool = m->world->pool;
	/* what the stations grew to for a large header stays with them */
	bool was_large = m->header.room > SPARE_HEADER || m->progress.fields > SPARE_FIELDS;
	pool_drop_body(m);
	pool_drop_header(m);
	trim(&m->body, SPARE_BODY);
	arena_reset(&m->arena);
	if (was_large || pool->n == SPARE_MESSAGES) {
		free_message(m);
		return;
	}
	m->next = pool->spare;
	pool->spare = m;
	pool->n++;
}

void pool_finish(struct message_world *world)
{
	struct message_pool *pool = world->pool;
	while (pool && pool->spare) {
		struct message *m = pool->spare;
		pool->spare = m->next;
		free_message(m);
	}
	free(pool);
	world->pool = NULL;
}
