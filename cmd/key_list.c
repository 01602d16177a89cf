/* SPDX-License-Identifier: Apache-2.0 */
/* signet key list: every key, its state, its age and its next step. */
#include <stdio.h>

#include "../src/base/date.h"
#include "key.h"

/* The step of this key; that of an active key is to make the next one. */
static const struct plan_step *step_of(const struct plan *p, const struct key_entry *key)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *step = &p->at[i];
		if (slice_eq(step->selector, key->selector) ||
		    (key->stage == KEY_ACTIVE && step->action == PLAN_MAKE && step->algorithm == key->algorithm)) {
			return step;
		}
	}
	return NULL;
}

static void put_json(struct key_run *r, const struct store_domain *d, const struct key_entry *key,
                     const struct plan_step *step)
{
	struct json_writer w = json_writer_of(&r->out);
	json_open(&w, '{');
	key_put_json(&w, d, key, key_now(r));
	json_key(&w, "next");
	if (step) {
		struct buf due;
		buf_init(&due, 64);
		date_put_iso(&due, step->due);
		json_open(&w, '{');
		json_member_name(&w, "action", plan_action_name(step->action));
		json_member_text(&w, "due", buf_slice(&due));
		json_member_number(&w, "due_epoch", step->due);
		json_close(&w, '}');
		buf_finish(&due);
	} else {
		json_nothing(&w);
	}
	json_close(&w, '}');
	buf_put_char(&r->out, '\n');
}

static void put_padded(struct buf *to, struct buf *cell, size_t width)
{
	buf_put(to, buf_slice(cell));
	for (size_t i = cell->len; i < width; i++) {
		buf_put_char(to, ' ');
	}
	buf_clear(cell);
}

static void put_row(struct key_run *r, const struct key_entry *key, const struct plan_step *step, int64_t now)
{
	struct buf cell;
	buf_init(&cell, 1024);
	buf_put(&cell, S("  "));
	buf_put(&cell, key->selector);
	put_padded(&r->out, &cell, 18);
	buf_put_char(&r->out, ' ');
	key_put_kind(&cell, key->algorithm, key->bits);
	put_padded(&r->out, &cell, 9);
	buf_put_char(&r->out, ' ');
	buf_put_text(&cell, key_stage_name(key->stage));
	put_padded(&r->out, &cell, 10);
	buf_put(&cell, S("for "));
	span_put(&cell, now > key->at[key->stage] ? now - key->at[key->stage] : 0);
	if (step) {
		put_padded(&r->out, &cell, 26);
		buf_put(&r->out, S(" next: "));
		key_put_step(&r->out, step);
		buf_put_text(&r->out, step->due > now ? " at " : "");
		if (step->due > now) {
			date_put_iso(&r->out, step->due);
		}
	} else {
		put_padded(&r->out, &cell, 0);
	}
	buf_put_char(&r->out, '\n');
	buf_finish(&cell);
}

static void put_domain(struct key_run *r, const struct store_domain *d)
{
	struct plan p;
	int64_t now = key_now(r);
	struct key_policy policy = key_policy_for(r, &d->state);
	plan_make(&d->state, &policy, NULL, 0, now, &p);
	if (!r->o->json) {
		buf_put(&r->out, d->domain);
		buf_put_char(&r->out, '\n');
	}
	for (size_t i = 0; i < d->state.n; i++) {
		const struct plan_step *step = step_of(&p, &d->state.at[i]);
		if (r->o->json) {
			put_json(r, d, &d->state.at[i], step);
		} else {
			put_row(r, &d->state.at[i], step, now);
		}
	}
}

/* Key files are there and nobody knows where they stand: then none of them signs. */
static enum exit_status judge_state(struct key_run *r, const struct store_domain *d)
{
	size_t n = d->has_state ? 0 : store_count_unlisted(d);
	if (n == 0) {
		return EXIT_FINE;
	}
	struct buf why;
	buf_init(&why, 2 * STORE_PATH_OCTETS);
	buf_put_text(&why, d->path);
	buf_put(&why, S(": the file state is lost, and with it which of the key files there ("));
	buf_put_number(&why, n);
	buf_put(&why, S(") sign: none does; put it back from a backup, or let signet key rotate "));
	buf_put(&why, d->domain);
	buf_put(&why, S(" take them up as new ones, which sign when every server shows their records"));
	key_complain(r, "%.*s", (int)why.len, why.at ? why.at : "");
	if (r->o->json) {
		key_put_refusal(r, d->domain, buf_slice(&why));
	}
	buf_finish(&why);
	return EXIT_BAD;
}

enum exit_status key_list(struct key_run *r)
{
	struct signet_arena names;
	slice *domains = NULL;
	size_t n = 0;
	arena_init(&names, (size_t)256 << 20);
	enum exit_status status = key_domains(r, true, &names, &domains, &n);
	for (size_t i = 0; i < n && status != EXIT_USAGE && !r->o->ical; i++) {
		struct store_domain d;
		signet_arena_reset(r->arena);
		enum exit_status this = key_open(r, domains[i], STORE_READ, &d);
		if (this == EXIT_FINE) {
			put_domain(r, &d);
			this = judge_state(r, &d);
			store_close(&d);
			key_flush(r);
		}
		status = worse(status, this);
	}
	if (r->o->ical && status == EXIT_FINE) {
		key_calendar(r, domains, n, &status);
	}
	arena_finish(&names);
	return status;
}
