/* SPDX-License-Identifier: Apache-2.0 */
/* SPF alone: signet_spf_eval() for every envelope of the corpus, with answers from zones in memory.
 *
 *     bench-spf CORPUS PASSES         one book keeps all answers, as a policy server with a cache would: the peer is
 *                                     libspf2 behind its cache
 *     bench-spf CORPUS PASSES warm    a new book for every evaluation, as for a message; answers are at hand in the zones
 *     bench-spf CORPUS PASSES cold    the same, but asked and answered in rounds */
#include <signet/spf.h>

#include "corpus.h"

#define BOOK_ROOM 100000 /* questions: more than there are */
#define REPEAT 10 /* one evaluation is short: a pass is ten rounds over the envelopes */

struct station {
	struct signet_book *book;
	struct signet_arena *arena;
	struct signet_resolver *resolver;
	bool new_book;
};

static bool eval_one(struct station *s, const struct corpus_message *m)
{
	const struct signet_spf_query query = {
		.identity = SIGNET_SPF_MAILFROM,
		.ip = m->ip,
		.helo = slice_of(m->helo),
		.mail_from = slice_of(m->mail_from),
		.now = m->time,
	};
	struct signet_spf spf;
	if (s->new_book) {
		signet_book_reset(s->book);
	}
	signet_arena_reset(s->arena);
	while (signet_spf_eval(&query, s->book, s->arena, &spf) == SIGNET_PENDING) {
		signet_resolver_fill(s->resolver, s->book, 0);
	}
	return strcmp(signet_spf_result_name(spf.result), m->spf) == 0;
}

static size_t pass(const struct corpus *c, void *data)
{
	size_t agreed = 0;
	for (size_t i = 0; i < c->n * REPEAT; i++) {
		agreed += eval_one(data, &c->messages[i % c->n]);
	}
	return agreed / REPEAT;
}

int main(int argc, char **argv)
{
	struct corpus c;
	corpus_open(&c, argc, argv);
	const char *option = argc > 3 ? argv[3] : "";
	struct station s = {
		.resolver = corpus_resolver(&c),
		.book = signet_book_new(BOOK_ROOM),
		.arena = signet_arena_new((size_t)1 << 20),
		.new_book = *option,
	};
	if (!s.book || !s.arena) {
		corpus_die("no memory");
	}
	if (strcmp(option, "warm") == 0) {
		signet_resolver_attach(s.resolver, s.book);
	}
	corpus_measure(&c, pass, &s);
	return 0;
}
