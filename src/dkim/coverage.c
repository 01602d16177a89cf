/* SPDX-License-Identifier: Apache-2.0 */
#include "coverage.h"

bool from_is_covered(const struct field_index *index, const struct dkim_signature *s)
{
	return field_index_count(index, S("from")) <= signature_count_name(s, S("from"));
}

bool note_coverage(const struct field_index *index, const struct dkim_signature *s, struct signet_findings *notes)
{
	enum { FROM, SUBJECT, TO, DATE, CONTENT_TYPE, REPLY_TO, SHOWN };
	static const slice shown[SHOWN] = {
		[FROM] = { "From", 4 }, [SUBJECT] = { "Subject", 7 },		 [TO] = { "To", 2 },
		[DATE] = { "Date", 4 }, [CONTENT_TYPE] = { "Content-Type", 12 }, [REPLY_TO] = { "Reply-To", 8 },
	};
	size_t there[SHOWN], covered[SHOWN];
	signature_count_names(s, shown, SHOWN, covered);
	for (size_t i = 0; i < SHOWN; i++) {
		there[i] = field_index_count(index, shown[i]);
		if (RULE("6376:8.15", covered[i] && there[i] > covered[i])) {
			note_with(notes, F_DKIM_FIELD_ADDED, s->field->value, 0, TEXT(shown[i]), NUMBER(there[i]),
				  NUMBER(covered[i]));
		} else if (RULE("6376:5.4", there[i] > covered[i])) {
			note_with(notes, F_DKIM_FIELD_UNSIGNED, s->field->value, 0, TEXT(shown[i]));
		}
	}
	if (covered[FROM] == there[FROM]) {
		note(notes, F_DKIM_NOT_OVERSIGNED, s->field->value, 0);
	}
	return there[FROM] > covered[FROM];
}
