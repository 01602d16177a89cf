/* SPDX-License-Identifier: Apache-2.0 */
/* What the signer makes: the published examples again, octet for octet; odd messages through the verifier; requests and
 * answers. */
#include "sign_message.h"

#include <stdio.h>

#include "../check/rfc8463.h"
#include "verify_message.h"

static struct signet *engine;

/* RFC 6376 appendix C and RFC 8463 appendix A.1: PUBLISHED TEST KEYS. */
#define RFC6376_KEY                                                                                                    \
	"-----BEGIN RSA PRIVATE KEY-----\n"                                                                            \
	"MIICXwIBAAKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC\n"                                           \
	"jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb\n"                                           \
	"to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB\n"                                           \
	"AoGBALmn+XwWk7akvkUlqb+dOxyLB9i5VBVfje89Teolwc9YJT36BGN/l4e0l6QX\n"                                           \
	"/1//6DWUTB3KI6wFcm7TWJcxbS0tcKZX7FsJvUz1SbQnkS54DJck1EZO/BLa5ckJ\n"                                           \
	"gAYIaqlA9C0ZwM6i58lLlPadX/rtHb7pWzeNcZHjKrjM461ZAkEA+itss2nRlmyO\n"                                           \
	"n1/5yDyCluST4dQfO8kAB3toSEVc7DeFeDhnC1mZdjASZNvdHS4gbLIA1hUGEF9m\n"                                           \
	"3hKsGUMMPwJBAPW5v/U+AWTADFCS22t72NUurgzeAbzb1HWMqO4y4+9Hpjk5wvL/\n"                                           \
	"eVYizyuce3/fGke7aRYw/ADKygMJdW8H/OcCQQDz5OQb4j2QDpPZc0Nc4QlbvMsj\n"                                           \
	"7p7otWRO5xRa6SzXqqV3+F0VpqvDmshEBkoCydaYwc2o6WQ5EBmExeV8124XAkEA\n"                                           \
	"qZzGsIxVP+sEVRWZmW6KNFSdVUpk3qzK0Tz/WjQMe5z0UunY9Ax9/4PVhp/j61bf\n"                                           \
	"eAYXunajbBSOLlx4D+TunwJBANkPI5S9iylsbLs6NkaMHV6k5ioHBBmgCak95JGX\n"                                           \
	"GMot/L2x0IYyMLAz6oLWh2hm7zwtb0CgOrPo1ke44hFYnfc=\n"                                                           \
	"-----END RSA PRIVATE KEY-----\n"
#define RFC8463_PRIVATE_RSA                                                                                            \
	"-----BEGIN RSA PRIVATE KEY-----\n"                                                                            \
	"MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\n"                                           \
	"Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\n"                                           \
	"KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"                                           \
	"AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm\n"                                           \
	"6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe\n"                                           \
	"zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy\n"                                           \
	"6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc\n"                                           \
	"uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy\n"                                           \
	"WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd\n"                                           \
	"WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a\n"                                           \
	"licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst\n"                                           \
	"o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe\n"                                           \
	"uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL\n"                                                               \
	"-----END RSA PRIVATE KEY-----\n"
#define RFC8463_PRIVATE_ED25519 "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="

#define RFC6376_FIELD                                                                                                  \
	"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"                                            \
	"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"                                            \
	"      h=Received : From : To : Subject : Date : Message-ID;\r\n"                                              \
	"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                                   \
	"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"                                             \
	"        4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"                                             \
	"        KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"                                             \
	"        4bmp/YzhwvcubU4=;\r\n"
#define RFC6376_MESSAGE                                                                                                \
	"Received: from client1.football.example.com  [192.0.2.1]\r\n"                                                 \
	"      by submitserver.example.com with SUBMISSION;\r\n"                                                       \
	"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n" RFC8463_FIELDS "\r\n"                                        \
	"Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"

static const struct published {
	const char *clause, *what, *field, *message, *key;
	struct signet_signature signature;
	const char *names, *b_fold;
	size_t b_columns, b_first;
} published[] = {
	{ "6376:A.2",
	  "the example of RFC 6376 comes out again, octet for octet",
	  RFC6376_FIELD,
	  RFC6376_MESSAGE,
	  RFC6376_KEY,
	  { .domain = { "example.com", 11 },
	    .selector = { "brisbane", 8 },
	    .header_simple = true,
	    .body_simple = true },
	  "Received : From : To : Subject : Date : Message-ID",
	  "\r\n        ",
	  52,
	  0 },
	{ "8463:A.3",
	  "the RSA signature of RFC 8463 comes out again, octet for octet",
	  RFC8463_RSA,
	  RFC8463_FIELDS "\r\n" RFC8463_BODY,
	  RFC8463_PRIVATE_RSA,
	  { .domain = { "football.example.com", 20 }, .selector = { "test", 4 } },
	  "from : to : subject : date : message-id : from : subject : date",
	  "\r\n ",
	  58,
	  56 },
	{ "8463:A.3",
	  "the Ed25519 signature of RFC 8463 comes out again, octet for octet",
	  RFC8463_ED25519,
	  RFC8463_FIELDS "\r\n" RFC8463_BODY,
	  RFC8463_PRIVATE_ED25519,
	  { .domain = { "football.example.com", 20 },
	    .selector = { "brisbane", 8 },
	    .algorithm = SIGNET_ED25519_SHA256 },
	  "from : to : subject : date : message-id : from : subject : date",
	  "\r\n ",
	  58,
	  56 },
};

/* The text with the values of bh= and b= taken out. */
static slice layout_of(slice field, struct signet_arena *a)
{
	size_t bh = slice_find(field, S("bh=")) + 3;
	size_t bh_end = bh + slice_find_char(slice_from(field, bh), ';');
	size_t b = bh_end + slice_find(slice_from(field, bh_end), S(" b=")) + 3;
	size_t b_length = slice_find_char(slice_from(field, b), ';');
	slice rest = b_length == SLICE_NONE ? S("") : slice_from(field, b + b_length);
	rest = slice_trim_fws(rest);
	return ARENA_JOIN(a, slice_first(field, bh), S("{bh}"), slice_first(slice_from(field, bh_end), b - bh_end),
	                  S("{b}"), rest);
}

static void test_published(void)
{
	for (size_t i = 0; i < ROWS(published); i++) {
		const struct published *row = &published[i];
		struct signet_arena a;
		struct signed_message got;
		struct test_keys keys = { 0 };
		arena_init(&a, (size_t)1 << 20);
		const struct sign_layout layout = { .text = layout_of(slice_of(row->field), &a),
			                            .names = slice_of(row->names),
			                            .b_fold = slice_of(row->b_fold),
			                            .b_columns = row->b_columns,
			                            .b_first = row->b_first };
		must(signet_privkey_read(engine, slice_of(row->key), &keys.at[0]) == SIGNET_PRIVKEY_GOOD);
		struct signet_sign_settings settings = { .now = 1528637909 };
		struct signet_sign *sign = signet_sign_new(engine, &settings, &row->signature, 1);
		sign_set_layout(sign, 0, &layout);
		sign_in_chunks(sign, &keys, slice_of(row->message), 7, false, &a, &got);
		row_text(row->clause, row->what, got.fields, row->field);
		signet_sign_free(sign);
		signet_privkey_free(keys.at[0]);
		arena_finish(&a);
	}
}

static const struct odd {
	const char *clause, *what, *message;
} odd[] = {
	{ "6376:3.4.4", "a plain message", HEAD "\r\nhello  world \r\n\r\n\r\n" },
	{ "6376:3.4.3", "an empty body", HEAD "\r\n" },
	{ "6376:3.4.3", "a header without the empty line", HEAD },
	{ "6376:3.4.3", "a header whose last line has no end", "To: b@b.example\r\nFrom: ann@d.example" },
	{ "6376:3.4.3", "a body without a final line end", HEAD "\r\nhello" },
	{ "6376:3.4.4", "a body of blank lines only", HEAD "\r\n\r\n \r\n\t\r\n\r\n" },
	{ "6376:3.4.4", "white space at the end of the body", HEAD "\r\nhello \t" },
	{ "6376:3.4.4", "tabs and runs of white space", HEAD "\r\n\ta\t b  c \t\r\n  d\r\n" },
	{ "6376:3.4.3", "8-bit octets in the body", HEAD "\r\n\xc3\xa4\xff\xfe\r\n" },
	{ "6376:3.4.2", "folded fields", "From:\r\n Ann\r\n\t <ann@d.example>\r\nSubject: a\r\n \r\n b\r\n\r\nx\r\n" },
	{ "6376:3.4.2", "a field folded right behind the colon",
	  "From: ann@d.example\r\nMessage-ID:\r\n <1@d.example>\r\nSubject:\r\n\r\nx\r\n" },
	{ "6376:3.4.2", "no space behind the colon, odd case of names",
	  "fROM:ann@d.example\r\nSUBJECT:x\r\nTO:\tb@b.example \t\r\n\r\nx\r\n" },
	{ "5322:4.5", "white space before the colon", "From : ann@d.example\r\nSubject\t: x\r\n\r\nx\r\n" },
	{ "6376:5.4.2", "several instances of a field that may repeat",
	  "List-Post: <a>\r\nFrom: ann@d.example\r\nList-Post: <b>\r\nList-Post: <c>\r\n\r\nx\r\n" },
	{ "6376:3.7", "signatures that are there already",
	  "DKIM-Signature: v=1; a=x; b=y\r\nFrom: ann@d.example\r\nDKIM-Signature: junk\r\n\r\nx\r\n" },
	{ "6376:6.3", "an author below the signing domain", "From: ann@sub.d.example\r\n\r\nx\r\n" },
	{ "6376:6.3", "two authors of the domain", "From: ann@d.example, bob@d.example\r\n\r\nx\r\n" },
	{ "8616:5", "UTF-8 in the header", "From: \xc3\x84nn <ann@d.example>\r\nSubject: \xc3\xbc\r\n\r\nx\r\n" },
	{ "6376:3.4.3", "NUL in the body", NULL },
};

struct dual {
	struct test_keys keys;
	struct signet_signature signatures[2];
	struct zone *zone;
	struct signet_arena arena;
};

static void dual_open(struct dual *d, bool header_simple, bool body_simple)
{
	arena_init(&d->arena, (size_t)64 << 20);
	for (size_t i = 0; i < 2; i++) {
		enum signet_algorithm algorithm = i ? SIGNET_RSA_SHA256 : SIGNET_ED25519_SHA256;
		d->keys.at[i] = test_key(engine, algorithm);
		d->signatures[i] = (struct signet_signature) { .domain = S("d.example"),
			                                       .selector = i ? S("r") : S("e"),
			                                       .algorithm = algorithm,
			                                       .header_simple = header_simple,
			                                       .body_simple = body_simple };
	}
	slice text = ARENA_JOIN(&d->arena, test_record(d->keys.at[0], "e", "d.example", &d->arena),
	                        test_record(d->keys.at[1], "r", "d.example", &d->arena), slice_make("", 1));
	d->zone = zone_of_text(text.at);
}

static void dual_close(struct dual *d)
{
	zone_free(d->zone);
	signet_privkey_free(d->keys.at[0]);
	signet_privkey_free(d->keys.at[1]);
	arena_finish(&d->arena);
}

/* "pass pass" for the two new signatures on top; findings of ours that a good signer must not cause are named. */
static slice verdicts_of(struct dual *d, slice message)
{
	struct verified v;
	struct buf b;
	struct dkim_query query = { .engine = engine, .received_at = 1700000000 };
	verify_message(&v, query, d->zone, message, 0, 0);
	buf_init_arena(&b, &d->arena, 1000);
	for (size_t i = 0; v.status == SIGNET_OK && i < v.dkim->n && i < 2; i++) {
		const struct signet_dkim *one = &v.dkim->results[i];
		buf_put_text(&b, i ? " " : "");
		buf_put_text(&b, signet_dkim_result_name(one->result));
		for (size_t k = 0; k < one->findings.n; k++) {
			enum finding_id id = one->findings.at[k].id;
			bool ours = id != F_DKIM_KEY_WEAK; /* keys of 1024 bits are quick to make */
			buf_put_text(&b, ours ? "+" : "");
			buf_put_text(&b, ours ? signet_finding_kind(id)->name : "");
		}
	}
	verified_finish(&v);
	return buf_slice(&b);
}

/* Both algorithms in one pass, each pair of canonicalizations, whatever the chunks are. */
static void test_odd(void)
{
	static const char *const pairs[2][2] = { { "relaxed/relaxed", "relaxed/simple" },
		                                 { "simple/relaxed", "simple/simple" } };
	for (unsigned pair = 0; pair < 4; pair++) {
		struct dual d;
		struct signet_sign_settings settings = { .now = 1700000000 };
		dual_open(&d, pair & 2, pair & 1);
		struct signet_sign *sign = signet_sign_new(engine, &settings, d.signatures, 2);
		for (size_t i = 0; i < ROWS(odd); i++) {
			slice message = odd[i].message ? slice_of(odd[i].message) : NUL_MESSAGE;
			struct signed_message whole, split;
			char what[200];
			bool same = true;
			must(signet_sign_reset(sign, &settings, d.signatures, 2) == SIGNET_OK);
			sign_in_chunks(sign, &d.keys, guarded(message, false), 0, false, &d.arena, &whole);
			snprintf(what, sizeof(what), "%s: %s", pairs[pair >> 1][pair & 1], odd[i].what);
			row_text(odd[i].clause, what, verdicts_of(&d, whole.whole), "pass pass");
			for (size_t chunk = 1; chunk < 20; chunk++) {
				must(signet_sign_reset(sign, &settings, d.signatures, 2) == SIGNET_OK);
				sign_in_chunks(sign, &d.keys, message, chunk, chunk % 2, &d.arena, &split);
				same = same && slice_eq(split.fields, whole.fields);
			}
			snprintf(what, sizeof(what), "%s: %s, in chunks", pairs[pair >> 1][pair & 1], odd[i].what);
			row_bool(odd[i].clause, what, same, true);
		}
		signet_sign_free(sign);
		dual_close(&d);
	}
}

/* Every cut in two, and a body that grows: memory does not. */
static void test_splits(void)
{
	struct dual d;
	struct signet_sign_settings settings = { .now = 1700000000 };
	slice message = S(HEAD "\r\na \r\n\r\n b\t\r\n\r\n\r\n");
	struct signed_message whole, split;
	bool same = true;
	dual_open(&d, false, false);
	struct signet_sign *sign = signet_sign_new(engine, &settings, d.signatures, 2);
	sign_in_chunks(sign, &d.keys, message, 0, false, &d.arena, &whole);
	for (size_t cut = 0; cut <= message.len; cut++) {
		must(signet_sign_reset(sign, &settings, d.signatures, 2) == SIGNET_OK);
		must(signet_sign_feed(sign, guarded(slice_first(message, cut), false)) == SIGNET_OK);
		sign_in_chunks(sign, &d.keys, slice_from(message, cut), 0, false, &d.arena, &split);
		same = same && slice_eq(split.fields, whole.fields);
	}
	row_bool("6376:3.4.4", "every cut in two gives the same fields", same, true);
	must(signet_sign_reset(sign, &settings, d.signatures, 2) == SIGNET_OK);
	must(signet_sign_feed(sign, S(HEAD "\r\n")) == SIGNET_OK);
	static char lines[1 << 16];
	memset(lines, 'x', sizeof(lines));
	for (size_t i = 70; i < sizeof(lines); i += 72) {
		memcpy(lines + i, "\r\n", 2);
	}
	slice some = slice_make(lines, sizeof(lines) / 72 * 72);
	for (size_t i = 0; i < 80; i++) {
		must(signet_sign_feed(sign, some) == SIGNET_OK);
	}
	must(signet_sign_end(sign) == SIGNET_OK);
	struct signet_sign_request request;
	row_bool("-", "5 MB are signed like five octets", signet_sign_next(sign, &request), true);
	signet_sign_free(sign);
	dual_close(&d);
}

/* Lines of at most 78 octets, b= last, RSA on top. */
static void test_form(void)
{
	struct dual d;
	struct signet_sign_settings settings = { .now = 1700000000, .copy_fields = true };
	struct signed_message got;
	size_t longest = 0;
	dual_open(&d, false, false);
	struct signet_sign *sign = signet_sign_new(engine, &settings, d.signatures, 2);
	sign_in_chunks(sign, &d.keys, S(HEAD "\r\nx\r\n"), 0, true, &d.arena, &got);
	for (slice rest = got.fields; rest.at;) {
		slice line = slice_split(&rest, '\n');
		longest = line.len > longest ? line.len : longest;
	}
	row_bool("5322:2.1.1", "no line has more than 78 octets", longest <= 79, true);
	row_number("8463:3", "RSA stands on top, whatever the order of the wishes",
	           (int64_t)slice_find(got.fields, S("a=rsa-sha256")), 21);
	slice last = slice_from(got.fields, slice_find(got.fields, S("\tb=")));
	last = slice_first(last, slice_find(last, S("DKIM-Signature")));
	row_bool("6376:3.5", "b= is the last tag", slice_find_char(last, ';') == SLICE_NONE, true);
	signet_sign_free(sign);
	dual_close(&d);
}

/* ---- requests and answers ---- */

/* An RSA signature is as long as the modulus of its key. */
static const struct {
	const char *what;
	size_t octets;
	bool weak, is_long;
} lengths[] = {
	{ "1024 bits are told", 128, true, false },  { "2040 bits are told", 255, true, false },
	{ "2048 bits are fine", 256, false, false }, { "4096 bits are fine", 512, false, false },
	{ "4104 bits are told", 513, false, true },
};

static void test_answers(void)
{
	struct dual d;
	struct signet_sign_settings settings = { .now = 1700000000 };
	struct signet_sign_request request = { 0 };
	uint8_t octets[SIGNET_SIGNATURE_OCTETS];
	size_t n = 0;
	dual_open(&d, false, false);
	struct signet_sign *sign = signet_sign_new(engine, &settings, d.signatures, 2);
	row_bool("-", "nothing is asked before the end", signet_sign_next(sign, &request), false);
	must(signet_sign_feed(sign, S(HEAD "\r\nx\r\n")) == SIGNET_OK);
	must(signet_sign_end(sign) == SIGNET_OK);
	row_number("-", "nothing may be fed after the end", signet_sign_feed(sign, S("x")), SIGNET_MISUSE);
	must(signet_sign_reset(sign, &settings, d.signatures, 2) == SIGNET_OK);
	must(signet_sign_feed(sign, S(HEAD "\r\nx\r\n")) == SIGNET_OK && signet_sign_end(sign) == SIGNET_OK);
	row_bool("-", "the first request comes", signet_sign_next(sign, &request) && request.index == 0, true);
	row_bool("-", "it names domain, selector and algorithm",
	         slice_eq(request.domain, S("d.example")) && slice_eq(request.selector, S("e")) &&
	                 request.algorithm == SIGNET_ED25519_SHA256,
	         true);
	must(signet_privkey_sign(d.keys.at[0], request.digest, octets, &n) == SIGNET_OK);
	slice good = slice_make((const char *)octets, n);
	row_number("8032:5.1.6", "63 octets are no Ed25519 signature",
	           signet_sign_answer(sign, 0, slice_first(good, 63)), SIGNET_MISUSE);
	row_number("8301:3.2", "nor 64 an RSA signature", signet_sign_answer(sign, 1, good), SIGNET_MISUSE);
	row_number("-", "the answer is taken", signet_sign_answer(sign, 0, good), SIGNET_OK);
	row_number("-", "but once only", signet_sign_answer(sign, 0, good), SIGNET_MISUSE);
	row_number("-", "nobody asked for a third", signet_sign_answer(sign, 2, good), SIGNET_MISUSE);
	row_number("-", "there are no fields while one is open", (int64_t)signet_sign_fields(sign).len, 0);
	row_bool("-", "the second request comes", signet_sign_next(sign, &request) && request.index == 1, true);
	row_bool("-", "and no third", signet_sign_next(sign, &request), false);
	row_number("-", "a key may fail to answer", signet_sign_answer(sign, 1, (slice) { 0 }), SIGNET_OK);
	row_bool("-", "then its signature is missing",
	         slice_find(signet_sign_fields(sign), S("a=ed25519-sha256")) != SLICE_NONE &&
	                 slice_find(signet_sign_fields(sign), S("a=rsa")) == SLICE_NONE,
	         true);
	row_bool("8301:3.2", "Ed25519 is not weak", findings_has(signet_sign_findings(sign), F_SIGN_KEY_WEAK), false);
	row_bool("-", "and a finding says so", findings_has(signet_sign_findings(sign), F_SIGN_NO_ANSWER), true);
	for (size_t i = 0; i < ROWS(lengths); i++) {
		must(signet_sign_reset(sign, &settings, d.signatures, 2) == SIGNET_OK);
		must(signet_sign_feed(sign, S(HEAD "\r\nx\r\n")) == SIGNET_OK && signet_sign_end(sign) == SIGNET_OK);
		memset(octets, 1, sizeof(octets));
		must(signet_sign_answer(sign, 1, slice_make((const char *)octets, lengths[i].octets)) == SIGNET_OK);
		const struct signet_findings *told = signet_sign_findings(sign);
		row_bool("8301:3.2", lengths[i].what, findings_has(told, F_SIGN_KEY_WEAK), lengths[i].weak);
		row_bool("8301:3.2", lengths[i].what, findings_has(told, F_SIGN_KEY_LONG), lengths[i].is_long);
	}
	signet_sign_free(sign);
	dual_close(&d);
}

int main(void)
{
	engine = signet_new();
	must(engine);
	test_published();
	test_odd();
	test_splits();
	test_form();
	test_answers();
	signet_free(engine);
	return rows_end();
}
