/* SPDX-License-Identifier: Apache-2.0 */
#include "tags.h"

static enum tag_step broken(struct cursor *c, const char *at, struct tag *ret)
{
	*ret = (struct tag){ .offset = (size_t)(at - c->begin) };
	size_t n = slice_find_char(slice_between(at, c->end), ';');
	c->at = n == SLICE_NONE ? c->end : at + n + 1;
	return TAG_BROKEN;
}

/* tag-name = ALPHA *ALNUMPUNC (RFC 6376 3.2) */
static slice take_name(struct cursor *c)
{
	if (c->at == c->end || !char_is(*c->at, C_ALPHA)) {
		return slice_between(c->at, c->at);
	}
	return cursor_take(c, C_ALPHA | C_DIGIT | C_UNDERSCORE);
}

enum tag_step tags_next(struct cursor *c, struct tag *ret)
{
	cursor_skip_fws(c);
	if (cursor_is_end(c)) {
		return TAG_END;
	}
	struct tag tag = { .offset = cursor_offset(c) };
	tag.name = take_name(c);
	cursor_skip_fws(c);
	if (tag.name.len == 0 || !cursor_take_char(c, '=')) {
		return broken(c, c->at, ret);
	}
	tag.raw_value = cursor_take(c, C_TVAL | C_WSP | C_CRLF | C_8BIT);
	tag.value = slice_trim_fws(tag.raw_value);
	if (!cursor_is_end(c) && !cursor_take_char(c, ';')) {
		return broken(c, c->at, ret);
	}
	*ret = tag;
	return TAG_ONE;
}

slice tag_without_fws(slice value, struct signet_arena *a)
{
	size_t n = 0;
	for (size_t i = 0; i < value.len; i++) {
		n += char_is(value.at[i], C_WSP | C_CRLF);
	}
	if (n == 0) {
		return value;
	}
	char *at = arena_octets(a, value.len);
	if (!at) {
		return (slice){ 0 };
	}
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (!char_is(value.at[i], C_WSP | C_CRLF)) {
			at[len++] = value.at[i];
		}
	}
	return slice_make(at, len);
}

bool tag_take_part(slice *rest, char separator, slice *ret)
{
	if (!rest->at) {
		return false;
	}
	*ret = slice_trim_fws(slice_split(rest, separator));
	return true;
}
