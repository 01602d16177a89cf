/* SPDX-License-Identifier: Apache-2.0 */
#include "coverage.h"

bool from_is_covered(const struct field_index *index, const struct dkim_signature *s)
{
	return field_index_count(index, S("from")) <= signature_count_name(s, S("from"));
}

bool note_coverage(const struct field_index *index, const struct dkim_signature *s, struct signet_findings *notes)
{
	static const char *const shown[] = { "From", "Subject", "To", "Date", "Content-Type", "Reply-To" };
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		slice name = slice_of(shown[i]);
		size_t there = field_index_count(index, name);
		size_t covered = signature_count_name(s, name);
		if (RULE("6376:8.15", covered && there > covered)) {
			note_with(notes, F_DKIM_FIELD_ADDED, s->field->value, 0, TEXT(name), NUMBER(there),
				  NUMBER(covered));
		} else if (RULE("6376:5.4", there > covered)) {
			note_with(notes, F_DKIM_FIELD_UNSIGNED, s->field->value, 0, TEXT(name));
		}
	}
	bool covered = from_is_covered(index, s);
	if (covered && signature_count_name(s, S("from")) == field_index_count(index, S("from"))) {
		note(notes, F_DKIM_NOT_OVERSIGNED, s->field->value, 0);
	}
	return !covered;
}
