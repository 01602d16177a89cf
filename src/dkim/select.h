/* SPDX-License-Identifier: Apache-2.0 */
/* select: which fields of a message a list of names means (RFC 6376 5.4.2).
 *
 *     struct field_index index;
 *     TRY(field_index_init(&index, &header, arena));
 *     field_index_restart(&index);
 *     while (next name in h=) field = field_index_take(&index, name, own_field->raw);
 *
 * Each mention of a name takes the next instance from the BOTTOM of the header; when none is left it takes nothing.  One
 * index serves all signatures of a message, and costs the same however long h= is. */
#ifndef SIGNET_DKIM_SELECT_H
#define SIGNET_DKIM_SELECT_H

#include "../base/map.h"
#include "../mail/header.h"

struct field_index {
	const struct mail_header *header;
	struct map by_name; /* lower case -> struct field_list */
	size_t *above; /* for each field the next one above it of the same name, or SLICE_NONE */
	unsigned round;
	struct signet_arena *arena;
};

/* `header` and `a` must outlive the index. */
enum signet_status field_index_init(struct field_index *index, const struct mail_header *header,
				    struct signet_arena *a);
/* All instances are unused again. */
void field_index_restart(struct field_index *index);
/* The next unused field called `name` (ASCII case ignored), or NULL.  The field that lies at
 * `own` is never taken: a signature is not part of what it signs. */
const struct mail_field *field_index_take(struct field_index *index, slice name, slice own);
/* How many fields of this name there are. */
size_t field_index_count(const struct field_index *index, slice name);

#endif
