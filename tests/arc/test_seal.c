/* SPDX-License-Identifier: Apache-2.0 */
/* The signing suite in tests/vectors/arc; chains of our own through our validator; what is not sealed. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <signet/authres.h>
#include <signet/check.h>

#include "../../src/arc/seal.h"
#include "../../src/base/finding.h"
#include "../dkim/sign_message.h"
#include "../support/signer.h"
#include "../support/zone.h"

static struct signet *engine;

/* ---- one hop: validate, then seal ---- */

struct hop {
	struct signet_seal_settings settings;
	struct signet_privkey *key;
	struct zone *zone;
	const char *authserv_id; /* results under this name are merged; NULL: `results` */
	const char *results;
	bool sorted;
	bool says; /* `cv` instead of what validation says */
	enum signet_arc_result cv;
};

struct sealed {
	bool refused;
	enum signet_arc_result came; /* how the chain came in */
	slice fields;
	slice whole;
	slice told; /* names of findings */
};

static struct signet_check *check_message(struct zone *zone, slice message)
{
	struct signet_settings settings = { .max_arc_sets = SIGNET_ARC_SETS };
	struct signet_envelope envelope = { 0 };
	struct signet_check *check = signet_check_new(engine, &settings, &envelope);
	must(check && signet_check_feed(check, message) == SIGNET_OK && signet_check_end(check) == SIGNET_OK);
	while (signet_check_step(check) == SIGNET_PENDING) {
		must(zone_answer_all(zone, signet_check_book(check)) > 0);
	}
	return check;
}

static void answer(struct signet_seal *seal, struct signet_privkey *key)
{
	struct signet_sign_request request;
	while (signet_seal_next(seal, &request)) {
		uint8_t octets[SIGNET_SIGNATURE_OCTETS];
		size_t n;
		must(signet_privkey_sign(key, request.digest, octets, &n) == SIGNET_OK);
		must(signet_seal_answer(seal, request.index, slice_make((const char *)octets, n)) == SIGNET_OK);
	}
}

static void seal_message(const struct hop *hop, slice message, size_t chunk, struct signet_arena *a, struct sealed *ret)
{
	struct signet_check *check = check_message(hop->zone, message);
	struct signet_seal *seal = signet_seal_new(engine, &hop->settings);
	slice results = slice_of(hop->results), id = slice_of(hop->authserv_id);
	struct buf told;
	must(seal);
	if (hop->sorted) {
		seal_set_sorted(seal);
	}
	for (size_t at = 0; at < message.len; at += chunk ? chunk : message.len) {
		slice piece = slice_first(slice_from(message, at), chunk ? chunk : message.len);
		must(signet_seal_feed(seal, piece) == SIGNET_OK);
	}
	if (hop->authserv_id) {
		must(signet_authres_merged(check, &id, 1, a, &results) == SIGNET_OK);
	}
	ret->came = signet_check_dossier(check)->arc.result;
	must(signet_seal_end(seal, hop->says ? hop->cv : ret->came, results) == SIGNET_OK);
	ret->refused = signet_seal_refused(seal);
	answer(seal, hop->key);
	ret->fields = arena_copy(a, signet_seal_fields(seal));
	ret->whole = ARENA_JOIN(a, ret->fields, message);
	buf_init_arena(&told, a, 10000);
	for (size_t i = 0; i < signet_seal_findings(seal)->n; i++) {
		buf_put_text(&told, i ? " " : "");
		buf_put_text(&told, signet_finding_kind(signet_seal_findings(seal)->at[i].id)->name);
	}
	ret->told = buf_slice(&told);
	signet_seal_free(seal);
	signet_check_free(check);
}

/* ---- the signing suite ---- */

static char path[4096];

static slice read_file(const char *name, struct signet_arena *a)
{
	snprintf(path, sizeof(path), "%s/tests/vectors/arc/valimail-sign/%s", getenv("SIGNET_SOURCE"), name);
	FILE *file = fopen(path, "rb");
	struct buf b;
	must(file);
	buf_init_arena(&b, a, (size_t)16 << 20);
	for (int c; (c = getc(file)) != EOF;) {
		buf_put_char(&b, (char)c);
	}
	fclose(file);
	return buf_slice(&b);
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* A field as the suite prints it: one space behind each ";", none inside a value. */
static slice made_field(const char *name, const char *value, struct signet_arena *a)
{
	slice text = replace_text(slice_trim_fws(slice_of(value)), ";\n", S("; "), a);
	return ARENA_JOIN(a, slice_of(name), S(": "), replace_text(text, "\n", S(""), a), S("\r\n"));
}

static slice take_field(slice *fields)
{
	size_t end = 0;
	do {
		size_t n = slice_find(slice_from(*fields, end), S("\r\n"));
		end = n == SLICE_NONE ? fields->len : end + n + 2;
	} while (end < fields->len && (fields->at[end] == ' ' || fields->at[end] == '\t'));
	slice field = slice_first(*fields, end);
	*fields = slice_from(*fields, end);
	return field;
}

/* Folds and runs of white space as one space. */
static slice one_line(slice field, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 1 << 16);
	for (size_t i = 0; i < field.len; i++) {
		bool space = field.at[i] == ' ' || field.at[i] == '\t' || field.at[i] == '\r' || field.at[i] == '\n';
		if (!space) {
			buf_put_char(&b, field.at[i]);
		} else if (b.len && b.at[b.len - 1] != ' ') {
			buf_put_char(&b, ' ');
		}
	}
	return slice_trim_fws(buf_slice(&b));
}

static void run_case(const json_t *zones, const json_t *one)
{
	struct signet_arena a;
	struct signet_coverage_rule rules[16];
	struct sealed got;
	size_t n = 0;
	arena_init(&a, (size_t)64 << 20);
	for (slice rest = slice_of(text_of(one, "sign_headers")); rest.at && n < ROWS(rules);) {
		rules[n++] = (struct signet_coverage_rule) { slice_split(&rest, ':'), SIGNET_COVER };
	}
	struct hop hop = {
		.settings = { .now = strtoll(text_of(one, "t"), NULL, 10),
		              .domain = slice_of(text_of(one, "domain")),
		              .selector = slice_of(text_of(one, "selector")),
		              .rules = rules,
		              .n_rules = n,
		              .only_rules = true },
		.zone = zone_of_json(json_object_get(zones, text_of(one, "zone"))),
		.authserv_id = text_of(one, "authserv_id"),
		.sorted = true,
	};
	must(signet_privkey_read(engine, read_file(text_of(one, "key"), &a), &hop.key) == SIGNET_PRIVKEY_GOOD);
	const json_t *expect = json_object_get(one, "expect");
	seal_message(&hop, read_file(text_of(one, "message"), &a), 0, &a, &got);
	slice rest = got.fields;
	char what[300];
	rows_case("valimail-sign", text_of(one, "id"), 0);
	snprintf(what, sizeof(what), "%s: the seal", text_of(one, "comment"));
	row_slice("8617:5.1", what, take_field(&rest), made_field("ARC-Seal", text_of(expect, "AS"), &a));
	snprintf(what, sizeof(what), "%s: the message signature", text_of(one, "comment"));
	row_slice("8617:5.1", what, take_field(&rest), made_field("ARC-Message-Signature", text_of(expect, "AMS"), &a));
	snprintf(what, sizeof(what), "%s: the results", text_of(one, "comment"));
	row_slice("8617:4.1.1", what, one_line(take_field(&rest), &a),
	          one_line(ARENA_JOIN(&a, S("ARC-Authentication-Results: "), slice_of(text_of(expect, "AAR"))), &a));
	rows_case(NULL, NULL, 0);
	zone_free(hop.zone);
	signet_privkey_free(hop.key);
	arena_finish(&a);
}

static void test_suite(void)
{
	snprintf(path, sizeof(path), "%s/tests/vectors/arc/valimail-sign/cases.json", getenv("SIGNET_SOURCE"));
	json_t *file = json_load_file(path, 0, NULL);
	must(file);
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		run_case(json_object_get(file, "zones"), one);
	}
	json_decref(file);
}

/* ---- chains of our own ---- */

#define MESSAGE                                                                                                        \
	"Received: from x by mx.d.example; Fri, 27 Nov 2026 10:00:00 +0000\r\nDKIM-Signature: v=1; d=o.example; x\r\n" \
	"From: Ann <ann@o.example>\r\nTo: l@d.example\r\nSubject: a  test\r\nDate: Fri, 27 Nov 2026 10:00:00 "         \
	"+0000\r\n"                                                                                                    \
	"Message-ID: <1@o.example>\r\n\r\nhello  world \r\n\r\n"

struct hops {
	struct hop at[2]; /* RSA, Ed25519 */
	struct signet_arena arena;
};

static void hops_open(struct hops *h)
{
	arena_init(&h->arena, (size_t)64 << 20);
	for (size_t i = 0; i < 2; i++) {
		enum signet_algorithm algorithm = i ? SIGNET_ED25519_SHA256 : SIGNET_RSA_SHA256;
		h->at[i] = (struct hop) { .settings = { .now = 1700000000,
			                                .domain = S("d.example"),
			                                .selector = i ? S("e") : S("r"),
			                                .algorithm = algorithm },
			                  .key = test_key(engine, algorithm),
			                  .results = "mx.d.example; spf=pass smtp.mailfrom=o.example" };
	}
	slice text = ARENA_JOIN(&h->arena, test_record(h->at[0].key, "r", "d.example", &h->arena),
	                        test_record(h->at[1].key, "e", "d.example", &h->arena), slice_make("", 1));
	h->at[0].zone = h->at[1].zone = zone_of_text(text.at);
}

static void hops_close(struct hops *h)
{
	zone_free(h->at[0].zone);
	signet_privkey_free(h->at[0].key);
	signet_privkey_free(h->at[1].key);
	arena_finish(&h->arena);
}

static const char *state_of(struct hops *h, slice message)
{
	struct signet_check *check = check_message(h->at[0].zone, message);
	const char *name = signet_arc_result_name(signet_check_dossier(check)->arc.result);
	signet_check_free(check);
	return name;
}

/* A chain of fifty, by both algorithms in turn; there is no 51st. */
static void test_long(void)
{
	struct hops h;
	struct sealed got = { 0 };
	hops_open(&h);
	slice message = S(MESSAGE);
	bool all = true;
	for (unsigned i = 1; i <= 50; i++) {
		seal_message(&h.at[i % 2], message, i, &h.arena, &got);
		message = got.whole;
		all = all && !got.refused && (i > 20 || i % 5 || strcmp(state_of(&h, message), "pass") == 0);
	}
	row_bool("8617:5.1", "sets 1 to 50 are sealed and validate", all, true);
	row_text("8617:5.2", "the chain of fifty passes", slice_of(state_of(&h, message)), "pass");
	seal_message(&h.at[0], message, 0, &h.arena, &got);
	row_bool("8617:4.2.1", "a 51st set is refused", got.refused && got.fields.len == 0, true);
	row_text("8617:4.2.1", "and the finding says why", got.told, "arc.chain-full");
	hops_close(&h);
}

static void test_first(void)
{
	struct hops h;
	struct sealed got, again;
	hops_open(&h);
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "Ed25519" : "RSA";
		char what[100];
		seal_message(&h.at[i], S(MESSAGE), 0, &h.arena, &got);
		snprintf(what, sizeof(what), "%s: the first set says cv=none and passes", name);
		row_bool("8617:5.1", what,
		         slice_find(got.fields, S("cv=none")) != SLICE_NONE &&
		                 strcmp(state_of(&h, got.whole), "pass") == 0,
		         true);
		bool same = true;
		for (size_t chunk = 1; chunk < 40; chunk++) {
			seal_message(&h.at[i], S(MESSAGE), chunk, &h.arena, &again);
			same = same && slice_eq(again.fields, got.fields);
		}
		snprintf(what, sizeof(what), "%s: chunks of any size give the same set", name);
		row_bool("8617:5.1", what, same, true);
	}
	slice rest = got.fields;
	row_bool("8617:5.1", "the seal stands on top", slice_starts(take_field(&rest), S("ARC-Seal: i=1; ")), true);
	slice message = take_field(&rest);
	row_bool("8617:5.1", "then the message signature", slice_starts(message, S("ARC-Message-Signature: i=1; ")),
	         true);
	row_text("8617:4.1.1", "then the results", rest,
	         "ARC-Authentication-Results: i=1; mx.d.example; spf=pass smtp.mailfrom=o.example\r\n");
	slice h_tag = slice_from(message, slice_find(message, S("h=")));
	h_tag = slice_first(h_tag, slice_find_char(h_tag, ';'));
	row_bool("8617:5.1.1", "h= names the DKIM-Signature", slice_find(h_tag, S("dkim-signature")) != SLICE_NONE,
	         true);
	row_bool("8617:4.1.2", "but neither ARC fields nor results nor Received",
	         slice_find(h_tag, S("arc-")) == SLICE_NONE && slice_find(h_tag, S("authentication")) == SLICE_NONE &&
	                 slice_find(h_tag, S("received")) == SLICE_NONE,
	         true);
	row_text("6376:8.15", "who adds a Subject breaks it",
	         slice_of(state_of(&h, ARENA_JOIN(&h.arena, S("Subject: other\r\n"), got.whole))), "fail");
	hops_close(&h);
}

/* A chain that fails here gets one more set, and then none. */
static void test_failed(void)
{
	struct hops h;
	struct sealed got;
	hops_open(&h);
	seal_message(&h.at[0], S(MESSAGE), 0, &h.arena, &got);
	slice broken = replace_text(got.whole, "hello", S("HELLO"), &h.arena);
	seal_message(&h.at[0], broken, 0, &h.arena, &got);
	row_bool("8617:5.1", "cv comes from validating this message",
	         got.came == SIGNET_ARC_FAIL && slice_find(got.fields, S("i=2; a=rsa-sha256; cv=fail")) != SLICE_NONE,
	         true);

	/* the last seal covers its own set: it verifies alone, as if it were the first and said none */
	slice rest = got.fields;
	slice seal = take_field(&rest), message = take_field(&rest);
	(void)seal;
	row_bool("8617:5.1.2", "the set is whole", message.len && rest.len, true);
	slice twice = got.whole;
	seal_message(&h.at[1], twice, 0, &h.arena, &got);
	row_number("8617:5.1.3", "a chain that says it failed gets no further set", (int64_t)got.fields.len, 0);
	row_bool("8617:5.1.3", "which is no refusal", got.refused, false);
	row_text("8617:5.1.3", "the finding names the seal", got.told, "arc.not-continued");

	/* even below a set that pretends nothing happened */
	slice pretending =
		ARENA_JOIN(&h.arena,
	                   S("ARC-Seal: i=3; a=rsa-sha256; cv=pass; d=d.example; s=r; t=1; b=AAAA\r\n"
	                     "ARC-Message-Signature: i=3; a=rsa-sha256; d=d.example; s=r; h=from; bh=AAAA; b=AAAA\r\n"
	                     "ARC-Authentication-Results: i=3; x; none\r\n"),
	                   twice);
	seal_message(&h.at[1], pretending, 0, &h.arena, &got);
	row_number("8617:5.1.3", "not even if a later hop went on", (int64_t)got.fields.len, 0);
	hops_close(&h);
}

/* What the digest of a failed chain's seal covers, by an independent reading of RFC 8617 5.1.2: the new set only. */
static void test_scope(void)
{
	struct hops h;
	struct sealed first, got;
	hops_open(&h);
	seal_message(&h.at[1], S(MESSAGE), 0, &h.arena, &first);
	slice broken = replace_text(first.whole, "hello", S("HELLO"), &h.arena);
	seal_message(&h.at[1], broken, 0, &h.arena, &got);
	/* Ed25519 is deterministic: the same set on a message without any other ARC field has the same seal, if it may say
	 * so; and the message signature covers no ARC field at all. */
	slice older = ARENA_JOIN(&h.arena, S("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.example; s=x; b=AAAA\r\n"),
	                         replace_text(S(MESSAGE), "hello", S("HELLO"), &h.arena));
	struct sealed other;
	seal_message(&h.at[1], older, 0, &h.arena, &other);
	row_slice("8617:5.1.2", "with cv=fail nothing of older sets is covered", other.fields, got.fields);
	hops_close(&h);
}

static const struct refused_row {
	const char *clause, *what, *message;
	bool says;
	enum signet_arc_result cv;
	const char *want;
} refused_rows[] = {
	{ "6376:5.3", "a bare LF is refused", "From: a@b.example\r\n\r\na\nb\r\n", false, 0, "sign.line-ends" },
	{ "5322:2.2", "a header that is none is refused", "From: a@b.example\r\nx y\r\n\r\n", false, 0,
	  "sign.header-broken" },
	{ "8617:5.1", "cv=pass without a chain is refused", MESSAGE, true, SIGNET_ARC_PASS, "arc.chain-changed" },
	{ "8617:5.1", "cv=fail without a chain is refused", MESSAGE, true, SIGNET_ARC_FAIL, "arc.chain-changed" },
	{ "8617:5.1", "cv=none beside ARC fields is refused", "ARC-Seal: i=1; x\r\n" MESSAGE, true, SIGNET_ARC_NONE,
	  "arc.chain-changed" },
	{ "8617:5.1", "cv=pass beside a torn chain is refused", "ARC-Seal: i=1; x\r\n" MESSAGE, true, SIGNET_ARC_PASS,
	  "arc.chain-changed" },
};

static void test_refused(void)
{
	struct hops h;
	struct sealed got;
	hops_open(&h);
	for (size_t i = 0; i < ROWS(refused_rows); i++) {
		const struct refused_row *row = &refused_rows[i];
		struct hop hop = h.at[0];
		hop.says = row->says;
		hop.cv = row->cv;
		seal_message(&hop, slice_of(row->message), 0, &h.arena, &got);
		row_bool(row->clause, row->what, got.refused && got.fields.len == 0, true);
		row_text(row->clause, "and told", got.told, row->want);
	}
	hops_close(&h);
}

/* Nothing that would end the field gets into it. */
static void test_results(void)
{
	static const char *const bad[] = {
		"", " \r\n\t", "x; none\r\nSubject: y", "x; none\r\n", "x;\nnone", "x;\rnone"
	};
	struct hops h;
	hops_open(&h);
	for (size_t i = 0; i < ROWS(bad); i++) {
		struct signet_seal *seal = signet_seal_new(engine, &h.at[0].settings);
		must(signet_seal_feed(seal, S(MESSAGE)) == SIGNET_OK);
		enum signet_status status = signet_seal_end(seal, SIGNET_ARC_NONE, slice_of(bad[i]));
		row_number("8617:4.1.1", "a value that would end the field is refused", status, SIGNET_MISUSE);
		signet_seal_free(seal);
	}
	struct signet_seal *seal = signet_seal_new(engine, &h.at[0].settings);
	struct signet_sign_request request;
	must(signet_seal_feed(seal, S(MESSAGE)) == SIGNET_OK &&
	     signet_seal_end(seal, SIGNET_ARC_NONE, S("x; none")) == SIGNET_OK);
	row_bool("8617:5.1", "the message signature is asked for first",
	         signet_seal_next(seal, &request) && request.index == 0, true);
	row_bool("8617:5.1", "and the seal after its answer", signet_seal_next(seal, &request), false);
	row_number("-", "a key may fail to answer", signet_seal_answer(seal, 0, (slice) { 0 }), SIGNET_OK);
	row_bool("-", "then there is no set",
	         !signet_seal_next(seal, &request) && signet_seal_fields(seal).len == 0 &&
	                 findings_has(signet_seal_findings(seal), F_SIGN_NO_ANSWER),
	         true);
	signet_seal_free(seal);
	hops_close(&h);
}

static void test_faults(void)
{
	struct signet_seal_settings good = { .now = 1, .domain = S("d.example"), .selector = S("s") };
	struct signet_coverage_rule arc = { S("ARC-Seal"), SIGNET_COVER };
	struct signet_seal_settings bad[4] = { good, good, good, good };
	bad[0].domain = S("example");
	bad[1].selector = S("");
	bad[2].now = -1;
	bad[3].rules = &arc;
	bad[3].n_rules = 1;
	row_bool("8617:4.1.3", "good settings have no fault", signet_seal_fault(&good), false);
	for (size_t i = 0; i < ROWS(bad); i++) {
		row_bool("8617:4.1.2", "others do", signet_seal_fault(&bad[i]), true);
		row_bool("8617:4.1.2", "and make no sealer", signet_seal_new(engine, &bad[i]), false);
	}
}

int main(void)
{
	engine = signet_new();
	must(engine);
	test_faults(); /* first: where settings are misjudged nothing below can run */
	test_suite();
	test_first();
	test_long();
	test_failed();
	test_scope();
	test_refused();
	test_results();
	signet_free(engine);
	return rows_end();
}
