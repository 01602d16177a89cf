/* SPDX-License-Identifier: Apache-2.0 */
/* plan: what the keys of a domain need next, and when.  Pure: state, policy, what DNS shows, and the time go in.
 *
 *     make -> publish -> see -> activate ......... make the next one -> ...
 *                                   \_ the old one: destroy after the grace period -> revoke
 *
 * One key of each wanted algorithm is active.  After `period_s` its successor is made and published.  When every
 * authoritative server and the resolver show it ("see"), the longest time begins for which a cache may still hold that there
 * was no such name (the negative TTL of the zone, RFC 2308 5) or what stood there before (the old TTL); only then, and only if
 * it is still shown everywhere, does signing change over ("activate": the old key is retiring by the same rename).  Messages
 * on their way can still be verified for `grace_s`; then the private half of the old key is destroyed and its record replaced
 * by one with an empty p= ("revoke").
 *
 * The steps of one domain:
 *
 *     struct plan p;
 *     plan_make(&state, &policy, facts, n_facts, now, &p);
 *     // p.at[0] is the next step; do it if due and not waiting, then plan_apply(), save, and plan again */
#ifndef SIGNET_SERVICE_KEYS_PLAN_H
#define SIGNET_SERVICE_KEYS_PLAN_H

#include "state.h"

#define PLAN_ALGORITHMS 2
#define PLAN_STEPS_MAX 64 /* of one domain at a time; more keys than that wait for their turn */

#define PLAN_GRACE_S ((int64_t)7 * 86400) /* queues give up after 5 days; some verify later still */
#define PLAN_PERIOD_S ((int64_t)90 * 86400)
#define PLAN_TTL_S 3600
#define PLAN_BITS 2048
#define PLAN_HOLD_MAX_S ((int64_t)INT32_MAX) /* no TTL is longer (RFC 2181 8), and no state file says more */
#define PLAN_AGAIN_S 60 /* what was published and is shown nowhere is published once more */

struct key_policy {
	bool wanted[PLAN_ALGORITHMS]; /* by enum signet_algorithm */
	bool begin; /* the next keys are due now, unless a rotation is under way */
	const char *selector[PLAN_ALGORITHMS]; /* templates (selector.h) */
	unsigned bits; /* of RSA */
	int64_t ttl_s; /* of the records */
	int64_t grace_s;
	int64_t period_s;
	int64_t negative_s; /* the negative TTL of the zone, as far as known; else 0 */
};

/* What DNS shows under the name of a key. */
enum key_sight {
	SIGHT_UNKNOWN, /* nobody was asked */
	SIGHT_EVERYWHERE, /* every authoritative server and the resolver show this key */
	SIGHT_SOMEWHERE, /* some show it, the others nothing or what was there before */
	SIGHT_NOWHERE,
	SIGHT_OTHER, /* somebody shows a record that is not ours */
	SIGHT_UNREACHABLE, /* nothing speaks against it, but not everybody answered */
	SIGHT_REVOKED, /* every authoritative server shows an empty p= */
};

const char *key_sight_name(enum key_sight sight);

struct key_fact {
	slice selector;
	int64_t cached_s; /* the longest time that what was there before may stay in a cache: TTLs seen, negative TTL */
	enum key_sight sight;
	bool unusable; /* its private half is gone or cannot be read */
};

enum plan_action {
	PLAN_MAKE, /* a key; no selector yet */
	PLAN_PUBLISH, /* give the record to the zone */
	PLAN_SEE, /* look whether everybody shows it; then it is visible */
	PLAN_LOSE, /* a visible key is no longer shown: back to published */
	PLAN_ACTIVATE, /* sign with it, and no longer with the one before */
	PLAN_DESTROY, /* the private half */
	PLAN_REVOKE, /* the record gets an empty p= */
};

/* "make", "publish"... */
const char *plan_action_name(enum plan_action action);

/* Why a step cannot be done at once. */
enum plan_wait {
	WAIT_NONE,
	WAIT_TIME, /* it is not due */
	WAIT_LOOK, /* DNS must be asked first */
	WAIT_SERVERS, /* not everybody shows the record yet */
	WAIT_UNREACHABLE, /* not everybody answered */
	WAIT_OTHER, /* another record stands under the name */
	WAIT_UNUSABLE, /* its private half is gone or cannot be read */
	WAIT_ACTIVE, /* the key that signs now is not well: nothing that could stand in for it is destroyed */
};

/* A clause for a person: "another record stands under its name". */
const char *plan_wait_text(enum plan_wait wait);

struct plan_step {
	enum plan_action action;
	enum signet_algorithm algorithm;
	slice selector; /* empty: PLAN_MAKE */
	int64_t due;
	enum plan_wait wait;
};

/* The steps in the order they can be done: first by due time, then by what keeps mail signed. */
struct plan {
	struct plan_step at[PLAN_STEPS_MAX];
	size_t n;
};

void plan_make(const struct key_state *s, const struct key_policy *policy, const struct key_fact *facts, size_t n_facts,
               int64_t now, struct plan *ret);
/* The first step that can be done now; NULL: there is none. */
const struct plan_step *plan_doable(const struct plan *p);
/* True if what DNS shows of this key decides about a step that is due, or if it signs: then it has to be well. */
bool plan_needs_facts(const struct key_entry *key, int64_t now);
/* True if mail signed with this active key cannot be verified everywhere, or if nothing can be signed with it.  A server that
 * is silent speaks against no key. */
bool plan_is_unwell(const struct key_fact *fact);
/* True if no rotation is under way: each wanted algorithm has an active key and nothing else is to be done before its time. */
bool plan_is_quiet(const struct key_state *s, const struct key_policy *policy);

/* Writes a step that was done into the state.  PLAN_MAKE is not for it: the store adds the key. */
void plan_apply(struct key_state *s, const struct key_policy *policy, const struct plan_step *step,
                const struct key_fact *fact, int64_t now);

/* The steps to come if all goes well and each is done when it is due, until the keys made on the way have taken over and the
 * old ones are gone, `max` at most.  Works on a copy; `ret[i].due` is when it would be done, selectors live in the arena of
 * `s`. */
size_t plan_foresee(const struct key_state *s, const struct key_policy *policy, int64_t now, struct plan_step *ret,
                    size_t max);

#endif
