/* SPDX-License-Identifier: Apache-2.0 */
/* overrides: what the postmaster lets through for a time, as a file that people can read.  Pure: text in, struct out, and
 * back.
 *
 *     # What is let through for a time.  Written by signet verdict allow; one line each.
 *     7 accept author=example.com client=192.0.2.0/24 until=2026-11-28T09:00:00Z made=2026-11-21T09:00:00Z by=root for=4QXyz
 *
 * A message of this Author Domain (any, if none is named) that comes from this network is accepted whatever was found out,
 * until then.  There is no override without a network: a domain in From is what anybody can write. */
#ifndef SIGNET_SERVICE_POLICY_OVERRIDES_H
#define SIGNET_SERVICE_POLICY_OVERRIDES_H

#include "../../src/base/buf.h"

#define OVERRIDES_MAX 10000
#define OVERRIDES_LINE_OCTETS 1024
#define OVERRIDES_OCTETS ((size_t)OVERRIDES_MAX * OVERRIDES_LINE_OCTETS)
#define OVERRIDES_BYTES ((size_t)32 << 20) /* of memory for as many */
#define OVERRIDES_WORD_OCTETS 128 /* of `by` and `message` */

struct override {
	uint64_t number; /* by which it is taken back */
	slice author; /* Author Domain, normal form; empty: any */
	struct signet_network client;
	int64_t until, made; /* seconds since 1970 */
	slice by; /* who said so; empty: not known */
	slice message; /* the queue id it was made for; empty: none */
};

/* Lives in the arena. */
struct overrides {
	struct override *at;
	size_t n;
	size_t room;
	struct signet_arena *arena;
};

void overrides_init(struct overrides *o, struct signet_arena *a);
/* False after a line in `error` ("PATH:LINE: why"); `path` is only for that.  Texts in `*ret` live in `a`. */
bool overrides_parse(slice text, const char *path, struct signet_arena *a, struct overrides *ret, struct buf *error);
/* Those that are over at `now` are left out. */
void overrides_write(const struct overrides *o, int64_t now, struct buf *to);

/* The one that counts for a message, or NULL; `author` in normal form.  Of several the one that ends last. */
const struct override *overrides_find(const struct overrides *o, slice author, const struct signet_ip *client,
                                      int64_t now);
/* Adds a copy under the next number; what is no word becomes "?".  NULL: memory is short, or there are OVERRIDES_MAX. */
struct override *overrides_add(struct overrides *o, const struct override *one);
/* False: there is none of this number. */
bool overrides_remove(struct overrides *o, uint64_t number);

/* "192.0.2.0/24", "2001:db8::1" */
void overrides_put_network(struct buf *to, const struct signet_network *network);

#endif
