/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

#include "../base/chars.h"

size_t header_find_end(slice octets, size_t from)
{
	if (octets.len >= 2 && octets.at[0] == '\r' && octets.at[1] == '\n') {
		return 2; /* no field at all */
	}
	from = from > 3 ? from - 3 : 0;
	size_t at = slice_find(slice_from(octets, from), S("\r\n\r\n"));
	return at == SLICE_NONE ? SLICE_NONE : from + at + 4;
}

/* The length of the field that starts `rest`: up to the first CRLF that no WSP follows. */
static size_t field_length(slice rest)
{
	size_t at = 0;
	for (;;) {
		size_t n = slice_find(slice_from(rest, at), S("\r\n"));
		if (n == SLICE_NONE) {
			return rest.len;
		}
		at += n + 2;
		if (at >= rest.len || !char_is(rest.at[at], C_WSP)) {
			return at;
		}
	}
}

static struct mail_field field_of(slice raw)
{
	struct mail_field field = { .raw = raw, .name = slice_first(raw, 0) };
	slice line = raw;
	if (line.len >= 2 && line.at[line.len - 1] == '\n' && line.at[line.len - 2] == '\r') {
		line.len -= 2;
	}
	field.value = line;
	size_t n = 0;
	while (n < line.len && char_is(line.at[n], C_FTEXT)) {
		n++;
	}
	size_t colon = n;
	while (colon < line.len && char_is(line.at[colon], C_WSP)) {
		colon++;
	}
	if (n && colon < line.len && line.at[colon] == ':') {
		field.name = slice_first(line, n);
		field.value = slice_from(line, colon + 1);
	}
	return field;
}

enum signet_status header_parse(slice block, struct signet_arena *a, struct signet_findings *notes,
				struct mail_header *ret)
{
	struct mail_header h = { .block = block };
	(void)notes;
	if (block.len >= 4 && slice_eq(slice_from(block, block.len - 4), S("\r\n\r\n"))) {
		h.block.len -= 2;
	} else if (slice_eq(block, S("\r\n"))) {
		h.block.len = 0;
	}
	size_t n = 0;
	for (slice rest = h.block; rest.len; rest = slice_from(rest, field_length(rest))) {
		n++;
	}
	h.fields = arena_array(a, n ? n : 1, sizeof(*h.fields));
	if (!h.fields) {
		return SIGNET_NO_MEMORY;
	}
	for (slice rest = h.block; rest.len;) {
		size_t len = field_length(rest);
		h.fields[h.n++] = field_of(slice_first(rest, len));
		rest = slice_from(rest, len);
	}
	*ret = h;
	return SIGNET_OK;
}

const struct mail_field *header_find(const struct mail_header *h, slice name, size_t i)
{
	for (size_t k = 0; k < h->n; k++) {
		if (slice_eq_nocase(h->fields[k].name, name) && i-- == 0) {
			return &h->fields[k];
		}
	}
	return NULL;
}

size_t header_count(const struct mail_header *h, slice name)
{
	size_t n = 0;
	for (size_t k = 0; k < h->n; k++) {
		n += slice_eq_nocase(h->fields[k].name, name);
	}
	return n;
}

slice header_unfold(slice value, struct signet_arena *a)
{
	value = slice_trim_fws(value);
	if (slice_find(value, S("\r\n")) == SLICE_NONE) {
		return value;
	}
	char *at = arena_octets(a, value.len);
	if (!at) {
		return (slice){ 0 };
	}
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '\r' && i + 1 < value.len && value.at[i + 1] == '\n') {
			i++;
			continue;
		}
		at[len++] = value.at[i];
	}
	return slice_make(at, len);
}
