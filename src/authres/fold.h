/* SPDX-License-Identifier: Apache-2.0 */
/* fold: writes the value of a header field word by word, folded with CRLF and HTAB (RFC 5322 2.2.3).
 *
 *     struct fold f;
 *     fold_init(&f, arena, S("Received-SPF"), 0);
 *     fold_word(&f, S("pass"));
 *     fold_pair(&f, S("client-ip"), value, FOLD_DOT_ATOM, S(";"));
 *     slice value = fold_end(&f);
 *
 * The one encoder of both result fields: whatever the values hold, no octet of them can end a word, a comment or the
 * field.  A line is broken between words only, never inside a quoted string. */
#ifndef SIGNET_AUTHRES_FOLD_H
#define SIGNET_AUTHRES_FOLD_H

#include "../base/buf.h"

#define FOLD_LINE 78 /* RFC 5322 2.1.1, without CRLF */
#define FOLD_LINE_MAX 998 /* RFC 5322 2.1.1: no word may pass it */
#define FOLD_COMMENT_MAX 256 /* comments are for people; the rest of a longer one is left out */
#define FOLD_FIELD_MAX 16384 /* a cap of ours: nobody's results need more, and the MTA's own caps are near */

struct fold {
	struct buf out;
	struct signet_arena *arena;
	size_t column;
	size_t line_length;
	size_t word; /* where the last one begins in `out` */
	bool started;
};

/* What may stand without quotes. */
enum fold_form {
	FOLD_TOKEN, /* RFC 2045 5.1 token */
	FOLD_MAILBOX, /* the same, or [local-part] "@" domain (RFC 8601 2.2 pvalue) */
	FOLD_DOT_ATOM, /* RFC 5322 3.2.3 */
	FOLD_QUOTED, /* nothing */
};

/* `name`: of the field, whose length counts on the first line; `line_length` 0: FOLD_LINE. */
void fold_init(struct fold *f, struct signet_arena *a, slice name, size_t line_length);
/* A word as it is: it holds no white space. */
void fold_word(struct fold *f, slice word);
/* The same for a word that is put into `out` piece by piece between the two. */
void fold_begin_word(struct fold *f);
void fold_end_word(struct fold *f);
/* Begins the next word on a new line. */
void fold_break(struct fold *f);
/* `key` "=" value `after`, the value quoted where `form` wants it. */
void fold_pair(struct fold *f, slice key, slice value, enum fold_form form, slice after);
/* "(" text ")", broken between the words of the text; nothing if it is empty.  Cut at FOLD_COMMENT_MAX. */
void fold_comment(struct fold *f, slice text, slice after);
/* The value; the empty slice if memory was short, the field would pass FOLD_FIELD_MAX or a line FOLD_LINE_MAX. */
slice fold_end(struct fold *f);

/* The text of `value` in this form: as it is, or as a quoted-string.  Controls (CR, LF, NUL, DEL...) and octets that are
 * no UTF-8 become "?". */
void fold_put_value(struct buf *b, slice value, enum fold_form form);

#endif
