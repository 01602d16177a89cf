/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include <stdlib.h>

#include "chars.h"

#define FIRST_BYTES 128

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_init_arena(struct buf *b, struct signet_arena *a, size_t max)
{
	*b = (struct buf){ .max = max, .arena = a };
}

void buf_finish(struct buf *b)
{
	if (!b->arena) {
		free(b->at);
	}
	*b = (struct buf){ .max = b->max, .arena = b->arena };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->bad = false;
}

static bool grow(struct buf *b, size_t need)
{
	size_t room = b->room ? b->room : FIRST_BYTES;
	while (room < need) {
		room = room > b->max / 2 ? b->max : room * 2;
	}
	char *at;
	if (b->arena) {
		at = arena_octets(b->arena, room);
		if (at && b->len) {
			memcpy(at, b->at, b->len);
		}
	} else {
		at = realloc(b->at, room);
	}
	if (!at) {
		return false;
	}
	b->at = at;
	b->room = room;
	return true;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->bad || n > b->max || b->len > b->max - n) {
		b->bad = true;
		return NULL;
	}
	if (b->len + n > b->room && !grow(b, b->len + n)) {
		b->bad = true;
		return NULL;
	}
	return b->at ? b->at + b->len : NULL;
}

void buf_put(struct buf *b, slice s)
{
	char *to = s.len ? buf_reserve(b, s.len) : NULL;
	if (to) {
		memcpy(to, s.at, s.len);
		b->len += s.len;
	}
}

void buf_put_char(struct buf *b, char c)
{
	char *to = buf_reserve(b, 1);
	if (to) {
		*to = c;
		b->len++;
	}
}

void buf_put_text(struct buf *b, const char *text)
{
	buf_put(b, slice_of(text));
}

void buf_put_number(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	buf_put(b, slice_make(digits + at, sizeof(digits) - at));
}

void buf_put_lower(struct buf *b, slice s)
{
	char *to = s.len ? buf_reserve(b, s.len) : NULL;
	if (!to) {
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		to[i] = char_lower(s.at[i]);
	}
	b->len += s.len;
}

void buf_put_hex(struct buf *b, slice s, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		buf_put_char(b, digits[c >> 4]);
		buf_put_char(b, digits[c & 15]);
	}
}
