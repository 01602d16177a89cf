/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the chain of seals of one message (RFC 8617 5.2).
 *
 *     body_hashes_init(&hashes, engine, arena);               // the same hashes as DKIM
 *     TRY(arc_open(&query, &hashes, book, arena, &arc));      // the header is complete
 *     body_hashes_feed(&hashes, chunk); ... body_hashes_end(&hashes);
 *     while ((status = arc_finish(arc, book, scratch, &result)) == SIGNET_PENDING) answer the book, rewind `scratch`;
 *
 * As with DKIM only arc_finish() may say PENDING, it is pure and may be run again; each verification is done once. */
#ifndef SIGNET_ARC_VERIFY_H
#define SIGNET_ARC_VERIFY_H

#include "../dkim/verify.h"
#include "set.h"
#include "trust.h"

struct arc_query {
	struct signet *engine;
	const struct mail_header *header;
	struct trust_query trust;
	int64_t received_at; /* for t= and x=; 0: not known */
	unsigned max_sets; /* 0: ARC_SETS_DEFAULT */
};

/* What is known of one set between runs. */
struct arc_step {
	size_t hash; /* of the AMS in body_hashes */
	bool has_hash; /* false: past the cap of body_hashes, the AMS counts as not verifying */
	uint8_t seal_digest[DIGEST_OCTETS];
	enum signet_truth seal_ok;
	enum signet_truth message_ok; /* header and body */
};

struct arc {
	struct arc_query query;
	struct arc_chain chain;
	struct signet_findings notes; /* of arc_open() */
	struct field_index index;
	const struct body_hashes *hashes;
	struct arc_step *steps; /* steps[0] is instance 1; only if the chain is whole */
};

/* Collects and checks the fields, hashes what the seals cover, registers the body hashes of the message signatures and
 * asks ahead for the keys.  All of `query`, the hashes and `a` must outlive `*ret`. */
enum signet_status arc_open(const struct arc_query *query, struct body_hashes *hashes, struct signet_book *book,
			    struct signet_arena *a, struct arc **ret);

/* Needs body_hashes_end().  `*ret` lives in `scratch` and in the arena of arc_open(). */
enum signet_status arc_finish(struct arc *arc, struct signet_book *book, struct signet_arena *scratch,
			      struct signet_arc *ret);

#endif
