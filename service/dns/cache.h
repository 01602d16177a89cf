/* SPDX-License-Identifier: Apache-2.0 */
/* cache: the answers of a resolver that still live, so that they are at hand.
 *
 * libunbound has a cache too, but each call for a name in it costs ten times as much: a query is set up, and the answer is
 * made and read as a packet.  This one holds answers as the book takes them, each as long as its TTL says.  Troubles are
 * never kept: whoever asks again may have better luck.
 *
 * Memory is bounded by two generations: when the young one is full it becomes the old one, and what was old and has not
 * been used since is forgotten. */
#ifndef SIGNET_SERVICE_DNS_CACHE_H
#define SIGNET_SERVICE_DNS_CACHE_H

#include <signet/resolver.h>

#define CACHE_BYTES ((size_t)4 << 20) /* of a generation: some ten thousand answers */

struct cache;

/* NULL: memory is short. */
struct cache *cache_new(size_t generation_bytes);
void cache_free(struct cache *c);
/* Keeps a copy.  Does nothing if the answer may not be kept, or memory is short. */
void cache_put(struct cache *c, const struct signet_question *q, const struct signet_answer *ans, int64_t now_ms);
/* True: `*ret` is what is known, its TTL what is left of it; what it points to stays until the next call. */
bool cache_find(struct cache *c, const struct signet_question *q, int64_t now_ms, struct signet_answer *ret);

#endif
