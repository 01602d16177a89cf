/* SPDX-License-Identifier: Apache-2.0 */
#include "../service/keys/table_opendkim.h"

/* The first octet says which kind of set; then the KeyTable, an empty line, the SigningTable. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct opendkim_set set;
	struct table_choice c;
	struct signet_arena *a = signet_arena_new(1 << 20);
	struct table *t = table_new();
	struct table_problems problems = { 0 };
	const struct table_source at = { .file = S("f"), .problems = &problems };
	enum opendkim_set_kind kind = size ? data[0] % 3 : 0;
	slice text = table_keep(t, slice_make((const char *)data + (size > 0), size - (size > 0)));
	size_t cut = slice_find(text, S("\n\n"));
	const struct opendkim_rules how = { .kind = kind, .multiple = true };
	(void)opendkim_parse_set(text, &set, &at);
	opendkim_read_keys(t, kind, slice_first(text, cut), S("/etc"), at);
	opendkim_read_rules(t, &how, slice_from(text, cut == SLICE_NONE ? 0 : cut), at);
	const struct table_query q[] = { { .local = S("joe"), .domain = S("a.b.example.com") },
		                         { .local = text, .domain = slice_first(text, 100) } };
	for (size_t i = 0; i < 2 && table_choose(t, &q[i], a, &c) == SIGNET_OK; i++) {
		if (c.n > TABLE_KEYS_MAX || (c.n > 0) != (c.why == TABLE_SIGNS)) {
			__builtin_trap();
		}
	}
	signet_arena_free(a);
	table_free(t);
	return 0;
}
