/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include "../base/base64.h"
#include "../base/chars.h"

static const struct qp_style base_styles[] = {
	{ .last = QP_LAST_PLAIN },
	{ .last = QP_LAST_ANY },
	{ .last = QP_LAST_NOTHING },
	{ .last = QP_LAST_PLAIN, .tabs = true },
	{ .last = QP_LAST_ANY, .tabs = true },
	{ .last = QP_LAST_ANY, .words = true },
	{ .last = QP_LAST_NOTHING, .words = true },
	{ .last = QP_LAST_ANY, .whole = true },
	{ .last = QP_LAST_NOTHING, .whole = true },
	{ .last = QP_LAST_ANY, .from = true },
	{ .last = QP_LAST_PLAIN, .from = true },
	{ .last = QP_LAST_NOTHING, .tabs = true },
};
static const unsigned widths[] = { 76, 75, 72, 73, 74, 77, 78, 70, 68, 64, 80, 0 };
#define N_BASES (sizeof(base_styles) / sizeof(base_styles[0]))
#define N_WIDTHS (sizeof(widths) / sizeof(widths[0]))

bool qp_style_nth(size_t i, struct qp_style *ret)
{
	if (i >= N_BASES * N_WIDTHS * 2) {
		return false;
	}
	*ret = base_styles[i % N_BASES];
	ret->width = widths[i / N_BASES % N_WIDTHS];
	ret->lower = i / N_BASES / N_WIDTHS;
	return true;
}

/* One line being encoded. */
struct qp_line {
	struct buf *out;
	const struct qp_style *style;
	size_t start; /* of the current row in out */
	size_t blank; /* just past the last blank of the row, 0: none */
};

static void soft_break(struct qp_line *q)
{
	slice moved = { 0 };
	char kept[256];
	if (q->style->words && q->blank > q->start + q->style->width / 2 && q->out->len - q->blank < sizeof(kept)) {
		moved = slice_make(kept, q->out->len - q->blank);
		memcpy(kept, q->out->at + q->blank, moved.len);
		q->out->len = q->blank;
	}
	buf_put(q->out, S("=\r\n"));
	q->start = q->out->len;
	q->blank = 0;
	buf_put(q->out, moved);
}

static void put_token(struct qp_line *q, slice token, size_t need, bool last)
{
	unsigned width = q->style->width;
	enum qp_last allowed = q->style->last;
	bool fits_edge = last && (allowed == QP_LAST_ANY || (allowed == QP_LAST_PLAIN && token.len == 1));
	size_t room = fits_edge ? width : width - 1;
	if (width && q->out->len - q->start + need > room && q->out->len > q->start) {
		soft_break(q);
	}
	buf_put(q->out, token);
	if (token.len == 1 && token.at[0] == ' ') {
		q->blank = q->out->len;
	}
}

static bool stands_for_itself(const struct qp_style *style, slice line, size_t i)
{
	char c = line.at[i];
	if (c == ' ' || c == '\t') {
		return i + 1 < line.len && !(c == '\t' && style->tabs);
	}
	if (style->from && i == 0 && (c == '.' || slice_starts(line, S("From ")))) {
		return false;
	}
	return char_is(c, C_VCHAR) && c != '=';
}

/* How many octets of the character at i still follow, itself included. */
static size_t character_length(slice line, size_t i)
{
	unsigned char c = (unsigned char)line.at[i];
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	return n < line.len - i ? n : line.len - i;
}

static void encode_line(struct buf *out, slice line, const struct qp_style *style)
{
	static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";
	const char *digits = style->lower ? lower : upper;
	struct qp_line q = { .out = out, .style = style, .start = out->len };
	for (size_t i = 0; i < line.len && buf_ok(out); i++) {
		unsigned char c = (unsigned char)line.at[i];
		char escaped[] = { '=', digits[c >> 4], digits[c & 15] };
		bool plain = stands_for_itself(style, line, i);
		size_t need = plain ? 1 : 3;
		if (!plain && style->whole && c >= 0xc0) {
			need = 3 * character_length(line, i);
		}
		put_token(&q, plain ? slice_make(line.at + i, 1) : slice_make(escaped, 3), need, i + 1 == line.len);
	}
}

slice qp_encode(slice text, const struct qp_style *style, struct signet_arena *a)
{
	struct buf out;
	buf_init_arena(&out, a, text.len * 7 + 16);
	(void)buf_reserve(&out, text.len + text.len / 8 + 16);
	for (;;) {
		size_t n = slice_find(text, S("\r\n"));
		encode_line(&out, slice_first(text, n), style);
		if (n == SLICE_NONE) {
			break;
		}
		buf_put(&out, S("\r\n"));
		text = slice_from(text, n + 2);
	}
	return buf_ok(&out) && out.at ? buf_slice(&out) : S("");
}

/* The length of a soft break at `at`: "=" [WSP] CRLF. */
static size_t soft_break_length(slice rest)
{
	size_t n = 1;
	while (n < rest.len && char_is(rest.at[n], C_WSP)) {
		n++;
	}
	if (slice_starts(slice_from(rest, n), S("\r\n"))) {
		return n + 2;
	}
	return n == rest.len ? n : 0;
}

slice qp_decode(slice text, struct signet_arena *a)
{
	char *start = arena_octets(a, text.len + 1);
	if (!start) {
		return (slice){ 0 };
	}
	char *to = start;
	for (size_t i = 0; i < text.len;) {
		char c = text.at[i];
		if (c == '=') {
			int high = i + 1 < text.len ? char_hex(text.at[i + 1]) : -1;
			int low = i + 2 < text.len ? char_hex(text.at[i + 2]) : -1;
			size_t soft = high < 0 ? soft_break_length(slice_from(text, i)) : 0;
			if (high >= 0 && low >= 0) {
				*to++ = (char)(high << 4 | low);
				i += 3;
				continue;
			}
			if (soft) {
				i += soft;
				continue;
			}
		}
		*to++ = c;
		i++;
	}
	return slice_between(start, to);
}

slice base64_encode(slice octets, size_t width, struct signet_arena *a)
{
	struct buf plain, out;
	buf_init_arena(&plain, a, octets.len / 3 * 4 + 8);
	(void)buf_reserve(&plain, octets.len / 3 * 4 + 8);
	base64_put(&plain, octets);
	slice rest = buf_slice(&plain);
	if (width == 0 || rest.len <= width) {
		return rest;
	}
	size_t max = rest.len + rest.len / width * 2 + 2;
	buf_init_arena(&out, a, max);
	(void)buf_reserve(&out, max);
	while (rest.len) {
		buf_put(&out, slice_first(rest, width));
		rest = slice_from(rest, width);
		if (rest.len) {
			buf_put(&out, S("\r\n"));
		}
	}
	return buf_slice(&out);
}

const char *const charset_names[CHARSET_N] = { "utf-8", "iso-8859-1", "windows-1252", "iso-8859-15" };

/* windows-1252, 0x80 .. 0x9f; 0: not assigned (there the octet means the C1 control, as browsers do). */
static const uint16_t windows_1252[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};
/* Where iso-8859-15 differs from iso-8859-1. */
static const struct {
	unsigned char octet;
	uint16_t point;
} latin_9[] = {
	{ 0xa4, 0x20ac }, { 0xa6, 0x0160 }, { 0xa8, 0x0161 }, { 0xb4, 0x017d },
	{ 0xb8, 0x017e }, { 0xbc, 0x0152 }, { 0xbd, 0x0153 }, { 0xbe, 0x0178 },
};

static uint32_t point_of(unsigned char c, enum charset set)
{
	if (set == CHARSET_WINDOWS_1252 && c >= 0x80 && c < 0xa0 && windows_1252[c - 0x80]) {
		return windows_1252[c - 0x80];
	}
	for (size_t i = 0; set == CHARSET_LATIN_9 && i < sizeof(latin_9) / sizeof(latin_9[0]); i++) {
		if (latin_9[i].octet == c) {
			return latin_9[i].point;
		}
	}
	return c;
}

/* Reads one character; 0 octets taken: not UTF-8. */
static size_t read_utf_8(slice s, uint32_t *ret)
{
	unsigned char c = (unsigned char)s.at[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
	if (n == 0 || n > s.len) {
		return 0;
	}
	uint32_t point = n == 1 ? c : c & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char next = (unsigned char)s.at[i];
		if ((next & 0xc0) != 0x80) {
			return 0;
		}
		point = point << 6 | (next & 0x3f);
	}
	*ret = point;
	return n;
}

static size_t write_utf_8(char *to, uint32_t point)
{
	if (point < 0x80) {
		to[0] = (char)point;
		return 1;
	}
	size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; point >>= 6) {
		to[i] = (char)(0x80 | (point & 0x3f));
	}
	to[0] = (char)((0xf00U >> n & 0xf0) | point);
	return n;
}

/* The octet for a character; -1: the set has none. */
static int octet_of(uint32_t point, enum charset set)
{
	for (int i = 0; set == CHARSET_WINDOWS_1252 && point > 0xff && i < 32; i++) {
		if (windows_1252[i] == point) {
			return 0x80 + i;
		}
	}
	for (size_t i = 0; set == CHARSET_LATIN_9 && point > 0xff && i < sizeof(latin_9) / sizeof(latin_9[0]); i++) {
		if (latin_9[i].point == point) {
			return latin_9[i].octet;
		}
	}
	return point < 0x100 && point_of((unsigned char)point, set) == point ? (int)point : -1;
}

bool charset_convert(slice text, enum charset from, enum charset to, struct signet_arena *a, slice *ret)
{
	char *start = arena_octets(a, text.len * 3 + 1);
	if (!start) {
		return false;
	}
	char *out = start;
	while (text.len) {
		uint32_t point;
		size_t n = 1;
		if (from == CHARSET_UTF_8) {
			n = read_utf_8(text, &point);
		} else {
			point = point_of((unsigned char)text.at[0], from);
		}
		if (n == 0) {
			return false;
		}
		if (to == CHARSET_UTF_8) {
			out += write_utf_8(out, point);
		} else {
			int octet = octet_of(point, to);
			if (octet < 0) {
				return false;
			}
			*out++ = (char)octet;
		}
		text = slice_from(text, n);
	}
	*ret = slice_between(start, out);
	return true;
}
