/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "chars.h"

#define BLOCK_BYTES ((size_t)16 << 10)
#define KEPT_BYTES ((size_t)64 << 10) /* of a first block that one large request made, more is not kept */
#define ALIGNMENT alignof(max_align_t)

struct arena_block {
	struct arena_block *before;
	size_t size;
	size_t at;
	alignas(max_align_t) char octets[];
};

void arena_init(struct signet_arena *a, size_t limit_bytes)
{
	*a = (struct signet_arena) { .limit_bytes = limit_bytes };
}

static void free_until(struct signet_arena *a, const struct arena_block *keep)
{
	while (a->last && a->last != keep) {
		struct arena_block *block = a->last;
		a->last = block->before;
		free(block);
	}
}

void arena_finish(struct signet_arena *a)
{
	free_until(a, NULL);
	a->used_bytes = 0;
}

void arena_reset(struct signet_arena *a)
{
	while (a->last && (a->last->before || a->last->size > KEPT_BYTES)) {
		struct arena_block *block = a->last;
		a->last = block->before;
		free(block);
	}
	if (a->last) {
		a->last->at = 0;
	}
	a->used_bytes = 0;
	a->failed = false;
}

static struct arena_block *add_block(struct signet_arena *a, size_t need)
{
	size_t size = need > BLOCK_BYTES ? need : BLOCK_BYTES;
	struct arena_block *block = malloc(sizeof(*block) + size);
	if (!block) {
		return NULL;
	}
	*block = (struct arena_block) { .before = a->last, .size = size };
	a->last = block;
	return block;
}

char *arena_octets(struct signet_arena *a, size_t size)
{
	if (size > a->limit_bytes || a->used_bytes > a->limit_bytes - size) {
		a->failed = true;
		return NULL;
	}
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	struct arena_block *block = a->last;
	if (!block || block->size - block->at < size) {
		block = add_block(a, size);
	}
	if (!block) {
		a->failed = true;
		return NULL;
	}
	char *at = block->octets + block->at;
	block->at += size;
	a->used_bytes += size;
	return at;
}

void *arena_alloc(struct signet_arena *a, size_t size)
{
	void *at = arena_octets(a, size);
	return at ? memset(at, 0, size) : NULL;
}

void *arena_array(struct signet_arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes)) {
		a->failed = true;
		return NULL;
	}
	return arena_alloc(a, bytes);
}

slice arena_copy(struct signet_arena *a, slice s)
{
	char *at = arena_octets(a, s.len ? s.len : 1);
	if (!at) {
		return (slice) { 0 };
	}
	if (s.len) {
		memcpy(at, s.at, s.len);
	}
	return slice_make(at, s.len);
}

slice arena_lower(struct signet_arena *a, slice s)
{
	char *at = arena_octets(a, s.len ? s.len : 1);
	if (!at) {
		return (slice) { 0 };
	}
	for (size_t i = 0; i < s.len; i++) {
		at[i] = char_lower(s.at[i]);
	}
	return slice_make(at, s.len);
}

slice arena_join(struct signet_arena *a, size_t n, const slice pieces[])
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		len += pieces[i].len;
	}
	char *at = arena_octets(a, len ? len : 1);
	if (!at) {
		return (slice) { 0 };
	}
	char *to = at;
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len) {
			memcpy(to, pieces[i].at, pieces[i].len);
			to += pieces[i].len;
		}
	}
	return slice_make(at, len);
}

struct arena_mark arena_mark(const struct signet_arena *a)
{
	return (struct arena_mark) { .block = a->last, .at = a->last ? a->last->at : 0, .used_bytes = a->used_bytes };
}

void arena_rewind(struct signet_arena *a, struct arena_mark mark)
{
	free_until(a, mark.block);
	if (a->last) {
		a->last->at = mark.at;
	}
	a->used_bytes = mark.used_bytes;
	a->failed = false;
}

struct signet_arena *signet_arena_new(size_t limit_bytes)
{
	struct signet_arena *a = malloc(sizeof(*a));
	if (a) {
		arena_init(a, limit_bytes);
	}
	return a;
}

void signet_arena_reset(struct signet_arena *a)
{
	arena_reset(a);
}

void signet_arena_free(struct signet_arena *a)
{
	if (a) {
		arena_finish(a);
		free(a);
	}
}
