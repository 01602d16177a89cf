/* SPDX-License-Identifier: Apache-2.0 */
/* What is done next: every stage, every sight of DNS, before, at and after its time. */
#include "../../service/keys/plan.h"

#include <stdio.h>

#include "../../service/keys/selector.h"
#include "../support/rows.h"

/* The key reached its stage at 1000; hold 20, to be on the safe side of whole seconds 21; grace 50, period 100. */
#define T 1000
#define HOLD 20
#define GRACE 50
#define PERIOD 100

static const struct key_policy policy = {
	.wanted = { [SIGNET_ED25519_SHA256] = true },
	.selector = { SELECTOR_RSA, "e{n}" },
	.bits = 2048,
	.ttl_s = 10,
	.grace_s = GRACE,
	.period_s = PERIOD,
};

static const struct {
	enum key_stage stage;
	enum key_sight sight;
	int64_t now;
	const char *want; /* "action due wait" of the step of this key, "-": none */
} rows[] = {
	{ KEY_GENERATED, SIGHT_UNKNOWN, T, "publish 1000 look" },
	{ KEY_GENERATED, SIGHT_NOWHERE, T, "publish 1000 now" },
	{ KEY_GENERATED, SIGHT_NOWHERE, T + 9999, "publish 1000 now" },
	{ KEY_GENERATED, SIGHT_NOWHERE, T - 1, "publish 1000 time" },
	{ KEY_GENERATED, SIGHT_SOMEWHERE, T, "see 1000 servers" },
	{ KEY_GENERATED, SIGHT_EVERYWHERE, T, "see 1000 now" },
	{ KEY_GENERATED, SIGHT_OTHER, T, "publish 1000 other" },
	{ KEY_GENERATED, SIGHT_REVOKED, T, "publish 1000 other" },
	{ KEY_GENERATED, SIGHT_UNREACHABLE, T, "publish 1000 now" },

	{ KEY_PUBLISHED, SIGHT_UNKNOWN, T, "see 1000 look" },
	{ KEY_PUBLISHED, SIGHT_NOWHERE, T, "publish 1060 time" },
	{ KEY_PUBLISHED, SIGHT_NOWHERE, T + 59, "publish 1060 time" },
	{ KEY_PUBLISHED, SIGHT_NOWHERE, T + 60, "publish 1060 now" },
	{ KEY_PUBLISHED, SIGHT_SOMEWHERE, T + 9999, "see 1000 servers" },
	{ KEY_PUBLISHED, SIGHT_EVERYWHERE, T, "see 1000 now" },
	{ KEY_PUBLISHED, SIGHT_OTHER, T, "see 1000 other" },
	{ KEY_PUBLISHED, SIGHT_REVOKED, T, "see 1000 other" },
	{ KEY_PUBLISHED, SIGHT_UNREACHABLE, T + 9999, "see 1000 unreachable" },

	{ KEY_VISIBLE, SIGHT_UNKNOWN, T, "activate 1021 time" },
	{ KEY_VISIBLE, SIGHT_EVERYWHERE, T + 20, "activate 1021 time" },
	{ KEY_VISIBLE, SIGHT_EVERYWHERE, T + 21, "activate 1021 now" },
	{ KEY_VISIBLE, SIGHT_EVERYWHERE, T + 9999, "activate 1021 now" },
	{ KEY_VISIBLE, SIGHT_UNKNOWN, T + 21, "activate 1021 look" },
	{ KEY_VISIBLE, SIGHT_UNREACHABLE, T + 21, "activate 1021 unreachable" },
	{ KEY_VISIBLE, SIGHT_UNREACHABLE, T + 20, "activate 1021 time" },
	{ KEY_VISIBLE, SIGHT_NOWHERE, T + 21, "lose 1021 now" },
	{ KEY_VISIBLE, SIGHT_SOMEWHERE, T + 21, "lose 1021 now" },
	{ KEY_VISIBLE, SIGHT_OTHER, T + 21, "lose 1021 now" },
	{ KEY_VISIBLE, SIGHT_REVOKED, T + 21, "lose 1021 now" },
	{ KEY_VISIBLE, SIGHT_NOWHERE, T + 1, "lose 1001 now" },

	{ KEY_ACTIVE, SIGHT_UNKNOWN, T, "make 1100 time" },
	{ KEY_ACTIVE, SIGHT_NOWHERE, T + 99, "make 1100 time" },
	{ KEY_ACTIVE, SIGHT_UNKNOWN, T + 100, "make 1100 now" },
	{ KEY_ACTIVE, SIGHT_EVERYWHERE, T + 9999, "make 1100 now" },

	/* next to it the missing active key is made: the second step */
	{ KEY_RETIRING, SIGHT_UNKNOWN, T, "make 1000 now, destroy 1050 time" },
	{ KEY_RETIRING, SIGHT_NOWHERE, T + 49, "make 1049 now, destroy 1050 time" },
	{ KEY_RETIRING, SIGHT_EVERYWHERE, T + 50, "make 1050 now, destroy 1050 now" },
	{ KEY_RETIRING, SIGHT_UNREACHABLE, T + 51, "destroy 1050 now, make 1051 now" },
	{ KEY_RETIRED, SIGHT_UNKNOWN, T, "make 1000 now, revoke 1000 look" },
	{ KEY_RETIRED, SIGHT_EVERYWHERE, T + 1, "revoke 1000 now, make 1001 now" },
	{ KEY_RETIRED, SIGHT_SOMEWHERE, T + 1, "revoke 1000 now, make 1001 now" },
	{ KEY_RETIRED, SIGHT_NOWHERE, T + 1, "revoke 1000 now, make 1001 now" },
	{ KEY_RETIRED, SIGHT_REVOKED, T + 1, "revoke 1000 now, make 1001 now" },
	{ KEY_RETIRED, SIGHT_UNREACHABLE, T + 1, "revoke 1000 now, make 1001 now" },
	{ KEY_RETIRED, SIGHT_OTHER, T + 1, "revoke 1000 other, make 1001 now" },
	{ KEY_REVOKED, SIGHT_REVOKED, T + 1, "make 1001 now" },
};

static void put(struct buf *to, const struct plan *p)
{
	static const char *const waits[] = { [WAIT_NONE] = "now",
		                             [WAIT_TIME] = "time",
		                             [WAIT_LOOK] = "look",
		                             [WAIT_SERVERS] = "servers",
		                             [WAIT_UNREACHABLE] = "unreachable",
		                             [WAIT_OTHER] = "other",
		                             [WAIT_UNUSABLE] = "unusable",
		                             [WAIT_ACTIVE] = "active" };
	for (size_t i = 0; i < p->n; i++) {
		buf_put_text(to, i ? ", " : "");
		buf_put_text(to, plan_action_name(p->at[i].action));
		buf_put_char(to, ' ');
		buf_put_number(to, (uint64_t)p->at[i].due);
		buf_put_char(to, ' ');
		buf_put_text(to, waits[p->at[i].wait]);
	}
}

static struct key_entry *add(struct key_state *s, const char *selector, enum key_stage stage, int64_t at)
{
	struct key_entry *key = state_add(s, slice_of(selector), SIGNET_ED25519_SHA256, 256, at);
	key_reach(key, stage, at);
	key->hold_s = HOLD;
	return key;
}

static void table(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct key_state s;
		struct plan p;
		struct buf got;
		char what[100];
		arena_init(&a, 1 << 20);
		buf_init(&got, 1000);
		state_init(&s, &a);
		add(&s, "a", rows[i].stage, T);
		struct key_fact fact = { .selector = S("a"), .sight = rows[i].sight };
		plan_make(&s, &policy, &fact, 1, rows[i].now, &p);
		put(&got, &p);
		snprintf(what, sizeof(what), "%s, seen %s, after %d s", key_stage_name(rows[i].stage),
		         key_sight_name(rows[i].sight), (int)(rows[i].now - T));
		row_text("-", what, buf_slice(&got), rows[i].want);
		const struct plan_step *step = plan_doable(&p);
		row_bool("-", "what can be done now is told", step != NULL,
		         slice_find(slice_of(rows[i].want), S("now")) != SLICE_NONE);
		buf_finish(&got);
		arena_finish(&a);
	}
}

/* Runs steps until nothing can be done at `now`; what was published is seen from `seen` on. */
static int64_t run(struct key_state *s, const struct key_policy *p, int64_t now, struct buf *log)
{
	struct plan plan;
	for (int turn = 0; turn < 50; turn++) {
		struct key_fact facts[8];
		size_t n = 0;
		for (size_t i = 0; i < s->n; i++) {
			bool seen = s->at[i].stage >= KEY_PUBLISHED && s->at[i].stage <= KEY_RETIRED;
			facts[n++] = (struct key_fact) { .selector = s->at[i].selector,
				                         .sight = seen ? SIGHT_EVERYWHERE : SIGHT_NOWHERE,
				                         .cached_s = 15 };
		}
		plan_make(s, p, facts, n, now, &plan);
		const struct plan_step *step = plan_doable(&plan);
		if (!step) {
			return plan.n ? plan.at[0].due : -1;
		}
		if (step->action == PLAN_MAKE) {
			state_add(s, selector_next(p->selector[step->algorithm], s, now), step->algorithm, 256, now);
		} else {
			for (size_t i = 0; i < n; i++) {
				if (slice_eq(facts[i].selector, step->selector)) {
					plan_apply(s, p, step, &facts[i], now);
					break;
				}
			}
		}
		buf_put_text(log, plan_action_name(step->action));
		buf_put_char(log, ' ');
	}
	return -2;
}

static void whole_life(void)
{
	struct signet_arena a;
	struct key_state s;
	struct buf log;
	struct key_policy p = policy;
	arena_init(&a, 1 << 20);
	buf_init(&log, 1 << 12);
	state_init(&s, &a);
	int64_t next = run(&s, &p, 1000, &log);
	row_text("-", "the first key is made, published and seen", buf_slice(&log), "make publish see ");
	row_number("2308:5", "and waits for the longest time in a cache", next, 1016);
	row_bool("-", "that is under way", plan_is_quiet(&s, &p), false);
	buf_clear(&log);
	next = run(&s, &p, 1016, &log);
	row_text("-", "then it signs", buf_slice(&log), "activate ");
	row_number("-", "until its period is over", next, 1116);
	row_bool("-", "nothing is under way", plan_is_quiet(&s, &p), true);
	buf_clear(&log);
	p.begin = true;
	next = run(&s, &p, 1050, &log);
	row_text("-", "a rotation begun by hand", buf_slice(&log), "make publish see ");
	buf_clear(&log);
	next = run(&s, &p, 1066, &log);
	row_text("-", "changes over and begins no other", buf_slice(&log), "activate ");
	row_number("-", "the old key stays published", s.at[0].stage, KEY_RETIRING);
	row_number("-", "for the grace period", next, 1116);
	buf_clear(&log);
	p.begin = false;
	run(&s, &p, 1116, &log);
	row_text("-", "then its private half and its record go", buf_slice(&log), "destroy revoke ");
	row_number("-", "one key signs all the time", state_active(&s, SIGNET_ED25519_SHA256) == &s.at[1], true);
	row_bool("-", "and all is quiet", plan_is_quiet(&s, &p), true);
	buf_finish(&log);
	arena_finish(&a);
}

static void holds(void)
{
	static const struct {
		const char *what;
		int64_t ttl, active_ttl, negative, cached, want;
	} table_of_holds[] = {
		{ "its own TTL", 10, 5, 3, 2, 10 },
		{ "the TTL of the key before", 5, 10, 3, 2, 10 },
		{ "the negative TTL of the zone", 5, 3, 10, 2, 10 },
		{ "a TTL that was seen", 5, 3, 2, 10, 10 },
		{ "more than a state file takes is cut", 5, 3, 2, UINT32_MAX, PLAN_HOLD_MAX_S },
		{ "nothing known", KEY_NEVER, KEY_NEVER, 0, 0, 0 },
	};
	for (size_t i = 0; i < ROWS(table_of_holds); i++) {
		struct signet_arena a;
		struct key_state s;
		struct key_policy p = policy;
		arena_init(&a, 1 << 20);
		state_init(&s, &a);
		add(&s, "old", KEY_ACTIVE, T)->ttl_s = table_of_holds[i].active_ttl;
		add(&s, "new", KEY_PUBLISHED, T)->ttl_s = table_of_holds[i].ttl;
		p.negative_s = table_of_holds[i].negative;
		struct key_fact fact = { .selector = S("new"),
			                 .sight = SIGHT_EVERYWHERE,
			                 .cached_s = table_of_holds[i].cached };
		struct plan_step step = { PLAN_SEE, SIGNET_ED25519_SHA256, S("new"), T, WAIT_NONE };
		plan_apply(&s, &p, &step, &fact, T + 1);
		row_number("2308:5", table_of_holds[i].what, s.at[1].hold_s, table_of_holds[i].want);
		arena_finish(&a);
	}
}

static void choices(void)
{
	struct signet_arena a;
	struct key_state s;
	struct plan p;
	struct buf got;
	arena_init(&a, 1 << 20);
	buf_init(&got, 1000);
	state_init(&s, &a);
	add(&s, "young", KEY_GENERATED, T + 5);
	add(&s, "old", KEY_GENERATED, T);
	plan_make(&s, &policy, NULL, 0, T + 6, &p);
	row_bool("-", "of several new keys one goes on, the oldest", p.n == 1 && slice_eq(p.at[0].selector, S("old")),
	         true);
	key_reach(&s.at[0], KEY_PUBLISHED, T + 6);
	plan_make(&s, &policy, NULL, 0, T + 6, &p);
	row_bool("-", "or the one that is further", p.n == 1 && slice_eq(p.at[0].selector, S("young")), true);
	struct key_policy none = policy;
	none.wanted[SIGNET_ED25519_SHA256] = false;
	s.n = 0;
	plan_make(&s, &none, NULL, 0, T, &p);
	row_number("-", "what is not wanted is not made", (int64_t)p.n, 0);
	none.wanted[SIGNET_RSA_SHA256] = none.wanted[SIGNET_ED25519_SHA256] = true;
	plan_make(&s, &none, NULL, 0, T, &p);
	row_bool("8463:5", "one key of each kind that is wanted",
	         p.n == 2 && p.at[0].action == PLAN_MAKE && p.at[1].action == PLAN_MAKE, true);
	buf_finish(&got);
	arena_finish(&a);
}

/* --begin with two algorithms, one of which is ahead because a process was killed. */
static void side_by_side(void)
{
	static const struct {
		const char *what;
		enum key_stage next; /* of the RSA key after the active one; KEY_STAGES: none */
		bool leaving; /* there is an RSA key before the active one */
		int64_t generated, active; /* of the newest RSA key; of the Ed25519 key */
		bool begins;
	} cases[] = {
		{ "nothing is under way: it begins", KEY_STAGES, false, T, T, true },
		{ "the other has begun: it begins as well", KEY_GENERATED, false, T + 10, T, true },
		{ "in the same second", KEY_PUBLISHED, false, T, T, true },
		{ "the other is behind: it is through and waits", KEY_VISIBLE, false, T, T + 30, false },
		{ "the other has changed over", KEY_STAGES, true, T + 10, T, true },
		{ "the other cleans up: it is through", KEY_STAGES, true, T, T + 30, false },
	};
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct signet_arena a;
		struct key_state s;
		struct plan p;
		struct key_policy both = policy;
		arena_init(&a, 1 << 20);
		state_init(&s, &a);
		both.wanted[SIGNET_RSA_SHA256] = both.begin = true;
		if (cases[i].leaving) {
			key_reach(state_add(&s, S("r0"), SIGNET_RSA_SHA256, 2048, 1), KEY_RETIRING, T + 40);
		}
		struct key_entry *rsa = state_add(&s, S("r1"), SIGNET_RSA_SHA256, 2048, cases[i].generated);
		key_reach(rsa, KEY_ACTIVE, T + 40);
		if (cases[i].next != KEY_STAGES) {
			key_reach(state_add(&s, S("r2"), SIGNET_RSA_SHA256, 2048, cases[i].generated), cases[i].next,
			          T + 41);
		}
		add(&s, "e1", KEY_ACTIVE, cases[i].active);
		plan_make(&s, &both, NULL, 0, T + 50, &p);
		bool begins = false;
		for (size_t k = 0; k < p.n; k++) {
			begins |= p.at[k].action == PLAN_MAKE && p.at[k].algorithm == SIGNET_ED25519_SHA256 &&
			          p.at[k].wait == WAIT_NONE;
		}
		row_bool("-", cases[i].what, begins, cases[i].begins);
		arena_finish(&a);
	}
}

/* A private half that cannot be used, and a key that signs and is not well. */
static const struct {
	const char *what;
	enum key_stage stage; /* of the other key; the first one is active */
	struct key_fact active, other;
	const char *want;
} sick_cases[] = {
	{ "all is well",
	  KEY_RETIRING,
	  { .sight = SIGHT_EVERYWHERE },
	  { .sight = 0 },
	  "destroy 1050 now, make 1100 time" },
	{ "nobody was asked",
	  KEY_RETIRING,
	  { .sight = SIGHT_UNKNOWN },
	  { .sight = 0 },
	  "destroy 1050 now, make 1100 time" },
	{ "silence speaks against no key",
	  KEY_RETIRING,
	  { .sight = SIGHT_UNREACHABLE },
	  { .sight = 0 },
	  "destroy 1050 now, make 1100 time" },
	{ "no record",
	  KEY_RETIRING,
	  { .sight = SIGHT_NOWHERE },
	  { .sight = 0 },
	  "destroy 1050 active, make 1100 time" },
	{ "not everywhere",
	  KEY_RETIRING,
	  { .sight = SIGHT_SOMEWHERE },
	  { .sight = 0 },
	  "destroy 1050 active, make 1100 time" },
	{ "another record",
	  KEY_RETIRING,
	  { .sight = SIGHT_OTHER },
	  { .sight = 0 },
	  "destroy 1050 active, make 1100 time" },
	{ "revoked", KEY_RETIRING, { .sight = SIGHT_REVOKED }, { .sight = 0 }, "destroy 1050 active, make 1100 time" },
	{ "no private half",
	  KEY_RETIRING,
	  { .sight = SIGHT_UNREACHABLE, .unusable = true },
	  { .sight = 0 },
	  "destroy 1050 active, make 1100 time" },
	{ "the next key still takes over",
	  KEY_VISIBLE,
	  { .sight = SIGHT_NOWHERE },
	  { .sight = SIGHT_EVERYWHERE },
	  "activate 1021 now" },
	{ "but not one without its private half",
	  KEY_VISIBLE,
	  { .sight = SIGHT_EVERYWHERE },
	  { .sight = SIGHT_UNREACHABLE, .unusable = true },
	  "activate 1021 unusable" },
	{ "which is not published either",
	  KEY_GENERATED,
	  { .sight = SIGHT_EVERYWHERE },
	  { .sight = SIGHT_UNREACHABLE, .unusable = true },
	  "publish 1000 unusable" },
	{ "nor again",
	  KEY_PUBLISHED,
	  { .sight = SIGHT_EVERYWHERE },
	  { .sight = SIGHT_UNREACHABLE, .unusable = true },
	  "see 1000 unusable" },
};
static void sick(void)
{
	for (size_t i = 0; i < ROWS(sick_cases); i++) {
		struct signet_arena a;
		struct key_state s;
		struct plan p;
		struct buf got;
		struct key_fact facts[2] = { sick_cases[i].active, sick_cases[i].other };
		facts[0].selector = S("now");
		facts[1].selector = S("other");
		arena_init(&a, 1 << 20);
		buf_init(&got, 1000);
		state_init(&s, &a);
		add(&s, "now", KEY_ACTIVE, T);
		add(&s, "other", sick_cases[i].stage, T);
		plan_make(&s, &policy, facts, 2, T + 60, &p);
		put(&got, &p);
		row_text("-", sick_cases[i].what, buf_slice(&got), sick_cases[i].want);
		buf_finish(&got);
		arena_finish(&a);
	}
}

static void foreseeing(void)
{
	struct signet_arena a;
	struct key_state s;
	struct plan_step steps[16];
	struct plan p = { .n = 0 };
	struct buf got;
	arena_init(&a, 1 << 20);
	buf_init(&got, 1000);
	state_init(&s, &a);
	add(&s, "e1", KEY_ACTIVE, T)->ttl_s = 30;
	p.n = plan_foresee(&s, &policy, T + 1, steps, ROWS(steps));
	memcpy(p.at, steps, p.n * sizeof(steps[0]));
	put(&got, &p);
	row_text("-", "the days to come", buf_slice(&got),
	         "make 1100 time, publish 1100 now, see 1100 now, activate 1131 time, destroy 1181 time, revoke 1181 "
	         "now");
	row_bool("-", "with the name of the next key", p.n > 1 && slice_eq(steps[1].selector, S("e2")), true);
	row_number("-", "nothing is changed", (int64_t)s.n, 1);
	row_number("-", "not more than asked for", (int64_t)plan_foresee(&s, &policy, T + 1, steps, 2), 2);
	buf_finish(&got);
	arena_finish(&a);
}

static void selectors(void)
{
	static const struct {
		const char *template;
		bool good;
	} templates[] = { { SELECTOR_RSA, true }, { SELECTOR_ED25519, true }, { "mail", true },
		          { "mail{n}", true },    { "a.{yyyy}", true },       { "", false },
		          { "{", false },         { "{x}", false },           { "a}", false },
		          { "A", false },         { "a b", false },           { "../x", false },
		          { ".x", false } };
	struct signet_arena a;
	struct key_state s;
	arena_init(&a, 1 << 20);
	state_init(&s, &a);
	for (size_t i = 0; i < ROWS(templates); i++) {
		row_bool("6376:3.1", templates[i].template, selector_template_is_good(templates[i].template),
		         templates[i].good);
	}
	static const char *const names[][4] = { { SELECTOR_RSA, "s202611", "s202611-2", "s202611-3" },
		                                { "x{n}", "x1", "x2", "x3" },
		                                { "{dd}", "21", "21-2", "21-3" } };
	for (size_t i = 0; i < ROWS(names); i++) {
		for (size_t k = 1; k < 4; k++) {
			slice name = selector_next(names[i][0], &s, 1795251600);
			row_text("5863:3.4", "no name is used twice", name, names[i][k]);
			state_add(&s, name, SIGNET_ED25519_SHA256, 256, T);
		}
	}
	arena_finish(&a);
}

int main(void)
{
	table();
	whole_life();
	holds();
	choices();
	side_by_side();
	sick();
	foreseeing();
	selectors();
	return rows_end();
}
