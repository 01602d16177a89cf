/* SPDX-License-Identifier: Apache-2.0 */
/* The DNS tree walk (RFC 9989 4.10) and the two questions it answers, which must not be mixed up:
 *
 *   which record applies?                 dmarc_find_policy()    RFC 9989 4.10.1
 *   what is the Organizational Domain?    dmarc_organization()   RFC 9989 4.10.2
 *
 *     struct dmarc_walk walk;
 *     TRY(dmarc_walk(book, author, notes, &walk));       // PENDING travels up
 *     dmarc_find_policy(&walk, notes, &policy);
 *     slice organization = dmarc_organization(&walk);
 *
 * The book remembers the answers, so walks that share names share questions.  Names and record texts point into `start`
 * and into the book. */
#ifndef SIGNET_DMARC_FIND_H
#define SIGNET_DMARC_FIND_H

#include <signet/dmarc.h>

#include "../base/finding.h"

#define DMARC_WALK_STEPS 8   /* RFC 9989 4.10: never more than eight questions */
#define DMARC_WALK_LABELS 7  /* RFC 9989 4.10: what a longer name is cut to after its first question */

struct dmarc_walk {
	slice start;
	size_t n;
	struct signet_dmarc_step steps[DMARC_WALK_STEPS]; /* longest name first */
	char psd[DMARC_WALK_STEPS];                       /* 'y', 'n', 'u'; 0 without record */
	bool has_error;                                   /* some question got no answer */
};

/* The record that applies to the name a walk started from. */
struct dmarc_policy {
	bool found;
	bool has_error;   /* the look-up failed: nobody knows which record applies */
	bool is_own;      /* the record stands at the start itself: p, not sp or np */
	slice name;       /* the name that holds it, without "_dmarc." */
	slice text;
};

/* Notes all questions of a walk from `start` in the book, so that they fly at once. */
void dmarc_walk_want(struct signet_book *b, slice start);
/* Walks from `start` up to the top-level domain or to a psd=y or psd=n (RFC 9989 4.10).  An answer that is lost does
 * not end the walk: what stands above it still limits what can be.  `notes` may be NULL. */
enum signet_status dmarc_walk(struct signet_book *b, slice start, struct signet_findings *notes,
			      struct dmarc_walk *ret);
/* Asks one name and adds it to the walk; SIGNET_OK without effect on a full walk. */
enum signet_status dmarc_walk_step(struct signet_book *b, slice name, struct signet_findings *notes,
				   struct dmarc_walk *walk);
/* RFC 9989 4.10.1: the record at the Author Domain, else at its Organizational Domain, else at the PSD; no other. */
void dmarc_find_policy(const struct dmarc_walk *walk, struct signet_findings *notes, struct dmarc_policy *ret);
/* RFC 7489 6.6.3: the record at the Author Domain, else at `organization`.  Makes its own walk of at most two steps. */
enum signet_status dmarc_find_policy_7489(struct signet_book *b, slice author, slice organization,
					  struct signet_findings *notes, struct dmarc_walk *ret_walk,
					  struct dmarc_policy *ret);
/* RFC 9989 4.10.2, as if lost answers had held no record. */
slice dmarc_organization(const struct dmarc_walk *walk);
/* The shortest Organizational Domain that any content of the lost answers could give; without lost answers the
 * Organizational Domain itself.  A name that is not at or below it can never align. */
slice dmarc_organization_bound(const struct dmarc_walk *walk);
/* Does `author` exist, that is, is the answer for the name itself anything but NXDOMAIN (RFC 9989 3.2.13)?  The type
 * asked for is TXT, which SPF asks of most Author Domains anyway.  A lost answer is SIGNET_UNKNOWN, unless a name between
 * `author` and `above` (exclusive) is NXDOMAIN: then nothing exists below it (RFC 8020 2). */
enum dmarc_existence {
	DMARC_EXISTS,
	DMARC_MISSING,
	DMARC_EXISTENCE_UNKNOWN,
};
enum signet_status dmarc_find_existence(struct signet_book *b, slice author, slice above, enum dmarc_existence *ret);

#endif
