/* SPDX-License-Identifier: Apache-2.0 */
/* Signet on one core: SPF, DKIM, ARC and DMARC of every message, and the Authentication-Results field.  The messages are
 * in memory, in chunks as a milter gets them.
 *
 *     bench-check CORPUS PASSES         zones in memory stand for a warm cache: answers are at hand
 *     bench-check CORPUS PASSES cold    the same zones answer in rounds, as a resolver does that has to ask others */
#include <stdlib.h>

#include <signet/authres.h>
#include <signet/check.h>

#include "corpus.h"

#define CHUNK ((size_t)64 << 10)

struct station {
	struct signet *engine;
	struct signet_check *check;
	struct signet_resolver *resolver;
	struct signet_arena *arena;
};

/* The questions are known when the header is: they are answered while the body comes. */
static void feed(const struct station *s, slice rest)
{
	while (rest.len) {
		slice chunk = slice_first(rest, CHUNK);
		signet_check_feed(s->check, chunk);
		signet_resolver_fill(s->resolver, signet_check_book(s->check), 0);
		rest = slice_from(rest, chunk.len);
	}
	signet_check_end(s->check);
}

static bool is_expected(const struct signet_dossier *d, const struct corpus_message *m)
{
	bool passes = false;
	for (size_t i = 0; i < d->n_dkim; i++) {
		passes |= d->dkim[i].result == SIGNET_DKIM_PASS;
	}
	return passes == m->passes && strcmp(signet_spf_result_name(d->spf[0].result), m->spf) == 0;
}

static bool check_one(struct station *s, const struct corpus_message *m)
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
	feed(s, m->octets);
	while (signet_check_step(s->check) == SIGNET_PENDING) {
		signet_resolver_fill(s->resolver, signet_check_book(s->check), 0);
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
		agreed += check_one(data, &c->messages[i]);
	}
	return agreed;
}

int main(int argc, char **argv)
{
	struct corpus c;
	corpus_open(&c, argc, argv);
	struct station s = {
		.engine = signet_new(),
		.resolver = corpus_resolver(&c),
		.arena = signet_arena_new((size_t)1 << 20),
	};
	s.check = signet_check_new(s.engine, &(struct signet_settings){ 0 }, &(struct signet_envelope){ 0 });
	if (!s.engine || !s.arena || !s.check) {
		corpus_die("no memory");
	}
	if (argc <= 3 || strcmp(argv[3], "cold") != 0) {
		signet_resolver_attach(s.resolver, signet_check_book(s.check));
	}
	corpus_measure(&c, pass, &s);
	signet_check_free(s.check);
	signet_resolver_free(s.resolver);
	signet_arena_free(s.arena);
	signet_free(s.engine);
	return 0;
}
