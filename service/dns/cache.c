/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include <stdlib.h>

#include "../../src/base/map.h"
#include "../../src/base/name.h"

#define KEY_OCTETS (NAME_OCTETS + 2)

struct cached {
	struct signet_answer answer;
	int64_t dies_ms;
};

struct generation {
	struct signet_arena arena;
	struct map answers; /* name and type -> struct cached */
};

struct cache {
	struct generation young;
	struct generation old;
	size_t generation_bytes;
};

static void begin(struct cache *c, struct generation *g)
{
	arena_init(&g->arena, c->generation_bytes);
	map_init(&g->answers, &g->arena, (uint64_t)(uintptr_t)c);
}

struct cache *cache_new(size_t generation_bytes)
{
	struct cache *c = calloc(1, sizeof(*c));
	if (c) {
		c->generation_bytes = generation_bytes;
		begin(c, &c->young);
		begin(c, &c->old);
	}
	return c;
}

void cache_free(struct cache *c)
{
	if (c) {
		arena_finish(&c->young.arena);
		arena_finish(&c->old.arena);
		free(c);
	}
}

/* Names of questions are in lower case, without the final dot, and never longer than NAME_OCTETS. */
static slice key_of(char key[static KEY_OCTETS], const struct signet_question *q)
{
	slice name = slice_first(q->name, NAME_OCTETS);
	memcpy(key, name.at, name.len);
	key[name.len] = (char)(q->type >> 8);
	key[name.len + 1] = (char)(q->type & 0xff);
	return slice_make(key, name.len + 2);
}

static bool keep(struct generation *g, slice key, const struct signet_answer *ans, int64_t dies_ms)
{
	struct cached *one = arena_alloc(&g->arena, sizeof(*one));
	struct signet_rr *rr = arena_array(&g->arena, ans->n ? ans->n : 1, sizeof(*rr));
	slice own_key = arena_copy(&g->arena, key);
	for (size_t i = 0; rr && i < ans->n; i++) {
		rr[i] = (struct signet_rr) { ans->rr[i].preference, arena_copy(&g->arena, ans->rr[i].data) };
	}
	if (g->arena.failed) {
		return false;
	}
	*one = (struct cached) { .answer = *ans, .dies_ms = dies_ms };
	one->answer.rr = rr;
	return map_put(&g->answers, own_key, one);
}

void cache_put(struct cache *c, const struct signet_question *q, const struct signet_answer *ans, int64_t now_ms)
{
	char octets[KEY_OCTETS];
	slice key = key_of(octets, q);
	int64_t dies_ms = now_ms + (int64_t)ans->ttl_s * 1000;
	if (signet_answer_is_error(ans) || ans->ttl_s == 0 || keep(&c->young, key, ans, dies_ms)) {
		return;
	}
	arena_finish(&c->old.arena);
	c->old = c->young;
	c->old.answers.arena = &c->old.arena;
	begin(c, &c->young);
	(void)keep(&c->young, key, ans, dies_ms);
}

bool cache_find(struct cache *c, const struct signet_question *q, int64_t now_ms, struct signet_answer *ret)
{
	char octets[KEY_OCTETS];
	slice key = key_of(octets, q);
	const struct cached *one = map_get(&c->young.answers, key);
	if (!one) {
		one = map_get(&c->old.answers, key);
		if (one && one->dies_ms > now_ms) {
			(void)keep(&c->young, key, &one->answer, one->dies_ms);
		}
	}
	if (!one || one->dies_ms <= now_ms) {
		return false;
	}
	*ret = one->answer;
	ret->ttl_s = (uint32_t)((one->dies_ms - now_ms + 999) / 1000);
	return true;
}
