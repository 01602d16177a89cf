/* SPDX-License-Identifier: Apache-2.0 */
/* signet key rotate: does what is due, and says what comes next.
 *
 * Each step is done under the lock of the domain and saved before the next one begins; the plan (service/keys/plan.h) is made
 * anew from the state file and from what DNS shows.  So it does not matter where a process was killed: the next one looks and
 * goes on. */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "../src/base/date.h"
#include "key_dns.h"

#define ERROR_BYTES 2048
#define STEPS 32
#define POLL_MIN_MS 200
#define POLL_MAX_MS 30000

/* What one pass over a domain came to. */
struct pass {
	enum exit_status status;
	bool quiet; /* no rotation is under way */
	bool asking; /* something waits for servers or for a person: look again soon */
	int64_t next; /* when something is due; 0: nothing */
	size_t n_stuck;
	slice stuck[PLAN_STEPS_MAX]; /* selectors whose step failed in this pass */
};

/* ---- what is told ---- */

static void tell_done(struct key_run *r, const struct store_domain *d, const struct plan_step *step, slice selector)
{
	static const char *const words[] = {
		[PLAN_MAKE] = "made",
		[PLAN_PUBLISH] = "published",
		[PLAN_SEE] = "every server shows",
		[PLAN_LOSE] = "not every server shows any more",
		[PLAN_ACTIVATE] = "signing with",
		[PLAN_DESTROY] = "destroyed the private half of",
		[PLAN_REVOKE] = "revoked",
	};
	if (r->o->json) {
		struct json_writer w = json_writer_of(&r->out);
		json_open(&w, '{');
		json_member_text(&w, "domain", d->domain);
		json_member_text(&w, "selector", selector);
		json_member_name(&w, "action", plan_action_name(step->action));
		json_member_bool(&w, "done", true);
		json_member_number(&w, "at", key_now(r));
		json_close(&w, '}');
		buf_put_char(&r->out, '\n');
	} else {
		key_say(r, "%.*s: %s %.*s", (int)d->domain.len, d->domain.at, words[step->action], (int)selector.len,
		        selector.at);
	}
	key_flush(r);
}

static void put_json_step(struct key_run *r, slice domain, const struct plan_step *step, const char *why)
{
	struct json_writer w = json_writer_of(&r->out);
	struct buf due;
	buf_init(&due, 64);
	date_put_iso(&due, step->due);
	json_open(&w, '{');
	json_member_text(&w, "domain", domain);
	json_member_optional(&w, "selector", step->selector);
	json_member_name(&w, "algorithm", signet_algorithm_name(step->algorithm));
	json_member_name(&w, "action", plan_action_name(step->action));
	json_member_bool(&w, "done", false);
	json_member_text(&w, "due", buf_slice(&due));
	json_member_number(&w, "due_epoch", step->due);
	json_member_name(&w, "why", why);
	json_close(&w, '}');
	buf_put_char(&r->out, '\n');
	buf_finish(&due);
}

static void put_text_step(struct key_run *r, slice domain, const struct plan_step *step, const char *why)
{
	buf_put(&r->out, domain);
	buf_put(&r->out, S(": "));
	date_put_iso(&r->out, step->due);
	buf_put(&r->out, S("  "));
	key_put_step(&r->out, step);
	buf_put_text(&r->out, why ? ": " : "");
	buf_put_text(&r->out, why ? why : "");
	buf_put_char(&r->out, '\n');
}

static void tell_next(struct key_run *r, const struct store_domain *d, const struct plan *p)
{
	if (r->o->wait) {
		return; /* it will be told when it is done */
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *step = &p->at[i];
		const char *why = step->wait == WAIT_NONE ? "it could not be done" : plan_wait_text(step->wait);
		if (r->o->json) {
			put_json_step(r, d->domain, step, why);
		} else if (!r->o->quiet) {
			put_text_step(r, d->domain, step, why);
		}
	}
}

/* ---- the facts ---- */

static size_t gather(struct key_run *r, const struct store_domain *d, struct key_policy *policy, struct key_fact *facts,
                     size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < d->state.n && n < max; i++) {
		struct key_view view;
		if (!plan_needs_facts(&d->state.at[i], key_now(r))) {
			continue;
		}
		key_look(r, d, &d->state.at[i], &view);
		if (view.trouble.len) {
			key_complain(r, "%.*s", (int)view.trouble.len, view.trouble.at);
		}
		if ((int64_t)view.negative_s > policy->negative_s) {
			policy->negative_s = view.negative_s;
		}
		facts[n++] = view.fact;
	}
	return n;
}

static const struct key_fact *fact_of(const struct key_fact *facts, size_t n, slice selector)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq(facts[i].selector, selector)) {
			return &facts[i];
		}
	}
	return NULL;
}

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
		tell_done(r, d, step, selector);
	}
	buf_finish(&error);
	return status;
}

/* ---- one pass ---- */

static bool is_stuck(const struct pass *p, slice selector)
{
	for (size_t i = 0; i < p->n_stuck; i++) {
		if (slice_eq(p->stuck[i], selector)) {
			return true;
		}
	}
	return false;
}

static const struct plan_step *next_doable(const struct plan *plan, const struct pass *p)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->at[i].wait == WAIT_NONE && !is_stuck(p, plan->at[i].selector)) {
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
		if (step->wait == WAIT_TIME) {
			p->next = p->next == 0 || step->due < p->next ? step->due : p->next;
		} else {
			p->asking = true;
		}
		if (step->wait == WAIT_OTHER) {
			p->status = worse(p->status, EXIT_BAD);
		} else if (step->wait == WAIT_UNREACHABLE) {
			p->status = worse(p->status, EXIT_UNFINISHED);
		}
	}
	tell_next(r, d, plan);
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
		size_t n = gather(r, d, &policy, facts, PLAN_STEPS_MAX);
		plan_make(&d->state, &policy, facts, n, key_now(r), &plan);
		const struct plan_step *step = next_doable(&plan, p);
		if (!step) {
			conclude(r, d, &policy, &plan, p);
			return;
		}
		const struct key_fact *fact = fact_of(facts, n, step->selector);
		if (needs_hand(r, step, fact)) {
			if (!r->told_by_hand) {
				key_put_by_hand(r, d, state_find(&d->state, step->selector));
			}
			p->stuck[p->n_stuck++] = step->selector;
			continue;
		}
		enum exit_status status = do_step(r, d, &policy, step, fact);
		p->status = worse(p->status, status);
		if (status != EXIT_FINE) {
			p->stuck[p->n_stuck++] = step->selector;
		} else {
			r->told_by_hand = false; /* what comes now may be for other hands again */
		}
	}
	key_complain(r, "%.*s: %s", (int)d->domain.len, d->domain.at,
	             r->arena->failed ? "no memory" : "too many steps cannot be done; signet key list shows them");
	p->status = worse(p->status, EXIT_UNFINISHED);
}

static struct pass pass_over(struct key_run *r, slice domain)
{
	struct pass p = { .status = EXIT_FINE };
	struct store_domain d;
	signet_arena_reset(r->arena);
	p.status = key_open(r, domain, STORE_CHANGE, &d);
	if (p.status == EXIT_FINE) {
		work(r, &d, &p);
		store_close(&d);
	}
	key_flush(r);
	return p;
}

/* ---- --dry-run ---- */

static enum exit_status foresee(struct key_run *r, slice domain)
{
	struct store_domain d;
	struct plan_step steps[STEPS];
	struct key_fact facts[PLAN_STEPS_MAX];
	signet_arena_reset(r->arena);
	enum exit_status status = key_open(r, domain, STORE_READ, &d);
	if (status != EXIT_FINE) {
		return status;
	}
	struct key_policy policy = key_policy_for(r, &d.state);
	(void)gather(r, &d, &policy, facts, PLAN_STEPS_MAX);
	size_t n = plan_foresee(&d.state, &policy, key_now(r), steps, STEPS);
	for (size_t i = 0; i < n; i++) {
		if (r->o->json) {
			put_json_step(r, d.domain, &steps[i], "planned");
		} else {
			put_text_step(r, d.domain, &steps[i], NULL);
		}
	}
	store_close(&d);
	return EXIT_FINE;
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

static enum exit_status stay(struct key_run *r, slice domain)
{
	struct pass p = pass_over(r, domain);
	while (!p.quiet && p.status != EXIT_BAD_INPUT) {
		r->policy.begin = false; /* it has begun */
		r->told_by_hand = true;
		wait_for(r, &p);
		p = pass_over(r, domain);
	}
	return p.status;
}

static enum exit_status rotate(struct key_run *r, slice domain)
{
	if (r->o->dry_run) {
		return foresee(r, domain);
	}
	r->policy.begin = r->o->begin;
	r->told_by_hand = false;
	return r->o->wait ? stay(r, domain) : pass_over(r, domain).status;
}

enum exit_status key_rotate(struct key_run *r)
{
	struct signet_arena names;
	slice *domains = NULL;
	size_t n = 0;
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
