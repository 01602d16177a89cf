/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

#include "encode.h"

#include "../base/base64.h"
#include "../base/chars.h"
#include "../mail/words.h"

#define SUBJECT_MAX 400 /* longer ones are looked at up to here */
#define TAG_MAX 60

static const struct mail_field *find_subject(const struct undo *u)
{
	return header_find(u->header, S("Subject"), 0);
}

/* The length of the reply marks in front: "Re: ", "AW: Fwd: "... */
static size_t reply_length(slice s)
{
	static const slice marks[] = { { "re:", 3 }, { "aw:", 3 },   { "fw:", 3 }, { "fwd:", 4 },
		                       { "sv:", 3 }, { "antw:", 5 }, { "wg:", 3 } };
	size_t n = 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]);) {
		if (!slice_starts_nocase(slice_from(s, n), marks[i])) {
			i++;
			continue;
		}
		n += marks[i].len;
		while (n < s.len && char_is(s.at[n], C_WSP)) {
			n++;
		}
		i = 0;
	}
	return n;
}

static bool try_without(struct undo *u, const char *label, const struct mail_field *f, slice text, size_t from,
                        size_t to)
{
	struct arena_mark mark = arena_mark(u->arena);
	slice value = ARENA_JOIN(u->arena, slice_first(text, from), slice_from(text, to));
	if (value.at && undo_try_value(u, label, f, value)) {
		return true;
	}
	arena_rewind(u->arena, mark);
	return false;
}

/* A tag in front of the text or behind the reply marks: first up to a bracket, a colon or a blank, then anywhere. */
static bool undo_tag_in_front(struct undo *u, const struct mail_field *f, slice text, bool likely)
{
	size_t reply = reply_length(text);
	size_t starts[] = { 0, reply };
	for (size_t i = 0; i < (reply ? 2U : 1U); i++) {
		for (size_t end = starts[i] + 1; end <= text.len && end - starts[i] <= TAG_MAX; end++) {
			char last = text.at[end - 1];
			bool usual =
				last == ']' || last == ' ' || last == ':' || last == '*' || last == ')' || last == '>';
			if (usual == likely && try_without(u, "subject-tag", f, text, starts[i], end)) {
				return true;
			}
		}
	}
	return false;
}

/* "[list] Re: text" may have been "Re: [list] text": a tag that was moved, or a reply mark put in front or taken. */
static bool undo_moved_tag(struct undo *u, const struct mail_field *f, slice text)
{
	size_t close = text.len && text.at[0] == '[' ? slice_find_char(text, ']') : SLICE_NONE;
	if (close != SLICE_NONE) {
		slice tag = slice_first(text, close + 1);
		slice rest = slice_trim_wsp(slice_from(text, close + 1));
		size_t reply = reply_length(rest);
		slice moved = ARENA_JOIN(u->arena, slice_first(rest, reply), tag, S(" "), slice_from(rest, reply));
		if (reply && undo_try_value(u, "subject-tag", f, moved)) {
			return true;
		}
		static const char *const marks[] = { "Re: ", "RE: ", "re: ", "Fwd: ", "AW: " };
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			slice value = ARENA_JOIN(u->arena, slice_of(marks[i]), rest);
			if (undo_try_value(u, "subject-tag", f, value)) {
				return true;
			}
		}
	}
	return false;
}

static bool undo_tag_behind(struct undo *u, const struct mail_field *f, slice text, bool likely)
{
	for (size_t n = 1; n <= TAG_MAX && n < text.len; n++) {
		bool usual = slice_find_char(S(" [({*-"), text.at[text.len - n]) != SLICE_NONE;
		if (usual == likely && try_without(u, "subject-tag", f, text, text.len - n, text.len)) {
			return true;
		}
	}
	return false;
}

/* ---- encoded-words (RFC 2047) ---- */

enum word_letters { LETTERS_FEW, LETTERS_MANY, LETTERS_N }; /* what Q leaves as it is */

struct word_style {
	slice charset;
	bool base64;
	bool lower; /* "b", "q" */
	enum word_letters letters;
	slice between; /* words are joined by this */
	bool lower_hex;
};

static bool stays(char c, enum word_letters letters)
{
	if (char_is(c, C_ALPHA | C_DIGIT)) {
		return true;
	}
	slice more = letters == LETTERS_FEW ? S("!*+-/") : S("!*+-/.,:;'()[]{}@#$%&^|~<>`\"\\");
	return c != ' ' && slice_find_char(more, c) != SLICE_NONE;
}

static size_t put_q(struct buf *b, char c, const struct word_style *style)
{
	if (c == ' ') {
		buf_put_char(b, '_');
		return 1;
	}
	if (stays(c, style->letters)) {
		buf_put_char(b, c);
		return 1;
	}
	buf_put_char(b, '=');
	buf_put_hex(b, slice_make(&c, 1), !style->lower_hex);
	return 3;
}

static size_t character_octets(slice s)
{
	size_t n = 1;
	while (n < s.len && ((unsigned char)s.at[n] & 0xc0) == 0x80) {
		n++;
	}
	return n;
}

/* One word of at most 75 octets; returns how much of `text` it holds. */
static size_t put_word(struct buf *b, slice text, const struct word_style *style)
{
	size_t room = 75 - 7 - style->charset.len;
	size_t taken = 0;
	size_t used = 0;
	bool utf_8 = slice_eq_nocase(style->charset, S("utf-8"));
	while (taken < text.len) {
		slice rest = slice_from(text, taken);
		size_t n = utf_8 ? character_octets(rest) : 1;
		size_t cost = 0;
		for (size_t i = 0; i < n && !style->base64; i++) {
			cost += rest.at[i] == ' ' || stays(rest.at[i], style->letters) ? 1 : 3;
		}
		size_t total = style->base64 ? (taken + n + 2) / 3 * 4 : used + cost;
		if (total > room && taken) {
			break;
		}
		used += cost;
		taken += n;
	}
	buf_put(b, S("=?"));
	buf_put(b, style->charset);
	buf_put(b, style->base64 ? (style->lower ? S("?b?") : S("?B?")) : (style->lower ? S("?q?") : S("?Q?")));
	if (style->base64) {
		base64_put(b, slice_first(text, taken));
	}
	for (size_t i = 0; i < taken && !style->base64; i++) {
		put_q(b, text.at[i], style);
	}
	buf_put(b, S("?="));
	return taken;
}

static slice encode_words(struct undo *u, slice text, const struct word_style *style)
{
	struct buf b;
	buf_init_arena(&b, u->arena, text.len * 8 + 256);
	while (text.len) {
		text = slice_from(text, put_word(&b, text, style));
		if (text.len) {
			buf_put(&b, style->between);
		}
	}
	return buf_ok(&b) ? buf_slice(&b) : S("");
}

static bool has_8bit(slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] & 0x80) {
			return true;
		}
	}
	return false;
}

/* Only the words that need it, as many programs do: the run from the first to the last word with 8-bit octets. */
static slice encode_run(struct undo *u, slice text, const struct word_style *style)
{
	size_t first = 0, last = text.len;
	while (first < text.len && !(text.at[first] & 0x80)) {
		first++;
	}
	while (last > first && !(text.at[last - 1] & 0x80)) {
		last--;
	}
	while (first && text.at[first - 1] != ' ') {
		first--;
	}
	while (last < text.len && text.at[last] != ' ') {
		last++;
	}
	slice run = slice_between(text.at + first, text.at + last);
	return ARENA_JOIN(u->arena, slice_first(text, first), encode_words(u, run, style), slice_from(text, last));
}

static bool try_words(struct undo *u, const char *label, const struct mail_field *f, slice text, slice tail,
                      const struct word_style *style)
{
	struct arena_mark mark = arena_mark(u->arena);
	if (undo_try_value(u, label, f, ARENA_JOIN(u->arena, encode_words(u, text, style), tail)) ||
	    (has_8bit(text) && undo_try_value(u, label, f, ARENA_JOIN(u->arena, encode_run(u, text, style), tail)))) {
		return true;
	}
	arena_rewind(u->arena, mark);
	return false;
}

bool undo_words(struct undo *u, const char *label, const struct mail_field *f, slice text, slice tail)
{
	static const struct {
		slice name;
		enum charset set;
	} sets[] = {
		{ { "utf-8", 5 }, CHARSET_UTF_8 },
		{ { "UTF-8", 5 }, CHARSET_UTF_8 },
		{ { "iso-8859-1", 10 }, CHARSET_LATIN_1 },
		{ { "ISO-8859-1", 10 }, CHARSET_LATIN_1 },
		{ { "windows-1252", 12 }, CHARSET_WINDOWS_1252 },
		{ { "Windows-1252", 12 }, CHARSET_WINDOWS_1252 },
		{ { "iso-8859-15", 11 }, CHARSET_LATIN_9 },
		{ { "ISO-8859-15", 11 }, CHARSET_LATIN_9 },
		{ { "us-ascii", 8 }, CHARSET_UTF_8 },
	};
	static const slice between[] = { { "\r\n ", 3 }, { " ", 1 }, { "\r\n\t", 3 } };
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		slice octets = text;
		if (sets[i].set != CHARSET_UTF_8 &&
		    !charset_convert(text, CHARSET_UTF_8, sets[i].set, u->arena, &octets)) {
			continue;
		}
		for (unsigned form = 0; form < 12; form++) {
			struct word_style style = { .charset = sets[i].name,
				                    .base64 = form % 3 == 2,
				                    .letters = (enum word_letters)(form % 3 == 1),
				                    .lower = form / 3 % 2,
				                    .lower_hex = form / 6 };
			for (size_t k = 0; k < (u->signature->header_relaxed || text.len < 30 ? 1U : 3U); k++) {
				style.between = between[k];
				if ((!style.base64 || !style.lower_hex) &&
				    try_words(u, label, f, octets, tail, &style)) {
					return true;
				}
			}
		}
	}
	return undo_try_value(u, label, f, ARENA_JOIN(u->arena, text, tail));
}

static bool undo_encoding(struct undo *u, const struct mail_field *f, slice text)
{
	bool words = words_has(text);
	if (!words && !has_8bit(text)) {
		return false;
	}
	const char *label = words ? "subject-reencoded" : "subject-decoded";
	slice plain = words ? words_decode(text, u->arena) : text;
	if (undo_words(u, label, f, plain, S(""))) {
		return true;
	}
	slice utf_8;
	if (!words && charset_convert(text, CHARSET_WINDOWS_1252, CHARSET_UTF_8, u->arena, &utf_8)) {
		return undo_words(u, label, f, utf_8, S(""));
	}
	/* a tag was put in front and the whole encoded anew */
	size_t close = plain.len && plain.at[0] == '[' ? slice_find_char(plain, ']') : SLICE_NONE;
	return close != SLICE_NONE &&
	       undo_words(u, "subject-tag", f, slice_trim_wsp(slice_from(plain, close + 1)), S(""));
}

bool subject_tag_edit(struct undo *u, struct field_edit *ret)
{
	const struct mail_field *f = find_subject(u);
	slice text = field_text(u, f);
	size_t reply = reply_length(text);
	slice rest = slice_from(text, reply);
	size_t close = rest.len && rest.at[0] == '[' ? slice_find_char(rest, ']') : SLICE_NONE;
	if (!f || close == SLICE_NONE || !undo_is_signed(u, undo_index(u, f))) {
		return false;
	}
	slice without = slice_trim_wsp(slice_from(rest, close + 1));
	slice raw = ARENA_JOIN(u->arena, slice_between(f->raw.at, f->value.at), S(" "), slice_first(text, reply),
	                       without, S("\r\n"));
	*ret = (struct field_edit){ FIELD_REPLACE, undo_index(u, f), raw };
	return raw.at != NULL;
}

bool undo_subject(struct undo *u)
{
	const struct mail_field *f = find_subject(u);
	if (!f || !undo_is_signed(u, undo_index(u, f))) {
		return false;
	}
	slice text = slice_first(field_text(u, f), SUBJECT_MAX);
	/* simple canonicalisation wants the blanks at the end and the folds as they were */
	slice exact = f->value;
	size_t lead = 0;
	while (lead < exact.len && char_is(exact.at[lead], C_WSP)) {
		lead++;
	}
	exact = slice_from(exact, lead);
	bool other = !slice_eq(exact, text) && !u->signature->header_relaxed;
	if (u->effort == 0) {
		return undo_tag_in_front(u, f, text, true) || (other && undo_tag_in_front(u, f, exact, true)) ||
		       undo_moved_tag(u, f, text) || undo_tag_behind(u, f, text, true) || undo_encoding(u, f, text);
	}
	return undo_tag_in_front(u, f, text, false) || undo_tag_behind(u, f, text, false) ||
	       (other && (undo_tag_in_front(u, f, exact, false) || undo_tag_behind(u, f, exact, false))) ||
	       (!words_has(text) && !has_8bit(text) && undo_words(u, "subject-decoded", f, text, S("")));
}
