/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>

#include "pack.h"
#include "pack_wire.h"

#define SEEN_BITS 10
#define SEEN_ROOM ((size_t)1 << SEEN_BITS)
#define SEEN_OCTETS_MIN 4 /* a shorter text is as short as what would point to it */

/* A text that was written.  A later one in its slot takes it over: then a text stands there twice, no harm done. */
struct seen {
	uint64_t run;
	size_t at;
	size_t len;
};

struct packer {
	struct buf *to;
	struct pack_cut cut;
	bool is_cut;
	uint64_t run; /* marks what is of this one */
	struct seen seen[SEEN_ROOM];
};

struct packer *packer_new(void)
{
	return calloc(1, sizeof(struct packer));
}

void packer_free(struct packer *p)
{
	free(p);
}

static void put_number(struct buf *to, uint64_t n)
{
	char octets[10];
	size_t len = 0;
	while (n > 127) {
		octets[len++] = (char)(unsigned char)(n | 0x80);
		n >>= 7;
	}
	octets[len++] = (char)n;
	buf_put(to, slice_make(octets, len));
}

static void put_key(struct packer *p, const struct pack_row *row, enum pack_wire wire)
{
	put_number(p->to, (uint64_t)row->number << 2 | wire);
}

static size_t slot_of(slice text)
{
	uint64_t hash = text.len;
	while (text.len >= sizeof(uint64_t)) {
		uint64_t octets;
		memcpy(&octets, text.at, sizeof(octets));
		hash = (hash ^ octets) * 0x9E3779B97F4A7C15u;
		hash ^= hash >> 32;
		text = slice_from(text, sizeof(octets));
	}
	for (size_t i = 0; i < text.len; i++) {
		hash = (hash ^ (unsigned char)text.at[i]) * 0x9E3779B97F4A7C15u;
	}
	return (size_t)(hash >> (64 - SEEN_BITS));
}

static void put_text(struct packer *p, const struct pack_row *row, slice text)
{
	if (p->cut.text_octets && text.len > p->cut.text_octets) {
		text.len = p->cut.text_octets;
		p->is_cut = true;
	}
	struct seen *seen = text.len >= SEEN_OCTETS_MIN ? &p->seen[slot_of(text)] : NULL;
	if (seen && seen->run == p->run && slice_eq(slice_make(p->to->at + seen->at, seen->len), text)) {
		put_key(p, row, WIRE_AGAIN);
		put_number(p->to, seen->at);
		put_number(p->to, seen->len);
		return;
	}
	put_key(p, row, WIRE_TEXT);
	put_number(p->to, text.len);
	if (seen && buf_ok(p->to)) {
		*seen = (struct seen) { p->run, p->to->len, text.len };
	}
	buf_put(p->to, text);
	if (seen && !buf_ok(p->to)) {
		seen->run = 0;
	}
}

static uint64_t number_at(const char *at, size_t size)
{
	uint8_t small;
	uint16_t two;
	uint32_t four;
	uint64_t n;
	switch (size) {
	case sizeof(small):
		memcpy(&small, at, sizeof(small));
		return small;
	case sizeof(two):
		memcpy(&two, at, sizeof(two));
		return two;
	case sizeof(four):
		memcpy(&four, at, sizeof(four));
		return four;
	default:
		assert(size == sizeof(n));
		memcpy(&n, at, sizeof(n));
		return n;
	}
}

static const void *pointer_at(const char *at)
{
	const void *pointer;
	memcpy(&pointer, at, sizeof(pointer));
	return pointer;
}

static void put_number_field(struct packer *p, const struct pack_row *row, uint64_t n)
{
	if (n) {
		put_key(p, row, WIRE_NUMBER);
		put_number(p->to, n);
	}
}

static void write_struct(struct packer *p, const struct pack_table *table, const char *from);

static void put_struct(struct packer *p, const struct pack_row *row, const char *from)
{
	put_key(p, row, WIRE_STRUCT);
	write_struct(p, row->of, from);
	buf_put_char(p->to, 0);
}

/* A struct inside another one that is all zero says nothing. */
static void put_inner(struct packer *p, const struct pack_row *row, const char *from)
{
	size_t before = p->to->len;
	put_key(p, row, WIRE_STRUCT);
	size_t begin = p->to->len;
	write_struct(p, row->of, from);
	if (p->to->len == begin && buf_ok(p->to)) {
		p->to->len = before;
	} else {
		buf_put_char(p->to, 0);
	}
}

static size_t count_of(struct packer *p, const struct pack_row *row, const char *from)
{
	size_t n;
	size_t most = row->most ? (size_t)row->most : PACK_ITEMS;
	memcpy(&n, from + row->count_at, sizeof(n));
	if (p->cut.items && p->cut.items < most) {
		most = p->cut.items;
	}
	p->is_cut |= n > most;
	return n < most ? n : most;
}

static void put_list(struct packer *p, const struct pack_row *row, const char *from)
{
	size_t n = count_of(p, row, from);
	const char *items = pointer_at(from + row->at);
	for (size_t i = 0; i < n; i++) {
		put_struct(p, row, items + i * row->of->size);
	}
}

static void put_texts(struct packer *p, const struct pack_row *row, const char *from)
{
	size_t n = count_of(p, row, from);
	const slice *items = pointer_at(from + row->at);
	for (size_t i = 0; i < n; i++) {
		put_text(p, row, items[i]);
	}
}

static void put_word(struct packer *p, const struct pack_row *row, const char *from)
{
	const char *word = pointer_at(from + row->at);
	if (word && (*word || row->kind == PACK_WORD_OR_NULL)) {
		put_text(p, row, slice_of(word));
	}
}

static void put_address(struct packer *p, const struct pack_row *row, const char *from)
{
	struct signet_ip ip;
	memcpy(&ip, from + row->at, sizeof(ip));
	if (ip.family) {
		put_key(p, row, WIRE_TEXT);
		put_number(p->to, ip.family == 4 ? 4 : 16);
		buf_put(p->to, slice_make((const char *)ip.octets, ip.family == 4 ? 4 : 16));
	}
}

static void put_finding(struct packer *p, const struct pack_row *row, uint16_t id)
{
	if (id) {
		put_text(p, row, slice_of(signet_finding_kind(id)->name));
	}
}

static void put_row(struct packer *p, const struct pack_row *row, const char *from)
{
	int64_t n;
	slice text;
	switch (row->kind) {
	case PACK_NUMBER:
		put_number_field(p, row, number_at(from + row->at, row->size));
		break;
	case PACK_SIGNED: /* 0, -1, 1, -2, 2 ... */
		memcpy(&n, from + row->at, sizeof(n));
		put_number_field(p, row, (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0));
		break;
	case PACK_TEXT:
		memcpy(&text, from + row->at, sizeof(text));
		if (text.len) {
			put_text(p, row, text);
		}
		break;
	case PACK_WORD:
	case PACK_WORD_OR_NULL:
		put_word(p, row, from);
		break;
	case PACK_ADDRESS:
		put_address(p, row, from);
		break;
	case PACK_FINDING:
		put_finding(p, row, (uint16_t)number_at(from + row->at, sizeof(uint16_t)));
		break;
	case PACK_STRUCT:
		put_inner(p, row, from + row->at);
		break;
	case PACK_LIST:
		put_list(p, row, from);
		break;
	case PACK_TEXTS:
		put_texts(p, row, from);
		break;
	}
}

static void write_struct(struct packer *p, const struct pack_table *table, const char *from)
{
	for (size_t i = 0; i < table->n; i++) {
		put_row(p, &table->rows[i], from);
	}
}

bool pack_write(struct packer *p, const struct pack_table *table, const struct pack_cut *cut, const void *from,
                struct buf *to)
{
	p->to = to;
	p->cut = cut ? *cut : (struct pack_cut) { 0 };
	p->is_cut = false;
	p->run++;
	buf_clear(to);
	write_struct(p, table, from);
	return p->is_cut;
}
