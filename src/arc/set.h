/* SPDX-License-Identifier: Apache-2.0 */
/* set: the ARC fields of a message, put into their sets (RFC 8617 4.2, 5.2).
 *
 *     struct arc_chain chain;
 *     TRY(chain_collect(&header, max_sets, arena, notes, &chain));
 *     chain.state: nothing there, broken (the findings say how), or whole: sets 1..n with three fields each
 *
 * Reads structure and syntax only; no crypto, no DNS. */
#ifndef SIGNET_ARC_SET_H
#define SIGNET_ARC_SET_H

#include <signet/arc.h>

#include "../dkim/signature.h"

#define ARC_SETS_DEFAULT 20 /* sets that are verified: a cap of ours, RFC 8617 9.2 advises one */
#define ARC_OCTETS_MAX ((size_t)512 << 10) /* all ARC fields of a message: a cap of ours */

struct arc_set {
	const struct mail_field *results; /* ARC-Authentication-Results */
	slice results_payload; /* what stands after "i=N;" */
	struct dkim_signature message; /* ARC-Message-Signature */
	struct dkim_signature seal; /* ARC-Seal */
};

enum chain_state {
	CHAIN_NONE,
	CHAIN_BROKEN,
	CHAIN_WHOLE,
};

struct arc_chain {
	enum chain_state state;
	unsigned n; /* the highest instance that could be read */
	struct arc_set *sets; /* sets[0] is instance 1; with gaps if the chain is broken; NULL: there is none */
};

/* Everything in `*ret` and in the findings points into the header or lives in `a`. */
enum signet_status chain_collect(const struct mail_header *header, unsigned max_sets, struct signet_arena *a,
				 struct signet_findings *notes, struct arc_chain *ret);

#endif
