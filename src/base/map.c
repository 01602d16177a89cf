/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#define FIRST_SLOTS 32

#define MULTIPLIER 0xd6e8feb86659fd93u /* odd, with bits all over */

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= MULTIPLIER;
	return h ^ h >> 32;
}

/* Eight octets at a time, the last eight perhaps with some before them: keys are short names, and every look-up hashes
 * one. */
static uint64_t hash(uint64_t seed, slice key)
{
	uint64_t h = seed ^ (key.len * MULTIPLIER);
	uint64_t part = 0;
	if (key.len < sizeof(part)) {
		for (size_t i = 0; i < key.len; i++) {
			part = part << 8 | (unsigned char)key.at[i];
		}
		return mix(h ^ part);
	}
	const char *last = key.at + key.len - sizeof(part);
	for (const char *at = key.at; at < last; at += sizeof(part)) {
		memcpy(&part, at, sizeof(part));
		h = mix(h ^ part);
	}
	memcpy(&part, last, sizeof(part));
	return mix(h ^ part);
}

static struct map_entry *find_slot(const struct map *m, slice key)
{
	for (uint64_t i = hash(m->seed, key);; i++) {
		struct map_entry *slot = &m->slots[i & (m->room - 1)];
		if (!slot->key.at || slice_eq(slot->key, key)) {
			return slot;
		}
	}
}

void map_init(struct map *m, struct signet_arena *a, uint64_t seed)
{
	*m = (struct map){ .arena = a, .seed = seed };
}

void *map_get(const struct map *m, slice key)
{
	return m->room ? find_slot(m, key)->value : NULL;
}

static bool grow(struct map *m)
{
	size_t room = m->room ? m->room * 2 : FIRST_SLOTS;
	struct map_entry *slots = arena_array(m->arena, room, sizeof(*slots));
	if (!slots) {
		return false;
	}
	struct map_entry *old = m->slots;
	size_t n = m->room;
	m->slots = slots;
	m->room = room;
	for (size_t i = 0; i < n; i++) {
		if (old[i].key.at) {
			*find_slot(m, old[i].key) = old[i];
		}
	}
	return true;
}

bool map_put(struct map *m, slice key, void *value)
{
	if ((m->n + 1) * 4 > m->room * 3 && !grow(m)) {
		return false;
	}
	struct map_entry *slot = find_slot(m, key);
	m->n += !slot->key.at;
	*slot = (struct map_entry){ .key = key.at ? key : S(""), .value = value };
	return true;
}
