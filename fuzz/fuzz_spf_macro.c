/* SPDX-License-Identifier: Apache-2.0 */
/* A macro-string, a zero octet, and the sender it is expanded for. */
#include "../src/spf/macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice rest = slice_make((const char *)data, size);
	slice spec = slice_split(&rest, 0);
	struct spf_values v = { .sender = rest,
		                .local = rest,
		                .origin = rest,
		                .domain = rest,
		                .helo = rest,
		                .receiver = rest,
		                .validated = rest,
		                .ip = { .family = size % 2 ? 4 : 6 } };
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	unsigned letters;
	size_t flaw = 0;
	slice got;
	if (!spf_macro_check(spec, SPF_IN_DOMAIN, &letters, &flaw)
	            ? flaw > spec.len
	            : spf_macro_name(spec, &v, &a, &got) && got.len > 253) {
		__builtin_trap();
	}
	if (spf_macro_check(spec, SPF_IN_EXPLANATION, &letters, &flaw) && spf_macro_text(spec, &v, &a, &got) &&
	    got.len > SPF_EXPLANATION_OCTETS) {
		__builtin_trap();
	}
	arena_finish(&a);
	return 0;
}
