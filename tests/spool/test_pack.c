/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/spool/pack.h"

#include <stdio.h>
#include <stdlib.h>

#include "../support/rows.h"

#define AT(member) offsetof(struct thing, member)
#define TABLE(of) .rows = (of), .n = ROWS(of)

struct part {
	slice name;
	uint64_t weight;
};

struct thing {
	slice name;
	uint8_t small;
	bool is_good;
	uint32_t four;
	uint64_t eight;
	int64_t time;
	const char *word, *maybe;
	struct signet_ip ip;
	uint16_t finding;
	struct part one;
	const struct part *parts;
	size_t n_parts;
	const slice *texts;
	size_t n_texts;
};

static const struct pack_row part_rows[] = {
	{ 1, PACK_TEXT, offsetof(struct part, name) },
	{ 2, PACK_NUMBER, offsetof(struct part, weight), .size = sizeof(uint64_t) },
};
static const struct pack_table part_table = { TABLE(part_rows), .size = sizeof(struct part) };

static const struct pack_row rows[] = {
	{ 1, PACK_TEXT, AT(name) },
	{ 2, PACK_NUMBER, AT(small), .size = 1, .most = 5 },
	{ 3, PACK_NUMBER, AT(is_good), .size = sizeof(bool), .most = true },
	{ 4, PACK_NUMBER, AT(four), .size = 4 },
	{ 5, PACK_NUMBER, AT(eight), .size = 8 },
	{ 6, PACK_SIGNED, AT(time) },
	{ 7, PACK_WORD, AT(word) },
	{ 8, PACK_WORD_OR_NULL, AT(maybe) },
	{ 9, PACK_ADDRESS, AT(ip) },
	{ 10, PACK_FINDING, AT(finding), .size = 2 },
	{ 11, PACK_STRUCT, AT(one), .of = &part_table },
	{ 12, PACK_LIST, AT(parts), .count_at = AT(n_parts), .of = &part_table, .most = 100 },
	{ 40, PACK_TEXTS, AT(texts), .count_at = AT(n_texts), .most = 3 },
};
static const struct pack_table table = { TABLE(rows), .size = sizeof(struct thing) };
/* The same of an earlier version, and of one that uses no more than the name. */
static const struct pack_table older = { .rows = rows, .n = 6, .size = sizeof(struct thing) };

static struct packer *packer;
static struct signet_arena arena;

static slice pack(const struct pack_table *t, const struct pack_cut *cut, const void *from, struct buf *to)
{
	buf_init(to, (size_t)1 << 20);
	(void)pack_write(packer, t, cut, from, to);
	return buf_slice(to);
}

static const slice texts[] = {
	{ "ab", 2 }, { "", 0 }, { "the same text again", 19 }, { "one more than there may be", 26 }
};
static const struct part parts[] = { { { "the same text again", 19 }, 1 }, { { 0 }, 0 }, { { "p", 1 }, UINT64_MAX } };

static struct thing sample(void)
{
	struct thing t = {
		.name = S("the same text again"),
		.small = 5,
		.is_good = true,
		.four = UINT32_MAX,
		.eight = UINT64_MAX,
		.time = INT64_MIN,
		.word = "word",
		.maybe = "",
		.one = { S("inner"), 300 },
		.parts = parts,
		.n_parts = ROWS(parts),
		.texts = texts,
		.n_texts = 3,
	};
	(void)signet_ip_parse(S("2001:db8::1"), &t.ip);
	t.finding = signet_finding_id(S("spf.no-record"));
	return t;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same(const struct thing *a, const struct thing *b)
{
	bool same = slice_eq(a->name, b->name) && a->small == b->small && a->is_good == b->is_good &&
	            a->four == b->four && a->eight == b->eight && a->time == b->time && same_text(a->word, b->word) &&
	            same_text(a->maybe, b->maybe) && memcmp(&a->ip, &b->ip, sizeof(a->ip)) == 0 &&
	            a->finding == b->finding && slice_eq(a->one.name, b->one.name) && a->one.weight == b->one.weight &&
	            a->n_parts == b->n_parts && a->n_texts == b->n_texts;
	for (size_t i = 0; same && i < a->n_parts; i++) {
		same = slice_eq(a->parts[i].name, b->parts[i].name) && a->parts[i].weight == b->parts[i].weight;
	}
	for (size_t i = 0; same && i < a->n_texts; i++) {
		same = slice_eq(a->texts[i], b->texts[i]);
	}
	return same;
}

static void test_both_ways(void)
{
	struct thing t = sample(), got;
	struct buf b;
	slice octets = pack(&table, NULL, &t, &b);
	row_bool("-", "what is read is what was written", pack_read(octets, &table, &arena, &got) && is_same(&t, &got),
	         true);
	row_bool("-", "a text stands there once",
	         slice_find(slice_from(octets, slice_find(octets, t.name) + 1), t.name) == SLICE_NONE, true);
	buf_finish(&b);
	static const int64_t times[] = { 1, -1, 63, -64, 64, INT64_MAX, INT64_MIN };
	for (size_t i = 0; i < ROWS(times); i++) {
		struct thing one = { .time = times[i], .word = "" };
		octets = pack(&table, NULL, &one, &b);
		row_bool("-", "a signed number", pack_read(octets, &table, &arena, &got) && got.time == times[i], true);
		buf_finish(&b);
	}
	struct thing nothing = { .word = "" };
	row_number("-", "nothing takes no octet", (int64_t)pack(&table, NULL, &nothing, &b).len, 0);
	buf_finish(&b);
}

/* Numbers are for ever: who knows fewer, or more, reads the rest. */
static void test_versions(void)
{
	struct thing t = sample(), got;
	struct buf b;
	slice octets = pack(&table, NULL, &t, &b);
	row_bool("-", "an older reader passes over what it does not know",
	         pack_read(octets, &older, &arena, &got) && slice_eq(got.name, t.name) && got.time == t.time &&
	                 got.n_parts == 0,
	         true);
	buf_finish(&b);
	octets = pack(&older, NULL, &t, &b);
	row_bool("-", "a newer reader finds less",
	         pack_read(octets, &table, &arena, &got) && slice_eq(got.name, t.name), true);
	row_text("-", "and a word that is not there is empty", slice_of(got.word), "");
	row_bool("-", "one that may be NULL is NULL", got.maybe == NULL, true);
	buf_finish(&b);
}

static void test_cut(void)
{
	struct thing t = sample(), got;
	struct buf b;
	t.texts = texts;
	t.n_texts = 4;
	buf_init(&b, (size_t)1 << 20);
	row_bool("-", "more than a list may have is cut, and said", pack_write(packer, &table, NULL, &t, &b), true);
	row_bool("-", "to what it may have", pack_read(buf_slice(&b), &table, &arena, &got) && got.n_texts == 3, true);
	const struct pack_cut cut = { .text_octets = 8, .items = 1 };
	t.n_texts = 3;
	row_bool("-", "cut where it is asked for", pack_write(packer, &table, &cut, &t, &b), true);
	row_bool("-", "texts and lists",
	         pack_read(buf_slice(&b), &table, &arena, &got) && slice_eq(got.name, S("the same")) &&
	                 got.n_parts == 1 && got.n_texts == 1 && slice_eq(got.parts[0].name, S("the same")),
	         true);
	buf_finish(&b);
	buf_init(&b, 16);
	(void)pack_write(packer, &table, NULL, &t, &b);
	row_bool("-", "no room is seen", buf_ok(&b), false);
	buf_finish(&b);
}

static void read_prefix(slice prefix, void *data)
{
	struct thing got;
	size_t *good = data;
	signet_arena_reset(&arena);
	*good += pack_read(prefix, &table, &arena, &got);
}

static void test_prefixes(void)
{
	struct thing t = sample();
	struct buf b;
	size_t good = 0;
	each_prefix(pack(&table, NULL, &t, &b), read_prefix, &good);
	row_bool("-", "prefixes end between fields or are refused", good > 0 && good < b.len / 2, true);
	buf_finish(&b);
}

static const struct refused {
	const char *what;
	slice octets;
} refused[] = {
#define OCTETS(text)                                                                                                   \
	{                                                                                                              \
		"" text, sizeof(text) - 1                                                                              \
	}
	{ "no octets at all", { 0 } },
	{ "an end where none is", OCTETS("\x00") },
	{ "a struct without an end", OCTETS("\x2f\x08\x01") },
	{ "a number without an end", OCTETS("\x08\x80") },
	{ "a number of 65 bits", OCTETS("\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02") },
	{ "a number of eleven octets", OCTETS("\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00") },
	{ "a value past the largest", OCTETS("\x08\x06") },
	{ "a value that does not fit", OCTETS("\x10\x80\x80\x80\x80\x10") },
	{ "a text longer than what is left", OCTETS("\x05\x03"
	                                            "ab") },
	{ "a text of 2^64-1 octets", OCTETS("\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
	{ "a text that stands further on", OCTETS("\x06\x05\x01") },
	{ "a text that begins here and ends further on", OCTETS("\x06\x00\x08") },
	{ "a place of 2^64-1", OCTETS("\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02") },
	{ "an address of five octets", OCTETS("\x25\x05"
	                                      "abcde") },
	{ "a number where a text should be", OCTETS("\x04\x01") },
	{ "a text where a number should be", OCTETS("\x09\x01"
	                                            "a") },
	{ "a text where a struct should be", OCTETS("\x2d\x01"
	                                            "a") },
	{ "more than a list may have", OCTETS("\xa1\x01\x00\xa1\x01\x00\xa1\x01\x00\xa1\x01\x00") },
	{ "structs deeper than there are, unknown",
	  OCTETS("\x53\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07"
	         "\x07\x07\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	         "\x00\x00\x00\x00\x00\x00") },
};

static void test_refused(void)
{
	struct thing got;
	for (size_t i = 0; i < ROWS(refused); i++) {
		signet_arena_reset(&arena);
		slice octets = refused[i].octets.len ? guarded(refused[i].octets, false) : refused[i].octets;
		row_bool("-", refused[i].what, pack_read(octets, &table, &arena, &got), false);
	}
	struct signet_arena small;
	arena_init(&small, 100);
	static char many[400];
	for (size_t i = 0; i < sizeof(many); i += 2) {
		many[i] = 0x33; /* number 12, a struct */
	}
	row_bool("-", "a list for which there is no memory", pack_read(slice_make(many, 198), &table, &small, &got),
	         false);
	arena_finish(&small);
	row_bool("-", "a hundred fit", pack_read(slice_make(many, 200), &table, &arena, &got) && got.n_parts == 100,
	         true);
	row_bool("-", "a hundred and one do not", pack_read(slice_make(many, 202), &table, &arena, &got), false);
}

int main(void)
{
	packer = packer_new();
	arena_init(&arena, (size_t)1 << 20);
	test_both_ways();
	test_versions();
	test_cut();
	test_prefixes();
	test_refused();
	packer_free(packer);
	arena_finish(&arena);
	return rows_end();
}
