/* SPDX-License-Identifier: Apache-2.0 */
#include "eval.h"

#include "../base/finding.h"
#include "../base/name.h"
#include "../dns/book.h"
#include "align.h"
#include "find.h"
#include "record.h"

/* What the steps of one evaluation hand to each other. */
struct situation {
	const struct signet_dmarc_query *query;
	struct signet_book *book;
	struct signet_arena *arena;
	struct signet_dmarc *dmarc;
	struct dmarc_walk *walk;
	struct dmarc_policy policy;
	struct dmarc_frame frame;
	bool may_yet_pass; /* an identifier that could be an aligned pass met with a transient error */
};

const char *signet_dmarc_result_name(enum signet_dmarc_result result)
{
	static const char names[][10] = { "none", "pass", "fail", "temperror", "permerror" };
	return result <= SIGNET_DMARC_PERMERROR ? names[result] : "?";
}

void dmarc_want(struct signet_book *b, slice author, const slice *identifiers, size_t n_identifiers)
{
	dmarc_walk_want(b, author);
	book_want(b, author, SIGNET_RR_TXT);
	for (size_t i = 0; i < n_identifiers; i++) {
		dmarc_align_want(b, author, identifiers[i]);
	}
}

static enum signet_status find_by_walk(struct situation *s)
{
	struct signet_dmarc *d = s->dmarc;
	TRY(dmarc_walk(s->book, s->query->author, &d->findings, s->walk));
	dmarc_find_policy(s->walk, &d->findings, &s->policy);
	s->frame.organization = dmarc_organization(s->walk);
	s->frame.bound = dmarc_organization_bound(s->walk);
	s->frame.has_error = s->walk->has_error;
	return SIGNET_OK;
}

static enum signet_status find_by_list(struct situation *s)
{
	s->frame.organization = dmarc_organization_7489(s->query->psl, s->query->author, s->arena);
	return dmarc_find_policy_7489(s->book, s->query->author, s->frame.organization, &s->dmarc->findings, s->walk,
				      &s->policy);
}

static void compare_with_list(struct situation *s)
{
	struct signet_dmarc *d = s->dmarc;
	if (!s->query->psl) {
		return;
	}
	d->psl_domain = dmarc_organization_7489(s->query->psl, s->query->author, s->arena);
	if (!name_eq(d->psl_domain, d->organizational_domain)) {
		note_with(&d->findings, F_DMARC_PSL_DIFFERS, d->domain, 0, TEXT(d->domain),
			  TEXT(d->organizational_domain), TEXT(d->psl_domain));
	}
}

/* p, sp or np?  np needs to know whether the Author Domain exists (RFC 9989 4.7, 3.2.13). */
static enum signet_status choose_policy(struct situation *s)
{
	struct signet_dmarc *d = s->dmarc;
	bool rfc7489 = s->query->rfc7489;
	if (s->policy.is_own) {
		d->policy = dmarc_record_policy(&d->record, DMARC_SUBJECT_SELF, rfc7489, &d->policy_tag);
		return SIGNET_OK;
	}
	enum dmarc_existence existence = DMARC_EXISTS;
	if (!rfc7489) {
		TRY(dmarc_find_existence(s->book, d->domain, s->policy.name, &existence));
	}
	const char *missing_tag;
	enum signet_policy missing = dmarc_record_policy(&d->record, DMARC_SUBJECT_MISSING, rfc7489, &missing_tag);
	d->policy = dmarc_record_policy(&d->record, DMARC_SUBJECT_BELOW, rfc7489, &d->policy_tag);
	if (existence == DMARC_MISSING) {
		d->author_exists = false;
		d->policy = missing;
		d->policy_tag = missing_tag;
		note_with(&d->findings, F_DMARC_AUTHOR_MISSING, d->domain, 0, TEXT(d->domain),
			  TEXT(slice_of(missing_tag)));
	} else if (RULE("9989:4.10.1", existence == DMARC_EXISTENCE_UNKNOWN && missing != d->policy)) {
		d->discovery_error = true;
		note_with(&d->findings, F_DMARC_EXISTENCE_LOST, d->domain, 0, TEXT(d->domain));
	}
	return SIGNET_OK;
}

/* t=y takes the policy one level down; in the RFC 7489 mode pct does so for its share of the mail. */
static void publish(struct situation *s)
{
	struct signet_dmarc *d = s->dmarc;
	d->published = d->policy;
	if (s->query->rfc7489) {
		d->sampled_out = RULE("7489:6.6.4", s->query->pct_draw >= d->record.pct);
	} else {
		d->testing = RULE("9989:4.7", d->record.testing);
	}
	if (d->policy != SIGNET_POLICY_ABSENT && (d->testing || d->sampled_out)) {
		d->published = dmarc_policy_lowered(d->policy);
		note_with(&d->findings, d->testing ? F_DMARC_TESTING : F_DMARC_SAMPLED_OUT, d->record.text, 0,
			  TEXT(slice_of(signet_policy_name(d->policy))),
			  TEXT(slice_of(signet_policy_name(d->published))));
	}
}

static enum signet_status read_policy(struct situation *s)
{
	struct signet_dmarc *d = s->dmarc;
	if (s->policy.has_error) {
		d->discovery_error = true;
		return SIGNET_OK;
	}
	if (!s->policy.found) {
		note_with(&d->findings, F_DMARC_NO_RECORD, d->domain, 0, TEXT(d->domain));
		return SIGNET_OK;
	}
	d->found = signet_dmarc_record_parse(s->policy.text, s->arena, &d->findings, &d->record);
	d->record.name = s->policy.name;
	d->policy_domain = s->policy.name;
	TRY(choose_policy(s));
	publish(s);
	return SIGNET_OK;
}

/* A pass that did not help: say which boundary was in the way. */
static void note_unaligned(struct situation *s, const struct signet_dmarc_evidence *e, bool strict)
{
	struct signet_findings *notes = &s->dmarc->findings;
	if (!name_is_at_or_below(e->domain, s->frame.organization)) {
		return;
	}
	if (strict) {
		note_with(notes, F_DMARC_STRICT_UNALIGNED, e->domain, 0, TEXT(e->domain), TEXT(s->dmarc->domain));
	} else {
		note_with(notes, F_DMARC_BOUNDARY, e->domain, 0, TEXT(e->domain), TEXT(s->frame.organization));
	}
}

static enum signet_status weigh(struct situation *s, struct signet_dmarc_evidence *e)
{
	struct signet_dmarc *d = s->dmarc;
	enum dmarc_alignment alignment;
	bool is_spf = e->mechanism == SIGNET_MECHANISM_SPF;
	bool strict = is_spf ? d->record.spf_strict : d->record.dkim_strict;
	TRY(dmarc_align(s->book, &s->frame, e->domain, strict, s->arena, &alignment));
	e->aligned = alignment == DMARC_ALIGNED;
	bool passed = RULE("9989:5.3.5", e->outcome == SIGNET_OUTCOME_PASS);
	bool failed = RULE("9989:5.3.6", e->outcome == SIGNET_OUTCOME_NOT);
	if (passed && e->aligned) {
		d->aligned_by_spf |= is_spf;
		d->aligned_by_dkim |= !is_spf;
	} else if (alignment == DMARC_ALIGNMENT_UNKNOWN || e->aligned) {
		s->may_yet_pass |= !failed;
	} else if (passed) {
		note_unaligned(s, e, strict);
	}
	return SIGNET_OK;
}

/* RFC 9989 5.3.5, 5.3.6: an aligned pass is a pass whatever else went wrong; only then errors count. */
static enum signet_dmarc_result judge(const struct situation *s)
{
	const struct signet_dmarc *d = s->dmarc;
	if (RULE("9989:5.3.6", d->discovery_error)) {
		return SIGNET_DMARC_TEMPERROR;
	}
	if (RULE("9989:4.10.1", !d->found || d->policy == SIGNET_POLICY_ABSENT)) {
		return SIGNET_DMARC_NONE;
	}
	if (RULE("9989:5.3.5", d->aligned_by_spf || d->aligned_by_dkim)) {
		return SIGNET_DMARC_PASS;
	}
	return RULE("9989:5.3.6", s->may_yet_pass) ? SIGNET_DMARC_TEMPERROR : SIGNET_DMARC_FAIL;
}

static enum signet_status evaluate(struct situation *s)
{
	const struct signet_dmarc_query *q = s->query;
	struct signet_dmarc *d = s->dmarc;
	TRY(q->rfc7489 ? find_by_list(s) : find_by_walk(s));
	d->organizational_domain = s->frame.organization;
	d->walk = s->walk->steps;
	d->n_walk = s->walk->n;
	compare_with_list(s);
	TRY(read_policy(s));
	for (size_t i = 0; i < q->n_evidence; i++) {
		TRY(weigh(s, &q->evidence[i]));
	}
	d->result = judge(s);
	d->disposition = RULE("9989:5.4", d->result == SIGNET_DMARC_FAIL) ? d->published : SIGNET_POLICY_NONE;
	return SIGNET_OK;
}

enum signet_status signet_dmarc_eval(const struct signet_dmarc_query *query, struct signet_book *book,
				     struct signet_arena *arena, struct signet_dmarc *ret)
{
	struct signet_dmarc d = { .domain = query->author, .author_exists = true, .disposition = SIGNET_POLICY_NONE };
	findings_init(&d.findings, arena);
	for (size_t i = 0; i < query->n_evidence; i++) {
		query->evidence[i].aligned = false;
	}
	if (query->rfc7489 && !query->psl) {
		return SIGNET_MISUSE;
	}
	if (RULE("9989:5.3.1", !name_is_askable(query->author))) {
		d.result = SIGNET_DMARC_PERMERROR;
		note(&d.findings, F_DMARC_AUTHOR_UNUSABLE, query->author, 0);
		*ret = d;
		return arena->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
	}
	struct situation s = { .query = query, .book = book, .arena = arena, .dmarc = &d };
	s.frame = (struct dmarc_frame){ .author = d.domain, .rfc7489 = query->rfc7489, .psl = query->psl };
	s.walk = arena_alloc(arena, sizeof(*s.walk));
	if (!s.walk) {
		return SIGNET_NO_MEMORY;
	}
	if (!query->rfc7489) {
		book_want(book, query->author, SIGNET_RR_TXT);
	}
	for (size_t i = 0; i < query->n_evidence && !query->rfc7489; i++) {
		dmarc_align_want(book, query->author, query->evidence[i].domain);
	}
	TRY(evaluate(&s));
	if (arena->failed) {
		return SIGNET_NO_MEMORY;
	}
	*ret = d;
	return SIGNET_OK;
}
