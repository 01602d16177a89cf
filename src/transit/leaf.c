/* SPDX-License-Identifier: Apache-2.0 */
#include "leaf.h"

#include "../base/base64.h"
#include "../base/chars.h"

#define DEPTH_MAX 6

/* The next part of a parameter list up to ";", quotes respected. */
static slice take_parameter(slice *rest)
{
	bool quoted = false;
	size_t i = 0;
	for (; i < rest->len && (quoted || rest->at[i] != ';'); i++) {
		if (rest->at[i] == '\\' && quoted && i + 1 < rest->len) {
			i++;
		} else if (rest->at[i] == '"') {
			quoted = !quoted;
		}
	}
	slice part = slice_first(*rest, i);
	*rest = slice_from(*rest, i + 1);
	return slice_trim_fws(part);
}

slice parameter_of(slice value, slice name)
{
	(void)take_parameter(&value);
	while (value.len) {
		slice part = take_parameter(&value);
		size_t equals = slice_find_char(part, '=');
		if (equals == SLICE_NONE || !slice_eq_nocase(slice_trim_fws(slice_first(part, equals)), name)) {
			continue;
		}
		slice found = slice_trim_fws(slice_from(part, equals + 1));
		if (found.len >= 2 && found.at[0] == '"' && found.at[found.len - 1] == '"') {
			return slice_make(found.at + 1, found.len - 2);
		}
		size_t n = 0;
		while (n < found.len && !char_is(found.at[n], C_WSP | C_CRLF)) {
			n++;
		}
		return slice_first(found, n);
	}
	return (slice){ 0 };
}

bool part_take_field(slice *head, slice *ret_name, slice *ret_value)
{
	while (head->len) {
		size_t end = 0;
		do {
			size_t n = slice_find(slice_from(*head, end), S("\r\n"));
			end = n == SLICE_NONE ? head->len : end + n + 2;
		} while (end < head->len && char_is(head->at[end], C_WSP));
		slice field = slice_first(*head, end);
		*head = slice_from(*head, end);
		size_t colon = slice_find_char(field, ':');
		if (colon != SLICE_NONE) {
			*ret_name = slice_first(field, colon);
			*ret_value = slice_trim_fws(slice_from(field, colon + 1));
			return true;
		}
	}
	return false;
}

slice part_field(slice head, slice name)
{
	slice found, value;
	while (part_take_field(&head, &found, &value)) {
		if (slice_eq_nocase(slice_trim_wsp(found), name)) {
			return value;
		}
	}
	return (slice){ 0 };
}

enum encoding encoding_of(slice name)
{
	name = slice_trim_fws(name);
	if (slice_starts_nocase(name, S("quoted-printable"))) {
		return ENCODING_QP;
	}
	if (slice_starts_nocase(name, S("base64"))) {
		return ENCODING_BASE64;
	}
	return name.len == 0 || slice_ends_nocase(name, S("bit")) || slice_eq_nocase(name, S("binary"))
	               ? ENCODING_NONE
	               : ENCODING_OTHER;
}

static void learn_base64(struct leaf *leaf, struct signet_arena *a)
{
	slice content = leaf->raw;
	size_t end = content.len;
	while (end && char_is(content.at[end - 1], C_CRLF)) {
		end--;
	}
	leaf->codec.tail = slice_from(content, end);
	content.len = end;
	size_t width = slice_find(content, S("\r\n"));
	leaf->codec.width = width == SLICE_NONE ? 0 : width;
	if (!base64_decode(content, BASE64_LENIENT, a, &leaf->text)) {
		leaf->text = (slice){ 0 };
		return;
	}
	leaf->exact = slice_eq(leaf_encode(leaf, leaf->text, a), leaf->raw);
}

#define SAMPLE_OCTETS 4096

/* The first whole lines of the decoded text: enough to rule most habits out. */
static slice sample_of(slice text)
{
	size_t n = text.len < SAMPLE_OCTETS ? text.len : SAMPLE_OCTETS;
	while (n && n < text.len && text.at[n - 1] != '\n') {
		n--;
	}
	return slice_first(text, n);
}

static void learn_qp(struct undo *u, struct leaf *leaf)
{
	struct signet_arena *a = u->arena;
	leaf->text = qp_decode(leaf->raw, a);
	slice sample = leaf->text.at ? sample_of(leaf->text) : leaf->text;
	struct qp_style style;
	for (size_t i = 0; sample.len && qp_style_nth(i, &style) && !leaf->exact; i++) {
		struct arena_mark mark = arena_mark(a);
		leaf->codec.qp = style;
		if (!undo_spend(u, sample.len)) {
			return;
		}
		bool likely = slice_starts(leaf->raw, qp_encode(sample, &style, a));
		leaf->exact =
			likely && undo_spend(u, leaf->raw.len) && slice_eq(qp_encode(leaf->text, &style, a), leaf->raw);
		arena_rewind(a, mark);
	}
}

slice leaf_encode(const struct leaf *leaf, slice text, struct signet_arena *a)
{
	switch (leaf->codec.encoding) {
	case ENCODING_QP:
		return qp_encode(text, &leaf->codec.qp, a);
	case ENCODING_BASE64:
		return ARENA_JOIN(a, base64_encode(text, leaf->codec.width, a), leaf->codec.tail);
	default:
		return text;
	}
}

struct edit raw_edit(const struct undo *u, slice raw, slice with)
{
	return (struct edit){ offset_of(u, raw.at), raw.len, with };
}

struct edit leaf_edit(const struct undo *u, const struct leaf *leaf, slice text)
{
	return raw_edit(u, leaf->raw, leaf_encode(leaf, text, u->arena));
}

static void add_leaf(struct undo *u, struct parts *p, slice head, slice type, slice cte, slice content)
{
	if (p->n_leaves == LEAVES_MAX) {
		return;
	}
	struct leaf *leaf = &p->leaves[p->n_leaves++];
	slice rest = type;
	*leaf = (struct leaf){ .head = head, .raw = content, .encoding = encoding_of(cte) };
	leaf->type = type.len ? take_parameter(&rest) : S("text/plain");
	leaf->charset = parameter_of(type, S("charset"));
	leaf->is_plain = slice_eq_nocase(leaf->type, S("text/plain"));
	leaf->is_html = slice_eq_nocase(leaf->type, S("text/html"));
	leaf->codec.encoding = leaf->encoding;
	leaf->text = content;
	leaf->exact = leaf->encoding == ENCODING_NONE;
	if (leaf->encoding == ENCODING_BASE64) {
		learn_base64(leaf, u->arena);
	} else if (leaf->encoding == ENCODING_QP) {
		learn_qp(u, leaf);
	}
}

/* The offset in `content` of the next line "--boundary", or SLICE_NONE. */
static size_t find_delimiter(slice content, size_t from, slice boundary)
{
	while (from < content.len) {
		size_t n = slice_find(slice_from(content, from), boundary);
		if (n == SLICE_NONE) {
			return SLICE_NONE;
		}
		size_t at = from + n;
		if (at >= 2 && content.at[at - 1] == '-' && content.at[at - 2] == '-' &&
		    (at == 2 || content.at[at - 3] == '\n')) {
			slice rest = slice_from(content, at + boundary.len);
			if (rest.len == 0 || char_is(rest.at[0], C_WSP | C_CRLF) || slice_starts(rest, S("--"))) {
				return at - 2;
			}
		}
		from = at + boundary.len;
	}
	return SLICE_NONE;
}

static size_t line_end(slice s, size_t from)
{
	size_t n = slice_find(slice_from(s, from), S("\r\n"));
	return n == SLICE_NONE ? s.len : from + n + 2;
}

/* The length of a part's header with its empty line. */
static size_t head_length(slice part)
{
	if (slice_starts(part, S("\r\n"))) {
		return 2;
	}
	size_t n = slice_find(part, S("\r\n\r\n"));
	return n == SLICE_NONE ? part.len : n + 4;
}

static void read_entity(struct undo *u, struct parts *p, slice head, slice type, slice cte, slice content,
                        unsigned depth);

static void read_part(struct undo *u, struct parts *p, slice part, unsigned depth)
{
	if (part.len >= 2 && part.at[part.len - 2] == '\r' && part.at[part.len - 1] == '\n') {
		part.len -= 2; /* RFC 2046 5.1.1: it belongs to the delimiter */
	}
	size_t n = head_length(part);
	slice head = slice_first(part, n);
	if (p->n_heads < sizeof(p->heads) / sizeof(p->heads[0])) {
		p->heads[p->n_heads++] = head;
	}
	read_entity(u, p, head, part_field(head, S("Content-Type")), part_field(head, S("Content-Transfer-Encoding")),
	            slice_from(part, n), depth + 1);
}

static void read_box(struct undo *u, struct parts *p, slice type, slice boundary, slice content, unsigned depth)
{
	struct box *box = &p->boxes[p->n_boxes++];
	*box = (struct box){ .content = content,
		              .boundary = boundary,
		              .alternative = slice_starts_nocase(type, S("multipart/alternative")) };
	size_t start = offset_of(u, content.at);
	size_t at = find_delimiter(content, 0, boundary);
	while (at != SLICE_NONE && box->n < BOX_PARTS_MAX) {
		size_t after = line_end(content, at);
		box->delimiter[box->n++] = start + at;
		box->after = start + after;
		box->closed = slice_starts(slice_from(content, at + 2 + boundary.len), S("--"));
		if (box->closed) {
			break;
		}
		size_t next = find_delimiter(content, after, boundary);
		size_t end = next == SLICE_NONE ? content.len : next;
		read_part(u, p, slice_between(content.at + after, content.at + end), depth);
		at = next;
	}
}

static void read_entity(struct undo *u, struct parts *p, slice head, slice type, slice cte, slice content,
                        unsigned depth)
{
	slice boundary = slice_starts_nocase(type, S("multipart/")) ? parameter_of(type, S("boundary")) : S("");
	if (boundary.len && depth < DEPTH_MAX && p->n_boxes < BOXES_MAX) {
		read_box(u, p, type, boundary, content, depth);
	} else {
		add_leaf(u, p, head, type, cte, content);
	}
}

struct parts *parts_read(struct undo *u)
{
	struct parts *p = arena_alloc(u->arena, sizeof(*p));
	if (p) {
		const struct mail_field *type = header_find(u->header, S("Content-Type"), 0);
		const struct mail_field *cte = header_find(u->header, S("Content-Transfer-Encoding"), 0);
		slice none = { 0 };
		read_entity(u, p, none, type ? slice_trim_fws(type->value) : none, cte ? cte->value : none, u->body, 0);
	}
	return p;
}
