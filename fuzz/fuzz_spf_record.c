/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a record, read whole. */
#include "../src/spf/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice text = slice_make((const char *)data, size);
	struct signet_arena a;
	arena_init(&a, (size_t)16 << 20);
	struct signet_findings notes;
	findings_init(&notes, &a);
	struct spf_record record = { 0 };
	if (spf_record_is(text) && spf_record_parse(text, &a, &notes, &record) == SIGNET_OK) {
		for (size_t i = 0; i < notes.n; i++) {
			if (notes.at[i].offset > size) {
				__builtin_trap();
			}
		}
		if (!record.valid && notes.n == 0) {
			__builtin_trap();
		}
	}
	arena_finish(&a);
	return 0;
}
