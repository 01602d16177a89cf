/* SPDX-License-Identifier: Apache-2.0 */
#include "signing.h"

static void give_up(struct sealing *s, slice trouble)
{
	s->is_open = s->is_asking = false;
	s->trouble = trouble;
}

/* The key's own algorithm if the signer told it before; the next message knows it. */
static enum signet_algorithm algorithm_of(const struct sealing_how *how)
{
	const struct signer_keys *keys;
	if (!signer_desk_known(how->desk, how->domain, how->selector, &keys)) {
		(void)signer_desk_ask(how->desk, how->domain, how->selector, NULL, NULL, 0);
		return SIGNET_RSA_SHA256;
	}
	return keys->n ? keys->at[0].algorithm : SIGNET_RSA_SHA256;
}

void sealing_begin(struct sealing *s, const struct sealing_how *how)
{
	*s = (struct sealing) { .seal = s->seal, .how = *how };
	if (!how->desk) {
		s->trouble = S("no-signer");
		return;
	}
	const struct signet_seal_settings settings = {
		.now = how->now, .domain = how->domain, .selector = how->selector, .algorithm = algorithm_of(how)
	};
	enum signet_status status = SIGNET_OK;
	if (s->seal) {
		status = signet_seal_reset(s->seal, &settings);
	} else {
		s->seal = signet_seal_new(how->signet, &settings);
	}
	s->is_open = status == SIGNET_OK && s->seal;
	if (!s->is_open) {
		s->trouble = S("no-memory");
	}
}

void sealing_feed(struct sealing *s, signet_slice octets)
{
	if (s->is_open && signet_seal_feed(s->seal, octets) != SIGNET_OK) {
		give_up(s, S("no-memory"));
	}
}

static void on_answer(void *data, size_t index, const struct signer_reply *reply);

/* The next of the two requests; without one it is done. */
static void ask_next(struct sealing *s)
{
	struct signet_sign_request request;
	if (!signet_seal_next(s->seal, &request)) {
		slice fields = signet_seal_fields(s->seal);
		give_up(s, fields.len || !signet_seal_refused(s->seal) ? (slice) { 0 } : S("refused"));
		s->fields = fields;
		return;
	}
	s->errand = signer_desk_sign(s->how.desk, &request, on_answer, s);
	if (!s->errand) {
		give_up(s, slice_of(signer_status_name(SIGNER_FAILED)));
	}
}

static void on_answer(void *data, size_t index, const struct signer_reply *reply)
{
	struct sealing *s = data;
	s->errand = NULL;
	if (reply->status != SIGNER_OK) {
		give_up(s, slice_of(signer_status_name(reply->status)));
	} else if (signet_seal_answer(s->seal, index, reply->signature) != SIGNET_OK) {
		give_up(s, slice_of(signer_status_name(SIGNER_WRONG_ALGORITHM)));
	} else {
		ask_next(s);
	}
	if (!s->is_asking) {
		s->how.ready(s->how.data);
	}
}

void sealing_end(struct sealing *s, enum signet_arc_result cv, slice results)
{
	if (!s->is_open) {
		return;
	}
	s->is_open = false;
	if (signet_seal_end(s->seal, cv, results) != SIGNET_OK) {
		give_up(s, S("no-memory"));
		return;
	}
	s->is_asking = true;
	ask_next(s);
}

bool sealing_is_pending(const struct sealing *s)
{
	return s->is_asking;
}

void sealing_drop(struct sealing *s)
{
	signer_errand_drop(s->errand);
	s->errand = NULL;
	s->is_open = s->is_asking = false;
}

void sealing_finish(struct sealing *s)
{
	sealing_drop(s);
	signet_seal_free(s->seal);
	s->seal = NULL;
}
