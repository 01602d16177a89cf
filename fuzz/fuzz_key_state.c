/* SPDX-License-Identifier: Apache-2.0 */
#include "../service/keys/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena a;
	struct key_state state, again;
	struct buf text, error;
	arena_init(&a, (size_t)4 << 20);
	buf_init(&text, (size_t)4 << 20);
	buf_init(&error, 1 << 12);
	if (state_parse(slice_make((const char *)data, size), "f", &a, &state, &error)) {
		state_write(&state, S("example.com"), &text);
		if (!state_parse(buf_slice(&text), "f", &a, &again, &error) && !a.failed) {
			__builtin_trap(); /* what we write we read */
		}
	}
	buf_finish(&text);
	buf_finish(&error);
	arena_finish(&a);
	return 0;
}
