/* SPDX-License-Identifier: Apache-2.0 */
#include "../service/keys/table_text.h"

/* Whatever a file of bindings says: who stands in no line of it signs nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table_choice c;
	struct signet_arena *a = signet_arena_new(1 << 20);
	struct table *t = table_new();
	struct table_problems problems = { 0 };
	const struct table_source at = { .file = S("f"), .problems = &problems };
	slice text = table_keep(t, slice_make((const char *)data, size));
	table_read_keys(t, S("* s1 signer"), S(""), at);
	table_read_bindings(t, text, at);
	const struct table_query q[] = {
		{ .domain = S("example.com") },
		{ .domain = S("example.com"), .login = text },
		{ .domain = S("a.example"), .login = S("joe@a.example"), .client_name = slice_first(text, 200) },
	};
	for (size_t i = 0; i < 3; i++) {
		bool signs = table_choose(t, &q[i], a, &c) == SIGNET_OK && c.why == TABLE_SIGNS;
		if (signs && (i == 0 || !table_count_bindings(t))) {
			__builtin_trap();
		}
	}
	signet_arena_free(a);
	table_free(t);
	return 0;
}
