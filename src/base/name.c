/* SPDX-License-Identifier: Apache-2.0 */
#include "name.h"

#include <idn2.h>

#include "chars.h"

slice name_without_dot(slice name)
{
	return name.len && name.at[name.len - 1] == '.' ? slice_first(name, name.len - 1) : name;
}

/* Copies `name` with a NUL for libidn2, which takes C strings. */
static const char *c_string(slice name, struct signet_arena *a)
{
	char *at = arena_octets(a, name.len + 1);
	if (!at || memchr(name.at, 0, name.len)) {
		return NULL;
	}
	memcpy(at, name.at, name.len);
	at[name.len] = 0;
	return at;
}

static bool is_alabel(slice label)
{
	return slice_starts_nocase(label, S("xn--"));
}

/* An A-label must be the encoding of something that is not ASCII, and encode back to itself (RFC 5891 5.4). */
static bool alabel_is_real(slice label, struct signet_arena *a)
{
	const char *ascii = c_string(label, a);
	char *unicode = NULL;
	char *again = NULL;
	bool real = false;
	if (ascii && idn2_to_unicode_8z8z(ascii, &unicode, 0) == IDN2_OK) {
		bool has_8bit = false;
		for (const char *at = unicode; *at; at++) {
			has_8bit |= char_is(*at, C_8BIT);
		}
		real = has_8bit && idn2_to_ascii_8z(unicode, &again, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
		       slice_eq_nocase(label, slice_of(again));
	}
	idn2_free(unicode);
	idn2_free(again);
	return real;
}

static bool labels_are_good(slice name, struct signet_arena *a)
{
	if (name.len == 0 || name.len > NAME_OCTETS) {
		return false;
	}
	for (slice rest = name; rest.at;) {
		slice label = slice_split(&rest, '.');
		if (label.len == 0 || label.len > LABEL_OCTETS) {
			return false;
		}
		for (size_t i = 0; i < label.len; i++) {
			if (!char_is(label.at[i], C_LDH | C_UNDERSCORE)) {
				return false;
			}
		}
		if (is_alabel(label) && !alabel_is_real(label, a)) {
			return false;
		}
	}
	return true;
}

enum name_kind name_normalize(slice name, struct signet_arena *a, slice *ret)
{
	bool has_8bit = false;
	bool has_upper = false;
	slice normal = name_without_dot(name);
	for (size_t i = 0; i < normal.len; i++) {
		has_8bit |= char_is(normal.at[i], C_8BIT);
		has_upper |= normal.at[i] >= 'A' && normal.at[i] <= 'Z';
	}
	if (normal.len == 0 || normal.len > 4 * NAME_OCTETS) {
		return NAME_BAD;
	}
	if (has_8bit) {
		const char *utf8 = c_string(normal, a);
		char *ascii = NULL;
		if (!utf8 || idn2_to_ascii_8z(utf8, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) {
			idn2_free(ascii);
			return NAME_BAD;
		}
		normal = arena_lower(a, name_without_dot(slice_of(ascii)));
		idn2_free(ascii);
	} else if (has_upper) {
		normal = arena_lower(a, normal);
	}
	if (!labels_are_good(normal, a)) {
		return NAME_BAD;
	}
	*ret = normal;
	return NAME_GOOD;
}

bool name_is_askable(slice name)
{
	name = name_without_dot(name);
	if (name.len == 0 || name.len > NAME_OCTETS) {
		return false;
	}
	for (slice rest = name; rest.at;) {
		slice label = slice_split(&rest, '.');
		if (label.len == 0 || label.len > LABEL_OCTETS) {
			return false;
		}
	}
	return true;
}

size_t name_count_labels(slice name)
{
	name = name_without_dot(name);
	size_t n = name.len ? 1 : 0;
	for (size_t i = 0; i < name.len; i++) {
		n += name.at[i] == '.';
	}
	return n;
}

slice name_parent(slice name)
{
	size_t dot = slice_find_char(name, '.');
	return dot == SLICE_NONE ? slice_from(name, name.len) : slice_from(name, dot + 1);
}

slice name_last_labels(slice name, size_t n)
{
	for (size_t have = name_count_labels(name); have > n; have--) {
		name = name_parent(name);
	}
	return name;
}

bool name_eq(slice a, slice b)
{
	return slice_eq_nocase(name_without_dot(a), name_without_dot(b));
}

bool name_is_at_or_below(slice name, slice ancestor)
{
	name = name_without_dot(name);
	ancestor = name_without_dot(ancestor);
	if (!slice_ends_nocase(name, ancestor) || ancestor.len == 0) {
		return false;
	}
	return name.len == ancestor.len || name.at[name.len - ancestor.len - 1] == '.';
}

slice name_display(slice name, struct signet_arena *a)
{
	const char *ascii = slice_find_nocase(name, S("xn--")) != SLICE_NONE ? c_string(name, a) : NULL;
	char *unicode = NULL;
	slice shown = name;
	if (ascii && idn2_to_unicode_8z8z(ascii, &unicode, 0) == IDN2_OK) {
		shown = arena_copy(a, slice_of(unicode));
	}
	idn2_free(unicode);
	return shown;
}
