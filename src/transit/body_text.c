/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include "../base/chars.h"
#include "../dkim/canon.h"

#define CUTS_MAX 80 /* lines of a footer or of a disclaimer */

static bool is_white(slice s)
{
	return slice_trim_fws(s).len == 0;
}

/* Does HTML show something to its reader: text outside tags, style and script? */
static bool shows_text(slice html)
{
	bool tag = false;
	for (size_t i = 0; i < html.len; i++) {
		slice rest = slice_from(html, i);
		slice close = slice_starts_nocase(rest, S("<style"))    ? S("</style")
		              : slice_starts_nocase(rest, S("<script")) ? S("</script")
		              : slice_starts_nocase(rest, S("<title"))  ? S("</title")
		              : slice_starts(rest, S("<!--"))           ? S("--")
		                                                        : S("");
		if (close.len) {
			size_t n = slice_find_nocase(slice_from(rest, 4), close);
			if (n == SLICE_NONE) {
				return false;
			}
			i += 4 + n;
			tag = true;
			continue;
		}
		if (html.at[i] == '<') {
			tag = true;
		} else if (html.at[i] == '>') {
			tag = false;
		} else if (!tag && !char_is(html.at[i], C_WSP | C_CRLF)) {
			return true;
		}
	}
	return false;
}

const char *footer_label(slice removed, bool html)
{
	if (is_white(removed)) {
		return "blank-lines-added";
	}
	if (html) {
		return shows_text(removed) ? "footer-html" : "html-injected";
	}
	return "footer-text";
}

/* ---- the whole body: every start of it ---- */

struct sink {
	struct digest *digest;
};

static void put_digest(void *data, slice run)
{
	digest_add(((struct sink *)data)->digest, run);
}

/* Does the body end here?  The stream so far is copied, so that all ends together cost one pass. */
static bool ends_here(const struct undo *u, const struct canon_body *canon, struct digest *so_far)
{
	struct sink sink = { digest_copy(so_far) };
	if (!sink.digest) {
		return false;
	}
	struct canon_body copy = *canon;
	copy.data = &sink;
	canon_body_end(&copy);
	uint8_t hash[DIGEST_OCTETS];
	return digest_end(sink.digest, hash) &&
	       slice_eq(slice_make((char *)hash, sizeof(hash)), u->signature->body_hash);
}

/* The end of the shortest start of the body that has the signed hash (line ends only), or SLICE_NONE. */
static size_t find_end(struct undo *u)
{
	struct sink sink = { digest_new(u->engine) };
	if (!sink.digest) {
		return SLICE_NONE;
	}
	struct canon_body canon;
	canon_body_init(&canon, u->signature->body_relaxed, put_digest, &sink);
	size_t at = 0;
	size_t found = ends_here(u, &canon, sink.digest) ? 0 : SLICE_NONE;
	while (found == SLICE_NONE && at < u->body.len) {
		size_t n = slice_find(slice_from(u->body, at), S("\r\n"));
		size_t end = n == SLICE_NONE ? u->body.len : at + n + 2;
		canon_body_feed(&canon, slice_between(u->body.at + at, u->body.at + end));
		bool blank = is_white(slice_between(u->body.at + at, u->body.at + end));
		at = end;
		if (!blank && !undo_spend(u, 0)) {
			break;
		}
		if (!blank && ends_here(u, &canon, sink.digest)) {
			found = at;
		}
	}
	digest_drop(sink.digest);
	return found;
}

static const char *label_behind(const struct undo *u, size_t end)
{
	slice removed = slice_from(u->body, end);
	const struct parts *p = u->parts;
	if (end == 0) {
		return "signer-bh-wrong"; /* nothing at all was hashed */
	}
	if (p->n_boxes && !is_white(removed)) {
		return p->boxes[0].closed && end >= p->boxes[0].delimiter[p->boxes[0].n - 1] ? "epilogue-added"
		                                                                             : "footer-text";
	}
	return footer_label(removed, p->n_leaves && p->leaves[0].is_html);
}

bool undo_text_behind(struct undo *u)
{
	if (u->signature->has_length || u->body.len == 0) {
		return false; /* what stands behind l= breaks nothing */
	}
	size_t end = find_end(u);
	if (end == SLICE_NONE) {
		return false;
	}
	const char *label = label_behind(u, end);
	return undo_try(u, label, &(struct edit){ end, u->body.len - end, S("") }, 1);
}

bool undo_text_in_front(struct undo *u)
{
	size_t at = 0;
	for (size_t i = 0; i < CUTS_MAX && at < u->body.len; i++) {
		size_t n = slice_find(slice_from(u->body, at), S("\r\n"));
		if (n == SLICE_NONE) {
			break;
		}
		at += n + 2;
		slice removed = slice_first(u->body, at);
		const struct parts *p = u->parts;
		const char *label = is_white(removed)                     ? "blank-lines-added"
		                    : p->n_leaves && p->leaves[0].is_html ? "html-injected"
		                                                          : "disclaimer-top";
		if (undo_try(u, label, &(struct edit){ 0, at, S("") }, 1)) {
			return true;
		}
	}
	return false;
}

/* ---- one part, or text under an encoding ---- */

/* Where the text of a leaf may have been cut: line starts from the end (or from the top). */
struct cuts {
	size_t at[CUTS_MAX];
	size_t n;
};

static bool looks_like_separator(slice rest)
{
	static const slice marks[] = { { "__", 2 }, { "--", 2 }, { "**", 2 },   { "==", 2 },
		                       { "~~", 2 }, { "##", 2 }, { "\r\n", 2 }, { "\n", 1 } };
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (slice_starts(rest, marks[i])) {
			return true;
		}
	}
	return false;
}

static void find_cuts_behind(slice text, bool separators, struct cuts *ret)
{
	ret->n = 0;
	size_t lines = 0;
	for (size_t i = text.len; i-- > 1 && ret->n < CUTS_MAX && lines < 2 * CUTS_MAX;) {
		if (text.at[i - 1] != '\n') {
			continue;
		}
		lines++;
		if (!separators || lines <= 2 || looks_like_separator(slice_from(text, i))) {
			ret->at[ret->n++] = i;
		}
	}
}

/* The text cut at `cut`, with its last line end (i == 0), without it (1), without all line ends at the end (2). */
static slice cut_behind(slice text, size_t cut, size_t i)
{
	slice s = slice_first(text, cut);
	if (i && s.len && s.at[s.len - 1] == '\n') {
		s.len--;
		s.len -= s.len && s.at[s.len - 1] == '\r';
	}
	while (i == 2 && s.len && char_is(s.at[s.len - 1], C_CRLF)) {
		s.len--;
	}
	return s;
}

static bool undo_leaf_footer(struct undo *u, const struct leaf *leaf, bool separators)
{
	struct cuts cuts;
	find_cuts_behind(leaf->text, separators, &cuts);
	for (size_t i = 0; i < cuts.n && u->octets_left; i++) {
		struct arena_mark mark = arena_mark(u->arena);
		for (size_t k = 0; k < 3; k++) {
			const char *label = footer_label(slice_from(leaf->text, cuts.at[i]), leaf->is_html);
			struct edit edit = leaf_edit(u, leaf, cut_behind(leaf->text, cuts.at[i], k));
			if (undo_try(u, label, &edit, 1)) {
				return true;
			}
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

/* A gateway that adds text may encode the part anew: the original lies under another encoding. */
static bool undo_recoded_footer(struct undo *u, const struct leaf *leaf)
{
	if (leaf->encoding == ENCODING_NONE || !leaf->text.at) {
		return false;
	}
	struct leaf as_text = *leaf;
	as_text.codec = (struct codec){ .encoding = ENCODING_NONE };
	return undo_leaf_footer(u, &as_text, true);
}

/* The places in HTML where a footer may begin, and the ends it may have. */
static bool undo_footer_of_two(struct undo *u, const struct leaf *plain, const struct leaf *html)
{
	struct cuts cuts;
	find_cuts_behind(plain->text, u->effort == 0, &cuts);
	size_t most = u->effort ? 24 : 4;
	most = cuts.n < most ? cuts.n : most;
	for (size_t i = 0; i < most && u->octets_left; i++) {
		for (size_t k = 0; k < 2; k++) {
			struct arena_mark mark = arena_mark(u->arena);
			struct edit edit = leaf_edit(u, plain, cut_behind(plain->text, cuts.at[i], k));
			if (undo_html_with(u, html, "footer-text", &edit)) {
				return true;
			}
			arena_rewind(u->arena, mark);
		}
	}
	return false;
}

static const struct leaf *find_leaf(const struct parts *p, bool html)
{
	for (size_t i = 0; i < p->n_leaves; i++) {
		const struct leaf *leaf = &p->leaves[i];
		if (leaf->exact && leaf->text.at && (html ? leaf->is_html : leaf->is_plain)) {
			return leaf;
		}
	}
	return NULL;
}

bool undo_part_footer(struct undo *u)
{
	const struct parts *p = u->parts;
	const struct leaf *plain = find_leaf(p, false), *html = find_leaf(p, true);
	if (u->effort != 1 && plain && html && plain < html && undo_footer_of_two(u, plain, html)) {
		return true;
	}
	if (u->effort == 2) {
		return false;
	}
	for (size_t i = 0; i < p->n_leaves; i++) {
		const struct leaf *leaf = &p->leaves[i];
		if (!leaf->text.at || !(leaf->is_plain || leaf->is_html)) {
			continue;
		}
		if ((leaf->exact && undo_leaf_footer(u, leaf, u->effort == 0)) || undo_recoded_footer(u, leaf)) {
			return true;
		}
	}
	return false;
}

static bool undo_leaf_disclaimer(struct undo *u, const struct leaf *leaf)
{
	size_t at = 0;
	for (size_t i = 0; i < CUTS_MAX / 2 && u->octets_left; i++) {
		size_t n = slice_find_char(slice_from(leaf->text, at), '\n');
		if (n == SLICE_NONE) {
			break;
		}
		at += n + 1;
		struct arena_mark mark = arena_mark(u->arena);
		const char *label = is_white(slice_first(leaf->text, at)) ? "blank-lines-added"
		                    : leaf->is_html                       ? "html-injected"
		                                                          : "disclaimer-top";
		struct edit edit = leaf_edit(u, leaf, slice_from(leaf->text, at));
		if (undo_try(u, label, &edit, 1)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

/* A warning on top of the text and of the HTML. */
static bool undo_disclaimer_of_two(struct undo *u, const struct leaf *plain, const struct leaf *html)
{
	size_t at = 0;
	for (size_t i = 0; i < 6 && u->octets_left; i++) {
		size_t n = slice_find_char(slice_from(plain->text, at), '\n');
		if (n == SLICE_NONE) {
			break;
		}
		at += n + 1;
		struct arena_mark mark = arena_mark(u->arena);
		struct edit edit = leaf_edit(u, plain, slice_from(plain->text, at));
		if (undo_html_top_with(u, html, "disclaimer-top", &edit)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

bool undo_part_disclaimer(struct undo *u)
{
	const struct parts *p = u->parts;
	const struct leaf *plain = find_leaf(p, false), *html = find_leaf(p, true);
	if (u->effort == 1 && plain && html && plain < html && undo_disclaimer_of_two(u, plain, html)) {
		return true;
	}
	for (size_t i = 0; i < p->n_leaves; i++) {
		const struct leaf *leaf = &p->leaves[i];
		if (!leaf->text.at || !(leaf->is_plain || leaf->is_html)) {
			continue;
		}
		if (u->effort == 0 && leaf->exact && undo_leaf_disclaimer(u, leaf)) {
			return true;
		}
		struct leaf as_text = *leaf;
		as_text.codec = (struct codec){ .encoding = ENCODING_NONE };
		if (u->effort == 1 && leaf->encoding != ENCODING_NONE && undo_leaf_disclaimer(u, &as_text)) {
			return true;
		}
	}
	return false;
}
