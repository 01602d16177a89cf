/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include "../base/buf.h"
#include "../base/chars.h"

/* ---- lines folded at a limit of SMTP (RFC 5321 4.5.3.1.6: 1000 octets with the line end) ---- */

#define FOLD_LEAST 60 /* nobody folds shorter lines than this for length */

/* How a folder marks its folds: what it leaves before the line end and after it. */
static const struct {
	slice tail, head, lost;
} fold_marks[] = {
	{ { "", 0 }, { " ", 1 }, { "", 0 } }, /* Postfix smtp_line_length_limit */
	{ { "!", 1 }, { " ", 1 }, { "", 0 } }, /* sendmail 8.12 and newer */
	{ { "!", 1 }, { "", 0 }, { "", 0 } }, /* older ones */
	{ { "", 0 }, { "", 0 }, { "", 0 } },
	{ { "", 0 }, { "\t", 1 }, { "", 0 } },
	{ { "=", 1 }, { "", 0 }, { "", 0 } },
	{ { "", 0 }, { "", 0 }, { " ", 1 } }, /* the blank between two words became the fold */
};

static bool undo_folds_at(struct undo *u, size_t least, size_t most, size_t mark)
{
	slice tail = fold_marks[mark].tail, head = fold_marks[mark].head;
	struct edits e = edits_of(u);
	size_t start = 0;
	for (;;) {
		size_t n = slice_find(slice_from(u->body, start), S("\r\n"));
		if (n == SLICE_NONE) {
			break;
		}
		slice line = slice_make(u->body.at + start, n);
		slice next = slice_from(u->body, start + n + 2);
		if (n >= least && n <= most && next.len && !slice_starts(next, S("\r\n")) &&
		    slice_ends_nocase(line, tail) && slice_starts(next, head)) {
			edits_add(&e, start + n - tail.len, tail.len + 2 + head.len, fold_marks[mark].lost);
		}
		start += n + 2;
	}
	return undo_any(u, "long-line-folded", &e);
}

static size_t longest_line(slice body)
{
	size_t longest = 0;
	while (body.len) {
		size_t n = slice_find(body, S("\r\n"));
		size_t len = n == SLICE_NONE ? body.len : n;
		longest = len > longest ? len : longest;
		body = slice_from(body, n == SLICE_NONE ? body.len : n + 2);
	}
	return longest;
}

bool undo_folding(struct undo *u)
{
	size_t longest = longest_line(u->body);
	if (longest < FOLD_LEAST) {
		return false;
	}
	for (size_t i = 0; i < sizeof(fold_marks) / sizeof(fold_marks[0]); i++) {
		/* at exactly the limit; a little below it, where words are kept whole; at a marked length */
		if (undo_folds_at(u, longest, longest, i) || undo_folds_at(u, longest - 1, longest, i) ||
		    (longest > 500 && undo_folds_at(u, longest - longest / 8, longest, i)) ||
		    (longest > 500 && undo_folds_at(u, 500, longest, i))) {
			return true;
		}
	}
	return false;
}

/* ---- paragraphs wrapped at another width ---- */

#define WRAP_LEAST 30
#define WRAP_MOST 132
#define WRAP_BODY_MAX ((size_t)64 << 10)

static bool starts_word(slice line)
{
	return line.len && !char_is(line.at[0], C_WSP) && line.at[0] != '>';
}

static size_t first_word(slice line)
{
	size_t n = 0;
	while (n < line.len && line.at[n] != ' ') {
		n++;
	}
	return n;
}

/* True if a greedy wrapper at `width` would have broken between the two. */
static bool is_natural_break(slice line, slice next, size_t width)
{
	return line.len <= width && starts_word(line) && starts_word(next) && line.len + 1 + first_word(next) > width;
}

/* `text` with the natural breaks of `width` joined by one blank. */
static slice unwrap(struct undo *u, slice text, size_t width)
{
	struct edits e = edits_of(u);
	size_t start = 0;
	for (;;) {
		size_t n = slice_find(slice_from(text, start), S("\r\n"));
		if (n == SLICE_NONE) {
			break;
		}
		slice rest = slice_from(text, start + n + 2);
		slice next = slice_first(rest, slice_find(rest, S("\r\n")));
		slice line = slice_make(text.at + start, n);
		if (is_natural_break(line, next, width)) {
			bool blank = line.len && line.at[line.len - 1] == ' ';
			edits_add(&e, start + n, 2, blank ? S("") : S(" "));
		}
		start += n + 2;
	}
	return e.n ? edits_apply(u->arena, text, e.at, e.n) : (slice){ 0 };
}

static void wrap_line(struct buf *out, slice line, size_t width)
{
	while (line.len > width) {
		size_t at = width + 1;
		while (at-- > 1 && line.at[at] != ' ') {
		}
		if (at == 0) {
			at = first_word(line);
			if (at == line.len) {
				break;
			}
		}
		buf_put(out, slice_first(line, at));
		buf_put(out, S("\r\n"));
		line = slice_from(line, at + 1);
	}
	buf_put(out, line);
}

static slice rewrap(struct undo *u, slice text, size_t width)
{
	struct buf out;
	buf_init_arena(&out, u->arena, text.len * 2 + 16);
	(void)buf_reserve(&out, text.len + text.len / 8 + 16);
	while (text.at && text.len) {
		size_t n = slice_find(text, S("\r\n"));
		slice line = slice_first(text, n);
		bool fixed = !starts_word(line);
		if (fixed) {
			buf_put(&out, line);
		} else {
			wrap_line(&out, line, width);
		}
		if (n == SLICE_NONE) {
			break;
		}
		buf_put(&out, S("\r\n"));
		text = slice_from(text, n + 2);
	}
	return buf_slice(&out);
}

/* FNV-1a: neighbouring widths often give the same text, which need not be tried twice. */
static uint64_t mark_of(slice text)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < text.len; i++) {
		h = (h ^ (unsigned char)text.at[i]) * 0x100000001b3u;
	}
	return h;
}

/* `text` for the octets `now` of the body. */
static bool try_wrapped(struct undo *u, slice now, slice text)
{
	struct edit edit = raw_edit(u, now, text);
	return undo_try(u, "text-rewrapped", &edit, 1);
}

/* Lines were joined or broken; `joined` is the text `now` without its breaks. */
static bool undo_joined(struct undo *u, slice now, slice joined)
{
	uint64_t last = mark_of(now);
	if (mark_of(joined) != last && try_wrapped(u, now, joined)) {
		return true;
	}
	for (size_t other = WRAP_LEAST; other <= WRAP_MOST && undo_spend(u, 0); other++) {
		struct arena_mark mark = arena_mark(u->arena);
		slice text = rewrap(u, joined, other);
		uint64_t mark_now = mark_of(text);
		if (mark_now != last && try_wrapped(u, now, text)) {
			return true;
		}
		last = mark_now;
		arena_rewind(u->arena, mark);
	}
	return false;
}

/* `now` is the body, or one part of it: the headers of parts are not wrapped. */
static bool undo_wrapped_text(struct undo *u, slice now)
{
	if (now.len > WRAP_BODY_MAX || longest_line(now) < WRAP_LEAST) {
		return false;
	}
	/* the width of now: the longest line, or a little more; then any */
	uint64_t share = u->octets_left / 3;
	uint64_t rest = u->octets_left - share;
	u->octets_left = share;
	bool found = undo_joined(u, now, now);
	uint64_t last = 0;
	for (size_t width = WRAP_LEAST; !found && width <= WRAP_MOST && undo_spend(u, 0); width++) {
		struct arena_mark mark = arena_mark(u->arena);
		slice joined = unwrap(u, now, width);
		uint64_t mark_now = mark_of(joined);
		found = joined.at && mark_now != last && undo_joined(u, now, joined);
		last = mark_now;
		if (!found) {
			arena_rewind(u->arena, mark);
		}
	}
	u->octets_left += rest;
	return found;
}

bool undo_wrapping(struct undo *u)
{
	if (undo_wrapped_text(u, u->body)) {
		return true;
	}
	for (size_t i = 0; u->parts->n_boxes && i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		if (leaf->is_plain && leaf->encoding == ENCODING_NONE && undo_wrapped_text(u, leaf->raw)) {
			return true;
		}
	}
	return false;
}
