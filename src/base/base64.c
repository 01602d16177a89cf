/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

#include "chars.h"

static int digit_value(char c)
{
	if (c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if (c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(slice text, enum base64_padding padding, struct signet_arena *a, slice *ret)
{
	char *at = arena_octets(a, text.len / 4 * 3 + 3);
	if (!at) {
		return false;
	}
	size_t len = 0;
	size_t digits = 0;
	size_t pads = 0;
	uint32_t bits = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (char_is(c, C_WSP | C_CRLF)) {
			continue;
		}
		if (c == '=') {
			pads++;
			continue;
		}
		int value = digit_value(c);
		if (value < 0 || pads) {
			return false;
		}
		bits = bits << 6 | (uint32_t)value;
		if (++digits % 4 == 0) {
			at[len++] = (char)(bits >> 16);
			at[len++] = (char)(bits >> 8);
			at[len++] = (char)bits;
		}
	}
	size_t left = digits % 4;
	bool padded = (digits + pads) % 4 == 0 && pads <= 2;
	if (left == 1 || (!padded && (pads || padding == BASE64_PADDED))) {
		return false;
	}
	if (left >= 2) {
		at[len++] = (char)(bits >> (left == 2 ? 4 : 10));
	}
	if (left == 3) {
		at[len++] = (char)(bits >> 2);
	}
	*ret = slice_make(at, len);
	return true;
}

void base64_put(struct buf *b, slice octets)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < octets.len; i += 3) {
		size_t n = octets.len - i < 3 ? octets.len - i : 3;
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++) {
			bits = bits << 8 | (k < n ? (unsigned char)octets.at[i + k] : 0);
		}
		char four[4];
		for (size_t k = 0; k < 4; k++) {
			four[k] = k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=';
		}
		buf_put(b, slice_make(four, 4));
	}
}
