/* SPDX-License-Identifier: Apache-2.0 */
#include "compose.h"

#include "../base/base64.h"
#include "../base/chars.h"
#include "../base/utf8.h"
#include "verify.h"

void compose_begin(struct compose *c, slice name, struct signet_arena *a)
{
	buf_init_arena(&c->out, a, COMPOSE_FIELD_OCTETS);
	buf_put(&c->out, name);
	buf_put_char(&c->out, ':');
	c->column = name.len + 1;
}

void compose_break(struct compose *c)
{
	c->column = COMPOSE_LINE;
}

static void fold(struct compose *c)
{
	buf_put(&c->out, S("\r\n\t"));
	c->column = 1;
}

static void put_piece(struct compose *c, slice piece)
{
	buf_put(&c->out, piece);
	c->column += piece.len;
}

/* Room for a piece of `len` octets behind a space, or at the start of the next line. */
static void separate(struct compose *c, size_t len)
{
	if (RULE("5322:2.1.1", c->column + 1 + len > COMPOSE_LINE)) {
		fold(c);
	} else {
		put_piece(c, S(" "));
	}
}

static void put_name(struct compose *c, const char *tag)
{
	put_piece(c, slice_of(tag));
	put_piece(c, S("="));
}

void compose_tag(struct compose *c, const char *tag, slice value)
{
	separate(c, strlen(tag) + value.len + 2);
	put_name(c, tag);
	put_piece(c, value);
	put_piece(c, S(";"));
}

void compose_number(struct compose *c, const char *tag, uint64_t value)
{
	struct buf digits;
	buf_init_arena(&digits, c->out.arena, 24);
	buf_put_number(&digits, value);
	compose_tag(c, tag, buf_slice(&digits));
}

/* A piece that needs no space before it. */
static void put_tight(struct compose *c, slice piece)
{
	if (c->column + piece.len > COMPOSE_LINE) {
		fold(c);
	}
	put_piece(c, piece);
}

void compose_list(struct compose *c, const char *tag, slice list, char separator)
{
	separate(c, strlen(tag) + 1);
	put_name(c, tag);
	while (list.at) {
		slice part = slice_split(&list, separator);
		put_tight(c, slice_make(part.at, part.len + (list.at != NULL)));
	}
	put_piece(c, S(";"));
}

void compose_quoted(struct compose *c, const char *tag, slice value)
{
	separate(c, strlen(tag) + 1);
	put_name(c, tag);
	while (value.len) {
		size_t n = value.at[0] == '=' ? 3 : utf8_length(value);
		n = n ? n : 1;
		if (slice_starts(slice_from(value, n), S("b="))) {
			n += 4; /* a line that begins with "b=3D": verifiers that search for b= would take it for the tag */
		}
		put_tight(c, slice_first(value, n));
		value = slice_from(value, n);
	}
	put_piece(c, S(";"));
}

slice compose_end(struct compose *c, const char *tag)
{
	fold(c);
	put_name(c, tag);
	return buf_ok(&c->out) ? buf_slice(&c->out) : (slice) { 0 };
}

void compose_put_quoted(struct buf *b, slice text, char also, bool utf8)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool plain = (char_is(c, C_TVAL) && c != '=' && c != also) || (utf8 && char_is(c, C_8BIT));
		if (RULE("6376:2.11", plain)) {
			buf_put_char(b, c);
		} else {
			buf_put_char(b, '=');
			buf_put_hex(b, slice_make(&c, 1), true);
		}
	}
}

slice compose_field(const struct unsigned_field *field, slice signature, struct signet_arena *a)
{
	struct buf text, out;
	buf_init_arena(&text, a, COMPOSE_FIELD_OCTETS);
	base64_put(&text, signature);
	buf_init_arena(&out, a, 2 * COMPOSE_FIELD_OCTETS);
	buf_put(&out, field->before);
	slice rest = buf_slice(&text);
	size_t columns = field->b_first ? field->b_first : field->b_columns;
	while (rest.len) {
		columns = field->b_fold.len ? columns : rest.len;
		buf_put(&out, slice_first(rest, columns));
		rest = slice_from(rest, columns);
		columns = field->b_columns;
		buf_put(&out, rest.len ? field->b_fold : (slice) { 0 });
	}
	buf_put(&out, field->after);
	buf_put(&out, S("\r\n"));
	return buf_ok(&text) && buf_ok(&out) ? buf_slice(&out) : (slice) { 0 };
}

enum signet_status compose_digest(struct signet *engine, struct field_index *index, const struct unsigned_field *field,
                                  slice names, bool relaxed, struct signet_arena *a, uint8_t *ret)
{
	struct arena_mark mark = arena_mark(a);
	slice raw = ARENA_JOIN(a, field->before, field->after, S("\r\n"));
	if (!raw.at) {
		return SIGNET_NO_MEMORY;
	}
	struct mail_field own = { .raw = raw };
	struct dkim_signature s = {
		.field = &own,
		.b_given = slice_make(raw.at + field->before.len, 0),
		.names = names,
		.header_relaxed = relaxed,
	};
	slice input = dkim_header_input(index, &s, a);
	if (!input.at || !digest_of(engine, input, ret)) {
		return SIGNET_NO_MEMORY;
	}
	arena_rewind(a, mark);
	return SIGNET_OK;
}
