/* SPDX-License-Identifier: Apache-2.0 */
/* The mechanisms that ask: a, mx, ptr, exists (RFC 7208 5.3 to 5.5, 5.7), and the name of %{p} (7.3). */
#include "../base/ip.h"
#include "../base/name.h"
#include "run.h"

bool spf_matches_by_itself(const struct spf_run *r, const struct spf_term *t)
{
	const struct signet_ip *ip = &r->values.ip;
	switch (t->kind) {
	case SPF_ALL:
		return RULE("7208:5.1", true);
	case SPF_IP4:
		return RULE("7208:5.6", ip_in_prefix(ip, &t->network, t->bits4));
	case SPF_IP6:
		return RULE("7208:5.6", ip_in_prefix(ip, &t->network, t->bits6));
	default:
		return false;
	}
}

bool spf_target(struct spf_run *r, const struct spf_term *t, slice *ret, enum spf_target *ret_kind)
{
	*ret_kind = SPF_TARGET_GOOD;
	if (t->target.len == 0) {
		*ret = r->place.domain;
		return true;
	}
	if (t->letters & SPF_LETTERS_OF_SENDER) {
		r->out->cacheable = false;
	}
	unsigned of_local = t->letters & (SPF_LETTER('s') | SPF_LETTER('l'));
	if (RULE("8616:4", of_local && !r->local_is_ascii)) {
		spf_note(r, F_SPF_EAI_LOCAL_PART, TEXT(t->text));
		*ret = (slice) { 0 };
		*ret_kind = SPF_TARGET_NEVER;
		return true;
	}
	if ((t->letters & SPF_LETTER('p')) && !spf_validate_name(r, t->kind == SPF_EXP)) {
		return false;
	}
	if (!spf_macro_name(t->target, &r->values, r->arena, ret)) {
		return spf_fail(r, SIGNET_NO_MEMORY);
	}
	if (RULE("7208:4.8", !name_is_askable(*ret))) {
		spf_note(r, F_SPF_BAD_TARGET, TEXT(t->text), TEXT(*ret));
		*ret_kind = SPF_TARGET_BAD;
	}
	return true;
}

static bool is_in_network(const struct spf_run *r, const struct spf_term *t, const struct signet_rr *rr)
{
	bool four = r->values.ip.family == 4;
	struct signet_ip ip = { .family = r->values.ip.family };
	if (rr->data.len != (four ? 4 : 16)) {
		return false;
	}
	memcpy(ip.octets, rr->data.at, rr->data.len);
	return ip_in_prefix(&r->values.ip, &ip, four ? t->bits4 : t->bits6);
}

/* a: any address of the client's family under the prefix; without an address not even /0 matches. */
static bool match_address(struct spf_run *r, const struct spf_term *t, slice name, bool *ret)
{
	const struct signet_answer *answer;
	if (!spf_look_up(r, name, spf_address_type(r), &answer)) {
		return false;
	}
	for (size_t i = 0; i < answer->n; i++) {
		if (RULE("7208:5.3", is_in_network(r, t, &answer->rr[i]))) {
			*ret = true;
		}
	}
	return true;
}

/* mx: the addresses of every exchange; the null MX and a domain without MX match nothing, there is no fall-back. */
static bool match_exchanges(struct spf_run *r, const struct spf_term *t, slice name, bool *ret)
{
	const struct signet_answer *mx;
	if (!spf_look_up(r, name, SIGNET_RR_MX, &mx)) {
		return false;
	}
	if (RULE("7208:4.6.4", mx->n > SPF_NAMES_MAX)) {
		spf_note(r, F_SPF_TOO_MANY_MX, TEXT(name), NUMBER(mx->n), NUMBER(SPF_NAMES_MAX));
		return spf_stop(r, SIGNET_SPF_PERMERROR);
	}
	bool goes_on = true;
	for (size_t i = 0; i < mx->n && goes_on && !*ret; i++) {
		if (!RULE("7208:5.4", name_is_askable(mx->rr[i].data))) {
			continue;
		}
		spf_next_hosts(r, mx, i + 1);
		goes_on = match_address(r, t, mx->rr[i].data, ret);
	}
	spf_next_hosts(r, NULL, 0);
	return goes_on;
}

/* exists: any A record, whatever the family of the client. */
static bool match_exists(struct spf_run *r, slice name, bool *ret)
{
	const struct signet_answer *answer;
	if (!spf_look_up(r, name, SIGNET_RR_A, &answer)) {
		return false;
	}
	*ret = RULE("7208:5.7", answer->n > 0);
	return true;
}

static void note_lost(struct spf_run *r, slice name, enum signet_rrtype type, const struct signet_answer *answer)
{
	spf_note(r, F_SPF_PTR_ERROR, TEXT(name), TEXT(slice_of(signet_rrtype_name(type))),
	         TEXT(slice_of(signet_dns_status_name(answer->status))));
}

/* The names of the client, unproved.  An error is no name (RFC 7208 5.5). */
static bool ask_names(struct spf_run *r, bool counted, const struct signet_answer **ret)
{
	static const struct signet_answer no_names;
	char room[80];
	struct buf reverse = { .at = room, .room = sizeof(room), .max = sizeof(room) };
	ip_put_reverse(&reverse, &r->values.ip);
	slice name = buf_slice(&reverse);
	if (!spf_ask(r, name, SIGNET_RR_PTR, ret)) {
		return false;
	}
	if (RULE("7208:5.5", signet_answer_is_error(*ret))) {
		note_lost(r, arena_copy(r->arena, name), SIGNET_RR_PTR, *ret);
		*ret = &no_names;
		return true;
	}
	if (counted && (*ret)->n > SPF_NAMES_MAX) {
		spf_note(r, F_SPF_TOO_MANY_PTR, NUMBER((*ret)->n), NUMBER(SPF_NAMES_MAX));
	}
	return !counted || spf_count_void(r, (*ret)->n ? name : arena_copy(r->arena, name), *ret);
}

/* Whether a name of the client leads back to it.  An error only means that it does not. */
static bool prove_name(struct spf_run *r, slice name, bool counted, bool *ret)
{
	const struct signet_answer *answer;
	enum signet_rrtype type = spf_address_type(r);
	if (!name_is_askable(name)) {
		return true;
	}
	if (!spf_ask(r, name, type, &answer)) {
		return false;
	}
	if (RULE("7208:5.5", signet_answer_is_error(answer))) {
		note_lost(r, name, type, answer);
		return true;
	}
	size_t octets = r->values.ip.family == 4 ? 4 : 16;
	slice client = slice_make((const char *)r->values.ip.octets, octets);
	for (size_t i = 0; i < answer->n; i++) {
		*ret |= RULE("7208:5.5", slice_eq(answer->rr[i].data, client));
	}
	return !counted || spf_count_void(r, name, answer);
}

/* ptr: a proved name is the target or below it.  Names elsewhere cannot match and are not even proved. */
static bool match_names(struct spf_run *r, slice target, bool *ret)
{
	const struct signet_answer *names;
	if (!ask_names(r, true, &names)) {
		return false;
	}
	bool goes_on = true;
	for (size_t i = 0; i < names->n && RULE("7208:4.6.4", i < SPF_NAMES_MAX) && goes_on && !*ret; i++) {
		if (!RULE("7208:5.5", name_is_at_or_below(names->rr[i].data, target))) {
			continue;
		}
		spf_next_hosts(r, names, i + 1);
		goes_on = prove_name(r, names->rr[i].data, true, ret);
	}
	spf_next_hosts(r, NULL, 0);
	return goes_on;
}

bool spf_match(struct spf_run *r, const struct spf_term *t, slice target, bool *ret)
{
	*ret = false;
	switch (t->kind) {
	case SPF_A:
		return match_address(r, t, target, ret);
	case SPF_MX:
		return match_exchanges(r, t, target, ret);
	case SPF_PTR:
		return match_names(r, target, ret);
	case SPF_EXISTS:
		return match_exists(r, target, ret);
	default:
		return true;
	}
}

/* ---- %{p} ---- */

/* 0: the domain itself, 1: below it, 2: elsewhere; the least is preferred. */
static unsigned rank_of(slice name, slice domain)
{
	if (RULE("7208:7.3", name_eq(name, domain))) {
		return 0;
	}
	return RULE("7208:7.3", name_is_at_or_below(name, domain)) ? 1 : 2;
}

static bool is_proved(struct spf_run *r, slice name, size_t i, bool counted, bool *ret)
{
	if (r->names[i] == NAME_UNTRIED) {
		bool proved = false;
		if (!prove_name(r, name, counted, &proved)) {
			return false;
		}
		r->names[i] = proved ? NAME_VALID : NAME_INVALID;
	}
	*ret = r->names[i] == NAME_VALID;
	return true;
}

/* The first proved name of the least rank. */
static bool choose_name(struct spf_run *r, const struct signet_answer *names, bool free)
{
	for (unsigned rank = 0; rank < 3; rank++) {
		for (size_t i = 0; i < names->n && i < SPF_NAMES_MAX; i++) {
			slice name = name_without_dot(names->rr[i].data);
			bool proved = false;
			if (rank_of(name, r->place.domain) != rank) {
				continue;
			}
			if (!is_proved(r, name, i, !free, &proved)) {
				return false;
			}
			if (proved) {
				r->values.validated = name;
				return true;
			}
		}
	}
	return true;
}

bool spf_validate_name(struct spf_run *r, bool free)
{
	const struct signet_answer *names;
	bool charge = !free && !r->names_charged;
	r->names_charged |= !free;
	if (RULE("7208:4.6.4", charge) && !spf_count_lookup(r)) {
		return false;
	}
	if (!ask_names(r, charge, &names)) {
		return false;
	}
	r->values.validated = S("unknown");
	spf_next_hosts(r, names, 0);
	bool goes_on = choose_name(r, names, free);
	spf_next_hosts(r, NULL, 0);
	return goes_on;
}
