/* SPDX-License-Identifier: Apache-2.0 */
/* libspf2 with its cache, on the envelopes and zones of spf.c: a layer below the cache answers from the zones, so after
 * the first pass only the cache is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <spf2/spf.h>
#include <spf2/spf_dns.h>
#include <spf2/spf_dns_cache.h>

#include "corpus.h"

#define REPEAT 10 /* as in spf.c */
#define CACHE_BITS 14 /* far more buckets than names */

static void put(SPF_dns_rr_t *to, int i, enum signet_rrtype type, slice data)
{
	if (SPF_dns_rr_buf_realloc(to, i, data.len + 1) != SPF_E_SUCCESS) {
		corpus_die("libspf2: no memory");
	}
	memcpy(to->rr[i], data.at, data.len);
	if (type != SIGNET_RR_A && type != SIGNET_RR_AAAA) {
		((char *)to->rr[i])[data.len] = 0;
	}
	to->num_rr = i + 1;
}

static SPF_dns_rr_t *look_up(SPF_dns_server_t *server, const char *domain, ns_type type, int should_cache)
{
	const struct corpus *c = server->hook;
	char lower[256];
	size_t n = strnlen(domain, sizeof(lower));
	(void)should_cache;
	for (size_t i = 0; i < n; i++) {
		lower[i] = (char)(domain[i] >= 'A' && domain[i] <= 'Z' ? domain[i] + 32 : domain[i]);
	}
	const struct signet_question question = { .name = slice_make(lower, n), .type = (enum signet_rrtype)type };
	const struct signet_answer answer = signet_zones_lookup(c->zones, &question);
	SPF_dns_stat_t status = answer.status == SIGNET_DNS_NXDOMAIN ? HOST_NOT_FOUND
				: answer.n			     ? NETDB_SUCCESS
								     : NO_DATA;
	SPF_dns_rr_t *result = SPF_dns_rr_new_init(server, domain, type, 3600, status);
	for (size_t i = 0; result && i < answer.n; i++) {
		put(result, (int)i, question.type, answer.rr[i].data);
	}
	return result;
}

static bool eval_one(SPF_server_t *server, const struct corpus_message *m)
{
	SPF_request_t *request = SPF_request_new(server);
	SPF_response_t *response = NULL;
	if (m->ip.family == 4) {
		SPF_request_set_ipv4_str(request, m->ip_text);
	} else {
		SPF_request_set_ipv6_str(request, m->ip_text);
	}
	SPF_request_set_helo_dom(request, m->helo);
	if (m->mail_from[0]) {
		SPF_request_set_env_from(request, m->mail_from);
	}
	SPF_request_query_mailfrom(request, &response);
	bool expected = strcmp(SPF_strresult(SPF_response_result(response)), m->spf) == 0;
	SPF_response_free(response);
	SPF_request_free(request);
	return expected;
}

static size_t pass(const struct corpus *c, void *data)
{
	size_t agreed = 0;
	for (size_t i = 0; i < c->n * REPEAT; i++) {
		agreed += eval_one(data, &c->messages[i % c->n]);
	}
	return agreed / REPEAT;
}

int main(int argc, char **argv)
{
	struct corpus c;
	corpus_open(&c, argc, argv);
	SPF_dns_server_t zones = { .lookup = look_up, .name = "zones", .hook = &c };
	SPF_dns_server_t *cache = SPF_dns_cache_new(&zones, NULL, 0, CACHE_BITS);
	SPF_server_t *server = cache ? SPF_server_new_dns(cache, 0) : NULL;
	if (!server) {
		corpus_die("libspf2 does not start");
	}
	corpus_measure(&c, pass, server);
	SPF_server_free(server);
	return 0;
}
