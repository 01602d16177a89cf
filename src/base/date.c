/* SPDX-License-Identifier: Apache-2.0 */
#include "date.h"

#include "cursor.h"

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1 January 1970 was a Thursday */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar (era of 400 years = 146,097 days). */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (*month <= 2);
}

static void skip_cfws(struct cursor *c)
{
	int depth = 0;
	while (c->at < c->end) {
		char ch = *c->at;
		if (ch == '(') {
			depth++;
		} else if (depth && ch == ')') {
			depth--;
		} else if (depth && ch == '\\' && c->at + 1 < c->end) {
			c->at++;
		} else if (!depth && !char_is(ch, C_WSP | C_CRLF)) {
			return;
		}
		c->at++;
	}
}

/* 1..12, or 0 */
static int take_month(struct cursor *c)
{
	for (int i = 0; i < 12; i++) {
		if (cursor_take_nocase(c, slice_make(month_names + (size_t)i * 3, 3))) {
			return i + 1;
		}
	}
	return 0;
}

/* "+0100", "GMT", "EST"...; unknown letters count as +0000 (RFC 5322 4.3). */
static int64_t take_zone(struct cursor *c)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
		      { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 } };
	int sign = cursor_take_char(c, '+') ? 1 : cursor_take_char(c, '-') ? -1 : 0;
	if (sign) {
		uint64_t hhmm = 0;
		(void)cursor_take_number(c, 9999, &hhmm);
		return sign * (int64_t)(hhmm / 100 * 3600 + hhmm % 100 * 60);
	}
	slice word = cursor_take(c, C_ALPHA);
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (slice_eq_nocase(word, slice_of(zones[i].name))) {
			return zones[i].hours * 3600;
		}
	}
	return 0;
}

static bool take_time(struct cursor *c, int64_t *ret)
{
	uint64_t hour, minute, second = 0;
	if (!cursor_take_number(c, 23, &hour)) {
		return false;
	}
	skip_cfws(c);
	if (!cursor_take_char(c, ':')) {
		return false;
	}
	skip_cfws(c);
	if (!cursor_take_number(c, 59, &minute)) {
		return false;
	}
	skip_cfws(c);
	if (cursor_take_char(c, ':')) {
		skip_cfws(c);
		if (!cursor_take_number(c, 60, &second)) {
			return false;
		}
	}
	*ret = (int64_t)(hour * 3600 + minute * 60 + second);
	return true;
}

bool date_parse(slice text, int64_t *ret)
{
	struct cursor c = cursor_of(text);
	uint64_t day, year;
	int64_t time;
	skip_cfws(&c);
	if (cursor_take(&c, C_ALPHA).len) {
		skip_cfws(&c);
		(void)cursor_take_char(&c, ',');
		skip_cfws(&c);
	}
	if (!cursor_take_number(&c, 31, &day) || day == 0) {
		return false;
	}
	skip_cfws(&c);
	int month = take_month(&c);
	skip_cfws(&c);
	const char *from = c.at;
	if (!month || !cursor_take_number(&c, 9999, &year)) {
		return false;
	}
	ptrdiff_t digits = c.at - from;
	if (digits <= 3) { /* RFC 5322 4.3: 00..49 is 20xx, 50..99 and three digits count from 1900 */
		year += digits == 2 && year < 50 ? 2000 : 1900;
	}
	skip_cfws(&c);
	if (!take_time(&c, &time)) {
		return false;
	}
	skip_cfws(&c);
	*ret = days_of((int64_t)year, month, (int)day) * 86400 + time - take_zone(&c);
	return true;
}

static void put_two(struct buf *b, int64_t n)
{
	buf_put_char(b, (char)('0' + n / 10 % 10));
	buf_put_char(b, (char)('0' + n % 10));
}

static int64_t split_day(int64_t epoch, int64_t *second)
{
	int64_t days = epoch / 86400;
	*second = epoch % 86400;
	if (*second < 0) {
		*second += 86400;
		days--;
	}
	return days;
}

static void put_time(struct buf *b, int64_t second)
{
	put_two(b, second / 3600);
	buf_put_char(b, ':');
	put_two(b, second / 60 % 60);
	buf_put_char(b, ':');
	put_two(b, second % 60);
}

static void put_year(struct buf *b, int64_t year)
{
	put_two(b, year / 100);
	put_two(b, year % 100);
}

void date_put(struct buf *b, int64_t epoch)
{
	int64_t second, year;
	int month, day;
	int64_t days = split_day(epoch, &second);
	date_of(days, &year, &month, &day);
	buf_put(b, slice_make(day_names + ((days % 7 + 7) % 7) * 3, 3));
	buf_put(b, S(", "));
	put_two(b, day);
	buf_put_char(b, ' ');
	buf_put(b, slice_make(month_names + (size_t)(month - 1) * 3, 3));
	buf_put_char(b, ' ');
	put_year(b, year);
	buf_put_char(b, ' ');
	put_time(b, second);
	buf_put(b, S(" +0000"));
}

void date_put_iso(struct buf *b, int64_t epoch)
{
	int64_t second, year;
	int month, day;
	date_of(split_day(epoch, &second), &year, &month, &day);
	put_year(b, year);
	buf_put_char(b, '-');
	put_two(b, month);
	buf_put_char(b, '-');
	put_two(b, day);
	buf_put_char(b, 'T');
	put_time(b, second);
	buf_put_char(b, 'Z');
}

void date_put_basic(struct buf *b, int64_t epoch)
{
	int64_t second, year;
	int month, day;
	date_of(split_day(epoch, &second), &year, &month, &day);
	put_year(b, year);
	put_two(b, month);
	put_two(b, day);
	buf_put_char(b, 'T');
	put_two(b, second / 3600);
	put_two(b, second / 60 % 60);
	put_two(b, second % 60);
	buf_put_char(b, 'Z');
}

void date_split(int64_t epoch, int64_t *ret_year, int *ret_month, int *ret_day)
{
	int64_t second;
	date_of(split_day(epoch, &second), ret_year, ret_month, ret_day);
}

/* ---- RFC 3339 ---- */

/* Exactly `digits` of them. */
static bool take_fixed(struct cursor *c, size_t digits, int64_t *ret)
{
	uint64_t n;
	if (!number_parse(slice_first(cursor_rest(c), digits), UINT32_MAX, &n) || (size_t)(c->end - c->at) < digits) {
		return false;
	}
	c->at += digits;
	*ret = (int64_t)n;
	return true;
}

/* date = 4DIGIT "-" 2DIGIT "-" 2DIGIT; a day that the month does not have is no date. */
static bool take_iso_day(struct cursor *c, int64_t *ret_days)
{
	int64_t year, month, day, again;
	int m, d;
	if (!take_fixed(c, 4, &year) || !cursor_take_char(c, '-') || !take_fixed(c, 2, &month) ||
	    !cursor_take_char(c, '-') || !take_fixed(c, 2, &day) || year < 1970 || month < 1 || month > 12 || day < 1) {
		return false;
	}
	*ret_days = days_of(year, (int)month, (int)day);
	date_of(*ret_days, &again, &m, &d);
	return again == year && m == month && d == day;
}

bool date_parse_iso(slice text, int64_t *ret)
{
	struct cursor c = cursor_of(text);
	int64_t days, hour, minute, second;
	if (!take_iso_day(&c, &days) || !cursor_take_char(&c, 'T') || !take_fixed(&c, 2, &hour) ||
	    !cursor_take_char(&c, ':') || !take_fixed(&c, 2, &minute) || !cursor_take_char(&c, ':') ||
	    !take_fixed(&c, 2, &second) || !cursor_take_char(&c, 'Z') || !cursor_is_end(&c)) {
		return false;
	}
	if (hour > 23 || minute > 59 || second > 59) {
		return false;
	}
	*ret = days * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

/* ---- spans of time ---- */

static const struct {
	char letter;
	const char *name;
	int64_t seconds;
} units[] = {
	{ 'w', "week", 7 * 86400 }, { 'd', "day", 86400 }, { 'h', "hour", 3600 },
	{ 'm', "minute", 60 },      { 's', "second", 1 },
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

bool span_parse(slice text, int64_t *ret_seconds)
{
	struct cursor c = cursor_of(text);
	uint64_t n;
	int64_t unit = 1;
	if (!cursor_take_number(&c, (uint64_t)SPAN_MAX, &n)) {
		return false;
	}
	for (size_t i = 0; i < N_UNITS && !cursor_is_end(&c); i++) {
		if (cursor_take_char(&c, units[i].letter)) {
			unit = units[i].seconds;
			break;
		}
	}
	if (!cursor_is_end(&c) || (int64_t)n > SPAN_MAX / unit) {
		return false;
	}
	*ret_seconds = (int64_t)n * unit;
	return true;
}

void span_put(struct buf *b, int64_t seconds)
{
	size_t said = 0;
	for (size_t i = 1; i < N_UNITS && said < 2; i++) { /* weeks are read, not written */
		int64_t n = seconds / units[i].seconds;
		seconds %= units[i].seconds;
		if (n == 0 && (said || i + 1 < N_UNITS)) {
			said += said != 0;
			continue;
		}
		if (n || !said) {
			buf_put(b, said ? S(" ") : S(""));
			buf_put_number(b, (uint64_t)n);
			buf_put_char(b, ' ');
			buf_put_text(b, units[i].name);
			buf_put(b, n == 1 ? S("") : S("s"));
			said++;
		}
	}
}
