/* SPDX-License-Identifier: Apache-2.0 */
/* signet sign: one message in, the same message with DKIM signatures on top out. */
#include "command.h"
#include "signing.h"

static enum signet_status take(void *to, slice octets)
{
	return signet_sign_feed(to, octets);
}

static enum exit_status answer_all(struct signing *s, struct signet_sign *sign)
{
	struct signet_sign_request request;
	while (signet_sign_next(sign, &request)) {
		uint8_t octets[SIGNET_SIGNATURE_OCTETS];
		size_t n;
		enum signet_status status = signing_answer(s, &request, octets, &n);
		if (status == SIGNET_OK) {
			status = signet_sign_answer(sign, request.index, slice_make((const char *)octets, n));
		}
		if (status != SIGNET_OK) {
			return signing_fail(s, status);
		}
	}
	return EXIT_FINE;
}

static enum exit_status sign_message(struct signing *s, struct signet_sign *sign)
{
	enum signet_status status = signing_feed(s, take, sign);
	status = status == SIGNET_OK ? signet_sign_end(sign) : status;
	if (status != SIGNET_OK) {
		return signing_fail(s, status);
	}
	bool refused = signet_sign_refused(sign);
	enum exit_status exit = refused ? EXIT_BAD_INPUT : answer_all(s, sign);
	if (exit == EXIT_FINE || refused) {
		signing_tell(s, refused, signet_sign_findings(sign));
	}
	if (exit != EXIT_FINE) {
		return exit;
	}
	slice fields = signet_sign_fields(sign);
	return fields.len ? signing_write(s, fields) : signing_fail(s, SIGNET_NO_MEMORY);
}

static bool complain_of_fault(const struct signing *s, const struct signet_sign_settings *settings)
{
	size_t index;
	const char *fault = signet_sign_fault(settings, s->signatures, s->n, &index);
	if (!fault) {
		return false;
	}
	if (index < s->n) {
		const struct signet_signature *signature = &s->signatures[index];
		complain(s->options, "domain \"%.*s\", selector \"%.*s\": %s", (int)signature->domain.len,
		         signature->domain.at, (int)signature->selector.len, signature->selector.at, fault);
	} else if (index != SIZE_MAX) {
		slice name = s->rules[index - s->n].name;
		complain(s->options, "\"%.*s\": %s", (int)name.len, name.at, fault);
	} else {
		complain(s->options, "%s", fault);
	}
	return true;
}

static enum exit_status run_with(const struct options *o, struct signing *s)
{
	const struct signet_sign_settings settings = {
		.now = o->now,
		.expires_after_s = o->expire_s,
		.rules = s->rules,
		.n_rules = s->n_rules,
		.only_rules = s->only_rules,
		.copy_fields = o->copy_fields,
		.body_length = o->body_length,
		.foreign_author = o->allow_from_mismatch || s->tabled.third_party,
		.eight_bit_path = o->eight_bit_path,
	};
	if (complain_of_fault(s, &settings)) {
		return EXIT_USAGE;
	}
	struct signet_sign *sign = signet_sign_new(s->engine, &settings, s->signatures, s->n);
	enum exit_status status = sign ? sign_message(s, sign) : signing_fail(s, SIGNET_NO_MEMORY);
	signet_sign_free(sign);
	return status;
}

static enum exit_status run(const struct options *o)
{
	struct signing signing = { 0 };
	struct settings settings;
	enum exit_status status;
	if (settings_open(o, &settings, &status) && signing_open(o, settings.conf, &signing, &status)) {
		status = run_with(o, &signing);
	}
	signing_close(&signing);
	settings_finish(&settings);
	return status;
}

const struct command cmd_sign = {
	.name = "sign",
	.synopsis = "{--domain DOMAIN {{--selector NAME --key FILE}...|--keys DIR}|--table FILE} [MESSAGE|-]",
	.summary = "sign a message with DKIM",
	.options = OPTIONS_COMMON | OPTIONS_SIGNATURE | OPTIONS_SIGN,
	.run = run,
};
