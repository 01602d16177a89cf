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

static const struct {
	const char *what, *text;
	int64_t want; /* -1: refused */
} iso_rows[] = {
	{ "a date for machines is read", "2026-11-21T00:00:00Z", 1795219200 },
	{ "the first", "1970-01-01T00:00:00Z", 0 },
	{ "the last second of a day", "2024-02-29T23:59:59Z", 1709251199 },
	{ "no such day", "2023-02-29T00:00:00Z", -1 },
	{ "no such month", "2023-13-01T00:00:00Z", -1 },
	{ "no such hour", "2023-01-01T24:00:00Z", -1 },
	{ "another zone is not ours", "2023-01-01T00:00:00+00:00", -1 },
	{ "something behind it", "2023-01-01T00:00:00Z ", -1 },
	{ "a digit too few", "2023-1-01T00:00:00Z", -1 },
	{ "before 1970", "1969-12-31T23:59:59Z", -1 },
};

static const struct {
	const char *text, *again;
	int64_t want; /* -1: refused */
} spans[] = {
	{ "90d", "90 days", 90 * 86400 },
	{ "1d", "1 day", 86400 },
	{ "2w", "14 days", 14 * 86400 },
	{ "12h", "12 hours", 12 * 3600 },
	{ "90m", "1 hour 30 minutes", 5400 },
	{ "45s", "45 seconds", 45 },
	{ "3601", "1 hour", 3601 },
	{ "86461", "1 day", 86461 },
	{ "0", "0 seconds", 0 },
	{ "61", "1 minute 1 second", 61 },
	{ "", "", -1 },
	{ "d", "", -1 },
	{ "1y", "", -1 },
	{ "1dd", "", -1 },
	{ "-1d", "", -1 },
	{ "1 d", "", -1 },
	{ "9999999999999999999", "", -1 },
	{ "36601d", "", -1 },
};

static void parse(slice text, void *data)
{
	int64_t ignored;
	(void)data;
	(void)date_parse(text, &ignored);
	(void)date_parse_iso(text, &ignored);
	(void)span_parse(text, &ignored);
}

static void machines(void)
{
	for (size_t i = 0; i < ROWS(iso_rows); i++) {
		int64_t got = -1;
		(void)date_parse_iso(guarded(slice_of(iso_rows[i].text), false), &got);
		row_number("3339:5.6", iso_rows[i].what, got, iso_rows[i].want);
		each_prefix(slice_of(iso_rows[i].text), parse, NULL);
	}
	for (size_t i = 0; i < ROWS(spans); i++) {
		int64_t got = -1;
		struct buf b;
		buf_init(&b, 100);
		(void)span_parse(guarded(slice_of(spans[i].text), false), &got);
		row_number("-", spans[i].text, got, spans[i].want);
		if (got >= 0) {
			span_put(&b, got);
		}
		row_text("-", "as people read it", buf_slice(&b), spans[i].again);
		buf_finish(&b);
	}
	struct buf b;
	int64_t year;
	int month, day;
	buf_init(&b, 100);
	date_put_basic(&b, 1795251600);
	row_text("5545:3.3.5", "a date for calendars", buf_slice(&b), "20261121T090000Z");
	date_split(1795251600, &year, &month, &day);
	row_number("-", "its day", year * 10000 + month * 100 + day, 20261121);
	buf_finish(&b);
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
	machines();
	return rows_end();
}
