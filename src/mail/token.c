/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

struct lexer lexer_of(slice text)
{
	return (struct lexer) { .cursor = cursor_of(text) };
}

/* comment = "(" *([FWS] ccontent) [FWS] ")"; ccontent = ctext / quoted-pair / comment */
size_t comment_length(slice s)
{
	size_t depth = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '\\') {
			i++;
		} else if (s.at[i] == '(') {
			depth++;
		} else if (s.at[i] == ')' && --depth == 0) {
			return i + 1;
		}
	}
	return SLICE_NONE;
}

/* quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE; qcontent = qtext / quoted-pair */
size_t quoted_length(slice s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.at[i] == '\\') {
			i++;
		} else if (s.at[i] == '"') {
			return i + 1;
		}
	}
	return SLICE_NONE;
}

/* domain-literal = "[" *([FWS] dtext) [FWS] "]" */
static size_t literal_length(slice s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.at[i] == ']') {
			return i + 1;
		}
		if (!char_is(s.at[i], C_DTEXT | C_WSP | C_CRLF | C_8BIT)) {
			break;
		}
	}
	return SLICE_NONE;
}

static void skip_cfws(struct lexer *lexer, struct token *next)
{
	for (;;) {
		const char *before = lexer->cursor.at;
		cursor_skip_fws(&lexer->cursor);
		if (cursor_peek(&lexer->cursor) == '(' && !lexer->open_comment) {
			size_t len = comment_length(cursor_rest(&lexer->cursor));
			lexer->open_comment = len == SLICE_NONE;
			lexer->cursor.at += lexer->open_comment ? 0 : len;
			next->commented |= !lexer->open_comment;
		}
		if (lexer->cursor.at == before) {
			return;
		}
		next->spaced = true;
	}
}

static bool is_special(int c)
{
	return c == '<' || c == '>' || c == '@' || c == ',' || c == ';' || c == ':' || c == '.';
}

/* The length and kind of the token at the cursor. */
static size_t classify(struct lexer *lexer, struct token *token)
{
	slice rest = cursor_rest(&lexer->cursor);
	char c = rest.at[0];
	size_t len = SLICE_NONE;
	token->kind = TOKEN_BAD;
	if (c == '"' && !lexer->open_quote) {
		len = quoted_length(rest);
		lexer->open_quote = len == SLICE_NONE;
		token->kind = len == SLICE_NONE ? TOKEN_BAD : TOKEN_QUOTED;
	} else if (c == '[') {
		len = literal_length(rest);
		token->kind = len == SLICE_NONE ? TOKEN_BAD : TOKEN_LITERAL;
	} else if (is_special((unsigned char)c)) {
		token->kind = TOKEN_SPECIAL;
		token->special = c;
	} else if (char_is(c, C_ATEXT | C_8BIT)) {
		token->kind = TOKEN_ATOM;
		len = 1;
		while (len < rest.len && char_is(rest.at[len], C_ATEXT | C_8BIT)) {
			len++;
		}
	} else {
		lexer->stray |= c == ')' || c == '\\';
	}
	return len == SLICE_NONE ? 1 : len;
}

struct token lexer_next(struct lexer *lexer)
{
	struct token token = { .kind = TOKEN_END };
	skip_cfws(lexer, &token);
	token.text = slice_first(cursor_rest(&lexer->cursor), 0);
	if (!cursor_is_end(&lexer->cursor)) {
		token.text.len = classify(lexer, &token);
		lexer->cursor.at += token.text.len;
	}
	return token;
}

slice quoted_text(slice quoted, struct signet_arena *a)
{
	slice inner = quoted.len >= 2 ? slice_make(quoted.at + 1, quoted.len - 2) : slice_first(quoted, 0);
	if (slice_find_char(inner, '\\') == SLICE_NONE && slice_find(inner, S("\r\n")) == SLICE_NONE) {
		return inner;
	}
	char *at = arena_octets(a, inner.len);
	size_t len = 0;
	if (!at) {
		return (slice) { 0 };
	}
	for (size_t i = 0; i < inner.len; i++) {
		if (slice_starts(slice_from(inner, i), S("\r\n"))) {
			i++;
			continue;
		}
		i += inner.at[i] == '\\' && i + 1 < inner.len;
		at[len++] = inner.at[i];
	}
	return slice_make(at, len);
}
