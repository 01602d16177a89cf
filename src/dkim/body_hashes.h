/* SPDX-License-Identifier: Apache-2.0 */
/* body_hashes: the body, hashed once for each distinct (canonicalisation, l=), however many signatures of DKIM and ARC
 * share it.
 *
 *     struct body_hashes hashes;
 *     body_hashes_init(&hashes, engine, arena);
 *     TRY(body_hashes_add(&hashes, relaxed, limit, &index));      // for each signature, before the body comes
 *     TRY(body_hashes_feed(&hashes, chunk)); ...                  // in chunks of any size
 *     TRY(body_hashes_end(&hashes));
 *     body_hashes_digest(&hashes, index, octets);
 *     body_hashes_finish(&hashes);                                // in any case: gives contexts back to the engine
 *
 * A body is canonicalised at most twice (simple, relaxed).  Small runs are gathered, large ones are hashed where they lie. */
#ifndef SIGNET_DKIM_BODY_HASHES_H
#define SIGNET_DKIM_BODY_HASHES_H

#include "../base/arena.h"
#include "../crypto/digest.h"
#include "canon.h"

#define BODY_HASHES_MAX 24 /* distinct ones; a cap of ours: honest messages have one or two */
#define BODY_NO_LIMIT UINT64_MAX /* no l= */

struct body_hash {
	bool relaxed;
	uint64_t limit;
	uint64_t taken;
	struct digest *digest;
	uint8_t octets[DIGEST_OCTETS];
};

/* One canonicalisation and what came out of it. */
struct body_stream {
	struct body_hashes *owner;
	struct canon_body canon;
	uint64_t octets;
	char *gathered; /* BODY_GATHER octets; NULL: nobody wants this canonicalisation */
	size_t n_gathered;
};

struct body_hashes {
	struct signet *engine;
	struct signet_arena *arena;
	struct body_hash hashes[BODY_HASHES_MAX];
	size_t n;
	struct body_stream streams[2]; /* simple, relaxed */
	bool ended;
	bool bad; /* a digest failed */
};

/* `h` must not move afterwards. */
void body_hashes_init(struct body_hashes *h, struct signet *engine, struct signet_arena *a);
/* SIGNET_LIMIT: BODY_HASHES_MAX are there already. */
enum signet_status body_hashes_add(struct body_hashes *h, bool relaxed, uint64_t limit, size_t *ret_index);
void body_hashes_feed(struct body_hashes *h, slice chunk);
/* The body is over.  SIGNET_NO_MEMORY if a digest failed. */
enum signet_status body_hashes_end(struct body_hashes *h);
/* Valid after body_hashes_end(). */
const uint8_t *body_hashes_digest(const struct body_hashes *h, size_t index);
/* All canonical octets of the body, whatever the limit. */
uint64_t body_hashes_total(const struct body_hashes *h, size_t index);
/* Accepts a zeroed struct. */
void body_hashes_finish(struct body_hashes *h);

#endif
