/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "../base/base64.h"
#include "../base/chars.h"

#define CHARSET_OCTETS 40 /* no registered name is longer */

enum charset {
	CHARSET_UNKNOWN,
	CHARSET_ASCII,
	CHARSET_UTF8,
	CHARSET_LATIN1, /* read as Windows-1252, like every mail program does: no message means the C1 controls */
	CHARSET_LATIN9,
};

static enum charset charset_of(slice name)
{
	static const struct {
		slice name;
		enum charset charset;
	} known[] = {
		{ { "utf-8", 5 }, CHARSET_UTF8 },           { { "utf8", 4 }, CHARSET_UTF8 },
		{ { "us-ascii", 8 }, CHARSET_ASCII },       { { "ascii", 5 }, CHARSET_ASCII },
		{ { "iso-8859-1", 10 }, CHARSET_LATIN1 },   { { "latin1", 6 }, CHARSET_LATIN1 },
		{ { "iso-8859-15", 11 }, CHARSET_LATIN9 },  { { "latin9", 6 }, CHARSET_LATIN9 },
		{ { "windows-1252", 12 }, CHARSET_LATIN1 }, { { "cp1252", 6 }, CHARSET_LATIN1 },
	};
	size_t star = slice_find_char(name, '*');
	name = star == SLICE_NONE ? name : slice_first(name, star);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (slice_eq_nocase(name, known[i].name)) {
			return known[i].charset;
		}
	}
	return CHARSET_UNKNOWN;
}

/* Windows-1252 0x80..0x9F; 0: not assigned. */
static const uint16_t windows_1252[32] = {
	0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* ISO-8859-15 differs from ISO-8859-1 in eight places. */
static uint16_t latin9(unsigned char c)
{
	static const struct {
		unsigned char octet;
		uint16_t point;
	} changed[] = { { 0xA4, 0x20AC }, { 0xA6, 0x0160 }, { 0xA8, 0x0161 }, { 0xB4, 0x017D },
			{ 0xB8, 0x017E }, { 0xBC, 0x0152 }, { 0xBD, 0x0153 }, { 0xBE, 0x0178 } };
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		if (changed[i].octet == c) {
			return changed[i].point;
		}
	}
	return c;
}

#define REPLACEMENT 0xFFFD

static void put_point(struct buf *b, uint16_t point)
{
	if (point < 0x80) {
		buf_put_char(b, (char)point);
	} else if (point < 0x800) {
		buf_put_char(b, (char)(0xC0 | point >> 6));
		buf_put_char(b, (char)(0x80 | (point & 0x3F)));
	} else {
		buf_put_char(b, (char)(0xE0 | point >> 12));
		buf_put_char(b, (char)(0x80 | (point >> 6 & 0x3F)));
		buf_put_char(b, (char)(0x80 | (point & 0x3F)));
	}
}

static void put_octet(struct buf *b, enum charset charset, char octet)
{
	unsigned char c = (unsigned char)octet;
	if (charset == CHARSET_UTF8 || c < 0x80) {
		buf_put_char(b, octet); /* UTF-8 is checked when the whole text is there: words may split a character */
	} else if (charset == CHARSET_ASCII) {
		put_point(b, REPLACEMENT);
	} else if (charset == CHARSET_LATIN1 && c < 0xA0) {
		uint16_t point = windows_1252[c - 0x80];
		put_point(b, point ? point : REPLACEMENT);
	} else {
		put_point(b, charset == CHARSET_LATIN9 ? latin9(c) : c);
	}
}

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" (RFC 2047 2) */
struct word {
	enum charset charset;
	char encoding; /* 'b' or 'q' */
	slice text;
	size_t len; /* of the whole word */
};

/* The offset of the "?=" that ends an encoded-text; SLICE_NONE if another word begins before it, so that no octet is
 * looked at more often than once per word. */
static size_t text_end(slice s)
{
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (s.at[i] == '?' && s.at[i + 1] == '=') {
			return i;
		}
		if (s.at[i] == '=' && s.at[i + 1] == '?' && !(i + 2 < s.len && s.at[i + 2] == '=')) {
			return SLICE_NONE;
		}
	}
	return SLICE_NONE;
}

static bool word_parse(slice s, struct word *ret)
{
	if (!slice_starts(s, S("=?"))) {
		return false;
	}
	slice rest = slice_from(s, 2);
	size_t n = 0;
	while (n < rest.len && n < CHARSET_OCTETS && char_is(rest.at[n], C_TOKEN) && rest.at[n] != '=') {
		n++;
	}
	if (n == 0 || rest.len < n + 3 || rest.at[n] != '?' || rest.at[n + 2] != '?') {
		return false;
	}
	struct word word = { .charset = charset_of(slice_first(rest, n)), .encoding = char_lower(rest.at[n + 1]) };
	rest = slice_from(rest, n + 3);
	size_t end = text_end(rest);
	if (end == SLICE_NONE || word.charset == CHARSET_UNKNOWN || (word.encoding != 'b' && word.encoding != 'q')) {
		return false;
	}
	word.text = slice_first(rest, end);
	word.len = (size_t)(rest.at + end + 2 - s.at);
	*ret = word;
	return true;
}

/* The "Q" encoding (RFC 2047 4.2).  A fold in the middle, which RFC 2047 2 forbids, is dropped with its white space. */
static void put_q(struct buf *b, const struct word *word)
{
	slice s = word->text;
	for (size_t i = 0; i < s.len; i++) {
		if (char_is(s.at[i], C_CRLF)) {
			while (i + 1 < s.len && char_is(s.at[i + 1], C_WSP | C_CRLF)) {
				i++;
			}
		} else if (s.at[i] == '_') {
			buf_put_char(b, ' ');
		} else if (s.at[i] == '=' && i + 2 < s.len && char_hex(s.at[i + 1]) >= 0 &&
			   char_hex(s.at[i + 2]) >= 0) {
			put_octet(b, word->charset, (char)(char_hex(s.at[i + 1]) << 4 | char_hex(s.at[i + 2])));
			i += 2;
		} else {
			put_octet(b, word->charset, s.at[i]);
		}
	}
}

/* False: the base64 is broken, nothing was put. */
static bool put_word(struct buf *b, const struct word *word, struct signet_arena *a)
{
	slice octets;
	if (word->encoding == 'q') {
		put_q(b, word);
		return true;
	}
	if (!base64_decode(word->text, BASE64_LENIENT, a, &octets)) {
		return false;
	}
	for (size_t i = 0; i < octets.len; i++) {
		put_octet(b, word->charset, octets.at[i]);
	}
	return true;
}

/* The length of the UTF-8 character that starts `s`, 0 if none does (RFC 3629 4). */
static size_t utf8_length(slice s)
{
	unsigned char c = (unsigned char)s.at[0];
	unsigned char d = s.len > 1 ? (unsigned char)s.at[1] : 0;
	size_t n = c < 0x80                 ? 1
		   : c >= 0xC2 && c <= 0xDF ? 2
		   : c >= 0xE0 && c <= 0xEF ? 3
		   : c >= 0xF0 && c <= 0xF4 ? 4
					    : 0;
	if (n > s.len || (c == 0xE0 && d < 0xA0) || (c == 0xED && d > 0x9F) || (c == 0xF0 && d < 0x90) ||
	    (c == 0xF4 && d > 0x8F)) {
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		if ((s.at[i] & 0xC0) != 0x80) {
			return 0;
		}
	}
	return n;
}

static slice make_valid(slice text, struct signet_arena *a)
{
	struct buf b;
	size_t good = 0;
	for (size_t n; good < text.len && (n = utf8_length(slice_from(text, good))) > 0;) {
		good += n;
	}
	if (good == text.len) {
		return text;
	}
	buf_init_arena(&b, a, SIZE_MAX);
	buf_reserve(&b, text.len);
	while (text.len) {
		size_t n = utf8_length(text);
		if (n) {
			buf_put(&b, slice_first(text, n));
		} else {
			put_point(&b, REPLACEMENT);
		}
		text = slice_from(text, n ? n : 1);
	}
	return buf_ok(&b) ? buf_slice(&b) : (slice) { 0 };
}

bool words_has(slice text)
{
	return slice_find(text, S("=?")) != SLICE_NONE;
}

slice words_decode(slice text, struct signet_arena *a)
{
	struct buf b;
	struct word word;
	bool after_word = false; /* nothing but white space came since the last word... */
	size_t space = 0; /* ...which begins here */
	if (!words_has(text)) {
		return make_valid(text, a);
	}
	buf_init_arena(&b, a, SIZE_MAX);
	buf_reserve(&b, text.len);
	for (size_t i = 0; i < text.len;) {
		slice rest = slice_from(text, i);
		size_t mark = b.len;
		if (rest.at[0] == '=' && word_parse(rest, &word)) {
			b.len = after_word ? space : b.len;
			if (put_word(&b, &word, a)) {
				after_word = true;
				space = b.len;
				i += word.len;
				continue;
			}
			b.len = mark;
			buf_put(&b, slice_first(rest, word.len));
			after_word = false;
			i += word.len;
			continue;
		}
		after_word &= char_is(rest.at[0], C_WSP | C_CRLF);
		buf_put_char(&b, rest.at[0]);
		i++;
	}
	return buf_ok(&b) ? make_valid(buf_slice(&b), a) : (slice) { 0 };
}
