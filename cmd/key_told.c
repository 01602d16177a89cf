/* SPDX-License-Identifier: Apache-2.0 */
#include "../src/base/date.h"
#include "key_pass.h"

void told_done(struct key_run *r, const struct store_domain *d, const struct plan_step *step, slice selector)
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

static void put_json(struct key_run *r, slice domain, const struct plan_step *step, const char *why)
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

static void put_text(struct key_run *r, slice domain, const struct plan_step *step, const char *why)
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

static const char *why_not(const struct pass *p, const struct plan_step *step)
{
	const struct stuck *stuck = pass_stuck(p, step->selector);
	return step->wait != WAIT_NONE   ? plan_wait_text(step->wait)
	       : stuck && stuck->by_hand ? "it waits for other hands"
	                                 : "it could not be done";
}

void told_next(struct key_run *r, const struct store_domain *d, const struct plan *p, const struct pass *pass)
{
	if (r->o->wait) {
		return; /* it will be told when it is done */
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *step = &p->at[i];
		const char *why = why_not(pass, step);
		if (r->o->json) {
			put_json(r, d->domain, step, why);
		} else if (!r->o->quiet) {
			put_text(r, d->domain, step, why);
		}
	}
}

void told_planned(struct key_run *r, slice domain, const struct plan_step *step)
{
	if (r->o->json) {
		put_json(r, domain, step, "planned");
	} else {
		put_text(r, domain, step, NULL);
	}
}
