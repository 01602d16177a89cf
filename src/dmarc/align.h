/* SPDX-License-Identifier: Apache-2.0 */
/* Identifier alignment (RFC 9989 4.4): does a name that SPF or DKIM proved speak for the Author Domain?
 *
 * Strict: the names are equal.  Relaxed: their Organizational Domains are equal, each found by a walk of its own; that
 * one name ends with the other proves nothing, a psd= between them may part them. */
#ifndef SIGNET_DMARC_ALIGN_H
#define SIGNET_DMARC_ALIGN_H

#include <signet/dmarc.h>

#include "../base/slice.h"

enum dmarc_alignment {
	DMARC_UNALIGNED,
	DMARC_ALIGNED,
	DMARC_ALIGNMENT_UNKNOWN, /* an answer is lost: it could go either way */
};

/* The author's side of the comparison. */
struct dmarc_frame {
	slice author;
	slice organization;
	slice bound;      /* names not at or below it cannot align (dmarc_organization_bound) */
	bool has_error;   /* the author's own walk lost an answer */
	bool rfc7489;     /* Organizational Domains by `psl` */
	const struct signet_psl *psl;
};

/* Notes the questions of dmarc_align() for an identifier that looks related to `author`; others will hardly be asked. */
void dmarc_align_want(struct signet_book *b, slice author, slice identifier);
/* Names that cannot align are told without a question: nobody can disturb the evaluation with a zone of his own. */
enum signet_status dmarc_align(struct signet_book *b, const struct dmarc_frame *frame, slice identifier, bool strict,
			       struct signet_arena *a, enum dmarc_alignment *ret);
/* The Organizational Domain of RFC 7489 3.2: by the list, a public suffix stands for itself. */
slice dmarc_organization_7489(const struct signet_psl *psl, slice name, struct signet_arena *a);

#endif
