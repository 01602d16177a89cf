/* SPDX-License-Identifier: Apache-2.0 */
/* signet key retire and revoke: the end of a key's use, in order or at once. */
#include <stdio.h>

#include "key_dns.h"

#define ERROR_BYTES 2048

/* Keys that sign, but for this one. */
static size_t others_active(const struct key_state *s, const struct key_entry *key)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		n += s->at[i].stage == KEY_ACTIVE && &s->at[i] != key;
	}
	return n;
}

static void tell(struct key_run *r, const struct store_domain *d, const struct key_entry *key, const char *what)
{
	if (r->o->json) {
		struct json_writer w = json_writer_of(&r->out);
		json_open(&w, '{');
		key_put_json(&w, d, key, key_now(r));
		json_close(&w, '}');
		buf_put_char(&r->out, '\n');
	} else {
		key_say(r, "%.*s: %.*s %s", (int)d->domain.len, d->domain.at, (int)key->selector.len, key->selector.at,
		        what);
	}
}

static enum exit_status save(struct key_run *r, struct store_domain *d)
{
	struct buf error;
	buf_init(&error, ERROR_BYTES);
	bool ok = store_save(d, &error);
	if (!ok) {
		key_complain(r, "%.*s", (int)error.len, error.at);
	}
	buf_finish(&error);
	return ok ? EXIT_FINE : EXIT_UNFINISHED;
}

static enum exit_status retire(struct key_run *r, struct store_domain *d, struct key_entry *key)
{
	if (key->stage >= KEY_RETIRING) {
		tell(r, d, key, "signs nothing already");
		return EXIT_FINE;
	}
	if (key->stage == KEY_ACTIVE && !others_active(&d->state, key) && !r->o->force) {
		key_complain(
			r,
			"%.*s: %.*s is its only active key: its mail would go unsigned (--force, or signet key rotate)",
			(int)d->domain.len, d->domain.at, (int)key->selector.len, key->selector.at);
		return EXIT_BAD;
	}
	if (!r->o->dry_run) {
		/* what never signed anything needs no grace */
		key_reach(key, key->stage == KEY_ACTIVE ? KEY_RETIRING : KEY_RETIRED, key_now(r));
		if (save(r, d) != EXIT_FINE) {
			return EXIT_UNFINISHED;
		}
	}
	tell(r, d, key,
	     r->o->dry_run ? "would be retired" : "is retired: it signs no more; signet key rotate does the rest");
	return EXIT_FINE;
}

/* First nothing signs with it, then the world is told. */
static enum exit_status revoke(struct key_run *r, struct store_domain *d, struct key_entry *key)
{
	bool was_last = key->stage == KEY_ACTIVE && !others_active(&d->state, key);
	if (r->o->dry_run) {
		tell(r, d, key, "would be revoked");
		return EXIT_FINE;
	}
	if (key->stage < KEY_RETIRED) {
		key_reach(key, KEY_RETIRED, key_now(r));
		if (save(r, d) != EXIT_FINE) {
			return EXIT_UNFINISHED;
		}
	}
	if (was_last) {
		key_complain(r,
		             "warning: %.*s has no active key now: its mail goes unsigned until signet key rotate has "
		             "made one",
		             (int)d->domain.len, d->domain.at);
	}
	if (!key_can_give(r)) {
		key_put_by_hand(r, d, key);
		key_complain(r, "its private half is destroyed, but its record stands until it is replaced");
		return EXIT_UNFINISHED;
	}
	enum exit_status status = key_give(r, d, key);
	if (status == EXIT_FINE && key->stage != KEY_REVOKED) {
		key_reach(key, KEY_REVOKED, key_now(r));
		status = save(r, d);
	}
	if (status == EXIT_FINE) {
		tell(r, d, key, "is revoked");
	}
	return status;
}

static enum exit_status each(struct key_run *r,
                             enum exit_status (*act)(struct key_run *, struct store_domain *, struct key_entry *))
{
	struct store_domain d;
	slice domain;
	if (!key_domain(r, r->operands[0], &domain)) {
		return EXIT_USAGE;
	}
	enum exit_status status = key_open(r, domain, r->o->dry_run ? STORE_READ : STORE_CHANGE, &d);
	if (status != EXIT_FINE) {
		return status;
	}
	for (size_t i = 1; i < r->n_operands && status != EXIT_BAD_INPUT; i++) {
		struct key_entry *key = state_find(&d.state, slice_of(r->operands[i]));
		if (key) {
			status = worse(status, act(r, &d, key));
		} else {
			key_complain(r, "%s: there is no key \"%s\"", d.path, r->operands[i]);
			status = EXIT_BAD_INPUT;
		}
	}
	store_close(&d);
	return status;
}

enum exit_status key_retire(struct key_run *r)
{
	return each(r, retire);
}

enum exit_status key_revoke(struct key_run *r)
{
	r->replaces = r->o->force;
	return each(r, revoke);
}
