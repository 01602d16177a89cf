/* SPDX-License-Identifier: Apache-2.0 */
#include "mime.h"

#include "../base/chars.h"

/* The walker goes through the body line by line.  `path` is the chain of open parts from the message to the innermost
 * one; every octet belongs to the innermost.
 *
 *          empty line             delimiter of an open multipart
 *   HEADER ----------> BODY ----------------------------------------> HEADER of a new part
 *                        ^  \
 *                        |   closing delimiter: the multipart's epilogue, which is BODY of the multipart
 *                        +--/
 *
 * A delimiter ends the header too, and every part that is open below its multipart. */
struct walker {
	struct mime mime;
	size_t room;
	struct signet_arena *a;
	struct signet_findings *notes;
	slice body;
	size_t path[MIME_DEPTH_MAX + 1];
	size_t n_path;
	bool in_header;
	const char *start; /* where the present header or body began: no delimiter takes octets before it */
};

static struct mime_part *part_at(struct walker *w, size_t level)
{
	return &w->mime.parts[w->path[level]];
}

static struct mime_part *innermost(struct walker *w)
{
	return part_at(w, w->n_path - 1);
}

static bool is_type(const struct mime_part *part, slice type, slice subtype)
{
	return slice_eq(part->type.type, type) && (!subtype.len || slice_eq(part->type.subtype, subtype));
}

static struct content default_type(struct walker *w, size_t parent)
{
	if (parent != MIME_NONE && is_type(&w->mime.parts[parent], S("multipart"), S("digest"))) {
		return (struct content) { .type = S("message"), .subtype = S("rfc822") }; /* RFC 2046 5.1.5 */
	}
	return (struct content) { .type = S("text"), .subtype = S("plain") }; /* RFC 2045 5.2 */
}

/* Adds a part below the innermost one and makes it the innermost. */
static enum signet_status open_part(struct walker *w, slice delimiter)
{
	if (w->mime.n == w->room) {
		size_t room = w->room ? w->room * 4 : 4;
		struct mime_part *parts = arena_array(w->a, room, sizeof(*parts));
		if (!parts) {
			return SIGNET_NO_MEMORY;
		}
		if (w->mime.n) {
			memcpy(parts, w->mime.parts, w->mime.n * sizeof(*parts));
		}
		w->mime.parts = parts;
		w->room = room;
	}
	size_t parent = w->n_path ? w->path[w->n_path - 1] : MIME_NONE;
	size_t self = w->mime.n++;
	w->mime.parts[self] = (struct mime_part) { .parent = parent,
						   .first_child = MIME_NONE,
						   .next = MIME_NONE,
						   .depth = w->n_path,
						   .delimiter = delimiter,
						   .type = default_type(w, parent) };
	if (parent != MIME_NONE) {
		size_t *link = &w->mime.parts[parent].first_child;
		if (*link !=
		    MIME_NONE) { /* the last child: the newest part whose parent it is stands last in the text */
			size_t last = self - 1;
			while (w->mime.parts[last].parent != parent) {
				last = w->mime.parts[last].parent;
			}
			link = &w->mime.parts[last].next;
		}
		*link = self;
	}
	w->path[w->n_path++] = self;
	return SIGNET_OK;
}

static void set_boundary(struct walker *w, struct mime_part *part)
{
	slice boundary = content_param(&part->type, S("boundary"), w->a);
	if (content_count(&part->type, S("boundary")) > 1) {
		note(w->notes, F_MIME_BOUNDARY_REPEATED, part->header, 0);
	}
	if (!boundary.len || boundary.len > (size_t)4 * MIME_BOUNDARY_OCTETS) {
		note(w->notes, F_MIME_BOUNDARY_MISSING, part->header, 0);
	} else if (part->depth + 1 >= MIME_DEPTH_MAX) {
		w->mime.capped = true;
		note_with(w->notes, F_MIME_TOO_DEEP, part->header, 0, NUMBER(MIME_DEPTH_MAX));
	} else {
		part->boundary = boundary;
	}
}

/* What the header of a part says about its body. */
static enum signet_status read_header(struct walker *w, const struct mail_header *h, struct mime_part *part)
{
	const struct mail_field *type = header_find(h, S("Content-Type"), 0);
	const struct mail_field *encoding = header_find(h, S("Content-Transfer-Encoding"), 0);
	const struct mail_field *disposition = header_find(h, S("Content-Disposition"), 0);
	struct content content;
	if (type && content_parse(type->value, w->a, &content) && content.subtype.len) {
		part->type = content;
		part->typed = true;
	} else if (type) {
		note(w->notes, F_MIME_TYPE_BAD, type->raw, 0);
	}
	if (encoding) {
		part->encoding = transfer_encoding_parse(encoding->value);
	}
	if (disposition && content_parse(disposition->value, w->a, &content)) {
		part->attached = slice_eq(content.type, S("attachment"));
	}
	if (is_type(part, S("multipart"), S(""))) {
		set_boundary(w, part);
	}
	return w->a->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}

static bool holds_message(const struct mime_part *part)
{
	return is_type(part, S("message"), S("rfc822")) || is_type(part, S("message"), S("global"));
}

/* The header of the innermost part ends at `end`; its body begins there. */
static enum signet_status end_header(struct walker *w, const char *end)
{
	struct mail_header h;
	struct signet_findings unheard; /* of fields in parts nothing is said: only the message's own header counts */
	struct mime_part *part = innermost(w);
	findings_init(&unheard, w->a);
	part->header = slice_between(w->start, end);
	TRY(header_parse(part->header, w->a, &unheard, &h));
	TRY(read_header(w, &h, part));
	part->body = slice_between(end, end);
	w->start = end;
	w->in_header = false;
	return SIGNET_OK;
}

/* A message in a message begins: its header follows at once (RFC 2046 5.2.1). */
static enum signet_status enter_message(struct walker *w)
{
	struct mime_part *part = innermost(w);
	if (w->in_header || !holds_message(part) || part->encoding > TRANSFER_BINARY) {
		return SIGNET_OK;
	}
	if (w->n_path >= MIME_DEPTH_MAX || w->mime.n >= MIME_PARTS_MAX) {
		w->mime.capped = true;
		return SIGNET_OK;
	}
	w->in_header = true;
	return open_part(w, slice_between(w->start, w->start));
}

/* Is `line` (without its CRLF) a delimiter of `boundary`?  delimiter = "--" boundary ["--"] *LWSP (RFC 2046 5.1.1).
 * `loosely`: other text may follow, as the RFC wants readers to let pass. */
static bool is_delimiter(slice line, slice boundary, bool loosely, bool *is_closing)
{
	slice rest = slice_from(line, 2);
	if (!boundary.len || !slice_starts(rest, boundary)) {
		return false;
	}
	rest = slice_from(rest, boundary.len);
	*is_closing = slice_starts(rest, S("--"));
	return loosely || slice_trim_wsp(slice_from(rest, *is_closing ? 2 : 0)).len == 0;
}

/* The level of the open multipart whose delimiter the line is: the innermost that fits exactly, else loosely. */
static size_t find_level(struct walker *w, slice line, bool *is_closing)
{
	for (int loosely = 0; loosely < 2; loosely++) {
		for (size_t level = w->n_path; level-- > 0;) {
			const struct mime_part *part = part_at(w, level);
			if (!part->closing.len && is_delimiter(line, part->boundary, loosely, is_closing)) {
				return level;
			}
		}
	}
	return SLICE_NONE;
}

/* Ends all parts below `level` at `cut`, where the delimiter begins. */
static enum signet_status end_parts(struct walker *w, size_t level, const char *cut)
{
	if (w->in_header) {
		TRY(end_header(w, cut));
	}
	for (; w->n_path > level + 1; w->n_path--) {
		struct mime_part *part = innermost(w);
		part->body = slice_between(part->body.at, cut);
		if (mime_is_multipart(part) && !part->closing.len) {
			note_with(w->notes, F_MIME_UNCLOSED, part->header, 0, TEXT(part->boundary));
		}
		if (part->closing.len) {
			part->epilogue = slice_between(part->closing.at + part->closing.len, cut);
		} else if (mime_is_multipart(part) && part->first_child == MIME_NONE) {
			part->preamble = part->body;
		}
	}
	return SIGNET_OK;
}

/* A delimiter line of the multipart at `level`, from `line.at` to `next`. */
static enum signet_status take_delimiter(struct walker *w, size_t level, slice line, const char *next, bool is_closing)
{
	const char *cut = line.at;
	if (!w->in_header && cut - w->start >= 2 && cut[-1] == '\n' && cut[-2] == '\r') {
		cut -= 2; /* the CRLF before it is its own (RFC 2046 5.1.1); in a header it ends the last field */
	}
	TRY(end_parts(w, level, cut));
	struct mime_part *multipart = innermost(w);
	slice delimiter = slice_between(cut, next);
	if (multipart->first_child == MIME_NONE && !multipart->closing.len) {
		multipart->preamble = slice_between(multipart->body.at, cut);
	}
	w->start = next;
	if (is_closing) {
		multipart->closing = delimiter;
		return SIGNET_OK;
	}
	w->in_header = true;
	return open_part(w, delimiter);
}

static enum signet_status take_line(struct walker *w, slice line, const char *next)
{
	bool is_closing = false;
	size_t level = SLICE_NONE;
	if (line.len > 2 && line.at[0] == '-' && line.at[1] == '-') {
		level = find_level(w, line, &is_closing);
	}
	if (level != SLICE_NONE && !is_closing && w->mime.n >= MIME_PARTS_MAX) {
		if (!w->mime.capped) {
			note_with(w->notes, F_MIME_TOO_MANY_PARTS, slice_first(line, HEADER_LINE_OCTETS), 0,
				  NUMBER(MIME_PARTS_MAX));
		}
		w->mime.capped = true;
	} else if (level != SLICE_NONE) {
		return take_delimiter(w, level, line, next, is_closing);
	}
	if (w->in_header && line.len == 0) {
		TRY(end_header(w, next));
		return enter_message(w);
	}
	return SIGNET_OK;
}

static enum signet_status walk(struct walker *w)
{
	const char *end = w->body.at + w->body.len;
	for (const char *at = w->body.at; at < end;) {
		const char *next = at;
		do { /* lines end in CRLF only */
			next = memchr(next, '\n', (size_t)(end - next));
			next = next ? next + 1 : end;
		} while (next != end && (next - at < 2 || next[-2] != '\r'));
		slice line = slice_between(at, next);
		line.len -= line.len >= 2 && next[-1] == '\n' && next[-2] == '\r' ? 2 : 0;
		TRY(take_line(w, line, next));
		at = next;
	}
	TRY(end_parts(w, 0, end));
	struct mime_part *message = innermost(w);
	if (message->closing.len) {
		message->epilogue = slice_between(message->closing.at + message->closing.len, end);
	} else if (mime_is_multipart(message)) {
		message->preamble = message->first_child == MIME_NONE ? w->body : message->preamble;
		note_with(w->notes, F_MIME_UNCLOSED, message->header, 0, TEXT(message->boundary));
	}
	return SIGNET_OK;
}

enum signet_status mime_parse(const struct mail_header *header, slice body, struct signet_arena *a,
			      struct signet_findings *notes, struct mime *ret)
{
	struct walker w = { .a = a, .notes = notes, .body = body.at ? body : S("") };
	w.start = w.body.at;
	TRY(open_part(&w, slice_first(header->block, 0)));
	struct mime_part *message = innermost(&w);
	message->header = header->block;
	message->body = w.body;
	TRY(read_header(&w, header, message));
	TRY(enter_message(&w));
	TRY(walk(&w));
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	*ret = w.mime;
	return SIGNET_OK;
}

const struct mime_part *mime_find_last(const struct mime *mime, slice type, slice subtype)
{
	for (size_t i = mime->n; i-- > 0;) {
		const struct mime_part *part = &mime->parts[i];
		if (is_type(part, type, subtype) && !part->attached && part->first_child == MIME_NONE) {
			return part;
		}
	}
	return NULL;
}
