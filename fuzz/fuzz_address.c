/* SPDX-License-Identifier: Apache-2.0 */
/* An address list: slices lie in the value or the arena, offsets in the value. */
#include <stdlib.h>

#include "../src/mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena arena;
	struct signet_findings notes;
	struct address_list list = { 0 };
	slice value = slice_make((const char *)data, size);
	arena_init(&arena, (size_t)64 << 20);
	findings_init(&notes, &arena);
	if (address_parse(value, &arena, &notes, &list) != SIGNET_OK) {
		abort();
	}
	for (size_t i = 0; i < list.n; i++) {
		const struct mailbox *m = &list.at[i];
		slice copy = arena_copy(&arena, m->domain); /* reads every octet of it */
		if (!copy.at) {
			abort();
		}
		if (m->offset > size || (!m->guessed && m->domain.len && value.at[m->offset] != '@')) {
			abort();
		}
	}
	arena_finish(&arena);
	return 0;
}
