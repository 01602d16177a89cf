/* SPDX-License-Identifier: Apache-2.0 */
/* One message through the verifier, the way the check conductor does it: for the tests of dkim. */
#ifndef SIGNET_TESTS_VERIFY_MESSAGE_H
#define SIGNET_TESTS_VERIFY_MESSAGE_H

#include <stdlib.h>

#include "../../src/dkim/verify.h"
#include "../support/rows.h"
#include "../support/zone.h"

struct verified {
	struct signet_arena arena;
	struct signet_arena scratch;
	struct signet_book *book;
	struct mail_header header;
	struct body_hashes hashes;
	struct signet_findings notes;
	struct dkim *dkim;
	enum signet_status status;
	size_t runs; /* of dkim_finish() */
};

/* `step`: how many questions are answered between two runs, 0: all.  `chunk`: octets of a chunk, 0: all at once. */
static inline void verify_message(struct verified *v, struct dkim_query query, struct zone *zone, slice message,
				  size_t step, size_t chunk)
{
	*v = (struct verified){ 0 };
	arena_init(&v->arena, (size_t)64 << 20);
	arena_init(&v->scratch, (size_t)64 << 20);
	findings_init(&v->notes, &v->arena);
	v->book = signet_book_new(0);
	size_t end = header_find_end(message, 0);
	end = end == SLICE_NONE ? message.len : end;
	if (!v->book || header_parse(slice_first(message, end), &v->arena, &v->notes, &v->header) != SIGNET_OK) {
		abort();
	}
	query.header = &v->header;
	body_hashes_init(&v->hashes, query.engine, &v->arena);
	v->status = dkim_open(&query, &v->hashes, v->book, &v->arena, &v->notes, &v->dkim);
	if (v->status != SIGNET_OK) {
		return;
	}
	slice body = slice_from(message, end);
	for (size_t at = 0; at < body.len; at += chunk ? chunk : body.len) {
		body_hashes_feed(&v->hashes, slice_first(slice_from(body, at), chunk ? chunk : body.len));
	}
	v->status = body_hashes_end(&v->hashes);
	while (v->status == SIGNET_OK) {
		struct arena_mark mark = arena_mark(&v->scratch);
		v->status = dkim_finish(v->dkim, v->book, &v->scratch);
		v->runs++;
		if (v->status != SIGNET_PENDING) {
			return;
		}
		arena_rewind(&v->scratch, mark);
		size_t n = step ? zone_answer_some(zone, v->book, step, (unsigned)v->runs)
				: zone_answer_all(zone, v->book);
		v->status = n ? SIGNET_OK : SIGNET_MISUSE;
	}
}

static inline void verified_finish(struct verified *v)
{
	body_hashes_finish(&v->hashes);
	signet_book_free(v->book);
	arena_finish(&v->scratch);
	arena_finish(&v->arena);
}

/* The word of the best result: what an Authentication-Results field would say of the message as a whole. */
static inline const char *verified_word(const struct verified *v)
{
	static const enum signet_dkim_result order[] = { SIGNET_DKIM_PASS, SIGNET_DKIM_TEMPERROR, SIGNET_DKIM_POLICY,
							 SIGNET_DKIM_FAIL, SIGNET_DKIM_PERMERROR, SIGNET_DKIM_NEUTRAL };
	for (size_t i = 0; i < ROWS(order); i++) {
		for (size_t k = 0; v->dkim && k < v->dkim->n; k++) {
			if (v->dkim->results[k].result == order[i]) {
				return signet_dkim_result_name(order[i]);
			}
		}
	}
	return "none";
}

#endif
