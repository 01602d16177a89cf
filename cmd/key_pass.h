/* SPDX-License-Identifier: Apache-2.0 */
/* One pass of signet key rotate over a domain: what was seen, what was done, and what is said of it.  The pass itself is
 * key_rotate.c. */
#ifndef SIGNET_CMD_KEY_PASS_H
#define SIGNET_CMD_KEY_PASS_H

#include "key_dns.h"

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

/* ---- key_pass.c: what was seen and done ---- */

/* NULL: nobody has asked for it. */
struct look *pass_look(struct pass *p, slice selector);
/* It is asked for again. */
void pass_forget(struct pass *p, slice selector);
/* Looks at the keys for which the plan needs it; returns how many facts there are.  The longest negative TTL of their zones
 * goes into the policy. */
size_t pass_gather(struct key_run *r, const struct store_domain *d, struct key_policy *policy, struct pass *p,
                   struct key_fact *facts);
/* NULL: there is none. */
const struct key_fact *pass_fact(const struct key_fact *facts, size_t n, slice selector);
/* NULL: its step was done, or was not tried. */
const struct stuck *pass_stuck(const struct pass *p, slice selector);
void pass_get_stuck(struct pass *p, slice selector, bool by_hand);
bool pass_was_given(const struct pass *p, slice selector);

/* ---- key_told.c: steps, on standard output ---- */

void told_done(struct key_run *r, const struct store_domain *d, const struct plan_step *step, slice selector);
/* The steps that were not done, and why. */
void told_next(struct key_run *r, const struct store_domain *d, const struct plan *p, const struct pass *pass);
void told_planned(struct key_run *r, slice domain, const struct plan_step *step);

/* ---- key_why.c: why it does not go on, lines in `why` for standard error ---- */

void why_wait(const struct key_run *r, const struct store_domain *d, const struct plan_step *step, struct pass *p);
void why_by_hand(struct pass *p, const struct store_domain *d, const struct plan_step *step);
/* What keeps mail from being verified now. */
void why_sick(const struct store_domain *d, const struct key_entry *key, struct pass *p);
/* What was published before and is shown by nobody is told, although it is published again. */
void why_again(struct pass *p, const struct store_domain *d, slice selector);

#endif
