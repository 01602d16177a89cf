/* SPDX-License-Identifier: Apache-2.0 */
/* The book: answers at hand, and the cap. */
#include <stdio.h>

#include "../../src/dns/book.h"
#include "../support/rows.h"

/* A source that knows the names that begin with "k". */
static bool knows_k(void *data, const struct signet_question *q, struct signet_answer *ret)
{
	static const struct signet_rr rr = { .data = { "text", 4 } };
	size_t *told = data;
	++*told;
	*ret = (struct signet_answer){ .status = SIGNET_DNS_NOERROR, .ttl_s = 60, .n = 1, .rr = &rr };
	return q->name.at[0] == 'k';
}

static void test_source(void)
{
	struct signet_book *book = signet_book_new(4);
	struct signet_question q;
	struct signet_answer entry;
	const struct signet_answer *ans = NULL;
	size_t told = 0;
	signet_book_set_source(book, knows_k, &told);
	row_number("-", "an answer at hand needs no wait", book_ask(book, S("Known.example."), SIGNET_RR_TXT, &ans), SIGNET_OK);
	row_text("-", "it is there", ans && ans->n ? ans->rr[0].data : S("(none)"), "text");
	row_bool("-", "and nobody is told of the question", signet_book_next(book, &q), false);
	row_bool("-", "but the list has it", signet_book_entry(book, 0, &q, &entry) && entry.ttl_s == 60, true);
	row_text("-", "as it is asked", q.name, "known.example");
	(void)book_ask(book, S("known.example"), SIGNET_RR_TXT, &ans);
	row_number("-", "the source is told once", (int64_t)told, 1);
	row_number("-", "what it does not know is waited for", book_ask(book, S("other.example"), SIGNET_RR_A, &ans),
		   SIGNET_PENDING);
	row_bool("-", "and handed out", signet_book_next(book, &q) && q.type == SIGNET_RR_A, true);
	book_want(book, S("key.example"), SIGNET_RR_TXT);
	row_number("-", "a wish past half of the cap is dropped unasked", (int64_t)told, 2);
	(void)book_ask(book, S("k3.example"), SIGNET_RR_TXT, &ans);
	(void)book_ask(book, S("k4.example"), SIGNET_RR_TXT, &ans);
	row_number("-", "the cap counts", book_ask(book, S("k5.example"), SIGNET_RR_TXT, &ans), SIGNET_OK);
	row_number("-", "answers at hand", ans->status, SIGNET_DNS_BUDGET);
	row_bool("-", "and is reported", book_is_spent(book), true);
	signet_book_reset(book);
	row_number("-", "a reset keeps the source", book_ask(book, S("k.example"), SIGNET_RR_TXT, &ans), SIGNET_OK);
	book_want(book, S("k2.example"), SIGNET_RR_TXT);
	row_bool("-", "a wish is answered at once too", signet_book_is_open(book), false);
	signet_book_set_source(book, NULL, NULL);
	row_number("-", "without source all is waited for", book_ask(book, S("k3.example"), SIGNET_RR_TXT, &ans),
		   SIGNET_PENDING);
	signet_book_free(book);
}

/* A book that is made again from what another one held. */
static void test_open_question(void)
{
	struct signet_book *book = signet_book_new(0);
	const struct signet_question open = { S("wish.example"), SIGNET_RR_TXT };
	const struct signet_answer unanswered = { .status = SIGNET_DNS_UNANSWERED };
	const struct signet_answer nxdomain = { .status = SIGNET_DNS_NXDOMAIN };
	struct signet_question q;
	struct signet_answer a;
	row_number("-", "an open question is taken over", signet_book_answer(book, &open, &unanswered), SIGNET_OK);
	row_bool("-", "it is open", signet_book_is_open(book), true);
	row_bool("-", "and stands in its place",
		 signet_book_entry(book, 0, &q, &a) && a.status == SIGNET_DNS_UNANSWERED && slice_eq(q.name, open.name), true);
	row_number("-", "it can be answered", signet_book_answer(book, &open, &nxdomain), SIGNET_OK);
	row_number("-", "and stays so", signet_book_answer(book, &open, &unanswered), SIGNET_OK);
	row_bool("-", "once", signet_book_find(book, &open, &a) && a.status == SIGNET_DNS_NXDOMAIN, true);
	row_bool("-", "then nothing is open", signet_book_is_open(book), false);
	signet_book_free(book);
}

int main(void)
{
	test_source();
	test_open_question();
	return rows_end();
}
