/* SPDX-License-Identifier: Apache-2.0 */
/* Signet on one core: SPF, DKIM, ARC and DMARC of every message, and the Authentication-Results field.  The messages are
 * in memory, in chunks as a milter gets them; the answers come from zones in memory. */
#include <stdlib.h>

#include <signet/authres.h>
#include <signet/check.h>

#include "corpus.h"

#define CHUNK ((size_t)64 << 10)

struct station {
	struct signet *engine;
	struct signet_check *check;
	struct signet_arena *arena;
};

static void answer(const struct corpus *c, struct signet_book *book)
{
	struct signet_question question;
	while (signet_book_next(book, &question)) {
		struct signet_answer found = signet_zones_lookup(c->zones, &question);
		signet_book_answer(book, &question, &found);
	}
}

/* The questions are known when the header is: they are answered while the body comes. */
static void feed(const struct corpus *c, struct signet_check *check, slice rest)
{
	while (rest.len) {
		slice chunk = slice_first(rest, CHUNK);
		signet_check_feed(check, chunk);
		answer(c, signet_check_book(check));
		rest = slice_from(rest, chunk.len);
	}
	signet_check_end(check);
}

static bool is_expected(const struct signet_dossier *d, const struct corpus_message *m)
{
	bool passes = false;
	for (size_t i = 0; i < d->n_dkim; i++) {
		passes |= d->dkim[i].result == SIGNET_DKIM_PASS;
	}
	return passes == m->passes && strcmp(signet_spf_result_name(d->spf[0].result), m->spf) == 0;
}

static bool check_one(const struct corpus *c, struct station *s, const struct corpus_message *m)
{
	const struct signet_settings settings = { .now = m->time, .authserv_id = S("mx.receiver.example") };
	const struct signet_envelope envelope = {
		.ip = m->ip,
		.helo = slice_of(m->helo),
		.has_mail_from = true,
		.mail_from = slice_of(m->mail_from),
		.source = "milter",
	};
	struct signet_authres model;
	signet_check_reset(s->check, &settings, &envelope);
	feed(c, s->check, m->octets);
	while (signet_check_step(s->check) == SIGNET_PENDING) {
		answer(c, signet_check_book(s->check));
	}
	const struct signet_dossier *d = signet_check_dossier(s->check);
	signet_arena_reset(s->arena);
	if (!d || signet_authres_from(d, settings.authserv_id, s->arena, &model) != SIGNET_OK ||
	    signet_authres_write(&model, NULL, s->arena).len == 0) {
		corpus_die("no verdict");
	}
	return is_expected(d, m);
}

static size_t pass(const struct corpus *c, void *data)
{
	size_t agreed = 0;
	for (size_t i = 0; i < c->n; i++) {
		agreed += check_one(c, data, &c->messages[i]);
	}
	return agreed;
}

int main(int argc, char **argv)
{
	struct corpus c;
	corpus_open(&c, argc, argv);
	struct station s = { .engine = signet_new(), .arena = signet_arena_new((size_t)1 << 20) };
	s.check = signet_check_new(s.engine, &(struct signet_settings){ 0 }, &(struct signet_envelope){ 0 });
	if (!s.engine || !s.arena || !s.check) {
		corpus_die("no memory");
	}
	corpus_measure(&c, pass, &s);
	signet_check_free(s.check);
	signet_arena_free(s.arena);
	signet_free(s.engine);
	return 0;
}
