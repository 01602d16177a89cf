/* SPDX-License-Identifier: Apache-2.0 */
/* The class table against the ABNF written as text. */
#include "../../src/base/chars.h"
#include "../support/rows.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define PUNCTUATION "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

static const struct {
	const char *clause, *what;
	uint32_t class;
	const char *members, *without; /* class = members less without */
} rows[] = {
	{ "5234:B.1", "ALPHA", C_ALPHA, LETTERS, "" },
	{ "5234:B.1", "DIGIT", C_DIGIT, DIGITS, "" },
	{ "5234:B.1", "HEXDIG", C_HEXDIG, DIGITS "abcdefABCDEF", "" },
	{ "5234:B.1", "WSP", C_WSP, " \t", "" },
	{ "5234:B.1", "CR / LF", C_CRLF, "\r\n", "" },
	{ "5234:B.1", "VCHAR", C_VCHAR, LETTERS DIGITS PUNCTUATION, "" },
	{ "5322:3.2.3", "atext", C_ATEXT, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~", "" },
	{ "5322:3.2.2", "ctext", C_CTEXT, LETTERS DIGITS PUNCTUATION, "()\\" },
	{ "5322:3.2.4", "qtext", C_QTEXT, LETTERS DIGITS PUNCTUATION " ", "\"\\" },
	{ "5322:3.4.1", "dtext", C_DTEXT, LETTERS DIGITS PUNCTUATION, "[]\\" },
	{ "5322:2.2", "ftext", C_FTEXT, LETTERS DIGITS PUNCTUATION, ":" },
	{ "6376:3.2", "VALCHAR", C_TVAL, LETTERS DIGITS PUNCTUATION, ";" },
	{ "4648:4", "base64 digits", C_BASE64, LETTERS DIGITS "+/", "" },
	{ "2045:5.1", "token", C_TOKEN, LETTERS DIGITS PUNCTUATION, "()<>@,;:\\\"/[]?=" },
	{ "1035:2.3.1", "letters, digits, hyphen", C_LDH, LETTERS DIGITS "-", "" },
	{ "3986:2.3", "unreserved", C_UNRESERVED, LETTERS DIGITS "-._~", "" },
	{ "7208:7.1", "delimiter", C_SPF_DELIM, ".-+,/_=", "" },
	{ "7208:7.1", "macro-literal", C_SPF_LIT, LETTERS DIGITS PUNCTUATION, "%" },
};

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		int wrong = 0;
		for (int c = 1; c < 256; c++) {
			bool want = strchr(rows[i].members, c) && !strchr(rows[i].without, c);
			wrong += char_is((char)c, rows[i].class) != want;
		}
		row_number(rows[i].clause, rows[i].what, wrong, 0);
	}
	int wrong = 0;
	for (int c = 0; c < 256; c++) {
		wrong += char_is((char)c, C_CTL) != (c < 32 || c == 127);
		wrong += char_is((char)c, C_8BIT) != (c > 127);
	}
	row_number("5234:B.1", "CTL and 8-bit", wrong, 0);
	row_number("5234:B.1", "hex digits", char_hex('f') + char_hex('A') + char_hex('0') + char_hex('g'), 24);
	return rows_end();
}
