/* SPDX-License-Identifier: Apache-2.0 */
/* signet dmarc: the policy of a domain, and whether given evidence would satisfy it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../service/tell/tell.h"
#include "../src/base/name.h"
#include "answers.h"
#include "command.h"
#include "settings.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define TEXT_BYTES ((size_t)1 << 20)

/* One "DOMAIN=RESULT"; a bare DOMAIN means pass. */
static bool evidence_of(const struct options *o, enum signet_mechanism mechanism, const char *text,
			struct signet_arena *arena, struct signet_dmarc_evidence *ret)
{
	static const struct {
		const char *word;
		enum signet_outcome outcome;
	} words[] = { { "pass", SIGNET_OUTCOME_PASS },	   { "temperror", SIGNET_OUTCOME_ERROR },
		      { "fail", SIGNET_OUTCOME_NOT },	   { "none", SIGNET_OUTCOME_NOT },
		      { "neutral", SIGNET_OUTCOME_NOT },   { "softfail", SIGNET_OUTCOME_NOT },
		      { "permerror", SIGNET_OUTCOME_NOT }, { "policy", SIGNET_OUTCOME_NOT } };
	slice rest = slice_of(text);
	slice domain = slice_split(&rest, '=');
	slice word = rest.at ? rest : S("pass");
	struct signet_dmarc_evidence e = { .mechanism = mechanism };
	if (name_normalize(domain, arena, &e.domain) != NAME_GOOD) {
		complain(o, "\"%.*s\" is not a domain", (int)domain.len, domain.at);
		return false;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (slice_eq_nocase(word, slice_of(words[i].word))) {
			e.outcome = words[i].outcome;
			*ret = e;
			return true;
		}
	}
	complain(o, "\"%.*s\" is not a result (pass, fail, none, temperror...)", (int)word.len, word.at);
	return false;
}

static bool all_evidence(const struct options *o, struct signet_arena *arena, struct signet_dmarc_evidence *to)
{
	for (size_t i = 0; i < o->dkim.n; i++) {
		if (!evidence_of(o, SIGNET_MECHANISM_DKIM, o->dkim.at[i], arena, to++)) {
			return false;
		}
	}
	for (size_t i = 0; i < o->spf.n; i++) {
		if (!evidence_of(o, SIGNET_MECHANISM_SPF, o->spf.at[i], arena, to++)) {
			return false;
		}
	}
	return true;
}

static void put_text(const struct options *o, struct buf *text, const struct signet_dmarc *m)
{
	struct tell t = { .to = text, .colour = isatty(STDOUT_FILENO) };
	const char *policy = signet_policy_name(m->policy);
	tell_outside(&t, m->domain, 0);
	if (m->discovery_error) {
		tell_put(&t, ": the DNS did not answer for the policy");
	} else if (policy) {
		tell_put(&t, ": policy ");
		tell_paint(&t, PAINT_STRONG, policy);
		tell_put(&t, m->testing ? " (testing)" : "");
		tell_put(&t, " by tag ");
		tell_put(&t, m->policy_tag);
		tell_put(&t, " of ");
		tell_outside(&t, m->policy_domain, 0);
	} else {
		tell_put(&t, ": no DMARC policy applies");
	}
	tell_put(&t, "\n  organizational domain ");
	tell_outside(&t, m->organizational_domain, 0);
	if (m->psl_domain.len) {
		tell_put(&t, slice_eq(m->psl_domain, m->organizational_domain) ? ", as by the public suffix list "
									      : ", but by the public suffix list ");
		tell_outside(&t, m->psl_domain, 0);
	}
	tell_put(&t, "\n");
	tell_walk(&t, m, 4);
	if (o->dkim.n || o->spf.n) {
		const char *asks = signet_policy_name(m->disposition);
		tell_put(&t, "  with this evidence: ");
		tell_paint(&t, m->result == SIGNET_DMARC_PASS ? PAINT_GOOD : PAINT_BAD, signet_dmarc_result_name(m->result));
		tell_put(&t, ", the owner asks: ");
		tell_put(&t, asks ? asks : "none");
		tell_put(&t, "\n");
	}
	tell_findings(&t, &m->findings, 2);
}

static void put(const struct options *o, const struct signet_dmarc *m)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	if (o->json) {
		struct json_writer w = json_writer_of(&text);
		json_open(&w, '{');
		tell_json_dmarc(&w, m);
		json_close(&w, '}');
		buf_put_char(&text, '\n');
	} else {
		put_text(o, &text, m);
	}
	if (!o->quiet) {
		(void)write_out(buf_slice(&text));
	}
	buf_finish(&text);
}

static void put_failure(const struct options *o, const char *domain, const char *code, const char *why)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	complain(o, "%s: %s", domain, why);
	if (o->json && !o->quiet) {
		struct json_writer w = json_writer_of(&text);
		tell_json_failure(&w, "domain", domain, code, why);
		buf_put_char(&text, '\n');
		(void)write_out(buf_slice(&text));
	}
	buf_finish(&text);
}

/* With evidence: would this pass?  Without, or without a policy, nothing is bad. */
static enum exit_status status_of(const struct options *o, const struct signet_dmarc *m)
{
	bool has_evidence = o->dkim.n || o->spf.n;
	if (m->result == SIGNET_DMARC_TEMPERROR || m->discovery_error) {
		return EXIT_UNFINISHED;
	}
	if (m->result == SIGNET_DMARC_PERMERROR) {
		return EXIT_BAD;
	}
	return has_evidence && m->result == SIGNET_DMARC_FAIL ? EXIT_BAD : EXIT_FINE;
}

static enum exit_status evaluate(const struct options *o, const struct settings *settings, const char *domain,
				 struct signet_resolver *resolver)
{
	struct signet_book *book = signet_book_new(0);
	struct signet_arena *names = signet_arena_new(ARENA_BYTES);
	struct signet_arena *arena = signet_arena_new(ARENA_BYTES);
	size_t n = o->dkim.n + o->spf.n;
	struct signet_dmarc_evidence *evidence = calloc(n ? n : 1, sizeof(*evidence));
	struct signet_dmarc_query q = { .evidence = evidence, .n_evidence = n,
		.rfc7489 = settings->check.rfc7489, .psl = settings->psl };
	enum exit_status exit_status = EXIT_UNFINISHED;
	struct signet_dmarc dmarc;
	if (!book || !names || !arena || !evidence) {
		complain(o, "no memory");
	} else if (name_normalize(slice_of(domain), names, &q.author) != NAME_GOOD) {
		put_failure(o, domain, "domain", "is not a domain");
		exit_status = EXIT_USAGE;
	} else if (!all_evidence(o, names, evidence)) {
		exit_status = EXIT_USAGE;
	} else {
		enum signet_status status;
		while ((status = signet_dmarc_eval(&q, book, arena, &dmarc)) == SIGNET_PENDING) {
			answers_fill(resolver, book);
			signet_arena_reset(arena);
		}
		if (status == SIGNET_OK) {
			put(o, &dmarc);
			exit_status = status_of(o, &dmarc);
		} else {
			put_failure(o, domain, "unfinished", signet_status_name(status));
		}
	}
	free(evidence);
	signet_arena_free(arena);
	signet_arena_free(names);
	signet_book_free(book);
	return exit_status;
}

static enum exit_status run_with(const struct options *o, const struct settings *settings)
{
	struct signet_zones *zones;
	enum exit_status status = EXIT_FINE;
	if (!answers_open_zones(o, &zones)) {
		return EXIT_BAD_INPUT;
	}
	struct signet_resolver *resolver = answers_open(o, settings->conf, zones, &status);
	for (size_t i = 0; resolver && i < o->n_operands; i++) {
		status = worse(status, evaluate(o, settings, o->operands[i], resolver));
	}
	signet_resolver_free(resolver);
	signet_zones_free(zones);
	return status;
}

static enum exit_status run(const struct options *o)
{
	struct settings settings;
	enum exit_status status;
	if (o->n_operands == 0) {
		complain(o, "a domain is needed");
		return EXIT_USAGE;
	}
	if (settings_open(o, &settings, &status)) {
		status = run_with(o, &settings);
	}
	settings_finish(&settings);
	return status;
}

const struct command cmd_dmarc = {
	.name = "dmarc",
	.synopsis = "DOMAIN...",
	.summary = "find the DMARC policy of a domain, and judge given evidence by it",
	.options = OPTIONS_COMMON | OPTIONS_DMARC,
	.run = run,
};
