/* SPDX-License-Identifier: Apache-2.0 */
#include "authority.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/cursor.h"
#include "../../src/base/name.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define CUTS_MAX 4 /* domain, _domainkey, selector */
#define NAMES_MAX 16 /* of name servers */

struct finder {
	const struct authority_options *options;
	struct signet_arena *arena;
	struct authority *ret;
	struct buf *error;
	int timeout_ms;
	bool left_out; /* some server was */
};

static bool fail(const struct finder *f, slice name, const char *why)
{
	buf_put(f->error, name);
	buf_put_text(f->error, ": ");
	buf_put_text(f->error, why);
	return false;
}

static const char *why_not(const struct asked *asked)
{
	return asked->fault != EXCHANGE_GOOD ? exchange_fault_text(asked->fault)
	                                     : signet_dns_status_name(asked->status);
}

/* ---- the resolver ---- */

static void ask_resolver(const struct finder *f, slice name, enum signet_rrtype type, struct asked *ret)
{
	ask(&f->ret->resolver, name, type, ASK_RESOLVER, f->timeout_ms, f->arena, ret);
}

/* The first server of resolv.conf(5) that answers a question about the domain. */
static bool find_system_resolver(struct finder *f, slice domain)
{
	char line[512];
	bool found = false;
	FILE *stream = fopen(RESOLV_CONF, "re");
	while (stream && !found && fgets(line, sizeof(line), stream)) {
		struct cursor c = cursor_of(slice_of(line));
		struct asked asked;
		(void)cursor_take(&c, C_WSP);
		if (cursor_take_text(&c, S("nameserver")) && cursor_take(&c, C_WSP).len &&
		    dns_server_parse(cursor_take(&c, C_VCHAR), &f->ret->resolver)) {
			ask_resolver(f, domain, SIGNET_RR_SOA, &asked);
			found = asked.fault == EXCHANGE_GOOD;
		}
	}
	if (stream) {
		fclose(stream);
	}
	return found;
}

static bool find_resolver(struct finder *f, slice domain)
{
	if (f->options->resolver) {
		f->ret->has_resolver = dns_server_parse(slice_of(f->options->resolver), &f->ret->resolver);
		return f->ret->has_resolver || fail(f, slice_of(f->options->resolver), "is not an address");
	}
	if (f->options->n_servers) {
		return true; /* what the world's resolvers say has nothing to do with these */
	}
	f->ret->has_resolver = find_system_resolver(f, domain);
	return f->ret->has_resolver || fail(f, domain, "no resolver of " RESOLV_CONF " answers");
}

/* ---- addresses ---- */

static bool is_left_out(struct finder *f, const struct dns_server *server)
{
	for (size_t i = 0; i < f->options->n_without; i++) {
		slice without = slice_of(f->options->without[i]);
		struct dns_server given;
		if ((*server->name && slice_eq_nocase(name_without_dot(without), slice_of(server->name))) ||
		    (dns_server_parse(without, &given) && strcmp(given.text, server->text) == 0)) {
			f->left_out = true;
			return true;
		}
	}
	return false;
}

static void add_server(struct finder *f, slice name, const struct signet_rr *rr)
{
	struct signet_ip ip = { .family = rr->data.len == 4 ? 4 : 6 };
	struct dns_server server;
	if (f->ret->n >= ASK_SERVERS_MAX || (rr->data.len != 4 && rr->data.len != 16)) {
		return;
	}
	memcpy(ip.octets, rr->data.at, rr->data.len);
	if (dns_server_of_ip(&ip, 53, &server)) {
		snprintf(server.name, sizeof(server.name), "%.*s", (int)name.len, name.at);
		f->ret->servers[f->ret->n++] = server;
	}
}

static void leave_out(struct finder *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->ret->n; i++) {
		if (!is_left_out(f, &f->ret->servers[i])) {
			f->ret->servers[n++] = f->ret->servers[i];
		}
	}
	f->ret->n = n;
}

static bool has_servers(const struct finder *f, slice zone)
{
	return f->ret->n || fail(f, zone,
	                         f->left_out ? "each of its name servers that has an address is left out"
	                                     : "none of its name servers has an address");
}

static void add_addresses(struct finder *f, slice name)
{
	static const enum signet_rrtype types[] = { SIGNET_RR_A, SIGNET_RR_AAAA };
	for (size_t t = 0; t < 2; t++) {
		struct asked asked;
		ask_resolver(f, name, types[t], &asked);
		for (size_t i = 0; i < asked.n; i++) {
			add_server(f, name, &asked.records[i]);
		}
	}
}

/* Replaces the servers by those of these names. */
static bool set_servers(struct finder *f, slice zone, const slice *names, size_t n)
{
	f->ret->n = 0;
	for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
		add_addresses(f, names[i]);
	}
	f->ret->zone = zone;
	leave_out(f);
	return has_servers(f, zone);
}

/* ---- the zone of the domain, by the resolver ---- */

static bool find_parent_zone(struct finder *f, slice domain)
{
	struct asked asked;
	ask_resolver(f, domain, SIGNET_RR_SOA, &asked);
	if (asked.fault != EXCHANGE_GOOD || !asked.soa_zone.len || !name_is_at_or_below(domain, asked.soa_zone)) {
		return fail(f, domain,
		            asked.fault == EXCHANGE_GOOD &&
		                            !signet_answer_is_error(&(struct signet_answer) { .status = asked.status })
		                    ? "no zone is found that holds it"
		                    : why_not(&asked));
	}
	slice zone = asked.soa_zone;
	slice names[NAMES_MAX];
	size_t n = 0;
	ask_resolver(f, zone, SIGNET_RR_NS, &asked);
	for (; n < asked.n && n < NAMES_MAX; n++) {
		names[n] = asked.records[n].data;
	}
	return n ? set_servers(f, zone, names, n) : fail(f, zone, "it names no name servers");
}

static bool take_given_servers(struct finder *f, slice domain)
{
	for (size_t i = 0; i < f->options->n_servers && i < ASK_SERVERS_MAX; i++) {
		if (!dns_server_parse(slice_of(f->options->servers[i]), &f->ret->servers[i])) {
			return fail(f, slice_of(f->options->servers[i]), "is not an address");
		}
		f->ret->n = i + 1;
	}
	f->ret->zone = domain;
	leave_out(f);
	return has_servers(f, domain);
}

/* ---- the zone cut, by the servers themselves ---- */

static bool is_told(const struct asked *asked)
{
	return asked->fault == EXCHANGE_GOOD &&
	       (asked->status == SIGNET_DNS_NOERROR || asked->status == SIGNET_DNS_NXDOMAIN);
}

/* How long a cache may remember "no such name" is what the server said that was asked: the longest counts, for they need not
 * be in step. */
static void take_longest_negative(const struct asked *asked, size_t n, struct asked *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (is_told(&asked[i]) && asked[i].soa_zone.len && slice_eq(asked[i].soa_zone, ret->soa_zone) &&
		    asked[i].negative_s > ret->negative_s) {
			ret->negative_s = asked[i].negative_s;
		}
	}
}

/* What the first server said that knows the zone, or else the first that answers; all are asked side by side, so that dead ones
 * cost the time of one. */
static bool ask_any(struct finder *f, slice name, struct asked *ret)
{
	size_t n = f->ret->n;
	struct asked *asked = arena_array(f->arena, n, sizeof(*asked));
	if (!asked) {
		return fail(f, f->ret->zone, "no memory");
	}
	ask_all(f->ret->servers, n, name, SIGNET_RR_SOA, ASK_DIRECTLY, f->timeout_ms, f->arena, asked);
	const struct asked *best = NULL;
	for (size_t i = 0; i < n; i++) {
		if (is_told(&asked[i]) && (!best || (!best->soa_zone.len && asked[i].soa_zone.len))) {
			best = &asked[i];
		}
	}
	*ret = best ? *best : asked[n - 1];
	if (best) {
		take_longest_negative(asked, n, ret);
		return true;
	}
	return fail(f, f->ret->zone, n == 1 ? why_not(ret) : "no authoritative server answers");
}

static uint32_t longer(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static bool follow_cuts(struct finder *f, slice name, slice *ret_primary)
{
	uint32_t behind_alias_s = 0;
	for (int turn = 0; turn < CUTS_MAX; turn++) {
		struct asked asked = { 0 };
		if (!ask_any(f, name, &asked)) {
			return false;
		}
		if (asked.soa_zone.len && name_is_at_or_below(name, asked.soa_zone)) {
			f->ret->zone = asked.soa_zone;
			f->ret->negative_s = longer(asked.negative_s, behind_alias_s);
			*ret_primary = asked.soa_primary;
			return true;
		}
		if (asked.alias.len) { /* the SOA of somewhere else: ask for the zone itself */
			behind_alias_s = longer(behind_alias_s, asked.negative_s);
			name = name_parent(name);
			continue;
		}
		if (!asked.n_referral || !name_is_at_or_below(name, asked.referral) || !f->ret->has_resolver) {
			return fail(f, name, "its servers do not say which zone it is in");
		}
		if (!set_servers(f, asked.referral, asked.referral_servers, asked.n_referral)) {
			return false;
		}
	}
	return fail(f, name, "too many delegations on the way");
}

static void find_primary(struct finder *f, slice name)
{
	struct authority *who = f->ret;
	if (f->options->primary) {
		who->has_primary = dns_server_parse(slice_of(f->options->primary), &who->primary);
	} else if (f->options->n_servers) {
		who->primary = who->servers[0];
		who->has_primary = true;
	} else {
		struct authority saved = *who;
		who->n = 0;
		add_addresses(f, name);
		saved.has_primary = who->n != 0;
		saved.primary = who->servers[0];
		*who = saved;
	}
}

bool authority_find(const struct authority_options *options, slice name, slice domain, struct signet_arena *a,
                    struct authority *ret, struct buf *error)
{
	struct finder f = { .options = options,
		            .arena = a,
		            .ret = ret,
		            .error = error,
		            .timeout_ms = options->timeout_ms ? options->timeout_ms : EXCHANGE_MS };
	slice primary = { 0 };
	*ret = (struct authority) { 0 };
	if (!find_resolver(&f, domain)) {
		return false;
	}
	if (!(options->n_servers ? take_given_servers(&f, domain) : find_parent_zone(&f, domain)) ||
	    !follow_cuts(&f, name, &primary)) {
		return false;
	}
	find_primary(&f, primary);
	return true;
}
