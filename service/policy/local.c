/* SPDX-License-Identifier: Apache-2.0 */
/* Local policy: what the postmaster says of domains and clients, for good (sections) or for a time (overrides). */
#include <stdlib.h>

#include "inner.h"

static bool read_decision(const char *value, enum signet_decision *ret)
{
	for (enum signet_decision d = SIGNET_ACCEPT; value && d <= SIGNET_TEMPFAIL; d++) {
		if (strcmp(signet_decision_name(d), value) == 0) {
			*ret = d;
			return true;
		}
	}
	return false;
}

/* "domain example.com" */
static const char *name_rule(struct making *m, const char *section, const char *title)
{
	slice name = ARENA_JOIN(&m->rules->arena, slice_of(section), S(" "), slice_of(title), slice_make("", 1));
	return name.at;
}

static void make_domain_rule(struct making *m, const struct conf_domain *d)
{
	const char *title = d->place.title;
	struct rules *r = m->rules;
	struct local_rule *to = arena_alloc(&r->arena, sizeof(*to));
	bool is_below = *title == '.';
	if (!to) {
		return;
	}
	to->has_mode = d->mode && signet_mode_parse(slice_of(d->mode), &to->mode);
	to->order = d->order;
	to->has_decision = read_decision(d->decision, &to->decision);
	to->rule = name_rule(m, "domain", title);
	nets_make(m, &d->clients, &to->clients);
	if (to->has_decision && to->decision == SIGNET_ACCEPT && d->clients.n == 0) {
		/* anybody can write any domain in From */
		size_t line = conf_line(m->conf, &d->place, "domain", "decision");
		making_refuse(m, line,
		              "decision = \"accept\" would let every forger in; say from which clients: domain", title);
	}
	slice domain = making_domain(m, is_below ? title + 1 : title, d->place.line);
	struct map *map = is_below ? &r->below : &r->domains;
	if (map_get(map, domain)) {
		making_refuse(m, d->place.line, "there is a section for this domain already: domain", title);
	}
	(void)map_put(map, domain, to);
}

static void make_client_rule(struct making *m, const struct conf_client *c)
{
	const char *title = c->place.title;
	struct local_rule *to = &m->rules->clients[m->rules->n_clients++];
	*to = (struct local_rule) { .order = false, .forwarder = c->forwarder };
	to->has_mode = c->mode && signet_mode_parse(slice_of(c->mode), &to->mode);
	to->has_decision = read_decision(c->decision, &to->decision);
	to->rule = name_rule(m, "client", title);
	nets_make(m, &(struct conf_list) { .at = &title, .n = 1 }, &to->clients);
	/* of IPv4 as if it were in IPv6, so that they compare */
	to->bits = to->clients.n == 0 ? 128 : to->clients.at[0].bits + (to->clients.at[0].ip.family == 4 ? 96 : 0);
}

/* The longest prefix first; the order of the file is of no account, because a title stands once. */
static int by_bits(const void *a, const void *b)
{
	const struct local_rule *left = a, *right = b;
	return left->bits != right->bits ? (left->bits > right->bits ? -1 : 1) : strcmp(left->rule, right->rule);
}

void local_rules_make(struct making *m)
{
	const struct conf *c = m->conf;
	struct rules *r = m->rules;
	map_init(&r->domains, &r->arena, 1);
	map_init(&r->below, &r->arena, 1);
	for (size_t i = 0; i < c->domain.n; i++) {
		make_domain_rule(m, conf_domain_at(c, i));
	}
	r->clients = arena_array(&r->arena, c->client.n + 1, sizeof(*r->clients));
	for (size_t i = 0; r->clients && i < c->client.n; i++) {
		make_client_rule(m, conf_client_at(c, i));
	}
	if (r->clients && !r->arena.failed) {
		qsort(r->clients, r->n_clients, sizeof(*r->clients), by_bits);
	}
}

/* ---- use ---- */

static bool holds_for(const struct local_rule *rule, const struct facts *facts)
{
	const struct nets *nets = &rule->clients;
	return (nets->n == 0 && !nets->local) || nets_have(nets, facts);
}

/* The domain itself, then ".parent" from the nearest on. */
static const struct local_rule *find_domain(const struct rules *r, slice domain, const struct facts *facts)
{
	const struct local_rule *rule = domain.len ? map_get(&r->domains, domain) : NULL;
	while (domain.len && !(rule && holds_for(rule, facts))) {
		(void)slice_split(&domain, '.');
		rule = domain.len ? map_get(&r->below, domain) : NULL;
	}
	return rule && holds_for(rule, facts) ? rule : NULL;
}

static const struct local_rule *find_client(const struct rules *r, const struct facts *facts)
{
	for (size_t i = 0; i < r->n_clients; i++) {
		if (nets_have(&r->clients[i].clients, facts)) {
			return &r->clients[i];
		}
	}
	return NULL;
}

/* What has not been said yet. */
static void add(struct rules_override *to, const struct local_rule *rule)
{
	bool says = false;
	if (!rule) {
		return;
	}
	if (rule->has_mode && !to->has_mode) {
		to->has_mode = says = true;
		to->mode = rule->mode;
	}
	if (rule->has_decision && !to->has_decision) {
		to->has_decision = says = true;
		to->decision = rule->decision;
	}
	says |= (rule->order && !to->order) || (rule->forwarder && !to->forwarder);
	to->order |= rule->order;
	to->forwarder |= rule->forwarder;
	if (says && !to->rule) {
		to->rule = rule->rule;
	}
}

struct rules_override rules_override(const struct rules *rules, slice author_domain, const struct facts *facts,
                                     int64_t now_ms, struct buf *notice)
{
	struct rules_override o = { 0 };
	struct buf ignored;
	if (rules->overrides) {
		buf_init(&ignored, 0);
		o.number = overrides_watch_find(rules->overrides, author_domain, &facts->client, now_ms,
		                                notice ? notice : &ignored);
		buf_finish(&ignored);
	}
	if (o.number) {
		o.has_decision = true;
		o.decision = SIGNET_ACCEPT;
		o.rule = "an override for a time (signet verdict allow)";
		return o;
	}
	add(&o, find_domain(rules, author_domain, facts));
	add(&o, find_client(rules, facts));
	return o;
}
