/* SPDX-License-Identifier: Apache-2.0 */
/* finding: what was seen, for a person.
 *
 *     note(notes, F_SPF_TOO_MANY_LOOKUPS, record, offset);
 *     note_with(notes, F_DKIM_KEY_WEAK, key_text, offset, NUMBER(bits), TEXT(selector));
 *
 * Only id, place and values are kept; severity, sentence, why, fix and clause stand in catalogue.def, once, and are
 * joined with the values where text is made.  Texts passed in must live as long as the list. */
#ifndef SIGNET_BASE_FINDING_H
#define SIGNET_BASE_FINDING_H

#include "arena.h"
#include "buf.h"

enum finding_id {
	F_NONE,
#define FINDING(id, name, severity, clause, sentence, why, fix) F_##id,
#include "catalogue.def"
#undef FINDING
	F_COUNT
};

#define FINDINGS_MAX 256 /* per list: hostile input repeats itself */

#define TEXT(value) { .text = (value) }
#define NUMBER(value) { .is_number = true, .number = (uint64_t)(value) }

void findings_init(struct signet_findings *f, struct signet_arena *a);
/* Appends; does nothing past FINDINGS_MAX or when the arena is full (the arena remembers). */
void note_args(struct signet_findings *f, enum finding_id id, slice input, size_t offset,
	       const struct signet_arg args[static SIGNET_FINDING_ARGS]);
#define note(f, id, input, offset)                                                                                     \
	note_args((f), (id), (input), (offset), (const struct signet_arg[SIGNET_FINDING_ARGS]){ { 0 } })
#define note_with(f, id, input, offset, ...)                                                                           \
	note_args((f), (id), (input), (offset), (const struct signet_arg[SIGNET_FINDING_ARGS]){ __VA_ARGS__ })
/* Appends copies of all of `more`. */
void findings_append(struct signet_findings *f, const struct signet_findings *more);
bool findings_has(const struct signet_findings *f, enum finding_id id);
/* Gives back what was noted since `mark` (a copy of the list taken then). */
static inline void findings_rewind(struct signet_findings *f, struct signet_findings mark)
{
	*f = mark;
}

/* Writes one of the texts of the catalogue with the values in place of {0} {1} {2}.  The values are raw: whoever shows
 * the text escapes it. */
void finding_put(struct buf *b, const char *text, const struct signet_finding *finding);

#endif
