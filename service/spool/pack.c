/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"

#include <assert.h>
#include <stdlib.h>

#define SEEN_BITS 10
#define SEEN_ROOM ((size_t)1 << SEEN_BITS)
#define SEEN_OCTETS_MIN 4 /* a shorter text is as short as what would point to it */
#define FIRST_ITEMS 4

enum wire {
	WIRE_NUMBER,
	WIRE_TEXT,
	WIRE_AGAIN,
	WIRE_STRUCT,
};

/* ---- writing ---- */

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

static void put_key(struct packer *p, const struct pack_row *row, enum wire wire)
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
	const char *items;
	size_t n = count_of(p, row, from);
	memcpy(&items, from + row->at, sizeof(items));
	for (size_t i = 0; i < n; i++) {
		put_struct(p, row, items + i * row->of->size);
	}
}

static void put_texts(struct packer *p, const struct pack_row *row, const char *from)
{
	const slice *items;
	size_t n = count_of(p, row, from);
	memcpy(&items, from + row->at, sizeof(items));
	for (size_t i = 0; i < n; i++) {
		put_text(p, row, items[i]);
	}
}

static void put_word(struct packer *p, const struct pack_row *row, const char *from)
{
	const char *word;
	memcpy(&word, from + row->at, sizeof(word));
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
		put_text(p, row,
		         slice_of(signet_finding_kind((uint16_t)number_at(from + row->at, sizeof(uint16_t)))->name));
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

/* ---- reading ---- */

struct unpacker {
	const unsigned char *begin, *at, *end;
	struct signet_arena *arena;
};

struct key {
	uint64_t number;
	enum wire wire;
};

static bool take_number(struct unpacker *u, uint64_t *ret)
{
	uint64_t n = 0;
	for (unsigned shift = 0; shift < 64 && u->at < u->end; shift += 7) {
		unsigned char octet = *u->at++;
		n |= (uint64_t)(octet & 0x7f) << shift;
		if (!(octet & 0x80)) {
			*ret = n;
			return shift < 63 || octet < 2;
		}
	}
	return false;
}

static bool take_text(struct unpacker *u, enum wire wire, slice *ret)
{
	uint64_t at = 0, len;
	if (wire == WIRE_AGAIN && !take_number(u, &at)) {
		return false;
	}
	if ((wire != WIRE_TEXT && wire != WIRE_AGAIN) || !take_number(u, &len)) {
		return false;
	}
	size_t known = (size_t)(wire == WIRE_AGAIN ? u->at - u->begin : u->end - u->at);
	if (at > known || len > known - at) {
		return false;
	}
	if (wire == WIRE_AGAIN) {
		*ret = slice_make((const char *)u->begin + at, (size_t)len);
	} else {
		*ret = slice_make((const char *)u->at, (size_t)len);
		u->at += len;
	}
	return true;
}

/* False at the end of the struct, with `*ret_good` false if it is not where it should be. */
static bool take_key(struct unpacker *u, unsigned depth, struct key *ret, bool *ret_good)
{
	uint64_t key;
	if (u->at == u->end) {
		*ret_good = depth == 0;
		return false;
	}
	*ret_good = take_number(u, &key);
	if (!*ret_good || key == 0) {
		*ret_good = *ret_good && depth > 0;
		return false;
	}
	*ret = (struct key) { key >> 2, (enum wire)(key & 3) };
	return true;
}

/* Something of a later version. */
static bool skip(struct unpacker *u, enum wire wire, unsigned depth)
{
	uint64_t number;
	slice text;
	struct key key;
	bool good;
	if (wire == WIRE_NUMBER) {
		return take_number(u, &number);
	}
	if (wire != WIRE_STRUCT) {
		return take_text(u, wire, &text);
	}
	if (depth >= PACK_DEPTH) {
		return false;
	}
	while (take_key(u, depth, &key, &good)) {
		if (!skip(u, key.wire, depth + 1)) {
			return false;
		}
	}
	return good;
}

static bool store_number(char *to, size_t size, uint64_t n)
{
	const uint8_t small = (uint8_t)n;
	const uint16_t two = (uint16_t)n;
	const uint32_t four = (uint32_t)n;
	switch (size) {
	case sizeof(small):
		memcpy(to, &small, sizeof(small));
		return small == n;
	case sizeof(two):
		memcpy(to, &two, sizeof(two));
		return two == n;
	case sizeof(four):
		memcpy(to, &four, sizeof(four));
		return four == n;
	default:
		memcpy(to, &n, sizeof(n));
		return size == sizeof(n);
	}
}

static bool read_number(struct unpacker *u, const struct pack_row *row, char *to)
{
	uint64_t n;
	return take_number(u, &n) && (!row->most || n <= row->most) && store_number(to + row->at, row->size, n);
}

static bool read_signed(struct unpacker *u, const struct pack_row *row, char *to)
{
	uint64_t n;
	if (!take_number(u, &n)) {
		return false;
	}
	int64_t value = (int64_t)(n >> 1) ^ (n & 1 ? -1 : 0);
	memcpy(to + row->at, &value, sizeof(value));
	return true;
}

static bool read_text(struct unpacker *u, const struct pack_row *row, enum wire wire, char *to)
{
	slice text;
	if (!take_text(u, wire, &text)) {
		return false;
	}
	memcpy(to + row->at, &text, sizeof(text));
	return true;
}

static bool read_word(struct unpacker *u, const struct pack_row *row, enum wire wire, char *to)
{
	slice text;
	char *word = take_text(u, wire, &text) ? arena_octets(u->arena, text.len + 1) : NULL;
	if (!word) {
		return false;
	}
	if (text.len) {
		memcpy(word, text.at, text.len);
	}
	word[text.len] = 0;
	memcpy(to + row->at, &word, sizeof(word));
	return true;
}

static bool read_address(struct unpacker *u, const struct pack_row *row, enum wire wire, char *to)
{
	slice text;
	struct signet_ip ip = { 0 };
	if (!take_text(u, wire, &text) || (text.len != 4 && text.len != 16)) {
		return false;
	}
	ip.family = text.len == 4 ? 4 : 6;
	memcpy(ip.octets, text.at, text.len);
	memcpy(to + row->at, &ip, sizeof(ip));
	return true;
}

static bool read_finding(struct unpacker *u, const struct pack_row *row, enum wire wire, char *to)
{
	slice name;
	if (!take_text(u, wire, &name)) {
		return false;
	}
	uint16_t id = signet_finding_id(name);
	memcpy(to + row->at, &id, sizeof(id));
	return true;
}

/* Room for one more element of a list.  It has room for 4, 8, 16 ... */
static char *append(struct unpacker *u, const struct pack_row *row, size_t size, char *to)
{
	size_t n;
	char *items;
	memcpy(&n, to + row->count_at, sizeof(n));
	memcpy(&items, to + row->at, sizeof(items));
	if (n >= (row->most ? row->most : PACK_ITEMS)) {
		return NULL;
	}
	if (n == 0 || (n >= FIRST_ITEMS && (n & (n - 1)) == 0)) {
		char *more = arena_array(u->arena, n ? 2 * n : FIRST_ITEMS, size);
		if (!more) {
			return NULL;
		}
		if (n) {
			memcpy(more, items, n * size);
		}
		items = more;
		memcpy(to + row->at, &items, sizeof(items));
	}
	n++;
	memcpy(to + row->count_at, &n, sizeof(n));
	return items + (n - 1) * size;
}

static bool read_struct(struct unpacker *u, const struct pack_table *table, unsigned depth, char *to);

static bool read_item(struct unpacker *u, const struct pack_row *row, unsigned depth, char *to)
{
	char *item = append(u, row, row->of->size, to);
	return item && read_struct(u, row->of, depth + 1, item);
}

static bool read_item_text(struct unpacker *u, const struct pack_row *row, enum wire wire, char *to)
{
	slice text;
	char *item = take_text(u, wire, &text) ? append(u, row, sizeof(text), to) : NULL;
	if (item) {
		memcpy(item, &text, sizeof(text));
	}
	return item;
}

static bool read_row(struct unpacker *u, const struct pack_row *row, enum wire wire, unsigned depth, char *to)
{
	switch (row->kind) {
	case PACK_NUMBER:
		return wire == WIRE_NUMBER && read_number(u, row, to);
	case PACK_SIGNED:
		return wire == WIRE_NUMBER && read_signed(u, row, to);
	case PACK_TEXT:
		return read_text(u, row, wire, to);
	case PACK_WORD:
	case PACK_WORD_OR_NULL:
		return read_word(u, row, wire, to);
	case PACK_ADDRESS:
		return read_address(u, row, wire, to);
	case PACK_FINDING:
		return read_finding(u, row, wire, to);
	case PACK_STRUCT:
		return wire == WIRE_STRUCT && read_struct(u, row->of, depth + 1, to + row->at);
	case PACK_LIST:
		return wire == WIRE_STRUCT && read_item(u, row, depth, to);
	case PACK_TEXTS:
		return read_item_text(u, row, wire, to);
	}
	return false;
}

/* Rows are written in the order of their table, so the next one is mostly the one behind the last. */
static const struct pack_row *find_row(const struct pack_table *table, uint64_t number, size_t *hint)
{
	for (size_t tried = 0; tried < table->n; tried++) {
		size_t i = (*hint + tried) % table->n;
		if (table->rows[i].number == number) {
			*hint = i;
			return &table->rows[i];
		}
	}
	return NULL;
}

static void clear(const struct pack_table *table, char *to)
{
	static const char *const nothing = "";
	memset(to, 0, table->size);
	for (size_t i = 0; i < table->n; i++) {
		const struct pack_row *row = &table->rows[i];
		if (row->kind == PACK_WORD) {
			memcpy(to + row->at, &nothing, sizeof(nothing));
		} else if (row->kind == PACK_STRUCT) {
			clear(row->of, to + row->at);
		}
	}
}

/* A struct that comes twice is the last one: what the first one held is gone. */
static bool read_struct(struct unpacker *u, const struct pack_table *table, unsigned depth, char *to)
{
	struct key key;
	size_t hint = 0;
	bool good;
	if (depth > PACK_DEPTH) {
		return false;
	}
	clear(table, to);
	while (take_key(u, depth, &key, &good)) {
		const struct pack_row *row = find_row(table, key.number, &hint);
		if (!(row ? read_row(u, row, key.wire, depth, to) : skip(u, key.wire, depth + 1))) {
			return false;
		}
	}
	return good;
}

bool pack_read(slice octets, const struct pack_table *table, struct signet_arena *a, void *ret)
{
	struct unpacker u = {
		.begin = (const unsigned char *)octets.at,
		.at = (const unsigned char *)octets.at,
		.end = (const unsigned char *)octets.at + octets.len,
		.arena = a,
	};
	return octets.at && read_struct(&u, table, 0, ret);
}
