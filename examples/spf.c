/* SPDX-License-Identifier: Apache-2.0 */
/* May this host send for that domain?  The smallest program with libsignet: one evaluation, answers from a table.
 *
 *     cc spf.c -o spf $(pkg-config --cflags --libs libsignet)
 *     ./spf 192.0.2.1 someone@example.com
 *
 * A real program asks the DNS where this one looks into `records`; see resolver.h, or libsignet-resolve. */
#include <signet/spf.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LITERAL(text) ((signet_slice){ text, sizeof(text) - 1 })

static const struct {
	const char *name;
	const char *text;
} records[] = {
	{ "example.com", "v=spf1 ip4:192.0.2.0/24 include:mailer.example -all" },
	{ "mailer.example", "v=spf1 ip6:2001:db8::/32 -all" },
};

static signet_slice slice(const char *text)
{
	return (signet_slice){ text, strlen(text) };
}

/* Answers one question from the table. */
static void answer(struct signet_book *book, const struct signet_question *q)
{
	struct signet_answer none = { .status = SIGNET_DNS_NXDOMAIN };
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		size_t len = strlen(records[i].name);
		if (q->name.len != len || memcmp(q->name.at, records[i].name, len) != 0) {
			continue;
		}
		struct signet_rr rr = { .data = slice(records[i].text) };
		struct signet_answer found = { .status = SIGNET_DNS_NOERROR, .ttl_s = 300, .n = 1, .rr = &rr };
		if (q->type != SIGNET_RR_TXT) {
			found.n = 0;
		}
		signet_book_answer(book, q, &found);
		return;
	}
	signet_book_answer(book, q, &none);
}

int main(int argc, char **argv)
{
	struct signet_spf_query query = { .identity = SIGNET_SPF_MAILFROM, .helo = LITERAL("mail.example.com") };
	struct signet_book *book = signet_book_new(0);
	struct signet_arena *arena = signet_arena_new((size_t)1 << 20);
	struct signet_spf spf;
	enum signet_status status;

	query.mail_from = slice(argc > 2 ? argv[2] : "someone@example.com");
	query.now = time(NULL);
	if (!signet_ip_parse(slice(argc > 1 ? argv[1] : "192.0.2.1"), &query.ip) || !book || !arena) {
		fputs("usage: spf ADDRESS SENDER\n", stderr);
		return 2;
	}
	while ((status = signet_spf_eval(&query, book, arena, &spf)) == SIGNET_PENDING) {
		struct signet_question question;
		while (signet_book_next(book, &question)) {
			answer(book, &question);
		}
	}
	if (status == SIGNET_OK) {
		printf("%s by \"%.*s\", %u look-ups\n", signet_spf_result_name(spf.result), (int)spf.matched.len,
		       spf.matched.at, spf.lookups);
		for (size_t i = 0; i < spf.findings.n; i++) {
			const struct signet_finding_kind *kind = signet_finding_kind(spf.findings.at[i].id);
			printf("  %s: %s (%s)\n", kind->name, kind->sentence, kind->clause);
		}
	}
	signet_arena_free(arena);
	signet_book_free(book);
	return status == SIGNET_OK ? 0 : 3;
}
