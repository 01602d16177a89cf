/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <errno.h>
#include <stdio.h>

#include "../../src/base/chars.h"
#include "../../src/base/cursor.h"

#define CHUNK_BYTES ((size_t)64 << 10)

static bool fail(struct buf *error, const char *path, const char *why)
{
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return false;
}

/* The scanner of libConfuse ends the process if it cannot read (a directory is enough), so that it gets no file. */
bool text_read(const char *path, struct buf *text, struct buf *error)
{
	FILE *stream = fopen(path, "re");
	size_t n = 1;
	while (stream && n && buf_ok(text)) {
		char *to = buf_reserve(text, CHUNK_BYTES);
		n = to ? fread(to, 1, CHUNK_BYTES, stream) : 0;
		text->len += n;
	}
	bool ok = stream && !ferror(stream);
	if (!ok) {
		(void)fail(error, path, strerror(errno));
	} else if (!buf_ok(text)) {
		ok = fail(error, path, "too large for a configuration");
	} else if (text->len && memchr(text->at, 0, text->len)) {
		ok = fail(error, path, "there is a NUL octet: not a configuration");
	}
	if (stream) {
		fclose(stream);
	}
	return ok;
}

static bool starts_comment(const struct cursor *c, char before)
{
	slice rest = cursor_rest(c);
	return (slice_starts(rest, S("#")) || slice_starts(rest, S("//")) || slice_starts(rest, S("/*"))) &&
	       (before == 0 || strchr(" \t\r\n={},", before));
}

static const char *end_of_comment(slice comment)
{
	bool is_block = slice_starts(comment, S("/*"));
	size_t at = slice_find(comment, is_block ? S("*/") : S("\n"));
	return at == SLICE_NONE ? comment.at + comment.len : comment.at + at + (is_block ? 2 : 0);
}

void text_blank_comments(char *text, size_t len)
{
	struct cursor c = cursor_of(slice_make(text, len));
	char quote = 0, before = 0;
	while (!cursor_is_end(&c)) {
		char *at = text + (c.at - text);
		if (!quote && starts_comment(&c, before)) {
			const char *end = end_of_comment(cursor_rest(&c));
			for (; at < end; at++) {
				*at = *at == '\n' ? '\n' : ' ';
			}
			c.at = end;
			before = ' ';
			continue;
		}
		if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? 0 : *at;
		}
		before = *at;
		c.at += quote && *at == '\\' && c.end - c.at > 1 ? 2 : 1;
	}
}

/* A quoted text, at its first octet; false: it has no end. */
static bool take_quoted(struct cursor *c)
{
	char quote = *c->at++;
	while (!cursor_is_end(c) && *c->at != quote) {
		c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
	}
	return cursor_take_char(c, quote);
}

/* From "{" to its "}". */
static bool take_braces(struct cursor *c)
{
	size_t depth = 0;
	while (!cursor_is_end(c)) {
		char at = *c->at;
		if (at == '"' || at == '\'') {
			if (!take_quoted(c)) {
				return false;
			}
			continue;
		}
		c->at++;
		depth += at == '{';
		if (at == '}' && --depth == 0) {
			return true;
		}
	}
	return false;
}

static bool is_word(char c)
{
	return !char_is(c, C_WSP | C_CRLF) && !strchr("=+{},\"'", c);
}

static void take_word(struct cursor *c)
{
	while (!cursor_is_end(c) && is_word(*c->at)) {
		c->at++;
	}
}

static void skip_blanks(struct cursor *c)
{
	(void)cursor_take(c, C_WSP | C_CRLF);
}

/* statement = name [ ["+"] "=" ( text / list ) / [ title ] "{" ... "}" ] ; the cursor stands behind the name. */
static bool take_statement(struct cursor *c)
{
	const char *end = c->at;
	skip_blanks(c);
	(void)cursor_take_char(c, '+');
	bool is_value = cursor_take_char(c, '=');
	skip_blanks(c);
	char next = cursor_is_end(c) ? 0 : *c->at;
	if (next == '"' || next == '\'') {
		if (!take_quoted(c)) {
			return false;
		}
		end = is_value ? c->at : end;
		skip_blanks(c);
		next = cursor_is_end(c) || is_value ? 0 : *c->at;
	} else if (is_value && next != '{') {
		take_word(c);
		end = c->at;
		next = 0;
	}
	if (next == '{') {
		return take_braces(c);
	}
	c->at = end; /* a name alone */
	return true;
}

static const char *find_line(slice text, size_t line)
{
	while (--line && text.at) {
		(void)slice_split(&text, '\n');
	}
	return text.at;
}

/* The first place in this line where the word begins a statement. */
static const char *find_name(slice text, size_t line, slice name)
{
	const char *begin = find_line(text, line), *end = text.at + text.len;
	struct cursor c = { .at = begin, .end = end };
	while (begin && !cursor_is_end(&c) && *c.at != '\n') {
		const char *word = c.at;
		if (*c.at == '"' || *c.at == '\'') {
			if (!take_quoted(&c)) {
				return NULL;
			}
		} else if (is_word(*c.at)) {
			take_word(&c);
			if (slice_eq(slice_between(word, c.at), name)) {
				return word;
			}
		} else {
			c.at++;
		}
	}
	return NULL;
}

bool text_blank_statement(char *text, size_t len, size_t line, slice name)
{
	const char *begin = line ? find_name(slice_make(text, len), line, name) : NULL;
	struct cursor c = { .at = begin ? begin + name.len : NULL, .end = text + len };
	if (!begin || !take_statement(&c)) {
		return false;
	}
	for (char *at = text + (begin - text); at < c.at; at++) {
		*at = *at == '\n' ? '\n' : ' ';
	}
	return true;
}

size_t text_find_open_brace(slice text)
{
	struct cursor c = cursor_of(text);
	size_t line = 1, depth = 0, opened = 0;
	while (!cursor_is_end(&c)) {
		const char *at = c.at;
		if (*at == '"' || *at == '\'') {
			(void)take_quoted(&c);
		} else {
			c.at++;
		}
		opened = *at == '{' && depth == 0 ? line : opened;
		depth += *at == '{';
		depth -= *at == '}' && depth > 0;
		for (; at < c.at; at++) {
			line += *at == '\n';
		}
	}
	return depth ? opened : 0;
}
