/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

#include "../base/chars.h"

size_t header_find_end(slice octets, size_t from)
{
	if (octets.len >= 2 && octets.at[0] == '\r' && octets.at[1] == '\n') {
		return 2; /* no field at all */
	}
	/* From line end to line end: memmem() is slower. */
	for (size_t at = from > 3 ? from - 3 : 0;;) {
		size_t n = slice_find_char(slice_from(octets, at), '\n');
		if (n == SLICE_NONE) {
			return SLICE_NONE;
		}
		at += n + 1;
		if (at >= 2 && octets.at[at - 2] == '\r' && slice_starts(slice_from(octets, at), S("\r\n"))) {
			return at + 2;
		}
	}
}

/* Fields of which a message has at most one (RFC 5322 3.6, RFC 2045 3).  Who shows the first and checks the last can be
 * deceived, so a repetition is always worth a finding. */
static const slice single_fields[] = {
	{ "Date", 4 },
	{ "From", 4 },
	{ "Sender", 6 },
	{ "Reply-To", 8 },
	{ "To", 2 },
	{ "Cc", 2 },
	{ "Bcc", 3 },
	{ "Message-ID", 10 },
	{ "In-Reply-To", 11 },
	{ "References", 10 },
	{ "Subject", 7 },
	{ "MIME-Version", 12 },
	{ "Content-Type", 12 },
	{ "Content-Transfer-Encoding", 25 },
};
#define SINGLES (sizeof(single_fields) / sizeof(single_fields[0]))

/* Length and first letter tell most names apart without a call: every look-up by name passes here for every field. */
static bool is_named(const struct mail_field *field, slice name)
{
	return field->name.len == name.len && name.len && char_lower(field->name.at[0]) == char_lower(name.at[0]) &&
	       slice_eq_nocase(field->name, name);
}

struct splitter {
	struct mail_header h;
	size_t room; /* of h.fields */
	struct signet_arena *a;
	struct signet_findings *notes;
	uint64_t noted; /* kinds already said, by `enum once` */
	size_t counts[SINGLES];
	const struct mail_field *second[SINGLES]; /* the first repetition */
};

enum once {
	ONCE_CR = 1 << 0,
	ONCE_LF = 1 << 1,
	ONCE_LONG = 1 << 2,
	ONCE_NO_FIELD = 1 << 3,
	ONCE_ORPHAN = 1 << 4,
	ONCE_SPACE = 1 << 5,
};

static bool is_first(struct splitter *s, enum once kind)
{
	bool first = (s->noted & kind) == 0;
	s->noted |= kind;
	return first;
}

/* Where a field breaks the rules for lines; offsets into it, SLICE_NONE: nowhere. */
struct line_faults {
	size_t bare_cr;
	size_t bare_lf;
	size_t long_line;
	size_t long_octets;
};

/* The length of the field that starts `rest`: up to the first CRLF that no WSP follows.  Every octet is looked at by one
 * memchr for LF and one for CR. */
static size_t field_length(slice rest, struct line_faults *faults)
{
	size_t line = 0;
	for (size_t at = 0;;) {
		const char *lf = memchr(rest.at + at, '\n', rest.len - at);
		size_t stop = lf ? (size_t)(lf - rest.at) : rest.len;
		bool is_crlf = lf && stop > at && rest.at[stop - 1] == '\r';
		size_t end = is_crlf ? stop - 1 : stop;
		const char *cr = end > at ? memchr(rest.at + at, '\r', end - at) : NULL;
		if (cr && faults->bare_cr == SLICE_NONE) {
			faults->bare_cr = (size_t)(cr - rest.at);
		}
		if (lf && !is_crlf) {
			faults->bare_lf = faults->bare_lf == SLICE_NONE ? stop : faults->bare_lf;
			at = stop + 1;
			if (at < rest.len) {
				continue;
			}
		}
		if (end - line > HEADER_LINE_OCTETS && faults->long_line == SLICE_NONE) {
			faults->long_line = line;
			faults->long_octets = end - line;
		}
		at = line = stop + 1;
		if (at >= rest.len) {
			return rest.len;
		}
		if (!char_is(rest.at[at], C_WSP)) {
			return at;
		}
	}
}

/* field = field-name *WSP ":" unstructured CRLF (RFC 5322 2.2, 4.5) */
static struct mail_field field_of(slice raw)
{
	struct mail_field field = { .raw = raw, .name = slice_first(raw, 0) };
	slice line = raw;
	if (line.len >= 2 && line.at[line.len - 1] == '\n' && line.at[line.len - 2] == '\r') {
		line.len -= 2;
	}
	field.value = line;
	size_t n = 0;
	while (n < line.len && char_is(line.at[n], C_FTEXT)) {
		n++;
	}
	size_t colon = n;
	while (colon < line.len && char_is(line.at[colon], C_WSP)) {
		colon++;
	}
	if (n && colon < line.len && line.at[colon] == ':') {
		field.name = slice_first(line, n);
		field.value = slice_from(line, colon + 1);
	}
	return field;
}

static void note_faults(struct splitter *s, slice raw, const struct line_faults *faults)
{
	if (faults->bare_cr != SLICE_NONE && is_first(s, ONCE_CR)) {
		note(s->notes, F_MAIL_BARE_CR, raw, faults->bare_cr);
	}
	if (faults->bare_lf != SLICE_NONE && is_first(s, ONCE_LF)) {
		note(s->notes, F_MAIL_BARE_LF, raw, faults->bare_lf);
	}
	if (faults->long_line != SLICE_NONE && is_first(s, ONCE_LONG)) {
		note_with(s->notes, F_MAIL_LINE_LONG, raw, faults->long_line, NUMBER(faults->long_octets));
	}
}

static void note_shape(struct splitter *s, const struct mail_field *field)
{
	bool is_orphan = field->raw.at == s->h.block.at && char_is(field->raw.at[0], C_WSP);
	s->h.not_a_field |= field->name.len == 0;
	if (is_orphan && is_first(s, ONCE_ORPHAN)) {
		note(s->notes, F_MAIL_ORPHAN_CONTINUATION, field->raw, 0);
	} else if (!field->name.len && !is_orphan && is_first(s, ONCE_NO_FIELD)) {
		note(s->notes, F_MAIL_NOT_A_FIELD, field->raw, 0);
	} else if (field->name.len && field->value.at != field->name.at + field->name.len + 1 &&
		   is_first(s, ONCE_SPACE)) {
		note_with(s->notes, F_MAIL_SPACE_BEFORE_COLON, field->raw, field->name.len, TEXT(field->name));
	}
}

static void count_single(struct splitter *s, const struct mail_field *field)
{
	for (size_t i = 0; i < SINGLES; i++) {
		if (is_named(field, single_fields[i])) {
			s->counts[i]++;
			s->second[i] = s->counts[i] == 2 ? field : s->second[i];
			return;
		}
	}
}

static struct mail_field *add_field(struct splitter *s, struct mail_field field)
{
	if (s->h.n == s->room) {
		size_t room = s->room ? s->room * 2 : s->h.block.len / 64 + 8;
		room = room > HEADER_FIELDS_MAX ? HEADER_FIELDS_MAX : room;
		struct mail_field *fields = arena_array(s->a, room, sizeof(*fields));
		if (!fields) {
			return NULL;
		}
		if (s->h.n) {
			memcpy(fields, s->h.fields, s->h.n * sizeof(*fields));
		}
		s->h.fields = fields;
		s->room = room;
	}
	s->h.fields[s->h.n] = field;
	return &s->h.fields[s->h.n++];
}

/* The last field the cap allows takes all that is left. */
static struct mail_field last_field(struct splitter *s, slice rest)
{
	note_with(s->notes, F_MAIL_TOO_MANY_FIELDS, slice_first(rest, HEADER_LINE_OCTETS), 0,
		  NUMBER(HEADER_FIELDS_MAX));
	s->h.capped = true;
	s->h.not_a_field = true;
	s->h.bare_line_end = true; /* not looked for in there: whoever must be sure looks */
	return (struct mail_field) { .raw = rest, .name = slice_first(rest, 0), .value = rest };
}

static enum signet_status split(struct splitter *s)
{
	for (slice rest = s->h.block; rest.len;) {
		struct line_faults faults = { SLICE_NONE, SLICE_NONE, SLICE_NONE, 0 };
		struct mail_field field;
		size_t len = field_length(rest, &faults);
		if (s->h.n == HEADER_FIELDS_MAX - 1 && len < rest.len) {
			field = last_field(s, rest);
			len = rest.len;
		} else {
			field = field_of(slice_first(rest, len));
			s->h.bare_line_end |= faults.bare_cr != SLICE_NONE || faults.bare_lf != SLICE_NONE;
			note_faults(s, field.raw, &faults);
			note_shape(s, &field);
		}
		if (!add_field(s, field)) {
			return SIGNET_NO_MEMORY;
		}
		rest = slice_from(rest, len);
	}
	return SIGNET_OK;
}

static void note_nul(struct splitter *s)
{
	size_t nul = slice_find_char(s->h.block, '\0');
	if (nul == SLICE_NONE) {
		return;
	}
	s->h.nul = true;
	const char *at = s->h.block.at + nul;
	for (size_t i = 0; i < s->h.n; i++) {
		slice raw = s->h.fields[i].raw;
		if (at < raw.at + raw.len) {
			note(s->notes, F_MAIL_NUL, raw, (size_t)(at - raw.at));
			return;
		}
	}
}

static void note_repeated(struct splitter *s)
{
	for (size_t i = 0; i < s->h.n; i++) {
		count_single(s, &s->h.fields[i]);
	}
	for (size_t i = 0; i < SINGLES; i++) {
		if (s->counts[i] > 1) {
			note_with(s->notes, F_MAIL_FIELD_REPEATED, s->second[i]->raw, 0, TEXT(single_fields[i]),
				  NUMBER(s->counts[i]));
		}
	}
}

enum signet_status header_parse(slice block, struct signet_arena *a, struct signet_findings *notes,
				struct mail_header *ret)
{
	struct splitter s = { .h.block = block, .a = a, .notes = notes };
	if (block.len >= 4 && slice_eq(slice_from(block, block.len - 4), S("\r\n\r\n"))) {
		s.h.block.len -= 2;
	} else if (slice_eq(block, S("\r\n"))) {
		s.h.block.len = 0;
	}
	TRY(split(&s));
	note_nul(&s);
	note_repeated(&s);
	*ret = s.h;
	return SIGNET_OK;
}

const struct mail_field *header_find(const struct mail_header *h, slice name, size_t i)
{
	for (size_t k = 0; k < h->n; k++) {
		if (is_named(&h->fields[k], name) && i-- == 0) {
			return &h->fields[k];
		}
	}
	return NULL;
}

size_t header_count(const struct mail_header *h, slice name)
{
	size_t n = 0;
	for (size_t k = 0; k < h->n; k++) {
		n += is_named(&h->fields[k], name);
	}
	return n;
}

slice header_unfold(slice value, struct signet_arena *a)
{
	value = slice_trim_fws(value);
	if (slice_find(value, S("\r\n")) == SLICE_NONE) {
		return value;
	}
	char *at = arena_octets(a, value.len);
	if (!at) {
		return (slice) { 0 };
	}
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '\r' && i + 1 < value.len && value.at[i + 1] == '\n') {
			i++;
			continue;
		}
		at[len++] = value.at[i];
	}
	return slice_make(at, len);
}
