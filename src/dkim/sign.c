/* SPDX-License-Identifier: Apache-2.0 */
#include "sign.h"

#include <stdlib.h>

#include "../base/base64.h"
#include "../base/name.h"
#include "../mail/address.h"
#include "../mail/identity.h"
#include "../tags/tags.h"
#include "compose.h"
#include "fault.h"
#include "names.h"
#include "outgoing.h"
#include "request.h"
#include "signature.h"

#define QUEUE_S (5 * 86400) /* RFC 5321 4.5.4.1: how long relays try */
#define COPIES_OCTETS ((size_t)16 << 10) /* of z=: a cap of ours */

/* One signature under way. */
struct one {
	struct signet_signature want;
	const struct sign_layout *layout; /* NULL: our own */
	size_t hash; /* its entry of the body hashes */
	struct unsigned_field field;
};

struct signet_sign {
	struct outgoing message;
	struct signet_sign_settings settings;
	struct one all[SIGNET_SIGNATURES];
	struct request requests[SIGNET_SIGNATURES];
	size_t n;
	slice names; /* h= of all of them */
	slice fields; /* when all requests are answered */
};

static enum signet_status open_message(void *owner);

struct signet_sign *signet_sign_new(struct signet *engine, const struct signet_sign_settings *settings,
                                    const struct signet_signature signatures[], size_t n)
{
	struct signet_sign *sign = calloc(1, sizeof(*sign));
	if (!sign) {
		return NULL;
	}
	outgoing_init(&sign->message, engine, settings->header_bytes);
	sign->message.open = open_message;
	sign->message.owner = sign;
	if (signet_sign_reset(sign, settings, signatures, n) != SIGNET_OK) {
		signet_sign_free(sign);
		return NULL;
	}
	return sign;
}

enum signet_status signet_sign_reset(struct signet_sign *sign, const struct signet_sign_settings *settings,
                                     const struct signet_signature signatures[], size_t n)
{
	if (signet_sign_fault(settings, signatures, n, NULL)) {
		return SIGNET_MISUSE;
	}
	outgoing_reset(&sign->message, settings->header_bytes);
	sign->settings = *settings;
	sign->n = n;
	sign->names = sign->fields = (slice) { 0 };
	for (size_t i = 0; i < n; i++) {
		struct sign_names names;
		sign->all[i] = (struct one) { .want = signatures[i] };
		(void)fault_of_names(signatures[i].domain, signatures[i].selector, &sign->message.arena, &names);
		sign->requests[i] = (struct request) { .what = { .index = i,
			                                         .domain = names.domain,
			                                         .selector = names.selector,
			                                         .algorithm = signatures[i].algorithm } };
	}
	return sign->message.arena.failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}

void signet_sign_free(struct signet_sign *sign)
{
	if (sign) {
		outgoing_finish(&sign->message);
		free(sign);
	}
}

void sign_set_layout(struct signet_sign *sign, size_t index, const struct sign_layout *layout)
{
	sign->all[index].layout = layout;
}

/* Whose authors may a signer vouch for?  His own domain's and those below it (RFC 6376 6.3, RFC 9989 4.4.1). */
static void judge_domains(struct signet_sign *sign, const struct mail_identity *id, slice from)
{
	for (size_t i = 0; i < sign->n; i++) {
		slice domain = sign->requests[i].what.domain;
		for (size_t k = 0; k < id->n_domains; k++) {
			if (RULE("6376:6.3", !name_is_at_or_below(id->domains[k], domain))) {
				outgoing_refuse(&sign->message, F_SIGN_FROM_FOREIGN, from, 0, TEXT(id->domains[k]),
				                TEXT(domain));
				return;
			}
		}
	}
}

static enum signet_status judge_authors(struct signet_sign *sign)
{
	struct outgoing *m = &sign->message;
	struct mail_identity id;
	TRY(identity_find(&m->header, &m->arena, &m->notes, &id));
	const struct mail_field *from = header_find(&m->header, S("From"), 0);
	if (RULE("6376:5.4", !from)) {
		outgoing_refuse(m, F_SIGN_FROM_NONE, (slice) { 0 }, 0, NUMBER(0));
	} else if (RULE("6376:8.15", id.n_from_fields > 1)) {
		outgoing_refuse(m, F_SIGN_FROM_SEVERAL, from->raw, 0, NUMBER(id.n_from_fields));
	} else if (RULE("6376:6.3", id.unusable || id.n_domains == 0)) {
		outgoing_refuse(m, F_SIGN_FROM_UNUSABLE, from->raw, 0, NUMBER(0));
	} else if (!sign->settings.foreign_author) {
		judge_domains(sign, &id, from->raw);
	}
	return SIGNET_OK;
}

/* Fields that a message has once at most (RFC 5322 3.6, RFC 2045 3); of From somebody else speaks. */
static void judge_repeated(struct outgoing *m)
{
	static const slice parts[] = { { "Content-ID", 10 },
		                       { "Content-Description", 19 },
		                       { "Content-Disposition", 19 } };
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct signet_finding *note = &m->notes.at[i];
		bool is_from = note->id == F_MAIL_FIELD_REPEATED && slice_eq(note->args[0].text, S("From"));
		if (RULE("5322:3.6", note->id == F_MAIL_FIELD_REPEATED && !is_from)) {
			outgoing_refuse(m, F_SIGN_FIELD_REPEATED, note->input, 0, TEXT(note->args[0].text),
			                NUMBER(note->args[1].number));
		}
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t n = field_index_count(&m->index, parts[i]);
		if (RULE("2045:3", n > 1)) {
			outgoing_refuse(m, F_SIGN_FIELD_REPEATED, (slice) { 0 }, 0, TEXT(parts[i]), NUMBER(n));
		}
	}
}

static enum signet_status choose_names(struct signet_sign *sign)
{
	struct outgoing *m = &sign->message;
	const struct names_wish wish = {
		.rules = sign->settings.rules,
		.n_rules = sign->settings.n_rules,
		.only_rules = sign->settings.only_rules,
	};
	enum signet_status status = names_choose(&wish, &m->index, &m->arena, &sign->names);
	if (status != SIGNET_LIMIT) {
		return status;
	}
	outgoing_refuse(m, F_SIGN_TOO_MANY_NAMES, (slice) { 0 }, 0, NUMBER(SIGNATURE_NAMES_MAX));
	return SIGNET_OK;
}

/* The header is complete. */
static enum signet_status open_message(void *owner)
{
	struct signet_sign *sign = owner;
	struct outgoing *m = &sign->message;
	TRY(judge_authors(sign));
	judge_repeated(m);
	TRY(choose_names(sign));
	for (size_t i = 0; i < sign->n && !m->refused; i++) {
		TRY(body_hashes_add(&m->hashes, !sign->all[i].want.body_simple, BODY_NO_LIMIT, &sign->all[i].hash));
	}
	return SIGNET_OK;
}

enum signet_status signet_sign_feed(struct signet_sign *sign, signet_slice octets)
{
	return outgoing_feed(&sign->message, octets);
}

/* d=, s= and the domain of i= are A-labels; in an internationalised header they are U-labels (RFC 8616 5). */
static slice written_name(struct signet_sign *sign, slice normal, bool international)
{
	return RULE("8616:5", international) ? name_display(normal, &sign->message.arena) : normal;
}

static slice written_identity(struct signet_sign *sign, slice identity, bool international)
{
	struct buf b;
	struct signet_arena *a = &sign->message.arena;
	size_t at = slice_find_last_char(identity, '@');
	slice domain = { 0 };
	(void)signature_read_domain(slice_from(identity, at + 1), a, &domain);
	buf_init_arena(&b, a, COMPOSE_FIELD_OCTETS);
	compose_put_quoted(&b, slice_first(identity, at), '@', international);
	buf_put_char(&b, '@');
	buf_put(&b, written_name(sign, domain, international));
	return buf_slice(&b);
}

/* sig-z-tag-copy = hdr-name [FWS] ":" qp-hdr-value, "|" between copies (RFC 6376 3.5) */
static slice copy_fields(struct signet_sign *sign, bool international)
{
	struct outgoing *m = &sign->message;
	struct buf b;
	buf_init_arena(&b, &m->arena, COPIES_OCTETS);
	field_index_restart(&m->index);
	slice rest = sign->names, name;
	while (tag_take_part(&rest, ':', &name)) {
		const struct mail_field *field = field_index_take(&m->index, name, (slice) { 0 });
		if (field) {
			buf_put(&b, b.len ? S("|") : (slice) { 0 });
			buf_put(&b, field->name);
			buf_put_char(&b, ':');
			compose_put_quoted(&b, slice_trim_fws(field->value), '|', international);
		}
	}
	if (!buf_ok(&b)) {
		note_with(&m->findings, F_SIGN_COPY_TOO_LARGE, (slice) { 0 }, 0, NUMBER(COPIES_OCTETS));
		return (slice) { 0 };
	}
	return buf_slice(&b);
}

static slice canonicalization_name(const struct signet_signature *s)
{
	static const slice names[2][2] = {
		{ { "relaxed/relaxed", 15 }, { "relaxed/simple", 14 } },
		{ { "simple/relaxed", 14 }, { "simple/simple", 13 } },
	};
	return names[s->header_simple][s->body_simple];
}

static slice body_hash(struct signet_sign *sign, const struct one *one)
{
	struct buf b;
	buf_init_arena(&b, &sign->message.arena, 64);
	base64_put(&b, slice_make((const char *)body_hashes_digest(&sign->message.hashes, one->hash), DIGEST_OCTETS));
	return buf_slice(&b);
}

/* sig-l-tag: the whole of the body, so that only what is appended stays uncovered. */
static void put_length(struct signet_sign *sign, const struct one *one, struct compose *c)
{
	uint64_t length = body_hashes_total(&sign->message.hashes, one->hash);
	compose_number(c, "l", length);
	if (!findings_has(&sign->message.findings, F_SIGN_BODY_LENGTH)) {
		note_with(&sign->message.findings, F_SIGN_BODY_LENGTH, (slice) { 0 }, 0, NUMBER(length));
	}
}

/* RFC 6376 3.5.  Tags with their defaults (q=, and i= if nobody wants it) are left out. */
static void lay_out(struct signet_sign *sign, struct one *one, const struct signet_sign_request *what)
{
	const struct signet_sign_settings *settings = &sign->settings;
	bool international = outgoing_is_international(&sign->message);
	struct compose c;
	compose_begin(&c, S("DKIM-Signature"), &sign->message.arena);
	compose_tag(&c, "v", S("1"));
	compose_tag(&c, "a", slice_of(signet_algorithm_name(what->algorithm)));
	compose_tag(&c, "c", canonicalization_name(&one->want));
	compose_tag(&c, "d", written_name(sign, what->domain, international));
	compose_tag(&c, "s", written_name(sign, what->selector, international));
	compose_number(&c, "t", (uint64_t)settings->now);
	if (settings->expires_after_s) {
		compose_number(&c, "x", (uint64_t)(settings->now + settings->expires_after_s));
	}
	if (one->want.identity.len) {
		compose_quoted(&c, "i", written_identity(sign, one->want.identity, international));
	}
	if (settings->body_length) {
		put_length(sign, one, &c);
	}
	compose_break(&c);
	compose_list(&c, "h", sign->names, ':');
	slice copies = settings->copy_fields ? copy_fields(sign, international) : (slice) { 0 };
	if (copies.len) {
		compose_break(&c);
		compose_quoted(&c, "z", copies);
	}
	compose_break(&c);
	compose_tag(&c, "bh", body_hash(sign, one));
	one->field = (struct unsigned_field) {
		.before = compose_end(&c, "b"),
		.b_fold = S("\r\n\t"),
		.b_columns = COMPOSE_B_COLUMNS,
	};
}

/* What stands before `what` in the text, and the rest behind it. */
static slice cut(slice *text, slice what)
{
	size_t at = slice_find(*text, what);
	slice before = slice_first(*text, at);
	*text = at == SLICE_NONE ? (slice) { 0 } : slice_from(*text, at + what.len);
	return before;
}

static void follow_layout(struct signet_sign *sign, struct one *one)
{
	slice rest = one->layout->text;
	slice before = cut(&rest, S("{bh}"));
	slice between = cut(&rest, S("{b}"));
	one->field = (struct unsigned_field) {
		.before = ARENA_JOIN(&sign->message.arena, before, body_hash(sign, one), between),
		.after = rest,
		.b_fold = one->layout->b_fold,
		.b_columns = one->layout->b_columns,
		.b_first = one->layout->b_first,
	};
}

static enum signet_status prepare(struct signet_sign *sign, struct one *one, struct request *request)
{
	struct outgoing *m = &sign->message;
	if (one->layout) {
		follow_layout(sign, one);
	} else {
		lay_out(sign, one, &request->what);
	}
	if (!one->field.before.at) {
		return m->arena.failed ? SIGNET_NO_MEMORY : SIGNET_LIMIT;
	}
	slice names = one->layout ? one->layout->names : sign->names;
	TRY(compose_digest(m->engine, &m->index, &one->field, names, !one->want.header_simple, &m->arena,
	                   request->what.digest));
	request->state = REQUEST_OPEN;
	return SIGNET_OK;
}

/* A submission server adds what RFC 5322 3.6 wants to be there, and h= may say that it is not. */
static void warn_missing(struct signet_sign *sign)
{
	static const slice wanted[] = { { "Date", 4 }, { "Message-ID", 10 } };
	const struct outgoing *m = &sign->message;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		bool covered = false;
		slice rest = sign->names, name;
		while (tag_take_part(&rest, ':', &name)) {
			covered |= slice_eq_nocase(name, wanted[i]);
		}
		if (RULE("5322:3.6", covered && field_index_count(&m->index, wanted[i]) == 0)) {
			note_with(&sign->message.findings, F_SIGN_FIELD_MISSING, (slice) { 0 }, 0, TEXT(wanted[i]));
		}
	}
}

/* Addresses without a domain, which the first server completes. */
static enum signet_status warn_addresses(struct outgoing *m)
{
	static const slice fields[] = { { "To", 2 }, { "Cc", 2 }, { "Reply-To", 8 }, { "Sender", 6 } };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct mail_field *field = header_find(&m->header, fields[i], 0);
		struct address_list list = { 0 };
		if (field) {
			TRY(address_parse(field->value, &m->arena, &m->notes, &list));
		}
		for (size_t k = 0; k < list.n; k++) {
			if (!list.at[k].guessed && list.at[k].domain.len == 0) {
				note_with(&m->findings, F_SIGN_ADDRESS_INCOMPLETE, field->raw, 0, TEXT(fields[i]),
				          TEXT(list.at[k].address));
				break;
			}
		}
	}
	return SIGNET_OK;
}

static enum signet_status warn(struct signet_sign *sign)
{
	int64_t expires = sign->settings.expires_after_s;
	outgoing_warn(&sign->message, sign->settings.eight_bit_path);
	warn_missing(sign);
	if (expires && expires < QUEUE_S) {
		note_with(&sign->message.findings, F_SIGN_EXPIRES_SOON, (slice) { 0 }, 0, NUMBER(expires));
	}
	return warn_addresses(&sign->message);
}

enum signet_status signet_sign_end(struct signet_sign *sign)
{
	TRY(outgoing_end(&sign->message));
	enum signet_status status = SIGNET_OK;
	for (size_t i = 0; i < sign->n && !sign->message.refused && status == SIGNET_OK; i++) {
		status = prepare(sign, &sign->all[i], &sign->requests[i]);
	}
	if (!sign->message.refused && status == SIGNET_OK) {
		status = warn(sign);
	}
	sign->message.broken = status == SIGNET_OK && sign->message.arena.failed ? SIGNET_NO_MEMORY : status;
	return sign->message.broken;
}

bool signet_sign_refused(const struct signet_sign *sign)
{
	return sign->message.refused;
}

bool signet_sign_next(struct signet_sign *sign, struct signet_sign_request *ret)
{
	return sign->message.is_ended && sign->message.broken == SIGNET_OK && !sign->message.refused &&
	       request_next(sign->requests, sign->n, ret);
}

enum signet_status signet_sign_answer(struct signet_sign *sign, size_t index, signet_slice octets)
{
	TRY(request_answer(sign->requests, sign->n, index, octets, &sign->message.arena));
	request_note(&sign->requests[index], &sign->message.findings);
	return SIGNET_OK;
}

/* Those of one algorithm, in the order they were asked for. */
static bool put_fields(struct signet_sign *sign, enum signet_algorithm algorithm, struct buf *out)
{
	for (size_t i = 0; i < sign->n; i++) {
		const struct request *request = &sign->requests[i];
		if (request->state != REQUEST_ANSWERED || request->what.algorithm != algorithm) {
			continue;
		}
		slice field = compose_field(&sign->all[i].field, request->signature, &sign->message.arena);
		if (!field.at) {
			return false;
		}
		buf_put(out, field);
	}
	return buf_ok(out);
}

signet_slice signet_sign_fields(struct signet_sign *sign)
{
	struct buf out;
	if (sign->fields.at || !sign->message.is_ended || !request_all_done(sign->requests, sign->n)) {
		return sign->fields;
	}
	buf_init_arena(&out, &sign->message.arena, 2 * SIGNET_SIGNATURES * COMPOSE_FIELD_OCTETS);
	if (put_fields(sign, SIGNET_RSA_SHA256, &out) && put_fields(sign, SIGNET_ED25519_SHA256, &out)) {
		sign->fields = buf_slice(&out);
	}
	return sign->fields;
}

const struct signet_findings *signet_sign_findings(const struct signet_sign *sign)
{
	return &sign->message.findings;
}
