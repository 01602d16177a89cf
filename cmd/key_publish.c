/* SPDX-License-Identifier: Apache-2.0 */
/* signet key publish: gives records to the zone, by DNS UPDATE or by a hook. */
#include <stdio.h>

#include "key_dns.h"

#define ERROR_BYTES 2048

/* Named selectors, or all that wait for it. */
static bool is_wanted(const struct key_run *r, const struct key_entry *key)
{
	for (size_t i = 1; i < r->n_operands; i++) {
		if (slice_eq(key->selector, slice_of(r->operands[i]))) {
			return true;
		}
	}
	return r->n_operands == 1 && (key->stage == KEY_GENERATED || key->stage == KEY_PUBLISHED);
}

static void tell(struct key_run *r, const struct store_domain *d, const struct key_entry *key, bool done)
{
	slice name = signet_dkim_key_name(key->selector, d->domain, r->arena);
	if (r->o->json) {
		struct json_writer w = json_writer_of(&r->out);
		json_open(&w, '{');
		key_put_json(&w, d, key, key_now(r));
		json_member_text(&w, "name", name);
		json_member_bool(&w, "published", done);
		json_close(&w, '}');
		buf_put_char(&r->out, '\n');
	} else {
		key_say(r, "%.*s: %s", (int)name.len, name.at, done ? "published" : "would be published");
	}
}

static enum exit_status publish(struct key_run *r, struct store_domain *d, struct key_entry *key, struct buf *error)
{
	if (r->o->dry_run) {
		tell(r, d, key, false);
		return EXIT_FINE;
	}
	enum exit_status status = key_give(r, d, key);
	if (status != EXIT_FINE) {
		return status;
	}
	key->ttl_s = r->policy.ttl_s;
	if (key->stage == KEY_GENERATED) {
		key_reach(key, KEY_PUBLISHED, key_now(r));
	} else if (key->stage == KEY_RETIRED) {
		key_reach(key, KEY_REVOKED, key_now(r));
	}
	if (!store_save(d, error)) {
		key_complain(r, "%.*s", (int)error->len, error->at);
		return EXIT_UNFINISHED;
	}
	tell(r, d, key, true);
	return EXIT_FINE;
}

enum exit_status key_publish(struct key_run *r)
{
	struct store_domain d;
	struct buf error;
	slice domain;
	size_t n = 0;
	if (r->n_operands == 0 || !key_domain(r, r->operands[0], &domain)) {
		return EXIT_USAGE;
	}
	if (!key_can_give(r)) {
		key_complain(r,
		             "--tsig or --hook is needed; signet key zone writes the records for publishing by hand");
		return EXIT_USAGE;
	}
	r->replaces = r->o->force;
	enum exit_status status = key_open(r, domain, r->o->dry_run ? STORE_READ : STORE_CHANGE, &d);
	if (status != EXIT_FINE) {
		return status;
	}
	buf_init(&error, ERROR_BYTES);
	for (size_t i = 0; i < d.state.n; i++) {
		if (is_wanted(r, &d.state.at[i])) {
			n++;
			status = worse(status, publish(r, &d, &d.state.at[i], &error));
		}
	}
	if (n == 0) {
		key_complain(r, r->n_operands > 1 ? "%s: there is no such key" : "%s: no key waits to be published",
		             d.path);
		status = r->n_operands > 1 ? EXIT_BAD_INPUT : EXIT_FINE;
	}
	buf_finish(&error);
	store_close(&d);
	return status;
}
