/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/mailbox/split.h"
#include "../support/rows.h"

static const struct {
	const char *what, *line;
	bool want;
} lines[] = {
	{ "ctime", "From a@b.example Sat Jan  3 01:05:34 1996", true },
	{ "with CR", "From a@b.example Sat Jan  3 01:05:34 1996\r", true },
	{ "without seconds", "From a@b.example Sat Jan 13 01:05 1996", true },
	{ "with a zone before the year", "From a@b.example Sat Jan 13 01:05:34 MET DST 1996", true },
	{ "with a zone behind the year", "From a@b.example Sat Jan 13 01:05:34 1996 +0100", true },
	{ "a mail date", "From a@b.example Sat, 13 Jan 1996 01:05:34 +0100", true },
	{ "without sender", "From - Sat Jan 13 01:05:34 1996", true },
	{ "a sender with spaces", "From \"a b\"@c.example Sat Jan 13 01:05:34 1996", true },
	{ "remote from", "From a Sat Jan 13 01:05:34 1996 remote from b", true },
	{ "a text", "From now on everything is different", false },
	{ "a text with a day", "From now on, Sat is the day", false },
	{ "a text with day and month", "From Sat Jan on", false },
	{ "no year", "From a@b.example Sat Jan 13 01:05:34", false },
	{ "no time", "From a@b.example Sat Jan 13 1996", false },
	{ "no month", "From a@b.example Sat Foo 13 01:05:34 1996", false },
	{ "letters of two months", "From a@b.example Sat anF 13 01:05:34 1996", false },
	{ "a time without minutes", "From a@b.example Sat Jan 13 01 1996", false },
	{ "a time with letters", "From a@b.example Sat Jan 13 01:xx:34 1996", false },
	{ "another case", "from a@b.example Sat Jan  3 01:05:34 1996", false },
	{ "a header field", "From: a@b.example Sat Jan  3 01:05:34 1996", false },
	{ "nothing", "", false },
};

static const struct {
	const char *what, *begin;
	bool want;
} begins[] = {
	{ "a From line", "From a@b.example Sat Jan  3 01:05:34 1996\n", true },
	{ "a From line without date", "From a@b.example\n", true },
	{ "a From field", "From: a@b.example\n", false },
	{ "a From field of the obsolete syntax", "From \t: a@b.example\n", false },
	{ "another field", "To: a@b.example\n", false },
	{ "nothing", "", false },
};

static void try_line(slice line, void *data)
{
	*(size_t *)data += split_is_from_line(line) + split_is_mbox(line);
}

int main(void)
{
	size_t n = 0;
	for (size_t i = 0; i < ROWS(lines); i++) {
		row_bool("4155:A", lines[i].what, split_is_from_line(guarded(slice_of(lines[i].line), false)),
			 lines[i].want);
		each_prefix(slice_of(lines[i].line), try_line, &n);
	}
	for (size_t i = 0; i < ROWS(begins); i++) {
		row_bool("4155:A", begins[i].what, split_is_mbox(guarded(slice_of(begins[i].begin), false)),
			 begins[i].want);
	}
	row_bool("-", "some prefixes are From lines", n > 0, true);
	return rows_end();
}
