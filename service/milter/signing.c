/* SPDX-License-Identifier: Apache-2.0 */
#include "signing.h"

#include <signet/check.h>

#include "../../src/base/finding.h"
#include "../../src/base/name.h"

#define REASON_OCTETS 1024

/* ---- the end ---- */

static void settle(struct signing *out, enum signing_outcome outcome, slice why, slice reason)
{
	out->state = SIGNING_DONE;
	out->outcome = outcome;
	out->why = why;
	out->reason = reason;
}

void signing_fail(struct signing *out, slice why, slice reason)
{
	settle(out, SIGNING_FAULT, why, reason);
}

static void fail_for_memory(struct signing *out)
{
	signing_fail(out, S("no-memory"), S("memory is short"));
}

static void fail_by_signer(struct signing *out, enum signer_status status)
{
	const char *trouble = status == SIGNER_UNREACHABLE ? signer_desk_trouble(out->how.desk) : NULL;
	const char *name = signer_status_name(status);
	signing_fail(out, slice_of(name), slice_of(trouble ? trouble : name));
}

/* Whoever waits is told; nobody does before the end of the message. */
static void tell(struct signing *out)
{
	if (out->state == SIGNING_DONE && out->is_ended) {
		out->how.ready(out->how.data);
	}
}

/* ---- which keys ---- */

static void describe_sender(const struct signing *out, struct table_query *q)
{
	const struct facts *f = out->how.facts;
	q->login = f->login;
	q->client = f->client;
	q->client_name = f->client_name;
}

static bool split_address(slice address, slice domain, struct table_query *q)
{
	size_t at = slice_find_last_char(address, '@');
	if (at == SLICE_NONE) {
		return false;
	}
	q->local = slice_first(address, at);
	q->domain = domain.len ? domain : slice_from(address, at + 1);
	return true;
}

/* False: it is not signed, and why is said. */
static bool choose(struct signing *out, const struct signet_author *author, struct table_choice *ret)
{
	struct table_query q = { 0 };
	struct buf reason;
	(void)split_address(author->address, author->domain, &q);
	describe_sender(out, &q);
	if (table_choose(out->how.table, &q, out->how.arena, ret) != SIGNET_OK) {
		fail_for_memory(out);
		return false;
	}
	if (ret->why == TABLE_SIGNS) {
		return true;
	}
	buf_init_arena(&reason, out->how.arena, REASON_OCTETS);
	table_put_reason(&reason, &q, ret);
	settle(out, SIGNING_UNSIGNED, slice_of(table_why_name(ret->why)), buf_slice(&reason));
	return false;
}

/* Every author must have the same keys: one who may not sign is a reason not to. */
static bool choose_for_all(struct signing *out, slice block)
{
	const struct signet_author *authors;
	struct table_choice other;
	size_t n;
	if (signet_authors(block, out->how.arena, &authors, &n) != SIGNET_OK) {
		fail_for_memory(out);
		return false;
	}
	if (n == 0) {
		settle(out, SIGNING_UNSIGNED, slice_of(table_why_name(TABLE_NO_AUTHOR)),
		       S("unsigned: From names nobody"));
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct table_choice *choice = i ? &other : &out->choice;
		if (!choose(out, &authors[i], choice)) {
			return false;
		}
		if (i && !table_is_same_choice(&out->choice, choice)) {
			settle(out, SIGNING_UNSIGNED, S("different-keys"),
			       S("unsigned: the authors in From have different keys"));
			return false;
		}
		for (size_t k = 0; k < choice->n; k++) {
			out->third_party |= !name_is_at_or_below(choice->domain, choice->keys[k].domain);
		}
	}
	return true;
}

/* ---- what the signer knows of them ---- */

/* The table says all that a signature needs. */
static bool is_complete(const struct table_key *key)
{
	return key->selector.len && key->has_algorithm;
}

static void on_keys(void *data, size_t index, const struct signer_reply *reply);

/* Asks for what is not known; false: it cannot be asked. */
static bool ask_for_keys(struct signing *out)
{
	const struct signer_keys *known;
	for (size_t i = 0; i < out->choice.n; i++) {
		const struct table_key *key = &out->choice.keys[i];
		if (is_complete(key) || signer_desk_known(out->how.desk, key->domain, key->selector, &known)) {
			continue;
		}
		out->errands[i] = signer_desk_ask(out->how.desk, key->domain, key->selector, on_keys, out, i);
		if (!out->errands[i]) {
			return false;
		}
		out->waits++;
	}
	return true;
}

static void add_signature(struct signing *out, struct signet_signature *to, size_t *n, const struct table_key *key,
                          slice selector, enum signet_algorithm algorithm)
{
	if (*n < SIGNET_SIGNATURES) {
		out->made[*n] = (struct verdict_signature) { .domain = key->domain,
			                                     .selector = arena_copy(out->how.arena, selector),
			                                     .algorithm = slice_of(signet_algorithm_name(algorithm)) };
		to[*n] = (struct signet_signature) { .domain = key->domain,
			                             .selector = out->made[*n].selector,
			                             .algorithm = algorithm,
			                             .identity = key->identity };
		++*n;
	}
}

static size_t list_signatures(struct signing *out, struct signet_signature *to, const struct table_key **ret_without,
                              size_t *ret_n_without)
{
	const struct signer_keys *known;
	size_t n = 0;
	*ret_n_without = 0;
	for (size_t i = 0; i < out->choice.n; i++) {
		const struct table_key *key = &out->choice.keys[i];
		if (is_complete(key)) {
			add_signature(out, to, &n, key, key->selector, key->algorithm);
		} else if (signer_desk_known(out->how.desk, key->domain, key->selector, &known) && known->n) {
			for (size_t k = 0; k < known->n; k++) {
				add_signature(out, to, &n, key, known->at[k].selector, known->at[k].algorithm);
			}
		} else {
			ret_without[(*ret_n_without)++] = key;
		}
	}
	return n;
}

/* Chosen, and the signer has no key for them: the others are made, and these are told. */
static void tell_without(struct signing *out, const struct table_key *const *without, size_t n)
{
	out->n_told = out->n_made;
	for (size_t i = 0; i < n && out->n_told < SIGNET_SIGNATURES; i++) {
		out->made[out->n_told++] =
			(struct verdict_signature) { .domain = without[i]->domain,
			                             .selector = without[i]->selector,
			                             .trouble = slice_of(signer_status_name(SIGNER_NO_KEY)) };
	}
}

/* All is known: octets can be taken. */
static void start(struct signing *out)
{
	struct signet_signature signatures[SIGNET_SIGNATURES];
	const struct table_key *without[SIGNET_SIGNATURES];
	size_t n_without;
	const struct signet_sign_settings settings = { .now = out->how.now, .foreign_author = out->third_party };
	out->n_made = list_signatures(out, signatures, without, &n_without);
	tell_without(out, without, n_without);
	if (out->n_made == 0) {
		signing_fail(out, S("no-key"), S("the signer has no active key for this domain"));
		return;
	}
	const char *fault = signet_sign_fault(&settings, signatures, out->n_made, NULL);
	if (fault) {
		signing_fail(out, S("bad-key-name"), slice_of(fault));
		return;
	}
	enum signet_status status = SIGNET_OK;
	if (out->sign) {
		status = signet_sign_reset(out->sign, &settings, signatures, out->n_made);
	} else {
		out->sign = signet_sign_new(out->how.signet, &settings, signatures, out->n_made);
	}
	if (status != SIGNET_OK || !out->sign) {
		fail_for_memory(out);
		return;
	}
	out->state = SIGNING_FEEDS;
}

/* ---- the stations ---- */

void signing_begin(struct signing *out, const struct signing_how *how)
{
	*out = (struct signing) { .sign = out->sign, .how = *how };
	const struct facts *f = how->facts;
	struct table_query q = { 0 };
	struct table_choice ahead;
	const struct signer_keys *known;
	describe_sender(out, &q);
	if (!how->desk || !split_address(f->mail_from, (slice) { 0 }, &q) ||
	    table_choose(how->table, &q, how->arena, &ahead) != SIGNET_OK) {
		return;
	}
	for (size_t i = 0; i < ahead.n; i++) { /* most authors are of the domain of MAIL FROM */
		const struct table_key *key = &ahead.keys[i];
		if (!is_complete(key) && !signer_desk_known(how->desk, key->domain, key->selector, &known)) {
			(void)signer_desk_ask(how->desk, key->domain, key->selector, NULL, NULL, 0);
		}
	}
}

void signing_header(struct signing *out, signet_slice block)
{
	if (!choose_for_all(out, block)) {
		return;
	}
	if (!out->how.desk) {
		signing_fail(out, S("no-signer"), S("no signer is configured"));
		return;
	}
	if (!ask_for_keys(out)) {
		signing_fail(out, S("no-memory"), S("the signer cannot be asked for its keys"));
		return;
	}
	if (out->waits) {
		out->state = SIGNING_KEYS;
		return;
	}
	start(out);
	signing_body(out, block);
}

void signing_body(struct signing *out, signet_slice octets)
{
	if (out->state == SIGNING_FEEDS && signet_sign_feed(out->sign, octets) != SIGNET_OK) {
		fail_for_memory(out);
	}
}

static void note_refusal(struct signing *out)
{
	const struct signet_findings *f = signet_sign_findings(out->sign);
	slice why = S("refused"), reason = S("the message must not be signed");
	for (size_t i = 0; i < f->n; i++) {
		const struct signet_finding_kind *kind = signet_finding_kind(f->at[i].id);
		if (kind->severity >= SIGNET_ERROR) {
			struct buf text;
			buf_init_arena(&text, out->how.arena, REASON_OCTETS);
			finding_put(&text, kind->sentence, &f->at[i]);
			why = slice_of(kind->name);
			reason = buf_ok(&text) ? buf_slice(&text) : reason;
			break;
		}
	}
	out->n_made = out->n_told = 0;
	settle(out, SIGNING_UNSIGNED, why, reason);
}

static void conclude(struct signing *out)
{
	size_t good = 0;
	for (size_t i = 0; i < out->n_made; i++) {
		good += out->made[i].trouble.len == 0;
	}
	if (good == 0) {
		slice trouble = out->n_made ? out->made[0].trouble : S("no-key");
		const char *away = signer_desk_trouble(out->how.desk);
		signing_fail(out, trouble, away ? slice_of(away) : trouble);
		return;
	}
	out->fields = signet_sign_fields(out->sign);
	if (!out->fields.len) {
		fail_for_memory(out);
		return;
	}
	if (good == out->n_told) {
		settle(out, SIGNING_SIGNED, S("signs"), (slice) { 0 });
	} else {
		settle(out, SIGNING_SIGNED, S("signs-in-part"), S("not all signatures could be made"));
	}
}

static void take_answer(struct signing *out, size_t index, const struct signer_reply *reply)
{
	slice octets = reply->status == SIGNER_OK ? reply->signature : (slice) { 0 };
	enum signet_status status = signet_sign_answer(out->sign, index, octets);
	if (status == SIGNET_MISUSE && octets.len) { /* no signature of this algorithm: the key was exchanged */
		status = signet_sign_answer(out->sign, index, (slice) { 0 });
		out->made[index].trouble = slice_of(signer_status_name(SIGNER_WRONG_ALGORITHM));
	} else if (!octets.len) {
		out->made[index].trouble = slice_of(signer_status_name(reply->status));
	}
	if (status != SIGNET_OK) {
		out->made[index].trouble = S("no-memory");
	}
}

static void on_signature(void *data, size_t index, const struct signer_reply *reply)
{
	struct signing *out = data;
	out->errands[index] = NULL;
	out->waits--;
	take_answer(out, index, reply);
	if (out->waits == 0) {
		conclude(out);
		tell(out);
	}
}

static void ask_for_signatures(struct signing *out)
{
	struct signet_sign_request request;
	out->state = SIGNING_ASKS;
	while (signet_sign_next(out->sign, &request)) {
		out->errands[request.index] = signer_desk_sign(out->how.desk, &request, on_signature, out);
		if (out->errands[request.index]) {
			out->waits++;
		} else {
			take_answer(out, request.index, &(struct signer_reply) { .status = SIGNER_FAILED });
		}
	}
	if (out->waits == 0) {
		conclude(out);
	}
}

void signing_end(struct signing *out)
{
	out->is_ended = true;
	if (out->state != SIGNING_FEEDS) {
		return;
	}
	if (signet_sign_end(out->sign) != SIGNET_OK) {
		fail_for_memory(out);
	} else if (signet_sign_refused(out->sign)) {
		note_refusal(out);
	} else {
		ask_for_signatures(out);
	}
}

/* The keys are known, or why they are not: what came meanwhile is caught up with. */
static void on_keys(void *data, size_t index, const struct signer_reply *reply)
{
	struct signing *out = data;
	out->errands[index] = NULL;
	out->waits--;
	if (out->state != SIGNING_KEYS) {
		return;
	}
	if (reply->status != SIGNER_OK && reply->status != SIGNER_NO_KEY) {
		fail_by_signer(out, reply->status);
	} else if (out->waits == 0) {
		start(out);
		if (out->state == SIGNING_FEEDS) {
			out->how.catch_up(out->how.data);
		}
		if (out->is_ended) {
			signing_end(out);
		}
	}
	tell(out);
}

bool signing_is_pending(const struct signing *out)
{
	return out->state != SIGNING_OFF && out->state != SIGNING_DONE;
}

void signing_drop(struct signing *out)
{
	for (size_t i = 0; i < SIGNET_SIGNATURES; i++) {
		signer_errand_drop(out->errands[i]);
		out->errands[i] = NULL;
	}
	out->waits = 0;
	out->state = SIGNING_OFF;
}

void signing_finish(struct signing *out)
{
	signing_drop(out);
	signet_sign_free(out->sign);
	out->sign = NULL;
}
