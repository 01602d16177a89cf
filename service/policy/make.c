/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <limits.h>
#include <stdlib.h>

#include "../../src/base/name.h"
#include "../keys/table_load.h"
#include "inner.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define NAME_BYTES 4096

/* ---- what the parts are made with ---- */

void making_refuse(struct making *m, size_t line, const char *what, const char *value)
{
	struct buf *e = m->error;
	m->is_bad = true;
	buf_put_text(e, e->len ? "\n" : "");
	buf_put_text(e, m->path ? m->path : "signet");
	if (line) {
		buf_put_char(e, ':');
		buf_put_number(e, line);
	}
	buf_put_text(e, ": ");
	buf_put_text(e, what);
	if (value) {
		buf_put_text(e, " \"");
		buf_put_text(e, value);
		buf_put_char(e, '"');
	}
}

slice making_slice(struct making *m, const char *text)
{
	slice s = slice_of(text);
	char *at = text ? arena_octets(&m->rules->arena, s.len + 1) : NULL;
	if (!at) {
		return (slice) { 0 };
	}
	memcpy(at, text, s.len + 1);
	return slice_make(at, s.len);
}

const char *making_text(struct making *m, const char *text)
{
	return making_slice(m, text).at;
}

slice making_domain(struct making *m, const char *text, size_t line)
{
	struct signet_arena a;
	slice normal, ret = { 0 };
	arena_init(&a, NAME_BYTES);
	if (name_normalize(slice_of(text), &a, &normal) == NAME_GOOD) {
		ret = arena_copy(&m->rules->arena, normal);
	} else {
		making_refuse(m, line, "not a domain:", text);
	}
	arena_finish(&a);
	return ret;
}

/* ---- parts that are no more than values ---- */

static void make_milter(struct making *m)
{
	const struct conf *c = m->conf;
	m->rules->milter = (struct rules_milter) {
		.quarantine_field = making_slice(m, c->milter_quarantine_field),
		.dmarc_code = making_text(m, c->milter_dmarc_code),
		.received_spf = c->milter_received_spf,
		.seen_forwarders = c->milter_seen_forwarders,
		.dns_ms = c->milter_dns_deadline * 1000,
		.body_kept = c->milter_body_kept,
		.body_kept_all = c->milter_body_kept_all,
		.header_kept_all = c->milter_header_kept_all,
	};
}

/* NULL: "none", or not said. */
static const char *path_of(struct making *m, const char *value, const char *key)
{
	char path[PATH_MAX];
	if (!value || strcmp(value, "none") == 0) {
		return NULL;
	}
	if (!conf_path(m->path ? m->path : "", value, path, sizeof(path))) {
		making_refuse(m, conf_line(m->conf, NULL, "milter", key), "the path is too long:", value);
		return NULL;
	}
	return making_text(m, path);
}

static void make_process(struct making *m)
{
	const struct conf *c = m->conf;
	m->rules->process = (struct rules_process) {
		.user = making_text(m, c->milter_user),
		.workers = (size_t)c->milter_workers,
		.connections = c->milter_connections,
		.connections_per_client = c->milter_connections_per_client,
		.idle_ms = c->milter_idle * 1000,
		.stall_ms = c->milter_stall * 1000,
		.spool = path_of(m, c->milter_spool, "spool"),
		.spool_octets = c->milter_spool_size,
		.overrides = path_of(m, c->milter_overrides, "overrides"),
		.metrics = making_text(m, c->milter_metrics),
		.signer = making_text(m, c->signer_socket),
		.resolver = making_text(m, c->dns_resolver),
		.trust_anchor = making_text(m, c->dns_trust_anchor),
		.replay_window_s = c->milter_replay_window,
		.replay_limit = (uint32_t)c->milter_replay_limit,
		.replay_action = strcmp(c->milter_replay_action, "quarantine") == 0 ? RULES_REPLAY_QUARANTINE
		                                                                    : RULES_REPLAY_NOTHING,
	};
}

static void add_id(struct making *m, slice *ids, const char *id, bool is_written)
{
	size_t line = conf_line(m->conf, NULL, NULL, is_written ? "authserv_id" : "authserv_ids");
	if (!*id) {
		making_refuse(m, line, "an empty name is none of ours", NULL);
	} else if (is_written && *id == '@') {
		making_refuse(m, line, "this name is written into messages, it is not that of many:", id);
	} else if (*id == '.') {
		making_refuse(m, line, "write @ for a domain and all below it:", id);
	}
	ids[m->rules->n_ids++] = making_slice(m, id);
}

static void make_ids(struct making *m)
{
	const struct conf *c = m->conf;
	struct rules *r = m->rules;
	slice *ids = arena_array(&r->arena, c->authserv_ids.n + 1, sizeof(*ids));
	if (!ids) {
		return;
	}
	if (c->authserv_id) {
		add_id(m, ids, c->authserv_id, true);
	}
	for (size_t i = 0; i < c->authserv_ids.n; i++) {
		add_id(m, ids, c->authserv_ids.at[i], false);
	}
	r->ids = ids;
}

static bool signs_anything(const struct rules *r)
{
	for (size_t i = 0; i < r->n_listeners; i++) {
		if (r->listeners[i].role != RULES_VERIFY) {
			return true;
		}
	}
	return false;
}

/* The milter has no keys; it asks the signer, which opens its key directory and nothing else.  What was written is not told:
 * it may be a key. */
static void compare_keys(struct making *m)
{
	const struct conf *c = m->conf;
	for (size_t i = 0; signs_anything(m->rules) && i < c->sign.n; i++) {
		const struct conf_sign *sign = conf_sign_at(c, i);
		for (size_t k = 0; k < sign->key.n; k++) {
			const char *key = sign->key.at[k];
			if (*key && strcmp(key, "store") != 0 && strcmp(key, "signer") != 0) {
				making_refuse(
					m, conf_line(c, &sign->place, "sign", "key"),
					"the signer serves its key directory only, no key file: bring the key there "
					"and write key = \"store\": sign",
					sign->place.title);
				break;
			}
		}
	}
}

static void make_table(struct making *m)
{
	struct buf lines;
	buf_init(&lines, m->error->max);
	struct table_problems problems = { .lines = &lines };
	m->rules->table = table_load(&(struct table_sources) { .conf = m->conf, .conf_path = m->path }, &problems);
	slice text = buf_slice(&lines);
	if (text.len && text.at[text.len - 1] == '\n') {
		text.len--;
	}
	if (text.len) {
		buf_put_text(m->error, m->error->len ? "\n" : "");
		buf_put(m->error, text);
	}
	buf_finish(&lines);
	if (!m->rules->table) {
		making_refuse(m, 0, "no memory for the key tables", NULL);
	}
	m->is_bad |= problems.unread > 0;
}

static void open_overrides(struct making *m)
{
	const char *path = m->rules->process.overrides;
	m->rules->overrides = path ? overrides_watch_new(path) : NULL;
	if (path && !m->rules->overrides) {
		making_refuse(m, 0, "no memory for the overrides", NULL);
	}
}

/* ---- the whole ---- */

static void make_all(struct making *m)
{
	make_milter(m);
	make_process(m);
	make_ids(m);
	signs_for_make(m);
	local_rules_make(m);
	recipients_make(m);
	listeners_make(m);
	make_table(m);
	compare_keys(m);
	if (m->rules->arena.failed) {
		making_refuse(m, 0, "no memory for the rules", NULL);
	}
	if (!m->is_bad) {
		open_overrides(m);
	}
}

struct rules *rules_new(const struct conf *conf, const char *conf_path, struct buf *error)
{
	struct conf *own = conf ? NULL : conf_new();
	struct rules *r = calloc(1, sizeof(*r));
	struct making m = { .rules = r, .conf = conf ? conf : own, .path = conf_path, .error = error };
	if (!r || !m.conf) {
		buf_put_text(error, "no memory for the rules");
		free(r);
		conf_free(own);
		return NULL;
	}
	arena_init(&r->arena, ARENA_BYTES);
	atomic_init(&r->users, 1);
	make_all(&m);
	conf_free(own);
	if (m.is_bad) {
		rules_drop(r);
		return NULL;
	}
	return r;
}

struct rules *rules_keep(struct rules *r)
{
	atomic_fetch_add_explicit(&r->users, 1, memory_order_relaxed); /* who keeps them has them already */
	return r;
}

void rules_drop(struct rules *r)
{
	/* what the others did with them is over before the last one frees them */
	if (!r || atomic_fetch_sub_explicit(&r->users, 1, memory_order_acq_rel) != 1) {
		return;
	}
	overrides_watch_free(r->overrides);
	table_free(r->table);
	signet_psl_close(r->psl);
	arena_finish(&r->arena);
	free(r);
}

size_t rules_count_listeners(const struct rules *r)
{
	return r->n_listeners;
}

const struct rules_listener *rules_listener(const struct rules *r, size_t i)
{
	return &r->listeners[i];
}

const struct rules_listener *rules_find_listener(const struct rules *r, const char *name)
{
	for (size_t i = 0; i < r->n_listeners; i++) {
		if (strcmp(r->listeners[i].name, name) == 0) {
			return &r->listeners[i];
		}
	}
	return NULL;
}

const struct rules_milter *rules_milter(const struct rules *r)
{
	return &r->milter;
}

const struct rules_process *rules_process(const struct rules *r)
{
	return &r->process;
}

const struct table *rules_table(const struct rules *r)
{
	return r->table;
}

const slice *rules_authserv_ids(const struct rules *r, size_t *ret_n)
{
	*ret_n = r->n_ids;
	return r->ids;
}

/* ---- what a reload does not change ---- */

static bool texts_differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

const char *rules_process_differs(const struct rules *rules, const struct rules *fresh)
{
	const struct rules_process *a = &rules->process, *b = &fresh->process;
	const struct {
		const char *key;
		bool differs;
	} keys[] = {
		{ "milter.user", texts_differ(a->user, b->user) },
		{ "milter.workers", a->workers != b->workers },
		{ "milter.connections", a->connections != b->connections },
		{ "milter.connections_per_client", a->connections_per_client != b->connections_per_client },
		{ "milter.idle", a->idle_ms != b->idle_ms },
		{ "milter.stall", a->stall_ms != b->stall_ms },
		{ "milter.spool", texts_differ(a->spool, b->spool) },
		{ "milter.spool_size", a->spool_octets != b->spool_octets },
		{ "milter.metrics", texts_differ(a->metrics, b->metrics) },
		{ "milter.replay_window", a->replay_window_s != b->replay_window_s },
		{ "milter.replay_limit", a->replay_limit != b->replay_limit },
		{ "milter.replay_action", a->replay_action != b->replay_action },
		{ "signer.socket", texts_differ(a->signer, b->signer) },
		{ "dns.resolver", texts_differ(a->resolver, b->resolver) },
		{ "dns.trust_anchor", texts_differ(a->trust_anchor, b->trust_anchor) },
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].differs) {
			return keys[i].key;
		}
	}
	return NULL;
}
