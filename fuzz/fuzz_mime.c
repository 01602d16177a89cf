/* SPDX-License-Identifier: Apache-2.0 */
/* A message: every multipart's pieces follow each other, every leaf decodes. */
#include <stdlib.h>

#include "../src/mail/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena arena;
	struct signet_findings notes;
	struct mail_header header = { 0 };
	struct mime mime = { 0 };
	struct buf b;
	slice octets = slice_make((const char *)data, size);
	arena_init(&arena, (size_t)64 << 20);
	findings_init(&notes, &arena);
	buf_init(&b, (size_t)64 << 20);
	size_t end = header_find_end(octets, 0);
	if (header_parse(slice_first(octets, end), &arena, &notes, &header) == SIGNET_OK) {
		mime_parse(&header, slice_from(octets, end), &arena, &notes, &mime);
	}
	for (size_t i = 0; i < mime.n; i++) {
		const struct mime_part *p = &mime.parts[i];
		if (p->parent != MIME_NONE && p->header.at + p->header.len != p->body.at) {
			abort();
		}
		transfer_decode(p->encoding, p->body, &b);
		buf_clear(&b);
		transfer_put_quoted_printable(&b, p->body);
		buf_clear(&b);
	}
	buf_finish(&b);
	arena_finish(&arena);
	return 0;
}
