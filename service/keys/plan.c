/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <stdlib.h>

#include "selector.h"

const char *key_sight_name(enum key_sight sight)
{
	static const char *const names[] = {
		[SIGHT_UNKNOWN] = "unknown", [SIGHT_EVERYWHERE] = "everywhere", [SIGHT_SOMEWHERE] = "somewhere",
		[SIGHT_NOWHERE] = "nowhere", [SIGHT_OTHER] = "other",           [SIGHT_UNREACHABLE] = "unreachable",
		[SIGHT_REVOKED] = "revoked",
	};
	return names[sight];
}

const char *plan_action_name(enum plan_action action)
{
	static const char *const names[] = {
		[PLAN_MAKE] = "make",     [PLAN_PUBLISH] = "publish",   [PLAN_SEE] = "see",
		[PLAN_LOSE] = "lose",     [PLAN_ACTIVATE] = "activate", [PLAN_DESTROY] = "destroy",
		[PLAN_REVOKE] = "revoke",
	};
	return names[action];
}

const char *plan_wait_text(enum plan_wait wait)
{
	static const char *const texts[] = {
		[WAIT_NONE] = "it can be done now",
		[WAIT_TIME] = "it is not due yet",
		[WAIT_LOOK] = "DNS was not asked yet",
		[WAIT_SERVERS] = "not every server shows the record yet",
		[WAIT_UNREACHABLE] = "not every server answered",
		[WAIT_OTHER] = "another record stands under its name",
		[WAIT_UNUSABLE] = "its private half cannot be used",
		[WAIT_ACTIVE] = "the key that signs now is not well",
	};
	return texts[wait];
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- one key ---- */

static const struct key_fact nothing = { .sight = SIGHT_UNKNOWN };

static const struct key_fact *fact_of(const struct key_fact *facts, size_t n, slice selector)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq(facts[i].selector, selector)) {
			return &facts[i];
		}
	}
	return &nothing;
}

/* generated or published: is it to be given to the zone, or seen there? */
static void step_to_visible(const struct key_entry *key, enum key_sight sight, struct plan_step *ret)
{
	bool given = key->stage == KEY_PUBLISHED;
	ret->action = given ? PLAN_SEE : PLAN_PUBLISH;
	switch (sight) {
	case SIGHT_EVERYWHERE:
		ret->action = PLAN_SEE;
		break;
	case SIGHT_SOMEWHERE:
		ret->action = PLAN_SEE;
		ret->wait = WAIT_SERVERS;
		break;
	case SIGHT_NOWHERE: /* given, but lost on the way or taken out */
		if (given) {
			ret->action = PLAN_PUBLISH;
			ret->due += PLAN_AGAIN_S;
		}
		break;
	case SIGHT_OTHER:
	case SIGHT_REVOKED:
		ret->wait = WAIT_OTHER;
		break;
	case SIGHT_UNREACHABLE: /* publishing needs the primary only */
		ret->wait = given ? WAIT_UNREACHABLE : WAIT_NONE;
		break;
	case SIGHT_UNKNOWN:
		ret->wait = WAIT_LOOK;
		break;
	}
}

/* When no cache can hold any more what was there before.  Times are whole seconds: one more is certainly enough. */
static int64_t held_until(const struct key_entry *key)
{
	return key->at[KEY_VISIBLE] + larger(key->hold_s, 0) + 1;
}

/* visible: signing changes over only to a key that everybody can find now. */
static void step_to_active(const struct key_entry *key, enum key_sight sight, int64_t now, struct plan_step *ret)
{
	ret->action = PLAN_ACTIVATE;
	ret->due = held_until(key);
	if (sight == SIGHT_NOWHERE || sight == SIGHT_SOMEWHERE || sight == SIGHT_OTHER || sight == SIGHT_REVOKED) {
		ret->action = PLAN_LOSE;
		ret->due = now;
	} else if (sight != SIGHT_EVERYWHERE && ret->due <= now) {
		ret->wait = sight == SIGHT_UNKNOWN ? WAIT_LOOK : WAIT_UNREACHABLE;
	}
}

bool plan_is_unwell(const struct key_fact *fact)
{
	return fact->unusable || fact->sight == SIGHT_NOWHERE || fact->sight == SIGHT_SOMEWHERE ||
	       fact->sight == SIGHT_OTHER || fact->sight == SIGHT_REVOKED;
}

/* False: the key needs nothing.  `active`: what is known of the key that signs instead of one that leaves. */
static bool step_of(const struct key_entry *key, const struct key_policy *policy, const struct key_fact *fact,
                    const struct key_fact *active, int64_t now, struct plan_step *ret)
{
	*ret = (struct plan_step) { .algorithm = key->algorithm,
		                    .selector = key->selector,
		                    .due = key->at[key->stage] };
	switch (key->stage) {
	case KEY_GENERATED:
	case KEY_PUBLISHED:
		step_to_visible(key, fact->sight, ret);
		break;
	case KEY_VISIBLE:
		step_to_active(key, fact->sight, now, ret);
		break;
	case KEY_RETIRING:
		ret->action = PLAN_DESTROY;
		ret->due += policy->grace_s;
		ret->wait = plan_is_unwell(active) ? WAIT_ACTIVE : WAIT_NONE;
		break;
	case KEY_RETIRED:
		ret->action = PLAN_REVOKE;
		ret->wait = fact->sight == SIGHT_UNKNOWN ? WAIT_LOOK
		            : fact->sight == SIGHT_OTHER ? WAIT_OTHER
		                                         : WAIT_NONE;
		break;
	default:
		return false;
	}
	if (fact->unusable && key->stage < KEY_ACTIVE) {
		ret->wait = WAIT_UNUSABLE; /* that does not mend itself */
	} else if (ret->due > now) {
		ret->wait = WAIT_TIME;
	}
	return true;
}

/* ---- one algorithm ---- */

/* The key that is to be the next active one: the furthest, then the oldest. */
static const struct key_entry *successor(const struct key_state *s, enum signet_algorithm algorithm)
{
	const struct key_entry *best = NULL;
	for (size_t i = 0; i < s->n; i++) {
		const struct key_entry *key = &s->at[i];
		if (key->algorithm == algorithm && key->stage < KEY_ACTIVE &&
		    (!best || key->stage > best->stage ||
		     (key->stage == best->stage && key->at[key->stage] < best->at[best->stage]))) {
			best = key;
		}
	}
	return best;
}

static bool has_leaving(const struct key_state *s, enum signet_algorithm algorithm)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i].algorithm == algorithm &&
		    (s->at[i].stage == KEY_RETIRING || s->at[i].stage == KEY_RETIRED)) {
			return true;
		}
	}
	return false;
}

/* When the rotation began that another algorithm is in the middle of; KEY_NEVER: there is none. */
static int64_t began_beside(const struct key_state *s, enum signet_algorithm algorithm)
{
	int64_t began = KEY_NEVER;
	for (int i = 0; i < PLAN_ALGORITHMS; i++) {
		enum signet_algorithm other = (enum signet_algorithm)i;
		const struct key_entry *key = other == algorithm      ? NULL
		                              : successor(s, other)   ? successor(s, other)
		                              : has_leaving(s, other) ? state_active(s, other)
		                                                      : NULL;
		if (key) {
			began = larger(began, larger(key->at[KEY_GENERATED], 0));
		}
	}
	return began;
}

/* Is the next key to be made before its time?  The algorithms rotate side by side: one that is through waits for the others,
 * one that was cut off before it began still begins. */
static bool begins(const struct key_state *s, const struct key_policy *policy, const struct key_entry *active)
{
	if (!policy->begin || has_leaving(s, active->algorithm)) {
		return false;
	}
	int64_t began = began_beside(s, active->algorithm);
	return began == KEY_NEVER || active->at[KEY_ACTIVE] <= began;
}

static void add(struct plan *p, const struct plan_step *step)
{
	if (p->n < PLAN_STEPS_MAX) {
		p->at[p->n++] = *step;
	}
}

static void plan_algorithm(const struct key_state *s, const struct key_policy *policy, const struct key_fact *facts,
                           size_t n_facts, enum signet_algorithm algorithm, int64_t now, struct plan *p)
{
	struct plan_step step;
	const struct key_entry *next = successor(s, algorithm);
	const struct key_entry *active = state_active(s, algorithm);
	if (next) {
		if (step_of(next, policy, fact_of(facts, n_facts, next->selector), &nothing, now, &step)) {
			add(p, &step);
		}
	} else if (policy->wanted[algorithm]) {
		step = (struct plan_step) { .action = PLAN_MAKE, .algorithm = algorithm, .due = now };
		if (active && !begins(s, policy, active)) {
			step.due = active->at[KEY_ACTIVE] + policy->period_s;
			step.wait = step.due > now ? WAIT_TIME : WAIT_NONE;
		}
		add(p, &step);
	}
}

/* What has been waiting longest goes first; at the same time what keeps mail signed goes before cleaning up. */
static int by_due(const void *a, const void *b)
{
	const struct plan_step *x = a, *y = b;
	if (x->due != y->due) {
		return x->due < y->due ? -1 : 1;
	}
	return x->action == y->action ? slice_compare(x->selector, y->selector) : x->action < y->action ? -1 : 1;
}

void plan_make(const struct key_state *s, const struct key_policy *policy, const struct key_fact *facts, size_t n_facts,
               int64_t now, struct plan *ret)
{
	ret->n = 0;
	for (int i = 0; i < PLAN_ALGORITHMS; i++) {
		plan_algorithm(s, policy, facts, n_facts, (enum signet_algorithm)i, now, ret);
	}
	for (size_t i = 0; i < s->n; i++) {
		struct plan_step step;
		const struct key_entry *key = &s->at[i];
		const struct key_entry *active = state_active(s, key->algorithm);
		const struct key_fact *of_active = active ? fact_of(facts, n_facts, active->selector) : &nothing;
		if ((key->stage == KEY_RETIRING || key->stage == KEY_RETIRED) &&
		    step_of(key, policy, fact_of(facts, n_facts, key->selector), of_active, now, &step)) {
			add(ret, &step);
		}
	}
	qsort(ret->at, ret->n, sizeof(ret->at[0]), by_due);
}

const struct plan_step *plan_doable(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->at[i].wait == WAIT_NONE) {
			return &p->at[i];
		}
	}
	return NULL;
}

bool plan_needs_facts(const struct key_entry *key, int64_t now)
{
	switch (key->stage) {
	case KEY_GENERATED:
	case KEY_PUBLISHED:
	case KEY_ACTIVE:
	case KEY_RETIRED:
		return true;
	case KEY_VISIBLE:
		return held_until(key) <= now;
	default:
		return false;
	}
}

bool plan_is_quiet(const struct key_state *s, const struct key_policy *policy)
{
	for (int i = 0; i < PLAN_ALGORITHMS; i++) {
		enum signet_algorithm algorithm = (enum signet_algorithm)i;
		if (successor(s, algorithm) || has_leaving(s, algorithm) ||
		    (policy->wanted[i] && !state_active(s, algorithm))) {
			return false;
		}
	}
	return true;
}

/* ---- a step was done ---- */

static void see(const struct key_state *s, struct key_entry *key, const struct key_policy *policy,
                const struct key_fact *fact, int64_t now)
{
	const struct key_entry *active = state_active(s, key->algorithm);
	int64_t hold = larger(larger(key->ttl_s, policy->negative_s), fact ? fact->cached_s : 0);
	if (active) {
		hold = larger(hold, active->ttl_s);
	}
	if (key->at[KEY_PUBLISHED] == KEY_NEVER) {
		key_reach(key, KEY_PUBLISHED, now);
	}
	key_reach(key, KEY_VISIBLE, now);
	key->hold_s = hold < 0 ? 0 : hold < PLAN_HOLD_MAX_S ? hold : PLAN_HOLD_MAX_S;
}

void plan_apply(struct key_state *s, const struct key_policy *policy, const struct plan_step *step,
                const struct key_fact *fact, int64_t now)
{
	struct key_entry *key = state_find(s, step->selector);
	struct key_entry *active = state_active(s, step->algorithm);
	if (!key) {
		return;
	}
	switch (step->action) {
	case PLAN_PUBLISH:
		key->ttl_s = policy->ttl_s;
		key_reach(key, KEY_PUBLISHED, now);
		break;
	case PLAN_SEE:
		see(s, key, policy, fact, now);
		break;
	case PLAN_LOSE:
		key_reach(key, KEY_PUBLISHED, now);
		break;
	case PLAN_ACTIVATE:
		if (active && active != key) {
			key_reach(active, KEY_RETIRING, now);
		}
		key_reach(key, KEY_ACTIVE, now);
		break;
	case PLAN_DESTROY:
		key_reach(key, KEY_RETIRED, now);
		break;
	case PLAN_REVOKE:
		key_reach(key, KEY_REVOKED, now);
		break;
	case PLAN_MAKE:
		break;
	}
}

/* ---- the days to come ---- */

/* If all goes well: what is published is seen at once. */
static size_t hopes(const struct key_state *s, struct key_fact *facts, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n && n < max; i++) {
		const struct key_entry *key = &s->at[i];
		enum key_sight sight =
			key->stage == KEY_PUBLISHED || key->stage == KEY_VISIBLE ? SIGHT_EVERYWHERE : SIGHT_NOWHERE;
		if (key->stage != KEY_ACTIVE && key->stage != KEY_REVOKED) {
			facts[n++] = (struct key_fact) { .selector = key->selector, .sight = sight };
		}
	}
	return n;
}

static struct key_state copy_of(const struct key_state *s)
{
	struct key_state copy = *s;
	copy.at = arena_array(s->arena, s->n + 1, sizeof(*copy.at));
	copy.n = copy.at ? s->n : 0;
	copy.room = copy.n;
	if (copy.n) {
		memcpy(copy.at, s->at, s->n * sizeof(*copy.at));
	}
	return copy;
}

size_t plan_foresee(const struct key_state *s, const struct key_policy *policy, int64_t now, struct plan_step *ret,
                    size_t max)
{
	struct key_policy p = *policy;
	struct key_state copy = copy_of(s);
	struct key_fact facts[PLAN_STEPS_MAX];
	struct plan plan;
	size_t n = 0;
	for (int i = 0; i < PLAN_ALGORITHMS; i++) {
		p.wanted[i] = p.wanted[i] && !successor(s, (enum signet_algorithm)i);
	}
	while (n < max && !s->arena->failed) {
		plan_make(&copy, &p, facts, hopes(&copy, facts, PLAN_STEPS_MAX), now, &plan);
		if (plan.n == 0) {
			break;
		}
		struct plan_step step = plan.at[0];
		now = larger(now, step.due);
		step.due = now;
		if (step.action == PLAN_MAKE) {
			step.selector = selector_next(p.selector[step.algorithm], &copy, now);
			if (!state_add(&copy, step.selector, step.algorithm, p.bits, now)) {
				break;
			}
			p.wanted[step.algorithm] = false; /* one rotation each */
		} else {
			plan_apply(&copy, &p, &step, NULL, now);
		}
		ret[n++] = step;
	}
	return n;
}
