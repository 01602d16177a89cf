/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include "../base/chars.h"

/* The fields of one name. */
struct field_list {
	size_t lowest;
	size_t n;
	size_t next; /* the next to be taken, of round `round` */
	unsigned round;
};

#define NAME_ON_STACK 80 /* longer names are rare: they are copied into the arena */

/* The entry for `name`, or NULL. */
static struct field_list *find_list(const struct field_index *index, slice name)
{
	char lower[NAME_ON_STACK];
	if (name.len > sizeof(lower)) {
		return map_get(&index->by_name, arena_lower(index->arena, name));
	}
	for (size_t i = 0; i < name.len; i++) {
		lower[i] = char_lower(name.at[i]);
	}
	return map_get(&index->by_name, slice_make(lower, name.len));
}

static struct field_list *add_list(struct field_index *index, slice name)
{
	slice key = arena_lower(index->arena, name);
	struct field_list *list = arena_alloc(index->arena, sizeof(*list));
	if (!key.at || !list || !map_put(&index->by_name, key, list)) {
		return NULL;
	}
	list->lowest = SLICE_NONE;
	return list;
}

enum signet_status field_index_init(struct field_index *index, const struct mail_header *header, struct signet_arena *a)
{
	*index = (struct field_index){ .header = header, .arena = a };
	map_init(&index->by_name, a, (uint64_t)(uintptr_t)header->block.at ^ (uint64_t)(uintptr_t)index);
	index->above = arena_array(a, header->n ? header->n : 1, sizeof(*index->above));
	if (!index->above) {
		return SIGNET_NO_MEMORY;
	}
	for (size_t i = 0; i < header->n; i++) {
		slice name = header->fields[i].name;
		if (name.len == 0) {
			continue;
		}
		struct field_list *list = find_list(index, name);
		if (!list && !(list = add_list(index, name))) {
			return SIGNET_NO_MEMORY;
		}
		index->above[i] = list->lowest;
		list->lowest = i;
		list->n++;
	}
	return SIGNET_OK;
}

void field_index_restart(struct field_index *index)
{
	index->round++;
}

const struct mail_field *field_index_take(struct field_index *index, slice name, slice own)
{
	struct field_list *list = find_list(index, name);
	if (!list) {
		return NULL;
	}
	if (list->round != index->round) {
		list->round = index->round;
		list->next = list->lowest;
	}
	size_t i = list->next;
	if (i != SLICE_NONE && RULE("6376:3.7", index->header->fields[i].raw.at == own.at)) {
		i = index->above[i];
	}
	if (i == SLICE_NONE) {
		return NULL;
	}
	list->next = index->above[i];
	return &index->header->fields[i];
}

size_t field_index_count(const struct field_index *index, slice name)
{
	const struct field_list *list = find_list(index, name);
	return list ? list->n : 0;
}
