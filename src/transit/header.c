/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

static bool (*const attempts[])(struct undo *u) = {
	undo_fields_added, undo_field_spacing, undo_own_folding, undo_field_case,    undo_field_order,
	undo_field_folds,  undo_copied,        undo_subject,     undo_content_type,  undo_from,
	undo_date,         undo_recipients,    undo_message_id,  undo_field_removed, undo_field_unfolds,
};

/* What is worth trying together with fields that a list added. */
static bool (*const with_added[])(struct undo *u) = { undo_subject, undo_from, undo_recipients, undo_content_type };

static bool run(struct undo *u, bool (*attempt)(struct undo *u))
{
	struct arena_mark mark = arena_mark(u->arena);
	unsigned all = u->trials_left;
	u->trials_left = all / 3 + 1; /* no family may spend all that is left */
	unsigned given = u->trials_left;
	bool found = attempt(u);
	u->trials_left = all - (given - u->trials_left);
	if (!found) {
		arena_rewind(u->arena, mark);
	}
	return found;
}

#define SETS_MAX 8

/* Lists do several things at once: fields added, a tag in the subject, From rewritten. */
static bool undo_list_work(struct undo *u)
{
	struct field_edit sets[SETS_MAX][16];
	size_t lengths[SETS_MAX];
	size_t n = added_sets(u, sets, lengths, SETS_MAX);
	size_t kept = u->n_ambient;
	for (size_t i = 0; i < n; i++) {
		u->n_ambient = kept;
		for (size_t k = 0; k < lengths[i] && u->n_ambient < AMBIENT_MAX; k++) {
			u->ambient[u->n_ambient++] = sets[i][k];
		}
		for (size_t k = 0; k < sizeof(with_added) / sizeof(with_added[0]); k++) {
			if (run(u, with_added[k])) {
				return true;
			}
		}
	}
	u->n_ambient = kept;
	return false;
}

static bool undo_tag_and_from(struct undo *u)
{
	struct field_edit tag;
	if (u->n_ambient == AMBIENT_MAX || !subject_tag_edit(u, &tag)) {
		return false;
	}
	u->ambient[u->n_ambient++] = tag;
	if (run(u, undo_from) || undo_list_work(u)) {
		return true;
	}
	u->n_ambient--;
	return false;
}

bool header_undo(struct undo *u)
{
	if (u->header->n > UNDO_FIELDS_MAX || u->header->block.len > UNDO_HEADER_OCTETS_MAX) {
		return false;
	}
	for (u->effort = 0; u->effort <= 1; u->effort++) {
		for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
			if (run(u, attempts[i])) {
				return true;
			}
		}
		if (u->effort == 0 && (undo_list_work(u) || undo_tag_and_from(u))) {
			return true;
		}
	}
	return false;
}
