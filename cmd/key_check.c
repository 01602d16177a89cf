/* SPDX-License-Identifier: Apache-2.0 */
/* signet key check: what every server shows, beside the private key. */
#include <stdio.h>

#include "../service/tell/tell.h"
#include "key_dns.h"

static bool is_selected(const struct key_run *r, const struct key_entry *key)
{
	for (size_t i = 1; !r->o->all && i < r->n_operands; i++) {
		if (slice_eq(key->selector, slice_of(r->operands[i]))) {
			return true;
		}
	}
	return r->o->all || r->n_operands == 1;
}

/* Is what DNS shows right for where the key stands in its life?  `*ret_why` is what differs, NULL: nothing. */
static enum exit_status judge(const struct key_entry *key, const struct key_view *v, const char **ret_why)
{
	bool wanted = key->stage >= KEY_PUBLISHED && key->stage <= KEY_RETIRING;
	*ret_why = NULL;
	if (v->unusable) {
		*ret_why = "its private half cannot be used";
		return EXIT_BAD_INPUT;
	}
	switch (v->sight) {
	case SIGHT_EVERYWHERE:
		*ret_why = wanted || key->stage == KEY_GENERATED
		                   ? NULL
		                   : "its private half is destroyed, but its record is not revoked";
		break;
	case SIGHT_REVOKED:
		*ret_why = key->stage >= KEY_RETIRED ? NULL : "it is revoked in DNS, but not here";
		break;
	case SIGHT_NOWHERE:
		*ret_why = wanted ? "no server shows it: what it signs cannot be verified" : NULL;
		break;
	case SIGHT_SOMEWHERE:
		*ret_why = key->stage >= KEY_RETIRED
		                   ? "its private half is destroyed, but not every server shows it as revoked"
		                   : "not every server shows it";
		break;
	case SIGHT_OTHER:
		*ret_why = "a server shows a record that is not this key";
		break;
	default:
		*ret_why = "not every server answered";
		return EXIT_UNFINISHED;
	}
	return *ret_why ? EXIT_BAD : EXIT_FINE;
}

/* ---- for programs ---- */

static void put_json_server(struct json_writer *w, const struct key_server *s)
{
	json_open(w, '{');
	json_member_name(w, "name", *s->name ? s->name : NULL);
	json_member_name(w, "address", s->address);
	json_member_name(w, "status", key_server_status(s));
	json_member_name(w, "shows", key_shown_name(s->shown));
	json_member_optional(w, "record", s->asked->n ? s->asked->records[0].data : (slice) { 0 });
	json_member_number(w, "records", (int64_t)s->asked->n);
	json_member_number(w, "ttl", s->asked->ttl_s);
	json_member_optional(w, "alias", s->asked->alias);
	json_member_bool(w, "testing", s->record.testing);
	tell_json_findings(w, "findings", &s->record.findings);
	json_close(w, '}');
}

static void put_json(struct key_run *r, const struct store_domain *d, const struct key_entry *key,
                     const struct key_view *v, bool ok, const char *why)
{
	struct json_writer w = json_writer_of(&r->out);
	json_open(&w, '{');
	key_put_json(&w, d, key, key_now(r));
	json_member_text(&w, "name", v->name);
	json_member_optional(&w, "zone", v->zone);
	json_member_name(&w, "sight", key_sight_name(v->sight));
	json_member_bool(&w, "ok", ok);
	json_member_name(&w, "why", why);
	json_member_optional(&w, "error", v->trouble);
	json_key(&w, "servers");
	json_open(&w, '[');
	for (size_t i = 0; i < v->n; i++) {
		put_json_server(&w, &v->servers[i]);
	}
	json_close(&w, ']');
	json_key(&w, "resolver");
	if (v->asked_resolver) {
		put_json_server(&w, &v->resolver);
	} else {
		json_nothing(&w);
	}
	json_close(&w, '}');
	buf_put_char(&r->out, '\n');
}

/* ---- for people ---- */

static void put_server(struct key_run *r, const char *role, const struct key_server *s)
{
	struct tell t = { .to = &r->out };
	tell_put(&t, "  ");
	tell_put(&t, role);
	tell_outside(&t, slice_of(s->name), 0);
	tell_put(&t, *s->name ? " " : "");
	tell_put(&t, s->address);
	tell_put(&t, " shows ");
	tell_put(&t, key_shown_text(s->shown));
	if (s->shown == SHOWN_NO_ANSWER || s->shown == SHOWN_NO_ROUTE) {
		tell_put(&t, ": ");
		tell_put(&t, key_server_status(s));
	} else if (s->asked->n) {
		tell_put(&t, ", TTL ");
		tell_number(&t, s->asked->ttl_s);
	}
	if (s->record.testing) {
		tell_put(&t, ", testing (t=y): verifiers treat its failures like no signature");
	}
	if (s->asked->alias.len) {
		tell_put(&t, ", through the alias ");
		tell_outside(&t, s->asked->alias, 0);
	}
	tell_put(&t, "\n");
	if (s->shown != SHOWN_KEY && s->asked->n && s->shown != SHOWN_REVOKED) {
		tell_put(&t, "    ");
		tell_outside(&t, s->asked->records[0].data, 100);
		tell_put(&t, "\n");
	}
	if (s->shown == SHOWN_BROKEN || s->shown == SHOWN_KEY) {
		tell_findings(&t, &s->record.findings, 4);
	}
}

static void put_text(struct key_run *r, const struct key_entry *key, const struct key_view *v, const char *why)
{
	struct buf *out = &r->out;
	buf_put(out, v->name);
	buf_put(out, S(" ("));
	key_put_kind(out, key->algorithm, key->bits);
	buf_put(out, S(", "));
	buf_put_text(out, key_stage_name(key->stage));
	buf_put(out, S("): "));
	buf_put_text(out, why ? why : v->sight == SIGHT_NOWHERE ? "not published yet" : "as it should be");
	buf_put_char(out, '\n');
	if (v->trouble.len) {
		buf_put(out, S("  "));
		buf_put(out, v->trouble);
		buf_put_char(out, '\n');
	}
	for (size_t i = 0; i < v->n; i++) {
		put_server(r, "", &v->servers[i]);
	}
	if (v->asked_resolver) {
		put_server(r, "the resolver ", &v->resolver);
	} else if (v->n && !r->o->zones.n) {
		buf_put_text(out,
		             v->has_resolver
		                     ? "  the resolver is not asked yet: it would remember that there is no such name\n"
		                     : "  no resolver is asked: --server is given, --resolver is not\n");
	}
}

static enum exit_status check_key(struct key_run *r, const struct store_domain *d, const struct key_entry *key)
{
	struct key_view view;
	const char *why;
	key_look(r, d, key, &view);
	enum exit_status status = judge(key, &view, &why);
	if (r->o->json) {
		put_json(r, d, key, &view, status == EXIT_FINE, why);
	} else {
		put_text(r, key, &view, why);
	}
	key_flush(r);
	return status;
}

static enum exit_status check_domain(struct key_run *r, slice domain)
{
	struct store_domain d;
	enum exit_status status = key_open(r, domain, STORE_READ, &d);
	if (status != EXIT_FINE) {
		return status;
	}
	size_t n = 0;
	for (size_t i = 0; i < d.state.n; i++) {
		if (is_selected(r, &d.state.at[i])) {
			n++;
			status = worse(status, check_key(r, &d, &d.state.at[i]));
		}
	}
	if (n == 0) {
		key_complain(r, "%s: there is no such key", d.path);
		status = EXIT_BAD_INPUT;
	}
	store_close(&d);
	return status;
}

enum exit_status key_check(struct key_run *r)
{
	struct signet_arena names;
	slice *domains = NULL, domain;
	size_t n = 0;
	enum exit_status status = EXIT_USAGE;
	if (!r->o->all) {
		return r->n_operands && key_domain(r, r->operands[0], &domain) ? check_domain(r, domain) : status;
	}
	arena_init(&names, (size_t)256 << 20);
	status = key_domains(r, true, &names, &domains, &n);
	for (size_t i = 0; i < n; i++) {
		signet_arena_reset(r->arena);
		status = worse(status, check_domain(r, domains[i]));
	}
	arena_finish(&names);
	return status;
}
