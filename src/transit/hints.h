/* SPDX-License-Identifier: Apache-2.0 */
/* hints: traces of a change that cannot be undone.  A word from here is a guess and is marked so. */
#ifndef SIGNET_TRANSIT_HINTS_H
#define SIGNET_TRANSIT_HINTS_H

#include "leaf.h"

/* The likely change of the body; NULL: no trace. */
const char *hint_body(struct undo *u, bool header_broken);
/* The likely change of the header; NULL: no trace. */
const char *hint_header(struct undo *u);
/* Did the message pass a mailing list?  (List-Id, List-Post and kin; nobody vouches for them.) */
bool has_list_traces(const struct undo *u);
/* Does the subject begin with something in brackets, behind reply marks? */
bool has_subject_tag(struct undo *u);

#endif
