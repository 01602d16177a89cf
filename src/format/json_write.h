/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON (RFC 8259) straight into a buffer, one value after the other.
 *
 *     struct json_writer w = json_writer_of(&buf);
 *     json_open(&w, '{');
 *     json_key(&w, "result");  json_text(&w, S("pass"));
 *     json_key(&w, "lookups"); json_number(&w, 2);
 *     json_close(&w, '}');
 *     if (buf_ok(&buf)) ...
 *
 * Commas are the writer's business, matching brackets the caller's.  It builds no tree: one line per message is made of
 * some 200 values, and a tree of them costs more than the rest of the output.  Text may hold any octet: what
 * base/escape.h hides becomes \uXXXX, what is not UTF-8 becomes U+FFFD: every line is valid JSON, and harmless in a log. */
#ifndef SIGNET_FORMAT_JSON_WRITE_H
#define SIGNET_FORMAT_JSON_WRITE_H

#include "../base/buf.h"

struct json_writer {
	struct buf *to;
	bool comma; /* the next value follows another one */
};

static inline struct json_writer json_writer_of(struct buf *to)
{
	return (struct json_writer){ .to = to };
}

/* '{' or '[' */
void json_open(struct json_writer *w, char bracket);
/* '}' or ']' */
void json_close(struct json_writer *w, char bracket);
void json_key(struct json_writer *w, const char *key);
void json_text(struct json_writer *w, slice text);
void json_number(struct json_writer *w, int64_t n);
void json_bool(struct json_writer *w, bool b);
void json_nothing(struct json_writer *w);

/* A key and its value. */
void json_member_text(struct json_writer *w, const char *key, slice text);
/* null if `text` is NULL */
void json_member_name(struct json_writer *w, const char *key, const char *text);
/* null if `text` is empty */
void json_member_optional(struct json_writer *w, const char *key, slice text);
void json_member_number(struct json_writer *w, const char *key, int64_t n);
void json_member_bool(struct json_writer *w, const char *key, bool b);

#endif
