/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"

#include "../base/chars.h"
#include "../base/cursor.h"
#include "../base/utf8.h"

void fold_init(struct fold *f, struct signet_arena *a, slice name, size_t line_length)
{
	*f = (struct fold) { .arena = a, .column = name.len + 2, .line_length = line_length ? line_length : FOLD_LINE };
	if (f->line_length > FOLD_LINE_MAX) {
		f->line_length = FOLD_LINE_MAX;
	}
	buf_init_arena(&f->out, a, FOLD_FIELD_MAX);
}

void fold_break(struct fold *f)
{
	f->column = f->line_length;
}

void fold_begin_word(struct fold *f)
{
	if (f->started) {
		buf_put_char(&f->out, ' ');
	}
	f->word = f->out.len;
}

/* Turns the SP before the word into a fold. */
static void break_line(struct fold *f, size_t len)
{
	if (buf_reserve(&f->out, 2)) {
		char *at = f->out.at + f->word - 1;
		memmove(at + 3, at + 1, len);
		memcpy(at, "\r\n\t", 3);
		f->out.len += 2;
	}
}

void fold_end_word(struct fold *f)
{
	size_t len = f->out.len - f->word;
	if (RULE("5322:2.1.1", len + (f->started ? 1 : f->column) > FOLD_LINE_MAX)) {
		f->out.bad = true;
		return;
	}
	if (!f->started) {
		f->started = true;
	} else if (RULE("5322:2.1.1", f->column + 1 + len > f->line_length)) {
		break_line(f, len);
		f->column = 1;
	} else {
		f->column++;
	}
	f->column += len;
}

void fold_word(struct fold *f, slice word)
{
	fold_begin_word(f);
	buf_put(&f->out, word);
	fold_end_word(f);
}

static bool is_all(slice s, uint32_t classes)
{
	struct cursor c = cursor_of(s);
	return s.len > 0 && cursor_take(&c, classes).len == s.len;
}

/* Atoms with single dots between them. */
static bool is_dot_atom(slice s)
{
	for (slice rest = s; rest.at;) {
		if (!is_all(slice_split(&rest, '.'), C_ATEXT)) {
			return false;
		}
	}
	return s.len > 0;
}

/* Letters, digits and inner hyphens; two labels or more. */
static bool is_domain(slice s)
{
	size_t labels = 0;
	for (slice rest = s; rest.at; labels++) {
		slice label = slice_split(&rest, '.');
		if (!is_all(label, C_LDH) || label.at[0] == '-' || label.at[label.len - 1] == '-') {
			return false;
		}
	}
	return labels > 1;
}

static bool is_mailbox(slice s)
{
	size_t at = slice_find_char(s, '@');
	return at != SLICE_NONE && (at == 0 || is_dot_atom(slice_first(s, at))) && is_domain(slice_from(s, at + 1));
}

static bool is_bare(slice value, enum fold_form form)
{
	switch (form) {
	case FOLD_TOKEN:
		return is_all(value, C_TOKEN);
	case FOLD_MAILBOX:
		return is_all(value, C_TOKEN) || is_mailbox(value);
	case FOLD_DOT_ATOM:
		return is_dot_atom(value);
	case FOLD_QUOTED:
		break;
	}
	return false;
}

/* Appends `text`: what is of the classes `plain` as it is, other characters of ASCII with a backslash, and "?" for what no
 * header field may hold. */
static void put_quoted(struct buf *b, slice text, uint32_t plain)
{
	for (struct cursor c = cursor_of(text); !cursor_is_end(&c);) {
		uint32_t ignored;
		buf_put(b, cursor_take(&c, plain));
		slice rest = cursor_rest(&c);
		size_t len = rest.len ? utf8_decode(rest, &ignored) : 0;
		if (len > 1) {
			buf_put(b, slice_first(rest, len));
			c.at += len;
		} else if (rest.len) {
			bool good = len && char_is(*c.at, C_VCHAR | C_WSP);
			buf_put_char(b, good ? '\\' : '?');
			buf_put(b, slice_first(rest, good));
			c.at++;
		}
	}
}

void fold_put_value(struct buf *b, slice value, enum fold_form form)
{
	if (is_bare(value, form)) {
		buf_put(b, value);
		return;
	}
	buf_put_char(b, '"');
	put_quoted(b, value, C_QTEXT | C_WSP);
	buf_put_char(b, '"');
}

void fold_pair(struct fold *f, slice key, slice value, enum fold_form form, slice after)
{
	fold_begin_word(f);
	buf_put(&f->out, key);
	buf_put_char(&f->out, '=');
	fold_put_value(&f->out, value, form);
	buf_put(&f->out, after);
	fold_end_word(f);
}

/* At most `max` octets, no character cut in two. */
static slice shortened(slice text, size_t max)
{
	size_t len = text.len < max ? text.len : max;
	while (len && len < text.len && ((unsigned char)text.at[len] & 0xC0) == 0x80) {
		len--;
	}
	return slice_first(text, len);
}

void fold_comment(struct fold *f, slice text, slice after)
{
	text = slice_trim_fws(shortened(text, FOLD_COMMENT_MAX));
	if (text.len == 0) {
		return;
	}
	struct buf all;
	buf_init_arena(&all, f->arena, FOLD_FIELD_MAX);
	buf_put_char(&all, '(');
	put_quoted(&all, text, C_CTEXT | C_WSP);
	buf_put_char(&all, ')');
	buf_put(&all, after);
	f->out.bad |= !buf_ok(&all);
	for (slice rest = buf_slice(&all); rest.at;) {
		slice word = slice_split(&rest, ' ');
		if (word.len) {
			fold_word(f, word);
		}
	}
}

slice fold_end(struct fold *f)
{
	return buf_ok(&f->out) && !f->arena->failed ? buf_slice(&f->out) : (slice) { 0 };
}
