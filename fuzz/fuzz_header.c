/* SPDX-License-Identifier: Apache-2.0 */
/* A header: no octet is lost, its end is found wherever the octets are cut, and its authors are found. */
#include <stdlib.h>

#include "../src/mail/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena arena;
	struct signet_findings notes;
	struct mail_header header = { 0 };
	struct mail_identity identity;
	slice octets = slice_make((const char *)data, size);
	arena_init(&arena, (size_t)64 << 20);
	findings_init(&notes, &arena);
	size_t end = header_find_end(octets, 0);
	size_t cut = size ? data[0] % size : 0;
	size_t first = header_find_end(slice_first(octets, cut), 0);
	if ((first != SLICE_NONE ? first : header_find_end(octets, cut)) != end) {
		abort();
	}
	if (header_parse(slice_first(octets, end), &arena, &notes, &header) == SIGNET_OK) {
		const char *at = header.block.at;
		for (size_t i = 0; i < header.n; at += header.fields[i++].raw.len) {
			if (header.fields[i].raw.at != at) {
				abort();
			}
		}
		identity_find(&header, &arena, &notes, &identity);
	}
	arena_finish(&arena);
	return 0;
}
