/* SPDX-License-Identifier: Apache-2.0 */
/* buf: octets that grow up to a maximum given at birth, and remember failure.
 *
 *     struct buf b;
 *     buf_init(&b, 4096);
 *     buf_put(&b, S("v=spf1 "));
 *     buf_put_number(&b, 42);
 *     if (buf_ok(&b)) use(buf_slice(&b));
 *     buf_finish(&b);
 *
 * Put, put, put, then ONE buf_ok().  A put that does not fit adds nothing and makes the buf bad for good, so the
 * contents are always a prefix that was meant.  Invariant: at == NULL or room >= len. */
#ifndef SIGNET_BASE_BUF_H
#define SIGNET_BASE_BUF_H

#include "arena.h"

struct buf {
	char *at;
	size_t len;
	size_t room;
	size_t max;
	struct signet_arena *arena; /* where it grows, or NULL: the heap */
	bool bad;
};

void buf_init(struct buf *b, size_t max);
/* Grows inside `a` (leaving what it outgrew behind); needs no buf_finish. */
void buf_init_arena(struct buf *b, struct signet_arena *a, size_t max);
void buf_finish(struct buf *b);
void buf_clear(struct buf *b);

void buf_put(struct buf *b, slice s);
void buf_put_char(struct buf *b, char c);
void buf_put_text(struct buf *b, const char *text);
void buf_put_number(struct buf *b, uint64_t n);
void buf_put_lower(struct buf *b, slice s);
/* Two hex digits for each octet; lower or upper case. */
void buf_put_hex(struct buf *b, slice s, bool upper);
/* Room for n more octets at the end, which the caller fills and then adds to len; NULL if they do not fit. */
char *buf_reserve(struct buf *b, size_t n);

static inline bool buf_ok(const struct buf *b)
{
	return !b->bad;
}

static inline slice buf_slice(const struct buf *b)
{
	return slice_make(b->at, b->len);
}

#endif
