/* SPDX-License-Identifier: Apache-2.0 */
/* arena: memory that belongs to one piece of work and is freed as a whole.
 *
 *     struct signet_arena a;
 *     arena_init(&a, 1 << 20);
 *     struct thing *t = arena_alloc(&a, sizeof(*t));   // zeroed; NULL past the limit
 *     ...
 *     arena_finish(&a);
 *
 * A failure sticks: a long evaluation may go on with NULL-safe helpers and ask `a.failed` once.  mark and rewind give
 * back what was taken in between, so that an evaluation which returned PENDING can be run again from its start.
 * There is no free of one object: whoever needs that owns the memory elsewhere. */
#ifndef SIGNET_BASE_ARENA_H
#define SIGNET_BASE_ARENA_H

#include "slice.h"

struct arena_block;

struct signet_arena {
	struct arena_block *last; /* the block in use; older ones hang behind it */
	size_t used_bytes; /* handed out, padding included */
	size_t limit_bytes;
	bool failed;
};

struct arena_mark {
	struct arena_block *block;
	size_t at;
	size_t used_bytes;
};

/* Nothing is allocated yet. */
void arena_init(struct signet_arena *a, size_t limit_bytes);
/* Frees everything; accepts a zeroed arena. */
void arena_finish(struct signet_arena *a);
/* Forgets everything but keeps the first block, unless it is large, for the next piece of work. */
void arena_reset(struct signet_arena *a);

/* `size` octets, zeroed, aligned for any type; NULL (and `failed`) past the limit or when memory is short. */
void *arena_alloc(struct signet_arena *a, size_t size);
/* The same for an array; a product that overflows fails. */
void *arena_array(struct signet_arena *a, size_t n, size_t size);
/* The same octets, not zeroed: for buffers that are about to be filled. */
char *arena_octets(struct signet_arena *a, size_t size);
/* A copy of the octets; the empty slice on failure. */
slice arena_copy(struct signet_arena *a, slice s);
/* A copy with ASCII letters in lower case. */
slice arena_lower(struct signet_arena *a, slice s);
/* The pieces one after the other. */
slice arena_join(struct signet_arena *a, size_t n, const slice pieces[]);
#define ARENA_JOIN(a, ...) arena_join((a), sizeof((slice[]) { __VA_ARGS__ }) / sizeof(slice), (slice[]) { __VA_ARGS__ })

struct arena_mark arena_mark(const struct signet_arena *a);
/* Gives back everything taken since `mark`; `failed` is cleared. */
void arena_rewind(struct signet_arena *a, struct arena_mark mark);

#endif
