/* SPDX-License-Identifier: Apache-2.0 */
#include "macro.h"

#include "../base/ip.h"
#include "../base/name.h"

enum item_kind {
	ITEM_END,
	ITEM_TEXT, /* octets that stand for themselves, or what an escape stands for */
	ITEM_LETTER,
	ITEM_BROKEN,
};

/* One piece of a macro-string. */
struct item {
	slice text;
	char letter; /* lower case */
	bool url_escape; /* it was upper case */
	bool reverse;
	uint64_t keep; /* right-hand parts to keep; 0: all */
	slice delimiters; /* empty: none given */
};

/* Where expansion goes: the front or the back of what was put, in fixed memory.  For names the back decides, because
 * long names lose labels on the left. */
#define SINK_KEEPS 512
_Static_assert(SINK_KEEPS > NAME_OCTETS + 1 && SINK_KEEPS >= SPF_EXPLANATION_OCTETS,
               "the sink must hold a whole result");

struct sink {
	enum spf_macro_place place;
	size_t len;
	char octets[2 * SINK_KEEPS];
};

static void put(struct sink *to, slice s)
{
	if (to->place == SPF_IN_DOMAIN && s.len > SINK_KEEPS) {
		s = slice_from(s, s.len - SINK_KEEPS);
	}
	if (to->place == SPF_IN_DOMAIN && to->len + s.len > sizeof(to->octets)) {
		memmove(to->octets, to->octets + to->len - SINK_KEEPS, SINK_KEEPS);
		to->len = SINK_KEEPS;
	}
	s = slice_first(s, sizeof(to->octets) - to->len);
	if (s.len) {
		memcpy(to->octets + to->len, s.at, s.len);
		to->len += s.len;
	}
}

/* ---- reading ---- */

static bool is_letter(char lower, enum spf_macro_place place)
{
	if (memchr("slodiphv", lower, 8)) {
		return true;
	}
	return RULE("7208:7.2", place == SPF_IN_EXPLANATION) && memchr("crt", lower, 3);
}

/* transformers = *DIGIT [ "r" ]; a number of parts no implementation can hold is refused, larger ones than there are
 * parts are allowed (RFC 7208 7.3). */
static bool take_transformers(struct cursor *c, struct item *ret)
{
	const char *from = c->at;
	if (!cursor_is_end(c) && char_is(*c->at, C_DIGIT)) {
		bool good = cursor_take_number(c, UINT64_MAX, &ret->keep);
		if (RULE("7208:7.3", !good || ret->keep == 0)) {
			c->at = from;
			return false;
		}
	}
	ret->reverse = cursor_take_char(c, 'r') || cursor_take_char(c, 'R');
	return true;
}

/* macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-" ; the cursor is behind "%" */
static enum item_kind take_macro(struct cursor *c, enum spf_macro_place place, struct item *ret)
{
	static const struct {
		char after;
		slice means;
	} escapes[] = { { '%', { "%", 1 } }, { '_', { " ", 1 } }, { '-', { "%20", 3 } } };
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (cursor_take_char(c, escapes[i].after)) {
			ret->text = escapes[i].means;
			return ITEM_TEXT;
		}
	}
	if (RULE("7208:7.1", !cursor_take_char(c, '{'))) {
		return ITEM_BROKEN;
	}
	char letter = cursor_is_end(c) ? 0 : *c->at;
	ret->letter = char_lower(letter);
	ret->url_escape = letter != ret->letter;
	if (RULE("7208:7.2", !letter || !is_letter(ret->letter, place))) {
		return ITEM_BROKEN;
	}
	c->at++;
	if (!take_transformers(c, ret)) {
		return ITEM_BROKEN;
	}
	ret->delimiters = cursor_take(c, C_SPF_DELIM);
	return RULE("7208:7.1", cursor_take_char(c, '}')) ? ITEM_LETTER : ITEM_BROKEN;
}

/* macro-string = *( macro-expand / macro-literal ); explanations have SP as well (RFC 7208 6.2).  On ITEM_BROKEN the
 * cursor stands at what was not understood. */
static enum item_kind take_item(struct cursor *c, enum spf_macro_place place, struct item *ret)
{
	*ret = (struct item) { 0 };
	if (cursor_is_end(c)) {
		return ITEM_END;
	}
	if (cursor_take_char(c, '%')) {
		return take_macro(c, place, ret);
	}
	const char *from = c->at;
	while (c->at < c->end && (char_is(*c->at, C_SPF_LIT) || (*c->at == ' ' && place == SPF_IN_EXPLANATION))) {
		c->at++;
	}
	ret->text = slice_between(from, c->at);
	return ret->text.len ? ITEM_TEXT : ITEM_BROKEN;
}

bool spf_macro_check(slice text, enum spf_macro_place place, unsigned *letters, size_t *flaw)
{
	struct cursor c = cursor_of(text);
	struct item item;
	enum item_kind kind;
	*letters = 0;
	while ((kind = take_item(&c, place, &item)) != ITEM_END) {
		if (RULE("7208:7.1", kind == ITEM_BROKEN)) {
			*flaw = cursor_offset(&c);
			return false;
		}
		if (kind == ITEM_LETTER) {
			*letters |= SPF_LETTER(item.letter);
		}
	}
	return true;
}

/* ---- expanding ---- */

static void put_escaped(struct sink *to, slice s, bool url_escape)
{
	if (!RULE("7208:7.3", url_escape)) {
		put(to, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (char_is(s.at[i], C_UNRESERVED)) {
			put(to, slice_make(s.at + i, 1));
		} else {
			unsigned char octet = (unsigned char)s.at[i];
			char escape[3] = { '%', "0123456789ABCDEF"[octet >> 4], "0123456789ABCDEF"[octet & 15] };
			put(to, slice_make(escape, sizeof(escape)));
		}
	}
}

static bool is_delimiter(const struct item *item, char c)
{
	slice delimiters = RULE("7208:7.3", item->delimiters.len) ? item->delimiters : S(".");
	return slice_find_char(delimiters, c) != SLICE_NONE;
}

/* Puts the parts of `value` from the left, joined with ".". */
static void put_parts(struct sink *to, slice value, const struct item *item)
{
	for (size_t i = 0, from = 0; i <= value.len; i++) {
		if (i == value.len || is_delimiter(item, value.at[i])) {
			put_escaped(to, slice_make(value.at + from, i - from), item->url_escape);
			put(to, i < value.len ? S(".") : S(""));
			from = i + 1;
		}
	}
}

/* The same from the right. */
static void put_parts_reversed(struct sink *to, slice value, const struct item *item)
{
	for (size_t i = value.len, end = value.len; i + 1 > 0; i--) {
		if (i == 0 || is_delimiter(item, value.at[i - 1])) {
			put_escaped(to, slice_make(value.at + i, end - i), item->url_escape);
			put(to, i > 0 ? S(".") : S(""));
			end = i - 1;
		}
	}
}

/* The rightmost parts that stay; if they are reversed first those are the leftmost as written. */
static slice keep_parts(slice value, const struct item *item)
{
	uint64_t seen = 0;
	for (size_t n = 0; n < value.len; n++) {
		size_t i = item->reverse ? n : value.len - 1 - n;
		if (is_delimiter(item, value.at[i]) && RULE("7208:7.3", ++seen == item->keep)) {
			return item->reverse ? slice_first(value, i) : slice_from(value, i + 1);
		}
	}
	return value;
}

static void put_value(struct sink *to, slice value, const struct item *item)
{
	if (value.len == 0) {
		return;
	}
	if (RULE("7208:7.3", item->keep > 0)) {
		value = keep_parts(value, item);
	}
	if (RULE("7208:7.3", item->reverse)) {
		put_parts_reversed(to, value, item);
	} else if (RULE("7208:7.3", item->delimiters.len)) {
		put_parts(to, value, item);
	} else {
		put_escaped(to, value, item->url_escape);
	}
}

/* i of IPv6: 32 nibbles with dots between (RFC 7208 7.3). */
static slice nibbles(char text[static 64], const struct signet_ip *ip)
{
	for (size_t i = 0; i < 32; i++) {
		unsigned nibble = i % 2 ? ip->octets[i / 2] & 15u : ip->octets[i / 2] >> 4;
		text[2 * i] = "0123456789ABCDEF"[nibble];
		text[2 * i + 1] = '.';
	}
	return slice_make(text, 63);
}

/* What a letter stands for; numbers and addresses are written into `scratch`. */
static slice value_of(char letter, const struct spf_values *v, struct buf *scratch)
{
	switch (letter) {
	case 's':
		return v->sender;
	case 'l':
		return v->local;
	case 'o':
		return v->origin;
	case 'd':
		return v->domain;
	case 'h':
		return v->helo;
	case 'r':
		return v->receiver;
	case 'p':
		return v->validated;
	case 'v':
		return RULE("7208:7.2", v->ip.family == 4) ? S("in-addr") : S("ip6");
	case 't':
		buf_put_number(scratch, v->now > 0 ? (uint64_t)v->now : 0);
		return buf_slice(scratch);
	default: /* c, and i of IPv4 */
		ip_put(scratch, &v->ip);
		return buf_slice(scratch);
	}
}

static void expand(struct sink *to, slice spec, const struct spf_values *values)
{
	struct cursor c = cursor_of(spec);
	struct item item;
	for (;;) {
		char room[64];
		struct buf scratch = { .at = room, .room = sizeof(room), .max = sizeof(room) };
		switch (take_item(&c, to->place, &item)) {
		case ITEM_TEXT:
			put(to, item.text);
			break;
		case ITEM_LETTER:
			if (item.letter == 'i' && values->ip.family == 6) {
				put_value(to, nibbles(room, &values->ip), &item);
			} else {
				put_value(to, value_of(item.letter, values, &scratch), &item);
			}
			break;
		case ITEM_END:
		case ITEM_BROKEN:
			return;
		}
	}
}

/* RFC 7208 7.3: labels go from the left until 253 octets are left. */
static slice drop_labels(slice name)
{
	while (name.len > NAME_OCTETS) {
		name = name_parent(name);
	}
	return name;
}

/* The final dot does not count. */
static slice fit(slice name)
{
	name = name_without_dot(name);
	return RULE("7208:7.3", name.len > NAME_OCTETS) ? drop_labels(name) : name;
}

bool spf_macro_name(slice spec, const struct spf_values *values, struct signet_arena *a, slice *ret)
{
	if (slice_find_char(spec, '%') == SLICE_NONE) {
		*ret = fit(spec);
		return true;
	}
	struct sink to = { .place = SPF_IN_DOMAIN };
	expand(&to, spec, values);
	slice name = arena_copy(a, fit(slice_make(to.octets, to.len)));
	*ret = name;
	return name.at != NULL;
}

bool spf_macro_text(slice text, const struct spf_values *values, struct signet_arena *a, slice *ret)
{
	struct sink to = { .place = SPF_IN_EXPLANATION };
	expand(&to, text, values);
	for (size_t i = 0; i < to.len; i++) {
		if (RULE("7208:11.5.2", !char_is(to.octets[i], C_VCHAR) && to.octets[i] != ' ')) {
			to.octets[i] = '?';
		}
	}
	*ret = arena_copy(a, slice_first(slice_make(to.octets, to.len), SPF_EXPLANATION_OCTETS));
	return ret->at != NULL;
}
