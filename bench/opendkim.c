/* SPDX-License-Identifier: Apache-2.0 */
/* libopendkim: DKIM alone, driven as its milter drives it, with key records from the zones in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/types.h>

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <opendkim/dkim.h>
#include <resolv.h>

#include "corpus.h"

/* libopendkim starts one query, waits for it and reads the packet; ours is there at once. */
struct reply {
	const struct corpus *corpus;
	size_t octets;
};

static int start_service(void **service)
{
	(void)service; /* set by dkim_dns_set_query_service() */
	return 0;
}

static void close_service(void *service)
{
	(void)service;
}

static unsigned char *put_number(unsigned char *at, size_t n)
{
	*at++ = (unsigned char)(n >> 8);
	*at++ = (unsigned char)(n & 255);
	return at;
}

static unsigned char *put_txt(unsigned char *at, slice text)
{
	at = put_number(at, 0xc00c); /* the name of the question */
	at = put_number(at, ns_t_txt);
	at = put_number(at, ns_c_in);
	at = put_number(at, 0); /* the upper half of the TTL */
	at = put_number(at, 3600);
	at = put_number(at, text.len + (text.len + 254) / 255);
	while (text.len) {
		slice part = slice_first(text, 255);
		*at++ = (unsigned char)part.len;
		memcpy(at, part.at, part.len);
		at += part.len;
		text = slice_from(text, part.len);
	}
	return at;
}

static int query(void *service, int type, unsigned char *name, unsigned char *packet, size_t room, void **handle)
{
	struct reply *reply = service;
	const struct signet_question question = { .name = slice_of((const char *)name), .type = SIGNET_RR_TXT };
	const struct signet_answer answer = signet_zones_lookup(reply->corpus->zones, &question);
	unsigned char *names[2] = { NULL, NULL };
	unsigned char *at = packet + NS_HFIXEDSZ;
	HEADER *header = (HEADER *)(void *)packet;
	(void)type;
	memset(packet, 0, NS_HFIXEDSZ);
	header->qr = 1;
	header->qdcount = htons(1);
	header->ancount = htons((uint16_t)answer.n);
	header->rcode = answer.status == SIGNET_DNS_NXDOMAIN ? ns_r_nxdomain & 15 : ns_r_noerror;
	int n = dn_comp((const char *)name, at, (int)room - NS_HFIXEDSZ, names, NULL);
	at += n > 0 ? n : 0;
	at = put_number(at, ns_t_txt);
	at = put_number(at, ns_c_in);
	for (size_t i = 0; i < answer.n; i++) {
		at = put_txt(at, answer.rr[i].data);
	}
	reply->octets = (size_t)(at - packet);
	*handle = packet;
	return DKIM_DNS_SUCCESS;
}

static int wait_reply(void *service, void *handle, struct timeval *patience, size_t *octets, int *error, int *secure)
{
	const struct reply *reply = service;
	(void)handle;
	(void)patience;
	if (octets) {
		*octets = reply->octets;
	}
	if (error) {
		*error = 0;
	}
	if (secure) {
		*secure = 0;
	}
	return DKIM_DNS_SUCCESS;
}

static int cancel(void *service, void *handle)
{
	(void)service;
	(void)handle;
	return DKIM_DNS_SUCCESS;
}

/* The length of the field at the start of `rest` without its CRLF. */
static size_t field_length(slice rest)
{
	size_t end = 0;
	do {
		const char *lf = memchr(rest.at + end, '\n', rest.len - end);
		end = lf ? (size_t)(lf - rest.at) + 1 : rest.len;
	} while (end < rest.len && (rest.at[end] == ' ' || rest.at[end] == '\t'));
	return end - 2;
}

static bool has_pass(DKIM *dkim)
{
	DKIM_SIGINFO **signatures;
	int n = 0;
	bool passes = false;
	if (dkim_getsiglist(dkim, &signatures, &n) == DKIM_STAT_OK) {
		for (int i = 0; i < n; i++) {
			passes |= (dkim_sig_getflags(signatures[i]) & DKIM_SIGFLAG_PASSED) &&
				  dkim_sig_getbh(signatures[i]) == DKIM_SIGBH_MATCH;
		}
	}
	return passes;
}

static bool verify_one(DKIM_LIB *library, const struct corpus_message *m)
{
	DKIM_STAT status;
	bool key_testing;
	DKIM *dkim = dkim_verify(library, (const unsigned char *)"message", NULL, &status);
	slice rest = slice_first(m->octets, m->octets.len - m->body.len - 2);
	while (rest.len) {
		size_t n = field_length(rest);
		dkim_header(dkim, (u_char *)(uintptr_t)rest.at, n);
		rest = slice_from(rest, n + 2);
	}
	if (dkim_eoh(dkim) == DKIM_STAT_OK) {
		dkim_body(dkim, (u_char *)(uintptr_t)m->body.at, m->body.len);
	}
	dkim_eom(dkim, &key_testing);
	bool expected = has_pass(dkim) == m->passes;
	dkim_free(dkim);
	return expected;
}

static size_t pass(const struct corpus *c, void *data)
{
	size_t agreed = 0;
	for (size_t i = 0; i < c->n; i++) {
		agreed += verify_one(data, &c->messages[i]);
	}
	return agreed;
}

int main(int argc, char **argv)
{
	struct corpus c;
	corpus_open(&c, argc, argv);
	struct reply reply = { .corpus = &c };
	DKIM_LIB *library = dkim_init(NULL, NULL);
	if (!library) {
		corpus_die("libopendkim does not start");
	}
	dkim_dns_set_init(library, start_service);
	dkim_dns_set_close(library, close_service);
	dkim_dns_set_query_service(library, &reply);
	dkim_dns_set_query_start(library, query);
	dkim_dns_set_query_waitreply(library, wait_reply);
	dkim_dns_set_query_cancel(library, cancel);
	corpus_measure(&c, pass, library);
	dkim_close(library);
	return 0;
}
