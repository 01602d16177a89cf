/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include "../base/buf.h"
#include "../base/chars.h"

/* ---- a part was added ---- */

bool undo_part_added(struct undo *u)
{
	for (size_t i = 0; i < u->parts->n_boxes; i++) {
		const struct box *box = &u->parts->boxes[i];
		for (size_t k = box->n; k-- > 1;) {
			size_t at = box->delimiter[k - 1];
			if (undo_try(u, "footer-mime-part", &(struct edit) { at, box->delimiter[k] - at, S("") }, 1)) {
				return true;
			}
		}
		if (!box->closed && box->n &&
		    undo_try(u, "footer-mime-part",
		             &(struct edit) { box->delimiter[box->n - 1], u->body.len - box->delimiter[box->n - 1],
		                              S("") },
		             1)) {
			return true;
		}
	}
	return false;
}

/* ---- the message was put into a new multipart ---- */

/* The Content-* fields of the message as the part has them: what the header was before. */
static void restore_content_fields(struct undo *u, slice head)
{
	static const slice names[] = { { "Content-Type", 12 }, { "Content-Transfer-Encoding", 25 } };
	for (size_t i = 0; i < 2; i++) {
		const struct mail_field *now = header_find(u->header, names[i], 0);
		slice was = part_field(head, names[i]);
		if (was.at) {
			/* the part's field with its own spelling and folding */
			size_t start = slice_find_nocase(head, names[i]);
			slice raw = slice_between(head.at + start, was.at + was.len);
			raw = ARENA_JOIN(u->arena, raw, S("\r\n"));
			u->ambient[u->n_ambient++] =
				(struct field_edit) { now ? FIELD_REPLACE : FIELD_ADD,
				                      now ? undo_index(u, now) : u->header->n, raw };
		} else if (now) {
			u->ambient[u->n_ambient++] = (struct field_edit) { FIELD_REMOVE, undo_index(u, now), S("") };
		}
	}
}

static bool try_content(struct undo *u, slice head, slice content)
{
	if (undo_try_whole(u, "footer-mime-wrap", content)) {
		restore_content_fields(u, head);
		return true;
	}
	return false;
}

/* The octets of one part, without the CRLF of the delimiter that follows. */
static bool undo_wrapped_part(struct undo *u, const struct box *box, size_t k)
{
	slice from = slice_from(u->body, box->delimiter[k]);
	size_t n = slice_find(from, S("\r\n"));
	size_t end = k + 1 < box->n ? box->delimiter[k + 1] : offset_of(u, box->content.at) + box->content.len;
	if (n == SLICE_NONE || box->delimiter[k] + n + 2 > end) {
		return false;
	}
	slice part = slice_between(u->body.at + box->delimiter[k] + n + 2, u->body.at + end);
	size_t head = slice_starts(part, S("\r\n")) ? 2 : slice_find(part, S("\r\n\r\n"));
	if (head == SLICE_NONE) {
		return false;
	}
	head += head == 2 ? 0 : 4;
	slice content = slice_from(part, head);
	if (try_content(u, slice_first(part, head), content)) {
		return true;
	}
	/* message/rfc822: a whole message inside */
	size_t inner = slice_find(content, S("\r\n\r\n"));
	return inner != SLICE_NONE && try_content(u, slice_first(content, inner + 4), slice_from(content, inner + 4));
}

bool undo_wrapped(struct undo *u)
{
	for (size_t i = 0; i < u->parts->n_boxes; i++) {
		const struct box *box = &u->parts->boxes[i];
		for (size_t k = 0; k < box->n; k++) {
			if (undo_wrapped_part(u, box, k)) {
				return true;
			}
		}
	}
	return false;
}

/* ---- preamble and epilogue ---- */

static const char *const preambles[] = {
	"This is a multi-part message in MIME format.",
	"This is a multipart message in MIME format.",
	"This is a MIME-encapsulated message",
	"This is a MIME-encapsulated message.",
	"This is a cryptographically signed message in MIME format.",
	"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",
	"This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)",
	"This is a S/MIME signed message",
	"This is a multi-part message in MIME format",
	"This is a multi-part message in MIME format...",
	"This is a multi-part MIME message",
	("This is a MIME-formatted message.  If you see this text it means that your\r\nE-mail software does not "
	 "support MIME-formatted messages."),
	("This message is in MIME format. Since your mail reader does not understand\r\nthis format, some or all of "
	 "this message may not be legible."),
	("  This message is in MIME format.  The first part should be readable text,\r\n  while the remaining parts "
	 "are "
	 "likely unreadable without MIME-aware tools."),
	"Content-Type: text/plain; charset=us-ascii",
	"--",
	"> This message is in MIME format.",
	"This is a message with multiple parts in MIME format.",
	"This is a multipart message",
	"MIME message",
	"",
};

bool undo_preamble(struct undo *u)
{
	if (u->parts->n_boxes == 0 || u->parts->boxes[0].n == 0) {
		return false;
	}
	const struct box *box = &u->parts->boxes[0];
	size_t len = box->delimiter[0] - offset_of(u, box->content.at);
	slice now = slice_make(u->body.at, len);
	static const slice between[] = { { "\r\n", 2 }, { "\r\n\r\n", 4 }, { "\r\n\r\n\r\n", 6 } };
	static const slice before[] = { { "", 0 }, { "\r\n", 2 } };
	for (size_t i = 0; i < sizeof(preambles) / sizeof(preambles[0]); i++) {
		for (size_t k = 0; k < 6; k++) {
			const char *label = slice_trim_fws(now).len ? "mime-reserialized" : "mime-preamble-removed";
			slice text = ARENA_JOIN(u->arena, before[k / 3], slice_of(preambles[i]), between[k % 3]);
			if (slice_eq(slice_trim_fws(text), slice_trim_fws(now))) {
				label = text.len > len ? "blank-lines-removed" : "blank-lines-added";
			}
			if (text.at && undo_try(u, label, &(struct edit) { 0, len, text }, 1)) {
				return true;
			}
		}
	}
	return len && undo_try(u, slice_trim_fws(now).len ? "mime-reserialized" : "blank-lines-added",
	                       &(struct edit) { 0, len, S("") }, 1);
}

/* ---- another boundary ---- */

/* A line that looks like a delimiter: "--" and a boundary that also closes somewhere. */
static slice find_used_boundary(const struct undo *u)
{
	slice rest = u->body;
	while (rest.len) {
		size_t n = slice_find(rest, S("\r\n"));
		slice line = slice_trim_wsp(slice_first(rest, n));
		if (line.len > 4 && slice_starts(line, S("--")) && !slice_ends_nocase(line, S("--"))) {
			slice close = ARENA_JOIN(u->arena, S("\r\n"), line, S("--"));
			if (close.at && slice_find(u->body, close) != SLICE_NONE) {
				return slice_from(line, 2);
			}
		}
		rest = slice_from(rest, n == SLICE_NONE ? rest.len : n + 2);
	}
	return (slice) { 0 };
}

static bool try_boundary(struct undo *u, slice used, slice wanted)
{
	struct edits e = edits_of(u);
	for (size_t at = 0;;) {
		size_t n = slice_find(slice_from(u->body, at), used);
		if (n == SLICE_NONE) {
			break;
		}
		edits_add(&e, at + n, used.len, wanted);
		at += n + used.len;
	}
	return undo_any(u, "boundary-changed", &e);
}

bool undo_boundary(struct undo *u)
{
	const struct mail_field *type = header_find(u->header, S("Content-Type"), 0);
	slice named = type ? parameter_of(type->value, S("boundary")) : S("");
	slice used = find_used_boundary(u);
	if (named.len && used.len && !slice_eq(named, used) && try_boundary(u, used, named)) {
		return true;
	}
	/* the signer may have copied the field (RFC 6376 3.5, z=) */
	slice rest = u->signature->copied;
	slice name, value;
	while (used.len && rest.len && signature_take_copied(&rest, u->arena, &name, &value)) {
		slice copied = slice_eq_nocase(name, S("Content-Type")) ? parameter_of(value, S("boundary")) : S("");
		if (copied.len && try_boundary(u, used, copied)) {
			return true;
		}
	}
	return false;
}

/* ---- the header of the parts was written anew ---- */

#define PART_FIELDS_MAX 12

enum part_order {
	ORDER_KEPT,
	ORDER_REVERSED,
	ORDER_TYPE_FIRST,
	ORDER_ENCODING_FIRST,
	ORDER_DISPOSITION_FIRST,
	ORDER_N
};
enum part_quotes {
	QUOTES_KEPT,
	QUOTES_ALL,
	QUOTES_NONE,
	QUOTES_SET, /* of charset= alone */
	QUOTES_SET_NONE,
	QUOTES_SET_LOWER, /* and in the other case */
	QUOTES_SET_NONE_LOWER,
	QUOTES_SET_UPPER,
	QUOTES_SET_NONE_UPPER,
	QUOTES_N
};
enum part_folds { FOLDS_KEPT, FOLDS_NONE, FOLDS_TAB, FOLDS_SPACE, FOLDS_TIGHT, FOLDS_N };
enum part_names { NAMES_KEPT, NAMES_USUAL, NAMES_FIRST, NAMES_LOWER, NAMES_N };

struct part_style {
	enum part_order order;
	enum part_quotes quotes;
	enum part_folds folds;
	enum part_names names;
};

struct part_fields {
	slice name[PART_FIELDS_MAX];
	slice value[PART_FIELDS_MAX];
	size_t n;
};

static void split_head(slice head, struct part_fields *ret)
{
	ret->n = 0;
	while (ret->n < PART_FIELDS_MAX && part_take_field(&head, &ret->name[ret->n], &ret->value[ret->n])) {
		ret->n++;
	}
}

static int rank_of(slice name, enum part_order order)
{
	static const slice ranks[3][4] = {
		{ { "content-type", 12 },
		  { "mime-version", 12 },
		  { "content-transfer-encoding", 25 },
		  { "content-disposition", 19 } },
		{ { "content-transfer-encoding", 25 },
		  { "content-type", 12 },
		  { "content-disposition", 19 },
		  { "mime-version", 12 } },
		{ { "content-disposition", 19 },
		  { "content-type", 12 },
		  { "content-transfer-encoding", 25 },
		  { "mime-version", 12 } },
	};
	for (int i = 0; i < 4; i++) {
		if (slice_eq_nocase(name, ranks[order - ORDER_TYPE_FIRST][i])) {
			return i;
		}
	}
	return 4;
}

static size_t nth_field(const struct part_fields *f, size_t i, enum part_order order)
{
	if (order <= ORDER_REVERSED) {
		return order == ORDER_KEPT ? i : f->n - 1 - i;
	}
	for (int rank = 0; rank <= 4; rank++) {
		for (size_t k = 0; k < f->n; k++) {
			if (rank_of(f->name[k], order) == rank && i-- == 0) {
				return k;
			}
		}
	}
	return 0;
}

static void put_name(struct buf *b, slice name, enum part_names style)
{
	for (size_t i = 0; i < name.len; i++) {
		bool first = i == 0 || (name.at[i - 1] == '-' && style == NAMES_USUAL);
		char c = name.at[i];
		buf_put_char(b, style == NAMES_KEPT             ? c
		                : first && style != NAMES_LOWER ? char_upper(c)
		                                                : char_lower(c));
	}
}

static void put_octets(struct buf *b, slice text, enum part_quotes quotes)
{
	bool lower = quotes == QUOTES_SET_LOWER || quotes == QUOTES_SET_NONE_LOWER;
	bool upper = quotes == QUOTES_SET_UPPER || quotes == QUOTES_SET_NONE_UPPER;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		buf_put_char(b, lower ? char_lower(c) : upper ? char_upper(c) : c);
	}
}

static void put_parameter(struct buf *b, slice part, enum part_quotes quotes)
{
	size_t equals = slice_find_char(part, '=');
	slice value = equals == SLICE_NONE ? S("") : slice_from(part, equals + 1);
	bool is_set = slice_eq_nocase(slice_trim_fws(slice_first(part, equals)), S("charset"));
	if (quotes == QUOTES_KEPT || value.len == 0 || (quotes >= QUOTES_SET && !is_set)) {
		buf_put(b, part);
		return;
	}
	if (value.len >= 2 && value.at[0] == '"') {
		value = slice_make(value.at + 1, value.len - 2);
	}
	bool quoted = quotes == QUOTES_ALL || quotes == QUOTES_SET || quotes == QUOTES_SET_LOWER ||
	              quotes == QUOTES_SET_UPPER;
	slice mark = quoted ? S("\"") : S("");
	buf_put(b, slice_first(part, equals + 1));
	buf_put(b, mark);
	put_octets(b, value, quotes);
	buf_put(b, mark);
}

static void put_value(struct buf *b, slice value, const struct part_style *style)
{
	static const char *const folds[] = { "", "; ", ";\r\n\t", ";\r\n ", ";" };
	bool quoted = false;
	size_t start = 0;
	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len && value.at[i] == '"') {
			quoted = !quoted;
		}
		if (i < value.len && (quoted || value.at[i] != ';')) {
			continue;
		}
		slice part = slice_between(value.at + start, value.at + i);
		size_t lead = 0;
		while (start && lead < part.len && char_is(part.at[lead], C_WSP | C_CRLF)) {
			lead++;
		}
		if (start) {
			buf_put(b, style->folds == FOLDS_KEPT ? S(";") : slice_of(folds[style->folds]));
		}
		if (style->folds == FOLDS_KEPT) {
			buf_put(b, slice_first(part, lead));
		}
		part = slice_from(part, lead);
		if (start) {
			put_parameter(b, part, style->quotes);
		} else {
			buf_put(b, part);
		}
		start = i + 1;
	}
}

static slice write_head(struct undo *u, slice head, const struct part_style *style)
{
	struct part_fields fields;
	struct buf b;
	split_head(head, &fields);
	buf_init_arena(&b, u->arena, head.len * 3 + 256);
	for (size_t i = 0; i < fields.n; i++) {
		size_t k = nth_field(&fields, i, style->order);
		put_name(&b, fields.name[k], style->names);
		buf_put(&b, S(": "));
		put_value(&b, fields.value[k], style);
		buf_put(&b, S("\r\n"));
	}
	buf_put(&b, S("\r\n"));
	return buf_ok(&b) ? buf_slice(&b) : head;
}

static bool try_part_style(struct undo *u, const struct part_style *style)
{
	struct arena_mark mark = arena_mark(u->arena);
	struct edits e = edits_of(u);
	for (size_t i = 0; i < u->parts->n_heads; i++) {
		slice head = u->parts->heads[i];
		if (head.len > 2) {
			edits_add(&e, offset_of(u, head.at), head.len, write_head(u, head, style));
		}
	}
	unsigned effort = u->effort;
	u->effort = 0;
	bool found = undo_any(u, "mime-reserialized", &e);
	for (size_t i = 0; effort && !found && e.n > 1 && i < e.n; i++) {
		found = undo_try(u, "mime-reserialized", e.at + i, 1);
	}
	u->effort = effort;
	if (!found) {
		arena_rewind(u->arena, mark);
	}
	return found;
}

/* A field that says what is so anyway was put into the parts, or left out of them. */
static bool undo_part_field(struct undo *u, slice line)
{
	struct edits below = edits_of(u), above = edits_of(u), gone = edits_of(u);
	slice name = slice_first(line, slice_find_char(line, ':'));
	for (size_t i = 0; i < u->parts->n_heads; i++) {
		slice head = u->parts->heads[i];
		size_t at = offset_of(u, head.at);
		size_t n = slice_find_nocase(head, line);
		bool multipart = slice_starts_nocase(part_field(head, S("Content-Type")), S("multipart/"));
		if (n != SLICE_NONE && (n == 0 || head.at[n - 1] == '\n')) {
			edits_add(&gone, at + n, line.len, S(""));
		} else if (head.len > 2 && !multipart && !part_field(head, name).at) {
			edits_add(&above, at, 0, line);
			edits_add(&below, at + head.len - 2, 0, line);
		}
	}
	return undo_any(u, "mime-reserialized", &gone) || undo_any(u, "mime-reserialized", &below) ||
	       undo_any(u, "mime-reserialized", &above);
}

bool undo_part_headers(struct undo *u)
{
	if (u->parts->n_boxes == 0) {
		return false;
	}
	static const char *const lines[] = { "Content-Transfer-Encoding: 7bit\r\n",
		                             "Content-Transfer-Encoding: 8bit\r\n", "MIME-Version: 1.0\r\n",
		                             "Content-Disposition: inline\r\n" };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (undo_part_field(u, slice_of(lines[i]))) {
			return true;
		}
	}
	for (unsigned i = 1; i < (unsigned)(ORDER_N * QUOTES_N * FOLDS_N * NAMES_N) && u->octets_left; i++) {
		struct part_style style = { .order = (enum part_order)(i % ORDER_N),
			                    .quotes = (enum part_quotes)(i / ORDER_N % QUOTES_N),
			                    .folds = (enum part_folds)(i / ORDER_N / QUOTES_N % FOLDS_N),
			                    .names = (enum part_names)(i / ORDER_N / QUOTES_N / FOLDS_N) };
		int changes = (style.order != ORDER_KEPT) + (style.quotes != QUOTES_KEPT) +
		              (style.folds != FOLDS_KEPT) + (style.names != NAMES_KEPT);
		bool worth = changes == 1 || (u->effort && style.quotes < QUOTES_SET);
		if (worth && try_part_style(u, &style)) {
			return true;
		}
	}
	return false;
}
