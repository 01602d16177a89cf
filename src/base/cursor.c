/* SPDX-License-Identifier: Apache-2.0 */
#include "cursor.h"

bool cursor_take_char(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted) {
		return false;
	}
	c->at++;
	return true;
}

bool cursor_take_text(struct cursor *c, slice wanted)
{
	if (!slice_starts(cursor_rest(c), wanted)) {
		return false;
	}
	c->at += wanted.len;
	return true;
}

bool cursor_take_nocase(struct cursor *c, slice wanted)
{
	if (!slice_starts_nocase(cursor_rest(c), wanted)) {
		return false;
	}
	c->at += wanted.len;
	return true;
}

bool cursor_take_number(struct cursor *c, uint64_t max, uint64_t *ret)
{
	const char *at = c->at;
	const uint64_t tenth = max / 10;
	const uint64_t last = max % 10;
	uint64_t n = 0;
	while (at < c->end && char_is(*at, C_DIGIT)) {
		uint64_t digit = (uint64_t)(*at - '0');
		if (n > tenth || (n == tenth && digit > last)) {
			return false;
		}
		n = n * 10 + digit;
		at++;
	}
	if (at == c->at) {
		return false;
	}
	c->at = at;
	*ret = n;
	return true;
}

void cursor_skip_fws(struct cursor *c)
{
	while (c->at < c->end && char_is(*c->at, C_WSP | C_CRLF)) {
		c->at++;
	}
}

bool number_parse(slice s, uint64_t max, uint64_t *ret)
{
	struct cursor c = cursor_of(s);
	uint64_t n;
	if (!cursor_take_number(&c, max, &n) || !cursor_is_end(&c)) {
		return false;
	}
	*ret = n;
	return true;
}
