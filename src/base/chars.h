/* SPDX-License-Identifier: Apache-2.0 */
/* Character classes: one table of 256 entries, a bit per ABNF rule.  No <ctype.h>, no locale.
 *
 *     while (i < s.len && char_is(s.at[i], C_ALPHA | C_DIGIT)) i++; */
#ifndef SIGNET_BASE_CHARS_H
#define SIGNET_BASE_CHARS_H

#include <stdbool.h>
#include <stdint.h>

enum char_class {
	C_ALPHA = 1 << 0,  /* RFC 5234 B.1 */
	C_DIGIT = 1 << 1,  /* RFC 5234 B.1 */
	C_HEXDIG = 1 << 2, /* RFC 5234 B.1, both cases */
	C_WSP = 1 << 3,    /* SP / HTAB */
	C_CRLF = 1 << 4,   /* CR / LF */
	C_VCHAR = 1 << 5,  /* %x21-7E */
	C_CTL = 1 << 6,    /* %x00-1F / %x7F, with HTAB, CR, LF */
	C_8BIT = 1 << 7,   /* %x80-FF */
	C_ATEXT = 1 << 8,  /* RFC 5322 3.2.3 */
	C_CTEXT = 1 << 9,  /* RFC 5322 3.2.2: in a comment, not ( ) \ */
	C_QTEXT = 1 << 10, /* RFC 5322 3.2.4: in a quoted-string, not " \ ; with SP */
	C_DTEXT = 1 << 11, /* RFC 5322 3.4.1: in a domain-literal, not [ ] \ */
	C_FTEXT = 1 << 12, /* RFC 5322 2.2: field-name, VCHAR but ":" */
	C_TVAL = 1 << 13,  /* RFC 6376 3.2: VALCHAR, VCHAR but ";" */
	C_BASE64 = 1 << 14, /* ALPHA / DIGIT / "+" / "/", without "=" */
	C_TOKEN = 1 << 15, /* RFC 2045 5.1 token */
	C_LDH = 1 << 16,   /* ALPHA / DIGIT / "-" */
	C_UNDERSCORE = 1 << 17,
	C_UNRESERVED = 1 << 18, /* RFC 3986 2.3: ALPHA / DIGIT / "-" / "." / "_" / "~" */
	C_SPF_DELIM = 1 << 19,  /* RFC 7208 7.1: "." / "-" / "+" / "," / "/" / "_" / "=" */
	C_SPF_LIT = 1 << 20,    /* RFC 7208 7.1: macro-literal %x21-24 / %x26-7E */
};

extern const uint32_t char_classes[256];

static inline bool char_is(char c, uint32_t classes)
{
	return (char_classes[(unsigned char)c] & classes) != 0;
}

static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline char char_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

/* 0..15, or -1. */
int char_hex(char c);

#endif
