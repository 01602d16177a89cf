/* SPDX-License-Identifier: Apache-2.0 */
/* map: octets -> pointer, in an arena.  Grows; nothing is ever removed. */
#ifndef SIGNET_BASE_MAP_H
#define SIGNET_BASE_MAP_H

#include "arena.h"

struct map_entry {
	slice key;
	void *value;
};

struct map {
	struct signet_arena *arena;
	struct map_entry *slots; /* a power of two, at most 3/4 in use */
	size_t room;
	size_t n;
	uint64_t seed; /* against chosen collisions; any number will do for trusted keys */
};

void map_init(struct map *m, struct signet_arena *a, uint64_t seed);
/* The value of `key`, or NULL. */
void *map_get(const struct map *m, slice key);
/* Adds or replaces; the key's octets must live as long as the map.  False if memory is short. */
bool map_put(struct map *m, slice key, void *value);

#endif
