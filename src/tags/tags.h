/* SPDX-License-Identifier: Apache-2.0 */
/* The tag=value grammar of RFC 6376 3.2, shared by DKIM signatures and keys, ARC and DMARC.
 *
 *     struct cursor c = cursor_of(text);
 *     struct tag tag;
 *     enum tag_step step;
 *     while ((step = tags_next(&c, &tag)) == TAG_ONE) { look_up(tag.name)... }
 *     if (step == TAG_BROKEN) ...   // DKIM: the list is invalid; DMARC: call again, the broken part was skipped
 *
 * This reader knows syntax only.  Which tags must be there, and what their values mean, is the matter of the caller:
 * the protocols keep such tables beside their parsers. */
#ifndef SIGNET_TAGS_TAGS_H
#define SIGNET_TAGS_TAGS_H

#include "../base/cursor.h"
#include "../base/finding.h"

struct tag {
	slice name;      /* case as written */
	slice value;     /* without FWS at both ends, inner FWS kept; empty differs from absent: then there is no tag */
	slice raw_value; /* all octets between "=" and ";" or the end */
	size_t offset;   /* of the name in the text */
};

enum tag_step {
	TAG_END,    /* nothing left (a final ";" is allowed once) */
	TAG_ONE,
	TAG_BROKEN, /* not a tag-spec: no name, no "=", an empty spec, an octet outside the grammar; skipped up to ";" */
};

/* tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS], values of VALCHAR and FWS; 8-bit octets are allowed in
 * values (RFC 8616: internationalised fields), control characters are not.  On TAG_BROKEN `ret->offset` is the place
 * that broke the grammar. */
enum tag_step tags_next(struct cursor *c, struct tag *ret);

/* The value without any FWS in it (b=, bh=, p=...); lives in `a`, or is the value itself. */
slice tag_without_fws(slice value, struct signet_arena *a);

/* Cuts one part off a list separated by `separator` ([FWS] around parts is dropped); false at the end.  Start with
 * `*rest` = the value; a trailing separator yields a last empty part. */
bool tag_take_part(slice *rest, char separator, slice *ret);

#endif
