/* SPDX-License-Identifier: Apache-2.0 */
#include "content.h"

#include "../base/buf.h"
#include "../base/cursor.h"
#include "token.h"

struct reader {
	struct cursor c;
	bool open_comment; /* do not look for the end of one again */
};

static void skip_cfws(struct reader *r)
{
	for (;;) {
		cursor_skip_fws(&r->c);
		size_t len = SLICE_NONE;
		if (cursor_peek(&r->c) == '(' && !r->open_comment) {
			len = comment_length(cursor_rest(&r->c));
			r->open_comment = len == SLICE_NONE;
		}
		if (len == SLICE_NONE) {
			return;
		}
		r->c.at += len;
	}
}

/* value = token / quoted-string, or whatever stands there up to white space or ";" */
static slice take_value(struct reader *r, struct signet_arena *a)
{
	slice rest = cursor_rest(&r->c);
	size_t len = rest.len && rest.at[0] == '"' ? quoted_length(rest) : SLICE_NONE;
	if (len != SLICE_NONE) {
		r->c.at += len;
		return quoted_text(slice_first(rest, len), a);
	}
	if (rest.len && rest.at[0] == '"') { /* a quote that does not end: up to the end of the line or the next ";" */
		r->c.at++;
		rest = slice_from(rest, 1);
		for (len = 0; len < rest.len && rest.at[len] != ';' && !char_is(rest.at[len], C_CRLF); len++) {
		}
	} else {
		for (len = 0; len < rest.len && rest.at[len] != ';' && !char_is(rest.at[len], C_WSP | C_CRLF); len++) {
		}
	}
	r->c.at += len;
	return slice_first(rest, len);
}

/* parameter = attribute "=" value; false at the end of the field. */
static bool take_param(struct reader *r, struct signet_arena *a, struct content_param *ret)
{
	for (;;) {
		skip_cfws(r);
		if (cursor_is_end(&r->c)) {
			return false;
		}
		slice name = cursor_take(&r->c, C_TOKEN);
		skip_cfws(r);
		if (name.len && cursor_take_char(&r->c, '=')) {
			skip_cfws(r);
			*ret = (struct content_param) { arena_lower(a, name), take_value(r, a) };
			return true;
		}
		if (!name.len && !cursor_is_end(&r->c)) {
			r->c.at++;
		}
	}
}

bool content_parse(slice value, struct signet_arena *a, struct content *ret)
{
	struct reader r = { .c = cursor_of(value) };
	struct content content = { 0 };
	skip_cfws(&r);
	slice type = cursor_take(&r.c, C_TOKEN);
	skip_cfws(&r);
	if (!type.len) {
		return false;
	}
	content.type = arena_lower(a, type);
	if (cursor_take_char(&r.c, '/')) {
		skip_cfws(&r);
		content.subtype = arena_lower(a, cursor_take(&r.c, C_TOKEN));
	}
	struct content_param *params = NULL;
	struct content_param param;
	size_t room = 0;
	while (content.n_params < CONTENT_PARAMS_MAX && take_param(&r, a, &param)) {
		if (content.n_params == room) {
			room = room ? room * 4 : 4;
			struct content_param *more = arena_array(a, room, sizeof(*more));
			if (!more) {
				return false;
			}
			if (content.n_params) {
				memcpy(more, params, content.n_params * sizeof(*more));
			}
			params = more;
		}
		params[content.n_params++] = param;
	}
	content.params = params;
	*ret = content;
	return !a->failed;
}

size_t content_count(const struct content *content, slice name)
{
	size_t n = 0;
	for (size_t i = 0; i < content->n_params; i++) {
		n += slice_eq(content->params[i].name, name);
	}
	return n;
}

static const struct content_param *find(const struct content *content, slice name)
{
	for (size_t i = 0; i < content->n_params; i++) {
		if (slice_eq(content->params[i].name, name)) {
			return &content->params[i];
		}
	}
	return NULL;
}

/* ext-octet = "%" 2HEXDIG; `is_first`: charset'language' stands before the text (RFC 2231 4) */
static void put_extended(struct buf *b, slice value, bool is_first)
{
	slice rest = value;
	for (int quotes = 0; is_first && quotes < 2; quotes++) {
		size_t quote = slice_find_char(rest, '\'');
		if (quote == SLICE_NONE) {
			rest = value;
			break;
		}
		rest = slice_from(rest, quote + 1);
	}
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.at[i] == '%' && i + 2 < rest.len && char_hex(rest.at[i + 1]) >= 0 &&
		    char_hex(rest.at[i + 2]) >= 0) {
			buf_put_char(b, (char)(char_hex(rest.at[i + 1]) << 4 | char_hex(rest.at[i + 2])));
			i += 2;
		} else {
			buf_put_char(b, rest.at[i]);
		}
	}
}

/* The piece called name*N or name*N*; N < 0: name*.  False: there is none. */
static bool put_piece(const struct content *content, slice name, int n, struct buf *b)
{
	char octets[128];
	struct buf key = { .at = octets, .room = sizeof(octets), .max = sizeof(octets) };
	buf_put(&key, name);
	buf_put_char(&key, '*');
	if (n >= 0) {
		buf_put_number(&key, (uint64_t)n);
	}
	const struct content_param *plain = buf_ok(&key) && n >= 0 ? find(content, buf_slice(&key)) : NULL;
	if (plain) {
		buf_put(b, plain->value);
		return true;
	}
	buf_put(&key, n >= 0 ? S("*") : S(""));
	const struct content_param *extended = buf_ok(&key) ? find(content, buf_slice(&key)) : NULL;
	if (extended) {
		put_extended(b, extended->value, n <= 0);
	}
	return extended != NULL;
}

slice content_param(const struct content *content, slice name, struct signet_arena *a)
{
	const struct content_param *plain = find(content, name);
	struct buf b;
	if (plain) {
		return plain->value.at ? plain->value : S("");
	}
	buf_init_arena(&b, a, SIZE_MAX);
	if (!put_piece(content, name, -1, &b)) {
		int n = 0;
		while (n < CONTENT_PARAMS_MAX && put_piece(content, name, n, &b)) {
			n++;
		}
		if (n == 0) {
			return (slice) { 0 };
		}
	}
	return b.at && buf_ok(&b) ? buf_slice(&b) : S("");
}
