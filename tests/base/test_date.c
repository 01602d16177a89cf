/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/date.h"
#include "../support/rows.h"

static const struct {
	const char *clause, *what, *text;
	int64_t want; /* -1: refused */
} rows[] = {
	{ "5322:3.3", "the common form", "Sat, 21 Nov 2026 10:00:00 +0100", 1795251600 },
	{ "5322:3.3", "day of week and seconds missing", "1 Jan 1970 00:01 +0000", 60 },
	{ "5322:3.3", "west of Greenwich", "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
	{ "5322:4.3", "a named zone", "Fri, 21 Nov 1997 09:55:06 CST", 880127706 },
	{ "5322:4.3", "a year of two digits", "21 Nov 97 09:55:06 GMT", 880106106 },
	{ "5322:4.3", "comments anywhere", "Thu, 13 (a) Feb 1969 23:32 -0330 (Newfoundland (Time))", -27723480 },
	{ "5322:3.3", "a leap day", "29 Feb 2024 00:00:00 +0000", 1709164800 },
	{ "5322:3.3", "no month", "21 Foo 1997 09:55:06 GMT", -1 },
	{ "5322:3.3", "nothing", "", -1 },
};

static void parse(slice text, void *data)
{
	int64_t ignored;
	(void)data;
	(void)date_parse(text, &ignored);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t got = -1;
		(void)date_parse(guarded(slice_of(rows[i].text), false), &got);
		row_number(rows[i].clause, rows[i].what, got, rows[i].want);
		each_prefix(slice_of(rows[i].text), parse, NULL);
	}
	static const int64_t days[] = { 0, 951782400, 1709164800, 1795219200, -86400, 4102444799 };
	for (size_t i = 0; i < ROWS(days); i++) {
		struct buf b;
		int64_t again = 1;
		buf_init(&b, 100);
		date_put(&b, days[i]);
		(void)date_parse(buf_slice(&b), &again);
		row_number("5322:3.3", "what is written is read back", again, days[i]);
		buf_finish(&b);
	}
	struct buf b;
	buf_init(&b, 100);
	date_put(&b, 1795219200);
	row_text("5322:3.3", "a date as written", buf_slice(&b), "Sat, 21 Nov 2026 00:00:00 +0000");
	buf_clear(&b);
	date_put_iso(&b, 1795219200);
	row_text("3339:5.6", "a date for machines", buf_slice(&b), "2026-11-21T00:00:00Z");
	buf_finish(&b);
	return rows_end();
}
