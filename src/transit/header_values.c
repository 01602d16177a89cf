/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

#include "../base/buf.h"
#include "../base/chars.h"
#include "../base/date.h"

static const struct mail_field *find_signed(const struct undo *u, slice name)
{
	const struct mail_field *f = header_find(u->header, name, 0);
	return f && undo_is_signed(u, undo_index(u, f)) ? f : NULL;
}

/* ---- dates ---- */

/* How a program writes a date. */
struct date_style {
	int minutes; /* the zone, east of Greenwich */
	slice zone; /* its text; empty: +hhmm */
	bool no_day; /* without the day of the week */
	bool one_digit; /* "1 Sep" */
	bool blank_digit; /* " 1 Sep" */
	bool no_seconds;
	slice comment;
	bool likely; /* worth trying with every form of the day */
};

static void put_two(struct buf *b, int64_t n)
{
	buf_put_char(b, (char)('0' + n / 10));
	buf_put_char(b, (char)('0' + n % 10));
}

static void put_zone(struct buf *b, const struct date_style *style)
{
	if (style->zone.len) {
		buf_put(b, style->zone);
		return;
	}
	int m = style->minutes < 0 ? -style->minutes : style->minutes;
	buf_put_char(b, style->minutes < 0 ? '-' : '+');
	put_two(b, m / 60);
	put_two(b, m % 60);
}

/* "Mon, 21 Sep 2026 12:00:00 " as date_put writes it, taken apart and put together in the style. */
static slice write_date(struct undo *u, int64_t epoch, const struct date_style *style)
{
	struct buf utc, b;
	buf_init_arena(&utc, u->arena, 64);
	buf_init_arena(&b, u->arena, 96);
	date_put(&utc, epoch + style->minutes * 60);
	slice s = buf_slice(&utc);
	if (s.len < 26) {
		return (slice){ 0 };
	}
	slice day = slice_make(s.at + 5, 2);
	if (!style->no_day) {
		buf_put(&b, slice_first(s, 5));
	}
	if (day.at[0] == '0' && (style->one_digit || style->blank_digit)) {
		buf_put(&b, style->blank_digit ? S(" ") : S(""));
		day = slice_from(day, 1);
	}
	buf_put(&b, day);
	buf_put(&b, slice_make(s.at + 7, style->no_seconds ? 15 : 18));
	buf_put(&b, S(" "));
	put_zone(&b, style);
	buf_put(&b, style->comment);
	return buf_slice(&b);
}

static bool try_date(struct undo *u, const struct mail_field *f, int64_t epoch, struct date_style style)
{
	struct arena_mark mark = arena_mark(u->arena);
	for (unsigned i = 0; i < (u->effort || style.likely ? 12U : 1U); i++) {
		style.no_day = i & 1;
		style.one_digit = i / 2 % 3 == 1;
		style.blank_digit = i / 2 % 3 == 2;
		style.no_seconds = i >= 6;
		bool two_digits = write_date(u, epoch, &(struct date_style){ .minutes = style.minutes }).at[5] != '0';
		if ((style.no_seconds && epoch % 60) || (two_digits && (style.one_digit || style.blank_digit))) {
			continue;
		}
		slice text = write_date(u, epoch, &style);
		if (text.at && undo_try_value(u, "date-reformatted", f, text)) {
			return true;
		}
	}
	arena_rewind(u->arena, mark);
	return false;
}

static int zone_minutes(slice text)
{
	for (size_t i = 0; i + 5 <= text.len; i++) {
		if ((text.at[i] == '+' || text.at[i] == '-') && char_is(text.at[i + 1], C_DIGIT) &&
		    char_is(text.at[i + 4], C_DIGIT)) {
			int hours = (text.at[i + 1] - '0') * 10 + text.at[i + 2] - '0';
			int minutes = hours * 60 + (text.at[i + 3] - '0') * 10 + text.at[i + 4] - '0';
			return text.at[i] == '-' ? -minutes : minutes;
		}
	}
	return 0;
}

bool undo_date(struct undo *u)
{
	const struct mail_field *f = find_signed(u, S("Date"));
	int64_t epoch;
	slice text = field_text(u, f);
	if (!f || !date_parse(text, &epoch)) {
		return false;
	}
	size_t comment = slice_find_char(text, '(');
	if (u->effort == 0) {
		if (comment != SLICE_NONE &&
		    undo_try_value(u, "date-reformatted", f, slice_trim_wsp(slice_first(text, comment)))) {
			return true;
		}
		static const slice zones[] = { { "", 0 },   { "GMT", 3 },   { "UTC", 3 },
			                       { "UT", 2 }, { "-0000", 5 }, { "Z", 1 } };
		static const slice comments[] = {
			{ "", 0 }, { " (UTC)", 6 }, { " (GMT)", 6 }, { " (Coordinated Universal Time)", 29 }
		};
		for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]) * 4; i++) {
			struct date_style style = { .zone = zones[i / 4], .comment = comments[i % 4] };
			if (try_date(u, f, epoch, style)) {
				return true;
			}
		}
		if (try_date(u, f, epoch, (struct date_style){ .minutes = zone_minutes(text), .likely = true })) {
			return true;
		}
	}
	for (int minutes = -12 * 60; minutes <= 14 * 60; minutes += 30) {
		if (try_date(u, f, epoch, (struct date_style){ .minutes = minutes })) {
			return true;
		}
	}
	if (u->effort == 0) {
		return false;
	}
	static const struct {
		int minutes;
		slice name;
	} named[] = { { 60, { "CET", 3 } },   { 120, { "CEST", 4 } }, { -300, { "EST", 3 } }, { -240, { "EDT", 3 } },
		      { -360, { "CST", 3 } }, { -300, { "CDT", 3 } }, { -420, { "MST", 3 } }, { -360, { "MDT", 3 } },
		      { -480, { "PST", 3 } }, { -420, { "PDT", 3 } }, { 60, { "BST", 3 } },   { 330, { "IST", 3 } },
		      { 540, { "JST", 3 } },  { 120, { "EET", 3 } },  { 180, { "EEST", 4 } }, { 180, { "MSK", 3 } },
		      { 0, { "WET", 3 } },    { 60, { "WEST", 4 } },  { 600, { "AEST", 4 } }, { 660, { "AEDT", 4 } } };
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		slice text_of = ARENA_JOIN(u->arena, S(" ("), named[i].name, S(")"));
		struct date_style comment_style = { .minutes = named[i].minutes, .comment = text_of };
		struct date_style zone_style = { .minutes = named[i].minutes, .zone = named[i].name };
		if (try_date(u, f, epoch, comment_style) || try_date(u, f, epoch, zone_style)) {
			return true;
		}
	}
	return false;
}

/* ---- Message-ID ---- */

bool undo_message_id(struct undo *u)
{
	const struct mail_field *f = find_signed(u, S("Message-ID"));
	if (!f) {
		return false;
	}
	for (size_t i = 0; i < u->header->n; i++) {
		const struct mail_field *other = &u->header->fields[i];
		if (other != f && slice_find_nocase(other->name, S("Message-ID")) != SLICE_NONE &&
		    undo_try_value(u, "message-id-changed", f, field_text(u, other))) {
			return true;
		}
	}
	slice text = field_text(u, f);
	bool angled = text.len > 2 && text.at[0] == '<' && text.at[text.len - 1] == '>';
	slice inner = angled ? slice_make(text.at + 1, text.len - 2) : text;
	slice bracketed = ARENA_JOIN(u->arena, S("<"), inner, S(">"));
	slice blank = ARENA_JOIN(u->arena, S("<"), inner, S("> "));
	size_t at = slice_find_char(inner, '@');
	slice lower = ARENA_JOIN(u->arena, S("<"), arena_lower(u->arena, inner), S(">"));
	slice domain = arena_lower(u->arena, slice_from(inner, at == SLICE_NONE ? inner.len : at));
	slice low_domain = ARENA_JOIN(u->arena, S("<"), slice_first(inner, at), domain, S(">"));
	slice forms[] = { inner, bracketed, blank, lower, low_domain };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (undo_try_value(u, "message-id-changed", f, forms[i])) {
			return true;
		}
	}
	return false;
}

/* ---- Content-Type ---- */

#define PARAMETERS_MAX 10

struct type_parts {
	slice type;
	slice name[PARAMETERS_MAX];
	slice value[PARAMETERS_MAX]; /* unquoted */
	bool quoted[PARAMETERS_MAX];
	size_t n;
};

static void split_type(slice text, struct type_parts *ret)
{
	ret->n = 0;
	bool quoted = false;
	size_t start = 0;
	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.at[i] == '"') {
			quoted = !quoted;
		}
		if (i < text.len && (quoted || text.at[i] != ';')) {
			continue;
		}
		slice part = slice_trim_fws(slice_between(text.at + start, text.at + i));
		size_t equals = slice_find_char(part, '=');
		if (start == 0) {
			ret->type = part;
		} else if (equals != SLICE_NONE && ret->n < PARAMETERS_MAX) {
			slice value = slice_trim_fws(slice_from(part, equals + 1));
			bool q = value.len >= 2 && value.at[0] == '"';
			ret->name[ret->n] = slice_trim_fws(slice_first(part, equals));
			ret->value[ret->n] = q ? slice_make(value.at + 1, value.len - 2) : value;
			ret->quoted[ret->n++] = q;
		}
		start = i + 1;
	}
}

struct type_style {
	unsigned quotes; /* 0 as now, 1 all, 2 none */
	slice between;
	unsigned letters; /* 0 as now, 1 lower, 2 "TEXT/PLAIN" upper, 3 "Text/Plain" */
	unsigned names; /* of parameters: 0 as now, 1 lower, 2 upper */
	unsigned charset; /* 0 as now, 1 lower, 2 upper */
	bool reversed;
	size_t left_out; /* a parameter, or n */
	slice end; /* what follows the last parameter */
};

static void put_letters(struct buf *b, slice s, unsigned letters)
{
	for (size_t i = 0; i < s.len; i++) {
		bool first = i == 0 || s.at[i - 1] == '/';
		bool upper = letters == 2 || (letters == 3 && first);
		buf_put_char(b, letters == 0 ? s.at[i] : upper ? char_upper(s.at[i]) : char_lower(s.at[i]));
	}
}

static slice write_type(struct undo *u, const struct type_parts *t, const struct type_style *style)
{
	struct buf b;
	buf_init_arena(&b, u->arena, 4096);
	put_letters(&b, t->type, style->letters);
	for (size_t k = 0; k < t->n; k++) {
		size_t i = style->reversed ? t->n - 1 - k : k;
		if (i == style->left_out) {
			continue;
		}
		bool quoted = style->quotes == 0 ? t->quoted[i] : style->quotes == 1;
		bool charset = slice_eq_nocase(t->name[i], S("charset"));
		buf_put(&b, style->between);
		put_letters(&b, t->name[i], style->names);
		buf_put(&b, quoted ? S("=\"") : S("="));
		put_letters(&b, t->value[i], charset ? style->charset : 0);
		buf_put(&b, quoted ? S("\"") : S(""));
	}
	buf_put(&b, style->end);
	return buf_ok(&b) ? buf_slice(&b) : S("");
}

static const slice type_betweens[] = { { "; ", 2 },  { ";", 1 },       { ";\r\n\t", 4 }, { ";\r\n ", 4 },
	                               { " ; ", 3 }, { ";\r\n  ", 5 }, { ";  ", 3 },     { ";\r\n        ", 11 } };

static bool try_type_styles(struct undo *u, const char *label, const struct mail_field *f, const struct type_parts *t,
                            unsigned most, size_t left_out, slice end)
{
	for (unsigned i = 0; i < 3U * 8 * 4 * 3 * 2; i++) {
		struct type_style style = { .quotes = i % 3,
			                    .between = type_betweens[i / 3 % 8],
			                    .letters = i / 24 % 4,
			                    .charset = i / 96 % 3,
			                    .reversed = i / 288,
			                    .left_out = left_out,
			                    .end = end };
		if (i >= most) {
			break;
		}
		if (u->signature->header_relaxed && i / 3 % 8 >= 2 && i / 3 % 8 != 4) {
			continue; /* folds are the same there */
		}
		struct arena_mark mark = arena_mark(u->arena);
		if (undo_try_value(u, label, f, write_type(u, t, &style))) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

static const slice charsets[] = {
	{ "us-ascii", 8 },     { "utf-8", 5 },        { "iso-8859-1", 10 },   { "windows-1252", 12 },
	{ "US-ASCII", 8 },     { "UTF-8", 5 },        { "ISO-8859-1", 10 },   { "Windows-1252", 12 },
	{ "iso-8859-15", 11 }, { "ISO-8859-15", 11 }, { "iso-8859-2", 10 },   { "ISO-8859-2", 10 },
	{ "utf8", 4 },         { "ascii", 5 },        { "windows-1251", 12 }, { "windows-1250", 12 },
	{ "koi8-r", 6 },       { "KOI8-R", 6 },       { "gb2312", 6 },        { "GB2312", 6 },
	{ "gbk", 3 },          { "big5", 4 },         { "iso-2022-jp", 11 },  { "ISO-2022-JP", 11 },
	{ "shift_jis", 9 },    { "euc-kr", 6 },       { "unknown-8bit", 12 }, { "iso-8859-9", 10 },
	{ "x-unknown", 9 },    { "Cp1252", 6 },       { "latin1", 6 },        { "ANSI_X3.4-1968", 14 }
};

static bool undo_type_charset(struct undo *u, const struct mail_field *f, struct type_parts t)
{
	size_t at = t.n;
	for (size_t i = 0; i < t.n; i++) {
		at = slice_eq_nocase(t.name[i], S("charset")) ? i : at;
	}
	if (at == PARAMETERS_MAX || !slice_starts_nocase(t.type, S("text/"))) {
		return false;
	}
	bool added = at == t.n;
	if (added) {
		t.name[t.n++] = S("charset");
	}
	slice now = t.value[at];
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
		t.value[at] = charsets[i];
		struct type_parts front = t;
		for (size_t k = at; added && k > 0; k--) {
			front.name[k] = t.name[k - 1];
			front.value[k] = t.value[k - 1];
			front.quoted[k] = t.quoted[k - 1];
		}
		if (added && at) {
			front.name[0] = S("charset");
			front.value[0] = charsets[i];
			front.quoted[0] = false;
			if (try_type_styles(u, "charset-header-changed", f, &front, 3, front.n, S(""))) {
				return true;
			}
		}
		const char *label = !added && slice_eq_nocase(now, charsets[i]) ? "content-type-reformatted"
		                                                                : "charset-header-changed";
		if (try_type_styles(u, label, f, &t, u->effort ? 12 : 3, t.n, S(""))) {
			return true;
		}
	}
	return false;
}

/* A parameter that was dropped. */
static bool undo_type_dropped(struct undo *u, const struct mail_field *f, const struct type_parts *t)
{
	static const char *const dropped[] = {
		"format=flowed",      "format=\"flowed\"",   "format=flowed; delsp=yes",
		"delsp=yes",          "format=fixed",        "type=\"multipart/alternative\"",
		"type=\"text/html\"", "reply-type=original", "version=1.0"
	};
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
		for (size_t k = 0; k < (u->signature->header_relaxed ? 2U : 4U); k++) {
			slice end = ARENA_JOIN(u->arena, type_betweens[k], slice_of(dropped[i]));
			if (try_type_styles(u, "content-type-reformatted", f, t, 3, t->n, end)) {
				return true;
			}
		}
	}
	return try_type_styles(u, "content-type-reformatted", f, t, 3, t->n, S(";"));
}

bool undo_content_type(struct undo *u)
{
	const struct mail_field *f = find_signed(u, S("Content-Type"));
	if (f) {
		struct type_parts t = { .n = 0 };
		split_type(field_text(u, f), &t);
		if (u->effort == 0 && (try_type_styles(u, "content-type-reformatted", f, &t, 24, t.n, S("")) ||
		                       undo_type_charset(u, f, t) || undo_type_dropped(u, f, &t))) {
			return true;
		}
		for (size_t i = 0; u->effort == 0 && i < t.n; i++) {
			const char *label = slice_eq_nocase(t.name[i], S("charset")) ? "charset-header-changed"
			                                                             : "content-type-reformatted";
			if (try_type_styles(u, label, f, &t, u->signature->header_relaxed ? 6 : 24, i, S(""))) {
				return true;
			}
		}
		if (u->effort && (try_type_styles(u, "content-type-reformatted", f, &t, UINT32_MAX, t.n, S("")) ||
		                  undo_type_charset(u, f, t))) {
			return true;
		}
	}
	const struct mail_field *cte = find_signed(u, S("Content-Transfer-Encoding"));
	static const char *const encodings[] = { "7bit", "8bit", "quoted-printable", "base64", "binary",
		                                 "7BIT", "8BIT", "QUOTED-PRINTABLE", "BASE64", "Quoted-Printable" };
	for (size_t i = 0; cte && u->effort == 0 && i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		if (undo_try_value(u, "header-changed", cte, slice_of(encodings[i]))) {
			return true;
		}
	}
	return false;
}
