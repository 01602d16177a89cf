/* SPDX-License-Identifier: Apache-2.0 */
/* names: which fields of a message a signature covers, and how often h= names them (RFC 6376 5.4).
 *
 *     struct names_wish wish = { .rules = settings->rules, .n_rules = settings->n_rules };
 *     TRY(names_choose(&wish, &index, arena, &names));      // "from:from:subject:subject:to:to:cc..."
 *
 * The default: every field that tells who writes to whom, what and when, or decides how the body is shown; those of which
 * a second one would mislead are named once more than they occur. */
#ifndef SIGNET_DKIM_NAMES_H
#define SIGNET_DKIM_NAMES_H

#include <signet/sign.h>

#include "select.h"

struct names_wish {
	const struct signet_coverage_rule *rules;
	size_t n_rules;
	bool only_rules;
	bool with_signatures; /* DKIM-Signature fields too: for ARC (RFC 8617 5.1.1) */
};

/* Fields that are written or removed on the way, so that nobody can sign them (RFC 6376 5.4.1, RFC 8617 4.1.2). */
bool names_is_never(slice name);

/* The value of h=, lower case, no white space; lives in `a`.  SIGNET_LIMIT: more than a verifier would read. */
enum signet_status names_choose(const struct names_wish *wish, const struct field_index *index, struct signet_arena *a,
                                slice *ret);

#endif
