/* SPDX-License-Identifier: Apache-2.0 */
/* signet spf: one SPF evaluation. */
#include <stdio.h>
#include <unistd.h>

#include "../service/tell/tell.h"
#include "answers.h"
#include "command.h"
#include "settings.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define TEXT_BYTES ((size_t)1 << 20)

static bool query_of(const struct options *o, const struct settings *settings, struct signet_spf_query *ret)
{
	const struct signet_envelope *e = &settings->envelope;
	if (!e->ip.family || (e->helo.len == 0 && e->mail_from.len == 0)) {
		complain(o, e->ip.family ? "--mail-from or --helo is needed" : "--ip is needed");
		return false;
	}
	*ret = (struct signet_spf_query){
		.identity = SIGNET_SPF_MAILFROM,
		.ip = e->ip,
		.helo = e->helo,
		.mail_from = e->mail_from,
		.now = o->now,
	};
	return true;
}

static void put(const struct options *o, struct buf *text, const struct signet_spf *spf)
{
	if (o->json) {
		struct json_writer w = json_writer_of(text);
		json_open(&w, '{');
		tell_json_spf(&w, spf);
		json_close(&w, '}');
		buf_put_char(text, '\n');
		return;
	}
	struct tell t = { .to = text, .colour = isatty(STDOUT_FILENO) };
	tell_paint(&t, spf->result == SIGNET_SPF_PASS ? PAINT_GOOD : PAINT_WARNING, signet_spf_result_name(spf->result));
	tell_put(&t, " for ");
	tell_outside(&t, spf->domain, 0);
	if (spf->matched.len) {
		tell_put(&t, ", by ");
		tell_outside(&t, spf->matched, 0);
	}
	tell_put(&t, "; ");
	tell_number(&t, spf->lookups);
	tell_put(&t, " of 10 look-ups, ");
	tell_number(&t, spf->voids);
	tell_put(&t, " of 2 voids\n");
	if (spf->explanation.len) {
		tell_put(&t, "the domain explains: ");
		tell_outside(&t, spf->explanation, 0);
		tell_put(&t, "\n");
	}
	tell_spf_steps(&t, spf, 2);
	tell_findings(&t, &spf->findings, 2);
}

static enum exit_status status_of(enum signet_spf_result result)
{
	switch (result) {
	case SIGNET_SPF_FAIL:
	case SIGNET_SPF_PERMERROR:
		return EXIT_BAD;
	case SIGNET_SPF_TEMPERROR:
		return EXIT_UNFINISHED;
	default:
		return EXIT_FINE;
	}
}

static enum exit_status evaluate(const struct options *o, const struct signet_spf_query *q, struct signet_resolver *resolver)
{
	struct signet_book *book = signet_book_new(0);
	struct signet_arena *arena = signet_arena_new(ARENA_BYTES);
	struct signet_spf spf;
	struct buf text;
	enum signet_status status = book && arena ? signet_spf_eval(q, book, arena, &spf) : SIGNET_NO_MEMORY;
	while (status == SIGNET_PENDING) {
		answers_fill(resolver, book);
		signet_arena_reset(arena);
		status = signet_spf_eval(q, book, arena, &spf);
	}
	enum exit_status exit_status = EXIT_UNFINISHED;
	if (status == SIGNET_OK) {
		buf_init(&text, TEXT_BYTES);
		put(o, &text, &spf);
		if (!o->quiet) {
			(void)write_out(buf_slice(&text));
		}
		buf_finish(&text);
		exit_status = status_of(spf.result);
	} else {
		complain(o, "%s", signet_status_name(status));
	}
	signet_arena_free(arena);
	signet_book_free(book);
	return exit_status;
}

static enum exit_status run_with(const struct options *o, const struct settings *settings)
{
	struct signet_spf_query q;
	struct signet_zones *zones;
	if (!query_of(o, settings, &q)) {
		return EXIT_USAGE;
	}
	if (!answers_open_zones(o, &zones)) {
		return EXIT_BAD_INPUT;
	}
	enum exit_status status = EXIT_UNFINISHED;
	struct signet_resolver *resolver = answers_open(o, settings->conf, zones, &status);
	if (resolver) {
		status = evaluate(o, &q, resolver);
	}
	signet_resolver_free(resolver);
	signet_zones_free(zones);
	return status;
}

static enum exit_status run(const struct options *o)
{
	struct settings settings;
	enum exit_status status;
	if (o->n_operands) {
		complain(o, "takes no operand (\"%s\")", o->operands[0]);
		return EXIT_USAGE;
	}
	if (settings_open(o, &settings, &status)) {
		status = run_with(o, &settings);
	}
	settings_finish(&settings);
	return status;
}

const struct command cmd_spf = {
	.name = "spf",
	.synopsis = "--ip IP [--helo H] [--mail-from S]",
	.summary = "evaluate SPF of one client and sender",
	.options = OPTIONS_COMMON | OPTIONS_ENVELOPE,
	.run = run,
};
