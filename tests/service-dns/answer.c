/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <stdlib.h>

#include "../../src/base/ip.h"

static void put_record(struct buf *b, enum signet_rrtype type, const struct signet_rr *rr)
{
	struct signet_ip ip = { .family = type == SIGNET_RR_A ? 4 : 6 };
	switch (type) {
	case SIGNET_RR_A:
	case SIGNET_RR_AAAA:
		memcpy(ip.octets, rr->data.at, ip.family == 4 ? 4 : 16);
		ip_put(b, &ip);
		break;
	case SIGNET_RR_MX:
		buf_put_number(b, rr->preference);
		buf_put_char(b, ':');
		buf_put(b, rr->data);
		break;
	case SIGNET_RR_TLSA:
	case SIGNET_RR_SOA:
		buf_put_hex(b, rr->data, false);
		break;
	default:
		buf_put(b, rr->data);
	}
}

static int compare(const void *a, const void *b)
{
	return slice_compare(((const struct buf *)a)->at ? buf_slice(a) : S(""),
	                     ((const struct buf *)b)->at ? buf_slice(b) : S(""));
}

void answer_put(struct buf *b, enum signet_rrtype type, const struct signet_answer *ans, bool with_ttl)
{
	struct buf *texts = calloc(ans->n + 1, sizeof(*texts));
	buf_put_text(b, signet_dns_status_name(ans->status));
	if (with_ttl) {
		buf_put_char(b, ' ');
		buf_put_number(b, ans->ttl_s);
	}
	buf_put_text(b, ans->aliased ? " aliased" : "");
	buf_put_text(b, ans->secure ? " secure" : "");
	for (size_t i = 0; i < ans->n; i++) {
		buf_init(&texts[i], 1 << 20);
		put_record(&texts[i], type, &ans->rr[i]);
	}
	qsort(texts, ans->n, sizeof(*texts), compare);
	for (size_t i = 0; i < ans->n; i++) {
		buf_put_char(b, ' ');
		buf_put(b, buf_slice(&texts[i]));
		buf_finish(&texts[i]);
	}
	free(texts);
}

enum signet_rrtype answer_type(const char *name)
{
	static const enum signet_rrtype types[] = { SIGNET_RR_A,   SIGNET_RR_NS,   SIGNET_RR_CNAME,
		                                    SIGNET_RR_SOA, SIGNET_RR_PTR,  SIGNET_RR_MX,
		                                    SIGNET_RR_TXT, SIGNET_RR_AAAA, SIGNET_RR_TLSA };
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (slice_eq(slice_of(name), slice_of(signet_rrtype_name(types[i])))) {
			return types[i];
		}
	}
	abort();
}
