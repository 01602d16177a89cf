/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

enum signet_rrtype spf_address_type(const struct spf_run *r)
{
	return RULE("7208:5", r->values.ip.family == 4) ? SIGNET_RR_A : SIGNET_RR_AAAA;
}

void spf_go_back(struct spf_run *r, struct spf_place place)
{
	r->place = place;
	r->values.domain = place.domain;
}

bool spf_stop(struct spf_run *r, enum signet_spf_result result)
{
	r->out->result = result;
	return false;
}

bool spf_fail(struct spf_run *r, enum signet_status status)
{
	r->status = status;
	return false;
}

size_t spf_offset(const struct spf_run *r)
{
	return r->place.term.at ? (size_t)(r->place.term.at - r->place.record.at) : 0;
}

static bool grow_steps(struct spf_run *r)
{
	size_t room = r->steps_room ? r->steps_room * 2 : 64;
	void *at = arena_octets(r->arena, room * sizeof(*r->steps));
	if (!at) {
		return spf_fail(r, SIGNET_NO_MEMORY);
	}
	if (r->n_steps) {
		memcpy(at, r->steps, r->n_steps * sizeof(*r->steps));
	}
	r->steps = at;
	r->steps_room = room;
	return true;
}

size_t spf_step(struct spf_run *r, slice term, slice target, const char *outcome)
{
	if (r->n_steps >= SPF_STEPS_MAX) {
		if (!findings_has(&r->out->findings, F_SPF_STORY_CUT)) {
			spf_note(r, F_SPF_STORY_CUT, NUMBER(SPF_STEPS_MAX));
		}
		return SIZE_MAX;
	}
	if (r->n_steps == r->steps_room && !grow_steps(r)) {
		return SIZE_MAX;
	}
	r->steps[r->n_steps] = (struct signet_spf_step) {
		.depth = r->place.depth,
		.domain = r->place.domain,
		.term = term,
		.target = target,
		.outcome = outcome,
	};
	return r->n_steps++;
}

void spf_step_ends(struct spf_run *r, size_t step, const char *outcome)
{
	if (step < r->n_steps) {
		r->steps[step].outcome = outcome;
	}
}

bool spf_ask(struct spf_run *r, slice name, enum signet_rrtype type, const struct signet_answer **ret)
{
	size_t before = book_count(r->book);
	enum signet_status status = book_ask(r->book, name, type, ret);
	if (status == SIGNET_PENDING || book_count(r->book) != before) {
		spf_ask_ahead(r);
	}
	if (status != SIGNET_OK) {
		return spf_fail(r, status);
	}
	struct signet_spf *out = r->out;
	out->ttl_s = !r->asked || (*ret)->ttl_s < out->ttl_s ? (*ret)->ttl_s : out->ttl_s;
	out->secure = (out->secure || !r->asked) && (*ret)->secure;
	r->asked = true;
	return true;
}

bool spf_count_void(struct spf_run *r, slice name, const struct signet_answer *answer)
{
	unsigned max = r->query->max_voids ? r->query->max_voids : SPF_VOIDS_MAX;
	if (!RULE("7208:4.6.4", answer->n == 0 && !signet_answer_is_error(answer))) {
		return true;
	}
	if (RULE("7208:4.6.4", ++r->out->voids <= max)) {
		return true;
	}
	spf_note(r, F_SPF_TOO_MANY_VOIDS, NUMBER(max), TEXT(name));
	return spf_stop(r, SIGNET_SPF_PERMERROR);
}

bool spf_look_up(struct spf_run *r, slice name, enum signet_rrtype type, const struct signet_answer **ret)
{
	const struct signet_answer *answer;
	if (!spf_ask(r, name, type, &answer)) {
		return false;
	}
	if (RULE("7208:5", signet_answer_is_error(answer))) {
		spf_note(r, F_SPF_DNS_ERROR, TEXT(name), TEXT(slice_of(signet_rrtype_name(type))),
		         TEXT(slice_of(signet_dns_status_name(answer->status))));
		return spf_stop(r, SIGNET_SPF_TEMPERROR);
	}
	*ret = answer;
	return spf_count_void(r, name, answer);
}

bool spf_count_lookup(struct spf_run *r)
{
	if (RULE("7208:4.6.4", ++r->out->lookups <= SPF_LOOKUPS_MAX)) {
		return true;
	}
	spf_note(r, F_SPF_TOO_MANY_LOOKUPS, NUMBER(SPF_LOOKUPS_MAX), TEXT(r->place.term));
	return spf_stop(r, SIGNET_SPF_PERMERROR);
}
