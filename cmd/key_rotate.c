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
#define WHY_BYTES ((size_t)1 << 20)
#define GRACE_MIN_S 86400
#define STEPS 32
#define POLL_MIN_MS 200
#define POLL_MAX_MS 30000

/* What DNS shows of a key.  Asked once in a pass, unless a step changes it. */
struct look {
	struct key_fact fact;
	int64_t negative_s;
	bool seen; /* by one server at least */
	slice blame; /* who shows something else, and what */
	slice trouble; /* why nobody was asked; empty: somebody was */
};

/* A selector whose step was not done in this pass. */
struct stuck {
	slice selector;
	bool by_hand; /* it waits for a person */
};

/* What one pass over a domain came to. */
struct pass {
	enum exit_status status;
	bool quiet; /* no rotation is under way */
	bool asking; /* something waits for servers or for a person: look again soon */
	int64_t next; /* when something is due; 0: nothing */
	size_t n_stuck, n_looks, n_given;
	struct stuck stuck[PLAN_STEPS_MAX];
	struct look looks[PLAN_STEPS_MAX];
	slice given[PLAN_STEPS_MAX]; /* published in this pass: servers may take a moment */
	struct buf why; /* lines for standard error */
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

static const struct stuck *stuck_of(const struct pass *p, slice selector)
{
	for (size_t i = 0; i < p->n_stuck; i++) {
		if (slice_eq(p->stuck[i].selector, selector)) {
			return &p->stuck[i];
		}
	}
	return NULL;
}

static const char *why_not(const struct pass *p, const struct plan_step *step)
{
	const struct stuck *stuck = stuck_of(p, step->selector);
	return step->wait != WAIT_NONE   ? plan_wait_text(step->wait)
	       : stuck && stuck->by_hand ? "it waits for other hands"
	                                 : "it could not be done";
}

static void tell_next(struct key_run *r, const struct store_domain *d, const struct plan *p, const struct pass *pass)
{
	if (r->o->wait) {
		return; /* it will be told when it is done */
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *step = &p->at[i];
		const char *why = why_not(pass, step);
		if (r->o->json) {
			put_json_step(r, d->domain, step, why);
		} else if (!r->o->quiet) {
			put_text_step(r, d->domain, step, why);
		}
	}
}

/* ---- the facts ---- */

static struct look *look_of(struct pass *p, slice selector)
{
	for (size_t i = 0; i < p->n_looks; i++) {
		if (slice_eq(p->looks[i].fact.selector, selector)) {
			return &p->looks[i];
		}
	}
	return NULL;
}

static void forget(struct pass *p, slice selector)
{
	struct look *look = look_of(p, selector);
	if (look) {
		*look = p->looks[--p->n_looks];
	}
}

static struct look *look_at(struct key_run *r, const struct store_domain *d, const struct key_entry *key,
                            struct pass *p)
{
	struct key_view view;
	struct look *look = look_of(p, key->selector);
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

static size_t gather(struct key_run *r, const struct store_domain *d, struct key_policy *policy, struct pass *p,
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

/* ---- why it does not go on ---- */

/* "DOMAIN: SELECTOR" and what follows, a line for standard error. */
static void say_why(struct pass *p, const struct store_domain *d, slice selector, enum exit_status status)
{
	buf_put_text(&p->why, p->why.len ? "\n" : "");
	buf_put(&p->why, d->domain);
	buf_put(&p->why, S(": "));
	buf_put(&p->why, selector);
	p->status = worse(p->status, status);
}

/* The same with servers to blame, or why nobody was asked. */
static void say_who(struct pass *p, const struct look *look)
{
	slice who = look && look->trouble.len ? look->trouble : look ? look->blame : (slice) { 0 };
	buf_put_text(&p->why, who.len ? ": " : "");
	buf_put(&p->why, who);
}

/* What keeps us from asking anybody is told of the first key. */
static bool is_told(const struct pass *p, const struct look *look)
{
	return look && look->trouble.len && !look->fact.unusable &&
	       slice_find(buf_slice(&p->why), look->trouble) != SLICE_NONE;
}

/* "; signet key ACTION DOMAIN SELECTOR WHAT" */
static void say_remedy(struct pass *p, const struct store_domain *d, slice selector, const char *action,
                       const char *what)
{
	buf_put(&p->why, S("; signet key "));
	buf_put_text(&p->why, action);
	buf_put_char(&p->why, ' ');
	buf_put(&p->why, d->domain);
	buf_put_char(&p->why, ' ');
	buf_put(&p->why, selector);
	buf_put_text(&p->why, what);
}

static bool was_given(const struct pass *p, slice selector)
{
	for (size_t i = 0; i < p->n_given; i++) {
		if (slice_eq(p->given[i], selector)) {
			return true;
		}
	}
	return false;
}

/* Servers may take a moment to show what was just given to them; who stays sees for himself. */
static bool is_fresh(const struct key_run *r, const struct store_domain *d, const struct pass *p, slice selector)
{
	const struct key_entry *key = state_find(&d->state, selector);
	return was_given(p, selector) ||
	       (r->o->wait && key && key->stage == KEY_PUBLISHED && key_now(r) < key->at[KEY_PUBLISHED] + PLAN_AGAIN_S);
}

static void say_by_hand(struct pass *p, const struct store_domain *d, const struct plan_step *step)
{
	const struct look *look = look_of(p, step->selector);
	bool told = is_told(p, look);
	say_why(p, d, step->selector, EXIT_UNFINISHED);
	buf_put(&p->why, S(" waits for you"));
	say_remedy(p, d, step->selector, "zone",
	           step->action == PLAN_REVOKE
	                   ? " writes its record with an empty p=, to be published by hand; or give --tsig or --hook"
	                   : " writes its record, to be published by hand; or give --tsig or --hook");
	if (look && look->fact.sight == SIGHT_UNREACHABLE && !told) {
		buf_put(&p->why, S("; not every server answered"));
		say_who(p, look);
	}
}

static void say_wait(const struct key_run *r, const struct store_domain *d, const struct plan_step *step,
                     struct pass *p)
{
	const struct look *look = look_of(p, step->selector);
	if (step->wait == WAIT_TIME || (step->wait == WAIT_SERVERS && is_fresh(r, d, p, step->selector))) {
		return;
	}
	if (step->wait == WAIT_UNREACHABLE && is_told(p, look)) {
		p->status = worse(p->status, EXIT_UNFINISHED);
		return;
	}
	say_why(p, d, step->selector, step->wait == WAIT_OTHER ? EXIT_BAD : EXIT_UNFINISHED);
	buf_put(&p->why, S(": "));
	buf_put_text(&p->why, plan_wait_text(step->wait));
	say_who(p, look);
	switch (step->wait) {
	case WAIT_UNREACHABLE:
		buf_put_text(&p->why, look && look->trouble.len
		                              ? ""
		                              : "; --without-server NAME leaves out one that is gone for good");
		break;
	case WAIT_OTHER:
		say_remedy(p, d, step->selector, "publish", " --force replaces it");
		break;
	case WAIT_UNUSABLE:
		buf_put(&p->why, S("; put its file back"));
		say_remedy(p, d, step->selector, "retire", " gives it up");
		break;
	case WAIT_ACTIVE:
		buf_put(&p->why, S(": its own private half is kept until then"));
		break;
	default:
		break;
	}
}

static const char *sickness_of(const struct look *look)
{
	if (look->fact.unusable) {
		return " should sign, but its private half cannot be used";
	}
	switch (look->fact.sight) {
	case SIGHT_NOWHERE:
		return " signs, but no server shows its record";
	case SIGHT_SOMEWHERE:
		return " signs, but not every server shows its record";
	case SIGHT_REVOKED:
		return " signs, but it is revoked in DNS";
	case SIGHT_OTHER:
		return " signs, but another record stands under its name";
	default: /* a silent server beside one that shows it says nothing against it */
		return look->seen ? NULL : " signs, but no server could be asked for its record";
	}
}

/* What keeps mail from being verified now. */
static void say_sick(const struct store_domain *d, const struct key_entry *key, struct pass *p)
{
	const struct look *look = look_of(p, key->selector);
	const char *sickness = look && look->fact.sight != SIGHT_EVERYWHERE ? sickness_of(look) : NULL;
	if (!sickness) {
		return;
	}
	if (is_told(p, look)) {
		p->status = worse(p->status, EXIT_UNFINISHED);
		return;
	}
	say_why(p, d, key->selector, EXIT_UNFINISHED);
	buf_put_text(&p->why, sickness);
	say_who(p, look);
	if (look->fact.unusable) {
		buf_put(&p->why, S("; put the file back, or let signet key rotate --begin make the next key"));
	} else if (look->fact.sight == SIGHT_NOWHERE || look->fact.sight == SIGHT_SOMEWHERE) {
		say_remedy(p, d, key->selector, "publish", " gives it to the zone again");
	} else if (look->fact.sight != SIGHT_UNREACHABLE) {
		say_remedy(p, d, key->selector, "publish", " --force replaces it");
	}
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

/* ---- one pass ---- */

static const struct plan_step *next_doable(const struct plan *plan, const struct pass *p)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->at[i].wait == WAIT_NONE && !stuck_of(p, plan->at[i].selector)) {
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
		const struct stuck *stuck = stuck_of(p, step->selector);
		if (step->wait == WAIT_TIME) {
			p->next = p->next == 0 || step->due < p->next ? step->due : p->next;
		} else {
			p->asking = true;
		}
		if (step->wait != WAIT_NONE) {
			say_wait(r, d, step, p);
		} else if (stuck && stuck->by_hand) {
			say_by_hand(p, d, step);
		}
	}
	for (size_t i = 0; i < d->state.n; i++) {
		if (d->state.at[i].stage == KEY_ACTIVE) {
			say_sick(d, &d->state.at[i], p);
		}
	}
	tell_next(r, d, plan, p);
}

static void get_stuck(struct pass *p, slice selector, bool by_hand)
{
	p->stuck[p->n_stuck++] = (struct stuck) { .selector = selector, .by_hand = by_hand };
}

/* What was published before and is shown by nobody is told, although it is published again. */
static void note_given(const struct key_run *r, const struct store_domain *d, const struct plan_step *step, bool again,
                       struct pass *p)
{
	if (p->n_given < PLAN_STEPS_MAX) {
		p->given[p->n_given++] = step->selector;
	}
	if (again && !r->o->wait) {
		say_why(p, d, step->selector, EXIT_UNFINISHED);
		buf_put(&p->why, S(" was published before, but no server showed it; it was published again"));
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
		get_stuck(p, step->selector, true);
		return;
	}
	enum exit_status status = do_step(r, d, policy, step, fact);
	p->status = worse(p->status, status);
	if (status != EXIT_FINE) {
		get_stuck(p, step->selector, false);
		return;
	}
	r->told_by_hand = false; /* what comes now may be for other hands again */
	if (step->action == PLAN_PUBLISH || step->action == PLAN_REVOKE || step->action == PLAN_DESTROY) {
		forget(p, step->selector);
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
		size_t n = gather(r, d, &policy, p, facts);
		plan_make(&d->state, &policy, facts, n, key_now(r), &plan);
		const struct plan_step *step = next_doable(&plan, p);
		if (!step) {
			conclude(r, d, &policy, &plan, p);
			return;
		}
		take_step(r, d, &policy, step, fact_of(facts, n, step->selector), p);
	}
	key_complain(r, "%.*s: %s", (int)d->domain.len, d->domain.at,
	             r->arena->failed ? "no memory" : "too many steps cannot be done; signet key list shows them");
	p->status = worse(p->status, EXIT_UNFINISHED);
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
	(void)gather(r, &d, &policy, &looks, facts);
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
		if (r->o->json) {
			put_json_step(r, d.domain, &steps[i], "planned");
		} else {
			put_text_step(r, d.domain, &steps[i], NULL);
		}
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
