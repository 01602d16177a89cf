/* SPDX-License-Identifier: Apache-2.0 */
/* cursor: how parsers read.  It moves only past what was understood; a take that fails leaves it where it was.
 *
 *     struct cursor c = cursor_of(text);
 *     slice name = cursor_take(&c, C_ALPHA | C_DIGIT);
 *     if (name.len == 0 || !cursor_take_char(&c, '=')) return error_at(cursor_offset(&c)); */
#ifndef SIGNET_BASE_CURSOR_H
#define SIGNET_BASE_CURSOR_H

#include "chars.h"
#include "slice.h"

struct cursor {
	const char *begin;
	const char *at;
	const char *end;
};

static inline struct cursor cursor_of(slice s)
{
	return (struct cursor){ s.at, s.at, s.len ? s.at + s.len : s.at };
}

static inline bool cursor_is_end(const struct cursor *c)
{
	return c->at == c->end;
}

static inline size_t cursor_offset(const struct cursor *c)
{
	return (size_t)(c->at - c->begin);
}

static inline slice cursor_rest(const struct cursor *c)
{
	return slice_between(c->at, c->end);
}

/* The octet at the cursor, or -1 at the end. */
static inline int cursor_peek(const struct cursor *c)
{
	return c->at < c->end ? (unsigned char)*c->at : -1;
}

/* The longest run of octets of these classes; may be empty. */
static inline slice cursor_take(struct cursor *c, uint32_t classes)
{
	const char *from = c->at;
	const char *at = from;
	while (at < c->end && char_is(*at, classes)) {
		at++;
	}
	c->at = at;
	return slice_between(from, at);
}
bool cursor_take_char(struct cursor *c, char wanted);
bool cursor_take_text(struct cursor *c, slice wanted);
bool cursor_take_nocase(struct cursor *c, slice wanted);
/* 1*DIGIT up to `max`; false (nothing taken) if there is no digit or the number is larger. */
bool cursor_take_number(struct cursor *c, uint64_t max, uint64_t *ret);
/* SP, HTAB and line breaks (FWS as found in unfolded or folded values). */
void cursor_skip_fws(struct cursor *c);

/* 1*DIGIT and nothing else, up to `max`. */
bool number_parse(slice s, uint64_t max, uint64_t *ret);

#endif
