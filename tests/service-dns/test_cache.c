/* SPDX-License-Identifier: Apache-2.0 */
/* The answers a resolver keeps: as long as they live, and as many as there is room for. */
#include <stdio.h>

#include "../../service/dns/cache.h"
#include "../../src/base/slice.h"
#include "../support/rows.h"

#define NOW 1000000

static struct signet_answer answer_of(const struct signet_rr *rr, uint32_t ttl_s)
{
	return (struct signet_answer) {
		.status = SIGNET_DNS_NOERROR, .secure = true, .ttl_s = ttl_s, .n = 1, .rr = rr
	};
}

static void test_life(void)
{
	struct cache *c = cache_new(CACHE_BYTES);
	const struct signet_question q = { S("a.example"), SIGNET_RR_TXT };
	const struct signet_question other = { S("a.example"), SIGNET_RR_MX };
	const struct signet_rr rr = { .data = S("text"), .preference = 7 };
	struct signet_answer ans = answer_of(&rr, 60), got = { 0 };
	row_bool("-", "an empty cache knows nothing", cache_find(c, &q, NOW, &got), false);
	cache_put(c, &q, &ans, NOW);
	row_bool("2181:8", "an answer is kept", cache_find(c, &q, NOW + 1, &got), true);
	row_text("-", "with its records", got.n ? got.rr[0].data : S("(none)"), "text");
	row_bool("-", "and all else", got.secure && got.rr[0].preference == 7, true);
	row_bool("-", "for its type only", cache_find(c, &other, NOW + 1, &got), false);
	row_bool("2181:8", "its TTL goes down", cache_find(c, &q, NOW + 50500, &got) && got.ttl_s == 10, true);
	row_bool("2181:8", "to the end", cache_find(c, &q, NOW + 60000, &got), false);
	ans.ttl_s = 0;
	cache_put(c, &other, &ans, NOW);
	row_bool("1035:3.2.1", "without TTL it is used once", cache_find(c, &other, NOW, &got), false);
	ans = (struct signet_answer) { .status = SIGNET_DNS_SERVFAIL, .ttl_s = 60 };
	cache_put(c, &other, &ans, NOW);
	row_bool("-", "trouble is not kept", cache_find(c, &other, NOW, &got), false);
	ans.status = SIGNET_DNS_NXDOMAIN;
	cache_put(c, &other, &ans, NOW);
	row_bool("2308:5", "what does not exist is", cache_find(c, &other, NOW, &got) && got.n == 0, true);
	cache_free(c);
	cache_free(NULL);
}

static void test_room(void)
{
	char name[64];
	struct cache *c = cache_new((size_t)64 << 10);
	const struct signet_rr rr = { .data = S("some text of a record") };
	const struct signet_answer ans = answer_of(&rr, 3600);
	const struct signet_question busy = { S("busy.example"), SIGNET_RR_TXT };
	const struct signet_question idle = { S("idle.example"), SIGNET_RR_TXT };
	struct signet_answer got;
	size_t missed = 0, busy_missed = 0;
	cache_put(c, &busy, &ans, NOW);
	cache_put(c, &idle, &ans, NOW);
	for (int i = 0; i < 5000; i++) {
		int n = snprintf(name, sizeof(name), "n%d.example", i);
		const struct signet_question q = { slice_make(name, (size_t)n), SIGNET_RR_TXT };
		cache_put(c, &q, &ans, NOW);
		missed += !cache_find(c, &q, NOW, &got);
		busy_missed += !cache_find(c, &busy, NOW, &got);
	}
	row_number("-", "what was just kept is there", (int64_t)missed, 0);
	row_bool("-", "what is asked all the time nearly always", busy_missed < 100, true);
	row_bool("-", "what nobody asks for is forgotten", cache_find(c, &idle, NOW, &got), false);
	cache_free(c);
}

int main(void)
{
	test_life();
	test_room();
	return rows_end();
}
