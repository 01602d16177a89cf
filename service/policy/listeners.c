/* SPDX-License-Identifier: Apache-2.0 */
/* The sections "listen": where, in which role, and how messages are judged there. */
#include <stdlib.h>

#include "inner.h"

#define LISTENERS_MAX 64

/* What every listener judges by. */
static void read_networks(struct making *m, const struct conf_list *list, const char *key,
                          const struct signet_network **ret, size_t *ret_n)
{
	struct signet_network *at = arena_array(&m->rules->arena, list->n + 1, sizeof(*at));
	for (size_t i = 0; at && i < list->n; i++) {
		if (!signet_network_parse(slice_of(list->at[i]), &at[i])) {
			making_refuse(m, conf_line(m->conf, NULL, NULL, key), "not a network:", list->at[i]);
		}
	}
	*ret = at;
	*ret_n = at ? list->n : 0;
}

static void read_domains(struct making *m, const struct conf_list *list, const char *key, const slice **ret,
                         size_t *ret_n)
{
	slice *at = arena_array(&m->rules->arena, list->n + 1, sizeof(*at));
	for (size_t i = 0; at && i < list->n; i++) {
		at[i] = making_domain(m, list->at[i], conf_line(m->conf, NULL, NULL, key));
	}
	*ret = at;
	*ret_n = at ? list->n : 0;
}

static struct signet_settings make_settings(struct making *m)
{
	const struct conf *c = m->conf;
	const struct rules *r = m->rules;
	struct signet_settings s = { .rfc7489 = c->rfc7489, .authserv_id = r->n_ids ? r->ids[0] : (slice) { 0 } };
	if (c->mode) {
		(void)signet_mode_parse(slice_of(c->mode), &s.mode);
	}
	read_networks(m, &c->trusted_nets, "trusted_nets", &s.trusted_nets, &s.n_trusted_nets);
	read_networks(m, &c->forwarders, "forwarders", &s.forwarders, &s.n_forwarders);
	read_domains(m, &c->trusted_sealers, "trusted_sealers", &s.trusted_sealers, &s.n_trusted_sealers);
	read_domains(m, &c->trusted_lists, "trusted_lists", &s.trusted_lists, &s.n_trusted_lists);
	return s;
}

/* The public suffix list, opened when the first listener wants it. */
static const struct signet_psl *find_psl(struct making *m)
{
	char path[4096];
	const char *file = m->conf->psl_file;
	if (m->rules->psl) {
		return m->rules->psl;
	}
	size_t line = conf_line(m->conf, NULL, NULL, file ? "psl_file" : "rfc7489");
	if (file && !conf_path(m->path ? m->path : "", file, path, sizeof(path))) {
		making_refuse(m, line, "the path is too long:", file);
		return NULL;
	}
	m->rules->psl = signet_psl_open(file ? path : NULL);
	if (!m->rules->psl) {
		making_refuse(m, line, "cannot read the public suffix list", file ? file : "of the system");
	}
	return m->rules->psl;
}

/* The line of a key, or of the section if the key is not there. */
static size_t line_of(struct making *m, const struct conf_listen *l, const char *key)
{
	size_t line = conf_line(m->conf, &l->place, "listen", key);
	return line ? line : l->place.line;
}

static void must_have(struct making *m, const struct conf_listen *l, bool has, const char *key, const char *what)
{
	if (!has) {
		making_refuse(m, line_of(m, l, key), what, l->place.title);
	}
}

static bool is_word(const char *value, const char *word)
{
	return value && strcmp(value, word) == 0;
}

static enum rules_single single_of(const char *value)
{
	return is_word(value, "reject") ? RULES_SINGLE_REJECT
	       : is_word(value, "mark") ? RULES_SINGLE_MARK
	                                : RULES_SINGLE_ACCEPT;
}

static void make_seal(struct making *m, const struct conf_listen *l, struct rules_listener *to)
{
	to->seal = l->seal;
	if (!l->seal) {
		return;
	}
	must_have(m, l, l->seal_as, "seal", "seal needs seal_as, the domain of the seal: listen");
	must_have(m, l, l->seal_selector, "seal", "seal needs seal_selector: listen");
	must_have(m, l, to->role != RULES_SIGN, "seal", "what is not verified cannot be sealed: listen");
	to->seal_domain = l->seal_as ? making_domain(m, l->seal_as, line_of(m, l, "seal_as")) : (slice) { 0 };
	to->seal_selector =
		l->seal_selector ? making_domain(m, l->seal_selector, line_of(m, l, "seal_selector")) : (slice) { 0 };
}

static void make_check(struct making *m, const struct conf_listen *l, const struct signet_settings *common,
                       struct signet_settings *to)
{
	*to = *common;
	if (l->mode) {
		(void)signet_mode_parse(slice_of(l->mode), &to->mode);
	}
	if (l->rfc7489 != CONF_UNSAID) {
		to->rfc7489 = l->rfc7489 == CONF_ON;
	}
	to->psl = to->rfc7489 || m->conf->psl_file ? find_psl(m) : NULL;
	to->temperror_accept = is_word(l->temperror, "accept");
	to->accept_body_length = l->accept_body_length;
	to->accept_no_author = l->accept_no_author;
}

static void make_listener(struct making *m, const struct conf_listen *l, const struct signet_settings *common,
                          struct rules_listener *to)
{
	*to = (struct rules_listener) {
		.name = making_text(m, l->place.title),
		.socket = making_text(m, l->socket),
		.socket_mode = (unsigned)strtoul(l->socket_mode ? l->socket_mode : "0660", NULL, 8),
		.socket_group = making_text(m, l->socket_group),
		.connections = l->connections,
		.role = is_word(l->role, "sign")   ? RULES_SIGN
		        : is_word(l->role, "both") ? RULES_BOTH
		                                   : RULES_VERIFY,
		.dry_run = l->dry_run,
		.early_spf = l->early_spf,
		.spf_fail = single_of(l->spf_fail),
		.no_reverse_name = single_of(l->no_reverse_name),
		.quarantine = is_word(l->quarantine, "hold") ? RULES_HOLD : RULES_MARK,
		.verify_fault = is_word(l->verify_fault, "defer") ? RULES_DEFER : RULES_PASS,
		.sign_fault = is_word(l->sign_fault, "pass") ? RULES_PASS : RULES_DEFER,
	};
	must_have(m, l, l->socket, "socket", "there is no socket: listen");
	must_have(m, l, l->role, "role", "say what is done there, role = \"verify\", \"sign\" or \"both\": listen");
	make_seal(m, l, to);
	make_check(m, l, common, &to->check);
}

/* Two at one socket: the second could not be opened. */
static void compare_sockets(struct making *m)
{
	const struct conf *c = m->conf;
	for (size_t i = 0; i < c->listen.n; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct conf_listen *a = conf_listen_at(c, k), *b = conf_listen_at(c, i);
			if (a->socket && b->socket && strcmp(a->socket, b->socket) == 0) {
				making_refuse(m, line_of(m, b, "socket"),
				              "another listener has this socket:", b->socket);
			}
		}
	}
}

void listeners_make(struct making *m)
{
	const struct conf *c = m->conf;
	struct rules *r = m->rules;
	const struct signet_settings common = make_settings(m);
	if (c->listen.n > LISTENERS_MAX) {
		making_refuse(m, conf_listen_at(c, LISTENERS_MAX)->place.line, "more than 64 listeners", NULL);
		return;
	}
	r->listeners = arena_array(&r->arena, c->listen.n + 1, sizeof(*r->listeners));
	for (size_t i = 0; r->listeners && i < c->listen.n; i++) {
		make_listener(m, conf_listen_at(c, i), &common, &r->listeners[r->n_listeners++]);
	}
	compare_sockets(m);
}
