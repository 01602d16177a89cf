/* SPDX-License-Identifier: Apache-2.0 */
/* authority: who answers for a name, and who takes changes of it?
 *
 *     struct authority who;
 *     if (authority_find(&options, S("s1._domainkey.example.com"), S("example.com"), arena, &who, &error)) {
 *             // who.zone, who.servers[0..n): every authoritative server; who.primary: where DNS UPDATE goes
 *     }
 *
 * The resolver is asked for the zone of the domain and its name servers, never for the name itself: a resolver that is asked
 * too early remembers that there is no such name (RFC 2308 5).  From there on the servers themselves are asked, so that a
 * delegation of _domainkey or of a single selector is found (the zone cut). */
#ifndef SIGNET_SERVICE_DNS_AUTHORITY_H
#define SIGNET_SERVICE_DNS_AUTHORITY_H

#include "ask.h"

struct authority_options {
	const char *resolver; /* ADDR[@PORT]; NULL: the first of /etc/resolv.conf that answers */
	const char *const *servers; /* ADDR[@PORT]: all authoritative servers, instead of those that NS records name */
	size_t n_servers;
	const char *const *without; /* names or ADDR[@PORT] of authoritative servers that are left out */
	size_t n_without;
	const char *primary; /* ADDR[@PORT]; NULL: the first of `servers`, else the one that the SOA record names */
	int timeout_ms; /* for one answer; 0: EXCHANGE_MS */
};

struct authority {
	slice zone; /* normal form, lives in the arena */
	size_t n;
	struct dns_server servers[ASK_SERVERS_MAX];
	bool has_primary;
	struct dns_server primary;
	bool has_resolver; /* false: servers were given and no resolver */
	struct dns_server resolver;
	uint32_t negative_s; /* of the zone, and of where an alias at the name leads (RFC 2308 5) */
};

/* `domain` is an ancestor of `name` that exists, both in normal form.  False after a line in `error`. */
bool authority_find(const struct authority_options *options, slice name, slice domain, struct signet_arena *a,
                    struct authority *ret, struct buf *error);

#endif
