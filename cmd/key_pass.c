/* SPDX-License-Identifier: Apache-2.0 */
#include "key_pass.h"

struct look *pass_look(struct pass *p, slice selector)
{
	for (size_t i = 0; i < p->n_looks; i++) {
		if (slice_eq(p->looks[i].fact.selector, selector)) {
			return &p->looks[i];
		}
	}
	return NULL;
}

void pass_forget(struct pass *p, slice selector)
{
	struct look *look = pass_look(p, selector);
	if (look) {
		*look = p->looks[--p->n_looks];
	}
}

static struct look *look_at(struct key_run *r, const struct store_domain *d, const struct key_entry *key,
                            struct pass *p)
{
	struct key_view view;
	struct look *look = pass_look(p, key->selector);
	if (look || p->n_looks == PLAN_STEPS_MAX) {
		return look;
	}
	key_look(r, d, key, &view);
	look = &p->looks[p->n_looks++];
	*look = (struct look) { .fact = view.fact,
		                .negative_s = view.negative_s,
		                .blame = key_blame(r, key, &view),
		                .trouble = view.trouble };
	for (size_t i = 0; i < view.n; i++) {
		look->seen |= view.servers[i].shown == SHOWN_KEY;
	}
	return look;
}

size_t pass_gather(struct key_run *r, const struct store_domain *d, struct key_policy *policy, struct pass *p,
                   struct key_fact *facts)
{
	size_t n = 0;
	for (size_t i = 0; i < d->state.n && n < PLAN_STEPS_MAX; i++) {
		const struct look *look =
			plan_needs_facts(&d->state.at[i], key_now(r)) ? look_at(r, d, &d->state.at[i], p) : NULL;
		if (look) {
			policy->negative_s =
				look->negative_s > policy->negative_s ? look->negative_s : policy->negative_s;
			facts[n++] = look->fact;
		}
	}
	return n;
}

const struct key_fact *pass_fact(const struct key_fact *facts, size_t n, slice selector)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq(facts[i].selector, selector)) {
			return &facts[i];
		}
	}
	return NULL;
}

const struct stuck *pass_stuck(const struct pass *p, slice selector)
{
	for (size_t i = 0; i < p->n_stuck; i++) {
		if (slice_eq(p->stuck[i].selector, selector)) {
			return &p->stuck[i];
		}
	}
	return NULL;
}

void pass_get_stuck(struct pass *p, slice selector, bool by_hand)
{
	p->stuck[p->n_stuck++] = (struct stuck) { .selector = selector, .by_hand = by_hand };
}

bool pass_was_given(const struct pass *p, slice selector)
{
	for (size_t i = 0; i < p->n_given; i++) {
		if (slice_eq(p->given[i], selector)) {
			return true;
		}
	}
	return false;
}
