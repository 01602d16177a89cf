/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a message as fields, split and never copied.
 *
 *     size_t end = header_find_end(octets, 0);           // SLICE_NONE: the empty line has not come yet
 *     TRY(header_parse(slice_first(octets, end), arena, notes, &header));
 *     for (size_t i = 0; i < header.n; i++) ... header.fields[i].name ...
 *
 * Input is hostile: any octet may stand anywhere.  Lines end in CRLF only; a CR or LF alone is an octet of its line (a
 * finding says so).  Every octet of the block belongs to exactly one field, in order: nothing is lost, and the fields'
 * `raw` put together are the block.  What is not a field (a line without a colon, a name with octets outside ftext) is
 * kept with an empty name, so that it matches nothing. */
#ifndef SIGNET_MAIL_HEADER_H
#define SIGNET_MAIL_HEADER_H

#include "../base/finding.h"

struct mail_field {
	slice raw; /* the whole field with its folded lines and its final CRLF (if the block has one) */
	slice name; /* without the white space an obsolete syntax allows before the colon; empty: not a field */
	slice value; /* all between the colon and the final CRLF, folding and white space as received */
};

struct mail_header {
	slice block; /* all fields, without the empty line */
	struct mail_field *fields; /* the topmost first */
	size_t n;
	/* What lets two programs split the same octets in two ways. */
	bool bare_line_end; /* a CR without LF or an LF without CR stands somewhere in the block */
	bool nul; /* so does a NUL */
	bool not_a_field; /* a nameless field is among the fields */
	bool capped; /* the last field holds all lines past HEADER_FIELDS_MAX */
};

#define HEADER_FIELDS_MAX 20000 /* a cap of ours: further lines are kept as one nameless field, with a finding */
#define HEADER_LINE_OCTETS 998 /* RFC 5322 2.1.1, without the CRLF */

/* The offset just past the empty line that ends the header, or SLICE_NONE.  `from`: an offset up to which earlier calls
 * found nothing (0 the first time); pass the previous length to stay linear. */
size_t header_find_end(slice octets, size_t from);

/* Splits `block` (with or without the final empty line) in one pass.  Memory for the array comes from `a`.  Each kind of
 * finding is noted once a message, at its first place, so that hostile repetition cannot crowd out what comes later. */
enum signet_status header_parse(slice block, struct signet_arena *a, struct signet_findings *notes,
				struct mail_header *ret);

/* The i-th field of this name from the top, ASCII case ignored; NULL if there are fewer. */
const struct mail_field *header_find(const struct mail_header *h, slice name, size_t i);
size_t header_count(const struct mail_header *h, slice name);

/* The value unfolded (CRLF before WSP deleted) and trimmed; a part of the value if it was not folded, else in `a`. */
slice header_unfold(slice value, struct signet_arena *a);

#endif
