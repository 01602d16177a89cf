/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include "../../src/base/chars.h"
#include "../../src/base/ip.h"

#define NUMBER_OCTETS 4
#define QUARANTINE_OCTETS 200 /* Postfix keeps 100 */

/* ---- reading ---- */

static uint32_t number_at(slice in, size_t at)
{
	const unsigned char *p = (const unsigned char *)in.at + at;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool codec_head_read(slice in, char *ret_command, size_t *ret_octets)
{
	uint32_t length = number_at(in, 0);
	if (length == 0) {
		return false;
	}
	*ret_command = in.at[NUMBER_OCTETS];
	*ret_octets = length - 1;
	return true;
}

bool codec_text_take(slice *rest, slice *ret)
{
	size_t n = slice_find_char(*rest, '\0');
	if (n == SLICE_NONE) {
		return false;
	}
	*ret = slice_first(*rest, n);
	*rest = slice_from(*rest, n + 1);
	return true;
}

bool codec_text_read(slice data, slice *ret)
{
	slice text;
	if (!codec_text_take(&data, &text) || data.len > 0) {
		return false;
	}
	*ret = text;
	return true;
}

/* What comes behind the three numbers is of a version to come. */
bool codec_options_read(slice data, struct codec_options *ret)
{
	if (data.len < 3 * NUMBER_OCTETS) {
		return false;
	}
	*ret = (struct codec_options) {
		.version = number_at(data, 0),
		.actions = number_at(data, NUMBER_OCTETS),
		.protocol = number_at(data, 2 * NUMBER_OCTETS),
	};
	return true;
}

/* "192.0.2.1", "IPv6:2001:db8::1", "fe80::1%eth0" */
static bool read_ip(char family, slice text, struct signet_ip *ret)
{
	if (family == '4') {
		return ip_parse_v4(text, ret);
	}
	if (slice_starts_nocase(text, S("IPv6:"))) {
		text = slice_from(text, 5);
	}
	text = slice_first(text, slice_find_char(text, '%'));
	if (!ip_parse_v6(text, ret)) {
		return false;
	}
	ip_unmap(ret);
	return true;
}

bool codec_connect_read(slice data, struct codec_connect *ret)
{
	struct codec_connect c = { 0 };
	slice address;
	if (!codec_text_take(&data, &c.host) || data.len == 0) {
		return false;
	}
	char family = data.at[0];
	data = slice_from(data, 1);
	if (family == 'U') { /* Sendmail ends here, Postfix says port 0 and an empty address */
		*ret = c;
		return true;
	}
	if ((family != '4' && family != '6' && family != 'L') || data.len < 2) {
		return false;
	}
	c.port = (uint16_t)((unsigned char)data.at[0] << 8 | (unsigned char)data.at[1]);
	if (!codec_text_read(slice_from(data, 2), &address)) {
		return false;
	}
	if (family == 'L') { /* the path of a socket */
		c.port = 0;
	} else if (!read_ip(family, address, &c.ip)) {
		return false;
	}
	*ret = c;
	return true;
}

static bool ends_with_nul(slice data)
{
	return data.len > 0 && data.at[data.len - 1] == '\0';
}

bool codec_envelope_read(slice data, slice *ret_address, slice *ret_arguments)
{
	slice address;
	if (!ends_with_nul(data) || !codec_text_take(&data, &address)) {
		return false;
	}
	*ret_address = address;
	*ret_arguments = data;
	return true;
}

bool codec_field_read(slice data, slice *ret_name, slice *ret_value)
{
	slice name, value;
	if (!codec_text_take(&data, &name) || name.len == 0 || !codec_text_read(data, &value)) {
		return false;
	}
	*ret_name = name;
	*ret_value = value;
	return true;
}

bool codec_macros_read(slice data, char *ret_command, slice *ret_pairs)
{
	size_t strings = 0;
	if (data.len == 0) {
		return false;
	}
	slice pairs = slice_from(data, 1), text;
	for (slice rest = pairs; rest.len; strings++) {
		if (!codec_text_take(&rest, &text)) {
			return false;
		}
	}
	if (strings % 2 != 0) {
		return false;
	}
	*ret_command = data.at[0];
	*ret_pairs = pairs;
	return true;
}

bool codec_macro_take(slice *pairs, slice *ret_name, slice *ret_value)
{
	slice name, value;
	if (!codec_text_take(pairs, &name) || !codec_text_take(pairs, &value)) {
		return false;
	}
	if (name.len >= 2 && name.at[0] == '{' && name.at[name.len - 1] == '}') {
		name = slice_make(name.at + 1, name.len - 2);
	}
	*ret_name = name;
	*ret_value = value;
	return true;
}

/* Behind "@a,@b:"; a colon inside [ ] belongs to an IPv6 address. */
static slice without_route(slice path)
{
	bool literal = false;
	for (size_t i = 0; path.len && path.at[0] == '@' && i < path.len; i++) {
		char c = path.at[i];
		literal = c == '[' || (literal && c != ']');
		if (c == ':' && !literal) {
			return slice_from(path, i + 1);
		}
	}
	return path;
}

slice codec_address(slice path)
{
	path = slice_trim_wsp(path);
	if (path.len && path.at[0] == '<') {
		path = slice_from(path, 1);
		path = slice_first(path, slice_find_last_char(path, '>'));
	}
	return without_route(path);
}

/* ---- writing ---- */

static void put_number(struct buf *b, uint32_t n)
{
	char *to = buf_reserve(b, NUMBER_OCTETS);
	for (size_t i = 0; to && i < NUMBER_OCTETS; i++) {
		to[i] = (char)(n >> (24 - 8 * i) & 0xff);
	}
	b->len += to ? NUMBER_OCTETS : 0;
}

/* Returns where the frame begins; its length is filled in by finish(). */
static size_t begin(struct buf *b, char command)
{
	size_t at = b->len;
	put_number(b, 0);
	buf_put_char(b, command);
	return at;
}

/* A frame that did not become whole is taken back. */
static void finish(struct buf *b, size_t at)
{
	if (!buf_ok(b)) {
		b->len = at;
		return;
	}
	size_t end = b->len;
	uint32_t length = (uint32_t)(end - at - NUMBER_OCTETS);
	b->len = at;
	put_number(b, length);
	b->len = end;
}

/* A string that the mail server puts into a message: line ends are LF, and NUL would end it early. */
static void put_text(struct buf *b, slice text)
{
	char *to = buf_reserve(b, text.len + 1);
	size_t n = 0;
	for (size_t i = 0; to && i < text.len; i++) {
		if (text.at[i] != '\r' && text.at[i] != '\0') {
			to[n++] = text.at[i];
		}
	}
	if (to) {
		to[n] = '\0';
		b->len += n + 1;
	}
}

void codec_put_options(struct buf *b, const struct codec_options *options, const struct codec_symbols *symbols,
                       size_t n_symbols)
{
	size_t at = begin(b, 'O');
	put_number(b, options->version);
	put_number(b, options->actions);
	put_number(b, options->protocol);
	for (size_t i = 0; i < n_symbols; i++) {
		put_number(b, symbols[i].stage);
		put_text(b, slice_of(symbols[i].names));
	}
	finish(b, at);
}

void codec_put_reply(struct buf *b, char reply)
{
	finish(b, begin(b, reply));
}

/* Takes "5.7.1 " (RFC 3463 2); empty if there is none. */
static slice take_enhanced(slice *text)
{
	size_t at = 0, numbers = 0, digits = 0;
	for (; at < text->len && numbers < 3; at++) {
		char c = text->at[at];
		if (char_is(c, C_DIGIT) && digits < 3) {
			digits++;
		} else if (digits > 0 && c == (numbers < 2 ? '.' : ' ')) {
			numbers++;
			digits = 0;
		} else {
			return (slice) { 0 };
		}
	}
	slice code = slice_first(*text, numbers == 3 ? at : 0);
	*text = slice_from(*text, code.len);
	return code;
}

/* Printable ASCII, "%" twice: Sendmail takes the text for a format, Postfix undoes what is double. */
static void put_reply_line(struct buf *b, slice line, size_t room)
{
	for (size_t i = 0; i < line.len && i < room; i++) {
		char c = line.at[i];
		buf_put_char(b, char_is(c, C_VCHAR) || c == ' ' ? c : '?');
		if (c == '%') {
			buf_put_char(b, c);
		}
	}
}

static bool is_reply_code(slice code, char reply_class)
{
	return code.len == 4 && code.at[0] == reply_class && char_is(code.at[1], C_DIGIT) &&
	       char_is(code.at[2], C_DIGIT) && code.at[3] == ' ';
}

bool codec_put_reply_text(struct buf *b, slice text, char reply_class)
{
	slice code = slice_first(text, 4);
	if (!is_reply_code(code, reply_class)) {
		return false;
	}
	text = slice_from(text, code.len);
	slice enhanced = take_enhanced(&text);
	if (enhanced.len && enhanced.at[0] != reply_class) {
		return false;
	}
	size_t at = begin(b, 'y');
	while (text.at) {
		slice line = slice_split(&text, '\n');
		buf_put(b, slice_first(code, 3));
		buf_put_char(b, text.at ? '-' : ' ');
		buf_put(b, enhanced);
		put_reply_line(b, line, CODEC_REPLY_OCTETS - code.len - enhanced.len);
		buf_put(b, text.at ? S("\r\n") : S("\0"));
	}
	finish(b, at);
	return true;
}

void codec_put_quarantine(struct buf *b, slice reason)
{
	size_t at = begin(b, 'q');
	reason = slice_first(reason, QUARANTINE_OCTETS);
	for (size_t i = 0; i < reason.len; i++) {
		char c = reason.at[i];
		buf_put_char(b, char_is(c, C_VCHAR) || c == ' ' ? c : '?');
	}
	buf_put_char(b, '\0');
	finish(b, at);
}

static void put_change(struct buf *b, char command, uint32_t index, slice name, slice value)
{
	size_t at = begin(b, command);
	put_number(b, index);
	put_text(b, name);
	put_text(b, value);
	finish(b, at);
}

void codec_put_insert(struct buf *b, uint32_t index, slice name, slice value, bool leading_space)
{
	if (!leading_space && slice_starts(value, S(" "))) {
		value = slice_from(value, 1);
	}
	put_change(b, 'i', index, name, value);
}

void codec_put_delete(struct buf *b, uint32_t index, slice name)
{
	put_change(b, 'm', index, name, S(""));
}
