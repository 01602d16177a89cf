/* SPDX-License-Identifier: Apache-2.0 */
/* The lexical tokens of structured fields (RFC 5322 3.2): what stands between white space and comments.
 *
 *     struct lexer lexer = lexer_of(value);
 *     struct token token;
 *     while ((token = lexer_next(&lexer)).kind != TOKEN_END) ...
 *
 * White space, folding and comments in front of a token are skipped and remembered.  Every octet of the input is part of
 * a token, of white space or of a comment: what fits nowhere is a TOKEN_BAD of one octet.  Linear for any input: a quote
 * or comment that does not end is looked at to the end once. */
#ifndef SIGNET_MAIL_TOKEN_H
#define SIGNET_MAIL_TOKEN_H

#include "../base/arena.h"
#include "../base/cursor.h"

enum token_kind {
	TOKEN_END,
	TOKEN_ATOM, /* 1*atext, 8-bit octets too (RFC 6532 3.2) */
	TOKEN_QUOTED, /* with its quotes */
	TOKEN_LITERAL, /* "[...]" with its brackets */
	TOKEN_SPECIAL, /* one of < > @ , ; : . */
	TOKEN_BAD, /* a control character, ")", "]", "\", or the start of something that does not end */
};

struct token {
	enum token_kind kind;
	slice text;
	char special; /* the octet of a TOKEN_SPECIAL, else 0 */
	bool spaced; /* white space or a comment stood before it */
	bool commented; /* a comment did */
};

struct lexer {
	struct cursor cursor;
	bool open_comment; /* a "(" without its ")" was seen */
	bool open_quote; /* a quote without its end was seen */
	bool stray; /* ")" or "\" outside any comment or quote: where these begin is open to doubt */
};

struct lexer lexer_of(slice text);
struct token lexer_next(struct lexer *lexer);

/* The offset past the comment that starts at `s`, nested comments and quoted pairs in it (RFC 5322 3.2.2); SLICE_NONE
 * if it does not end. */
size_t comment_length(slice s);
/* The same for a quoted-string (RFC 5322 3.2.4). */
size_t quoted_length(slice s);
/* The meaning of a quoted-string: without quotes, backslashes and folding (RFC 5322 3.2.4).  Lives in `a`, or is a part
 * of `quoted`. */
slice quoted_text(slice quoted, struct signet_arena *a);

#endif
