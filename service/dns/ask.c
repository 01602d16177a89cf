/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <ldns/ldns.h>
#include <pthread.h>
#include <stdlib.h>

#include "../../src/base/dname.h"
#include "../../src/base/name.h"

#define EDNS_OCTETS 1232 /* what passes everywhere without fragments (DNS flag day 2020) */
#define ALIASES_MAX 16

/* ---- the question ---- */

static ldns_rdf *name_of(slice name)
{
	struct dname wire;
	return dname_of_text(name, &wire) ? ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, wire.len, wire.at) : NULL;
}

/* The octets of a question; empty: no memory.  The caller frees them. */
static slice write_question(slice name, enum signet_rrtype type, enum ask_how how)
{
	ldns_rdf *owner = name_of(name);
	ldns_pkt *pkt = owner ? ldns_pkt_query_new(owner, (ldns_rr_type)type, LDNS_RR_CLASS_IN,
	                                           how == ASK_RESOLVER ? LDNS_RD : 0)
	                      : NULL;
	uint8_t *wire = NULL;
	size_t n = 0;
	if (!pkt) {
		ldns_rdf_deep_free(owner);
		return (slice) { 0 };
	}
	ldns_pkt_set_random_id(pkt);
	ldns_pkt_set_edns_udp_size(pkt, EDNS_OCTETS);
	if (ldns_pkt2wire(&wire, pkt, &n) != LDNS_STATUS_OK) {
		wire = NULL;
		n = 0;
	}
	ldns_pkt_free(pkt); /* and the name with it */
	return slice_make((const char *)wire, n);
}

/* ---- the answer ---- */

static slice text_of(const ldns_rdf *name, struct signet_arena *a)
{
	struct buf text;
	buf_init_arena(&text, a, DNAME_TEXT_OCTETS);
	dname_put_text(&text, slice_make((const char *)ldns_rdf_data(name), ldns_rdf_size(name)));
	return arena_lower(a, buf_slice(&text));
}

/* The character-strings of a TXT record, joined. */
static slice strings_of(const ldns_rr *rr, struct signet_arena *a)
{
	struct buf text;
	buf_init_arena(&text, a, ASK_OCTETS);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *part = ldns_rr_rdf(rr, i);
		if (ldns_rdf_size(part) > 1) {
			buf_put(&text, slice_make((const char *)ldns_rdf_data(part) + 1, ldns_rdf_size(part) - 1));
		}
	}
	return buf_slice(&text);
}

static slice data_of(const ldns_rr *rr, struct signet_arena *a)
{
	const ldns_rdf *first = ldns_rr_rdf(rr, 0);
	switch (ldns_rr_get_type(rr)) {
	case LDNS_RR_TYPE_TXT:
		return strings_of(rr, a);
	case LDNS_RR_TYPE_NS:
	case LDNS_RR_TYPE_CNAME:
	case LDNS_RR_TYPE_SOA:
		return text_of(first, a);
	default:
		return arena_copy(a, slice_make((const char *)ldns_rdf_data(first), ldns_rdf_size(first)));
	}
}

/* RFC 2181 8: a TTL with its first bit set is to be taken as zero. */
static uint32_t ttl_of(uint32_t ttl)
{
	return ttl > INT32_MAX ? 0 : ttl;
}

static bool is_of(const ldns_rr *rr, const ldns_rdf *owner, ldns_rr_type type)
{
	return ldns_rr_get_type(rr) == type && ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN && ldns_rr_rd_count(rr) &&
	       (!owner || ldns_dname_compare(ldns_rr_owner(rr), owner) == 0);
}

static void take_longest(struct asked *ret, uint32_t ttl)
{
	ret->longest_s = ttl > ret->longest_s ? ttl : ret->longest_s;
}

/* Where the CNAMEs of the answer lead from `owner`. */
static const ldns_rdf *follow(const ldns_rr_list *answer, const ldns_rdf *owner, struct signet_arena *a,
                              struct asked *ret)
{
	for (int turn = 0; turn < ALIASES_MAX; turn++) {
		const ldns_rdf *next = NULL;
		for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && !next; i++) {
			const ldns_rr *rr = ldns_rr_list_rr(answer, i);
			if (is_of(rr, owner, LDNS_RR_TYPE_CNAME)) {
				next = ldns_rr_rdf(rr, 0);
				take_longest(ret, ttl_of(ldns_rr_ttl(rr)));
			}
		}
		if (!next) {
			break;
		}
		ret->alias = ret->alias.len ? ret->alias : text_of(next, a);
		owner = next;
	}
	return owner;
}

static void take_records(const ldns_rr_list *answer, const ldns_rdf *owner, ldns_rr_type type, struct signet_arena *a,
                         struct asked *ret)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && ret->n < ASK_RECORDS_MAX; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);
		if (is_of(rr, owner, type)) {
			uint32_t ttl = ttl_of(ldns_rr_ttl(rr));
			ret->ttl_s = ret->n == 0 || ttl < ret->ttl_s ? ttl : ret->ttl_s;
			take_longest(ret, ttl);
			ret->records[ret->n++] = (struct signet_rr) { .data = data_of(rr, a) };
		}
	}
}

static void take_soa(const ldns_rr_list *list, struct signet_arena *a, struct asked *ret)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list) && !ret->soa_zone.at; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		if (is_of(rr, NULL, LDNS_RR_TYPE_SOA) && ldns_rr_rd_count(rr) == 7) {
			uint32_t minimum = ttl_of(ldns_rdf2native_int32(ldns_rr_rdf(rr, 6)));
			uint32_t ttl = ttl_of(ldns_rr_ttl(rr));
			ret->soa_zone = text_of(ldns_rr_owner(rr), a);
			ret->soa_primary = text_of(ldns_rr_rdf(rr, 0), a);
			ret->negative_s = minimum < ttl ? minimum : ttl;
		}
	}
}

static void take_referral(const ldns_rr_list *authority, struct signet_arena *a, struct asked *ret)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(authority); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(authority, i);
		if (is_of(rr, NULL, LDNS_RR_TYPE_NS) && ret->n_referral < 16) {
			ret->referral = text_of(ldns_rr_owner(rr), a);
			ret->referral_servers[ret->n_referral++] = text_of(ldns_rr_rdf(rr, 0), a);
		}
	}
}

static enum signet_dns_status status_of(ldns_pkt_rcode rcode)
{
	switch (rcode) {
	case LDNS_RCODE_NOERROR:
		return SIGNET_DNS_NOERROR;
	case LDNS_RCODE_NXDOMAIN:
		return SIGNET_DNS_NXDOMAIN;
	case LDNS_RCODE_SERVFAIL:
		return SIGNET_DNS_SERVFAIL;
	case LDNS_RCODE_REFUSED:
		return SIGNET_DNS_REFUSED;
	default:
		return SIGNET_DNS_OTHER;
	}
}

static void read_answer(const uint8_t *wire, size_t n, enum signet_rrtype type, struct signet_arena *a,
                        struct asked *ret)
{
	ldns_pkt *pkt = NULL;
	if (ldns_wire2pkt(&pkt, wire, n) != LDNS_STATUS_OK || ldns_rr_list_rr_count(ldns_pkt_question(pkt)) != 1) {
		ret->fault = EXCHANGE_MALFORMED;
		ret->status = SIGNET_DNS_MALFORMED;
		ldns_pkt_free(pkt);
		return;
	}
	const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0));
	ret->status = status_of(ldns_pkt_get_rcode(pkt));
	ret->authoritative = ldns_pkt_aa(pkt);
	owner = follow(ldns_pkt_answer(pkt), owner, a, ret);
	take_records(ldns_pkt_answer(pkt), owner, (ldns_rr_type)type, a, ret);
	take_soa(ldns_pkt_answer(pkt), a, ret);
	take_soa(ldns_pkt_authority(pkt), a, ret);
	if (!ret->authoritative && ret->status == SIGNET_DNS_NOERROR && ret->n == 0 && !ret->soa_zone.at) {
		take_referral(ldns_pkt_authority(pkt), a, ret);
	}
	ldns_pkt_free(pkt);
}

void ask(const struct dns_server *server, slice name, enum signet_rrtype type, enum ask_how how, int timeout_ms,
         struct signet_arena *a, struct asked *ret)
{
	size_t n = 0;
	*ret = (struct asked) { .fault = EXCHANGE_NO_MEMORY, .status = SIGNET_DNS_TIMEOUT };
	slice question = write_question(name, type, how);
	uint8_t *wire = malloc(EXCHANGE_OCTETS);
	if (question.len && wire) {
		ret->fault = exchange(server, EXCHANGE_UDP, question, timeout_ms, wire, &n);
		ret->no_route = ret->fault == EXCHANGE_NO_ROUTE;
		if (ret->fault == EXCHANGE_GOOD) {
			read_answer(wire, n, type, a, ret);
		}
	}
	free(wire);
	free((void *)(uintptr_t)question.at);
}

/* ---- side by side ---- */

struct errand {
	const struct dns_server *server;
	slice name;
	enum signet_rrtype type;
	enum ask_how how;
	int timeout_ms;
	struct signet_arena arena;
	struct asked *ret;
	pthread_t thread;
	bool started;
};

static void *go(void *data)
{
	struct errand *e = data;
	ask(e->server, e->name, e->type, e->how, e->timeout_ms, &e->arena, e->ret);
	return NULL;
}

/* Out of the arena of the thread. */
static void bring_home(struct asked *asked, struct signet_arena *a)
{
	for (size_t i = 0; i < asked->n; i++) {
		asked->records[i].data = arena_copy(a, asked->records[i].data);
	}
	for (size_t i = 0; i < asked->n_referral; i++) {
		asked->referral_servers[i] = arena_copy(a, asked->referral_servers[i]);
	}
	asked->alias = arena_copy(a, asked->alias);
	asked->soa_zone = asked->soa_zone.at ? arena_copy(a, asked->soa_zone) : asked->soa_zone;
	asked->soa_primary = arena_copy(a, asked->soa_primary);
	asked->referral = arena_copy(a, asked->referral);
}

void ask_all(const struct dns_server *servers, size_t n, slice name, enum signet_rrtype type, enum ask_how how,
             int timeout_ms, struct signet_arena *a, struct asked *ret)
{
	struct errand *errands = calloc(n ? n : 1, sizeof(*errands));
	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct asked) { .fault = EXCHANGE_NO_MEMORY, .status = SIGNET_DNS_TIMEOUT };
	}
	for (size_t i = 0; errands && i < n && i < ASK_SERVERS_MAX; i++) {
		struct errand *e = &errands[i];
		*e = (struct errand) { .server = &servers[i],
			               .name = name,
			               .type = type,
			               .how = how,
			               .timeout_ms = timeout_ms,
			               .ret = &ret[i] };
		arena_init(&e->arena, ASK_OCTETS);
		e->started = n > 1 && pthread_create(&e->thread, NULL, go, e) == 0;
		if (!e->started) {
			(void)go(e);
		}
	}
	for (size_t i = 0; errands && i < n && i < ASK_SERVERS_MAX; i++) {
		if (errands[i].started) {
			(void)pthread_join(errands[i].thread, NULL);
		}
		bring_home(&ret[i], a);
		arena_finish(&errands[i].arena);
	}
	free(errands);
}
