/* SPDX-License-Identifier: Apache-2.0 */
/* header: the attempts to undo a change of the header, one function each, one file a family.  Each tries what it knows
 * on top of u->ambient and returns true when a trial fitted; u->label then names the change. */
#ifndef SIGNET_TRANSIT_HEADER_H
#define SIGNET_TRANSIT_HEADER_H

#include "undo.h"

/* Runs the attempts in order of likelihood and cost. */
bool header_undo(struct undo *u);

/* header_shape.c: the same words in another form (matters to simple canonicalisation mostly) */
bool undo_field_spacing(struct undo *u); /* header-leading-space-lost, -trailing-space-lost, -whitespace-changed */
bool undo_field_folds(struct undo *u); /* header-refolded */
bool undo_field_unfolds(struct undo *u); /* header-unfolded */
bool undo_field_case(struct undo *u); /* header-case-changed */
bool undo_field_order(struct undo *u); /* header-order-changed */
/* header_fields.c: whole fields */
bool undo_fields_added(struct undo *u); /* second-from-added, sender-added, reply-to-added, list-header-added */
bool undo_field_removed(struct undo *u); /* header-removed */
bool undo_copied(struct undo *u); /* any, by the copies of z= */
/* Fields that lists and relays add: sets of edits to try other changes on top of. */
size_t added_sets(struct undo *u, struct field_edit sets[][16], size_t lengths[], size_t most);
/* header_subject.c */
bool undo_subject(struct undo *u); /* subject-tag, subject-reencoded, subject-decoded */
/* `text` (UTF-8) as words of RFC 2047 as the author's program may have written it, with `tail` behind. */
bool undo_words(struct undo *u, const char *label, const struct mail_field *f, slice text, slice tail);
/* The subject without its bracketed tag as an edit; false if there is none. */
bool subject_tag_edit(struct undo *u, struct field_edit *ret);
/* header_address.c */
bool undo_from(struct undo *u); /* from-rewritten, from-reformatted, from-display-changed */
bool undo_recipients(struct undo *u); /* to-changed, reply-to-replaced */
/* header_values.c */
bool undo_date(struct undo *u); /* date-reformatted */
bool undo_message_id(struct undo *u); /* message-id-changed */
bool undo_content_type(struct undo *u); /* content-type-reformatted, charset-header-changed */
/* header_own.c: the signature's own field */
bool undo_own_folding(struct undo *u); /* signature-refolded */
bool undo_own_hash(struct undo *u); /* signature-damaged: bh= */
bool undo_own_damage(struct undo *u); /* signature-damaged: one digit of b= */

/* What a change of this field's value is called if nothing better is known. */
const char *value_label(slice name);
/* The text before `suffix` of a field's value, unfolded and trimmed. */
slice field_text(struct undo *u, const struct mail_field *field);

#endif
