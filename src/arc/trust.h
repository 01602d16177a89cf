/* SPDX-License-Identifier: Apache-2.0 */
/* trust: may a chain soften a DMARC failure?  (RFC 8617 7.2.1, 9.3)
 *
 * arc=pass proves who sealed, not that a sealer told the truth: anybody can build a passing chain.  So only sealers on the
 * receiver's own list count, and only if every one from the trusted hop on is listed. */
#ifndef SIGNET_ARC_TRUST_H
#define SIGNET_ARC_TRUST_H

#include <signet/arc.h>

#include "../dkim/select.h"
#include "../dkim/signature.h"

struct trust_query {
	const slice *author_domains; /* normal forms */
	size_t n_author_domains;
	const slice *sealers; /* the list, normal forms; a listed domain covers itself only */
	size_t n_sealers;
};

/* Sets trusted, trusted_from and rescues of a result that is complete otherwise.  `newest` is the message signature of
 * the highest instance, `index` that of the header. */
void arc_weigh_trust(const struct trust_query *query, const struct dkim_signature *newest,
		     const struct field_index *index, struct signet_arena *scratch, struct signet_arc *result);

#endif
