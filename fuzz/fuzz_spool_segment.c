/* SPDX-License-Identifier: Apache-2.0 */
/* A segment: entries are inside of it, one behind the other, and what they hold is read or refused. */
#include <stdlib.h>

#include "../service/spool/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice octets = slice_make((const char *)data, size);
	struct signet_arena *a = signet_arena_new(DOSSIER_BYTES);
	char *inflated = malloc(SEGMENT_ENTRY_OCTETS);
	struct segment_head head;
	struct segment_entry entry;
	struct dossier_read read;
	size_t at = 0, begin = 0;
	(void)segment_read_head(octets, &head, &begin);
	while (a && inflated && segment_find_entry(octets, begin, &at, &entry) == SEGMENT_WHOLE) {
		if (at < begin || entry.octets > size - at - SEGMENT_ENTRY_HEAD) {
			__builtin_trap();
		}
		signet_arena_reset(a);
		(void)spool_entry_read(&entry, slice_make(octets.at + at + SEGMENT_ENTRY_HEAD, entry.octets), inflated,
		                       a, &read);
		begin = at + SEGMENT_ENTRY_HEAD + entry.octets;
	}
	/* without its check: what a check cannot keep out */
	if (size > 1) {
		entry = (struct segment_entry) { .octets = (uint32_t)size - 1, .inflated = (uint32_t)data[0] << 6 };
		signet_arena_reset(a);
		(void)spool_entry_read(&entry, slice_from(octets, 1), inflated, a, &read);
	}
	free(inflated);
	signet_arena_free(a);
	return 0;
}
