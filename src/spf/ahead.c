/* SPDX-License-Identifier: Apache-2.0 */
/* Asking ahead.  A run that meets a question nobody has asked yet will, unless the answer decides, soon meet those of the
 * terms that follow, in this record and in the ones that include it.  They are noted together, so that all of them fly at
 * once.  It makes no difference whether the answer is at hand: the questions of a message are the same. */
#include "run.h"

void spf_next_hosts(struct spf_run *r, const struct signet_answer *names, size_t next)
{
	r->hosts = names;
	r->next_host = next;
}

static void want_hosts(struct spf_run *r)
{
	for (size_t i = r->next_host; r->hosts && i < r->hosts->n && i < SPF_NAMES_MAX; i++) {
		book_want(r->book, r->hosts->rr[i].data, spf_address_type(r));
	}
}

/* Notes the question of one term; false if it is not known without other answers. */
static bool want_term(struct spf_run *r, const struct spf_term *t)
{
	static const uint8_t types[] = {
		[SPF_INCLUDE] = SIGNET_RR_TXT, [SPF_REDIRECT] = SIGNET_RR_TXT, [SPF_MX] = SIGNET_RR_MX,
		[SPF_EXISTS] = SIGNET_RR_A,    [SPF_A] = SIGNET_RR_A,
	};
	slice name = r->place.domain;
	enum signet_rrtype type = t->kind == SPF_A ? spf_address_type(r) : (enum signet_rrtype)types[t->kind];
	bool needs_more = t->letters & (SPF_LETTER('p') | (r->local_is_ascii ? 0 : SPF_LETTER('s') | SPF_LETTER('l')));
	if (needs_more || (t->target.len && !spf_macro_name(t->target, &r->values, r->arena, &name))) {
		return false;
	}
	book_want(r->book, name, type);
	return true;
}

/* The terms that follow in one record, and its redirect.  Not past a term that is sure to match, and never more than the
 * terms this evaluation may still use; returns how many of those are left. */
static unsigned want_rest(struct spf_run *r, const struct spf_level *level, unsigned left)
{
	const struct spf_record *record = level->record;
	for (size_t i = level->next; i <= record->n && left; i++) {
		const struct spf_term *t = i < record->n ? &record->terms[i] : record->redirect;
		if (!t || spf_matches_by_itself(r, t)) {
			break;
		}
		if (t->kind == SPF_INCLUDE || t->kind == SPF_A || t->kind == SPF_MX || t->kind == SPF_EXISTS ||
		    (t->kind == SPF_REDIRECT && i == record->n)) {
			left -= want_term(r, t);
		}
	}
	return left;
}

void spf_ask_ahead(struct spf_run *r)
{
	struct spf_place here = r->place;
	unsigned used = r->out->lookups;
	unsigned left = used < SPF_LOOKUPS_MAX ? SPF_LOOKUPS_MAX - used : 0;
	want_hosts(r);
	for (size_t i = r->n_levels; i > 0; i--) {
		spf_go_back(r, r->levels[i - 1].place);
		left = want_rest(r, &r->levels[i - 1], left);
	}
	spf_go_back(r, here);
}
