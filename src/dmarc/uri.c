/* SPDX-License-Identifier: Apache-2.0 */
#include "uri.h"

#include "../base/cursor.h"
#include "../base/name.h"

#define MAILTO S("mailto:")

bool dmarc_uri_is_mailto(slice uri)
{
	return slice_starts_nocase(uri, MAILTO);
}

/* unreserved / pct-encoded / gen-delims / sub-delims (RFC 3986 2), without "," and "!", which must be encoded. */
static bool is_uri_text(slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '%') {
			if (s.len - i < 3 || char_hex(s.at[i + 1]) < 0 || char_hex(s.at[i + 2]) < 0) {
				return false;
			}
		} else if (!char_is(s.at[i], C_UNRESERVED) &&
			   slice_find_char(S(":/?#[]@$&'()*+="), s.at[i]) == SLICE_NONE) {
			return false;
		}
	}
	return true;
}

/* URI = scheme ":" hier-part; scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 3) */
static bool is_uri(slice s)
{
	struct cursor c = cursor_of(s);
	if (cursor_is_end(&c) || !char_is(*c.at, C_ALPHA)) {
		return false;
	}
	while (cursor_take(&c, C_LDH).len || cursor_take_char(&c, '+') || cursor_take_char(&c, '.')) {
	}
	return cursor_take_char(&c, ':') && !cursor_is_end(&c) && is_uri_text(s);
}

/* What stands between "mailto:" and the header fields, if it is one address; else empty.  A second address would
 * escape the check of RFC 9990 4, which looks at one host. */
static slice mailto_address(slice uri)
{
	slice address = slice_from(uri, MAILTO.len);
	address = slice_first(address, slice_find_char(address, '?'));
	size_t at = slice_find_char(address, '@');
	bool one = at != SLICE_NONE && at == slice_find_last_char(address, '@') && at > 0 && at + 1 < address.len;
	return one && slice_find_nocase(address, S("%2c")) == SLICE_NONE ? address : (slice){ 0 };
}

/* "!" 1*DIGIT [ "k" / "m" / "g" / "t" ] (RFC 7489 6.4) */
static bool is_size(slice s)
{
	uint64_t size;
	if (s.len && slice_find_char(S("kmgt"), char_lower(s.at[s.len - 1])) != SLICE_NONE) {
		s.len--;
	}
	return number_parse(s, UINT64_MAX, &size);
}

bool dmarc_uri_parse(slice part, slice *ret, bool *ret_has_size)
{
	size_t mark = slice_find_last_char(part, '!');
	slice uri = slice_first(part, mark);
	if (mark != SLICE_NONE && RULE("7489:6.4", !is_size(slice_from(part, mark + 1)))) {
		return false;
	}
	if (RULE("9989:4.8", !is_uri(uri))) {
		return false;
	}
	if (dmarc_uri_is_mailto(uri) && RULE("6068:2", mailto_address(uri).len == 0)) {
		return false;
	}
	*ret = uri;
	*ret_has_size = mark != SLICE_NONE;
	return true;
}

slice dmarc_uri_host(slice uri, struct signet_arena *a)
{
	slice host = { 0 };
	slice normal;
	if (dmarc_uri_is_mailto(uri)) {
		slice address = mailto_address(uri);
		host = slice_from(address, slice_find_char(address, '@') + 1);
	} else {
		size_t authority = slice_find(uri, S("://"));
		host = authority == SLICE_NONE ? host : slice_from(uri, authority + 3);
		host = slice_first(host, slice_find_char(host, '/'));
		host = slice_first(host, slice_find_char(host, '?'));
		host = slice_first(host, slice_find_char(host, '#'));
		host = slice_from(host, slice_find_last_char(host, '@') + 1); /* SLICE_NONE + 1 is 0 */
		host = slice_first(host, slice_find_char(host, ':'));
	}
	return host.len && name_normalize(host, a, &normal) == NAME_GOOD ? normal : (slice){ 0 };
}
