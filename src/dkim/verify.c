/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include "../base/chars.h"
#include "../base/name.h"
#include "../tags/tags.h"
#include "coverage.h"

const char *signet_dkim_result_name(enum signet_dkim_result result)
{
	static const char names[][10] = { "none", "pass", "fail", "policy", "neutral", "temperror", "permerror" };
	return names[result <= SIGNET_DKIM_PERMERROR ? result : SIGNET_DKIM_NONE];
}

const char *signet_evidence_name(enum signet_evidence evidence)
{
	static const char names[][7] = { "none", "hinted", "stated", "proved" };
	return names[evidence <= SIGNET_EVIDENCE_PROVED ? evidence : SIGNET_EVIDENCE_NONE];
}

void dkim_judge_times(struct dkim_signature *s, int64_t received_at)
{
	if (received_at <= 0 || s->fault.result != SIGNET_DKIM_NONE) {
		return;
	}
	if (RULE("6376:3.5", s->expires >= 0 && s->expires < received_at - DKIM_SKEW_S)) {
		note_with(&s->findings, F_DKIM_EXPIRED, s->field->value, 0, NUMBER(s->expires), NUMBER(received_at));
		s->fault = (struct dkim_fault){ SIGNET_DKIM_PERMERROR, "signature-expired" };
	} else if (RULE("6376:3.5", s->signed_at > received_at + DKIM_SKEW_S)) {
		note_with(&s->findings, F_DKIM_FUTURE, s->field->value, 0, NUMBER(s->signed_at), NUMBER(received_at));
		s->fault = (struct dkim_fault){ SIGNET_DKIM_PERMERROR, "signature-future" };
	}
}

/* RFC 6376 3.7: "the value of b= deleted", from the octet after the "=" up to the ";" or the end of the field. */
char *dkim_put_own_field(char *at, bool relaxed, const struct dkim_signature *s, struct signet_arena *a)
{
	slice raw = s->field->raw;
	size_t before = (size_t)(s->b_given.at - raw.at);
	struct arena_mark mark = arena_mark(a);
	slice without = ARENA_JOIN(a, slice_first(raw, before), slice_from(raw, before + s->b_given.len));
	if (!without.at) {
		return NULL;
	}
	at = canon_field(at, relaxed, without) - 2;
	arena_rewind(a, mark);
	return at;
}

/* Each field is taken once at most, so there is room for all of them. */
slice dkim_header_input(struct field_index *index, const struct dkim_signature *s, struct signet_arena *a)
{
	const struct mail_header *h = index->header;
	size_t room = s->field->raw.len + CANON_FIELD_MORE;
	for (size_t i = 0; i < h->n; i++) {
		room += h->fields[i].raw.len + CANON_FIELD_MORE;
	}
	char *from = arena_octets(a, room);
	char *at = from;
	slice rest = s->names;
	slice name;
	if (!from) {
		return (slice){ 0 };
	}
	field_index_restart(index);
	while (tag_take_part(&rest, ':', &name)) {
		const struct mail_field *field = field_index_take(index, name, s->field->raw);
		if (field) { /* RFC 6376 5.4.2: a missing field is the null string */
			at = canon_field(at, s->header_relaxed, field->raw);
		}
	}
	at = dkim_put_own_field(at, s->header_relaxed, s, a);
	return at ? slice_between(from, at) : (slice){ 0 };
}

enum signet_status dkim_signature_verifies(struct signet *engine, struct field_index *index,
					   const struct dkim_signature *s, const struct dkim_key *key,
					   struct signet_arena *a, bool *ret)
{
	uint8_t digest[DIGEST_OCTETS];
	struct arena_mark mark = arena_mark(a);
	slice input = dkim_header_input(index, s, a);
	bool hashed = input.at && digest_of(engine, input, digest);
	if (!hashed) {
		return SIGNET_NO_MEMORY;
	}
	arena_rewind(a, mark);
	return pubkey_verify(engine, key->kind, key->octets, digest, s->octets, ret);
}

enum signet_status dkim_header_verifies(struct signet *engine, const struct dkim_signature *s,
					const struct dkim_key *key, const struct mail_header *header,
					struct signet_arena *a, bool *ret)
{
	struct field_index index;
	struct arena_mark mark = arena_mark(a);
	TRY(field_index_init(&index, header, a));
	TRY(dkim_signature_verifies(engine, &index, s, key, a, ret));
	arena_rewind(a, mark);
	return SIGNET_OK;
}

enum signet_status dkim_body_hash(struct signet *engine, const struct dkim_signature *s, slice body,
				  struct signet_arena *a, uint8_t ret[static DIGEST_OCTETS])
{
	struct body_hashes hashes;
	size_t index;
	struct arena_mark mark = arena_mark(a);
	body_hashes_init(&hashes, engine, a);
	enum signet_status status =
		body_hashes_add(&hashes, s->body_relaxed, s->has_length ? s->length : BODY_NO_LIMIT, &index);
	if (status == SIGNET_OK) {
		body_hashes_feed(&hashes, body);
		status = body_hashes_end(&hashes);
		memcpy(ret, body_hashes_digest(&hashes, index), DIGEST_OCTETS);
	}
	body_hashes_finish(&hashes);
	arena_rewind(a, mark);
	return status;
}

/* How near a signer is to the authors: the number of labels at the end that both names share, and more for equality. */
static size_t nearness(slice domain, const struct dkim_query *q)
{
	size_t best = 0;
	for (size_t i = 0; i < q->n_author_domains; i++) {
		slice author = q->author_domains[i];
		size_t n = name_count_labels(author);
		while (n && !name_is_at_or_below(domain, name_last_labels(author, n))) {
			n--;
		}
		n = n * 2 + slice_eq(domain, author);
		best = n > best ? n : best;
	}
	return best;
}

/* Registers the body hash and asks ahead for the key; SIGNET_LIMIT leaves the signature aside. */
static enum signet_status start(struct dkim *dkim, struct dkim_one *one, struct body_hashes *hashes,
				struct signet_book *book)
{
	const struct dkim_signature *s = &one->signature;
	TRY(body_hashes_add(hashes, s->body_relaxed, s->has_length ? s->length : BODY_NO_LIMIT, &one->hash));
	one->evaluated = true;
	struct arena_mark mark = arena_mark(dkim->index.arena);
	book_want(book, key_name(s->selector, s->domain, dkim->index.arena), SIGNET_RR_TXT);
	arena_rewind(dkim->index.arena, mark);
	return SIGNET_OK;
}

/* Spends the cap, the signatures nearest to the authors first: junk above the author's own signature must not hide it. */
static enum signet_status choose(struct dkim *dkim, struct body_hashes *hashes, struct signet_book *book)
{
	unsigned max = dkim->query.max_signatures ? dkim->query.max_signatures : DKIM_SIGNATURES_DEFAULT;
	size_t near[DKIM_SIGNATURES_READ];
	for (size_t i = 0; i < dkim->n; i++) {
		const struct dkim_signature *s = &dkim->all[i].signature;
		near[i] = s->fault.result == SIGNET_DKIM_NONE ? nearness(s->domain, &dkim->query) + 1 : 0;
	}
	for (unsigned n = 0; n < max; n++) {
		size_t best = 0;
		for (size_t i = 1; i < dkim->n; i++) {
			best = near[i] > near[best] ? i : best;
		}
		if (dkim->n == 0 || near[best] == 0) {
			break;
		}
		near[best] = 0;
		enum signet_status status = start(dkim, &dkim->all[best], hashes, book);
		if (status != SIGNET_OK && status != SIGNET_LIMIT) {
			return status;
		}
	}
	return SIGNET_OK;
}

static enum signet_status read_signatures(struct dkim *dkim, struct signet_arena *a, struct signet_findings *notes)
{
	const struct mail_header *h = dkim->query.header;
	size_t there = field_index_count(&dkim->index, S("dkim-signature"));
	size_t n = there < DKIM_SIGNATURES_READ ? there : DKIM_SIGNATURES_READ;
	if (n < there) {
		note_with(notes, F_DKIM_TOO_MANY_SIGNATURES, h->block, 0, NUMBER(there), NUMBER(n));
	}
	dkim->all = arena_array(a, n ? n : 1, sizeof(*dkim->all));
	dkim->results = arena_array(a, n ? n : 1, sizeof(*dkim->results));
	if (!dkim->all || !dkim->results) {
		return SIGNET_NO_MEMORY;
	}
	for (size_t i = 0; i < h->n && dkim->n < n; i++) {
		if (!slice_eq_nocase(h->fields[i].name, S("dkim-signature"))) {
			continue;
		}
		struct dkim_one *one = &dkim->all[dkim->n++];
		one->field = i;
		TRY(signature_parse(SIGNATURE_DKIM, &h->fields[i], a, &one->signature));
		dkim_judge_times(&one->signature, dkim->query.received_at);
	}
	return SIGNET_OK;
}

enum signet_status dkim_open(const struct dkim_query *query, struct body_hashes *hashes, struct signet_book *book,
			     struct signet_arena *a, struct signet_findings *notes, struct dkim **ret)
{
	struct dkim *dkim = arena_alloc(a, sizeof(*dkim));
	if (!dkim) {
		return SIGNET_NO_MEMORY;
	}
	dkim->query = *query;
	dkim->hashes = hashes;
	TRY(field_index_init(&dkim->index, query->header, a));
	TRY(read_signatures(dkim, a, notes));
	TRY(choose(dkim, hashes, book));
	*ret = dkim;
	return SIGNET_OK;
}

static slice first_of_b(slice b, struct signet_arena *a)
{
	char *at = arena_octets(a, 8);
	size_t n = 0;
	for (size_t i = 0; at && n < 8 && i < b.len; i++) {
		if (!char_is(b.at[i], C_WSP | C_CRLF)) {
			at[n++] = b.at[i];
		}
	}
	return slice_make(at, n);
}

/* What the field says of itself. */
static struct signet_dkim describe(const struct dkim_one *one, struct signet_arena *scratch)
{
	const struct dkim_signature *s = &one->signature;
	struct signet_dkim result = {
		.field = one->field,
		.domain = s->domain,
		.selector = s->selector,
		.algorithm = s->algorithm,
		.identity = s->identity,
		.b_prefix = first_of_b(s->b_given, scratch),
		.signed_names = s->names,
		.header_relaxed = s->header_relaxed,
		.body_relaxed = s->body_relaxed,
		.has_length = s->has_length,
		.length = s->length,
		.signed_at = s->signed_at,
		.expires = s->expires,
		.findings = s->findings,
	};
	result.findings.arena = scratch;
	return result;
}

static void set_result(struct signet_dkim *result, enum signet_dkim_result word, const char *label)
{
	result->result = word;
	result->transformation = label;
	result->evidence = label ? SIGNET_EVIDENCE_STATED : SIGNET_EVIDENCE_NONE;
}

static void compare_body(const struct dkim *dkim, const struct dkim_one *one, struct signet_dkim *result)
{
	const struct dkim_signature *s = &one->signature;
	uint64_t total = body_hashes_total(dkim->hashes, one->hash);
	slice hash = slice_make((const char *)body_hashes_digest(dkim->hashes, one->hash), DIGEST_OCTETS);
	bool same = RULE("6376:6.1.3", slice_eq(hash, s->body_hash));
	result->body_ok = same ? SIGNET_TRUE : SIGNET_FALSE;
	result->uncovered = s->has_length && s->length < total ? total - s->length : 0;
	if (!same) {
		note_with(&result->findings, F_DKIM_BODY_HASH, s->field->value, 0, TEXT(s->domain));
	}
	if (s->has_length && s->length > total) {
		note_with(&result->findings, F_DKIM_LENGTH_TOO_LARGE, s->field->value, 0, NUMBER(s->length),
			  NUMBER(total));
	}
}

/* Body and header are as signed.  Is what they cover enough? */
static void judge_coverage(struct dkim *dkim, const struct dkim_one *one, struct signet_dkim *result)
{
	const struct dkim_signature *s = &one->signature;
	bool from_added = note_coverage(&dkim->index, s, &result->findings);
	if (result->uncovered) {
		note_with(&result->findings, F_DKIM_BODY_LENGTH, s->field->value, 0, NUMBER(s->length),
			  NUMBER(result->uncovered));
	}
	if (RULE("6376:3.5", s->has_length && s->length > body_hashes_total(dkim->hashes, one->hash))) {
		set_result(result, SIGNET_DKIM_PERMERROR, NULL);
	} else if (RULE("6376:8.15", from_added)) {
		set_result(result, SIGNET_DKIM_POLICY, "second-from-added");
	} else if (RULE("6376:8.2", result->uncovered && !dkim->query.accept_body_length)) {
		set_result(result, SIGNET_DKIM_POLICY, "appended-under-l");
	} else {
		set_result(result, SIGNET_DKIM_PASS, NULL);
	}
}

static void take_key(struct dkim_one *one, struct signet_dkim *result)
{
	result->key_record = one->key.record;
	result->key_bits = one->key.bits;
	result->testing = one->key.testing;
	if (one->key.testing) {
		note_with(&result->findings, F_DKIM_KEY_TESTING, one->key.record, 0, TEXT(result->domain));
	}
}

/* The costly step, done once. */
static enum signet_status verify_once(struct dkim *dkim, struct dkim_one *one, struct signet_arena *scratch)
{
	bool good;
	if (one->header_ok == SIGNET_UNKNOWN) {
		TRY(dkim_signature_verifies(dkim->query.engine, &dkim->index, &one->signature, &one->key, scratch,
					    &good));
		one->header_ok = good ? SIGNET_TRUE : SIGNET_FALSE;
	}
	return SIGNET_OK;
}

static enum signet_status finish_one(struct dkim *dkim, struct dkim_one *one, struct signet_book *book,
				     struct signet_arena *scratch, struct signet_dkim *result)
{
	const struct dkim_signature *s = &one->signature;
	*result = describe(one, scratch);
	if (s->fault.result != SIGNET_DKIM_NONE) {
		set_result(result, s->fault.result, s->fault.label);
		return SIGNET_OK;
	}
	if (!one->evaluated) {
		note_with(&result->findings, F_DKIM_NOT_EVALUATED, s->field->value, 0, TEXT(s->domain));
		set_result(result, SIGNET_DKIM_NEUTRAL, NULL);
		return SIGNET_OK;
	}
	compare_body(dkim, one, result);
	TRY(key_find(book, s, scratch, &result->findings, &one->key, &result->secure));
	take_key(one, result);
	if (one->key.fault.result == SIGNET_DKIM_NONE) {
		TRY(verify_once(dkim, one, scratch));
		result->header_ok = one->header_ok;
	}
	/* The key goes before the hash (6.1.2, 6.1.3), but nobody may hide a wrong hash behind name servers that fail. */
	bool failed = result->body_ok == SIGNET_FALSE || result->header_ok == SIGNET_FALSE;
	if (RULE("6376:6.1.2", one->key.fault.result == SIGNET_DKIM_PERMERROR)) {
		set_result(result, one->key.fault.result, one->key.fault.label);
	} else if (RULE("6376:6.1.3", failed)) {
		set_result(result, SIGNET_DKIM_FAIL, NULL);
	} else if (one->key.fault.result != SIGNET_DKIM_NONE) {
		set_result(result, one->key.fault.result, one->key.fault.label);
	} else {
		judge_coverage(dkim, one, result);
	}
	if (result->header_ok == SIGNET_FALSE) {
		note_with(&result->findings, F_DKIM_HEADER_SIGNATURE, s->field->value, 0, TEXT(s->domain));
	}
	return SIGNET_OK;
}

enum signet_status dkim_finish(struct dkim *dkim, struct signet_book *book, struct signet_arena *scratch)
{
	enum signet_status all = SIGNET_OK;
	if (!dkim->hashes->ended) {
		return SIGNET_MISUSE;
	}
	for (size_t i = 0; i < dkim->n; i++) {
		enum signet_status status = finish_one(dkim, &dkim->all[i], book, scratch, &dkim->results[i]);
		if (status != SIGNET_OK && status != SIGNET_PENDING) {
			return status;
		}
		all = status == SIGNET_PENDING ? status : all;
	}
	return scratch->failed ? SIGNET_NO_MEMORY : all;
}
