/* SPDX-License-Identifier: Apache-2.0 */
/* A whole evaluation: each line is the next answer, its first octet the status and what else comes. */
#include <signet/spf.h>

#include "../src/base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice rest = slice_make((const char *)data, size);
	slice from = slice_split(&rest, '\n');
	struct signet_spf_query q = { .ip = { 4, { 192, 0, 2, 1 } }, .helo = from, .mail_from = from, .max_voids = 5 };
	struct signet_book *book = signet_book_new(0);
	struct signet_arena *arena = signet_arena_new((size_t)64 << 20);
	struct signet_spf spf;
	struct signet_question question;
	while (signet_spf_eval(&q, book, arena, &spf) == SIGNET_PENDING) {
		while (signet_book_next(book, &question)) {
			slice line = rest.at ? slice_split(&rest, '\n') : S("");
			struct signet_rr rr[2] = { { .data = slice_from(line, 1) },
				                   { .data = { "\xc0\x00\x02\x01", 4 } } };
			size_t own = question.type == SIGNET_RR_A && line.len && line.at[0] & 1;
			unsigned status = line.len ? 1 + (unsigned char)line.at[0] / 32 : 2;
			struct signet_answer answer = { .status = status,
				                        .n = status == 1 && line.len,
				                        .rr = rr + own };
			signet_book_answer(book, &question, &answer);
		}
	}
	signet_arena_free(arena);
	signet_book_free(book);
	return 0;
}
