/* SPDX-License-Identifier: Apache-2.0 */
/* A tag list read tag by tag and as a whole: both see the same faults, and no tag lies outside the text. */
#include "../src/tags/tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const slice known[] = { { "a", 1 }, { "bh", 2 }, { "v", 1 } };
	slice text = slice_make((const char *)data, size);
	struct signet_arena a;
	struct tag tags[3], tag, where;
	bool broken = false;
	arena_init(&a, (size_t)64 << 20);
	struct cursor c = cursor_of(text);
	for (enum tag_step step; (step = tags_next(&c, &tag)) != TAG_END;) {
		broken |= step == TAG_BROKEN;
		slice plain = tag_without_fws(tag.value, &a);
		if (tag.offset > size || plain.len > tag.value.len || tag.value.len > tag.raw_value.len) {
			__builtin_trap();
		}
	}
	enum tags_fault fault = tags_read(text, known, 3, &a, tags, &where);
	if (fault != TAGS_NO_MEMORY && (fault == TAGS_BROKEN) > broken) {
		__builtin_trap();
	}
	arena_finish(&a);
	return 0;
}
