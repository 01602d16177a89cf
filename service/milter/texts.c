/* SPDX-License-Identifier: Apache-2.0 */
#include "texts.h"

#include <stdlib.h>

#define FIRST_OCTETS ((size_t)200)
#define LARGEST_OCTETS ((size_t)4 << 10) /* blocks double up to here */

struct texts_block {
	struct texts_block *before;
	size_t size;
	size_t at;
	char octets[];
};

static struct texts_block *add_block(struct texts *t, size_t need)
{
	size_t room =
		t->max > t->octets + sizeof(struct texts_block) ? t->max - t->octets - sizeof(struct texts_block) : 0;
	size_t size = t->last ? 2 * t->last->size : FIRST_OCTETS;
	size = size > LARGEST_OCTETS ? LARGEST_OCTETS : size;
	size = size > room ? room : size;
	size = size < need ? need : size;
	if (size > room) {
		return NULL;
	}
	struct texts_block *block = malloc(sizeof(*block) + size);
	if (block) {
		*block = (struct texts_block) { .before = t->last, .size = size };
		t->last = block;
		t->octets += sizeof(*block) + size;
	}
	return block;
}

bool texts_put(struct texts *t, slice s, slice *ret)
{
	struct texts_block *block = t->last;
	if (!block || block->size - block->at <= s.len) {
		block = add_block(t, s.len + 1);
	}
	if (!block) {
		return false;
	}
	char *to = block->octets + block->at;
	if (s.len) {
		memcpy(to, s.at, s.len);
	}
	to[s.len] = '\0';
	block->at += s.len + 1;
	*ret = slice_make(to, s.len);
	return true;
}

void texts_clear(struct texts *t)
{
	while (t->last) {
		struct texts_block *block = t->last;
		t->last = block->before;
		free(block);
	}
	t->octets = 0;
}
