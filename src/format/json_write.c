/* SPDX-License-Identifier: Apache-2.0 */
#include "json_write.h"

#include "../base/escape.h"
#include "../base/utf8.h"

static void before_value(struct json_writer *w)
{
	if (w->comma) {
		buf_put_char(w->to, ',');
	}
	w->comma = true;
}

void json_open(struct json_writer *w, char bracket)
{
	before_value(w);
	buf_put_char(w->to, bracket);
	w->comma = false;
}

void json_close(struct json_writer *w, char bracket)
{
	buf_put_char(w->to, bracket);
	w->comma = true;
}

/* True for octets that stand in a JSON string as they are. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* \uXXXX, twice for what lies beyond U+FFFF (RFC 8259 7): a reader of JSON gets the same text, a terminal obeys none of it. */
static void put_hidden(struct buf *to, uint32_t c)
{
	uint32_t units[2] = { c, 0 };
	if (c > 0xFFFF) {
		units[0] = 0xD800 | (c - 0x10000) >> 10;
		units[1] = 0xDC00 | (c & 0x3FF);
	}
	for (size_t i = 0; i < (c > 0xFFFF ? 2 : 1); i++) {
		const char octets[2] = { (char)(units[i] >> 8), (char)(units[i] & 0xFF) };
		buf_put(to, S("\\u"));
		buf_put_hex(to, slice_make(octets, 2), false);
	}
}

/* Writes one octet or one UTF-8 sequence that is not plain; returns how many octets of `rest` it stood for. */
static size_t put_special(struct buf *to, slice rest)
{
	char c = rest.at[0];
	uint32_t character = 0;
	size_t n = utf8_decode(rest, &character);
	if (c == '"' || c == '\\') {
		buf_put_char(to, '\\');
		buf_put_char(to, c);
	} else if (c == '\n') {
		buf_put(to, S("\\n"));
	} else if (c == '\r') {
		buf_put(to, S("\\r"));
	} else if (c == '\t') {
		buf_put(to, S("\\t"));
	} else if (n == 1 || (n > 1 && escape_is_hidden(character))) {
		put_hidden(to, character);
	} else if (n > 1) {
		buf_put(to, slice_first(rest, n));
	} else {
		buf_put(to, S("\xef\xbf\xbd"));
	}
	return n ? n : 1;
}

static void put_string(struct buf *to, slice text)
{
	buf_put_char(to, '"');
	for (slice rest = text; rest.len;) {
		size_t n = 0;
		while (n < rest.len && is_plain((unsigned char)rest.at[n])) {
			n++;
		}
		buf_put(to, slice_first(rest, n));
		rest = slice_from(rest, n);
		if (rest.len) {
			rest = slice_from(rest, put_special(to, rest));
		}
	}
	buf_put_char(to, '"');
}

void json_key(struct json_writer *w, const char *key)
{
	before_value(w);
	put_string(w->to, slice_of(key));
	buf_put_char(w->to, ':');
	w->comma = false;
}

void json_text(struct json_writer *w, slice text)
{
	before_value(w);
	put_string(w->to, text);
}

void json_number(struct json_writer *w, int64_t n)
{
	before_value(w);
	if (n < 0) {
		buf_put_char(w->to, '-');
	}
	buf_put_number(w->to, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void json_bool(struct json_writer *w, bool b)
{
	before_value(w);
	buf_put_text(w->to, b ? "true" : "false");
}

void json_nothing(struct json_writer *w)
{
	before_value(w);
	buf_put(w->to, S("null"));
}

void json_member_text(struct json_writer *w, const char *key, slice text)
{
	json_key(w, key);
	json_text(w, text);
}

void json_member_name(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	if (text) {
		json_text(w, slice_of(text));
	} else {
		json_nothing(w);
	}
}

void json_member_optional(struct json_writer *w, const char *key, slice text)
{
	json_key(w, key);
	if (text.len) {
		json_text(w, text);
	} else {
		json_nothing(w);
	}
}

void json_member_number(struct json_writer *w, const char *key, int64_t n)
{
	json_key(w, key);
	json_number(w, n);
}

void json_member_bool(struct json_writer *w, const char *key, bool b)
{
	json_key(w, key);
	json_bool(w, b);
}
