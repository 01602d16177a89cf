/* SPDX-License-Identifier: Apache-2.0 */
#include "align.h"

#include "../base/name.h"
#include "find.h"

slice dmarc_organization_7489(const struct signet_psl *psl, slice name, struct signet_arena *a)
{
	slice registered = signet_psl_organizational_domain(psl, name, a);
	return registered.len ? registered : name;
}

void dmarc_align_want(struct signet_book *b, slice author, slice identifier)
{
	if (name_is_at_or_below(identifier, name_last_labels(author, 2))) {
		dmarc_walk_want(b, identifier);
	}
}

static enum signet_status align_by_walk(struct signet_book *b, const struct dmarc_frame *frame, slice identifier,
					enum dmarc_alignment *ret)
{
	struct dmarc_walk walk;
	if (RULE("9989:5.3.6", !name_is_at_or_below(identifier, frame->bound))) {
		*ret = DMARC_UNALIGNED;
		return SIGNET_OK;
	}
	TRY(dmarc_walk(b, identifier, NULL, &walk));
	if (RULE("9989:5.3.6", walk.has_error || frame->has_error)) {
		*ret = DMARC_ALIGNMENT_UNKNOWN;
	} else if (RULE("9989:4.4", name_eq(dmarc_organization(&walk), frame->organization))) {
		*ret = DMARC_ALIGNED;
	} else {
		*ret = DMARC_UNALIGNED;
	}
	return SIGNET_OK;
}

enum signet_status dmarc_align(struct signet_book *b, const struct dmarc_frame *frame, slice identifier, bool strict,
			       struct signet_arena *a, enum dmarc_alignment *ret)
{
	if (RULE("9989:4.4", name_eq(identifier, frame->author))) {
		*ret = DMARC_ALIGNED; /* in every mode: both walks would be the same */
		return SIGNET_OK;
	}
	if (RULE("9989:4.4", strict)) {
		*ret = DMARC_UNALIGNED;
		return SIGNET_OK;
	}
	if (frame->rfc7489) {
		slice organization = dmarc_organization_7489(frame->psl, identifier, a);
		*ret = RULE("7489:3.1", name_eq(organization, frame->organization)) ? DMARC_ALIGNED : DMARC_UNALIGNED;
		return SIGNET_OK;
	}
	return align_by_walk(b, frame, identifier, ret);
}
