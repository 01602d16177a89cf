/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"
#include "pack_wire.h"

#define FIRST_ITEMS 4

struct unpacker {
	const unsigned char *begin, *at, *end;
	struct signet_arena *arena;
};

struct key {
	uint64_t number;
	enum pack_wire wire;
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

static bool take_text(struct unpacker *u, enum pack_wire wire, slice *ret)
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
	*ret = (struct key) { key >> 2, (enum pack_wire)(key & 3) };
	return true;
}

/* Something of a later version. */
static bool skip(struct unpacker *u, enum pack_wire wire, unsigned depth)
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

static void put_pointer(char *to, const void *pointer)
{
	memcpy(to, &pointer, sizeof(pointer));
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

static bool read_text(struct unpacker *u, const struct pack_row *row, enum pack_wire wire, char *to)
{
	slice text;
	if (!take_text(u, wire, &text)) {
		return false;
	}
	memcpy(to + row->at, &text, sizeof(text));
	return true;
}

static bool read_word(struct unpacker *u, const struct pack_row *row, enum pack_wire wire, char *to)
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
	put_pointer(to + row->at, word);
	return true;
}

static bool read_address(struct unpacker *u, const struct pack_row *row, enum pack_wire wire, char *to)
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

static bool read_finding(struct unpacker *u, const struct pack_row *row, enum pack_wire wire, char *to)
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
		put_pointer(to + row->at, items);
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

static bool read_item_text(struct unpacker *u, const struct pack_row *row, enum pack_wire wire, char *to)
{
	slice text;
	char *item = take_text(u, wire, &text) ? append(u, row, sizeof(text), to) : NULL;
	if (item) {
		memcpy(item, &text, sizeof(text));
	}
	return item;
}

static bool read_row(struct unpacker *u, const struct pack_row *row, enum pack_wire wire, unsigned depth, char *to)
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
	memset(to, 0, table->size);
	for (size_t i = 0; i < table->n; i++) {
		const struct pack_row *row = &table->rows[i];
		if (row->kind == PACK_WORD) {
			put_pointer(to + row->at, "");
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
	if (!octets.at) {
		return false;
	}
	struct unpacker u = {
		.begin = (const unsigned char *)octets.at,
		.at = (const unsigned char *)octets.at,
		.end = (const unsigned char *)octets.at + octets.len,
		.arena = a,
	};
	return read_struct(&u, table, 0, ret);
}
