/* SPDX-License-Identifier: Apache-2.0 */
#include "transit.h"

#include "body.h"
#include "header.h"
#include "hints.h"

#include "../dkim/canon.h"

#define SHARES_MAX 12 /* after so many halvings nothing is left to spend */

/* What is known of one subject. */
struct outcome {
	const char *label;
	enum signet_evidence evidence;
};

static struct outcome outcome_of(const char *label, enum signet_evidence evidence)
{
	return (struct outcome){ label, evidence };
}

static struct outcome proved_or(const char *proved, const char *hinted, const char *unknown)
{
	return proved   ? outcome_of(proved, SIGNET_EVIDENCE_PROVED)
	       : hinted ? outcome_of(hinted, SIGNET_EVIDENCE_HINTED)
	                : outcome_of(unknown, SIGNET_EVIDENCE_NONE);
}

/* The search for the body, and for the header with what the body needs; the label found, or NULL. */
static const char *search(struct undo *u, bool (*undo)(struct undo *u))
{
	u->label = NULL;
	const char *label = undo(u) ? u->label : NULL;
	u->label = NULL;
	return label;
}

static void count_octets(void *data, slice run)
{
	*(uint64_t *)data += run.len;
}

static bool is_footer(const char *label)
{
	return strncmp(label, "footer", 6) == 0 || strcmp(label, "epilogue-added") == 0;
}

/* The key does not open b= (RSA: what comes out has not the form of RFC 8017 9.2): the two do not belong together. */
static struct outcome key_or_signature(struct undo *u, const char *damage)
{
	if (damage) {
		return outcome_of(damage, SIGNET_EVIDENCE_PROVED);
	}
	size_t len = u->signature->octets.len;
	struct pubkey_facts facts;
	size_t whole = pubkey_examine(u->signature->key_kind, u->key, &facts) == PUBKEY_GOOD &&
	                               u->signature->key_kind == PUBKEY_RSA
	                       ? (facts.bits + 7) / 8
	                       : ED25519_SIGNATURE_OCTETS;
	if (len != whole) {
		bool usual = len >= 128 && len % 64 == 0;
		return outcome_of(usual ? "key-replaced" : "signature-damaged", SIGNET_EVIDENCE_STATED);
	}
	/* the key itself says so for RSA; an Ed25519 signature shows nothing */
	return outcome_of("key-replaced",
	                  u->signature->key_kind == PUBKEY_RSA ? SIGNET_EVIDENCE_STATED : SIGNET_EVIDENCE_HINTED);
}

static struct outcome explain_header(struct undo *u, bool other_passes)
{
	bool opened = u->digest_known || u->signature->key_kind != PUBKEY_RSA;
	if (u->signature->octets.len != ED25519_SIGNATURE_OCTETS && u->signature->key_kind == PUBKEY_ED25519) {
		return key_or_signature(u, NULL);
	}
	const char *label = opened && !other_passes ? search(u, header_undo) : NULL;
	if (label) {
		return outcome_of(label, SIGNET_EVIDENCE_PROVED);
	}
	if (!u->digest_known) {
		u->trials_left = (UNDO_SIGNATURES + 1000) >> u->share;
		label = search(u, undo_own_damage);
	}
	if (!opened || label || other_passes) {
		return key_or_signature(u, label);
	}
	return proved_or(NULL, hint_header(u), "header-changed");
}

static struct outcome explain_both(struct undo *u)
{
	const char *damage = search(u, undo_own_hash);
	if (damage) {
		return outcome_of(damage, SIGNET_EVIDENCE_PROVED);
	}
	const char *body = search(u, body_undo);
	u->effort = 0;
	u->trials_left = (unsigned)(u->digest_known ? UNDO_HEADERS : UNDO_SIGNATURES) >> u->share;
	const char *header = !body || is_footer(body) ? search(u, header_undo) : NULL;
	bool tagged = header ? strcmp(header, "subject-tag") == 0 : has_subject_tag(u) && has_list_traces(u);
	if (body && is_footer(body) && tagged) {
		return outcome_of("subject-tag-and-footer", header ? SIGNET_EVIDENCE_PROVED : SIGNET_EVIDENCE_HINTED);
	}
	if (body) {
		return outcome_of(body, SIGNET_EVIDENCE_PROVED);
	}
	const char *hint = hint_body(u, true);
	if (!hint && header && strcmp(header, "charset-header-changed") == 0) {
		hint = "charset-transcoded"; /* and not without loss: the text cannot be put back */
	}
	if (tagged && (header || !hint || is_footer(hint))) {
		return outcome_of("subject-tag-and-footer", SIGNET_EVIDENCE_HINTED);
	}
	return proved_or(NULL, hint ? hint : header ? header : hint_header(u), "body-changed");
}

/* RFC 6376 3.5, l=: the signer saw more octets than there are. */
static bool is_shorter_than_stated(const struct undo *u)
{
	uint64_t total = 0;
	struct canon_body canon;
	canon_body_init(&canon, u->signature->body_relaxed, count_octets, &total);
	canon_body_feed(&canon, u->body);
	canon_body_end(&canon);
	return u->signature->has_length && u->signature->length > total;
}

static struct outcome explain(struct undo *u, const struct transit_subject *s, bool other_passes)
{
	if (is_shorter_than_stated(u)) {
		return outcome_of(slice_trim_fws(u->body).len ? "body-truncated" : "body-emptied",
		                  SIGNET_EVIDENCE_STATED);
	}
	if (s->header_ok == SIGNET_FALSE && s->body_ok == SIGNET_FALSE) {
		return explain_both(u);
	}
	if (s->header_ok == SIGNET_FALSE) {
		return explain_header(u, other_passes);
	}
	const char *label = search(u, body_undo);
	return proved_or(label, label ? NULL : hint_body(u, false), "body-changed");
}

/* Has a signature of the same fields verified over this very header?  Then the header is not what changed. */
static bool twin_passes(const struct transit_subject *subjects, size_t n, const struct transit_subject *s)
{
	for (size_t i = 0; i < n; i++) {
		const struct transit_subject *other = &subjects[i];
		if (other != s && other->header_ok == SIGNET_TRUE &&
		    other->signature->header_relaxed == s->signature->header_relaxed &&
		    slice_eq_nocase(other->signature->names, s->signature->names)) {
			return true;
		}
	}
	return false;
}

/* ---- all of them ---- */

static bool is_open(const struct transit_subject *s)
{
	return !*s->transformation && s->signature->fault.result == SIGNET_DKIM_NONE && s->key.len &&
	       (s->header_ok == SIGNET_FALSE || s->body_ok == SIGNET_FALSE);
}

static bool is_about_signature(const char *label)
{
	return strncmp(label, "signature-", 10) == 0 || strncmp(label, "key-", 4) == 0;
}

static bool same_body(const struct dkim_signature *a, const struct dkim_signature *b)
{
	return a->body_relaxed == b->body_relaxed && slice_eq(a->body_hash, b->body_hash) &&
	       a->has_length == b->has_length && a->length == b->length;
}

static bool same_header(const struct dkim_signature *a, const struct dkim_signature *b)
{
	return a->header_relaxed == b->header_relaxed && slice_eq_nocase(a->names, b->names);
}

/* Who signs twice, by RSA and by Ed25519, signs the same: what is known of one is known of the other. */
static bool copy_outcome(const struct transit_subject *subjects, size_t n, const struct transit_subject *s)
{
	for (size_t i = 0; i < n; i++) {
		const struct transit_subject *other = &subjects[i];
		bool same = other != s && *other->transformation &&
		            other->signature->fault.result == SIGNET_DKIM_NONE && other->header_ok == s->header_ok &&
		            other->body_ok == s->body_ok && same_body(other->signature, s->signature) &&
		            (s->header_ok != SIGNET_FALSE || same_header(other->signature, s->signature));
		if (same && !is_about_signature(*other->transformation)) {
			*s->transformation = *other->transformation;
			*s->evidence = *other->evidence;
			return true;
		}
	}
	return false;
}

static void give_up(const struct transit_subject *s, slice body)
{
	*s->transformation = s->body_ok == SIGNET_FALSE ? "body-changed" : "header-changed";
	*s->evidence = SIGNET_EVIDENCE_NONE;
	if (s->findings) {
		note_with(s->findings, F_TRANSIT_NOT_ANALYSED, S(""), 0, NUMBER(body.len), NUMBER(TRANSIT_BODY_MAX));
	}
}

/* False if memory is short. */
static bool diagnose_one(const struct transit *t, const struct transit_subject *s, struct parts *parts, unsigned share)
{
	struct undo *u = arena_alloc(t->arena, sizeof(*u));
	if (!u || !undo_init(u, t->engine, t->header, t->body, s, t->arena)) {
		return false;
	}
	u->share = share;
	u->octets_left >>= share;
	u->trials_left >>= share;
	u->parts = parts;
	struct outcome outcome = explain(u, s, twin_passes(t->subjects, t->n, s));
	*s->transformation = outcome.label;
	*s->evidence = outcome.evidence;
	return true;
}

/* The body taken apart once for all signatures; NULL if memory is short. */
static struct parts *take_apart(const struct transit *t)
{
	struct undo *reader = arena_alloc(t->arena, sizeof(*reader));
	if (!reader) {
		return NULL;
	}
	*reader = (struct undo){ .engine = t->engine,
		                  .arena = t->arena,
		                  .header = t->header,
		                  .body = t->body,
		                  .octets_left = undo_budget(t->body.len) };
	return parts_read(reader);
}

/* One after the other; each next gets half of what the one before had to spend, so that many cost no more than two. */
static void diagnose_kind(const struct transit *t, enum pubkey_kind kind, struct parts *parts, unsigned *share)
{
	for (size_t i = 0; i < t->n; i++) {
		struct transit_subject *s = &t->subjects[i];
		if (!is_open(s) || s->signature->key_kind != kind || copy_outcome(t->subjects, t->n, s)) {
			continue;
		}
		struct arena_mark mark = arena_mark(t->arena);
		bool lost = s->body_ok == SIGNET_FALSE && (s->body_lost || t->body.len > TRANSIT_BODY_MAX);
		if (lost || *share > SHARES_MAX || !parts || !diagnose_one(t, s, parts, *share)) {
			give_up(s, t->body);
		}
		++*share;
		arena_rewind(t->arena, mark);
	}
}

static void give_up_all(const struct transit *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (is_open(&t->subjects[i])) {
			give_up(&t->subjects[i], t->body);
		}
	}
}

void transit_diagnose(const struct transit *t)
{
	unsigned share = t->thrift;
	bool any = false;
	for (size_t i = 0; i < t->n; i++) {
		any |= is_open(&t->subjects[i]);
	}
	if (t->thrift > SHARES_MAX) {
		give_up_all(t);
		return;
	}
	struct parts *parts = any && t->body.len <= TRANSIT_BODY_MAX ? take_apart(t) : NULL;
	/* RSA signatures can be opened: they tell more, and for less */
	diagnose_kind(t, PUBKEY_RSA, parts, &share);
	diagnose_kind(t, PUBKEY_ED25519, parts, &share);
}

enum signet_status transit_diagnose_dkim(const struct dkim *dkim, slice body, bool is_whole, unsigned thrift,
                                         struct signet_arena *a)
{
	struct transit_subject *subjects = arena_array(a, dkim->n ? dkim->n : 1, sizeof(*subjects));
	if (!subjects) {
		return SIGNET_NO_MEMORY;
	}
	for (size_t i = 0; i < dkim->n; i++) {
		struct signet_dkim *result = &dkim->results[i];
		subjects[i] = (struct transit_subject){ .signature = &dkim->all[i].signature,
			                                 .key = dkim->all[i].key.octets,
			                                 .header_ok = result->header_ok,
			                                 .body_ok = result->body_ok,
			                                 .body_lost = !is_whole,
			                                 .transformation = &result->transformation,
			                                 .evidence = &result->evidence,
			                                 .findings = &result->findings };
	}
	const struct transit t = { .engine = dkim->query.engine,
		                   .header = dkim->query.header,
		                   .thrift = thrift,
		                   .body = body,
		                   .subjects = subjects,
		                   .n = dkim->n,
		                   .arena = a };
	transit_diagnose(&t);
	return SIGNET_OK;
}
