/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/escape.h"
#include "../../src/base/utf8.h"
#include "../support/rows.h"

static const struct {
	const char *what, *text, *want;
	size_t columns;
} rows[] = {
	{ "ASCII stays", "Hello, world!", "Hello, world!", 13 },
	{ "a terminal escape", "\x1b[2J", "\\x1b[2J", 7 },
	{ "line ends and tabs", "a\r\n\tb", "a\\x0d\\x0a\\x09b", 14 },
	{ "DEL", "\x7f", "\\x7f", 4 },
	{ "C1: a one-octet CSI in UTF-8",
	  "\xc2\x9b"
	  "2J",
	  "\\u{9b}2J", 8 },
	{ "C1 as an octet",
	  "\x9b"
	  "2J",
	  "\\x9b2J", 6 },
	{ "octets that are no UTF-8", "a\xff\xc3", "a\\xff\\xc3", 9 },
	{ "overlong", "\xc0\xaf", "\\xc0\\xaf", 8 },
	{ "a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 },
	{ "right-to-left override",
	  "a\xe2\x80\xae"
	  "b",
	  "a\\u{202e}b", 10 },
	{ "first bidi embedding", "\xe2\x80\xaa", "\\u{202a}", 8 },
	{ "first bidi isolate", "\xe2\x81\xa6", "\\u{2066}", 8 },
	{ "last bidi isolate", "\xe2\x81\xa9", "\\u{2069}", 8 },
	{ "left-to-right mark", "\xe2\x80\x8e", "\\u{200e}", 8 },
	{ "right-to-left mark", "\xe2\x80\x8f", "\\u{200f}", 8 },
	{ "Arabic letter mark", "\xd8\x9c", "\\u{61c}", 7 },
	{ "zero-width space", "\xe2\x80\x8b", "\\u{200b}", 8 },
	{ "zero-width joiner", "\xe2\x80\x8d", "\\u{200d}", 8 },
	{ "word joiner", "\xe2\x81\xa0", "\\u{2060}", 8 },
	{ "byte order mark", "\xef\xbb\xbf", "\\u{feff}", 8 },
	{ "line separator", "\xe2\x80\xa8", "\\u{2028}", 8 },
	{ "paragraph separator", "\xe2\x80\xa9", "\\u{2029}", 8 },
	{ "soft hyphen", "\xc2\xad", "\\u{ad}", 6 },
	{ "a tag character", "\xf3\xa0\x81\x81", "\\u{e0041}", 9 },
	{ "Hangul filler", "\xe3\x85\xa4", "\\u{3164}", 8 },
	{ "a non-character", "\xf0\x9f\xbf\xbe", "\\u{1fffe}", 9 },
	{ "the last of all", "\xf4\x8f\xbf\xbf", "\\u{10ffff}", 10 },
	{ "accents stay", "Pel\xc3\xa9", "Pel\xc3\xa9", 4 },
	{ "a combining accent takes no column", "e\xcc\x81", "e\xcc\x81", 1 },
	{ "right-to-left letters stay", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", 4 },
	{ "wide characters take two columns", "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", 4 },
	{ "fullwidth letters take two columns", "\xef\xbc\xa1", "\xef\xbc\xa1", 2 },
	{ "emoji take two columns", "\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7", 2 },
	{ "a backslash stays", "a\\b \\u00e9", "a\\b \\u00e9", 10 },
	{ "what reads like an escape is none", "\\x1b \\u{202e}", "\\x5cx1b \\x5cu{202e}", 19 },
	{ "nothing", "", "", 0 },
};

static const struct {
	const char *what, *text;
	size_t columns, len;
} fits[] = {
	{ "all fits", "abc", 3, 3 },
	{ "cut", "abcd", 3, 3 },
	{ "a wide character is not cut", "a\xe6\x97\xa5", 2, 1 },
	{ "an escape is not cut", "a\x1b", 4, 1 },
	{ "an escape fits", "a\x1b", 5, 2 },
	{ "marks stay with their letter", "e\xcc\x81x", 1, 3 },
	{ "no room", "a", 0, 0 },
};

/* Everything that comes out is UTF-8 without controls. */
static bool is_harmless(slice s)
{
	uint32_t c;
	size_t n;
	for (; s.len; s = slice_from(s, n)) {
		n = utf8_decode(s, &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e)) {
			return false;
		}
	}
	return true;
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf b;
		buf_init(&b, 4096);
		slice text = guarded(slice_of(rows[i].text), false);
		escape_put(&b, text);
		row_text("-", rows[i].what, buf_slice(&b), rows[i].want);
		row_number("-", rows[i].what, (int64_t)escape_columns(text), (int64_t)rows[i].columns);
		buf_finish(&b);
	}
	for (size_t i = 0; i < ROWS(fits); i++) {
		row_number("-", fits[i].what, (int64_t)escape_fit(slice_of(fits[i].text), fits[i].columns).len,
		           (int64_t)fits[i].len);
	}
	size_t bad = 0;
	for (unsigned i = 0; i < 65536; i++) {
		const char two[] = { (char)(i >> 8), (char)i };
		struct buf b;
		buf_init(&b, 64);
		escape_put(&b, slice_make(two, 2));
		bad += !is_harmless(buf_slice(&b));
		buf_finish(&b);
	}
	row_number("-", "two octets, whatever they are, do no harm", (int64_t)bad, 0);
	return rows_end();
}
