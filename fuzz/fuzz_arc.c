/* SPDX-License-Identifier: Apache-2.0 */
/* A message: its DKIM signatures and its chain are verified with every key look-up ending in a time-out. */
#include "../src/arc/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signet *engine;
	struct signet_arena a;
	struct signet_findings notes;
	struct mail_header header;
	struct body_hashes hashes;
	struct arc *arc;
	struct dkim *dkim;
	struct signet_arc result;
	slice message = slice_make((const char *)data, size);
	size_t end = header_find_end(message, 0);
	engine = engine ? engine : signet_new();
	struct signet_book *book = signet_book_new(0);
	arena_init(&a, (size_t)64 << 20);
	findings_init(&notes, &a);
	(void)header_parse(slice_first(message, end == SLICE_NONE ? size : end), &a, &notes, &header);
	body_hashes_init(&hashes, engine, &a);
	struct dkim_query query = { .engine = engine, .header = &header };
	struct arc_query chain = { .engine = engine, .header = &header };
	if (dkim_open(&query, &hashes, book, &a, &notes, &dkim) == SIGNET_OK &&
	    arc_open(&chain, &hashes, book, &a, &arc) == SIGNET_OK) {
		body_hashes_feed(&hashes, slice_from(message, end));
		(void)body_hashes_end(&hashes);
		for (int i = 0; i < 9 && (dkim_finish(dkim, book, &a) == SIGNET_PENDING ||
					  arc_finish(arc, book, &a, &result) == SIGNET_PENDING);
		     i++) {
			signet_book_expire(book);
		}
	}
	body_hashes_finish(&hashes);
	signet_book_free(book);
	arena_finish(&a);
	return 0;
}
