/* SPDX-License-Identifier: Apache-2.0 */
/* signet key rotate: does what is due, and says what comes next.
 *
 * Each step is done under the lock of the domain and saved before the next one begins; the plan (service/keys/plan.h) is made
 * anew from the state file and from what DNS shows.  So it does not matter where a process was killed: the next one looks and
 * goes on. */
#include <time.h>

#include "key_pass.h"

#define ERROR_BYTES 2048
#define WHY_BYTES ((size_t)1 << 20)
#define GRACE_MIN_S 86400
#define STEPS 32
#define POLL_MIN_MS 200
#define POLL_MAX_MS 30000

/* ---- one step ---- */

static enum exit_status make_key(struct key_run *r, struct store_domain *d, const struct key_policy *policy,
                                 const struct plan_step *step, slice *ret_selector, struct buf *error)
{
	slice selector = key_selector(r, d, step->algorithm, error);
	const struct key_entry *key =
		selector.len ? store_make_key(d, r->signet, selector, step->algorithm, policy->bits, key_now(r), error)
			     : NULL;
	*ret_selector = selector;
	return key ? EXIT_FINE : EXIT_UNFINISHED;
}

static enum exit_status give(struct key_run *r, struct store_domain *d, const struct plan_step *step,
                             const struct key_fact *fact)
{
	struct key_entry *key = state_find(&d->state, step->selector);
	if (step->action == PLAN_REVOKE && fact && fact->sight == SIGHT_REVOKED) {
		return EXIT_FINE;
	}
	return key_give(r, d, key);
}

static bool needs_hand(const struct key_run *r, const struct plan_step *step, const struct key_fact *fact)
{
	if (key_can_give(r) || (step->action != PLAN_PUBLISH && step->action != PLAN_REVOKE)) {
		return false;
	}
	return !(step->action == PLAN_REVOKE && fact && fact->sight == SIGHT_REVOKED);
}

static enum exit_status do_step(struct key_run *r, struct store_domain *d, const struct key_policy *policy,
                                const struct plan_step *step, const struct key_fact *fact)
{
	struct buf error;
	slice selector = step->selector;
	enum exit_status status = EXIT_FINE;
	buf_init(&error, ERROR_BYTES);
	if (step->action == PLAN_MAKE) {
		status = make_key(r, d, policy, step, &selector, &error);
	} else {
		if (step->action == PLAN_PUBLISH || step->action == PLAN_REVOKE) {
			status = give(r, d, step, fact);
		}
		if (status == EXIT_FINE) {
			plan_apply(&d->state, policy, step, fact, key_now(r));
			status = store_save(d, &error) ? EXIT_FINE : EXIT_UNFINISHED;
		}
	}
	if (error.len) {
		key_complain(r, "%.*s", (int)error.len, error.at);
	}
	if (status == EXIT_FINE) {
		told_done(r, d, step, selector);
	}
	buf_finish(&error);
	return status;
}

/* ---- one pass ---- */

static const struct plan_step *next_doable(const struct plan *plan, const struct pass *p)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->at[i].wait == WAIT_NONE && !pass_stuck(p, plan->at[i].selector)) {
			return &plan->at[i];
		}
	}
	return NULL;
}

static void conclude(struct key_run *r, const struct store_domain *d, const struct key_policy *policy,
                     const struct plan *plan, struct pass *p)
{
	p->quiet = plan_is_quiet(&d->state, policy);
	p->next = 0;
	p->asking = p->n_stuck != 0;
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_step *step = &plan->at[i];
		const struct stuck *stuck = pass_stuck(p, step->selector);
		if (step->wait == WAIT_TIME) {
			p->next = p->next == 0 || step->due < p->next ? step->due : p->next;
		} else {
			p->asking = true;
		}
		if (step->wait != WAIT_NONE) {
			why_wait(r, d, step, p);
		} else if (stuck && stuck->by_hand) {
			why_by_hand(p, d, step);
		}
	}
	for (size_t i = 0; i < d->state.n; i++) {
		if (d->state.at[i].stage == KEY_ACTIVE) {
			why_sick(d, &d->state.at[i], p);
		}
	}
	told_next(r, d, plan, p);
}

static void note_given(const struct key_run *r, const struct store_domain *d, const struct plan_step *step, bool again,
                       struct pass *p)
{
	if (p->n_given < PLAN_STEPS_MAX) {
		p->given[p->n_given++] = step->selector;
	}
	if (again && !r->o->wait) {
		why_again(p, d, step->selector);
	}
}

static void take_step(struct key_run *r, struct store_domain *d, const struct key_policy *policy,
                      const struct plan_step *step, const struct key_fact *fact, struct pass *p)
{
	const struct key_entry *key = state_find(&d->state, step->selector);
	bool again = key && key->stage == KEY_PUBLISHED;
	if (needs_hand(r, step, fact)) {
		if (!r->told_by_hand) {
			key_put_by_hand(r, d, key);
		}
		pass_get_stuck(p, step->selector, true);
		return;
	}
	enum exit_status status = do_step(r, d, policy, step, fact);
	p->status = worse(p->status, status);
	if (status != EXIT_FINE) {
		pass_get_stuck(p, step->selector, false);
		return;
	}
	r->told_by_hand = false; /* what comes now may be for other hands again */
	if (step->action == PLAN_PUBLISH || step->action == PLAN_REVOKE || step->action == PLAN_DESTROY) {
		pass_forget(p, step->selector);
	}
	if (step->action == PLAN_PUBLISH) {
		note_given(r, d, step, again, p);
	}
}

/* One step and a new plan, until nothing can be done. */
static void work(struct key_run *r, struct store_domain *d, struct pass *p)
{
	struct key_policy found = key_policy_for(r, &d->state);
	bool under_way = !plan_is_quiet(&d->state, &found);
	while (p->n_stuck < PLAN_STEPS_MAX && !r->arena->failed) {
		struct plan plan;
		struct key_fact facts[PLAN_STEPS_MAX];
		struct key_policy policy = key_policy_for(r, &d->state);
		/* who finds a rotation under way and ends it does not begin another one */
		policy.begin = policy.begin && !(under_way && plan_is_quiet(&d->state, &policy));
		size_t n = pass_gather(r, d, &policy, p, facts);
		plan_make(&d->state, &policy, facts, n, key_now(r), &plan);
		const struct plan_step *step = next_doable(&plan, p);
		if (!step) {
			conclude(r, d, &policy, &plan, p);
			return;
		}
		take_step(r, d, &policy, step, pass_fact(facts, n, step->selector), p);
	}
	key_complain(r, "%.*s: %s", (int)d->domain.len, d->domain.at,
	             r->arena->failed ? "no memory" : "too many steps cannot be done; signet key list shows them");
	p->status = worse(p->status, EXIT_UNFINISHED);
}

/* Who stays is told once. */
static void tell_why(struct key_run *r, const struct pass *p, struct buf *said)
{
	slice rest = buf_slice(&p->why);
	if (slice_eq(rest, buf_slice(said))) {
		return;
	}
	buf_clear(said);
	buf_put(said, rest);
	while (rest.len) {
		slice line = slice_split(&rest, '\n');
		key_complain(r, "%.*s", (int)line.len, line.at);
	}
}

/* `said` is what the pass before told on standard error. */
static void pass_over(struct key_run *r, slice domain, struct buf *said, struct pass *ret)
{
	struct store_domain d;
	*ret = (struct pass) { .status = EXIT_FINE };
	signet_arena_reset(r->arena);
	buf_init(&ret->why, WHY_BYTES);
	ret->status = key_open(r, domain, STORE_CHANGE, &d);
	if (ret->status == EXIT_FINE) {
		work(r, &d, ret);
		store_close(&d);
	}
	key_flush(r);
	tell_why(r, ret, said);
	buf_finish(&ret->why);
}

/* ---- --dry-run ---- */

static enum exit_status foresee(struct key_run *r, slice domain)
{
	struct store_domain d;
	struct plan_step steps[STEPS];
	struct key_fact facts[PLAN_STEPS_MAX];
	struct pass looks = { .status = EXIT_FINE };
	signet_arena_reset(r->arena);
	enum exit_status status = key_open(r, domain, STORE_READ, &d);
	if (status != EXIT_FINE) {
		return status;
	}
	struct key_policy policy = key_policy_for(r, &d.state);
	(void)pass_gather(r, &d, &policy, &looks, facts);
	slice told = S("");
	for (size_t i = 0; i < looks.n_looks; i++) {
		slice trouble = looks.looks[i].trouble;
		if (trouble.len && !slice_eq(trouble, told)) {
			key_complain(r, "%.*s", (int)trouble.len, trouble.at);
			status = EXIT_UNFINISHED;
			told = trouble;
		}
	}
	size_t n = plan_foresee(&d.state, &policy, key_now(r), steps, STEPS);
	for (size_t i = 0; i < n; i++) {
		told_planned(r, d.domain, &steps[i]);
	}
	store_close(&d);
	return status;
}

/* ---- --wait ---- */

static void sleep_ms(int64_t ms)
{
	nanosleep(&(struct timespec) { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* Until something is due; sooner if servers have to be looked at again. */
static void wait_for(const struct key_run *r, const struct pass *p)
{
	int64_t ms = POLL_MAX_MS;
	int64_t often = r->policy.ttl_s * 100; /* a tenth of the TTL */
	if (p->asking) {
		ms = often < POLL_MIN_MS ? POLL_MIN_MS : often < POLL_MAX_MS ? often : POLL_MAX_MS;
	}
	if (p->next) {
		int64_t due = (p->next - key_now(r)) * 1000;
		due = due < POLL_MIN_MS ? POLL_MIN_MS : due;
		ms = due < ms ? due : ms;
	}
	sleep_ms(ms);
}

static enum exit_status stay(struct key_run *r, slice domain, struct buf *said)
{
	struct pass p;
	pass_over(r, domain, said, &p);
	while (!p.quiet && p.status != EXIT_BAD_INPUT) {
		r->policy.begin = false; /* it has begun */
		r->told_by_hand = true;
		wait_for(r, &p);
		pass_over(r, domain, said, &p);
	}
	return p.status;
}

static enum exit_status once(struct key_run *r, slice domain, struct buf *said)
{
	struct pass p;
	pass_over(r, domain, said, &p);
	return p.status;
}

static enum exit_status rotate(struct key_run *r, slice domain)
{
	struct buf said;
	if (r->o->dry_run) {
		return foresee(r, domain);
	}
	r->policy.begin = r->o->begin;
	r->told_by_hand = false;
	buf_init(&said, WHY_BYTES);
	enum exit_status status = r->o->wait ? stay(r, domain, &said) : once(r, domain, &said);
	buf_finish(&said);
	return status;
}

enum exit_status key_rotate(struct key_run *r)
{
	struct signet_arena names;
	slice *domains = NULL;
	size_t n = 0;
	if (r->policy.grace_s < GRACE_MIN_S && !r->o->force) {
		key_complain(
			r,
			"%s: mail waits in queues for days, so that a key stays for at least %dd after its last use "
			"(--force takes less)",
			r->o->grace_s >= 0 ? "--grace" : "keys.grace of the configuration", GRACE_MIN_S / 86400);
		return EXIT_USAGE;
	}
	arena_init(&names, (size_t)256 << 20);
	enum exit_status status = key_domains(r, false, &names, &domains, &n);
	if (status == EXIT_FINE && r->o->wait && n > 1) {
		key_complain(r, "--wait is for one domain");
		status = EXIT_USAGE;
	}
	for (size_t i = 0; i < n && status != EXIT_USAGE; i++) {
		status = worse(status, rotate(r, domains[i]));
	}
	arena_finish(&names);
	return status;
}
