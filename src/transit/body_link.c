/* SPDX-License-Identifier: Apache-2.0 */
/* Links that a protection service replaced by links to itself.  Those that carry the first address inside can be put
 * back; those that carry a token cannot. */
#include "body.h"

#include "../base/base64.h"
#include "../base/buf.h"
#include "../base/chars.h"

/* How the address is written inside. */
enum inside {
	INSIDE_PERCENT, /* ?url=https%3A%2F%2F... up to "&" */
	INSIDE_DEFENSE2, /* "-3A" for "%3A", "_" for "/" */
	INSIDE_DEFENSE3, /* __https://...__;...$ */
	INSIDE_PLAIN, /* the address itself, up to the end of the link */
};

static bool is_link_end(char c)
{
	return char_is(c, C_WSP | C_CRLF | C_CTL) || c == '"' || c == '\'' || c == '<' || c == '>';
}

static size_t link_length(slice s)
{
	size_t n = 0;
	while (n < s.len && !is_link_end(s.at[n])) {
		n++;
	}
	return n;
}

static slice decode_percent(slice s, char escape, struct signet_arena *a)
{
	char *start = arena_octets(a, s.len + 1);
	char *to = start;
	for (size_t i = 0; start && i < s.len; i++) {
		int high = s.at[i] == escape && i + 2 < s.len ? char_hex(s.at[i + 1]) : -1;
		int low = high >= 0 ? char_hex(s.at[i + 2]) : -1;
		if (low >= 0) {
			*to++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*to++ = escape == '-' && s.at[i] == '_' ? '/' : s.at[i];
		}
	}
	return start ? slice_between(start, to) : (slice){ 0 };
}

static slice value_up_to_amp(slice s)
{
	size_t n = slice_find_char(s, '&');
	size_t hash = slice_find_char(s, '#');
	return slice_first(s, n < hash ? n : hash);
}

/* What a digit behind "**" stands for: how many octets were replaced at once. */
static size_t run_of(char digit)
{
	static const slice digits = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 64 };
	size_t n = slice_find_char(digits, digit);
	return n == SLICE_NONE ? 0 : n + 2;
}

/* The octets that stood where the stars are.  base64 for addresses has "-" and "_" for "+" and "/". */
static slice put_back(slice text, slice coded, struct signet_arena *a)
{
	slice digits = arena_copy(a, coded), kept = { 0 };
	char *at = (char *)(uintptr_t)digits.at;
	for (size_t i = 0; at && i < digits.len; i++) {
		at[i] = at[i] == '-' ? '+' : at[i] == '_' ? '/' : at[i];
	}
	if (coded.len == 0 || !base64_decode(digits, BASE64_LENIENT, a, &kept)) {
		return text;
	}
	struct buf b;
	buf_init_arena(&b, a, text.len + kept.len);
	for (size_t i = 0; i < text.len; i++) {
		size_t n = text.at[i] != '*' ? 0 : 1;
		if (n && i + 2 < text.len && text.at[i + 1] == '*') {
			n = run_of(text.at[i + 2]);
			i += 2;
		}
		if (n) {
			buf_put(&b, slice_first(kept, n));
			kept = slice_from(kept, n);
		} else {
			buf_put_char(&b, text.at[i]);
		}
	}
	return buf_ok(&b) ? buf_slice(&b) : text;
}

/* urldefense v3 replaces odd octets by "*" and keeps them, base64, behind the ";".  Without such: the address itself. */
static bool defense3(slice link, struct signet_arena *a, slice *ret_inside, size_t *ret_len)
{
	size_t start = slice_find(link, S("/v3/__"));
	if (start == SLICE_NONE) {
		return false;
	}
	slice rest = slice_from(link, start + 6);
	size_t end = slice_find(rest, S("__;"));
	size_t dollar = end == SLICE_NONE ? SLICE_NONE : slice_find_char(slice_from(rest, end), '$');
	if (dollar == SLICE_NONE) {
		return false;
	}
	slice coded = slice_from(rest, end + 3);
	*ret_inside = put_back(slice_first(rest, end), slice_first(coded, slice_find(coded, S("!!"))), a);
	*ret_len = start + 6 + end + dollar + 1;
	return true;
}

/* The address inside a rewritten link; `*ret_len`: how much of the text it replaces. */
static bool find_inside(slice link, struct signet_arena *a, bool html, slice *ret_inside, size_t *ret_len)
{
	*ret_len = link.len;
	if (defense3(link, a, ret_inside, ret_len)) {
		return true;
	}
	size_t v2 = slice_find(link, S("/v2/url?u="));
	if (v2 != SLICE_NONE) {
		*ret_inside = decode_percent(value_up_to_amp(slice_from(link, v2 + 10)), '-', a);
		return true;
	}
	static const slice encoded[] = { { "=http%3A", 8 }, { "=https%3A", 9 }, { "/http%3A", 8 }, { "/https%3A", 9 } };
	for (size_t i = 0; i < 4; i++) {
		size_t at = slice_find_nocase(link, encoded[i]);
		if (at != SLICE_NONE) {
			*ret_inside = decode_percent(value_up_to_amp(slice_from(link, at + 1)), '%', a);
			return true;
		}
	}
	static const slice coded[] = { { "u=aHR0c", 7 }, { "url=aHR0c", 9 } }; /* "http" in base64 */
	for (size_t i = 0; i < 2; i++) {
		size_t at = slice_find(link, coded[i]);
		if (at != SLICE_NONE) {
			slice value = value_up_to_amp(slice_from(link, at + coded[i].len - 5));
			return base64_decode(decode_percent(value, '%', a), BASE64_LENIENT, a, ret_inside);
		}
	}
	static const slice plain[] = { { "=http", 5 }, { "/http:", 6 }, { "/https:", 7 } };
	for (size_t i = 0; i < 3; i++) {
		size_t at = slice_find_nocase(slice_from(link, 8), plain[i]);
		if (at != SLICE_NONE) {
			*ret_inside = slice_from(link, 8 + at + 1);
			if (i == 0 && html) {
				*ret_inside = value_up_to_amp(*ret_inside);
			}
			return true;
		}
	}
	return false;
}

/* In HTML an "&" of the address is written as an entity. */
static slice with_entities(struct undo *u, slice s)
{
	struct edits e = edits_of(u);
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '&' && !slice_starts(slice_from(s, i), S("&amp;"))) {
			edits_add(&e, i, 1, S("&amp;"));
		}
	}
	return e.n ? edits_apply(u->arena, s, e.at, e.n) : s;
}

static bool undo_leaf_links(struct undo *u, const struct leaf *leaf)
{
	for (unsigned form = 0; form < 4; form++) {
		struct edits e = edits_of(u);
		for (size_t i = 0; i < leaf->text.len;) {
			size_t n = slice_find_nocase(slice_from(leaf->text, i), S("http"));
			if (n == SLICE_NONE) {
				break;
			}
			i += n;
			slice rest = slice_from(leaf->text, i);
			slice link = slice_first(rest, link_length(rest));
			slice inside;
			size_t len;
			if (!find_inside(link, u->arena, leaf->is_html, &inside, &len)) {
				i += link.len > 4 ? link.len : 4;
				continue;
			}
			/* a full stop or the like behind the link is the sentence's */
			size_t more = 0;
			while ((form & 2) && len == link.len && more < inside.len && more < len &&
			       slice_find_char(S(".,;:!?)"), link.at[len - 1 - more]) != SLICE_NONE) {
				more++;
			}
			edits_add(&e, i, len - more, form & 1 ? with_entities(u, inside) : inside);
			i += link.len;
		}
		if (e.n == 0) {
			return false;
		}
		slice text = edits_apply(u->arena, leaf->text, e.at, e.n);
		struct edit edit = leaf_edit(u, leaf, text);
		if (text.at && undo_try(u, "link-rewritten", &edit, 1)) {
			return true;
		}
		for (size_t k = 0; u->effort && e.n > 1 && k < e.n && u->octets_left; k++) {
			text = edits_apply(u->arena, leaf->text, e.at + k, 1);
			edit = leaf_edit(u, leaf, text);
			if (text.at && undo_try(u, "link-rewritten", &edit, 1)) {
				return true;
			}
		}
	}
	return false;
}

/* The links of all parts; `entities`: in HTML "&" of the address is "&amp;". */
static bool undo_all_links(struct undo *u, bool entities)
{
	struct edits all = edits_of(u);
	for (size_t k = 0; k < u->parts->n_leaves; k++) {
		const struct leaf *leaf = &u->parts->leaves[k];
		struct edits e = edits_of(u);
		for (size_t i = 0; leaf->exact && leaf->text.at && i < leaf->text.len;) {
			size_t n = slice_find_nocase(slice_from(leaf->text, i), S("http"));
			if (n == SLICE_NONE) {
				break;
			}
			i += n;
			slice rest = slice_from(leaf->text, i);
			slice link = slice_first(rest, link_length(rest));
			slice inside;
			size_t len;
			if (find_inside(link, u->arena, leaf->is_html, &inside, &len)) {
				edits_add(&e, i, len, entities && leaf->is_html ? with_entities(u, inside) : inside);
			}
			i += link.len > 4 ? link.len : 4;
		}
		if (e.n) {
			struct edit edit = leaf_edit(u, leaf, edits_apply(u->arena, leaf->text, e.at, e.n));
			edits_add(&all, edit.at, edit.len, edit.with);
		}
	}
	return all.n > 1 && undo_try(u, "link-rewritten", all.at, all.n);
}

bool undo_links(struct undo *u)
{
	if (u->effort == 0 && (undo_all_links(u, false) || undo_all_links(u, true))) {
		return true;
	}
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		if (leaf->text.at && leaf->exact && undo_leaf_links(u, leaf)) {
			return true;
		}
	}
	return false;
}
