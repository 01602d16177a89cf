/* SPDX-License-Identifier: Apache-2.0 */
#include "escape.h"

#include "chars.h"
#include "utf8.h"

struct range {
	uint32_t first, last;
};

/* In order.  General_Category Cf, Zl, Zp and the letters that are drawn as nothing. */
static const struct range hidden[] = {
	{ 0x00, 0x1F },       { 0x7F, 0x9F },       { 0xAD, 0xAD },       { 0x34F, 0x34F },     { 0x600, 0x605 },
	{ 0x61C, 0x61C },     { 0x6DD, 0x6DD },     { 0x70F, 0x70F },     { 0x890, 0x891 },     { 0x8E2, 0x8E2 },
	{ 0x115F, 0x1160 },   { 0x17B4, 0x17B5 },   { 0x180B, 0x180F },   { 0x200B, 0x200F },   { 0x2028, 0x202E },
	{ 0x2060, 0x206F },   { 0x2800, 0x2800 },   { 0x3164, 0x3164 },   { 0xFDD0, 0xFDEF },   { 0xFEFF, 0xFEFF },
	{ 0xFFA0, 0xFFA0 },   { 0xFFF0, 0xFFFB },   { 0xFFFE, 0xFFFF },   { 0x110BD, 0x110BD }, { 0x110CD, 0x110CD },
	{ 0x13430, 0x1343F }, { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
};

/* Columns other than one; in order. */
static const struct columns {
	struct range range;
	unsigned char columns;
} widths[] = {
#define WIDE(first, last) { { (first), (last) }, 2 },
#define MARK(first, last) { { (first), (last) }, 0 },
#include "columns.def"
#undef WIDE
#undef MARK
};

bool escape_is_hidden(uint32_t c)
{
	size_t low = 0, high = sizeof(hidden) / sizeof(hidden[0]);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c > hidden[middle].last) {
			low = middle + 1;
		} else if (c < hidden[middle].first) {
			high = middle;
		} else {
			return true;
		}
	}
	return c >= 0x10000 && (c & 0xFFFE) == 0xFFFE; /* the last two of each plane are no characters */
}

static size_t columns_of(uint32_t c)
{
	size_t low = 0, high = c < 0x300 ? 0 : sizeof(widths) / sizeof(widths[0]);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c > widths[middle].range.last) {
			low = middle + 1;
		} else if (c < widths[middle].range.first) {
			high = middle;
		} else {
			return widths[middle].columns;
		}
	}
	return 1;
}

/* True if the text behind a backslash would be taken for an escape of ours. */
static bool reads_like_escape(slice rest)
{
	return slice_starts(rest, S("x")) || slice_starts(rest, S("u{"));
}

struct piece {
	size_t octets; /* of the text */
	bool is_octet; /* shown as \xHH */
	bool is_hidden; /* shown as \u{HEX} */
	uint32_t c;
};

/* What stands at the beginning of `text`, which is not empty. */
static struct piece first_piece(slice text)
{
	struct piece p = { .c = (unsigned char)text.at[0] };
	p.octets = utf8_decode(text, &p.c);
	if (p.octets == 0) {
		p.octets = 1;
		p.is_octet = true;
	} else if (p.octets == 1) {
		p.is_octet = escape_is_hidden(p.c) || (p.c == '\\' && reads_like_escape(slice_from(text, 1)));
	} else {
		p.is_hidden = escape_is_hidden(p.c);
	}
	return p;
}

static size_t hex_digits(uint32_t c)
{
	size_t n = 1;
	while (c >>= 4) {
		n++;
	}
	return n;
}

static size_t piece_columns(const struct piece *p)
{
	if (p->is_octet) {
		return 4;
	}
	return p->is_hidden ? 4 + hex_digits(p->c) : columns_of(p->c);
}

static void put_hidden(struct buf *b, uint32_t c)
{
	buf_put(b, S("\\u{"));
	for (size_t n = hex_digits(c); n--;) {
		buf_put_char(b, "0123456789abcdef"[c >> (4 * n) & 0xF]);
	}
	buf_put_char(b, '}');
}

void escape_put(struct buf *b, slice text)
{
	while (text.len) {
		struct piece p = first_piece(text);
		if (p.is_octet) {
			buf_put(b, S("\\x"));
			buf_put_hex(b, slice_first(text, 1), false);
		} else if (p.is_hidden) {
			put_hidden(b, p.c);
		} else {
			buf_put(b, slice_first(text, p.octets));
		}
		text = slice_from(text, p.octets);
	}
}

slice escape_fit(slice text, size_t columns)
{
	size_t len = 0;
	while (len < text.len) {
		struct piece p = first_piece(slice_from(text, len));
		size_t wanted = piece_columns(&p);
		if (wanted > columns) {
			break;
		}
		columns -= wanted;
		len += p.octets;
	}
	return slice_first(text, len);
}

size_t escape_columns(slice text)
{
	size_t columns = 0;
	while (text.len) {
		struct piece p = first_piece(text);
		columns += piece_columns(&p);
		text = slice_from(text, p.octets);
	}
	return columns;
}
