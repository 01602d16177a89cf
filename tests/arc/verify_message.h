/* SPDX-License-Identifier: Apache-2.0 */
/* One message through the chain verifier, the way the check conductor does it: for the tests of arc. */
#ifndef SIGNET_TESTS_ARC_VERIFY_MESSAGE_H
#define SIGNET_TESTS_ARC_VERIFY_MESSAGE_H

#include <stdlib.h>

#include "../../src/arc/verify.h"
#include "../support/rows.h"
#include "../support/zone.h"

struct chained {
	struct signet_arena arena;
	struct signet_arena scratch;
	struct signet_book *book;
	struct mail_header header;
	struct body_hashes hashes;
	struct arc *arc;
	struct signet_arc result;
	enum signet_status status;
	size_t runs; /* of arc_finish() */
};

/* `step`: how many questions are answered between two runs, 0: all. */
static inline void verify_chain(struct chained *c, struct arc_query query, struct zone *zone, slice message,
				size_t step)
{
	struct signet_findings notes;
	*c = (struct chained){ 0 };
	arena_init(&c->arena, (size_t)64 << 20);
	arena_init(&c->scratch, (size_t)64 << 20);
	findings_init(&notes, &c->arena);
	c->book = signet_book_new(0);
	size_t end = header_find_end(message, 0);
	end = end == SLICE_NONE ? message.len : end;
	if (!c->book || header_parse(slice_first(message, end), &c->arena, &notes, &c->header) != SIGNET_OK) {
		abort();
	}
	query.header = &c->header;
	body_hashes_init(&c->hashes, query.engine, &c->arena);
	c->status = arc_open(&query, &c->hashes, c->book, &c->arena, &c->arc);
	if (c->status != SIGNET_OK) {
		return;
	}
	body_hashes_feed(&c->hashes, slice_from(message, end));
	c->status = body_hashes_end(&c->hashes);
	while (c->status == SIGNET_OK) {
		struct arena_mark mark = arena_mark(&c->scratch);
		c->status = arc_finish(c->arc, c->book, &c->scratch, &c->result);
		c->runs++;
		if (c->status != SIGNET_PENDING) {
			return;
		}
		arena_rewind(&c->scratch, mark);
		size_t n = step ? zone_answer_some(zone, c->book, step, (unsigned)c->runs)
				: zone_answer_all(zone, c->book);
		c->status = n ? SIGNET_OK : SIGNET_MISUSE;
	}
}

static inline void chained_finish(struct chained *c)
{
	body_hashes_finish(&c->hashes);
	signet_book_free(c->book);
	arena_finish(&c->scratch);
	arena_finish(&c->arena);
}

#endif
