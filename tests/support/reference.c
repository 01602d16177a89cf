/* SPDX-License-Identifier: Apache-2.0 */
#include "reference.h"

static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool crlf_at(slice s, size_t i)
{
	return i + 1 < s.len && s.at[i] == '\r' && s.at[i + 1] == '\n';
}

void reference_field(struct buf *b, bool relaxed, slice raw)
{
	if (raw.len >= 2 && crlf_at(raw, raw.len - 2)) {
		raw.len -= 2;
	}
	if (!relaxed) {
		buf_put(b, raw);
		buf_put(b, S("\r\n"));
		return;
	}
	size_t colon = 0;
	while (colon < raw.len && raw.at[colon] != ':') {
		colon++;
	}
	for (size_t i = 0; i < colon; i++) {
		char c = raw.at[i];
		if (!is_wsp(c)) {
			buf_put_char(b, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
		}
	}
	buf_put_char(b, ':');
	bool space = false, content = false;
	for (size_t i = colon + 1; i < raw.len; i++) {
		if (crlf_at(raw, i)) {
			i++; /* unfolded */
		} else if (is_wsp(raw.at[i])) {
			space = true;
		} else {
			if (space && content) {
				buf_put_char(b, ' ');
			}
			space = false;
			content = true;
			buf_put_char(b, raw.at[i]);
		}
	}
	buf_put(b, S("\r\n"));
}

/* One line without its CRLF. */
static void put_line(struct buf *b, bool relaxed, slice line)
{
	size_t end = line.len;
	while (relaxed && end > 0 && is_wsp(line.at[end - 1])) {
		end--;
	}
	for (size_t i = 0; i < end; i++) {
		bool wsp = relaxed && is_wsp(line.at[i]);
		if (!wsp) {
			buf_put_char(b, line.at[i]);
		} else if (i == 0 || !is_wsp(line.at[i - 1])) {
			buf_put_char(b, ' ');
		}
	}
}

void reference_body(struct buf *b, bool relaxed, slice body)
{
	size_t from = b->len;
	size_t start = 0;
	for (size_t i = 0; i < body.len;) {
		if (crlf_at(body, i)) {
			put_line(b, relaxed, slice_first(slice_from(body, start), i - start));
			buf_put(b, S("\r\n"));
			i += 2;
			start = i;
		} else {
			i++;
		}
	}
	size_t before = b->len;
	put_line(b, relaxed, slice_from(body, start));
	if (b->len > before) {
		buf_put(b, S("\r\n")); /* a last line without CRLF */
	}
	while (b->len - from >= 4 && memcmp(b->at + b->len - 4, "\r\n\r\n", 4) == 0) {
		b->len -= 2;
	}
	bool only_empty = b->len - from == 2 && memcmp(b->at + from, "\r\n", 2) == 0;
	if (relaxed && only_empty) {
		b->len = from;
	} else if (!relaxed && b->len == from) {
		buf_put(b, S("\r\n"));
	}
}
