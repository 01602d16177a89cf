/* SPDX-License-Identifier: Apache-2.0 */
#include "tags.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "../base/map.h"

static enum tag_step broken(struct cursor *c, const char *at, struct tag *ret)
{
	*ret = (struct tag){ .offset = (size_t)(at - c->begin) };
	size_t n = slice_find_char(slice_between(at, c->end), ';');
	c->at = n == SLICE_NONE ? c->end : at + n + 1;
	return TAG_BROKEN;
}

/* tag-name = ALPHA *ALNUMPUNC (RFC 6376 3.2) */
static slice take_name(struct cursor *c)
{
	if (c->at == c->end || !char_is(*c->at, C_ALPHA)) {
		return slice_between(c->at, c->at);
	}
	return cursor_take(c, C_ALPHA | C_DIGIT | C_UNDERSCORE);
}

/* FWS = [*WSP CRLF] 1*WSP.  Nothing is lost by allowing several folds in a row; a line break that no WSP follows is
 * not taken. */
static void skip_folding(struct cursor *c)
{
	for (;;) {
		(void)cursor_take(c, C_WSP);
		if (c->end - c->at < 3 || c->at[0] != '\r' || c->at[1] != '\n' || !char_is(c->at[2], C_WSP)) {
			return;
		}
		c->at += 2;
	}
}

#if defined(__SSE2__)
/* Moves past blocks of octets that may stand in a value, up to the first control character or ";". */
static const char *skip_blocks(const char *at, const char *end)
{
	for (; end - at >= 16; at += 16) {
		__m128i octets = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(octets, _mm_set1_epi8(0x1f)), octets);
		__m128i others = _mm_or_si128(_mm_cmpeq_epi8(octets, _mm_set1_epi8(0x7f)),
					      _mm_cmpeq_epi8(octets, _mm_set1_epi8(';')));
		unsigned stop = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, others));
		if (stop) {
			return at + __builtin_ctz(stop);
		}
	}
	return at;
}
#else
static const char *skip_blocks(const char *at, const char *end)
{
	(void)end;
	return at;
}
#endif

/* tag-value = [ tval *( 1*(WSP / FWS) tval ) ] */
static slice take_value(struct cursor *c)
{
	const char *from = c->at;
	const char *at;
	do {
		at = c->at;
		skip_folding(c);
		c->at = skip_blocks(c->at, c->end);
		(void)cursor_take(c, C_TVAL | C_8BIT);
	} while (c->at != at && cursor_peek(c) != ';');
	return slice_between(from, c->at);
}

enum tag_step tags_next(struct cursor *c, struct tag *ret)
{
	skip_folding(c);
	if (cursor_is_end(c)) {
		return TAG_END;
	}
	struct tag tag = { .offset = cursor_offset(c) };
	tag.name = take_name(c);
	skip_folding(c);
	if (RULE("6376:3.2", tag.name.len == 0 || !cursor_take_char(c, '='))) {
		return broken(c, c->at, ret);
	}
	tag.raw_value = take_value(c);
	tag.value = slice_trim_fws(tag.raw_value);
	if (RULE("6376:3.2", !cursor_is_end(c) && !cursor_take_char(c, ';'))) {
		return broken(c, c->at, ret);
	}
	*ret = tag;
	return TAG_ONE;
}

static struct tag *find_place(slice name, const slice known[], size_t n_known, struct tag places[])
{
	for (size_t i = 0; i < n_known; i++) {
		if (slice_eq(name, known[i])) {
			return &places[i];
		}
	}
	return NULL;
}

/* Puts the tag into its place; false if the name has been there before. */
static bool keep(const struct tag *tag, struct tag *place, struct map *others)
{
	static const char seen = 0;
	if (!place) {
		bool fresh = !map_get(others, tag->name);
		return fresh && map_put(others, tag->name, (void *)(uintptr_t)&seen);
	}
	bool fresh = !tag_is_there(place);
	if (fresh) {
		*place = *tag;
	}
	return fresh;
}

enum tags_fault tags_read(slice text, const slice known[], size_t n_known, struct signet_arena *a, struct tag ret[],
			  struct tag *ret_where)
{
	struct map others;
	map_init(&others, a, (uint64_t)(uintptr_t)text.at);
	for (size_t i = 0; i < n_known; i++) {
		ret[i] = (struct tag){ 0 };
	}
	enum tags_fault fault = TAGS_GOOD;
	struct cursor c = cursor_of(text);
	struct tag tag;
	for (enum tag_step step; (step = tags_next(&c, &tag)) != TAG_END;) {
		bool broken = step == TAG_BROKEN;
		bool fresh = broken || keep(&tag, find_place(tag.name, known, n_known, ret), &others);
		if (fault == TAGS_GOOD && (broken || RULE("6376:3.2", !fresh))) {
			fault = broken ? TAGS_BROKEN : TAGS_TWICE;
			*ret_where = tag;
		}
	}
	return a->failed ? TAGS_NO_MEMORY : fault;
}

slice tag_without_fws(slice value, struct signet_arena *a)
{
	size_t n = 0;
	for (size_t i = 0; i < value.len; i++) {
		n += char_is(value.at[i], C_WSP | C_CRLF);
	}
	if (n == 0) {
		return value;
	}
	char *at = arena_octets(a, value.len);
	if (!at) {
		return (slice){ 0 };
	}
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (!char_is(value.at[i], C_WSP | C_CRLF)) {
			at[len++] = value.at[i];
		}
	}
	return slice_make(at, len);
}

bool tag_take_part(slice *rest, char separator, slice *ret)
{
	if (!rest->at) {
		return false;
	}
	*ret = slice_trim_fws(slice_split(rest, separator));
	return true;
}

bool tag_list_has(slice list, slice wanted)
{
	slice part;
	while (tag_take_part(&list, ':', &part)) {
		if (slice_eq(part, wanted)) {
			return true;
		}
	}
	return false;
}
