/* SPDX-License-Identifier: Apache-2.0 */
/* The first line names the author, the second an identifier; each further line answers one question, in the order they
 * are asked, "!" for a lost answer. */
#include <signet/dmarc.h>

#include "../src/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice rest = slice_make((const char *)data, size);
	slice author = slice_split(&rest, '\n');
	struct signet_dmarc_evidence evidence = { .domain = slice_split(&rest, '\n'), .outcome = SIGNET_OUTCOME_PASS };
	struct signet_dmarc_query query = { .author = author, .evidence = &evidence, .n_evidence = 1 };
	struct signet_book *book = signet_book_new(0);
	struct signet_dmarc dmarc;
	struct signet_arena a;
	arena_init(&a, 1 << 22);
	for (int round = 0; round < 20 && signet_dmarc_eval(&query, book, &a, &dmarc) == SIGNET_PENDING; round++) {
		struct signet_question question;
		while (signet_book_next(book, &question)) {
			struct signet_rr rr = { .data = slice_split(&rest, '\n') };
			struct signet_answer answer = { .status = SIGNET_DNS_NOERROR, .n = rr.data.len > 0, .rr = &rr };
			answer.status = slice_eq(rr.data, S("!")) ? SIGNET_DNS_SERVFAIL : SIGNET_DNS_NOERROR;
			signet_book_answer(book, &question, &answer);
		}
	}
	arena_finish(&a);
	signet_book_free(book);
	return 0;
}
