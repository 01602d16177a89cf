/* SPDX-License-Identifier: Apache-2.0 */
/* Encoded-words: what comes out is valid, so decoding what is left changes nothing in length but by words. */
#include <stdlib.h>

#include "../src/mail/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena arena;
	arena_init(&arena, (size_t)64 << 20);
	slice text = words_decode(slice_make((const char *)data, size), &arena);
	if (text.len > 3 * size || (size && !text.at)) {
		abort();
	}
	slice again = words_has(text) ? text : words_decode(text, &arena);
	if (again.at != text.at) {
		abort(); /* it was no valid UTF-8 */
	}
	arena_finish(&arena);
	return 0;
}
