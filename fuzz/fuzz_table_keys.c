/* SPDX-License-Identifier: Apache-2.0 */
#include "../service/keys/table_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf lines;
	struct table_choice c;
	struct signet_arena *a = signet_arena_new(1 << 20);
	struct table *t = table_new();
	struct table_problems problems = { .lines = &lines };
	buf_init(&lines, 8192);
	slice text = table_keep(t, slice_make((const char *)data, size));
	table_read_keys(t, text, S("/etc"), (struct table_source) { .file = S("f"), .problems = &problems });
	const struct table_query q[] = { { .local = S("joe"), .domain = S("a.Example.com") },
		                         { .local = text, .domain = slice_first(text, 100), .login = text } };
	for (size_t i = 0; i < 2 && table_choose(t, &q[i], a, &c) == SIGNET_OK; i++) {
		if (c.n > TABLE_KEYS_MAX || (c.n > 0) != (c.why == TABLE_SIGNS)) {
			__builtin_trap();
		}
		table_put_reason(&lines, &q[i], &c);
	}
	buf_finish(&lines);
	signet_arena_free(a);
	table_free(t);
	return 0;
}
