/* SPDX-License-Identifier: Apache-2.0 */
/* ask: what do these servers say, each for itself?
 *
 *     struct asked asked[N];
 *     ask_all(servers, n, name, SIGNET_RR_TXT, ASK_DIRECTLY, EXCHANGE_MS, arena, asked);
 *     // asked[i].status, .records: what servers[i] answered
 *
 * A resolver cannot tell: it asks one of them and remembers.  All are asked side by side, so that dead ones cost the time of
 * one. */
#ifndef SIGNET_SERVICE_DNS_ASK_H
#define SIGNET_SERVICE_DNS_ASK_H

#include <signet/resolver.h>

#include "exchange.h"

#define ASK_SERVERS_MAX 64 /* a zone has two to a dozen */
#define ASK_RECORDS_MAX 64
#define ASK_OCTETS ((size_t)256 << 10) /* of one answer, unpacked */

enum ask_how {
	ASK_DIRECTLY, /* no recursion: only what the server itself knows */
	ASK_RESOLVER, /* recursion, please */
};

struct asked {
	enum exchange_fault fault;
	enum signet_dns_status status; /* TIMEOUT, MALFORMED if there was a fault */
	bool authoritative;
	bool no_route; /* the trouble is here, not there */
	size_t n;
	struct signet_rr records[ASK_RECORDS_MAX]; /* of the type asked for, at the name (or where its aliases lead) */
	uint32_t ttl_s; /* the least of them */
	uint32_t longest_s; /* the longest TTL of them and of the aliases on the way: each is cached for itself */
	slice alias; /* the first CNAME target, empty: none */
	slice soa_zone; /* owner of the SOA record in the answer or beside it; empty: none */
	slice soa_primary; /* its MNAME */
	uint32_t negative_s; /* how long "there is no such name" may be remembered (RFC 2308 5) */
	slice referral; /* the zone that other servers are named for; empty: none */
	size_t n_referral;
	slice referral_servers[16]; /* their names */
};

/* `name` is in normal form.  Texts live in `a`; it is out of memory if a->failed. */
void ask(const struct dns_server *server, slice name, enum signet_rrtype type, enum ask_how how, int timeout_ms,
         struct signet_arena *a, struct asked *ret);
/* The same of n servers side by side, ASK_SERVERS_MAX at most. */
void ask_all(const struct dns_server *servers, size_t n, slice name, enum signet_rrtype type, enum ask_how how,
             int timeout_ms, struct signet_arena *a, struct asked *ret);

#endif
