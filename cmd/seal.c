/* SPDX-License-Identifier: Apache-2.0 */
/* signet seal: one message in, the same message with a set of ARC fields on top out.
 *
 * The message is validated as it came and sealed as it goes; for this command both are the same octets. */
#include <signet/authres.h>
#include <signet/seal.h>

#include "../src/base/finding.h"
#include "answers.h"
#include "command.h"
#include "signing.h"

#define RESULTS_BYTES ((size_t)4 << 20)

struct sealing {
	struct signing signing;
	struct settings settings;
	struct signet_zones *zones;
	struct signet_resolver *resolver;
	struct signet_check *check;
	struct signet_seal *seal;
	struct signet_arena *arena; /* of the results and of what is told */
	size_t n_trusted; /* fields of our own hosts, with --trust-ar */
};

static enum signet_status take(void *to, slice octets)
{
	struct sealing *s = to;
	TRY(signet_check_feed(s->check, octets));
	return signet_seal_feed(s->seal, octets);
}

/* The value of the results to seal: our own, or with --trust-ar those that our own hosts wrote before. */
static enum signet_status find_results(struct sealing *s, slice id, slice *ret)
{
	static const struct signet_authres_style style = { .no_comments = true }; /* comments confuse large receivers */
	struct signet_authres model;
	if (s->signing.options->trust_ar) {
		TRY(signet_authres_count(s->check, &id, 1, s->arena, &s->n_trusted));
		return signet_authres_merged(s->check, &id, 1, s->arena, ret);
	}
	TRY(signet_authres_from(signet_check_dossier(s->check), id, s->arena, &model));
	*ret = signet_authres_write(&model, &style, s->arena);
	return ret->len ? SIGNET_OK : SIGNET_LIMIT;
}

/* Our name in the results. */
static slice id_of(const struct sealing *s)
{
	slice id = s->settings.check.authserv_id;
	return id.len ? id : s->signing.signatures[0].domain;
}

/* Reads the message, validates its chain and says what there is to seal. */
static enum signet_status read_message(struct sealing *s)
{
	enum signet_status status;
	slice results = { 0 };
	TRY(signing_feed(&s->signing, take, s));
	TRY(signet_check_end(s->check));
	while ((status = signet_check_step(s->check)) == SIGNET_PENDING) {
		answers_fill(s->resolver, signet_check_book(s->check));
	}
	TRY(status);
	TRY(find_results(s, id_of(s), &results));
	return signet_seal_end(s->seal, signet_check_dossier(s->check)->arc.result, results);
}

/* Why the chain fails, if it does, and what the sealer says. */
static void tell(struct sealing *s)
{
	struct signet_findings all;
	const struct signet_arc *arc = &signet_check_dossier(s->check)->arc;
	findings_init(&all, s->arena);
	if (arc->result == SIGNET_ARC_FAIL) {
		findings_append(&all, &arc->findings);
	}
	findings_append(&all, signet_seal_findings(s->seal));
	if (s->signing.options->trust_ar && s->n_trusted == 0 && signet_seal_fields(s->seal).len) {
		note_with(&all, F_ARC_NO_RESULTS, (slice) { 0 }, 0, TEXT(id_of(s)));
	}
	signing_tell(&s->signing, signet_seal_refused(s->seal), &all);
}

static enum exit_status answer_all(struct sealing *s)
{
	struct signet_sign_request request;
	while (signet_seal_next(s->seal, &request)) {
		uint8_t octets[SIGNET_SIGNATURE_OCTETS];
		size_t n;
		size_t index = request.index;
		request.index = 0; /* one key makes both */
		enum signet_status status = signing_answer(&s->signing, &request, octets, &n);
		if (status == SIGNET_OK) {
			status = signet_seal_answer(s->seal, index, slice_make((const char *)octets, n));
		}
		if (status != SIGNET_OK) {
			return signing_fail(&s->signing, status);
		}
	}
	return EXIT_FINE;
}

/* A message whose chain is not to be continued goes out as it is. */
static enum exit_status seal_message(struct sealing *s)
{
	enum signet_status status = read_message(s);
	if (status != SIGNET_OK) {
		return signing_fail(&s->signing, status);
	}
	enum exit_status exit = signet_seal_refused(s->seal) ? EXIT_BAD_INPUT : answer_all(s);
	if (exit == EXIT_FINE || exit == EXIT_BAD_INPUT) {
		tell(s);
	}
	return exit == EXIT_FINE ? signing_write(&s->signing, signet_seal_fields(s->seal)) : exit;
}

static bool open_engines(struct sealing *s, const struct options *o, enum exit_status *ret_status)
{
	const struct signet_signature *signature = &s->signing.signatures[0];
	const struct signet_seal_settings settings = {
		.now = o->now,
		.domain = signature->domain,
		.selector = signature->selector,
		.algorithm = signature->algorithm,
		.rules = s->signing.rules,
		.n_rules = s->signing.n_rules,
		.only_rules = s->signing.only_rules,
		.eight_bit_path = o->eight_bit_path,
	};
	const char *fault =
		s->signing.n > 1 ? "a set of ARC fields is made with one key" : signet_seal_fault(&settings);
	*ret_status = EXIT_USAGE;
	if (fault) {
		complain(o, "%s", fault);
		return false;
	}
	*ret_status = EXIT_BAD_INPUT;
	if (!answers_open_zones(o, &s->zones)) {
		return false;
	}
	*ret_status = EXIT_UNFINISHED;
	s->settings.check.max_arc_sets = SIGNET_ARC_SETS; /* a cap of ours must not brand a chain as failed */
	s->arena = signet_arena_new(RESULTS_BYTES);
	s->check = signet_check_new(s->signing.engine, &s->settings.check, &s->settings.envelope);
	s->seal = signet_seal_new(s->signing.engine, &settings);
	if (!s->arena || !s->check || !s->seal) {
		complain(o, "no memory");
		return false;
	}
	s->resolver = answers_open(o, s->settings.conf, s->zones, ret_status);
	return s->resolver;
}

static enum exit_status run(const struct options *o)
{
	struct sealing s = { 0 };
	enum exit_status status;
	if (settings_open(o, &s.settings, &status) && signing_open(o, s.settings.conf, &s.signing, &status) &&
	    open_engines(&s, o, &status)) {
		status = seal_message(&s);
	}
	signet_seal_free(s.seal);
	signet_check_free(s.check);
	signet_resolver_free(s.resolver);
	signet_zones_free(s.zones);
	signet_arena_free(s.arena);
	signing_close(&s.signing);
	settings_finish(&s.settings);
	return status;
}

const struct command cmd_seal = {
	.name = "seal",
	.synopsis = "--domain DOMAIN {--selector NAME --key FILE|--keys DIR} [MESSAGE|-]",
	.summary = "seal a message that is handed on, with ARC",
	.options = OPTIONS_COMMON | OPTIONS_ENVELOPE | OPTIONS_JUDGE | OPTIONS_SIGNATURE | OPTIONS_SEAL,
	.run = run,
};
