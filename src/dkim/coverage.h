/* SPDX-License-Identifier: Apache-2.0 */
/* coverage: what a right signature says nothing about (RFC 6376 8.15).
 *
 * A reader shows the topmost From; a signature that names From once is right for the lowest.  So every instance of a
 * field that people see, or that decides how the body is shown, has to be signed. */
#ifndef SIGNET_DKIM_COVERAGE_H
#define SIGNET_DKIM_COVERAGE_H

#include "select.h"
#include "signature.h"

/* Notes instances that are there and not signed, and whether another From could be added unnoticed.  True if there are
 * From fields that are not signed. */
bool note_coverage(const struct field_index *index, const struct dkim_signature *s, struct signet_findings *notes);

/* True if every From field of the header is signed. */
bool from_is_covered(const struct field_index *index, const struct dkim_signature *s);

#endif
