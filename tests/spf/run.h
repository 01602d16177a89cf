/* SPDX-License-Identifier: Apache-2.0 */
/* One SPF evaluation against a zone, as the tests of this folder need it. */
#ifndef SIGNET_TESTS_SPF_RUN_H
#define SIGNET_TESTS_SPF_RUN_H

#include <stdlib.h>

#include <signet/spf.h>

#include "../../src/base/finding.h"
#include "../../src/base/ip.h"
#include "../support/rows.h"
#include "../support/zone.h"

struct evaluation {
	struct signet_book *book;
	struct signet_arena *arena;
	struct signet_spf spf;
	size_t rounds; /* how often it had to wait */
};

/* What is not set is empty; `ip` in text. */
static inline struct signet_spf_query query_of(const char *ip, const char *helo, const char *mail_from)
{
	struct signet_spf_query q = {
		.identity = SIGNET_SPF_MAILFROM,
		.helo = slice_of(helo),
		.mail_from = slice_of(mail_from),
		.receiver = S("receiver.example"),
		.now = 1795000000,
	};
	if (!signet_ip_parse(slice_of(ip), &q.ip)) {
		abort();
	}
	return q;
}

#define AT_HAND ((size_t)-1)

/* Runs to its end, answering `at_once` questions a round (0: all) chosen by `seed`.  AT_HAND: the zone is the book's source
 * and does not know one question in `seed`. */
static inline struct evaluation evaluate(struct zone *zone, const struct signet_spf_query *q, size_t at_once,
                                         unsigned seed)
{
	struct evaluation e = { .book = signet_book_new(0), .arena = signet_arena_new((size_t)64 << 20) };
	enum signet_status status;
	if (at_once == AT_HAND) {
		zone_attach(zone, e.book, seed);
		at_once = 0;
	}
	while ((status = signet_spf_eval(q, e.book, e.arena, &e.spf)) == SIGNET_PENDING) {
		size_t n = at_once ? zone_answer_some(zone, e.book, at_once, seed + (unsigned)e.rounds)
		                   : zone_answer_all(zone, e.book);
		e.rounds++;
		if (n == 0 || e.rounds > 1000) {
			abort(); /* it waits for nothing */
		}
	}
	return e; /* all zero if it failed */
}

static inline void evaluation_finish(struct evaluation *e)
{
	signet_book_free(e->book);
	signet_arena_free(e->arena);
}

static inline slice result_of(const struct evaluation *e)
{
	return slice_of(signet_spf_result_name(e->spf.result));
}

#endif
