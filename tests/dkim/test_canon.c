/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/dkim/canon.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../src/dkim/body_hashes.h"
#include "../support/reference.h"
#include "../support/rows.h"

static const struct {
	const char *clause, *what;
	bool relaxed;
	const char *raw, *want;
} fields[] = {
	{ "6376:3.4.1", "simple changes nothing", false, "B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n" },
	{ "6376:3.4.1", "simple keeps the case of the name", false, "SubJect:x\r\n", "SubJect:x\r\n" },
	{ "6376:3.4.2", "relaxed: name in lower case, no white space at the colon", true, "SubJect \t:\t x\r\n",
	  "subject:x\r\n" },
	{ "6376:3.4.2", "relaxed: the example of the RFC", true, "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n" },
	{ "6376:3.4.2", "relaxed: a value folded right after the colon starts with no space", true,
	  "Subject:\r\n text\r\n", "subject:text\r\n" },
	{ "6376:3.4.2", "relaxed: a lone space at the end goes too (erratum 5839)", true, "A: B \t\r\n", "a:B\r\n" },
	{ "6376:3.4.2", "relaxed: an empty value", true, "A:\r\n", "a:\r\n" },
	{ "6376:3.4.2", "relaxed: a value of white space only", true, "A: \t\r\n \r\n", "a:\r\n" },
	{ "6376:3.4.2", "relaxed: a colon in the value is no second name end", true, "A: B : C\r\n", "a:B : C\r\n" },
	{ "6376:3.4.2", "relaxed: a CR alone is content", true, "A: B\r C \r\n", "a:B\r C\r\n" },
	{ "6376:3.4.2", "relaxed: octets above 127 are not letters", true, "A\xc4: \xc4\r\n", "a\xc4:\xc4\r\n" },
	{ "6376:3.4.2", "relaxed: long runs of single spaces", true,
	  "A: one two three four five six seven eight nine ten eleven  twelve\tx\r\n",
	  "a:one two three four five six seven eight nine ten eleven twelve x\r\n" },
	{ "6376:3.4.2", "a field without its final CRLF gets one", true, "A: b", "a:b\r\n" },
};

/* clang-format off: one row, one thought */
static const struct {
	const char *clause, *what;
	bool relaxed;
	const char *body, *want;
} bodies[] = {
	{ "6376:3.4.3", "simple: an empty body is one CRLF", false, "", "\r\n" },
	{ "6376:3.4.3", "simple: empty lines at the end go", false, "a\r\n\r\n\r\n", "a\r\n" },
	{ "6376:3.4.3", "simple: a missing CRLF at the end is added", false, "a", "a\r\n" },
	{ "6376:3.4.3", "simple: only empty lines are one CRLF", false, "\r\n\r\n\r\n", "\r\n" },
	{ "6376:3.4.3", "simple: white space is kept", false, " a \t b \r\n \r\n", " a \t b \r\n \r\n" },
	{ "6376:3.4.3", "simple: empty lines inside are kept", false, "\r\n\r\na\r\n\r\nb\r\n",
	  "\r\n\r\na\r\n\r\nb\r\n" },
	{ "6376:3.4.4", "relaxed: an empty body is nothing", true, "", "" },
	{ "6376:3.4.4", "relaxed: empty lines only are nothing", true, "\r\n\r\n", "" },
	{ "6376:3.4.4", "relaxed: lines of white space only are nothing", true, " \r\n\t\r\n  ", "" },
	{ "6376:3.4.4", "relaxed: white space inside a line is one space", true, "a \t b\r\n", "a b\r\n" },
	{ "6376:3.4.4", "relaxed: one HTAB is one space", true, "a\tb\r\n", "a b\r\n" },
	{ "6376:3.4.4", "relaxed: white space at the end of lines goes", true, "a \r\nb\t\r\n", "a\r\nb\r\n" },
	{ "6376:3.4.4", "relaxed: white space at the start becomes one space", true, " \t a\r\n", " a\r\n" },
	{ "6376:3.4.4", "relaxed: white space at the very end goes", true, "a \t", "a\r\n" },
	{ "6376:3.4.4", "relaxed: lines of white space at the end are empty lines", true, "a\r\n \r\n\t\t\r\n",
	  "a\r\n" },
	{ "6376:3.4.4", "relaxed: lines of white space inside become empty lines", true, "a\r\n \r\nb\r\n",
	  "a\r\n\r\nb\r\n" },
	{ "6376:3.4.4", "relaxed: a missing CRLF at the end is added", true, "a", "a\r\n" },
	{ "6376:3.4.4", "relaxed: a CR alone is content", true, "a\r b \r\r\n", "a\r b \r\r\n" },
	{ "6376:3.4.4", "relaxed: an LF alone is content", true, "a \nb\n", "a \nb\n\r\n" },
	{ "6376:3.4.4", "relaxed: a CR at the very end is content", true, "a \r", "a \r\r\n" },
	{ "6376:3.4.4", "relaxed: VT, FF and NBSP are content", true, "a\v\r\n\f\r\n\xc2\xa0\r\n",
	  "a\v\r\n\f\r\n\xc2\xa0\r\n" },
};
/* clang-format on */

static void put(void *data, slice run)
{
	buf_put(data, run);
}

static void body_in_chunks(struct buf *b, bool relaxed, slice body, const size_t cuts[], size_t n_cuts)
{
	struct canon_body c;
	size_t at = 0;
	buf_clear(b);
	canon_body_init(&c, relaxed, put, b);
	for (size_t i = 0; i < n_cuts; i++) {
		canon_body_feed(&c, slice_first(slice_from(body, at), cuts[i] - at));
		at = cuts[i];
	}
	canon_body_feed(&c, slice_from(body, at));
	canon_body_end(&c);
}

/* Every cut in two and in three, with the chunk against an unreadable page where it is one piece. */
static bool splits_agree(bool relaxed, slice body, slice want)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	body_in_chunks(&b, relaxed, guarded(body, false), NULL, 0);
	bool good = slice_eq(buf_slice(&b), want);
	body_in_chunks(&b, relaxed, guarded(body, true), NULL, 0);
	good &= slice_eq(buf_slice(&b), want);
	for (size_t i = 0; i <= body.len; i++) {
		for (size_t k = i; k <= body.len; k += body.len > 24 ? 5 : 1) {
			body_in_chunks(&b, relaxed, body, (const size_t[]){ i, k }, 2);
			good &= slice_eq(buf_slice(&b), want);
		}
	}
	buf_finish(&b);
	return good;
}

/* Octets that matter, in all orders: every body of up to seven of them. */
static bool all_short_bodies(bool relaxed)
{
	static const char alphabet[] = { 'a', ' ', '\t', '\r', '\n' };
	struct buf want, got;
	bool good = true;
	buf_init(&want, 1 << 16);
	buf_init(&got, 1 << 16);
	for (size_t len = 0; len <= 7; len++) {
		size_t all = 1;
		for (size_t i = 0; i < len; i++) {
			all *= sizeof(alphabet);
		}
		for (size_t n = 0; n < all; n++) {
			char body[8];
			for (size_t i = 0, rest = n; i < len; i++, rest /= sizeof(alphabet)) {
				body[i] = alphabet[rest % sizeof(alphabet)];
			}
			slice s = slice_make(body, len);
			buf_clear(&want);
			reference_body(&want, relaxed, s);
			for (size_t cut = 0; cut <= len; cut++) {
				body_in_chunks(&got, relaxed, s, &cut, 1);
				good &= slice_eq(buf_slice(&got), buf_slice(&want));
			}
		}
	}
	buf_finish(&got);
	buf_finish(&want);
	return good;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Bodies of words and odd places, up to some thousand octets, with random cuts. */
static bool random_bodies(bool relaxed)
{
	static const char *const parts[] = { "word",
					     "longerwordwithoutspace",
					     " ",
					     "  ",
					     "\t",
					     " \t ",
					     "\r\n",
					     "\r\n\r\n",
					     "\r",
					     "\n",
					     " \r\n",
					     "x",
					     "0123456789abcdef0123456789abcdef",
					     "\r\n \r\n",
					     "\r\r\n" };
	struct buf body, want, got;
	uint32_t state = 7;
	bool good = true;
	buf_init(&body, 1 << 16);
	buf_init(&want, 1 << 16);
	buf_init(&got, 1 << 16);
	for (size_t round = 0; round < 2000; round++) {
		buf_clear(&body);
		buf_clear(&want);
		for (size_t n = next_random(&state) % 200; n > 0; n--) {
			buf_put_text(&body, parts[next_random(&state) % ROWS(parts)]);
		}
		reference_body(&want, relaxed, buf_slice(&body));
		size_t a = next_random(&state) % (body.len + 1), b = next_random(&state) % (body.len + 1);
		body_in_chunks(&got, relaxed, buf_slice(&body), (const size_t[]){ a < b ? a : b, a < b ? b : a }, 2);
		good &= slice_eq(buf_slice(&got), buf_slice(&want));
	}
	buf_finish(&got);
	buf_finish(&want);
	buf_finish(&body);
	return good;
}

static bool random_fields(bool relaxed)
{
	static const char *const parts[] = { "word",   " ",
					     "\t",     "\r\n ",
					     "\r\n\t", "\r.",
					     "x\n",    "x y z a b c d e f g h",
					     ":",      "0123456789abcdef0123456789abcdef" };
	struct buf raw, want;
	uint32_t state = 11;
	bool good = true;
	buf_init(&raw, 1 << 16);
	buf_init(&want, 1 << 16);
	for (size_t round = 0; round < 5000; round++) {
		buf_clear(&raw);
		buf_clear(&want);
		buf_put_text(&raw, "Name: ");
		for (size_t n = next_random(&state) % 30; n > 0; n--) {
			buf_put_text(&raw, parts[next_random(&state) % ROWS(parts)]);
		}
		buf_put_text(&raw, "\r\n");
		reference_field(&want, relaxed, buf_slice(&raw));
		char got[8192];
		char *end = canon_field(got, relaxed, guarded(buf_slice(&raw), false));
		good &= slice_eq(slice_between(got, end), buf_slice(&want));
	}
	buf_finish(&want);
	buf_finish(&raw);
	return good;
}

static void vectors(void)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/tests/vectors/dkim/units/canonicalization.json", getenv("SIGNET_SOURCE"));
	json_t *file = json_load_file(path, JSON_ALLOW_NUL, NULL);
	size_t i;
	json_t *one;
	if (!file) {
		abort();
	}
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		bool relaxed = strcmp(json_string_value(json_object_get(one, "canonicalization")), "relaxed") == 0;
		bool header = strcmp(json_string_value(json_object_get(one, "part")), "header") == 0;
		json_t *in = json_object_get(one, "in"), *out = json_object_get(one, "out");
		slice text = slice_make(json_string_value(in), json_string_length(in));
		slice want = slice_make(json_string_value(out), json_string_length(out));
		struct buf b;
		buf_init(&b, 1 << 20);
		if (header) {
			while (text.len) { /* the cases have fields of one or two lines */
				size_t n = 0;
				do {
					n += slice_find(slice_from(text, n), S("\r\n")) + 2;
				} while (n < text.len && (text.at[n] == ' ' || text.at[n] == '\t'));
				char field[1000];
				buf_put(&b, slice_between(field, canon_field(field, relaxed, slice_first(text, n))));
				text = slice_from(text, n);
			}
		} else {
			body_in_chunks(&b, relaxed, text, NULL, 0);
		}
		const char *clause = header    ? (relaxed ? "6376:3.4.2" : "6376:3.4.1")
				     : relaxed ? "6376:3.4.4"
					       : "6376:3.4.3";
		char what[200];
		snprintf(what, sizeof(what), "units/%s", json_string_value(json_object_get(one, "id")));
		const char *contested = json_string_value(json_object_get(one, "contested"));
		if (contested) {
			row_contested(clause, what, slice_eq(buf_slice(&b), want), contested);
		} else {
			row_slice(clause, what, buf_slice(&b), want);
		}
		buf_finish(&b);
	}
	json_decref(file);
}

/* The digest of `body` cut at `limit` in base64 would be in no RFC: compare with the digest of the cut text itself. */
static void lengths(struct signet *engine)
{
	static const struct {
		const char *what, *body;
		uint64_t limit;
		const char *same; /* a text whose plain digest is wanted */
		uint64_t total;
	} rows[] = {
		{ "l=0 signs nothing", "abc\r\n", 0, "", 5 },
		{ "l= may cut inside a line", "abc\r\n", 2, "ab", 5 },
		{ "l= may cut inside a CRLF", "abc\r\n", 4, "abc\r", 5 },
		{ "l= counts canonical octets", "a \t b \r\nc\r\n", 5, "a b\r\n", 8 },
		{ "l= larger than the body signs the body", "abc\r\n", 500, "abc\r\n", 5 },
		{ "without l= all is signed", "abc", BODY_NO_LIMIT, "abc\r\n", 5 },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct body_hashes h;
		size_t index, same;
		uint8_t want[DIGEST_OCTETS];
		arena_init(&a, 1 << 20);
		body_hashes_init(&h, engine, &a);
		bool good = body_hashes_add(&h, true, rows[i].limit, &index) == SIGNET_OK &&
			    body_hashes_add(&h, true, rows[i].limit, &same) == SIGNET_OK && same == index && h.n == 1;
		body_hashes_feed(&h, slice_of(rows[i].body));
		good &= body_hashes_end(&h) == SIGNET_OK && digest_of(engine, slice_of(rows[i].same), want) &&
			memcmp(want, body_hashes_digest(&h, index), DIGEST_OCTETS) == 0;
		row_bool("6376:3.4.5", rows[i].what, good, true);
		row_number("6376:3.4.5", rows[i].what, (int64_t)body_hashes_total(&h, index), (int64_t)rows[i].total);
		body_hashes_finish(&h);
		arena_finish(&a);
	}
}

/* Runs above and below the gathering buffer, several limits at once. */
static void large(struct signet *engine)
{
	struct signet_arena a;
	struct body_hashes h;
	struct buf body, want;
	size_t index[3];
	arena_init(&a, 1 << 20);
	buf_init(&body, 1 << 20);
	buf_init(&want, 1 << 20);
	for (size_t i = 0; i < 4000; i++) {
		buf_put_text(&body, i % 7 ? "some words and  two spaces \r\n" : "x\r\n");
		buf_put_text(&body, i % 500 ? "" : "0123456789012345678901234567890123456789\t");
	}
	reference_body(&want, true, buf_slice(&body));
	body_hashes_init(&h, engine, &a);
	static const uint64_t limits[] = { BODY_NO_LIMIT, 50000, 16384 };
	bool good = true;
	for (size_t i = 0; i < 3; i++) {
		good &= body_hashes_add(&h, true, limits[i], &index[i]) == SIGNET_OK;
	}
	for (size_t at = 0; at < body.len; at += 65536) {
		body_hashes_feed(&h, slice_first(slice_from(buf_slice(&body), at), 65536));
	}
	good &= body_hashes_end(&h) == SIGNET_OK && body_hashes_end(&h) == SIGNET_OK;
	for (size_t i = 0; i < 3; i++) {
		uint8_t digest[DIGEST_OCTETS];
		size_t n = limits[i] < want.len ? (size_t)limits[i] : want.len;
		good &= digest_of(engine, slice_first(buf_slice(&want), n), digest) &&
			memcmp(digest, body_hashes_digest(&h, index[i]), DIGEST_OCTETS) == 0;
	}
	row_bool("6376:3.7", "three limits are hashed in one pass over a large body", good, true);
	body_hashes_finish(&h);
	buf_finish(&want);
	buf_finish(&body);
	arena_finish(&a);
}

static void known_hashes(struct signet *engine)
{
	static const struct {
		bool relaxed;
		const char *what, *clause;
		unsigned char start[4];
	} rows[] = {
		/* frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY= and 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= */
		{ false, "the hash of the empty body is the one of the RFC", "6376:3.4.3",
		  { 0x7e, 0xb7, 0x02, 0x57 } },
		{ true, "the hash of the empty body is the one of the RFC", "6376:3.4.4",
		  { 0xe3, 0xb0, 0xc4, 0x42 } },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct body_hashes h;
		size_t index;
		arena_init(&a, 1 << 20);
		body_hashes_init(&h, engine, &a);
		bool good = body_hashes_add(&h, rows[i].relaxed, BODY_NO_LIMIT, &index) == SIGNET_OK &&
			    body_hashes_end(&h) == SIGNET_OK;
		good &= memcmp(rows[i].start, body_hashes_digest(&h, index), 4) == 0;
		row_bool(rows[i].clause, rows[i].what, good, true);
		body_hashes_finish(&h);
		arena_finish(&a);
	}
}

int main(void)
{
	for (size_t i = 0; i < ROWS(fields); i++) {
		char got[1000];
		char *end = canon_field(got, fields[i].relaxed, guarded(slice_of(fields[i].raw), false));
		row_text(fields[i].clause, fields[i].what, slice_between(got, end), fields[i].want);
	}
	for (size_t i = 0; i < ROWS(bodies); i++) {
		struct buf b, reference;
		buf_init(&b, 1 << 16);
		buf_init(&reference, 1 << 16);
		slice body = slice_of(bodies[i].body);
		body_in_chunks(&b, bodies[i].relaxed, body, NULL, 0);
		row_text(bodies[i].clause, bodies[i].what, buf_slice(&b), bodies[i].want);
		reference_body(&reference, bodies[i].relaxed, body);
		row_bool(bodies[i].clause, "the same in every split, and by the reference",
			 splits_agree(bodies[i].relaxed, body, slice_of(bodies[i].want)) &&
				 slice_eq(buf_slice(&reference), slice_of(bodies[i].want)),
			 true);
		buf_finish(&reference);
		buf_finish(&b);
	}
	row_bool("6376:3.4.3", "simple: every body of up to seven octets, in every split", all_short_bodies(false),
		 true);
	row_bool("6376:3.4.4", "relaxed: every body of up to seven octets, in every split", all_short_bodies(true),
		 true);
	row_bool("6376:3.4.3", "simple: random bodies", random_bodies(false), true);
	row_bool("6376:3.4.4", "relaxed: random bodies", random_bodies(true), true);
	row_bool("6376:3.4.1", "simple: random fields", random_fields(false), true);
	row_bool("6376:3.4.2", "relaxed: random fields", random_fields(true), true);
	vectors();
	struct signet *engine = signet_new();
	lengths(engine);
	large(engine);
	known_hashes(engine);
	signet_free(engine);
	return rows_end();
}
