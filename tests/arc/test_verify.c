/* SPDX-License-Identifier: Apache-2.0 */
/* Chains sealed in this run, each with one thing odd: all signatures are right over the odd text, so that only the rule
 * under test can decide. */
#include <stdio.h>

#include "seal_chain.h"
#include "verify_message.h"

#define NOW 1800000000
#define MESSAGE                                                                                                        \
	"From: Joe <joe@author.example>\r\nTo: list@hop1.example\r\nSubject: a  test\r\n\r\nHello  you,\r\n\r\nthis "  \
	"is a text. \r\n"
#define MAX_HOPS 60

static struct signet *engine;
static struct zone *zone;

#define AMS "a=rsa-sha256; d=hop%.example; s=s; c=relaxed/relaxed; "
#define H "h=from:to:subject; bh={bh}; b={b}"

/* clang-format off: one row, one thought */
static const struct {
	const char *clause, *what;
	unsigned n;
	struct hop hops[3];
	const char *from, *to; /* a change after the last seal */
	enum signet_arc_result want;
	unsigned oldest_pass;
	enum finding_id note;
} rows[] = {
	{ "8617:5.2", "no ARC field", 0, { { 0 } }, NULL, NULL, SIGNET_ARC_NONE, 0, F_NONE },
	{ "8617:5.2", "one set", 1, { { 0 } }, NULL, NULL, SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:5.2", "three sets", 3, { { 0 } }, NULL, NULL, SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:5.2", "the second hop changed the subject", 2, { { 0 }, { .from = "a  test", .to = "[l] a test" } },
	  NULL, NULL, SIGNET_ARC_PASS, 2, F_NONE },
	{ "8617:5.2", "the third hop changed the body", 3, { { 0 }, { 0 }, { .from = "this is", .to = "this was" } },
	  NULL, NULL, SIGNET_ARC_PASS, 3, F_NONE },
	{ "8617:5.2", "the second of three changed the body", 3,
	  { { 0 }, { .from = "this is", .to = "this was" }, { 0 } }, NULL, NULL, SIGNET_ARC_PASS, 2, F_NONE },
	{ "8617:5.2", "the body was changed after the last seal", 2, { { 0 } }, "this is", "this was",
	  SIGNET_ARC_FAIL, 0, F_ARC_BODY_HASH },
	{ "8617:5.2", "the subject was changed after the last seal", 2, { { 0 } }, "a  test", "b", SIGNET_ARC_FAIL, 0,
	  F_ARC_MESSAGE_SIGNATURE },
	{ "8617:5.2", "the newest results were changed", 2, { { 0 } }, "hop2.example; spf=pass",
	  "hop2.example; spf=fail", SIGNET_ARC_FAIL, 0, F_ARC_SEAL },
	{ "8617:5.2", "the oldest results were changed", 2, { { 0 } }, "hop1.example; spf=pass",
	  "hop1.example; spf=fail", SIGNET_ARC_FAIL, 0, F_ARC_SEAL },
	{ "8617:5.1.1", "white space in ARC fields does not matter, the seal is relaxed", 2, { { 0 } },
	  "hop1.example; spf=pass", "hop1.example;\r\n\t spf=pass", SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:5.1.1", "the seal is relaxed even with c=simple in it", 1,
	  { { .seal = "i=1; a=rsa-sha256; c=simple/simple; cv=none; d=hop1.example; s=s; b={b}" } },
	  "i=1; a=rsa-sha256; c=simple", "i=1;  a=rsa-sha256; c=simple", SIGNET_ARC_PASS, 0, F_NONE },
	/* 4.1.2 */
	{ "8617:4.1.2", "message signature with c=simple/simple", 1,
	  { { .message = "i=1; a=rsa-sha256; d=hop1.example; s=s; h=from:to; bh={bh}; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:4.1.2", "message signature without From", 1, { { .message = "i=1; " AMS "h=to; bh={bh}; b={b}" } },
	  NULL, NULL, SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:4.1.2", "message signature that signs an older message signature", 2,
	  { { 0 }, { .message = "i=2; " AMS "h=from:arc-message-signature; bh={bh}; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:4.1.2", "message signature that signs a seal", 2,
	  { { 0 }, { .message = "i=2; " AMS "h=from:ARC-Seal; bh={bh}; b={b}" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_SEAL_SIGNED },
	{ "8617:4.1.2", "message signature with a repeated tag", 1, { { .message = "i=1; i=1; " AMS H } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_SIGNATURE_SYNTAX },
	{ "8617:4.1.2", "an older message signature with a fault", 2,
	  { { .message = "i=1; x1=1; x1=1; " AMS H }, { 0 } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_SIGNATURE_SYNTAX },
	{ "6376:3.5", "an expired message signature", 1, { { .message = "i=1; x=1799999000; " AMS H } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_DKIM_EXPIRED },
	{ "6376:3.5", "an expired one of an older set", 2, { { .message = "i=1; x=1799999000; " AMS H }, { 0 } },
	  NULL, NULL, SIGNET_ARC_PASS, 2, F_NONE },
	{ "6376:8.2", "l= and octets behind it", 1, { { .message = "i=1; l=5; " AMS H } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_BODY_LENGTH },
	{ "6376:8.2", "l= of the whole body", 1, { { .message = "i=1; l=31; " AMS H } }, NULL, NULL, SIGNET_ARC_PASS,
	  0, F_NONE },
	{ "8463:3", "Ed25519 in both", 1, { { .message = "i=1; a=ed25519-sha256; d=hop1.example; s=ed; " H,
	  .seal = "i=1; a=ed25519-sha256; cv=none; d=hop1.example; s=ed; b={b}" } }, NULL, NULL, SIGNET_ARC_PASS, 0,
	  F_NONE },
	{ "8617:9.5", "a replayed chain is bounded by x= of its newest message signature", 2,
	  { { 0 }, { .message = "i=2; x=1799999000; " AMS H } }, NULL, NULL, SIGNET_ARC_FAIL, 0, F_DKIM_EXPIRED },
	/* 4.1.3 */
	{ "8617:4.1.3", "a seal with h=", 1,
	  { { .seal = "i=1; a=rsa-sha256; cv=none; h=from; d=hop1.example; s=s; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_SEAL_NAMES },
	{ "8617:4.1.3", "a seal with bh= and unknown tags", 1,
	  { { .seal = "i=1; a=rsa-sha256; cv=none; bh=x; xyz=1; d=hop1.example; s=s; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:4.1.3", "cv= in upper case", 2,
	  { { 0 }, { .seal = "i=2; a=rsa-sha256; cv=PASS; d=hop2.example; s=s; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:4.1.3", "a seal with a repeated tag", 1,
	  { { .seal = "i=1; a=rsa-sha256; cv=none; q1=1; q1=1; d=hop1.example; s=s; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_SIGNATURE_SYNTAX },
	{ "8617:4.1.3", "d= and s= may differ in one set", 1,
	  { { .seal = "i=1; a=rsa-sha256; cv=none; d=hop2.example; s=s; b={b}" } }, NULL, NULL, SIGNET_ARC_PASS, 0,
	  F_NONE },
	{ "8301:3.1", "a seal with rsa-sha1", 1,
	  { { .seal = "i=1; a=rsa-sha1; cv=none; d=hop1.example; s=s; b={b}" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_DKIM_ALGORITHM_OBSOLETE },
	{ "8301:3.2", "a seal with a key of 512 bits", 1,
	  { { .seal = "i=1; a=rsa-sha256; cv=none; d=hop1.example; s=small; b={b}" } }, NULL, NULL, SIGNET_ARC_FAIL,
	  0, F_DKIM_KEY_TOO_SHORT },
	/* 5.2: cv= */
	{ "8617:5.2", "the first seal says pass", 1,
	  { { .seal = "i=1; a=rsa-sha256; cv=pass; d=hop1.example; s=s; b={b}" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_CHAIN_VALUE },
	{ "8617:5.2", "the second seal says none", 2,
	  { { 0 }, { .seal = "i=2; a=rsa-sha256; cv=none; d=hop2.example; s=s; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_CHAIN_VALUE },
	{ "8617:5.2", "the newest seal says fail", 2,
	  { { 0 }, { .seal = "i=2; a=rsa-sha256; cv=fail; d=hop2.example; s=s; b={b}" } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_SAYS_FAIL },
	{ "8617:5.1.3", "a chain goes on after a seal said fail", 3,
	  { { 0 }, { .seal = "i=2; a=rsa-sha256; cv=fail; d=hop2.example; s=s; b={b}" }, { 0 } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_CHAIN_VALUE },
	/* 5.2: structure */
	{ "8617:5.2", "no results", 1, { { 0 } }, "ARC-Authentication-Results:", "X-Results:", SIGNET_ARC_FAIL, 0,
	  F_ARC_FIELD_MISSING },
	{ "8617:5.2", "no message signature", 1, { { 0 } }, "ARC-Message-Signature:", "X-Signature:", SIGNET_ARC_FAIL,
	  0, F_ARC_FIELD_MISSING },
	{ "8617:5.2", "no seal", 1, { { 0 } }, "ARC-Seal:", "X-Seal:", SIGNET_ARC_FAIL, 0, F_ARC_FIELD_MISSING },
	{ "8617:5.2", "a second seal of the instance, in other case", 1, { { 0 } }, "ARC-Seal:",
	  "ARC-SEAL: i=1; cv=none\r\nARC-Seal:", SIGNET_ARC_FAIL, 0, F_ARC_FIELD_TWICE },
	{ "8617:5.2", "results of an instance of its own", 1, { { 0 } }, "From:",
	  "ARC-Authentication-Results: i=3; x; none\r\nFrom:", SIGNET_ARC_FAIL, 0, F_ARC_FIELD_MISSING },
	{ "8617:4.2.1", "instances that count on", 2, { { 0 } }, NULL, NULL, SIGNET_ARC_PASS, 0, F_NONE },
	{ "8617:4.2.1", "results without instance", 1, { { 0 } }, "From:",
	  "ARC-Authentication-Results: x; none\r\nFrom:", SIGNET_ARC_FAIL, 0, F_ARC_INSTANCE },
	{ "8617:4.2.1", "i= of the results must come first", 1, { { .results = "hop1.example; i=1; none" } }, NULL,
	  NULL, SIGNET_ARC_FAIL, 0, F_ARC_INSTANCE },
	{ "8617:4.2.1", "header.i= is no instance", 1, { { .results = "x; dkim=pass header.i=1" } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_INSTANCE },
	{ "8617:4.2.1", "an instance with comments and folding", 1,
	  { { .results = "(a (b) \\)) i\r\n (c)= (d) 1 (e)\r\n ; hop1.example; none" } }, NULL, NULL, SIGNET_ARC_PASS,
	  0, F_NONE },
	{ "8617:4.2.1", "i=01", 1, { { .results = "i=01; hop1.example; none" } }, NULL, NULL, SIGNET_ARC_PASS, 0,
	  F_NONE },
	{ "8617:4.2.1", "i=001", 1, { { .results = "i=001; hop1.example; none" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_INSTANCE },
	{ "8617:4.2.1", "i=0", 1, { { .results = "i=0; hop1.example; none" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_INSTANCE },
	{ "8617:4.2.1", "i=51", 1, { { .results = "i=51; hop1.example; none" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_INSTANCE },
	{ "8617:4.2.1", "i=+1", 1, { { .results = "i=+1; hop1.example; none" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_INSTANCE },
	{ "8617:4.2.1", "I=1", 1, { { .results = "I=1; hop1.example; none" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_ARC_INSTANCE },
	{ "8617:4.2.1", "a comment that does not end", 1, { { .results = "(i=1; hop1.example; none" } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_ARC_INSTANCE },
	{ "8617:4.2.1", "i= anywhere in a seal", 1,
	  { { .seal = "a=rsa-sha256; cv=none; d=hop1.example; s=s; i = 1; b={b}" } }, NULL, NULL, SIGNET_ARC_PASS, 0,
	  F_NONE },
	/* 5.2.1: every failure is permanent */
	{ "8617:5.2.1", "the key of the first seal is missing", 2,
	  { { .seal = "i=1; a=rsa-sha256; cv=none; d=hop1.example; s=gone; b={b}" }, { 0 } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_DKIM_KEY_MISSING },
	{ "8617:5.2.1", "the key of a seal cannot be looked up", 1,
	  { { .seal = "i=1; a=rsa-sha256; cv=none; d=hop1.example; s=slow; b={b}" } }, NULL, NULL, SIGNET_ARC_FAIL, 0,
	  F_DKIM_KEY_UNAVAILABLE },
	{ "8617:5.2.1", "the key of the newest message signature cannot be looked up", 1,
	  { { .message = "i=1; a=rsa-sha256; d=hop1.example; s=slow; c=relaxed/relaxed; " H } }, NULL, NULL,
	  SIGNET_ARC_FAIL, 0, F_DKIM_KEY_UNAVAILABLE },
	{ "8617:5.2.1", "that of an older one does not matter", 2,
	  { { .message = "i=1; a=rsa-sha256; d=hop1.example; s=slow; c=relaxed/relaxed; " H }, { 0 } }, NULL, NULL,
	  SIGNET_ARC_PASS, 2, F_NONE },
};
/* clang-format on */

static void judge_row(const char *clause, const char *what, const struct chained *c, enum signet_arc_result want,
		      unsigned oldest_pass, enum finding_id note)
{
	char got[100], wanted[100];
	snprintf(got, sizeof(got), "%s %u%s", c->status == SIGNET_OK ? signet_arc_result_name(c->result.result) : "?",
		 c->result.oldest_pass, note && !findings_has(&c->result.findings, note) ? " unnoted" : "");
	snprintf(wanted, sizeof(wanted), "%s %u", signet_arc_result_name(want), oldest_pass);
	row_text(clause, what, slice_of(got), wanted);
}

static void run_rows(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct chained c, again;
		arena_init(&a, (size_t)16 << 20);
		slice message = seal_chain(rows[i].hops, rows[i].n, S(MESSAGE), &a);
		if (rows[i].from) {
			message = change(message, rows[i].from, rows[i].to, &a);
		}
		struct arc_query query = { .engine = engine, .received_at = NOW };
		verify_chain(&c, query, zone, message, 0);
		judge_row(rows[i].clause, rows[i].what, &c, rows[i].want, rows[i].oldest_pass, rows[i].note);
		verify_chain(&again, query, zone, message, 1);
		bool same = again.status == c.status && again.result.result == c.result.result &&
			    again.result.findings.n == c.result.findings.n &&
			    again.result.oldest_pass == c.result.oldest_pass;
		row_bool(rows[i].clause, "the same if the answers come one by one", same, true);
		chained_finish(&again);
		chained_finish(&c);
		arena_finish(&a);
	}
}

/* Long chains and large headers. */
static void caps(void)
{
	static const struct {
		const char *clause, *what;
		unsigned n, max_sets;
		enum signet_arc_result want;
		enum finding_id note;
	} table[] = {
		{ "8617:9.2", "twenty sets are verified", 20, 0, SIGNET_ARC_PASS, F_NONE },
		{ "8617:9.2", "twenty-one are not", 21, 0, SIGNET_ARC_FAIL, F_ARC_TOO_MANY_SETS },
		{ "8617:9.2", "a cap of two", 3, 2, SIGNET_ARC_FAIL, F_ARC_TOO_MANY_SETS },
		{ "8617:4.2.1", "fifty sets, if the receiver wants", 50, 50, SIGNET_ARC_PASS, F_NONE },
		{ "8617:4.2.1", "fifty-one are never a chain", 51, 50, SIGNET_ARC_FAIL, F_ARC_INSTANCE },
	};
	for (size_t i = 0; i < ROWS(table); i++) {
		struct signet_arena a;
		struct chained c;
		arena_init(&a, (size_t)256 << 20);
		slice message = seal_chain(NULL, table[i].n, S(MESSAGE), &a);
		verify_chain(&c, (struct arc_query){ .engine = engine, .max_sets = table[i].max_sets }, zone, message,
			     0);
		judge_row(table[i].clause, table[i].what, &c, table[i].want, 0, table[i].note);
		chained_finish(&c);
		arena_finish(&a);
	}
	struct signet_arena a;
	struct buf b;
	struct chained c;
	arena_init(&a, (size_t)64 << 20);
	buf_init(&b, (size_t)16 << 20);
	for (int i = 0; i < 1000; i++) {
		buf_put_text(&b, "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=hop1.example; s=s; b=YWJj\r\n");
	}
	buf_put(&b, S(MESSAGE));
	verify_chain(&c, (struct arc_query){ .engine = engine }, zone, buf_slice(&b), 0);
	judge_row("8617:9.2", "a thousand seals of one instance", &c, SIGNET_ARC_FAIL, 0, F_ARC_TOO_LARGE);
	struct signet_question q;
	struct signet_answer ans;
	row_bool("8617:9.2", "cost no question", signet_book_entry(c.book, 0, &q, &ans), false);
	chained_finish(&c);
	buf_clear(&b);
	buf_put_text(&b, "ARC-Authentication-Results: i=1; x; none (");
	for (int i = 0; i < 60000; i++) {
		buf_put_text(&b, "0123456789");
	}
	buf_put_text(&b, ")\r\n");
	buf_put(&b, S(MESSAGE));
	verify_chain(&c, (struct arc_query){ .engine = engine }, zone, buf_slice(&b), 0);
	judge_row("8617:9.2", "ARC fields of 600 KB", &c, SIGNET_ARC_FAIL, 0, F_ARC_TOO_LARGE);
	chained_finish(&c);
	buf_finish(&b);
	arena_finish(&a);
}

static void facts(void)
{
	struct signet_arena a;
	struct chained c;
	arena_init(&a, (size_t)16 << 20);
	slice message = seal_chain(NULL, 2, S(MESSAGE), &a);
	verify_chain(&c, (struct arc_query){ .engine = engine }, zone, message, 0);
	const struct signet_arc *r = &c.result;
	row_bool("8617:6", "the result tells the sets and the newest sealer",
		 r->instances == 2 && r->n_sets == 2 && slice_eq(r->sealer, S("hop2.example")) && r->has_oldest_pass &&
			 r->oldest_pass == 0,
		 true);
	row_bool("8617:7.2.2", "and of each who sealed, signed and with which key",
		 slice_eq(r->sets[0].seal_domain, S("hop1.example")) && slice_eq(r->sets[0].seal_selector, S("s")) &&
			 slice_eq(r->sets[1].signature_domain, S("hop2.example")) &&
			 slice_eq(r->sets[0].cv, S("none")) && r->sets[0].seal_ok == SIGNET_TRUE &&
			 r->sets[0].signature_ok == SIGNET_TRUE && r->sets[0].instance == 1,
		 true);
	row_bool("8617:4.1.1", "and what the hop saw",
		 slice_starts(slice_trim_fws(r->sets[0].results), S("hop1.example; spf=pass")), true);
	chained_finish(&c);
	arena_finish(&a);
}

/* clang-format off: one row, one thought */
static const struct {
	const char *clause, *what;
	const char *sealers[3];
	struct hop hops[2];
	const char *message; /* NULL: the usual */
	unsigned trusted_from; /* 0: not trusted */
	bool rescues;
	enum finding_id note;
} trusts[] = {
	{ "8617:9.3", "a passing chain alone is no trust", { NULL }, { { 0 } }, NULL, 0, false, F_NONE },
	{ "8617:9.3", "a newest message signature that covers From", { "hop2.example" }, { { 0 } }, NULL, 2, true, F_NONE },
	{ "6376:8.15", "one that covers both From", { "hop2.example" },
	  { { 0 }, { .message = "i=2; " AMS "h=from:from; bh={bh}; b={b}" } },
	  "From: joe@author.example\r\nFrom: joe@author.example\r\nTo: x\r\nSubject: y\r\n\r\nx\r\n", 2, true, F_NONE },
	{ "6376:8.2", "one without l=", { "hop2.example" }, { { 0 } }, NULL, 2, true, F_NONE },
	{ "8617:7.2.1", "the newest sealer is listed", { "hop2.example" }, { { 0 } }, NULL, 2, true, F_NONE },
	{ "8617:7.2.1", "both sealers are listed", { "hop1.example", "hop2.example" }, { { 0 } }, NULL, 1, true,
	  F_NONE },
	{ "8617:7.2.1", "a later sealer is not listed", { "hop1.example" }, { { 0 } }, NULL, 0, false, F_NONE },
	{ "8617:7.2.1", "a listed domain does not cover what is below", { "example" }, { { 0 } }, NULL, 0, false,
	  F_NONE },
	{ "8617:9.4", "the oldest trusted hop saw a failure, a newer one a pass", { "hop1.example", "hop2.example" },
	  { { .results = "i=1; hop1.example; dmarc=fail header.from=author.example" }, { 0 } }, NULL, 1, false,
	  F_NONE },
	{ "8617:7.2.1", "it saw a pass of another author", { "hop2.example" },
	  { { 0 }, { .results = "i=2; hop2.example; dmarc=pass header.from=other.example" } }, NULL, 2, false,
	  F_NONE },
	{ "8617:7.2.1", "it saw a signature of the author's domain", { "hop2.example" },
	  { { 0 }, { .results = "i=2; hop2.example; dkim=pass header.d=Author.Example" } }, NULL, 2, true, F_NONE },
	{ "8617:7.2.1", "it saw one by header.i", { "hop2.example" },
	  { { 0 }, { .results = "i=2; hop2.example; dkim=pass header.i=@author.example" } }, NULL, 2, true, F_NONE },
	{ "8617:7.2.1", "it saw one that failed", { "hop2.example" },
	  { { 0 }, { .results = "i=2; hop2.example; dkim=fail header.d=author.example" } }, NULL, 2, false, F_NONE },
	{ "8617:7.2.1", "it saw SPF pass for the author's domain", { "hop2.example" },
	  { { 0 }, { .results = "i=2; hop2.example; spf=pass smtp.mailfrom=x@author.example" } }, NULL, 2, true,
	  F_NONE },
	{ "8617:7.2.1", "SPF of the HELO name does not count", { "hop2.example" },
	  { { 0 }, { .results = "i=2; hop2.example; spf=pass smtp.helo=author.example" } }, NULL, 2, false, F_NONE },
	{ "8617:7.2.1", "its results cannot be read", { "hop2.example" }, { { 0 }, { .results = "i=2; \"hop2" } },
	  NULL, 2, false, F_ARC_RESULTS_UNREADABLE },
	{ "8617:9.3", "the newest message signature leaves From out", { "hop2.example" },
	  { { 0 }, { .message = "i=2; " AMS "h=to:subject; bh={bh}; b={b}" } }, NULL, 0, false, F_ARC_TOO_WEAK },
	{ "6376:8.15", "the newest message signature leaves one of two From out", { "hop2.example" }, { { 0 } },
	  "From: evil@evil.example\r\nFrom: joe@author.example\r\nTo: x\r\nSubject: y\r\n\r\nx\r\n", 0, false,
	  F_ARC_TOO_WEAK },
	{ "6376:8.2", "the newest message signature has l=", { "hop2.example" },
	  { { 0 }, { .message = "i=2; l=31; " AMS H } }, NULL, 0, false, F_ARC_TOO_WEAK },
};
/* clang-format on */

static void run_trusts(void)
{
	slice authors[2] = { S("author.example"), S("second.example") };
	for (size_t i = 0; i < ROWS(trusts); i++) {
		struct signet_arena a;
		struct chained c;
		slice sealers[3];
		size_t n = 0;
		arena_init(&a, (size_t)16 << 20);
		while (n < 3 && trusts[i].sealers[n]) {
			sealers[n] = slice_of(trusts[i].sealers[n]);
			n++;
		}
		slice message =
			seal_chain(trusts[i].hops, 2, trusts[i].message ? slice_of(trusts[i].message) : S(MESSAGE), &a);
		struct arc_query query = { .engine = engine, .trust = { authors, 1, sealers, n } };
		verify_chain(&c, query, zone, message, 0);
		bool noted = trusts[i].note == F_NONE ? c.result.findings.n == 0
						      : findings_has(&c.result.findings, trusts[i].note);
		row_bool(trusts[i].clause, trusts[i].what,
			 c.result.result == SIGNET_ARC_PASS && c.result.trusted == (trusts[i].trusted_from > 0) &&
				 c.result.trusted_from == trusts[i].trusted_from &&
				 c.result.rescues == trusts[i].rescues && noted,
			 true);
		chained_finish(&c);
		query.trust.n_author_domains = 2;
		verify_chain(&c, query, zone, message, 0);
		row_bool(trusts[i].clause, "two Author Domains are not rescued", c.result.rescues, false);
		chained_finish(&c);
		arena_finish(&a);
	}
}

static void broken_chain(void)
{
	struct signet_arena a;
	struct chained c;
	slice author = S("author.example"), sealer = S("hop2.example");
	arena_init(&a, (size_t)16 << 20);
	slice message = change(seal_chain(NULL, 2, S(MESSAGE), &a), "this is", "this was", &a);
	verify_chain(&c, (struct arc_query){ .engine = engine, .trust = { &author, 1, &sealer, 1 } }, zone, message, 0);
	row_bool("8617:5.2", "a failed chain is trusted by nobody",
		 c.result.result == SIGNET_ARC_FAIL && !c.result.trusted && !c.result.rescues &&
			 !c.result.has_oldest_pass,
		 true);
	chained_finish(&c);
	arena_finish(&a);
}

int main(void)
{
	struct signet_arena a;
	struct buf text;
	arena_init(&a, (size_t)16 << 20);
	engine = signet_new();
	rsa = signer_new_rsa(2048, 65537);
	small = signer_new_rsa(512, 65537);
	ed25519 = signer_new_ed25519();
	buf_init_arena(&text, &a, 1 << 20);
	for (uint64_t i = 1; i <= MAX_HOPS; i++) {
		buf_put_text(&text, "s._domainkey.hop");
		buf_put_number(&text, i);
		buf_put_text(&text, ".example TXT ");
		buf_put_text(&text, signer_record(rsa));
		buf_put_char(&text, '\n');
	}
	buf_put_text(&text, "ed._domainkey.hop1.example TXT ");
	buf_put_text(&text, signer_record(ed25519));
	buf_put_text(&text, "\nsmall._domainkey.hop1.example TXT ");
	buf_put_text(&text, signer_record(small));
	buf_put_text(&text, "\nslow._domainkey.hop1.example TXT !TIMEOUT\n");
	buf_put_char(&text, 0);
	zone = zone_of_text(text.at);
	run_rows();
	caps();
	facts();
	run_trusts();
	broken_chain();
	zone_free(zone);
	signer_free(ed25519);
	signer_free(small);
	signer_free(rsa);
	signet_free(engine);
	arena_finish(&a);
	return rows_end();
}
