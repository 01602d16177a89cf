/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include "../base/chars.h"

/* One line of a body. */
struct line {
	size_t at; /* offset of its first octet */
	size_t len; /* without the line end */
	slice text;
};

/* The next line of u->body from `*at`; false at the end. */
static bool next_line(const struct undo *u, size_t *at, struct line *ret)
{
	if (*at >= u->body.len) {
		return false;
	}
	slice rest = slice_from(u->body, *at);
	size_t n = slice_find(rest, S("\r\n"));
	ret->at = *at;
	ret->len = n == SLICE_NONE ? rest.len : n;
	ret->text = slice_first(rest, ret->len);
	*at += ret->len + (n == SLICE_NONE ? 0 : 2);
	return true;
}

static bool is_blank(slice s)
{
	return slice_trim_wsp(s).len == 0;
}

static size_t wsp_at_end(slice s)
{
	size_t n = 0;
	while (n < s.len && char_is(s.at[s.len - 1 - n], C_WSP)) {
		n++;
	}
	return n;
}

/* ---- single octets ---- */

static bool undo_every(struct undo *u, const char *label, slice octets)
{
	struct edits e = edits_of(u);
	for (size_t at = 0;;) {
		size_t n = slice_find(slice_from(u->body, at), octets);
		if (n == SLICE_NONE) {
			return undo_any(u, label, &e);
		}
		edits_add(&e, at + n, octets.len, S(""));
		at += n + octets.len;
	}
}

/* A CR that ends no line. */
static bool undo_bare_cr(struct undo *u)
{
	struct edits e = edits_of(u);
	struct edits as_lines = edits_of(u);
	for (size_t at = 0;;) {
		size_t n = slice_find_char(slice_from(u->body, at), '\r');
		if (n == SLICE_NONE) {
			break;
		}
		at += n + 1;
		if (!slice_starts(slice_from(u->body, at), S("\n"))) {
			edits_add(&e, at - 1, 1, S(""));
			edits_add(&as_lines, at - 1, 1, S("\r\n"));
		}
	}
	return undo_any(u, "bare-cr-inserted", &e) || (u->effort == 0 && undo_any(u, "bare-cr-inserted", &as_lines));
}

#define BOM "\xef\xbb\xbf"

/* Under an encoding the mark moves all that follows. */
static bool undo_encoded_bom(struct undo *u)
{
	for (size_t i = 0; u->effort == 0 && i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		if (leaf->encoding != ENCODING_NONE && leaf->exact && slice_starts(leaf->text, S(BOM))) {
			struct edit edit = leaf_edit(u, leaf, slice_from(leaf->text, sizeof(BOM) - 1));
			if (undo_try(u, "bom-inserted", &edit, 1)) {
				return true;
			}
		}
	}
	return false;
}

bool undo_octets(struct undo *u)
{
	return undo_every(u, "nul-inserted", S("\0")) || undo_every(u, "bom-inserted", S(BOM)) ||
	       undo_every(u, "bom-inserted", S("=EF=BB=BF")) || undo_encoded_bom(u) || undo_bare_cr(u);
}

/* ---- escapes at the start of a line ---- */

static bool is_escaped_from(slice line)
{
	size_t n = 0;
	while (n < line.len && line.at[n] == '>') {
		n++;
	}
	return n && slice_starts(slice_from(line, n), S("From "));
}

bool undo_escapes(struct undo *u)
{
	struct edits dots = edits_of(u), froms = edits_of(u), ones = edits_of(u), encoded = edits_of(u);
	struct edits blanks = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		if (slice_starts(line.text, S(".."))) {
			edits_add(&dots, line.at, 1, S(""));
		}
		if (is_escaped_from(line.text)) {
			edits_add(&froms, line.at, 1, S(""));
		}
		if (slice_starts(line.text, S(">From "))) {
			edits_add(&ones, line.at, 1, S(""));
		}
		if (slice_starts(line.text, S(" From "))) {
			edits_add(&blanks, line.at, 1, S(""));
		}
		if (slice_starts(line.text, S("=46rom "))) {
			edits_add(&encoded, line.at, 3, S("F"));
		}
	}
	return undo_any(u, "dot-stuffing-left", &dots) || undo_any(u, "mbox-from-escaped", &froms) ||
	       (ones.n != froms.n && undo_any(u, "mbox-from-escaped", &ones)) ||
	       undo_any(u, "mbox-from-escaped", &encoded) || undo_any(u, "mbox-from-escaped", &blanks);
}

bool undo_dots_lost(struct undo *u)
{
	struct edits dotted = edits_of(u), every = edits_of(u), empty = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		if (line.len && line.text.at[0] == '.') {
			edits_add(&dotted, line.at, 0, S("."));
		}
		if (line.len == 0) {
			edits_add(&empty, line.at, 0, S("."));
		}
		edits_add(&every, line.at, 0, S("."));
	}
	if (undo_any(u, "dot-lost", &dotted) || undo_any(u, "dot-lost", &empty)) {
		return true;
	}
	/* Lines that began with two dots and lines that began with one and a word (".profile"): both lost one. */
	for (size_t i = 0; u->effort == 1 && dotted.n && i < every.n && u->octets_left; i++) {
		struct arena_mark mark = arena_mark(u->arena);
		struct edits both = edits_of(u);
		for (size_t k = 0; k < dotted.n; k++) {
			if (k == 0 || dotted.at[k - 1].at < every.at[i].at) {
				if (every.at[i].at < dotted.at[k].at &&
				    (k == 0 || every.at[i].at > dotted.at[k - 1].at)) {
					edits_add(&both, every.at[i].at, 0, S("."));
				}
			}
			edits_add(&both, dotted.at[k].at, 0, S("."));
		}
		if (every.at[i].at > dotted.at[dotted.n - 1].at) {
			edits_add(&both, every.at[i].at, 0, S("."));
		}
		if (undo_try(u, "dot-lost", both.at, both.n)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return u->effort > 0 && undo_any(u, "dot-lost", &every);
}

/* ---- blanks ---- */

static bool undo_trailing_added(struct undo *u)
{
	struct edits one = edits_of(u), all = edits_of(u), filled = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		size_t n = wsp_at_end(line.text);
		if (n == 0) {
			continue;
		}
		size_t end = line.at + line.len;
		edits_add(&one, end - 1, 1, S(""));
		bool dashes = slice_eq(line.text, S("-- ")); /* RFC 3676 4.3: the blank is the author's */
		if (!dashes) {
			edits_add(&all, end - n, n, S(""));
		}
		if (n < line.len) {
			edits_add(&filled, end - n, n, S(""));
		}
	}
	return undo_any(u, "trailing-space-added", &one) || undo_any(u, "trailing-space-added", &all) ||
	       undo_any(u, "trailing-space-added", &filled);
}

/* Blanks up to a tab stop as an editor's "unexpand" sees them: `every` includes single blanks. */
static void unexpand(struct edits *e, const struct line *line, size_t stop, bool every)
{
	size_t column = 0;
	size_t run = 0;
	for (size_t i = 0; i < line->len; i++) {
		char c = line->text.at[i];
		column++;
		run = c == ' ' ? run + 1 : 0;
		if (column % stop == 0) {
			if (run > (every ? 0 : 1)) {
				edits_add(e, line->at + i + 1 - run, run, S("\t"));
			}
			run = 0;
		}
	}
}

/* Each group of `width` blanks. */
static void ungroup(struct edits *e, const struct line *line, size_t width)
{
	size_t run = 0;
	for (size_t i = 0; i < line->len; i++) {
		run = line->text.at[i] == ' ' ? run + 1 : 0;
		if (run == width) {
			edits_add(e, line->at + i + 1 - width, width, S("\t"));
			run = 0;
		}
	}
}

static bool undo_expanded_tabs(struct undo *u)
{
	static const size_t stops[] = { 8, 4, 2 };
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		struct edits tabs = edits_of(u), wide = edits_of(u), groups = edits_of(u), leading = edits_of(u);
		struct line line;
		for (size_t at = 0; next_line(u, &at, &line);) {
			unexpand(&tabs, &line, stops[i], true);
			unexpand(&wide, &line, stops[i], false);
			ungroup(&groups, &line, stops[i]);
			if (line.len > stops[i] && is_blank(slice_first(line.text, stops[i])) &&
			    line.text.at[0] == ' ') {
				edits_add(&leading, line.at, stops[i], S("\t"));
			}
		}
		if (undo_any(u, "tabs-to-spaces", &groups) || undo_any(u, "tabs-to-spaces", &leading) ||
		    undo_any(u, "tabs-to-spaces", &wide) || undo_any(u, "tabs-to-spaces", &tabs)) {
			return true;
		}
	}
	return false;
}

/* One blank for each tab: the line begins with it, or stands in columns. */
static bool undo_single_tabs(struct undo *u)
{
	struct edits leading = edits_of(u), table = edits_of(u), every = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		bool indented = line.len > 1 && line.text.at[0] == ' ' && line.text.at[1] != ' ';
		for (size_t i = 0; i < line.len; i++) {
			if (line.text.at[i] != ' ') {
				continue;
			}
			if (i == 0) {
				edits_add(&leading, line.at, 1, S("\t"));
			}
			if (indented && (i == 0 || line.text.at[i - 1] != ' ')) {
				edits_add(&table, line.at + i, 1, S("\t"));
			}
			edits_add(&every, line.at + i, 1, S("\t"));
		}
	}
	return undo_any(u, "tabs-to-spaces", &leading) || undo_any(u, "tabs-to-spaces", &table) ||
	       (every.n < 2000 && undo_any(u, "tabs-to-spaces", &every));
}

#define BLOCKS_MAX 10
#define TABLES_BODY_MAX 8192 /* a thousand trials of this are about 10 ms */

/* Tables between text: every choice of the blocks (blank lines divide them) whose blanks all were tabs; elsewhere only
 * those at the start of lines. */
static bool undo_tables(struct undo *u)
{
	for (uint32_t bits = 1; bits < (uint32_t)1 << BLOCKS_MAX && u->octets_left; bits++) {
		struct arena_mark mark = arena_mark(u->arena);
		struct edits e = edits_of(u);
		struct line line;
		unsigned block = 0;
		for (size_t at = 0; next_line(u, &at, &line);) {
			block += is_blank(line.text);
			bool table = block < BLOCKS_MAX && bits >> block & 1;
			for (size_t i = 0; i < (table || !line.len ? line.len : 1); i++) {
				if (line.text.at[i] == ' ') {
					edits_add(&e, line.at + i, 1, S("\t"));
				}
			}
		}
		if (block < BLOCKS_MAX && bits >> (block + 1)) {
			return false;
		}
		if (e.n && undo_try(u, "tabs-to-spaces", e.at, e.n)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

bool undo_spaces_added(struct undo *u)
{
	if (u->effort == 2 && !u->signature->body_relaxed && u->body.len < TABLES_BODY_MAX && undo_tables(u)) {
		return true;
	}
	return undo_trailing_added(u) || undo_expanded_tabs(u) || undo_single_tabs(u);
}

static bool ends_flowed(const struct line *line, const struct undo *u)
{
	/* RFC 3676 4.1: a line of a paragraph that goes on ends with a blank */
	struct line next;
	size_t at = line->at + line->len + 2;
	return line->len && next_line(u, &at, &next) && next.len && next.text.at[0] != '>' &&
	       line->text.at[line->len - 1] != ' ';
}

static bool undo_trailing_lost(struct undo *u)
{
	struct edits dashes = edits_of(u), flowed = edits_of(u), every = edits_of(u), tabs = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		size_t end = line.at + line.len;
		if (slice_eq(line.text, S("--"))) {
			edits_add(&dashes, end, 0, S(" "));
		}
		if (ends_flowed(&line, u)) {
			edits_add(&flowed, end, 0, S(" "));
		}
		edits_add(&every, end, 0, S(" "));
		edits_add(&tabs, end, 0, S("\t"));
	}
	return undo_any(u, "trailing-space-removed", &dashes) || undo_any(u, "trailing-space-removed", &flowed) ||
	       undo_any(u, "trailing-space-removed", &every) ||
	       (u->effort == 1 && undo_any(u, "trailing-space-removed", &tabs));
}

static bool undo_leading_lost(struct undo *u)
{
	struct edits stuffed = edits_of(u), every = edits_of(u), tabs = edits_of(u), two = edits_of(u),
		     four = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		if (line.len == 0) {
			continue;
		}
		/* RFC 3676 4.4: space-stuffing */
		if (line.text.at[0] == ' ' || line.text.at[0] == '>' || slice_starts(line.text, S("From "))) {
			edits_add(&stuffed, line.at, 0, S(" "));
		}
		edits_add(&every, line.at, 0, S(" "));
		edits_add(&tabs, line.at, 0, S("\t"));
		edits_add(&two, line.at, 0, S("  "));
		edits_add(&four, line.at, 0, S("    "));
	}
	return undo_any(u, "leading-space-removed", &stuffed) || undo_any(u, "leading-space-removed", &every) ||
	       undo_any(u, "leading-space-removed", &tabs) || undo_any(u, "leading-space-removed", &two) ||
	       undo_any(u, "leading-space-removed", &four);
}

static bool undo_collapsed(struct undo *u)
{
	struct edits sentences = edits_of(u), every = edits_of(u), tabs = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		for (size_t i = 1; i + 1 < line.len; i++) {
			if (line.text.at[i] != ' ') {
				continue;
			}
			char before = line.text.at[i - 1];
			if (before == '.' || before == '!' || before == '?' || before == ':') {
				edits_add(&sentences, line.at + i, 0, S(" "));
			}
			edits_add(&every, line.at + i, 0, S(" "));
			edits_add(&tabs, line.at + i, 1, S("\t"));
		}
	}
	return undo_any(u, "whitespace-collapsed", &sentences) ||
	       (u->effort > 0 && every.n < 20000 &&
	        (undo_any(u, "whitespace-collapsed", &every) || undo_any(u, "whitespace-collapsed", &tabs)));
}

bool undo_spaces_lost(struct undo *u)
{
	return undo_trailing_lost(u) || undo_leading_lost(u) || undo_collapsed(u);
}

/* ---- blank lines ---- */

/* Between lines of base64 no author puts a blank line. */
static bool undo_lines_in_base64(struct undo *u)
{
	struct edits e = edits_of(u);
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		for (size_t at = 0; leaf->encoding == ENCODING_BASE64;) {
			size_t n = slice_find(slice_from(leaf->raw, at), S("\r\n\r\n"));
			if (n == SLICE_NONE) {
				break;
			}
			edits_add(&e, offset_of(u, leaf->raw.at) + at + n, 2, S(""));
			at += n + 2;
		}
	}
	return undo_any(u, "blank-lines-added", &e);
}

/* RFC 2046 5.1.1: the line end before a delimiter belongs to it; some who write parts anew add one more. */
static bool undo_lines_before_delimiters(struct undo *u)
{
	struct edits e = edits_of(u);
	for (size_t i = 0; u->parts->n_boxes == 1 && i < u->parts->boxes[0].n; i++) {
		size_t at = u->parts->boxes[0].delimiter[i];
		if (at >= 4 && slice_starts(slice_from(u->body, at - 4), S("\r\n\r\n"))) {
			edits_add(&e, at - 2, 2, S(""));
		}
	}
	return undo_any(u, "blank-lines-added", &e);
}

static bool undo_lines_added(struct undo *u)
{
	struct edits every = edits_of(u), doubled = edits_of(u), repeated = edits_of(u);
	struct line line;
	bool kept = false; /* double spacing: the blank line after each line goes */
	bool after_blank = false;
	for (size_t at = 0; next_line(u, &at, &line);) {
		size_t len = line.len + 2 <= u->body.len - line.at ? line.len + 2 : line.len;
		bool blank = is_blank(line.text);
		if (blank) {
			edits_add(&every, line.at, len, S(""));
		}
		if (blank && kept) {
			edits_add(&doubled, line.at, len, S(""));
			kept = false;
		} else {
			kept = true;
		}
		if (blank && after_blank) {
			edits_add(&repeated, line.at, len, S(""));
		}
		after_blank = blank;
	}
	return undo_lines_in_base64(u) || undo_lines_before_delimiters(u) || undo_any(u, "blank-lines-added", &every) ||
	       undo_any(u, "blank-lines-added", &doubled) || undo_any(u, "blank-lines-added", &repeated);
}

static bool undo_lines_lost(struct undo *u)
{
	struct edits every = edits_of(u), again = edits_of(u), sentences = edits_of(u);
	struct line line;
	for (size_t at = 0; next_line(u, &at, &line);) {
		bool end = line.len && slice_find_char(S(".!?:,;"), line.text.at[line.len - 1]) != SLICE_NONE;
		edits_add(&every, line.at, 0, S("\r\n"));
		if (is_blank(line.text)) {
			edits_add(&again, line.at, 0, S("\r\n"));
		}
		if (end && at < u->body.len) {
			edits_add(&sentences, at, 0, S("\r\n"));
		}
	}
	return undo_any(u, "blank-lines-removed", &again) || undo_any(u, "blank-lines-removed", &sentences) ||
	       undo_any(u, "blank-lines-removed", &every);
}

bool undo_blank_lines(struct undo *u)
{
	return undo_lines_added(u) || undo_lines_lost(u);
}
