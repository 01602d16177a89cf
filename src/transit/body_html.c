/* SPDX-License-Identifier: Apache-2.0 */
/* HTML that somebody put into a part: a run of octets between two places where markup ends or begins. */
#include "body.h"

#include "../base/chars.h"

#define PLACES_MAX 400

struct places {
	size_t at[PLACES_MAX];
	size_t n;
};

/* Where a run may begin or end: before "<", after ">", after a line end. */
static bool is_place(slice text, size_t i)
{
	return i == 0 || i == text.len || text.at[i] == '<' || text.at[i - 1] == '>' || text.at[i - 1] == '\n';
}

static void find_places(slice text, struct places *ret)
{
	ret->n = 0;
	for (size_t i = 0; i <= text.len && ret->n < PLACES_MAX; i++) {
		if (is_place(text, i)) {
			ret->at[ret->n++] = i;
		}
	}
}

static bool try_run(struct undo *u, const struct leaf *leaf, const char *label, const struct edit *before, size_t from,
                    size_t to)
{
	struct arena_mark mark = arena_mark(u->arena);
	slice removed = slice_between(leaf->text.at + from, leaf->text.at + to);
	slice text = ARENA_JOIN(u->arena, slice_first(leaf->text, from), slice_from(leaf->text, to));
	struct edit edits[2] = { before ? *before : (struct edit){ 0 }, leaf_edit(u, leaf, text) };
	if (!label) {
		slice rest = slice_trim_fws(slice_from(leaf->text, to));
		bool last = rest.len == 0 || slice_starts_nocase(rest, S("</body")) ||
		            slice_starts_nocase(rest, S("</html"));
		bool white = slice_trim_fws(removed).len == 0;
		label = last || white ? footer_label(removed, true) : "html-injected";
	}
	if (before ? undo_try(u, label, edits, 2) : undo_try(u, label, edits + 1, 1)) {
		return true;
	}
	arena_rewind(u->arena, mark);
	return false;
}

/* Runs that end at `to`, the shortest first. */
static bool try_runs_before(struct undo *u, const struct leaf *leaf, const char *label, const struct edit *before,
                            size_t to, size_t most)
{
	for (size_t i = to; i-- > 0 && most && u->octets_left;) {
		if (is_place(leaf->text, i)) {
			most--;
			if (try_run(u, leaf, label, before, i, to)) {
				return true;
			}
		}
	}
	return false;
}

/* Runs that begin at `from`. */
static bool try_runs_after(struct undo *u, const struct leaf *leaf, const char *label, const struct edit *before,
                           size_t from, size_t most)
{
	for (size_t i = from + 1; i <= leaf->text.len && most && u->octets_left; i++) {
		if (is_place(leaf->text, i)) {
			most--;
			if (try_run(u, leaf, label, before, from, i)) {
				return true;
			}
		}
	}
	return false;
}

/* Just past the ">" of the first `tag`, or SLICE_NONE. */
static size_t end_of_tag(slice text, slice tag)
{
	size_t at = slice_find_nocase(text, tag);
	size_t n = at == SLICE_NONE ? SLICE_NONE : slice_find_char(slice_from(text, at), '>');
	return n == SLICE_NONE ? SLICE_NONE : at + n + 1;
}

static size_t last_nocase(slice text, slice needle)
{
	size_t found = SLICE_NONE;
	for (size_t at = 0;;) {
		size_t n = slice_find_nocase(slice_from(text, at), needle);
		if (n == SLICE_NONE) {
			return found;
		}
		found = at + n;
		at = found + needle.len;
	}
}

bool undo_html_with(struct undo *u, const struct leaf *leaf, const char *label, const struct edit *before)
{
	static const slice ends[] = { { "</body", 6 }, { "</html", 6 } };
	for (size_t i = 0; i < 2; i++) {
		size_t at = last_nocase(leaf->text, ends[i]);
		if (at != SLICE_NONE && try_runs_before(u, leaf, label, before, at, 24)) {
			return true;
		}
	}
	return try_runs_before(u, leaf, label, before, leaf->text.len, 24);
}

bool undo_html_top_with(struct undo *u, const struct leaf *leaf, const char *label, const struct edit *before)
{
	size_t body = end_of_tag(leaf->text, S("<body"));
	return try_runs_after(u, leaf, label, before, body == SLICE_NONE ? 0 : body, 16);
}

static bool undo_leaf_html(struct undo *u, const struct leaf *leaf)
{
	size_t most = u->effort ? 150 : 40;
	if (undo_html_with(u, leaf, NULL, NULL)) {
		return true;
	}
	static const slice starts[] = {
		{ "<body", 5 }, { "<html", 5 }, { "<head", 5 }, { "</head", 6 }, { "<!doctype", 9 }
	};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t at = end_of_tag(leaf->text, starts[i]);
		bool ends_line = at != SLICE_NONE && slice_starts(slice_from(leaf->text, at), S("\r\n"));
		if (at != SLICE_NONE && (try_runs_after(u, leaf, NULL, NULL, at, most) ||
		                         (ends_line && try_runs_after(u, leaf, NULL, NULL, at + 2, most)))) {
			return true;
		}
	}
	size_t head = slice_find_nocase(leaf->text, S("</head"));
	if (head != SLICE_NONE && try_runs_before(u, leaf, NULL, NULL, head, most)) {
		return true;
	}
	return try_runs_after(u, leaf, NULL, NULL, 0, most);
}

/* Every run between two places. */
static bool undo_any_run(struct undo *u, const struct leaf *leaf)
{
	struct places p;
	find_places(leaf->text, &p);
	uint64_t share = u->octets_left / 3;
	uint64_t rest = u->octets_left - share;
	u->octets_left = share;
	bool found = false;
	for (size_t len = 1; len < p.n && u->octets_left && !found; len++) {
		for (size_t i = 0; i + len < p.n && !found; i++) {
			found = try_run(u, leaf, NULL, NULL, p.at[i], p.at[i + len]);
		}
	}
	u->octets_left += rest;
	return found;
}

bool undo_html_injected(struct undo *u)
{
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		if (leaf->is_html && leaf->exact && leaf->text.at &&
		    (u->effort < 2 ? undo_leaf_html(u, leaf) : undo_any_run(u, leaf))) {
			return true;
		}
		/* put in without regard to the encoding: the octets as they stand */
		struct leaf as_text = *leaf;
		as_text.codec = (struct codec){ .encoding = ENCODING_NONE };
		as_text.text = leaf->raw;
		if (u->effort == 1 && leaf->is_html && leaf->encoding == ENCODING_QP && undo_leaf_html(u, &as_text)) {
			return true;
		}
		as_text.text = leaf->text;
		if (u->effort == 1 && leaf->is_html && leaf->text.at && leaf->encoding != ENCODING_NONE &&
		    undo_leaf_html(u, &as_text)) {
			return true;
		}
	}
	return false;
}
