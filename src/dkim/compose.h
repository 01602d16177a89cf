/* SPDX-License-Identifier: Apache-2.0 */
/* compose: the text of a signature field, folded; the inverse of signature.c.
 *
 *     struct compose c;
 *     compose_begin(&c, S("DKIM-Signature"), arena);
 *     compose_tag(&c, "a", S("rsa-sha256"));
 *     compose_break(&c);
 *     compose_list(&c, "h", names, ':');
 *     field.before = compose_end(&c, "b");                  // "...;\r\n\tb="
 *     field_text = compose_field(&field, signature, arena);
 *
 * Lines have at most 78 octets as far as words allow, and are broken behind ";" and inside lists only, never inside a tag
 * name (RFC 6376 3.5).  b= stands last and in columns of its own, so that nothing has to be moved when it is filled in. */
#ifndef SIGNET_DKIM_COMPOSE_H
#define SIGNET_DKIM_COMPOSE_H

#include "../base/buf.h"
#include "select.h"

#define COMPOSE_LINE 78 /* RFC 5322 2.1.1 */
#define COMPOSE_B_COLUMNS 72 /* octets of base64 a line */
#define COMPOSE_FIELD_OCTETS ((size_t)60 << 10) /* a cap of ours: verifiers read 64 KiB at most */

struct compose {
	struct buf out;
	size_t column;
};

void compose_begin(struct compose *c, slice name, struct signet_arena *a);
/* The next word begins a line. */
void compose_break(struct compose *c);
/* "tag=value;" in one piece. */
void compose_tag(struct compose *c, const char *tag, slice value);
void compose_number(struct compose *c, const char *tag, uint64_t value);
/* "tag=part:part:part;", broken behind separators. */
void compose_list(struct compose *c, const char *tag, slice list, char separator);
/* "tag=value;", broken anywhere but inside "=XX" (RFC 6376 2.11). */
void compose_quoted(struct compose *c, const char *tag, slice value);
/* The text up to the value of the last tag, which stands on a line of its own; empty if it was too long. */
slice compose_end(struct compose *c, const char *tag);

/* Appends DKIM-quoted-printable: everything but VCHAR without "=", ";" and `also` is encoded (RFC 6376 2.11).  `utf8`: octets
 * beyond ASCII stay (RFC 8616 5). */
void compose_put_quoted(struct buf *b, slice text, char also, bool utf8);

/* A field that lacks the value of b= only. */
struct unsigned_field {
	slice before; /* from the name up to "b=" */
	slice after; /* usually empty; no CRLF */
	slice b_fold; /* what breaks the lines of b=; empty: it is not broken */
	size_t b_columns;
	size_t b_first; /* columns of the first line; 0: b_columns */
};

/* The whole field with CRLF; the empty slice if memory is short. */
slice compose_field(const struct unsigned_field *field, slice signature, struct signet_arena *a);

/* SHA-256 over the fields that `names` (a value of h=) selects and over the field itself (RFC 6376 3.7). */
enum signet_status compose_digest(struct signet *engine, struct field_index *index, const struct unsigned_field *field,
                                  slice names, bool relaxed, struct signet_arena *a, uint8_t *ret);

#endif
