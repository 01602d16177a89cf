/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

/* In the order of likelihood and cost; with each round of effort the table is gone through again. */
static const struct {
	bool (*undo)(struct undo *u);
	unsigned from, to; /* rounds of effort in which it has something to try */
} attempts[] = {
	{ undo_octets, 0, 3 },          { undo_text_behind, 0, 0 },   { undo_part_added, 0, 0 },
	{ undo_wrapped, 0, 0 },         { undo_signer, 0, 0 },        { undo_escapes, 0, 3 },
	{ undo_spaces_added, 0, 3 },    { undo_blank_lines, 0, 3 },   { undo_preamble, 0, 0 },
	{ undo_spaces_lost, 0, 3 },     { undo_other_canon, 0, 0 },   { undo_encoding, 0, 2 },
	{ undo_text_in_front, 0, 0 },   { undo_folding, 0, 3 },       { undo_part_footer, 0, 2 },
	{ undo_part_disclaimer, 0, 1 }, { undo_html_injected, 0, 2 }, { undo_links, 0, 1 },
	{ undo_charset, 0, 1 },         { undo_boundary, 0, 0 },      { undo_part_headers, 0, 1 },
	{ undo_dots_lost, 0, 3 },       { undo_wrapping, 1, 1 },      { undo_eighth_bit, 0, 3 },
};

/* Looking for places costs as well, even if none is found: about so many scans a trial. */
#define SCANS_A_TRIAL 8

bool body_undo(struct undo *u)
{
	for (u->effort = 0; u->effort <= 3; u->effort++) {
		for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
			if (u->effort < attempts[i].from || u->effort > attempts[i].to) {
				continue;
			}
			struct arena_mark mark = arena_mark(u->arena);
			if (!undo_spend(u, u->body.len / SCANS_A_TRIAL)) {
				return false;
			}
			if (attempts[i].undo(u)) {
				return true;
			}
			arena_rewind(u->arena, mark);
			if (u->octets_left == 0) {
				return false;
			}
		}
	}
	return false;
}
