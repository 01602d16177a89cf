/* SPDX-License-Identifier: Apache-2.0 */
#include "slice.h"

#include "chars.h"

slice slice_of(const char *text)
{
	return (slice){ text, text ? strlen(text) : 0 };
}

bool slice_eq_nocase(slice a, slice b)
{
	if (a.len != b.len) {
		return false;
	}
	for (size_t i = 0; i < a.len; i++) {
		if (char_lower(a.at[i]) != char_lower(b.at[i])) {
			return false;
		}
	}
	return true;
}

bool slice_is_ascii(slice s)
{
	unsigned char any = 0;
	for (size_t i = 0; i < s.len; i++) {
		any |= (unsigned char)s.at[i];
	}
	return any < 128;
}

bool slice_starts(slice s, slice prefix)
{
	return s.len >= prefix.len && slice_eq(slice_first(s, prefix.len), prefix);
}

bool slice_starts_nocase(slice s, slice prefix)
{
	return s.len >= prefix.len && slice_eq_nocase(slice_first(s, prefix.len), prefix);
}

bool slice_ends_nocase(slice s, slice suffix)
{
	return s.len >= suffix.len && slice_eq_nocase(slice_from(s, s.len - suffix.len), suffix);
}

int slice_compare(slice a, slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.at, b.at, n) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

size_t slice_find_last_char(slice s, char c)
{
	for (size_t i = s.len; i > 0; i--) {
		if (s.at[i - 1] == c) {
			return i - 1;
		}
	}
	return SLICE_NONE;
}

size_t slice_find(slice s, slice needle)
{
	if (needle.len == 0 || s.len < needle.len) {
		return needle.len ? SLICE_NONE : 0;
	}
	/* Most texts do not even have its first octet, and memchr() is fast. */
	const char *first = memchr(s.at, needle.at[0], s.len);
	const char *hit = first ? memmem(first, s.len - (size_t)(first - s.at), needle.at, needle.len) : NULL;
	return hit ? (size_t)(hit - s.at) : SLICE_NONE;
}

/* The first octet of the needle that is no letter, else the first: bodies are large, and memchr() is fast. */
static size_t anchor_of(slice needle)
{
	for (size_t i = 0; i < needle.len; i++) {
		if (!char_is(needle.at[i], C_ALPHA)) {
			return i;
		}
	}
	return 0;
}

static size_t next_of(slice s, size_t from, char c)
{
	size_t n = slice_find_char(slice_from(s, from), c);
	return n == SLICE_NONE ? s.len : from + n;
}

size_t slice_find_nocase(slice s, slice needle)
{
	if (needle.len == 0 || needle.len > s.len) {
		return needle.len ? SLICE_NONE : 0;
	}
	size_t anchor = anchor_of(needle), last = s.len - needle.len + anchor;
	char lower = char_lower(needle.at[anchor]), upper = char_upper(needle.at[anchor]);
	size_t at_lower = next_of(s, anchor, lower), at_upper = lower == upper ? s.len : next_of(s, anchor, upper);
	for (;;) {
		size_t at = at_lower < at_upper ? at_lower : at_upper;
		if (at > last) {
			return SLICE_NONE;
		}
		if (slice_eq_nocase(slice_make(s.at + at - anchor, needle.len), needle)) {
			return at - anchor;
		}
		if (at == at_lower) {
			at_lower = next_of(s, at + 1, lower);
		} else {
			at_upper = next_of(s, at + 1, upper);
		}
	}
}

static slice trim(slice s, uint32_t classes)
{
	while (s.len && char_is(s.at[0], classes)) {
		s.at++;
		s.len--;
	}
	while (s.len && char_is(s.at[s.len - 1], classes)) {
		s.len--;
	}
	return s;
}

slice slice_trim_fws(slice s)
{
	return trim(s, C_WSP | C_CRLF);
}

slice slice_trim_wsp(slice s)
{
	return trim(s, C_WSP);
}
