/* SPDX-License-Identifier: Apache-2.0 */
/* Which results of a message may be sealed as our own, and how they are put together. */
#include <stdlib.h>

#include <signet/authres.h>
#include <signet/check.h>

#include "../support/rows.h"
#include "../../src/base/arena.h"

static struct signet *engine;

static void must(bool good)
{
	if (!good) {
		abort();
	}
}

static const struct merged_row {
	const char *clause, *what, *message, *want;
} merged_rows[] = {
	{ "8617:4.1.1", "results are merged in order, as written",
	  "Authentication-Results: mx.d.example; spf=pass (x) smtp.mailfrom=a.example;\r\n dkim=none\r\n"
	  "Authentication-Results: MX.d.example 1; arc=none;\r\nFrom: a@b.example\r\n\r\n",
	  "mx.d.example; spf=pass (x) smtp.mailfrom=a.example;\r\n dkim=none" },
	{ "8617:4.1.1", "results under other names are not ours",
	  "Authentication-Results: other.example; spf=pass\r\nFrom: a@b.example\r\n\r\n", "mx.d.example; none" },
	{ "8601:4.1", "nothing below a foreign Received is believed",
	  "Received: from x ([203.0.113.9]) by y; Fri, 27 Nov 2026 10:00:00 +0000\r\n"
	  "Authentication-Results: mx.d.example; spf=pass\r\nFrom: a@b.example\r\n\r\n",
	  "mx.d.example; none" },
	{ "8601:4.1", "what our relay wrote above is",
	  "Received: from r ([192.0.2.7]) by mx.d.example; Fri, 27 Nov 2026 10:00:00 +0000\r\n"
	  "Received: from x ([203.0.113.9]) by r.d.example; Fri, 27 Nov 2026 10:00:00 +0000\r\n"
	  "Authentication-Results: mx.d.example; spf=pass\r\n"
	  "Received: from f ([203.0.113.8]) by foreign.example; Fri, 27 Nov 2026 10:00:00 +0000\r\n"
	  "Authentication-Results: mx.d.example; dmarc=pass\r\nFrom: a@b.example\r\n\r\n",
	  "mx.d.example; none" },
	{ "8601:2.2", "a field that says none adds nothing",
	  "Authentication-Results: mx.d.example; none\r\nAuthentication-Results: mx.d.example; spf=fail\r\nFrom: "
	  "a@b.example\r\n\r\n",
	  "mx.d.example; spf=fail" },
	{ "8601:2.2", "a field that breaks the grammar is none",
	  "Authentication-Results: mx.d.example; spf=pass (\r\nFrom: a@b.example\r\n\r\n", "mx.d.example; none" },
};

static void test_merged(void)
{
	static const slice id = { "mx.d.example", 12 };
	for (size_t i = 0; i < ROWS(merged_rows); i++) {
		struct signet_arena a;
		slice got = { 0 };
		struct signet_settings settings = { 0 };
		struct signet_envelope envelope = { 0 };
		arena_init(&a, (size_t)1 << 20);
		struct signet_check *check = signet_check_new(engine, &settings, &envelope);
		must(signet_check_feed(check, slice_of(merged_rows[i].message)) == SIGNET_OK);
		enum signet_status status = signet_authres_merged(check, &id, 1, &a, &got);
		row_text(merged_rows[i].clause, merged_rows[i].what, status == SIGNET_OK ? got : S("?"),
		         merged_rows[i].want);
		signet_check_free(check);
		arena_finish(&a);
	}
	/* with a list of our relays the results behind them count, and no further */
	struct signet_arena a;
	slice got = { 0 };
	struct signet_network net = { { 4, { 192, 0, 2 } }, 24 };
	struct signet_settings settings = { .trusted_nets = &net, .n_trusted_nets = 1 };
	struct signet_envelope envelope = { 0 };
	arena_init(&a, (size_t)1 << 20);
	struct signet_check *check = signet_check_new(engine, &settings, &envelope);
	must(signet_check_feed(check, slice_of(merged_rows[3].message)) == SIGNET_OK);
	must(signet_authres_merged(check, &id, 1, &a, &got) == SIGNET_OK);
	row_text("8601:4.1", "with our relays listed their results count, those below do not", got,
	         "mx.d.example; spf=pass");
	row_number("-", "without a name nothing can be believed", signet_authres_merged(check, NULL, 0, &a, &got),
	           SIGNET_MISUSE);
	signet_check_free(check);
	arena_finish(&a);
}

int main(void)
{
	engine = signet_new();
	must(engine);
	test_merged();
	signet_free(engine);
	return rows_end();
}
