/* SPDX-License-Identifier: Apache-2.0 */
/* verify: all DKIM signatures of one message (RFC 6376 6).
 *
 *     body_hashes_init(&hashes, engine, arena);
 *     TRY(dkim_open(&query, &hashes, book, arena, notes, &dkim));       // the header is complete
 *     body_hashes_feed(&hashes, chunk); ...                             // DKIM and ARC share the hashes
 *     TRY(body_hashes_end(&hashes));
 *     while ((status = dkim_finish(dkim, book, scratch)) == SIGNET_PENDING) answer the book, rewind `scratch`;
 *     dkim->results[0 .. dkim->n - 1]                                   // in the order of the fields
 *     body_hashes_finish(&hashes);
 *
 * dkim_open() sends the questions for the keys off.  dkim_finish() is pure and may be run again from its start; the
 * costly part, one verification for each signature, is done once, when its key has come, and remembered.
 *
 * Below stand the parts of a verification on their own, for who wants to know which change broke a signature. */
#ifndef SIGNET_DKIM_VERIFY_H
#define SIGNET_DKIM_VERIFY_H

#include "body_hashes.h"
#include "find.h"
#include "select.h"

#define DKIM_SIGNATURES_DEFAULT 10 /* verified for each message (RFC 6376 6.1 leaves the number to us) */
#define DKIM_SIGNATURES_READ 128 /* fields that are read at all: a cap of ours, honest messages have up to ten */
#define DKIM_SKEW_S 300 /* clocks may differ by so much (RFC 6376 3.5 leaves it to us) */

struct dkim_query {
	struct signet *engine;
	const struct mail_header *header;
	const slice *author_domains; /* normal forms; signatures near to them are verified first */
	size_t n_author_domains;
	int64_t received_at; /* for t= and x=; 0: not known, they are not judged */
	unsigned max_signatures; /* 0: DKIM_SIGNATURES_DEFAULT */
	bool accept_body_length; /* l= that leaves octets uncovered may pass */
};

/* One signature under way. */
struct dkim_one {
	struct dkim_signature signature;
	size_t field; /* its number in the header */
	bool evaluated; /* within the caps and without fault */
	size_t hash; /* its entry of body_hashes, if evaluated */
	struct dkim_key key; /* of the last dkim_finish() */
	enum signet_truth header_ok; /* remembered between runs */
};

struct dkim {
	struct dkim_query query;
	struct field_index index;
	const struct body_hashes *hashes;
	struct dkim_one *all; /* in the order of the fields */
	struct signet_dkim *results; /* the same; valid after dkim_finish() returned SIGNET_OK */
	size_t n;
};

/* Collects and reads the DKIM-Signature fields, registers their body hashes and asks ahead for their keys.  All of
 * `query`, the hashes and `a` must outlive `*ret`.  `notes` gets what concerns the message as a whole. */
enum signet_status dkim_open(const struct dkim_query *query, struct body_hashes *hashes, struct signet_book *book,
			     struct signet_arena *a, struct signet_findings *notes, struct dkim **ret);

/* Needs body_hashes_end().  `scratch` holds what the results point to; it may be rewound before the next run, and may be
 * the arena of dkim_open().  `aligned` of the results is left false: alignment is the matter of DMARC. */
enum signet_status dkim_finish(struct dkim *dkim, struct signet_book *book, struct signet_arena *scratch);

/* Adds the fault of a signature that is expired, or signed in the future, when received at `received_at`. */
void dkim_judge_times(struct dkim_signature *s, int64_t received_at);

/* The octets whose digest a signature signs: the fields h= names, then its own field without the value of b=
 * (RFC 6376 3.7).  Lives in `a`; empty if memory is short. */
slice dkim_header_input(struct field_index *index, const struct dkim_signature *s, struct signet_arena *a);

/* Writes the field of a signature with the value of b= removed, in canonical form, without its final CRLF; returns the
 * end.  Needs field->raw.len + CANON_FIELD_MORE octets of room, and as much memory in `a` for a moment: NULL without. */
char *dkim_put_own_field(char *at, bool relaxed, const struct dkim_signature *s, struct signet_arena *a);

/* Is the signature over the header right? */
enum signet_status dkim_signature_verifies(struct signet *engine, struct field_index *index,
					   const struct dkim_signature *s, const struct dkim_key *key,
					   struct signet_arena *a, bool *ret);
/* The same for a header of its own, which may be an altered copy of the one that came. */
enum signet_status dkim_header_verifies(struct signet *engine, const struct dkim_signature *s,
					const struct dkim_key *key, const struct mail_header *header,
					struct signet_arena *a, bool *ret);

/* The hash this signature would have signed for `body` (canonicalised, cut at l=). */
enum signet_status dkim_body_hash(struct signet *engine, const struct dkim_signature *s, slice body,
				  struct signet_arena *a, uint8_t ret[static DIGEST_OCTETS]);

#endif
