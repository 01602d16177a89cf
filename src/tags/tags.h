/* SPDX-License-Identifier: Apache-2.0 */
/* The tag=value grammar of RFC 6376 3.2, shared by DKIM signatures and keys, ARC and DMARC.
 *
 *     struct cursor c = cursor_of(text);
 *     struct tag tag;
 *     enum tag_step step;
 *     while ((step = tags_next(&c, &tag)) == TAG_ONE) { look_up(tag.name)... }
 *     if (step == TAG_BROKEN) ...   // DKIM: the list is invalid; DMARC: call again, the broken part was skipped
 *
 * Where one broken tag spoils the list (DKIM, ARC), tags_read() puts the known ones into their places at once.
 * This reader knows syntax only.  Which tags must be there, and what their values mean, is the matter of the caller:
 * the protocols keep such tables beside their parsers. */
#ifndef SIGNET_TAGS_TAGS_H
#define SIGNET_TAGS_TAGS_H

#include "../base/cursor.h"
#include "../base/finding.h"

struct tag {
	slice name; /* case as written */
	slice value; /* without FWS at both ends, inner FWS kept; empty differs from absent: then there is no tag */
	slice raw_value; /* all octets between "=" and ";" or the end */
	size_t offset; /* of the name in the text */
};

enum tag_step {
	TAG_END, /* nothing left (a final ";" is allowed once) */
	TAG_ONE,
	TAG_BROKEN, /* not a tag-spec: no name, no "=", an empty spec, an octet outside the grammar; skipped up to ";" */
};

/* tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS], values of VALCHAR and FWS; 8-bit octets are allowed in
 * values (RFC 8616: internationalised fields), control characters and line breaks that fold nothing are not.  On
 * TAG_BROKEN `ret->offset` is the place that broke the grammar. */
enum tag_step tags_next(struct cursor *c, struct tag *ret);

enum tags_fault {
	TAGS_GOOD,
	TAGS_BROKEN, /* against the grammar */
	TAGS_TWICE, /* a name, known or not, is there more than once (RFC 6376 3.2) */
	TAGS_NO_MEMORY,
};

/* Reads a whole list.  ret[i] becomes the tag called known[i], or stays zero (name.at == NULL) if it is absent; other
 * tags are skipped.  Reading goes on past a fault, so that `ret` holds what could be understood; of a repeated tag it
 * is the first.  On a fault `*ret_where` is the first tag that has it (TAGS_BROKEN: only its offset). */
enum tags_fault tags_read(slice text, const slice known[], size_t n_known, struct signet_arena *a, struct tag ret[],
			  struct tag *ret_where);

static inline bool tag_is_there(const struct tag *tag)
{
	return tag->name.at != NULL;
}

/* The value without any FWS in it (b=, bh=, p=...); lives in `a`, or is the value itself. */
slice tag_without_fws(slice value, struct signet_arena *a);

/* Cuts one part off a list separated by `separator` ([FWS] around parts is dropped); false at the end.  Start with
 * `*rest` = the value; a trailing separator yields a last empty part. */
bool tag_take_part(slice *rest, char separator, slice *ret);
/* True if one of the parts of `list`, separated by ":", is exactly `wanted`. */
bool tag_list_has(slice list, slice wanted);

#endif
