/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>

void script_put(struct buf *b, char command, slice data)
{
	size_t length = data.len + 1;
	for (int shift = 24; shift >= 0; shift -= 8) {
		buf_put_char(b, (char)(length >> shift & 0xff));
	}
	buf_put_char(b, command);
	buf_put(b, data);
}

static void put_options(struct buf *b, const char *numbers)
{
	char data[12];
	for (size_t i = 0; i < 3; i++) {
		char *end;
		unsigned long n = strtoul(numbers, &end, 16);
		numbers = end;
		for (size_t k = 0; k < 4; k++) {
			data[4 * i + k] = (char)(n >> (24 - 8 * k) & 0xff);
		}
	}
	script_put(b, 'O', slice_make(data, sizeof(data)));
}

static void put_line(struct buf *b, slice line)
{
	struct buf data;
	buf_init(&data, 1 << 20);
	for (size_t i = 2; i < line.len; i++) {
		char c = line.at[i];
		if (c == '~') {
			buf_put(&data, S("\r\n"));
		} else {
			buf_put_char(&data, (char)(c == '|' ? '\0' : c == '^' ? '\n' : c));
		}
	}
	if (line.at[0] == 'O') {
		buf_put_char(&data, '\0');
		put_options(b, data.at);
	} else {
		script_put(b, line.at[0], buf_slice(&data));
	}
	buf_finish(&data);
}

void script_put_all(struct buf *b, const char *text)
{
	for (slice rest = slice_of(text); rest.at;) {
		slice line = slice_split(&rest, '\n');
		if (line.len) {
			put_line(b, line);
		}
	}
}

static uint32_t number(slice s)
{
	const unsigned char *p = (const unsigned char *)s.at;
	return s.len < 4 ? 0 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_hex(struct buf *b, uint32_t n)
{
	char text[16];
	snprintf(text, sizeof(text), " %x", n);
	buf_put_text(b, text);
}

/* "O 6 131 1ff380 2=[i {auth_type}]" */
static void tell_options(struct buf *b, slice data)
{
	for (size_t i = 0; i < 3; i++) {
		put_hex(b, number(slice_from(data, 4 * i)));
	}
	for (data = slice_from(data, 12); data.len > 4;) {
		put_hex(b, number(data));
		data = slice_from(data, 4);
		slice names = slice_split(&data, '\0');
		buf_put_text(b, "=[");
		buf_put(b, names);
		buf_put_text(b, "]");
	}
}

void script_tell(struct buf *b, slice out)
{
	while (out.len >= 5) {
		size_t n = number(out) - 1;
		char letter = out.at[4];
		slice data = slice_first(slice_from(out, 5), n);
		out = slice_from(out, 5 + n);
		buf_put_char(b, letter);
		if (letter == 'O') {
			tell_options(b, data);
		} else if (letter == 'i' || letter == 'm') {
			put_hex(b, number(data));
			data = slice_from(data, 4);
			slice name = slice_split(&data, '\0');
			buf_put_char(b, ' ');
			buf_put(b, name);
			buf_put_text(b, "=[");
			buf_put(b, slice_first(data, data.len - 1));
			buf_put_text(b, "]");
		} else if (data.len) {
			buf_put_char(b, ' ');
			buf_put(b, slice_first(data, data.len - 1));
		}
		buf_put_char(b, '\n');
	}
}
