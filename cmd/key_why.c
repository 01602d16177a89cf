/* SPDX-License-Identifier: Apache-2.0 */
#include "key_pass.h"

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

/* Servers may take a moment to show what was just given to them; who stays sees for himself. */
static bool is_fresh(const struct key_run *r, const struct store_domain *d, const struct pass *p, slice selector)
{
	const struct key_entry *key = state_find(&d->state, selector);
	return pass_was_given(p, selector) ||
	       (r->o->wait && key && key->stage == KEY_PUBLISHED && key_now(r) < key->at[KEY_PUBLISHED] + PLAN_AGAIN_S);
}

void why_by_hand(struct pass *p, const struct store_domain *d, const struct plan_step *step)
{
	const struct look *look = pass_look(p, step->selector);
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

void why_wait(const struct key_run *r, const struct store_domain *d, const struct plan_step *step, struct pass *p)
{
	const struct look *look = pass_look(p, step->selector);
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

void why_sick(const struct store_domain *d, const struct key_entry *key, struct pass *p)
{
	const struct look *look = pass_look(p, key->selector);
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

void why_again(struct pass *p, const struct store_domain *d, slice selector)
{
	say_why(p, d, selector, EXIT_UNFINISHED);
	buf_put(&p->why, S(" was published before, but no server showed it; it was published again"));
}
