/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include <stdlib.h>

#include "../base/base64.h"
#include "../base/name.h"
#include "../dkim/compose.h"
#include "../dkim/fault.h"
#include "../dkim/names.h"
#include "../dkim/outgoing.h"
#include "../dkim/request.h"
#include "covered.h"

enum piece { MESSAGE, SEAL, PIECES };

struct signet_seal {
	struct outgoing message;
	struct signet_seal_settings settings;
	struct request requests[PIECES];
	struct unsigned_field parts[PIECES];
	slice names; /* h= */
	size_t hash; /* the entry of the body hashes */
	struct arc_chain chain; /* as it stands in the message */
	unsigned instance; /* of the new set */
	enum signet_arc_result cv;
	slice results; /* the new ARC-Authentication-Results field */
	slice message_field; /* the new ARC-Message-Signature, once it is signed */
	slice fields;
	bool sorted;
	bool nothing; /* the chain is not to be continued */
};

static enum signet_status open_message(void *owner);

const char *signet_seal_fault(const struct signet_seal_settings *settings)
{
	struct signet_arena a;
	struct sign_names names;
	size_t ignored = SIZE_MAX;
	arena_init(&a, (size_t)16 << 10);
	const char *fault = fault_of_names(settings->domain, settings->selector, &a, &names);
	arena_finish(&a);
	if (!fault && fault_is_in_times(settings->now, 0)) {
		fault = "the time of sealing has more than twelve digits";
	}
	if (!fault && settings->algorithm != SIGNET_RSA_SHA256 && settings->algorithm != SIGNET_ED25519_SHA256) {
		fault = "the algorithm is neither rsa-sha256 nor ed25519-sha256";
	}
	return fault ? fault : fault_of_rules(settings->rules, settings->n_rules, &ignored);
}

struct signet_seal *signet_seal_new(struct signet *engine, const struct signet_seal_settings *settings)
{
	struct signet_seal *seal = calloc(1, sizeof(*seal));
	if (!seal) {
		return NULL;
	}
	outgoing_init(&seal->message, engine, settings->header_bytes);
	seal->message.open = open_message;
	seal->message.owner = seal;
	if (signet_seal_reset(seal, settings) != SIGNET_OK) {
		signet_seal_free(seal);
		return NULL;
	}
	return seal;
}

enum signet_status signet_seal_reset(struct signet_seal *seal, const struct signet_seal_settings *settings)
{
	struct sign_names names = { 0 };
	if (signet_seal_fault(settings)) {
		return SIGNET_MISUSE;
	}
	outgoing_reset(&seal->message, settings->header_bytes);
	(void)fault_of_names(settings->domain, settings->selector, &seal->message.arena, &names);
	*seal = (struct signet_seal) { .message = seal->message, .settings = *settings };
	for (size_t i = 0; i < PIECES; i++) {
		seal->requests[i].what = (struct signet_sign_request) {
			.index = i, .domain = names.domain, .selector = names.selector, .algorithm = settings->algorithm
		};
	}
	return seal->message.arena.failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}

void signet_seal_free(struct signet_seal *seal)
{
	if (seal) {
		outgoing_finish(&seal->message);
		free(seal);
	}
}

void seal_set_sorted(struct signet_seal *seal)
{
	seal->sorted = true;
}

static enum signet_status open_message(void *owner)
{
	struct signet_seal *seal = owner;
	struct outgoing *m = &seal->message;
	struct signet_findings aside; /* what is wrong with the chain the validator has told */
	findings_init(&aside, &m->arena);
	TRY(chain_collect(&m->header, SIGNET_ARC_SETS, &m->arena, &aside, &seal->chain));
	return m->refused ? SIGNET_OK : body_hashes_add(&m->hashes, true, BODY_NO_LIMIT, &seal->hash);
}

enum signet_status signet_seal_feed(struct signet_seal *seal, signet_slice octets)
{
	return outgoing_feed(&seal->message, octets);
}

/* RFC 8617 5.1.3: once failed a chain stays failed, whatever later hops wrote. */
static unsigned find_failed_seal(const struct arc_chain *chain)
{
	for (unsigned i = chain->n; i > 0; i--) {
		const struct dkim_signature *s = &chain->sets[i - 1].seal;
		if (RULE("8617:5.1.3", s->field && slice_eq_nocase(s->cv, S("fail")))) {
			return i;
		}
	}
	return 0;
}

/* The verdict has to be about this message: with pass there is a whole chain, with none there is none. */
static bool fits(enum signet_arc_result cv, enum chain_state state)
{
	switch (cv) {
	case SIGNET_ARC_NONE:
		return state == CHAIN_NONE;
	case SIGNET_ARC_PASS:
		return state == CHAIN_WHOLE;
	case SIGNET_ARC_FAIL:
		return state != CHAIN_NONE;
	}
	return false;
}

/* Is there to be a set, and which? */
static void judge_chain(struct signet_seal *seal)
{
	struct outgoing *m = &seal->message;
	const struct arc_chain *chain = &seal->chain;
	unsigned failed = find_failed_seal(chain);
	seal->instance = chain->n + 1;
	if (failed) {
		note_with(&m->findings, F_ARC_NOT_CONTINUED, (slice) { 0 }, 0, NUMBER(failed),
		          TEXT(chain->sets[failed - 1].seal.domain));
		seal->nothing = true;
	} else if (RULE("8617:5.1", !fits(seal->cv, chain->state))) {
		outgoing_refuse(m, F_ARC_CHAIN_CHANGED, (slice) { 0 }, 0,
		                TEXT(slice_of(signet_arc_result_name(seal->cv))));
	} else if (RULE("8617:4.2.1", seal->instance > SIGNET_ARC_SETS)) {
		outgoing_refuse(m, F_ARC_CHAIN_FULL, (slice) { 0 }, 0, NUMBER(SIGNET_ARC_SETS));
	}
}

/* Line ends fold and do nothing else. */
static bool is_value(slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool folds =
			i + 2 < text.len && text.at[i + 1] == '\n' && (text.at[i + 2] == ' ' || text.at[i + 2] == '\t');
		if (c == '\0' || (c == '\r' && !folds) || (c == '\n' && (i == 0 || text.at[i - 1] != '\r'))) {
			return false;
		}
	}
	return slice_trim_fws(text).len > 0;
}

static slice number_text(unsigned n, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 16);
	buf_put_number(&b, n);
	return buf_slice(&b);
}

static slice written_name(struct signet_seal *seal, slice normal)
{
	bool international = outgoing_is_international(&seal->message);
	return RULE("8616:5", international) ? name_display(normal, &seal->message.arena) : normal;
}

static slice body_hash(struct signet_seal *seal)
{
	struct buf b;
	buf_init_arena(&b, &seal->message.arena, 64);
	base64_put(&b, slice_make((const char *)body_hashes_digest(&seal->message.hashes, seal->hash), DIGEST_OCTETS));
	return buf_slice(&b);
}

/* The tags of both fields; `order` decides which come and where. */
struct tags {
	slice a, bh, c, cv, d, h, i, s, t;
};

static struct tags tags_of(struct signet_seal *seal)
{
	struct signet_arena *a = &seal->message.arena;
	const struct signet_sign_request *what = &seal->requests[0].what;
	struct buf t;
	buf_init_arena(&t, a, 24);
	buf_put_number(&t, (uint64_t)seal->settings.now);
	return (struct tags) {
		.a = slice_of(signet_algorithm_name(what->algorithm)),
		.bh = body_hash(seal),
		.c = S("relaxed/relaxed"),
		.cv = slice_of(signet_arc_result_name(seal->cv)),
		.d = written_name(seal, what->domain),
		.h = seal->names,
		.i = number_text(seal->instance, a),
		.s = written_name(seal, what->selector),
		.t = buf_slice(&t),
	};
}

static struct unsigned_field sorted_message(const struct tags *t, struct signet_arena *a)
{
	return (struct unsigned_field) {
		.before = ARENA_JOIN(a, S("ARC-Message-Signature: a="), t->a, S("; b=")),
		.after = ARENA_JOIN(a, S("; bh="), t->bh, S("; c="), t->c, S("; d="), t->d, S("; h="), t->h, S("; i="),
		                    t->i, S("; s="), t->s, S("; t="), t->t),
	};
}

static struct unsigned_field sorted_seal(const struct tags *t, struct signet_arena *a)
{
	return (struct unsigned_field) {
		.before = ARENA_JOIN(a, S("ARC-Seal: a="), t->a, S("; b=")),
		.after = ARENA_JOIN(a, S("; cv="), t->cv, S("; d="), t->d, S("; i="), t->i, S("; s="), t->s, S("; t="),
		                    t->t),
	};
}

static struct unsigned_field folded(struct compose *c)
{
	return (struct unsigned_field) { .before = compose_end(c, "b"),
		                         .b_fold = S("\r\n\t"),
		                         .b_columns = COMPOSE_B_COLUMNS };
}

/* RFC 8617 4.1.2: the tags of a DKIM-Signature without v=, and i= is the instance. */
static struct unsigned_field lay_out_message(const struct tags *t, struct signet_arena *a)
{
	struct compose c;
	compose_begin(&c, S("ARC-Message-Signature"), a);
	compose_tag(&c, "i", t->i);
	compose_tag(&c, "a", t->a);
	compose_tag(&c, "c", t->c);
	compose_tag(&c, "d", t->d);
	compose_tag(&c, "s", t->s);
	compose_tag(&c, "t", t->t);
	compose_break(&c);
	compose_list(&c, "h", t->h, ':');
	compose_break(&c);
	compose_tag(&c, "bh", t->bh);
	return folded(&c);
}

/* RFC 8617 4.1.3: neither h= nor bh=. */
static struct unsigned_field lay_out_seal(const struct tags *t, struct signet_arena *a)
{
	struct compose c;
	compose_begin(&c, S("ARC-Seal"), a);
	compose_tag(&c, "i", t->i);
	compose_tag(&c, "a", t->a);
	compose_tag(&c, "cv", t->cv);
	compose_tag(&c, "d", t->d);
	compose_tag(&c, "s", t->s);
	compose_tag(&c, "t", t->t);
	return folded(&c);
}

static enum signet_status choose_names(struct signet_seal *seal)
{
	struct outgoing *m = &seal->message;
	const struct names_wish wish = {
		.rules = seal->settings.rules,
		.n_rules = seal->settings.n_rules,
		.only_rules = seal->settings.only_rules,
		.with_signatures = !seal->sorted,
	};
	enum signet_status status = names_choose(&wish, &m->index, &m->arena, &seal->names);
	if (status != SIGNET_LIMIT) {
		return status;
	}
	outgoing_refuse(m, F_SIGN_TOO_MANY_NAMES, (slice) { 0 }, 0, NUMBER(SIGNATURE_NAMES_MAX));
	return SIGNET_OK;
}

/* The message signature comes first: the seal covers it. */
static enum signet_status prepare(struct signet_seal *seal, slice results)
{
	struct outgoing *m = &seal->message;
	struct signet_arena *a = &m->arena;
	struct tags t = tags_of(seal);
	seal->results =
		ARENA_JOIN(a, S("ARC-Authentication-Results: i="), t.i, S("; "), slice_trim_fws(results), S("\r\n"));
	seal->parts[MESSAGE] = seal->sorted ? sorted_message(&t, a) : lay_out_message(&t, a);
	seal->parts[SEAL] = seal->sorted ? sorted_seal(&t, a) : lay_out_seal(&t, a);
	if (a->failed || !seal->parts[MESSAGE].before.at || !seal->parts[SEAL].before.at) {
		return a->failed ? SIGNET_NO_MEMORY : SIGNET_LIMIT;
	}
	TRY(compose_digest(m->engine, &m->index, &seal->parts[MESSAGE], seal->names, true, a,
	                   seal->requests[MESSAGE].what.digest));
	seal->requests[MESSAGE].state = REQUEST_OPEN;
	outgoing_warn(m, seal->settings.eight_bit_path);
	return SIGNET_OK;
}

static enum signet_status end(struct signet_seal *seal, slice results)
{
	if (!seal->message.refused) {
		judge_chain(seal);
	}
	if (!seal->message.refused && !seal->nothing) {
		TRY(choose_names(seal));
	}
	return seal->message.refused || seal->nothing ? SIGNET_OK : prepare(seal, results);
}

enum signet_status signet_seal_end(struct signet_seal *seal, enum signet_arc_result cv, signet_slice results)
{
	if (!is_value(results)) {
		return SIGNET_MISUSE;
	}
	TRY(outgoing_end(&seal->message));
	seal->cv = cv;
	seal->message.broken = end(seal, results);
	return seal->message.broken;
}

bool signet_seal_refused(const struct signet_seal *seal)
{
	return seal->message.refused;
}

bool signet_seal_next(struct signet_seal *seal, struct signet_sign_request *ret)
{
	return seal->message.is_ended && seal->message.broken == SIGNET_OK && request_next(seal->requests, PIECES, ret);
}

/* Sets 1 to N and the new one; of a failed chain only the new one, as if it were alone (RFC 8617 5.1.2). */
static enum signet_status hash_sets(struct signet_seal *seal, const struct arc_set *new, struct digest *running)
{
	struct signet_arena *a = &seal->message.arena;
	uint8_t *ret = seal->requests[SEAL].what.digest;
	unsigned n = RULE("8617:5.1.2", seal->cv == SIGNET_ARC_PASS) ? seal->chain.n : 0;
	for (unsigned i = 0; i < n; i++) {
		TRY(covered_digest(&seal->chain.sets[i], running, a, ret));
	}
	return covered_digest(new, running, a, ret);
}

static enum signet_status prepare_seal(struct signet_seal *seal)
{
	struct signet_arena *a = &seal->message.arena;
	const struct unsigned_field *part = &seal->parts[SEAL];
	struct digest *running = digest_new(seal->message.engine);
	seal->message_field = compose_field(&seal->parts[MESSAGE], seal->requests[MESSAGE].signature, a);
	slice raw = ARENA_JOIN(a, part->before, part->after, S("\r\n"));
	enum signet_status status = SIGNET_NO_MEMORY;
	if (running && raw.at && seal->message_field.at) {
		const struct mail_field fields[] = { { .raw = seal->results },
			                             { .raw = seal->message_field },
			                             { .raw = raw } };
		const struct arc_set new = {
			.results = &fields[0],
			.message = { .field = &fields[1] },
			.seal = { .field = &fields[2], .b_given = slice_make(raw.at + part->before.len, 0) },
		};
		status = hash_sets(seal, &new, running);
	}
	digest_drop(running);
	seal->requests[SEAL].state = status == SIGNET_OK ? REQUEST_OPEN : REQUEST_NOT_YET;
	return status;
}

enum signet_status signet_seal_answer(struct signet_seal *seal, size_t index, signet_slice octets)
{
	TRY(request_answer(seal->requests, PIECES, index, octets, &seal->message.arena));
	if (index == MESSAGE || octets.len == 0) {
		request_note(&seal->requests[index], &seal->message.findings);
	}
	if (octets.len == 0) {
		seal->requests[SEAL].state = REQUEST_GIVEN_UP;
		return SIGNET_OK;
	}
	return index == MESSAGE ? prepare_seal(seal) : SIGNET_OK;
}

signet_slice signet_seal_fields(struct signet_seal *seal)
{
	struct signet_arena *a = &seal->message.arena;
	if (!seal->fields.at && seal->requests[SEAL].state == REQUEST_ANSWERED) {
		slice field = compose_field(&seal->parts[SEAL], seal->requests[SEAL].signature, a);
		slice fields = field.at ? ARENA_JOIN(a, field, seal->message_field, seal->results) : (slice) { 0 };
		seal->fields = fields;
	}
	return seal->fields;
}

const struct signet_findings *signet_seal_findings(const struct signet_seal *seal)
{
	return &seal->message.findings;
}
