/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_decode(slice s, uint32_t *ret)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least; /* against overlong forms */
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	for (size_t n = 1; s.len && n <= 4; n++) {
		unsigned char lead = (unsigned char)s.at[0];
		if ((lead & forms[n - 1].mask) != forms[n - 1].lead) {
			continue;
		}
		uint32_t c = lead & (unsigned char)~forms[n - 1].mask;
		for (size_t i = 1; i < n; i++) {
			if (i >= s.len || !is_continuation(s.at[i])) {
				return 0;
			}
			c = c << 6 | ((unsigned char)s.at[i] & 0x3f);
		}
		if (c < forms[n - 1].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
			return 0;
		}
		*ret = c;
		return n;
	}
	return 0;
}

size_t utf8_length(slice s)
{
	uint32_t ignored;
	return utf8_decode(s, &ignored);
}

bool utf8_is_valid(slice s)
{
	while (s.len) {
		size_t len = utf8_length(s);
		if (len == 0) {
			return false;
		}
		s = slice_from(s, len);
	}
	return true;
}

void utf8_put(struct buf *b, uint32_t c)
{
	char octets[4];
	size_t n = 0;
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
		c = 0xfffd;
	}
	if (c < 0x80) {
		buf_put_char(b, (char)c);
		return;
	}
	if (c < 0x800) {
		octets[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		octets[n++] = (char)(0xe0 | c >> 12);
		octets[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		octets[n++] = (char)(0xf0 | c >> 18);
		octets[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		octets[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	octets[n++] = (char)(0x80 | (c & 0x3f));
	buf_put(b, slice_make(octets, n));
}
