/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/address.h"
#include "../support/rows.h"

#include "vectors.h"

/* `want`: each mailbox as local@domain, a guessed one as ?domain, "-" for words without "@". */
#define V(literal)                                                                                                     \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}
static const struct {
	const char *clause, *what;
	slice value;
	const char *want;
	enum finding_id finding; /* 0: none may be there */
} rows[] = {
	/* the grammar */
	{ "5322:3.4", "an address alone", V("joe@a.example"), "joe@a.example", 0 },
	{ "5322:3.4", "a name and an address", V("Joe <joe@a.example>"), "joe@a.example", 0 },
	{ "5322:3.4", "a quoted name", V("\"Joe, Q.\" <joe@a.example>"), "joe@a.example", 0 },
	{ "5322:3.4", "two authors", V("a@a.example, B <b@b.example>"), "a@a.example b@b.example", 0 },
	{ "5322:3.4", "nothing", V(""), "", 0 },
	{ "5322:3.4", "words without an address", V("root"), "-", 0 },
	{ "5322:3.4", "an empty pair of brackets", V("Joe <>"), "-", 0 },
	{ "5322:3.4", "a group with two members", V("G: a@a.example, b@b.example;"), "a@a.example b@b.example",
	  F_MAIL_ADDRESS_GROUP },
	{ "6854:2.1", "an empty group in From", V("Undisclosed:;"), "", F_MAIL_ADDRESS_GROUP },
	{ "6854:2.1", "a group with one member", V("Hidden: joe@a.example;"), "joe@a.example", F_MAIL_ADDRESS_GROUP },
	{ "6854:2.1", "two groups", V("G: a@a.example;, H: b@b.example;"), "a@a.example b@b.example",
	  F_MAIL_ADDRESS_GROUP },
	{ "5322:3.4", "a group that is not closed", V("Mail From:<joe@joe.example>"), "joe@joe.example",
	  F_MAIL_ADDRESS_GROUP_OPEN },
	{ "5322:3.4.1", "a dot-atom with signs", V("a!#$%&'*+-/=?^_`{|}~b@a.example"),
	  "a!#$%&'*+-/=?^_`{|}~b@a.example", 0 },
	{ "5322:3.4.1", "a domain literal", V("<joe@[192.0.2.1]>"), "joe@[192.0.2.1]", 0 },
	{ "5322:3.4.1", "a quoted local-part", V("\"joe doe\"@a.example"), "\"joe doe\"@a.example", 0 },
	{ "5322:3.4.1", "a quoted local-part that holds an address", V("<\"a@victim.example\"@evil.example>"),
	  "\"a@victim.example\"@evil.example", F_MAIL_LOCAL_PART_AT },
	{ "5322:3.4.1", "a final dot", V("joe@a.example."), "joe@a.example.", F_MAIL_DOMAIN_FINAL_DOT },
	{ "5322:3.4.1", "two dots in the local-part", V("joe..x@a.example"), "joe..x@a.example",
	  F_MAIL_LOCAL_PART_DOTS },
	{ "5322:3.4.1", "a dot before the @", V("joe.@a.example"), "joe.@a.example", F_MAIL_LOCAL_PART_DOTS },
	{ "5322:3.2.2", "comments everywhere", V("(a)Joe(b)<(c)joe(d)@(e)a.example(f)>(g)"), "joe@a.example", 0 },
	{ "5322:3.2.2", "a comment that holds an address", V("joe@a.example (bob@b.example)"), "joe@a.example", 0 },
	{ "5322:3.2.2", "nested comments and a quoted pair", V("joe@a.example (x(y\\))z)"), "joe@a.example", 0 },
	{ "5322:3.2.2", "a comma in a comment", V("(,) joe@a.example"), "joe@a.example", 0 },
	{ "5322:3.2.4", "an address in a quoted name", V("\"bob@b.example\" <joe@a.example>"), "joe@a.example",
	  F_MAIL_DISPLAY_NAME_ADDRESS },
	{ "5322:3.2.4", "the same address in the quoted name", V("\"joe@a.example\" <joe@a.example>"), "joe@a.example",
	  0 },
	{ "5322:3.2.4", "quotes and brackets in a quoted name", V("\"\\\"x\\\" <b@b.example>,\" <joe@a.example>"),
	  "joe@a.example", F_MAIL_DISPLAY_NAME_ADDRESS },
	{ "5322:3.2.4", "a folded quoted name", V("\"Joe\r\n Doe\" <joe@a.example>"), "joe@a.example", 0 },
	{ "5322:2.2.3", "folded between all tokens", V(" Joe\r\n <joe\r\n @\r\n a.example\r\n >"), "joe@a.example", 0 },
	{ "5322:4.1", "a dot in an unquoted name", V("Joe Q. Public <joe@a.example>"), "joe@a.example", 0 },
	{ "5322:4.4", "spaces around dots", V("joe . doe@a . example"), "joe . doe@a.example",
	  F_MAIL_ADDRESS_SPACED_DOMAIN },
	{ "5322:4.4", "a comment in the domain", V("jdoe@machine(comment).  example"), "jdoe@machine.example",
	  F_MAIL_ADDRESS_SPACED_DOMAIN },
	{ "5322:4.4", "a source route", V("<@x.example,@y.example:joe@a.example>"), "joe@a.example",
	  F_MAIL_ADDRESS_ROUTE },
	{ "5322:4.4", "empty members of the list", V(",, a@a.example,,b@b.example,"), "a@a.example b@b.example", 0 },
	{ "6532:3.2", "UTF-8 in all places", V("J\xC3\xB6 <j\xC3\xB6@b\xC3\xBC.example>"),
	  "j\xC3\xB6@b\xC3\xBC.example", 0 },
	/* encoded-words */
	{ "2047:5", "an encoded name", V("=?utf-8?Q?J=C3=B6?= <joe@a.example>"), "joe@a.example", 0 },
	{ "2047:6.2", "an encoded name that decodes to an address", V("=?utf-8?Q?ceo=40b.example?= <joe@a.example>"),
	  "joe@a.example", F_MAIL_DISPLAY_NAME_ADDRESS },
	{ "2047:6.2", "an encoded name that decodes to brackets", V("=?utf-8?B?PGNlb0BiLmV4YW1wbGU+?= <joe@a.example>"),
	  "joe@a.example", F_MAIL_DISPLAY_NAME_ADDRESS },
	{ "2047:5", "an encoded-word as local-part that decodes to an address",
	  V("=?utf-8?Q?ceo=40b.example=3E=00?=@a.example"), "=?utf-8?Q?ceo=40b.example=3E=00?=@a.example ?b.example",
	  F_MAIL_ADDRESS_ENCODED },
	{ "2047:5", "an encoded-word alone that decodes to an address",
	  V("=?utf-8?Q?ceo=40b.example?=, <joe@a.example>"), "- joe@a.example ?b.example", F_MAIL_ADDRESS_ENCODED },
	{ "2047:5", "an encoded-word as domain", V("joe@=?utf-8?Q?b.example?="), "joe@=?utf-8?Q?b.example?= ?b.example",
	  F_MAIL_ADDRESS_ENCODED },
	/* attacks on the grammar: no domain that some reader sees may be missing */
	{ "9989:11.5", "two addresses without a comma", V("<a@victim.example> <b@evil.example>"),
	  "a@victim.example b@evil.example", F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "text after the bracket", V("<b@evil.example>a@victim.example"),
	  "b@evil.example a@victim.example", F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a word after the bracket", V("Joe <a@a.example> via list"), "a@a.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "an unquoted address as name", V("a@victim.example <b@evil.example>"),
	  "a@victim.example b@evil.example", F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a closing bracket only", V("user@a.example>"), "user@a.example", F_MAIL_ADDRESS_UNBALANCED },
	{ "9989:11.5", "an opening bracket only", V("<user@a.example"), "user@a.example", F_MAIL_ADDRESS_UNBALANCED },
	{ "9989:11.5", "many brackets", V("<<<><joe@joe.example>>>"), "- - - joe@joe.example",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "an address in an open bracket", V("<a@victim.example, <b@evil.example>"),
	  "a@victim.example b@evil.example", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a bare address behind a name", V("Big Bug bb@bug.example"), "bb@bug.example",
	  F_MAIL_ADDRESS_TEXT_BEFORE },
	{ "9989:11.5", "a bare address behind a quoted one", V("\"( bob@bob.example)\" joe@joe.example"),
	  "joe@joe.example", F_MAIL_ADDRESS_TEXT_BEFORE },
	{ "9989:11.5", "two @", V("a@victim.example@evil.example"), "a@victim.example @evil.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a comment that does not end", V("a@evil.example (x@victim.example"),
	  "a@evil.example x@victim.example", F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a comment that was never opened", V("\"a@victim.example\") b@evil.example"),
	  "- b@evil.example ?victim.example", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a quote that does not end", V("\"Joe <a@victim.example>, <b@evil.example>"),
	  "a@victim.example b@evil.example", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a quoted pair outside quotes", V("\\\"<a@victim.example>\\\" <b@evil.example>"),
	  "a@victim.example b@evil.example", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a quoted pair that hides a quote's end", V("\"x\\\" <a@victim.example> \" <b@evil.example> \""),
	  "b@evil.example ?victim.example", F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a backslash before the comma", V("a@victim.example\\,@evil.example"),
	  "a@victim.example @evil.example", F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a route without its address", V("<@victim.example>, b@evil.example"),
	  "- b@evil.example ?victim.example", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a URI in brackets", V("<mailto:a@a.example?subject=x>"), "- ?a.example",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a fold within the domain", V("a@exam\r\n ple.example"), "a@exam ?example.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "white space within the domain", V("a@exam ple.exam\tple"), "a@exam ?example.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a comment within a label", V("<a@exam(x@evil.example)ple.example>"), "a@exam ?example.example",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a comment within the last label", V("a@a.exam(x)ple"), "a@a.exam ?a.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "white space within the last label, in brackets", V("<a@a.exam ple>"), "a@a.exam ?a.example",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a comment and white space within the last label", V("a@a.exam (x) ple"), "a@a.exam ?a.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "white space behind the brackets", V("<a@a.example> b@b.example c"), "a@a.example b@b.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a quoted address as member of the list", V("\"a@victim.example\", <b@evil.example>"),
	  "- b@evil.example ?victim.example", F_MAIL_ADDRESS_READINGS },
	{ "9989:11.5", "a name behind the address", V("joe@a.example Joe (x) Doe"), "joe@a.example",
	  F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a comment that does not end within a label", V("<a@exam(ple.example>"), "a@exam",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a comment before the domain of no address", V("a b@c@(x)d.example"), "b@c @d.example",
	  F_MAIL_ADDRESS_TEXT_BEFORE },
	{ "9989:11.5", "an encoded-word before the address in brackets",
	  V("<=?utf-8?q?ceo=40victim.example?= joe@evil.example>"),
	  "joe@evil.example ?victim.example ?victim.examplejoe", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a NUL in the middle", V("a@victim.example\0@evil.example"), "a@victim.example @evil.example",
	  F_MAIL_ADDRESS_CONTROL },
	{ "9989:11.5", "a NUL in the domain", V("<a@victim.example\0.evil.example>"),
	  "a@victim.example ?victim.example.evil.example", F_MAIL_ADDRESS_CONTROL },
	{ "9989:11.5", "a bare CR", V("<a@victim.example>\r<b@evil.example>"), "a@victim.example b@evil.example",
	  F_MAIL_ADDRESS_CONTROL },
	{ "9989:11.5", "a bare LF in a comment", V("b@evil.example (\nFrom: a@victim.example)"),
	  "b@evil.example ?victim.example", F_MAIL_ADDRESS_CONTROL },
	{ "9989:11.5", "a group in a group", V("a: b: c@evil.example;;"), "c@evil.example", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a semicolon as comma", V("a@a.example; b@b.example"), "a@a.example b@b.example",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "brackets in an unquoted name", V("[JIRA] Joe <joe@a.example>"), "joe@a.example",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a smile in an unquoted name", V("Joe :-) <joe@a.example>"), "- joe@a.example",
	  F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "no local-part", V("@victim.example"), "@victim.example", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "no domain", V("joe@"), "joe@", F_MAIL_ADDRESS_MALFORMED },
	{ "9989:11.5", "a leading dot in the domain", V("joe@.a.example"), "joe@.a.example", F_MAIL_ADDRESS_MALFORMED },
};

static struct signet_arena arena;
static struct signet_findings notes;

static void render(slice value, struct buf *b)
{
	struct address_list list = { 0 };
	arena_reset(&arena);
	findings_init(&notes, &arena);
	buf_clear(b);
	if (address_parse(value, &arena, &notes, &list) != SIGNET_OK) {
		buf_put(b, S("(failed)"));
	}
	for (size_t i = 0; i < list.n; i++) {
		const struct mailbox *m = &list.at[i];
		buf_put(b, i ? S(" ") : S(""));
		if (m->guessed) {
			buf_put_char(b, '?');
		} else if (m->domain.len || m->local.len) {
			buf_put(b, m->local);
			buf_put_char(b, '@');
		} else {
			buf_put_char(b, '-');
		}
		buf_put(b, m->domain);
	}
}

static void parse_only(slice value, void *data)
{
	render(value, data);
}

static void check_slices(void)
{
	struct address_list list = { 0 };
	slice value = S(" \"Joe\" D. (x) < joe(y)@ a.example (z) > (w), b@b.example");
	arena_reset(&arena);
	findings_init(&notes, &arena);
	address_parse(value, &arena, &notes, &list);
	row_number("5322:3.4", "two mailboxes", (int64_t)list.n, 2);
	row_text("5322:3.4", "the display name as written", list.at[0].display, "\"Joe\" D.");
	row_text("5322:3.4", "the address as written, without the comment behind", list.at[0].address,
		 "joe(y)@ a.example");
	row_number("5322:3.4", "the place of the @", (int64_t)list.at[0].offset, 22);
	row_bool("5322:3.4", "stood in brackets", list.at[0].angled, true);
	row_text("5322:3.4", "the second address", list.at[1].address, "b@b.example");
	row_bool("5322:3.4", "stood alone", list.at[1].angled, false);
}

/* A megabyte of the same few octets must neither take long nor pass the caps. */
static void check_size(const char *what, slice unit, bool capped)
{
	struct buf b;
	struct address_list list = { 0 };
	buf_init(&b, 2 << 20);
	while (b.len < 1 << 20) {
		buf_put(&b, unit);
	}
	arena_reset(&arena);
	findings_init(&notes, &arena);
	enum signet_status status = address_parse(buf_slice(&b), &arena, &notes, &list);
	row_bool("-", what, status == SIGNET_OK && list.n <= ADDRESS_MAILBOXES_MAX && list.capped == capped, true);
	buf_finish(&b);
}

/* The addresses mail-parser found, joined by spaces, without the white space it leaves in them. */
static void want_of(const json_t *expect, struct buf *b)
{
	const json_t *one;
	size_t i;
	json_array_foreach(json_object_get(expect, "List"), i, one) {
		slice address = vector_text(one, "address");
		if (address.len) {
			buf_put(b, b->len ? S(" ") : S(""));
		}
		for (size_t k = 0; k < address.len; k++) {
			buf_put(b, address.at[k] == ' ' ? S("") : slice_make(address.at + k, 1));
		}
	}
	json_array_foreach(json_object_get(expect, "Group"), i, one) {
		json_t *members = json_pack("{s:O}", "List", json_object_get(one, "addresses"));
		want_of(members, b);
		json_decref(members);
	}
}

/* A case that does not count, and why. */
static const char *contested(slice id)
{
	static const struct {
		slice id;
		const char *why;
	} known[] = {
		{ { "-30", 3 }, "no fold: the value ends at the line end, which the header reader does before us" },
		{ { "-38", 3 }, "a URI, no address" },
		{ { "-40", 3 }, "a URI, no address" },
		{ { "-42", 3 }, "a word, no address" },
		{ { "-44", 3 }, "a URI, no address" },
		{ { "-46", 3 }, "a URI, no address" },
	};
	for (size_t i = 0; i < ROWS(known); i++) {
		if (slice_ends_nocase(id, known[i].id)) {
			return known[i].why;
		}
	}
	return NULL;
}

/* mail-parser's reading of address fields: every mailbox must be ours too, in the same order. */
static void check_vectors(struct buf *b)
{
	json_t *cases = vector_cases("mime/fields/address.json");
	json_t *one;
	size_t i;
	row_number("-", "the vectors are there", (int64_t)json_array_size(cases), 30);
	json_array_foreach(cases, i, one) {
		const char *id = json_string_value(json_object_get(one, "id"));
		struct buf value = vector_value(one, "header");
		struct buf want;
		buf_init(&want, 4096);
		rows_case("fields", id, 0);
		want_of(json_object_get(one, "expect"), &want);
		render(buf_slice(&value), b);
		if (contested(slice_of(id))) {
			row_contested("5322:3.4", "mailboxes", slice_eq(buf_slice(b), buf_slice(&want)),
				      contested(slice_of(id)));
		} else {
			row_slice("5322:3.4", "mailboxes", buf_slice(b), buf_slice(&want));
		}
		buf_finish(&want);
		buf_finish(&value);
	}
	rows_case(NULL, NULL, 0);
	json_decref(cases);
}

int main(void)
{
	struct buf b;
	arena_init(&arena, (size_t)64 << 20);
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ROWS(rows); i++) {
		render(guarded(rows[i].value, false), &b);
		row_text(rows[i].clause, rows[i].what, buf_slice(&b), rows[i].want);
		bool said = rows[i].finding ? findings_has(&notes, rows[i].finding) : notes.n == 0;
		row_bool(rows[i].clause,
			 rows[i].finding ? "  ... and a finding says so" : "  ... and nothing is to say", said, true);
		each_prefix(rows[i].value, parse_only, &b);
	}
	check_slices();
	check_vectors(&b);
	check_size("a megabyte of addresses", S("a@a.example,"), true);
	check_size("a megabyte of @", S("@"), true);
	check_size("a megabyte of open comments", S("("), false);
	check_size("a megabyte of comments and literals", S("[(]\\"), true);
	check_size("a megabyte of quotes", S("\"x"), false);
	check_size("a megabyte of brackets", S("<"), true);
	check_size("a megabyte of colons", S("a:"), false);
	check_size("a megabyte of folds", S("\r\n "), false);
	check_size("a megabyte of words", S("ab "), false);
	check_size("a megabyte of encoded-words", S("=?utf-8?q?a=40b?= "), true);
	check_size("a megabyte of one name in pieces", S("@a\r\n a"), true);
	check_size("a megabyte of control characters", S("\x01@a"), true);
	buf_finish(&b);
	arena_finish(&arena);
	return rows_end();
}
