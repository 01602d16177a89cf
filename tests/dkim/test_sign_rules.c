/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the signer: with which settings, which fields are covered, what is refused and what is told, what the tags
 * say. */
#include "../../src/base/finding.h"
#include "../../src/tags/tags.h"
#include "sign_message.h"

static struct signet *engine;

static struct signet_signature plain_signature(void)
{
	return (struct signet_signature) { .domain = S("d.example"),
		                           .selector = S("s"),
		                           .algorithm = SIGNET_ED25519_SHA256 };
}

/* ---- which fields are covered ---- */

#define RULES 4
static const struct names_row {
	const char *clause, *what, *message;
	struct signet_coverage_rule rules[RULES];
	bool only;
	const char *want; /* h= */
} names_rows[] = {
	{ "6376:8.15",
	  "what would mislead is named once more than it occurs",
	  "From: a@d.example\r\nSubject: x\r\n\r\n",
	  { { { 0 }, 0 } },
	  false,
	  "from:from:sender:reply-to:subject:subject:date:message-id:to:cc:mime-version:content-type:"
	  "content-transfer-encoding" },
	{ "6376:5.4.1",
	  "what is rewritten on the way is left out, the rest of 5.4.1 is in",
	  "Return-Path: <a@d.example>\r\nReceived: x\r\nAuthentication-Results: x\r\nARC-Seal: x\r\nBIMI-Selector: "
	  "x\r\n"
	  "DKIM-Signature: x\r\nBcc: c@d.example\r\nX-Other: x\r\nFrom: a@d.example\r\nList-Id: <x>\r\nResent-From: "
	  "b@d.example\r\n"
	  "References: <x>\r\nIn-Reply-To: <x>\r\n\r\n",
	  { { { 0 }, 0 } },
	  false,
	  "from:from:sender:reply-to:subject:date:message-id:to:cc:mime-version:content-type:"
	  "content-transfer-encoding:in-reply-to:references:resent-from:list-id" },
	{ "8058:4",
	  "List-Unsubscribe and List-Unsubscribe-Post are covered",
	  "List-Unsubscribe: <x>\r\nList-Unsubscribe-Post: x\r\nFrom: a@d.example\r\n\r\n",
	  { { { "to", 2 }, SIGNET_COVER_NOT } },
	  false,
	  "from:from:sender:reply-to:subject:date:message-id:cc:mime-version:content-type:"
	  "content-transfer-encoding:list-unsubscribe:list-unsubscribe-post" },
	{ "6376:5.4.2",
	  "every instance of a field is named",
	  "List-Post: <a>\r\nFrom: a@d.example\r\nList-Post: <b>\r\n\r\n",
	  { { { "from", 4 }, SIGNET_COVER } },
	  false,
	  "from:sender:reply-to:subject:date:message-id:to:cc:mime-version:content-type:content-transfer-encoding:"
	  "list-post:list-post" },
	{ "6376:5.4",
	  "rules add, take away and loosen",
	  "From: a@d.example\r\nX-One: 1\r\nDate: x\r\n\r\n",
	  { { { "X-One", 5 }, SIGNET_COVER_MORE },
	    { { "x-two", 5 }, SIGNET_COVER },
	    { { "DATE", 4 }, SIGNET_COVER },
	    { { "message-id", 10 }, SIGNET_COVER_NOT } },
	  false,
	  "from:from:sender:reply-to:subject:date:to:cc:mime-version:content-type:content-transfer-encoding:x-one:x-"
	  "one" },
	{ "6376:5.4",
	  "rules alone, and From although they do not name it",
	  "From: a@d.example\r\nTo: b@d.example\r\nSubject: x\r\n\r\n",
	  { { { "subject", 7 }, SIGNET_COVER }, { { "to", 2 }, SIGNET_COVER } },
	  true,
	  "from:from:subject:to" },
	{ "6376:5.4",
	  "rules alone keep their order",
	  "From: a@d.example\r\nTo: b@d.example\r\nSubject: x\r\n\r\n",
	  { { { "subject", 7 }, SIGNET_COVER }, { { "from", 4 }, SIGNET_COVER }, { { "to", 2 }, SIGNET_COVER_MORE } },
	  true,
	  "subject:from:to:to" },
	{ "6376:5.4",
	  "of two rules for a name the last counts",
	  "From: a@d.example\r\nTo: b@d.example\r\n\r\n",
	  { { { "to", 2 }, SIGNET_COVER_MORE }, { { "To", 2 }, SIGNET_COVER } },
	  true,
	  "from:from:to" },
};

/* The value of a tag without its folds, from the first field. */
static slice tag_of(slice fields, const char *start, struct signet_arena *a)
{
	size_t from = slice_find(fields, slice_of(start));
	if (from == SLICE_NONE) {
		return S("");
	}
	slice rest = slice_from(fields, from + strlen(start));
	slice value = slice_first(rest, slice_find_char(rest, ';'));
	return tag_without_fws(value, a);
}

static void sign_plain(const struct signet_sign_settings *settings, const struct signet_signature *signature,
                       slice message, struct signet_arena *a, struct signed_message *ret, struct signet_sign **ret_sign)
{
	struct test_keys keys = { .at = { test_key(engine, SIGNET_ED25519_SHA256) } };
	*ret_sign = signet_sign_new(engine, settings, signature, 1);
	must(*ret_sign);
	sign_in_chunks(*ret_sign, &keys, message, 0, false, a, ret);
	signet_privkey_free(keys.at[0]);
}

static void test_names(void)
{
	for (size_t i = 0; i < ROWS(names_rows); i++) {
		const struct names_row *row = &names_rows[i];
		struct signet_arena a;
		struct signed_message got;
		struct signet_sign *sign;
		size_t n = 0;
		while (n < RULES && row->rules[n].name.len) {
			n++;
		}
		arena_init(&a, (size_t)1 << 20);
		struct signet_sign_settings settings = {
			.now = 1, .rules = row->rules, .n_rules = n, .only_rules = row->only
		};
		struct signet_signature signature = plain_signature();
		sign_plain(&settings, &signature, slice_of(row->message), &a, &got, &sign);
		row_text(row->clause, row->what, tag_of(got.fields, "\th=", &a), row->want);
		signet_sign_free(sign);
		arena_finish(&a);
	}
}

/* ---- what is refused, what is told ---- */

static const struct told_row {
	const char *clause, *what, *message;
	const char *want; /* names of findings, "refused: " before them if so */
} told_rows[] = {
	{ "6376:5.4", "no From is refused", "To: b@b.example\r\n\r\nx\r\n", "refused: sign.from-none" },
	{ "6376:5.4", "nothing at all is refused", "", "refused: sign.from-none" },
	{ "6376:8.15", "two From fields are refused", "From: a@d.example\r\nFrom: a@d.example\r\n\r\n",
	  "refused: sign.from-several" },
	{ "6376:6.3", "an author of another domain is refused", "From: a@other.example\r\n\r\n",
	  "refused: sign.from-foreign" },
	{ "6376:6.3", "a second author of another domain is refused", "From: a@d.example, b@other.example\r\n\r\n",
	  "refused: sign.from-foreign" },
	{ "6376:6.3", "an author of the parent domain is refused", "From: a@example\r\n\r\n",
	  "refused: sign.from-foreign" },
	{ "6376:6.3", "a name that ends like the domain is refused", "From: a@evild.example\r\n\r\n",
	  "refused: sign.from-foreign" },
	{ "6376:6.3", "a domain that another reader of From sees is refused",
	  "From: \"a@other.example\" <a@d.example>, b@other.example <a@d.example\r\n\r\n",
	  "refused: sign.from-foreign" },
	{ "6376:6.3", "an author without a domain is refused", "From: root\r\n\r\n", "refused: sign.from-unusable" },
	{ "6376:6.3", "an empty From is refused", "From:\r\n\r\n", "refused: sign.from-unusable" },
	{ "6376:6.3", "a domain literal is refused", "From: a@[192.0.2.1]\r\n\r\n", "refused: sign.from-unusable" },
	{ "5322:3.6", "two Subject fields are refused", HEAD "Subject: y\r\n\r\n", "refused: sign.field-repeated" },
	{ "5322:3.6", "two Content-Type fields are refused",
	  HEAD "Content-Type: text/plain\r\ncontent-type: text/html\r\n\r\n", "refused: sign.field-repeated" },
	{ "2045:3", "two Content-Disposition fields are refused",
	  HEAD "Content-Disposition: inline\r\nContent-Disposition: attachment\r\n\r\n",
	  "refused: sign.field-repeated" },
	{ "6376:5.3", "a bare LF in the body is refused", HEAD "\r\na\nb\r\n", "refused: sign.line-ends" },
	{ "6376:5.3", "a bare CR in the body is refused", HEAD "\r\na\rb\r\n", "refused: sign.line-ends" },
	{ "6376:5.3", "a bare CR at the end of the body is refused", HEAD "\r\na\r", "refused: sign.line-ends" },
	{ "6376:5.3", "a bare LF in the header is refused", HEAD "X: a\nb\r\n\r\n", "refused: sign.line-ends" },
	{ "6376:5.3", "a bare CR in the header is refused", HEAD "X: a\rb\r\n\r\n", "refused: sign.line-ends" },
	{ "5322:2.2", "a line that is no field is refused", HEAD "no field\r\n\r\n", "refused: sign.header-broken" },
	{ "5322:2.2", "a header that begins with white space is refused", " x\r\n" HEAD "\r\n",
	  "refused: sign.header-broken" },
	{ "-", "a good message is worth no word", HEAD "\r\nx\r\n", "" },
	{ "6376:5.3", "8-bit octets in the body are told", HEAD "\r\na\r\n\xc3\xa4\r\n", "sign.eight-bit" },
	{ "6376:5.3", "8-bit octets in the header are told", HEAD "Comments: \xc3\xa4\r\n\r\n",
	  "sign.eight-bit-header" },
	{ "5322:3.6", "a missing Date and Message-ID are told", "From: a@d.example\r\n\r\n",
	  "sign.field-missing sign.field-missing" },
	{ "5322:4.5", "white space before a colon is told, with relaxed canonicalization too", HEAD "X-Id : 1\r\n\r\n",
	  "sign.space-before-colon" },
	{ "5322:4.5", "of the first field only", HEAD "X-Id\t: 1\r\nX-Id : 2\r\n\r\n", "sign.space-before-colon" },
	{ "5321:2.3.5", "an address to be completed is told", HEAD "Cc: bob\r\n\r\n", "sign.address-incomplete" },
};

static slice told(const struct signed_message *m, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 10000);
	buf_put_text(&b, m->refused ? "refused: " : "");
	for (size_t i = 0; i < m->findings->n; i++) {
		buf_put_text(&b, i ? " " : "");
		buf_put_text(&b, signet_finding_kind(m->findings->at[i].id)->name);
	}
	return buf_slice(&b);
}

static void run_told(const char *clause, const char *what, const struct signet_sign_settings *settings, slice message,
                     const char *want)
{
	struct signet_arena a;
	struct signed_message got;
	struct signet_sign *sign;
	struct signet_signature signature = plain_signature();
	arena_init(&a, (size_t)64 << 20);
	sign_plain(settings, &signature, message, &a, &got, &sign);
	row_text(clause, what, told(&got, &a), want);
	row_bool(clause, "and nothing is written of it if refused", got.fields.len > 0, !got.refused);
	signet_sign_free(sign);
	arena_finish(&a);
}

static void test_told(void)
{
	static char large[4000];
	struct signet_arena a;
	struct signet_sign_settings settings = { .now = 1700000000 };
	arena_init(&a, (size_t)16 << 20);
	for (size_t i = 0; i < ROWS(told_rows); i++) {
		run_told(told_rows[i].clause, told_rows[i].what, &settings, slice_of(told_rows[i].message),
		         told_rows[i].want);
	}
	run_told("5322:2.2", "a NUL in the header is refused", &settings, S(HEAD "X: a\0b\r\n\r\n"),
	         "refused: sign.header-broken");
	run_told("5321:2.3.8", "a NUL in the body is told", &settings, NUL_MESSAGE, "sign.nul");
	memset(large, 'x', sizeof(large));
	slice line = slice_first(slice_make(large, sizeof(large)), 999);
	run_told("5322:2.1.1", "a line of 999 octets in the body is told", &settings,
	         ARENA_JOIN(&a, S(HEAD "\r\n"), line, S("\r\n")), "sign.line-long");
	run_told("5322:2.1.1", "a line of 998 octets is fine", &settings,
	         ARENA_JOIN(&a, S(HEAD "\r\n"), slice_first(line, 998), S("\r\n")), "");
	run_told("5322:2.1.1", "a long line in the header is told", &settings,
	         ARENA_JOIN(&a, S(HEAD "X: "), line, S("\r\n\r\n")), "sign.line-long");
	settings.eight_bit_path = true;
	run_told("6376:5.3", "8-bit octets are fine where every hop takes them", &settings,
	         S(HEAD "Comments: \xc3\xa4\r\n\r\n\xc3\xa4\r\n"), "");
	settings.foreign_author = true;
	run_told("6376:6.3", "an author of another domain is signed for if told so", &settings,
	         S("From: a@other.example\r\nDate: x\r\nMessage-ID: x\r\n\r\n"), "");
	settings.body_length = true;
	run_told("6376:8.2", "l= is never written without a word", &settings, S(HEAD "\r\nx\r\n"), "sign.body-length");
	settings.body_length = false;
	settings.expires_after_s = 3600;
	run_told("6376:3.5", "an hour is soon", &settings, S(HEAD "\r\nx\r\n"), "sign.expires-soon");
	settings.expires_after_s = 0;
	settings.header_bytes = 1000;
	run_told("5321:4.5.3.1", "a header past the cap is refused", &settings,
	         ARENA_JOIN(&a, S(HEAD), S("X: "), slice_make(large, sizeof(large)), S("\r\n\r\n")),
	         "refused: sign.header-too-large");
	settings.header_bytes = 0;
	struct buf many;
	buf_init_arena(&many, &a, 1 << 20);
	buf_put(&many, S(HEAD));
	for (size_t i = 0; i < 600; i++) {
		buf_put(&many, S("List-Post: x\r\n"));
	}
	run_told("6376:5.4", "more fields to sign than verifiers read are refused", &settings, buf_slice(&many),
	         "refused: sign.too-many-names");
	arena_finish(&a);
}

/* ---- what the tags say ---- */

static void test_tags(void)
{
	struct signet_arena a;
	struct signed_message got;
	struct signet_sign *sign;
	arena_init(&a, (size_t)16 << 20);
	struct signet_sign_settings settings = { .now = 1700000000, .expires_after_s = 604800, .copy_fields = true };
	struct signet_signature signature = plain_signature();
	signature.identity = S("ann;b c@Sub.d.example");
	slice message = S("From: a@d.example\r\nSubject: a | b;\xc3\xa4\r\n=\r\n\r\nx\r\n");
	message = S("From: a@d.example\r\nSubject: a | b;\r\n =\r\n\r\nx\r\n");
	sign_plain(&settings, &signature, message, &a, &got, &sign);
	row_text("6376:3.5", "t= is now", tag_of(got.fields, "t=", &a), "1700000000");
	row_text("6376:3.5", "x= is t= and the time to live", tag_of(got.fields, "x=", &a), "1700604800");
	row_text("6376:2.11", "i= is quoted, its domain in normal form", tag_of(got.fields, "i=", &a),
	         "ann=3Bb=20c@sub.d.example");
	row_text("6376:3.5", "z= copies what is signed", tag_of(got.fields, "z=", &a),
	         "From:a@d.example|Subject:a=20=7C=20b=3B=0D=0A=20=3D");
	row_text("6376:3.5", "there is no l=", tag_of(got.fields, "l=", &a), "");
	signet_sign_free(sign);
	settings = (struct signet_sign_settings) { .now = 5, .body_length = true };
	signature = plain_signature();
	sign_plain(&settings, &signature, S(HEAD "\r\nhello \r\n\r\n"), &a, &got, &sign);
	row_text("6376:3.5", "l= counts canonical octets", tag_of(got.fields, "l=", &a), "7");
	row_text("6376:3.5", "no x= unless it is wanted", tag_of(got.fields, "x=", &a), "");
	signet_sign_free(sign);

	/* U-labels stand in internationalised headers only */
	signature.domain = S("xn--mnchen-3ya.example");
	signature.identity = S("x@m\xc3\xbcnchen.example");
	settings = (struct signet_sign_settings) { .now = 5 };
	sign_plain(&settings, &signature, S("From: a@xn--mnchen-3ya.example\r\n\r\n"), &a, &got, &sign);
	row_text("8616:5", "A-labels in a plain header", tag_of(got.fields, "d=", &a), "xn--mnchen-3ya.example");
	row_text("8616:5", "in i= too", tag_of(got.fields, "i=", &a), "x@xn--mnchen-3ya.example");
	signet_sign_free(sign);
	sign_plain(&settings, &signature, S("From: \xc3\xa4@m\xc3\xbcnchen.example\r\n\r\n"), &a, &got, &sign);
	row_text("8616:5", "U-labels in an internationalised one", tag_of(got.fields, "d=", &a),
	         "m\xc3\xbcnchen.example");
	row_text("8616:5", "and in i=", tag_of(got.fields, "i=", &a), "x@m\xc3\xbcnchen.example");
	signet_sign_free(sign);
	arena_finish(&a);
}

static const struct fault_row {
	const char *clause, *what, *domain, *selector, *identity, *name; /* `name`: of a field there is a rule for */
	enum signet_coverage coverage;
	int64_t now, expires;
	bool want; /* that there is a fault */
} fault_rows[] = {
	{ "6376:3.5", "a plain wish is good", "d.example", "s", "", "", 0, 1, 0, false },
	{ "6376:3.5", "no domain", "", "s", "", "", 0, 1, 0, true },
	{ "6376:3.5", "a domain of one label", "example", "s", "", "", 0, 1, 0, true },
	{ "6376:3.5", "a final dot", "d.example.", "s", "", "", 0, 1, 0, true },
	{ "6376:3.5", "a tag in the domain", "d.example; l=0", "s", "", "", 0, 1, 0, true },
	{ "6376:3.1", "no selector", "d.example", "", "", "", 0, 1, 0, true },
	{ "6376:3.1", "two labels of a selector are good", "d.example", "a.b", "", "", 0, 1, 0, false },
	{ "6376:3.1", "a line end in the selector", "d.example", "a\r\nX: y", "", "", 0, 1, 0, true },
	{ "6376:3.5", "an identity of another domain", "d.example", "s", "a@example", "", 0, 1, 0, true },
	{ "6376:3.5", "an identity below the domain is good", "d.example", "s", "@x.d.example", "", 0, 1, 0, false },
	{ "6376:3.5", "an identity without @", "d.example", "s", "ann", "", 0, 1, 0, true },
	{ "6376:5.4", "From not signed", "d.example", "s", "", "FROM", SIGNET_COVER_NOT, 1, 0, true },
	{ "6376:5.4", "To not signed is good", "d.example", "s", "", "to", SIGNET_COVER_NOT, 1, 0, false },
	{ "6376:5.4.1", "Received signed", "d.example", "s", "", "received", SIGNET_COVER, 1, 0, true },
	{ "6376:5.4.1", "Return-Path signed", "d.example", "s", "", "Return-Path", SIGNET_COVER, 1, 0, true },
	{ "6376:5.4.1", "a field that nobody changes is good", "d.example", "s", "", "X-Id", SIGNET_COVER, 1, 0,
	  false },
	{ "8617:4.1.2", "ARC-Seal signed", "d.example", "s", "", "ARC-Seal", SIGNET_COVER, 1, 0, true },
	{ "6376:3.5", "a colon in a name", "d.example", "s", "", "x:y", SIGNET_COVER, 1, 0, true },
	{ "6376:3.5", "a semicolon in a name", "d.example", "s", "", "x;y", SIGNET_COVER, 1, 0, true },
	{ "6376:3.5", "a time of thirteen digits", "d.example", "s", "", "", 0, 1000000000000, 0, true },
	{ "6376:3.5", "an end of thirteen digits", "d.example", "s", "", "", 0, 999999999999, 1, true },
	{ "6376:3.5", "an end before the beginning", "d.example", "s", "", "", 0, 100, -1, true },
};

static void test_faults(void)
{
	for (size_t i = 0; i < ROWS(fault_rows); i++) {
		const struct fault_row *row = &fault_rows[i];
		const struct signet_coverage_rule rule = { slice_of(row->name), row->coverage };
		const struct signet_signature signature = { .domain = slice_of(row->domain),
			                                    .selector = slice_of(row->selector),
			                                    .identity = slice_of(row->identity) };
		struct signet_sign_settings settings = {
			.now = row->now, .expires_after_s = row->expires, .rules = &rule, .n_rules = rule.name.len > 0
		};
		const char *fault = signet_sign_fault(&settings, &signature, 1, NULL);
		row_bool(row->clause, row->what, fault, row->want);
		struct signet_sign *sign = signet_sign_new(engine, &settings, &signature, 1);
		row_bool(row->clause, "and no signer is made of a fault", sign, !row->want);
		signet_sign_free(sign);
	}
	struct signet_sign_settings settings = { .now = 1 };
	row_bool("-", "no signature at all is a fault", signet_sign_fault(&settings, NULL, 0, NULL), true);
}

int main(void)
{
	engine = signet_new();
	must(engine);
	test_faults(); /* first: where settings are misjudged nothing below can run */
	test_names();
	test_told();
	test_tags();
	signet_free(engine);
	return rows_end();
}
