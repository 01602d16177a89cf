/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include "../base/base64.h"
#include "../base/chars.h"
#include "token.h"

static const slice names[] = {
	[TRANSFER_7BIT] = { "7bit", 4 },     [TRANSFER_8BIT] = { "8bit", 4 },
	[TRANSFER_BINARY] = { "binary", 6 }, [TRANSFER_QUOTED_PRINTABLE] = { "quoted-printable", 16 },
	[TRANSFER_BASE64] = { "base64", 6 }, [TRANSFER_UNKNOWN] = { "unknown", 7 },
};

const char *transfer_encoding_name(enum transfer_encoding encoding)
{
	return encoding <= TRANSFER_UNKNOWN ? names[encoding].at : names[TRANSFER_UNKNOWN].at;
}

enum transfer_encoding transfer_encoding_parse(slice value)
{
	struct lexer lexer = lexer_of(value);
	struct token token = lexer_next(&lexer);
	if (token.kind == TOKEN_END) {
		return TRANSFER_7BIT;
	}
	for (size_t i = 0; i < TRANSFER_UNKNOWN; i++) {
		if (slice_eq_nocase(token.text, names[i])) {
			return (enum transfer_encoding)i;
		}
	}
	return TRANSFER_UNKNOWN;
}

/* RFC 2045 6.8: octets outside the alphabet are skipped; "=" ends the data. */
static int digit_value(char c)
{
	if (!char_is(c, C_BASE64)) {
		return -1;
	}
	if (char_is(c, C_DIGIT)) {
		return c - '0' + 52;
	}
	return c == '+' ? 62 : c == '/' ? 63 : c <= 'Z' ? c - 'A' : c - 'a' + 26;
}

static void put_quantum(struct buf *b, uint32_t bits, unsigned n_octets)
{
	char three[3] = { (char)(bits >> 16), (char)(bits >> 8), (char)bits };
	buf_put(b, slice_make(three, n_octets));
}

static bool decode_base64(slice text, struct buf *b)
{
	uint32_t bits = 0;
	unsigned digits = 0;
	unsigned pads = 0;
	bool clean = true;
	for (size_t i = 0; i < text.len; i++) {
		int value = digit_value(text.at[i]);
		if (value < 0 || pads) {
			pads += text.at[i] == '=';
			clean &= text.at[i] == '=' || char_is(text.at[i], C_WSP | C_CRLF);
			continue;
		}
		bits = bits << 6 | (uint32_t)value;
		if (++digits == 4) {
			put_quantum(b, bits, 3);
			bits = digits = 0;
		}
	}
	if (digits >= 2) {
		put_quantum(b, bits << (4 - digits) * 6, digits - 1);
	}
	return clean && (digits ? digits + pads == 4 && digits >= 2 : pads == 0);
}

/* The octets of white space and the line end that follow at once; 0: something else follows.  The end of the text is a
 * line end. */
static size_t line_end_length(slice s)
{
	size_t n = 0;
	while (n < s.len && char_is(s.at[n], C_WSP)) {
		n++;
	}
	if (n == s.len) {
		return n;
	}
	if (slice_starts(slice_from(s, n), S("\r\n"))) {
		return n + 2;
	}
	return s.at[n] == '\n' ? n + 1 : 0;
}

/* One "=": an octet, a soft line break, or nothing of the kind, which is left as it is (RFC 2045 6.7 rules 1 and 5). */
static size_t decode_escape(slice s, struct buf *b, bool *clean)
{
	slice after = slice_from(s, 1);
	if (after.len >= 2 && char_hex(after.at[0]) >= 0 && char_hex(after.at[1]) >= 0) {
		buf_put_char(b, (char)(char_hex(after.at[0]) << 4 | char_hex(after.at[1])));
		*clean &= !(char_is(after.at[0], C_ALPHA) && after.at[0] > 'F') && !(after.at[1] > 'F');
		return 3;
	}
	size_t soft = line_end_length(after);
	if (soft || !after.len) {
		return 1 + soft;
	}
	*clean = false;
	buf_put_char(b, '=');
	return 1;
}

/* White space at the end of a line was added on the way and is dropped (rule 3). */
static size_t decode_space(slice s, struct buf *b)
{
	size_t n = 0;
	while (n < s.len && char_is(s.at[n], C_WSP)) {
		n++;
	}
	if (line_end_length(slice_from(s, n)) == 0 && n < s.len) {
		buf_put(b, slice_first(s, n));
	}
	return n;
}

static bool decode_quoted_printable(slice text, struct buf *b)
{
	bool clean = true;
	while (text.len) {
		size_t n = 1;
		char c = text.at[0];
		if (c == '=') {
			n = decode_escape(text, b, &clean);
		} else if (char_is(c, C_WSP)) {
			n = decode_space(text, b);
		} else {
			clean &= char_is(c, C_VCHAR | C_CRLF);
			buf_put_char(b, c);
		}
		text = slice_from(text, n);
	}
	return clean;
}

bool transfer_decode(enum transfer_encoding encoding, slice text, struct buf *b)
{
	switch (encoding) {
	case TRANSFER_BASE64:
		return decode_base64(text, b);
	case TRANSFER_QUOTED_PRINTABLE:
		return decode_quoted_printable(text, b);
	default:
		buf_put(b, text);
		return encoding != TRANSFER_UNKNOWN;
	}
}

void transfer_put_base64(struct buf *b, slice octets)
{
	while (octets.len) {
		base64_put(b, slice_first(octets, TRANSFER_COLUMNS / 4 * 3));
		buf_put(b, S("\r\n"));
		octets = slice_from(octets, TRANSFER_COLUMNS / 4 * 3);
	}
}

/* True if the octet may stand as it is: printable, or white space that does not end a line. */
static bool is_literal(slice rest)
{
	if (char_is(rest.at[0], C_WSP)) {
		return rest.len > 1 && !slice_starts(slice_from(rest, 1), S("\r\n"));
	}
	return char_is(rest.at[0], C_VCHAR) && rest.at[0] != '=';
}

void transfer_put_quoted_printable(struct buf *b, slice text)
{
	size_t column = 0;
	while (text.len) {
		if (slice_starts(text, S("\r\n"))) {
			buf_put(b, S("\r\n"));
			column = 0;
			text = slice_from(text, 2);
			continue;
		}
		size_t width = is_literal(text) ? 1 : 3;
		bool is_last = text.len == 1 || slice_starts(slice_from(text, 1), S("\r\n"));
		if (column + width > TRANSFER_COLUMNS - (is_last ? 0 : 1)) {
			buf_put(b, S("=\r\n"));
			column = 0;
		}
		if (width == 1) {
			buf_put_char(b, text.at[0]);
		} else {
			buf_put_char(b, '=');
			buf_put_hex(b, slice_first(text, 1), true);
		}
		column += width;
		text = slice_from(text, 1);
	}
}
