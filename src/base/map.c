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

/* Eight octets at a time: keys are short names, and every look-up hashes one. */
static uint64_t hash(uint64_t seed, slice key)
{
	uint64_t h = seed ^ (key.len * MULTIPLIER);
	uint64_t part;
	size_t i = 0;
	for (; key.len - i >= sizeof(part); i += sizeof(part)) {
		memcpy(&part, key.at + i, sizeof(part));
		h = mix(h ^ part);
	}
	part = 0;
	if (i < key.len) {
		memcpy(&part, key.at + i, key.len - i);
	}
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
