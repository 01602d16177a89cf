/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the lines of a body, whatever the chunks are. */
#include <stdio.h>

#include "../../src/mail/lines.h"
#include "../support/rows.h"

static const struct row {
	const char *clause, *what, *body;
	uint64_t bare_cr, bare_lf, eight_bit, longest, longest_line; /* lines from 1, 0: none; octets */
} rows[] = {
	{ "5321:2.3.8", "an empty body", "", 0, 0, 0, 0, 0 },
	{ "5321:2.3.8", "two lines", "ab\r\nabc\r\n", 0, 0, 0, 3, 2 },
	{ "5321:2.3.8", "a line without its end", "abc\r\nab", 0, 0, 0, 3, 1 },
	{ "5321:2.3.8", "an LF alone is an octet of its line", "a\r\nb\nc\r\n", 0, 2, 0, 3, 2 },
	{ "5321:2.3.8", "an LF alone at the start", "\na", 0, 1, 0, 2, 1 },
	{ "5321:2.3.8", "a CR alone is an octet of its line", "a\rb\r\n", 1, 0, 0, 3, 1 },
	{ "5321:2.3.8", "two CRs before an LF", "a\r\r\n", 1, 0, 0, 2, 1 },
	{ "5321:2.3.8", "a CR as the last octet", "a\r\nb\r", 2, 0, 0, 2, 2 },
	{ "5321:2.3.8", "only CRs", "\r\r\r", 1, 0, 0, 3, 1 },
	{ "5321:2.3.8", "an LF before a CR", "\n\r", 1, 1, 0, 2, 1 },
	{ "5322:2.1.1", "the first of the longest lines", "abc\r\nabc\r\na\r\n", 0, 0, 0, 3, 1 },
	{ "6376:5.3", "the first line with 8-bit octets", "a\r\nb\r\n\xc3\xa4\r\n\xc3\xa4\r\n", 0, 0, 3, 2, 3 },
};

static slice told(const struct body_lines *l, char *at, size_t room)
{
	int n = snprintf(at, room, "cr %llu lf %llu 8bit %llu nul %llu longest %llu in %llu",
	                 (unsigned long long)l->bare_cr_line, (unsigned long long)l->bare_lf_line,
	                 (unsigned long long)l->eight_bit_line, (unsigned long long)l->nul_line,
	                 (unsigned long long)l->longest, (unsigned long long)l->longest_line);
	return slice_make(at, (size_t)n);
}

int main(void)
{
	char got[200], want[200], again[200];
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		slice body = slice_of(row->body);
		struct body_lines whole = { 0 };
		bool same = true;
		struct body_lines expected = { .bare_cr_line = row->bare_cr,
			                       .bare_lf_line = row->bare_lf,
			                       .eight_bit_line = row->eight_bit,
			                       .longest = row->longest,
			                       .longest_line = row->longest_line };
		body_lines_feed(&whole, guarded(body, false));
		body_lines_end(&whole);
		slice text = told(&whole, got, sizeof(got));
		row_slice(row->clause, row->what, text, told(&expected, want, sizeof(want)));
		for (size_t cut = 0; cut <= body.len; cut++) {
			struct body_lines split = { 0 };
			body_lines_feed(&split, slice_first(body, cut));
			body_lines_feed(&split, guarded(slice_from(body, cut), true));
			body_lines_end(&split);
			same = same && slice_eq(told(&split, again, sizeof(again)), text);
		}
		row_bool(row->clause, "every cut in two says the same", same, true);
	}
	struct body_lines lines = { 0 };
	body_lines_feed(&lines, S("a\r\nb\0\r\n\0"));
	row_number("5321:2.3.8", "the first line with a NUL", (int64_t)lines.nul_line, 2);
	return rows_end();
}
