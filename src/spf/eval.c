/* SPDX-License-Identifier: Apache-2.0 */
/* check_host() (RFC 7208 4): the walk over records.
 *
 *     identity -> domain -> record -> terms, left to right -> first match
 *                    ^                  |
 *                    +---- redirect ----+---- include: the same walk for another domain */
#include "../base/ip.h"
#include "../base/name.h"
#include "find.h"
#include "run.h"

/* What one walk came to. */
struct verdict {
	enum signet_spf_result result;
	slice matched, matched_in; /* of this walk */
	slice listed, listed_in; /* innermost */
	const struct spf_term *exp; /* of the record that decided */
	struct spf_place place; /* that record */
};

static bool walk(struct spf_run *r, struct verdict *ret);

static void enter(struct spf_run *r, slice domain, unsigned depth)
{
	r->place = (struct spf_place) { .domain = domain, .depth = depth };
	r->values.domain = domain;
	r->path[depth] = domain;
}

/* ---- terms ---- */

/* Once: the circle goes round until the look-ups are used up. */
static void note_loop(struct spf_run *r, slice target)
{
	for (unsigned i = 0; i <= r->place.depth; i++) {
		if (name_eq(r->path[i], target) && !findings_has(&r->out->findings, F_SPF_LOOP)) {
			spf_note(r, F_SPF_LOOP, TEXT(r->place.term), TEXT(target));
			return;
		}
	}
}

/* The name include or redirect leads to.  A name that cannot be asked is an error here (RFC 7208 6.1). */
static bool next_domain(struct spf_run *r, const struct spf_term *t, slice *ret, enum spf_target *ret_kind)
{
	r->place.term = t->text;
	if (!spf_count_lookup(r) || !spf_target(r, t, ret, ret_kind)) {
		return false;
	}
	if (*ret_kind == SPF_TARGET_BAD) {
		return spf_stop(r, SIGNET_SPF_PERMERROR);
	}
	note_loop(r, *ret);
	return true;
}

/* include: the walk for another domain; its fail, softfail and neutral are no match (RFC 7208 5.2). */
static bool eval_include(struct spf_run *r, const struct spf_term *t, struct verdict *inner, size_t step, bool *ret)
{
	struct spf_place outer = r->place;
	enum spf_target kind;
	slice target;
	if (!next_domain(r, t, &target, &kind)) {
		return false;
	}
	if (kind == SPF_TARGET_NEVER) {
		return true;
	}
	if (step < r->n_steps) {
		r->steps[step].target = target;
	}
	enter(r, target, outer.depth + 1);
	r->includes++;
	bool goes_on = walk(r, inner);
	r->includes--;
	spf_go_back(r, outer);
	if (!goes_on) {
		return false;
	}
	if (RULE("7208:5.2", inner->result == SIGNET_SPF_NONE)) {
		spf_note(r, F_SPF_INCLUDE_NONE, TEXT(t->text), TEXT(target));
		return spf_stop(r, SIGNET_SPF_PERMERROR);
	}
	*ret = RULE("7208:5.2", inner->result == SIGNET_SPF_PASS);
	return true;
}

static bool eval_question(struct spf_run *r, const struct spf_term *t, size_t step, bool *ret)
{
	enum spf_target kind;
	slice target;
	if (!spf_count_lookup(r) || !spf_target(r, t, &target, &kind)) {
		return false;
	}
	if (step < r->n_steps) {
		r->steps[step].target = target;
	}
	if (RULE("7208:4.8", kind != SPF_TARGET_GOOD)) {
		return true;
	}
	return spf_match(r, t, target, ret);
}

/* Whether a mechanism matches; `*inner` is what an include found. */
static bool eval_mechanism(struct spf_run *r, const struct spf_term *t, struct verdict *inner, bool *ret)
{
	r->place.term = t->text;
	*ret = spf_matches_by_itself(r, t);
	size_t step = spf_step(r, t->text, (slice) { 0 }, *ret ? "match" : "no match");
	if (t->kind == SPF_ALL || t->kind == SPF_IP4 || t->kind == SPF_IP6) {
		return true;
	}
	bool goes_on = t->kind == SPF_INCLUDE ? eval_include(r, t, inner, step, ret) : eval_question(r, t, step, ret);
	const char *stopped = r->status == SIGNET_OK ? signet_spf_result_name(r->out->result) : "no answer yet";
	spf_step_ends(r, step, !goes_on ? stopped : *ret ? "match" : "no match");
	return goes_on;
}

/* ---- one record ---- */

/* What the owner of a valid record should know about it. */
static void review(struct spf_run *r, const struct spf_record *record)
{
	bool said = false;
	for (size_t i = 0; i < record->n; i++) {
		const struct spf_term *t = &record->terms[i];
		r->place.term = t->text;
		if (t->kind == SPF_PTR) {
			spf_note(r, F_SPF_PTR, TEXT(t->text));
		} else if (t == record->all && t->result == SIGNET_SPF_PASS) {
			spf_note(r, F_SPF_PASS_ALL, TEXT(t->text), TEXT(r->place.domain));
		}
		bool idle = record->all && (t == record->redirect || (t > record->all && t->kind < SPF_REDIRECT));
		if (idle && !said) {
			said = true;
			spf_note(r, F_SPF_AFTER_ALL, TEXT(t->text));
		}
	}
	r->place.term = (slice) { 0 };
	if (!record->all && !record->redirect && !r->includes) {
		spf_note(r, F_SPF_OPEN_END, TEXT(r->place.domain));
	}
}

/* The record of the current domain; SPF_FOUND_NONE is the only other way to go on. */
static bool fetch(struct spf_run *r, struct spf_record *ret, enum spf_found *ret_found)
{
	const struct signet_answer *txt;
	slice text;
	*ret_found = SPF_FOUND_NONE;
	if (RULE("7208:4.3", name_count_labels(r->place.domain) < 2)) {
		spf_note(r, F_SPF_DOMAIN_UNUSABLE, TEXT(r->place.domain));
		return true;
	}
	if (!spf_ask(r, r->place.domain, SIGNET_RR_TXT, &txt)) {
		return false;
	}
	*ret_found = spf_find(r->place.domain, txt, &r->out->findings, &text);
	static const char *const outcomes[] = { "no record", "record", "several records", "temperror" };
	spf_step(r, (slice) { 0 }, r->place.domain, outcomes[*ret_found]);
	if (RULE("7208:4.6.4", r->place.depth > 0) && !spf_count_void(r, r->place.domain, txt)) {
		return false;
	}
	switch (*ret_found) {
	case SPF_FOUND_NONE:
		if (r->place.depth == 0) {
			spf_note(r, F_SPF_NO_RECORD, TEXT(r->place.domain));
		}
		return true;
	case SPF_FOUND_ERROR:
		return spf_stop(r, SIGNET_SPF_TEMPERROR);
	case SPF_FOUND_SEVERAL:
		return spf_stop(r, SIGNET_SPF_PERMERROR);
	case SPF_FOUND_ONE:
		break;
	}
	r->place.record = text;
	r->text_octets += text.len;
	if (r->text_octets > SPF_TEXT_MAX) {
		spf_note(r, F_SPF_TOO_LONG, NUMBER(SPF_TEXT_MAX));
		return spf_stop(r, SIGNET_SPF_PERMERROR);
	}
	enum signet_status status = spf_record_parse(text, r->arena, &r->out->findings, ret);
	return status == SIGNET_OK || spf_fail(r, status);
}

static void decide(struct spf_run *r, const struct spf_record *record, const struct spf_term *t,
                   const struct verdict *inner, struct verdict *ret)
{
	*ret = (struct verdict) {
		.result = t ? t->result : SIGNET_SPF_NEUTRAL,
		.matched = t ? t->text : S("default"),
		.matched_in = r->place.domain,
		.exp = record->exp,
		.place = r->place,
	};
	bool included = t && t->kind == SPF_INCLUDE;
	ret->listed = included ? inner->listed : ret->matched;
	ret->listed_in = included ? inner->listed_in : ret->matched_in;
}

/* All terms, left to right, until one matches. */
static bool eval_terms(struct spf_run *r, const struct spf_record *record, struct verdict *ret, bool *matched)
{
	struct verdict inner;
	struct spf_level *level = &r->levels[r->n_levels++];
	bool goes_on = true;
	*matched = false;
	*level = (struct spf_level) { .place = r->place, .record = record };
	for (size_t i = 0; i < record->n && goes_on; i++) {
		const struct spf_term *t = &record->terms[i];
		if (t->kind >= SPF_REDIRECT || t->kind == SPF_UNKNOWN) {
			continue;
		}
		level->next = i + 1;
		goes_on = eval_mechanism(r, t, &inner, matched);
		if (goes_on && RULE("7208:4.6.2", *matched)) {
			decide(r, record, t, &inner, ret);
			break;
		}
	}
	r->n_levels--;
	return goes_on;
}

/* Where to go when nothing matched, so that there is no "all" either: `*ret` if there is a redirect. */
static bool follow_redirect(struct spf_run *r, const struct spf_record *record, bool *ret)
{
	enum spf_target kind;
	slice target;
	*ret = false;
	if (!record->redirect) {
		return true;
	}
	if (!next_domain(r, record->redirect, &target, &kind)) {
		return false;
	}
	if (kind == SPF_TARGET_NEVER) {
		return true;
	}
	spf_step(r, record->redirect->text, target, "redirect");
	enter(r, target, r->place.depth + 1);
	*ret = true;
	return true;
}

/* check_host() for the current domain.  Each turn is one record; redirect starts another. */
static bool walk(struct spf_run *r, struct verdict *ret)
{
	struct spf_place from = r->place;
	for (bool redirected = false;;) {
		struct spf_record record = { 0 };
		enum spf_found found;
		bool matched;
		if (!fetch(r, &record, &found)) {
			return false;
		}
		if (found == SPF_FOUND_NONE) {
			*ret = (struct verdict) { .result = SIGNET_SPF_NONE, .place = r->place };
			if (!RULE("7208:6.1", redirected)) {
				return true;
			}
			slice target = r->place.domain;
			spf_go_back(r, from);
			spf_note(r, F_SPF_REDIRECT_NONE, TEXT(from.term), TEXT(target));
			return spf_stop(r, SIGNET_SPF_PERMERROR);
		}
		if (r->place.depth == 0) {
			r->out->record = record.text;
		}
		if (RULE("7208:4.6", !record.valid)) {
			return spf_stop(r, SIGNET_SPF_PERMERROR);
		}
		if (!findings_has(&r->out->findings, F_SPF_LOOP)) {
			review(r, &record);
		}
		if (!eval_terms(r, &record, ret, &matched)) {
			return false;
		}
		if (matched) {
			return true;
		}
		from = r->place;
		if (!follow_redirect(r, &record, &redirected)) {
			return false;
		}
		if (!redirected) {
			decide(r, &record, NULL, NULL, ret);
			return true;
		}
		from.term = record.redirect->text;
	}
}

/* ---- the whole ---- */

/* The whole evaluation; false if an answer is missing or memory is short. */
static bool run(struct spf_run *r)
{
	struct signet_spf *out = r->out;
	struct verdict verdict = { .result = SIGNET_SPF_NONE };
	slice given = spf_identify(r);
	if (RULE("7208:4.3", name_normalize(given, r->arena, &out->domain) != NAME_GOOD)) {
		out->domain = given;
		spf_note(r, F_SPF_DOMAIN_UNUSABLE, TEXT(given));
		return true;
	}
	enter(r, out->domain, 0);
	if (!walk(r, &verdict)) {
		return r->status == SIGNET_OK;
	}
	out->result = verdict.result;
	out->matched = verdict.matched;
	out->matched_in = verdict.matched_in;
	out->listed = verdict.listed;
	out->listed_in = verdict.listed_in;
	spf_go_back(r, verdict.place);
	if (!verdict.exp || r->query->skip_explanation || !RULE("7208:6.2", verdict.result == SIGNET_SPF_FAIL)) {
		return true;
	}
	return spf_explain(r, verdict.exp);
}

enum signet_status signet_spf_eval(const struct signet_spf_query *query, struct signet_book *book,
                                   struct signet_arena *arena, struct signet_spf *ret)
{
	if (query->ip.family != 4 && query->ip.family != 6) {
		return SIGNET_MISUSE;
	}
	struct signet_spf out = { .identity = query->identity, .cacheable = true };
	struct spf_run r = { .query = query, .book = book, .arena = arena, .out = &out };
	findings_init(&out.findings, arena);
	if (!run(&r) || r.status != SIGNET_OK || arena->failed) {
		return r.status == SIGNET_OK ? SIGNET_NO_MEMORY : r.status;
	}
	out.steps = r.steps;
	out.n_steps = r.n_steps;
	*ret = out;
	return SIGNET_OK;
}

const char *signet_spf_result_name(enum signet_spf_result result)
{
	static const char names[][10] = { "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror" };
	return result <= SIGNET_SPF_PERMERROR ? names[result] : "?";
}
