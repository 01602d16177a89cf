/* SPDX-License-Identifier: Apache-2.0 */
/* Messages signed in this run, each with one thing odd: the signature is right over the odd text, so that only the rule
 * under test can decide. */
#include <stdio.h>

#include "signed_messages.h"

/* What a row says of the one signature of its message. */
struct want {
	enum signet_dkim_result result;
	enum signet_truth header, body;
	const char *label; /* "": none */
	enum finding_id note;
};

static const char *text_of_result(const struct signet_dkim *r, enum finding_id note)
{
	static char text[200];
	snprintf(text, sizeof(text), "%s header=%d body=%d %s%s", signet_dkim_result_name(r->result), r->header_ok,
		 r->body_ok, r->transformation ? r->transformation : "",
		 note && !findings_has(&r->findings, note) ? " unnoted" : "");
	return text;
}

static const char *text_of_want(const struct want *w)
{
	static char text[200];
	snprintf(text, sizeof(text), "%s header=%d body=%d %s", signet_dkim_result_name(w->result), w->header, w->body,
		 w->label);
	return text;
}

#define T SIGNET_TRUE
#define F SIGNET_FALSE
#define U SIGNET_UNKNOWN

/* clang-format off: one row, one thought */
static const struct {
	const char *clause, *what;
	int signer;
	const char *tags, *message;
	struct want want;
} rows[] = {
	{ "6376:6.1.3", "a right signature passes", RSA, TAGS H, MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "8463:3", "Ed25519 signs the digest of the header", ED25519,
	  "v=1; a=ed25519-sha256; d=author.example; s=ed; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.4", "c=simple/simple", RSA, "v=1; a=rsa-sha256; d=author.example; s=rsa; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.4", "c=relaxed/simple", RSA, "v=1; a=rsa-sha256; d=author.example; s=rsa; c=relaxed/simple; " H,
	  MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.4", "c=simple/relaxed", RSA, "v=1; a=rsa-sha256; d=author.example; s=rsa; c=simple/relaxed; " H,
	  MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.5", "c=relaxed alone leaves the body simple", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=rsa; c=relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.4.3", "an empty body, simple", RSA, "v=1; a=rsa-sha256; d=author.example; s=rsa; " H,
	  "From: joe@author.example\r\n\r\n", { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.4.4", "an empty body, relaxed", RSA, TAGS H, "From: joe@author.example\r\n\r\n",
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	/* 3.7: the own field */
	{ "6376:3.7", "b= in the middle", RSA, TAGS "b={b}; h=from; bh={bh}", MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.7", "b= in the middle, simple", RSA,
	  "v=1; a=rsa-sha256; d=author.example; b={b}; s=rsa; h=from; bh={bh}", MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.7", "b= folded, with white space around", RSA, TAGS "h=from;\r\n\tb\r\n\t=\r\n\t{b}\r\n ; bh={bh}",
	  MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.7", "the same, simple", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=rsa; h=from;\r\n\tb\r\n\t=\r\n\t{b}\r\n ; bh={bh}", MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.7", "a final semicolon stays, simple", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=rsa; h=from; bh={bh}; b={b};", MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.7", "\"b=\" inside other tags is no b=", RSA, TAGS "z=Feb=3D1|b=x; xb=1; h=from; bh={bh}; b={b}",
	  MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.7", "unknown tags are signed too", RSA, TAGS "unknown=a b; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	/* 5.4.2: which instances */
	{ "6376:5.4.2", "a repeated name takes instances from the bottom", RSA, TAGS "h=from:x-a:x-a; bh={bh}; b={b}",
	  "X-A: 1\r\nX-A: 2\r\nX-A: 3\r\nFrom: joe@author.example\r\n\r\nx\r\n",
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:5.4.2", "names in different case are one name", RSA, TAGS "h=from:X-a:x-A; bh={bh}; b={b}",
	  "X-A: 1\r\nX-A: 2\r\nFrom: joe@author.example\r\n\r\nx\r\n", { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:5.4.2", "a missing field contributes nothing", RSA, TAGS "h=missing:from:missing; bh={bh}; b={b}",
	  MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:5.4.2", "white space before the colon does not hide a field", RSA,
	  TAGS "h=from:subject; bh={bh}; b={b}", "Subject : x\r\nFrom: joe@author.example\r\n\r\nx\r\n",
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	/* keys */
	{ "6376:6.1.2", "a key that fits", RSA, TAGS H, MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:6.1.2", "no such key", RSA, "v=1; a=rsa-sha256; d=author.example; s=gone; c=relaxed/relaxed; " H,
	  MESSAGE, { SIGNET_DKIM_PERMERROR, U, T, "key-missing", F_DKIM_KEY_MISSING } },
	{ "6376:6.1.2", "the name exists without TXT", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=nodata; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-missing", F_DKIM_KEY_MISSING } },
	{ "6376:6.3", "only a key that cannot be looked up is", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=slow; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_TEMPERROR, U, T, "key-timeout", F_DKIM_KEY_UNAVAILABLE } },
	{ "6376:6.1.2", "the name server does not answer", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=slow; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_TEMPERROR, U, T, "key-timeout", F_DKIM_KEY_UNAVAILABLE } },
	{ "6376:6.1.2", "the name server fails", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=broken; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_TEMPERROR, U, T, "key-servfail", F_DKIM_KEY_UNAVAILABLE } },
	{ "6376:6.1.2", "the name server refuses", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=refused; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_TEMPERROR, U, T, "key-servfail", F_DKIM_KEY_UNAVAILABLE } },
	{ "6376:6.1.2", "the answer is bogus", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=bogus; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_TEMPERROR, U, T, "key-servfail", F_DKIM_KEY_UNAVAILABLE } },
	{ "6376:6.1.2", "what is there is no key record", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=junk; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-syntax", F_DKIM_KEY_VERSION } },
	{ "6376:6.1.2", "a revoked key", RSA, "v=1; a=rsa-sha256; d=author.example; s=revoked; c=relaxed/relaxed; " H,
	  MESSAGE, { SIGNET_DKIM_PERMERROR, U, T, "key-revoked", F_DKIM_KEY_REVOKED } },
	{ "6376:6.1.2", "a key for other hashes", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=sha1; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-hash", F_DKIM_KEY_HASH } },
	{ "6376:3.6.1", "a key for another service", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=tls; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-service", F_DKIM_KEY_SERVICE } },
	{ "6376:6.1.2", "an Ed25519 key for an RSA signature", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=ed; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-type-mismatch", F_DKIM_KEY_KIND } },
	{ "6376:6.1.2", "the kind of key goes before its service", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=edtls; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-type-mismatch", F_DKIM_KEY_KIND } },
	{ "6376:6.1.2", "revoked goes before the kind of key", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=edgone; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-revoked", F_DKIM_KEY_REVOKED } },
	{ "6376:6.1.2", "the size goes before t=s", RSA512,
	  "v=1; a=rsa-sha256; d=author.example; s=weakstrict; i=@a.author.example; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-weak", F_DKIM_KEY_TOO_SHORT } },
	{ "6376:6.1.2", "an RSA key for an Ed25519 signature", ED25519,
	  "v=1; a=ed25519-sha256; d=author.example; s=rsa; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-type-mismatch", F_DKIM_KEY_KIND } },
	{ "6376:3.6.2.2", "two keys under one name", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=two; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-duplicate", F_DKIM_KEY_DUPLICATE } },
	{ "6376:3.6.2.2", "one key of each kind: the kind of a= counts", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=kinds; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.6.2.2", "a record that is no key beside the key", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=beside; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.6.2", "a key behind a CNAME", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=alias; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "8301:3.2", "a key of 512 bits", RSA512,
	  "v=1; a=rsa-sha256; d=author.example; s=weak; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "key-weak", F_DKIM_KEY_TOO_SHORT } },
	{ "8301:3.2", "a key of 1024 bits", RSA1024,
	  "v=1; a=rsa-sha256; d=author.example; s=small; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_DKIM_KEY_WEAK } },
	{ "6376:8.13", "a key with exponent 3", RSA3,
	  "v=1; a=rsa-sha256; d=author.example; s=e3; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_DKIM_KEY_EXPONENT_SMALL } },
	{ "6376:3.6.1", "t=y: a pass is a pass", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=testing; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_DKIM_KEY_TESTING } },
	{ "6376:3.6.1", "t=s with i= of d= itself", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=strict; i=x@author.example; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.6.1", "t=s with i= below d=", RSA,
	  "v=1; a=rsa-sha256; d=author.example; s=strict; i=@sub.author.example; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, T, "identity-strict", F_DKIM_IDENTITY_STRICT } },
	{ "6376:6.1.3", "the key of somebody else", OTHER, TAGS H, MESSAGE,
	  { SIGNET_DKIM_FAIL, F, T, "", F_DKIM_HEADER_SIGNATURE } },
	{ "8301:3.1", "rsa-sha1 is refused whatever the rest", RSA,
	  "v=1; a=rsa-sha1; d=author.example; s=rsa; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, U, "algorithm-obsolete", F_DKIM_ALGORITHM_OBSOLETE } },
	/* tags whose fault nothing else would show */
	{ "6376:3.2", "a repeated tag", RSA, TAGS "t=1800000000; t=1800000000; " H, MESSAGE,
	  { SIGNET_DKIM_NEUTRAL, U, U, "signature-syntax", F_DKIM_TAG_TWICE } },
	{ "6376:6.1.1", "i= outside d=", RSA, TAGS "i=@other.example; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, U, "identity-mismatch", F_DKIM_IDENTITY_MISMATCH } },
	{ "6376:6.1.1", "From is not signed", RSA, TAGS "h=to:subject; bh={bh}; b={b}", MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, U, "from-not-signed", F_DKIM_FROM_NOT_SIGNED } },
	{ "6376:3.5", "q= of another kind", RSA, TAGS "q=http; " H, MESSAGE,
	  { SIGNET_DKIM_NEUTRAL, U, U, "", F_DKIM_QUERY_UNKNOWN } },
	/* times; the message was received at NOW */
	{ "6376:3.5", "x= 300 s ago: clocks may differ", RSA, TAGS "x=1799999700; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.5", "x= 301 s ago", RSA, TAGS "x=1799999699; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, U, "signature-expired", F_DKIM_EXPIRED } },
	{ "6376:3.5", "x= that never comes", RSA, TAGS "x=99999999999999; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.5", "t= in 300 s", RSA, TAGS "t=1800000300; " H, MESSAGE, { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.5", "t= in 301 s", RSA, TAGS "t=1800000301; " H, MESSAGE,
	  { SIGNET_DKIM_PERMERROR, U, U, "signature-future", F_DKIM_FUTURE } },
	/* coverage */
	{ "6376:8.15", "From twice, signed once", RSA, TAGS "h=from; bh={bh}; b={b}",
	  "From: evil@evil.example\r\nFrom: joe@author.example\r\n\r\nx\r\n",
	  { SIGNET_DKIM_POLICY, T, T, "second-from-added", F_DKIM_FIELD_ADDED } },
	{ "6376:8.15", "From twice, signed twice", RSA, TAGS "h=from:from; bh={bh}; b={b}",
	  "From: evil@evil.example\r\nFrom: joe@author.example\r\n\r\nx\r\n",
	  { SIGNET_DKIM_PASS, T, T, "", F_DKIM_NOT_OVERSIGNED } },
	{ "6376:8.15", "Subject twice, signed once", RSA, TAGS "h=from:subject; bh={bh}; b={b}",
	  "Subject: a\r\nSubject: b\r\nFrom: joe@author.example\r\n\r\nx\r\n",
	  { SIGNET_DKIM_PASS, T, T, "", F_DKIM_FIELD_ADDED } },
	{ "6376:8.15", "Content-Type twice, signed once", RSA, TAGS "h=from:content-type; bh={bh}; b={b}",
	  "Content-Type: text/html\r\nContent-Type: text/plain\r\nFrom: joe@author.example\r\n\r\nx\r\n",
	  { SIGNET_DKIM_PASS, T, T, "", F_DKIM_FIELD_ADDED } },
	{ "6376:5.4", "Subject is not signed", RSA, TAGS "h=from; bh={bh}; b={b}",
	  "Subject: b\r\nFrom: joe@author.example\r\n\r\nx\r\n",
	  { SIGNET_DKIM_PASS, T, T, "", F_DKIM_FIELD_UNSIGNED } },
	/* 8616 */
	{ "8616:5", "U-labels: the hash covers them as written, the key is at the A-labels", RSA,
	  "v=1; a=rsa-sha256; d=b\xc3\xbc" "cher.example; s=b\xc3\xbc" "cher; c=relaxed/relaxed; " H, MESSAGE,
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
};
/* clang-format on */

static void judge_row(const char *clause, const char *what, struct verified *v, const struct want *want)
{
	if (v->status != SIGNET_OK || v->dkim->n == 0) {
		row_bool(clause, what, false, true);
		return;
	}
	row_text(clause, what, slice_of(text_of_result(&v->dkim->results[0], want->note)), text_of_want(want));
}

static void run_rows(struct zone *zone)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct verified v;
		arena_init(&a, (size_t)16 << 20);
		slice message = sign_message(signers[rows[i].signer], rows[i].tags, slice_of(rows[i].message), &a);
		verify_message(&v, (struct dkim_query){ .engine = engine, .received_at = NOW }, zone, message, 0, 0);
		judge_row(rows[i].clause, rows[i].what, &v, &rows[i].want);
		verified_finish(&v);
		arena_finish(&a);
	}
}

/* The signed message is changed: `from` becomes `to`, in the first place where it stands. */
/* clang-format off: one row, one thought */
static const struct {
	const char *clause, *what, *tags, *from, *to;
	struct want want;
} changes[] = {
	{ "6376:6.1.3", "a changed word in the body", TAGS H, "this is", "this was",
	  { SIGNET_DKIM_FAIL, T, F, "", F_DKIM_BODY_HASH } },
	{ "6376:6.3", "a wrong signature is never a matter of another try", TAGS H, "To: you", "To: me",
	  { SIGNET_DKIM_FAIL, F, T, "", F_DKIM_HEADER_SIGNATURE } },
	{ "6376:6.1.3", "a changed subject", TAGS H, "a  test", "a tests",
	  { SIGNET_DKIM_FAIL, F, T, "", F_DKIM_HEADER_SIGNATURE } },
	{ "6376:6.1.3", "both", TAGS H, "a  test\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n\r\nHello", "b\r\n\r\n",
	  { SIGNET_DKIM_FAIL, F, F, "", F_DKIM_BODY_HASH } },
	{ "6376:8.15", "a second From breaks a signature that names From once more", TAGS H, "To:",
	  "From: evil@evil.example\r\nTo:", { SIGNET_DKIM_FAIL, F, T, "", F_DKIM_HEADER_SIGNATURE } },
	{ "6376:3.4.2", "relaxed: white space in the subject", TAGS H, "a  test", "a \t test ",
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.4.1", "simple: white space in the subject",
	  "v=1; a=rsa-sha256; d=author.example; s=rsa; c=simple/relaxed; " H, "a  test", "a test",
	  { SIGNET_DKIM_FAIL, F, T, "", F_DKIM_HEADER_SIGNATURE } },
	{ "6376:3.4.4", "relaxed: white space in the body", TAGS H, "Hello  you,", "Hello\tyou, ",
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:3.4.3", "simple: white space in the body",
	  "v=1; a=rsa-sha256; d=author.example; s=rsa; c=relaxed/simple; " H, "Hello  you,", "Hello you,",
	  { SIGNET_DKIM_FAIL, T, F, "", F_DKIM_BODY_HASH } },
	{ "6376:6.1.2", "a wrong body hash and a missing key: the key goes first",
	  "v=1; a=rsa-sha256; d=author.example; s=gone; c=relaxed/relaxed; " H, "this is", "this was",
	  { SIGNET_DKIM_PERMERROR, U, F, "key-missing", F_DKIM_BODY_HASH } },
	{ "6376:6.1.3", "a wrong body hash cannot hide behind a name server that fails",
	  "v=1; a=rsa-sha256; d=author.example; s=broken; c=relaxed/relaxed; " H, "this is", "this was",
	  { SIGNET_DKIM_FAIL, U, F, "", F_DKIM_BODY_HASH } },
	{ "6376:8.2", "octets behind l=", TAGS "l=8; " H, "this is", "this was",
	  { SIGNET_DKIM_POLICY, T, T, "appended-under-l", F_DKIM_BODY_LENGTH } },
	{ "6376:8.2", "l= that covers the whole body", TAGS "l=31; " H, "never there", "",
	  { SIGNET_DKIM_PASS, T, T, "", F_NONE } },
	{ "6376:8.2", "l=0 covers nothing", TAGS "l=0; " H, "this is", "something else is",
	  { SIGNET_DKIM_POLICY, T, T, "appended-under-l", F_DKIM_BODY_LENGTH } },
	{ "6376:3.5", "l= larger than the body", TAGS "l=5000; " H, "never there", "",
	  { SIGNET_DKIM_PERMERROR, T, T, "", F_DKIM_LENGTH_TOO_LARGE } },
	{ "6376:3.5", "a change before the end of l=", TAGS "l=8; " H, "Hello", "Hullo",
	  { SIGNET_DKIM_FAIL, T, F, "", F_DKIM_BODY_HASH } },
};
/* clang-format on */

static slice change(slice message, const char *from, const char *to, struct signet_arena *a)
{
	size_t at = slice_find(message, slice_of(from));
	if (at == SLICE_NONE) {
		return message;
	}
	return ARENA_JOIN(a, slice_first(message, at), slice_of(to), slice_from(message, at + strlen(from)));
}

static void run_changes(struct zone *zone)
{
	for (size_t i = 0; i < ROWS(changes); i++) {
		struct signet_arena a;
		struct verified v;
		arena_init(&a, (size_t)16 << 20);
		slice message = sign_message(signers[RSA], changes[i].tags, S(MESSAGE), &a);
		message = change(message, changes[i].from, changes[i].to, &a);
		verify_message(&v, (struct dkim_query){ .engine = engine, .received_at = NOW }, zone, message, 0, 0);
		judge_row(changes[i].clause, changes[i].what, &v, &changes[i].want);
		verified_finish(&v);
		arena_finish(&a);
	}
}

/* Settings of the receiver. */
static void settings(struct zone *zone)
{
	struct signet_arena a;
	struct verified v;
	arena_init(&a, (size_t)16 << 20);
	slice message = sign_message(signers[RSA], TAGS "l=8; " H, S(MESSAGE), &a);
	verify_message(&v, (struct dkim_query){ .engine = engine, .accept_body_length = true }, zone, message, 0, 0);
	row_bool("6376:8.2", "l= passes where the receiver wants it",
		 v.dkim->results[0].result == SIGNET_DKIM_PASS &&
			 findings_has(&v.dkim->results[0].findings, F_DKIM_BODY_LENGTH),
		 true);
	row_number("6376:8.2", "and the octets that are not covered are counted", (int64_t)v.dkim->results[0].uncovered,
		   23);
	verified_finish(&v);
	message = sign_message(signers[RSA], TAGS "x=5; " H, S(MESSAGE), &a);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, message, 0, 0);
	row_bool("6376:3.5", "without a time nothing expires", v.dkim->results[0].result == SIGNET_DKIM_PASS, true);
	verified_finish(&v);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, S(MESSAGE), 0, 0);
	row_bool("6376:6.1", "a message without signature has no result", v.status == SIGNET_OK && v.dkim->n == 0,
		 true);
	verified_finish(&v);
	arena_finish(&a);
}

/* How many findings of this kind there are, and the last of them. */
static size_t count_findings(const struct signet_dkim *r, enum finding_id id, const struct signet_finding **ret)
{
	size_t n = 0;
	for (size_t i = 0; i < r->findings.n; i++) {
		if (r->findings.at[i].id == id) {
			*ret = &r->findings.at[i];
			n++;
		}
	}
	return n;
}

static void coverage(struct zone *zone)
{
	struct signet_arena a;
	struct verified v;
	const struct signet_finding *f = NULL;
	arena_init(&a, (size_t)16 << 20);
	slice message = sign_message(signers[RSA], TAGS "h=from:subject; bh={bh}; b={b}",
				     S("Subject: a\r\nSubject: b\r\nSubject: c\r\nTo: you\r\nFrom: "
				       "joe@author.example\r\nReceived: x\r\n\r\nx\r\n"),
				     &a);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, message, 0, 0);
	const struct signet_dkim *r = &v.dkim->results[0];
	row_bool("6376:8.15", "the one field with unsigned instances is named with its numbers",
		 count_findings(r, F_DKIM_FIELD_ADDED, &f) == 1 && slice_eq(f->args[0].text, S("Subject")) &&
			 f->args[1].number == 3 && f->args[2].number == 1,
		 true);
	row_bool("6376:5.4", "the one field that should have been signed is named",
		 count_findings(r, F_DKIM_FIELD_UNSIGNED, &f) == 1 && slice_eq(f->args[0].text, S("To")), true);
	verified_finish(&v);
	arena_finish(&a);
}

static void facts(struct zone *zone)
{
	struct signet_arena a;
	struct verified v;
	arena_init(&a, (size_t)16 << 20);
	slice message = sign_message(
		signers[RSA],
		TAGS "i=joe=20x@Sub.author.example; t=1799999999; x=1800000001; l=20; h=from:To; bh={bh}; b={b}",
		S(MESSAGE), &a);
	verify_message(&v, (struct dkim_query){ .engine = engine, .received_at = NOW }, zone, message, 0, 0);
	const struct signet_dkim *r = &v.dkim->results[0];
	row_bool("6376:6.1", "the result tells who signed",
		 slice_eq(r->domain, S("author.example")) && slice_eq(r->selector, S("rsa")) &&
			 slice_eq(r->algorithm, S("rsa-sha256")) &&
			 slice_eq(r->identity, S("joe x@Sub.author.example")) &&
			 slice_eq(r->signed_names, S("from:To")),
		 true);
	row_bool("6376:6.1", "with which key and when",
		 r->key_bits == 2048 && slice_starts(r->key_record, S("v=DKIM1")) && r->signed_at == 1799999999 &&
			 r->expires == 1800000001,
		 true);
	row_bool("6376:6.1", "how",
		 r->header_relaxed && r->body_relaxed && r->has_length && r->length == 20 && r->field == 0, true);
	slice b = slice_from(message, slice_find(message, S("; b=")) + 4);
	row_slice("6008:4", "and the start of b=", r->b_prefix, slice_first(b, 8));
	verified_finish(&v);
	arena_finish(&a);
}

/* The parts on their own, as the diagnosis uses them. */
static void parts(struct zone *zone)
{
	struct signet_arena a;
	struct verified v;
	struct mail_header header;
	struct signet_findings notes;
	uint8_t hash[DIGEST_OCTETS];
	bool good = false;
	arena_init(&a, (size_t)16 << 20);
	findings_init(&notes, &a);
	slice message = sign_message(signers[RSA], TAGS H, S(MESSAGE), &a);
	slice tagged = change(message, "Subject: a", "Subject: [list] a", &a);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, tagged, 0, 0);
	const struct dkim_one *one = &v.dkim->all[0];
	row_bool("6376:6.1.3", "a tagged subject breaks the signature", v.dkim->results[0].header_ok == SIGNET_FALSE,
		 true);
	slice undone = slice_first(message, header_find_end(message, 0));
	(void)header_parse(undone, &a, &notes, &header);
	row_bool("6376:6.1.3", "over the header without the tag it is right",
		 dkim_header_verifies(engine, &one->signature, &one->key, &header, &a, &good) == SIGNET_OK && good,
		 true);
	slice body = slice_from(message, header_find_end(message, 0));
	row_bool("6376:3.7", "the hash of a body by itself",
		 dkim_body_hash(engine, &one->signature, body, &a, hash) == SIGNET_OK &&
			 slice_eq(slice_make((const char *)hash, DIGEST_OCTETS), one->signature.body_hash),
		 true);
	slice input = dkim_header_input(&v.dkim->index, &one->signature, &a);
	row_bool("6376:3.7", "what the signature signs ends in its own field without b= and without CRLF",
		 slice_starts(
			 input,
			 S("from:Joe <joe@author.example>\r\nto:you@example.net\r\nsubject:[list] a test\r\ndate:")) &&
			 slice_eq(slice_from(input, input.len - 4), S("; b=")),
		 true);
	verified_finish(&v);
	arena_finish(&a);
}

int main(void)
{
	struct signet_arena a;
	struct zone *zone = signed_messages_init(&a);
	run_rows(zone);
	run_changes(zone);
	settings(zone);
	coverage(zone);
	facts(zone);
	parts(zone);
	signed_messages_finish(zone, &a);
	return rows_end();
}
