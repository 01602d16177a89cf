/* SPDX-License-Identifier: Apache-2.0 */
/* A file of overrides: what is read, written and read again is the same. */
#include "../service/policy/overrides.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena *a = signet_arena_new(OVERRIDES_BYTES);
	struct overrides one, two;
	struct buf error, first, second;
	buf_init(&error, 4096);
	buf_init(&first, 2 * OVERRIDES_OCTETS);
	buf_init(&second, 2 * OVERRIDES_OCTETS);
	if (overrides_parse(slice_make((const char *)data, size), "overrides", a, &one, &error)) {
		overrides_write(&one, -1, &first);
		if (!overrides_parse(buf_slice(&first), "overrides", a, &two, &error)) {
			__builtin_trap();
		}
		overrides_write(&two, -1, &second);
		if (!slice_eq(buf_slice(&first), buf_slice(&second))) {
			__builtin_trap();
		}
	}
	buf_finish(&error);
	buf_finish(&first);
	buf_finish(&second);
	signet_arena_free(a);
	return 0;
}
