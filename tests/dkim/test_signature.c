/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/dkim/signature.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../support/rows.h"

#define BH "bh=LjkN2rUhrS3zKXfH2vNgUzz5ERRJkgP9CURXBX0JP0Q="
#define REST "d=d.example; s=s; h=from; b=dGVzdA==; " BH
#define ALL "v=1; a=rsa-sha256; " REST

static struct mail_field field_of(slice value)
{
	return (struct mail_field){ .raw = value, .name = S("DKIM-Signature"), .value = value };
}

static void parse(enum signature_kind kind, slice value, struct signet_arena *a, struct dkim_signature *s)
{
	static struct mail_field field;
	field = field_of(value);
	if (signature_parse(kind, &field, a, s) != SIGNET_OK) {
		abort();
	}
}

/* One fault a row: result and label, "" for none. */
/* clang-format off: one row, one thought */
static const struct {
	const char *clause, *what, *value;
	enum signet_dkim_result result;
	const char *label;
	enum finding_id note;
} rows[] = {
	{ "6376:3.5", "the required tags are enough", ALL, SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:3.5", "unknown tags are ignored", ALL "; foo=bar; D=x", SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:6.1.1", "v= is required", "a=rsa-sha256; " REST, SIGNET_DKIM_PERMERROR, "tag-missing",
	  F_DKIM_TAG_MISSING },
	{ "6376:6.1.1", "v=2 is another version", "v=2; a=rsa-sha256; " REST, SIGNET_DKIM_PERMERROR,
	  "version-unknown", F_DKIM_VERSION_UNKNOWN },
	{ "6376:6.1.1", "v=01 is not v=1", "v=01; a=rsa-sha256; " REST, SIGNET_DKIM_PERMERROR, "version-unknown",
	  F_DKIM_VERSION_UNKNOWN },
	{ "6376:6.1.1", "an empty v= is no version", "v=; a=rsa-sha256; " REST, SIGNET_DKIM_PERMERROR,
	  "version-unknown", F_DKIM_VERSION_UNKNOWN },
	{ "6376:6.1.1", "a= is required", "v=1; " REST, SIGNET_DKIM_PERMERROR, "tag-missing", F_DKIM_TAG_MISSING },
	{ "6376:6.1.1", "b= is required", "v=1; a=rsa-sha256; d=d.example; s=s; h=from; " BH, SIGNET_DKIM_PERMERROR,
	  "tag-missing", F_DKIM_TAG_MISSING },
	{ "6376:6.1.1", "bh= is required", "v=1; a=rsa-sha256; d=d.example; s=s; h=from; b=dGVzdA==",
	  SIGNET_DKIM_PERMERROR, "tag-missing", F_DKIM_TAG_MISSING },
	{ "6376:6.1.1", "d= is required", "v=1; a=rsa-sha256; s=s; h=from; b=dGVzdA==; " BH, SIGNET_DKIM_PERMERROR,
	  "tag-missing", F_DKIM_TAG_MISSING },
	{ "6376:6.1.1", "h= is required", "v=1; a=rsa-sha256; d=d.example; s=s; b=dGVzdA==; " BH,
	  SIGNET_DKIM_PERMERROR, "tag-missing", F_DKIM_TAG_MISSING },
	{ "6376:6.1.1", "s= is required", "v=1; a=rsa-sha256; d=d.example; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_PERMERROR, "tag-missing", F_DKIM_TAG_MISSING },
	{ "6376:3.3", "rsa-sha256 is known", ALL, SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:3.3", "the algorithm is compared octet by octet", "v=1; a=RSA-SHA256; " REST, SIGNET_DKIM_NEUTRAL,
	  "algorithm-unknown", F_DKIM_ALGORITHM_UNKNOWN },
	{ "6376:3.3", "an unknown algorithm is ignored, not failed", "v=1; a=rsa-sha3; " REST, SIGNET_DKIM_NEUTRAL,
	  "algorithm-unknown", F_DKIM_ALGORITHM_UNKNOWN },
	{ "6376:3.3", "an empty algorithm is a fault of syntax", "v=1; a=; " REST, SIGNET_DKIM_NEUTRAL,
	  "signature-syntax", F_DKIM_TAG_VALUE },
	{ "8463:3", "ed25519-sha256 is known", "v=1; a=ed25519-sha256; " REST, SIGNET_DKIM_NONE, "", F_NONE },
	{ "8301:3.1", "rsa-sha1 never verifies", "v=1; a=rsa-sha1; " REST, SIGNET_DKIM_PERMERROR,
	  "algorithm-obsolete", F_DKIM_ALGORITHM_OBSOLETE },
	{ "6376:3.2", "a repeated tag", ALL "; d=d.example", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_TWICE },
	{ "6376:3.2", "a repeated unknown tag", ALL "; x1=1; x1=1", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_TWICE },
	{ "6376:3.2", "two semicolons", "v=1;; a=rsa-sha256; " REST, SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_SYNTAX },
	{ "6376:3.5", "an empty b=", "v=1; a=rsa-sha256; d=d.example; s=s; h=from; b=; " BH, SIGNET_DKIM_NEUTRAL,
	  "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "b= that is not base64", "v=1; a=rsa-sha256; d=d.example; s=s; h=from; b=d!ZA; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "b= with folding inside",
	  "v=1; a=rsa-sha256; d=d.example; s=s; h=from; b=dG\r\n\tVz dA = =; " BH, SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:2.10", "b= without padding is read, with a remark",
	  "v=1; a=rsa-sha256; d=d.example; s=s; h=from; b=dGVzdA; " BH, SIGNET_DKIM_NONE, "", F_DKIM_UNPADDED },
	{ "6376:3.5", "an empty bh=", "v=1; a=rsa-sha256; d=d.example; s=s; h=from; b=dGVzdA==; bh=",
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "bh= that is no SHA-256",
	  "v=1; a=rsa-sha256; d=d.example; s=s; h=from; b=dGVzdA==; bh=dGVzdA==", SIGNET_DKIM_NEUTRAL,
	  "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "c=relaxed/simple", ALL "; c=relaxed/simple", SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:6.1.1", "an unknown canonicalization", ALL "; c=nowsp", SIGNET_DKIM_NEUTRAL,
	  "canonicalization-unknown", F_DKIM_CANONICALIZATION_UNKNOWN },
	{ "6376:6.1.1", "an unknown canonicalization of the body", ALL "; c=relaxed/nowsp", SIGNET_DKIM_NEUTRAL,
	  "canonicalization-unknown", F_DKIM_CANONICALIZATION_UNKNOWN },
	{ "6376:6.1.1", "an empty c= is not an absent one", ALL "; c=", SIGNET_DKIM_NEUTRAL,
	  "canonicalization-unknown", F_DKIM_CANONICALIZATION_UNKNOWN },
	{ "6376:6.1.1", "three methods", ALL "; c=relaxed/relaxed/simple", SIGNET_DKIM_NEUTRAL,
	  "canonicalization-unknown", F_DKIM_CANONICALIZATION_UNKNOWN },
	{ "6376:3.5", "q= with a known method among others", ALL "; q=other:dns/txt", SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:3.5", "q= without a known method", ALL "; q=dns/other", SIGNET_DKIM_NEUTRAL, "",
	  F_DKIM_QUERY_UNKNOWN },
	{ "6376:6.1.1", "i= below d=", ALL "; i=a@sub.d.example", SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:6.1.1", "i= in other case", ALL "; i=@SUB.D.Example", SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:6.1.1", "i= beside d=", ALL "; i=@other.example", SIGNET_DKIM_PERMERROR, "identity-mismatch",
	  F_DKIM_IDENTITY_MISMATCH },
	{ "6376:6.1.1", "i= above d=", ALL "; i=@example", SIGNET_DKIM_PERMERROR, "identity-mismatch",
	  F_DKIM_IDENTITY_MISMATCH },
	{ "6376:6.1.1", "i= that only ends like d=", ALL "; i=@bad.example", SIGNET_DKIM_PERMERROR,
	  "identity-mismatch", F_DKIM_IDENTITY_MISMATCH },
	{ "6376:3.5", "i= without @", ALL "; i=d.example", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:3.5", "i= with an empty domain", ALL "; i=a@", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:2.11", "i= with an octet in quoted-printable", ALL "; i=a=20b@d.example", SIGNET_DKIM_NONE, "",
	  F_NONE },
	{ "6376:2.11", "hex digits are upper case", ALL "; i=a=3d@d.example", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:2.11", "two hex digits", ALL "; i=a=3@d.example", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:3.5", "h= with an empty name", "v=1; a=rsa-sha256; d=d.example; s=s; h=from::to; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "an empty h=", "v=1; a=rsa-sha256; d=d.example; s=s; h=; b=dGVzdA==; " BH, SIGNET_DKIM_NEUTRAL,
	  "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "h= with a space in a name", "v=1; a=rsa-sha256; d=d.example; s=s; h=from:x y; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:6.1.1", "From in any case", "v=1; a=rsa-sha256; d=d.example; s=s; h=to : FROM; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:6.1.1", "From has to be signed", "v=1; a=rsa-sha256; d=d.example; s=s; h=to:x-from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_PERMERROR, "from-not-signed", F_DKIM_FROM_NOT_SIGNED },
	{ "6376:3.5", "d= of one label", "v=1; a=rsa-sha256; d=example; s=s; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "d= with an underscore", "v=1; a=rsa-sha256; d=a_b.example; s=s; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "d= with a final dot", "v=1; a=rsa-sha256; d=d.example.; s=s; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "d= with a space", "v=1; a=rsa-sha256; d=d. example; s=s; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "d= with a parenthesis", "v=1; a=rsa-sha256; d=d.example(.evil; s=s; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "d= with a hyphen at the end of a label",
	  "v=1; a=rsa-sha256; d=a-.example; s=s; h=from; b=dGVzdA==; " BH, SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:3.5", "an empty d=", "v=1; a=rsa-sha256; d=; s=s; h=from; b=dGVzdA==; " BH, SIGNET_DKIM_NEUTRAL,
	  "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.1", "a selector with dots", "v=1; a=rsa-sha256; d=d.example; s=a.b.c; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:3.1", "a selector with an underscore is read, with a remark",
	  "v=1; a=rsa-sha256; d=d.example; s=a_b; h=from; b=dGVzdA==; " BH, SIGNET_DKIM_NONE, "",
	  F_DKIM_SELECTOR_UNDERSCORE },
	{ "6376:3.1", "an empty selector", "v=1; a=rsa-sha256; d=d.example; s=; h=from; b=dGVzdA==; " BH,
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.1", "a selector with an empty label",
	  "v=1; a=rsa-sha256; d=d.example; s=a..b; h=from; b=dGVzdA==; " BH, SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:3.5", "l= of 76 digits",
	  ALL "; l=1234567890123456789012345678901234567890123456789012345678901234567890123456", SIGNET_DKIM_NONE,
	  "", F_NONE },
	{ "6376:3.5", "l= of 77 digits",
	  ALL "; l=12345678901234567890123456789012345678901234567890123456789012345678901234567",
	  SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "l= with a sign", ALL "; l=+1", SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "an empty l=", ALL "; l=", SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "t= that is no number", ALL "; t=1x", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:3.5", "an empty t=", ALL "; t=", SIGNET_DKIM_NEUTRAL, "signature-syntax", F_DKIM_TAG_VALUE },
	{ "6376:3.5", "x= that is no number", ALL "; x=-5", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_TAG_VALUE },
	{ "6376:3.5", "x= behind t=", ALL "; t=100; x=101", SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:3.5", "x= equal to t=", ALL "; t=100; x=100", SIGNET_DKIM_PERMERROR, "expiry-before-signing",
	  F_DKIM_EXPIRY_ORDER },
	{ "6376:3.5", "x= before t=", ALL "; t=100; x=99", SIGNET_DKIM_PERMERROR, "expiry-before-signing",
	  F_DKIM_EXPIRY_ORDER },
	{ "6376:3.5", "x= alone", ALL "; x=0", SIGNET_DKIM_NONE, "", F_NONE },
	{ "6376:3.5", "x= of thirteen digits is never", ALL "; t=100; x=1000000000000", SIGNET_DKIM_NONE, "",
	  F_NONE },
	{ "8616:5", "U-labels in d=, s= and i=",
	  "v=1; a=rsa-sha256; d=b\xc3\xbc" "cher.example; s=\xc3\xbc; h=from; b=dGVzdA==; "
	  "i=\xc3\xbc@b\xc3\xbc" "cher.example; " BH, SIGNET_DKIM_NONE, "", F_NONE },
	{ "8616:5", "octets that are no UTF-8", ALL "; i=\xff@d.example", SIGNET_DKIM_NEUTRAL, "signature-syntax",
	  F_DKIM_SYNTAX },
	{ "8616:5", "an A-label in i= is the U-label of d=",
	  "v=1; a=rsa-sha256; d=b\xc3\xbc" "cher.example; s=s; h=from; b=dGVzdA==; i=@xn--bcher-kva.example; " BH,
	  SIGNET_DKIM_NONE, "", F_NONE },
};
/* clang-format on */

static void parse_prefix(slice prefix, void *data)
{
	struct dkim_signature s;
	parse(SIGNATURE_DKIM, prefix, data, &s);
	parse(SIGNATURE_SEAL, prefix, data, &s);
}

static void run_rows(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct dkim_signature s;
		arena_init(&a, (size_t)64 << 20);
		parse(SIGNATURE_DKIM, slice_of(rows[i].value), &a, &s);
		char got[100], want[100];
		snprintf(got, sizeof(got), "%s %s", signet_dkim_result_name(s.fault.result),
			 s.fault.label ? s.fault.label : "");
		snprintf(want, sizeof(want), "%s %s", signet_dkim_result_name(rows[i].result), rows[i].label);
		row_text(rows[i].clause, rows[i].what, slice_of(got), want);
		if (rows[i].note != F_NONE) {
			row_bool(rows[i].clause, "with its finding", findings_has(&s.findings, rows[i].note), true);
		} else {
			row_number(rows[i].clause, "without a finding", (int64_t)s.findings.n, 0);
		}
		each_prefix(slice_of(rows[i].value), parse_prefix, &a);
		arena_finish(&a);
	}
}

static void values(void)
{
	struct signet_arena a;
	struct dkim_signature s;
	arena_init(&a, 1 << 20);
	parse(SIGNATURE_DKIM, S(ALL "; c=relaxed/simple; l=12; t=5; x=6; i=joe=20@eng.D.example"), &a, &s);
	row_bool("6376:3.5", "c=relaxed/simple", s.header_relaxed && !s.body_relaxed, true);
	row_bool("6376:3.5", "l= t= x= are read", s.has_length && s.length == 12 && s.signed_at == 5 && s.expires == 6,
		 true);
	row_text("6376:2.11", "i= is decoded", s.identity, "joe @eng.D.example");
	row_text("6376:3.5", "and its domain in normal form", s.identity_domain, "eng.d.example");
	row_text("6376:3.5", "b= is decoded", s.octets, "test");
	parse(SIGNATURE_DKIM, S(ALL "; c=relaxed"), &a, &s);
	row_bool("6376:3.5", "c=relaxed alone means relaxed/simple", s.header_relaxed && !s.body_relaxed, true);
	parse(SIGNATURE_DKIM, S(ALL "; c=simple/relaxed"), &a, &s);
	row_bool("6376:3.5", "c=simple/relaxed", !s.header_relaxed && s.body_relaxed, true);
	parse(SIGNATURE_DKIM, S(ALL), &a, &s);
	row_bool("6376:3.5", "without c= it is simple/simple", !s.header_relaxed && !s.body_relaxed, true);
	row_text("6376:3.5", "without i= it is @ and d=", s.identity, "@d.example");
	row_bool("6376:3.5", "t= and x= are unknown if absent", s.signed_at == -1 && s.expires == -1 && !s.has_length,
		 true);
	parse(SIGNATURE_DKIM, S(ALL "; x=9999999999999"), &a, &s);
	row_number("6376:3.5", "thirteen digits are infinite", s.expires, SIGNATURE_TIME_MAX);
	parse(SIGNATURE_DKIM, S(ALL "; l=99999999999999999999999"), &a, &s);
	row_bool("6376:3.5", "a huge l= is the largest number", s.length == UINT64_MAX, true);
	parse(SIGNATURE_DKIM, S("v=1; a=rsa-sha1; d=D.Example; s=sel"), &a, &s);
	row_text("6376:6.1", "the signer is known whatever is wrong", s.domain, "d.example");
	arena_finish(&a);
}

static void copied(void)
{
	static const struct {
		const char *what, *z, *want;
	} table[] = {
		{ "copied fields", "From:a@b|To:x", "From=a@b,To=x," },
		{ "are decoded", "Subject:x=20=7C=3B", "Subject=x |;," },
		{ "folding is dropped", "From:a|\r\n\t Sub ject:=20x\r\n y", "From=a,!" },
		{ "folding around a copy is dropped", "From:a|\r\n\t Subject:=20x\r\n y", "From=a,Subject= xy," },
		{ "a copy without a colon ends the list", "From:a|x|To:y", "From=a,!" },
	};
	for (size_t i = 0; i < ROWS(table); i++) {
		struct signet_arena a;
		struct buf b;
		slice rest = slice_of(table[i].z), name, value;
		arena_init(&a, 1 << 20);
		buf_init(&b, 1000);
		while (signature_take_copied(&rest, &a, &name, &value)) {
			buf_put(&b, name);
			buf_put_char(&b, '=');
			buf_put(&b, value);
			buf_put_char(&b, ',');
		}
		if (strcmp(table[i].want + strlen(table[i].want) - 1, "!") == 0) {
			buf_put_char(&b, '!');
		}
		row_text("6376:2.11", table[i].what, buf_slice(&b), table[i].want);
		buf_finish(&b);
		arena_finish(&a);
	}
}

/* The field of ARC-Message-Signature and ARC-Seal. */
static void cousins(void)
{
#define SEAL "a=rsa-sha256; b=dGVzdA==; d=d.example; s=s; "
	static const struct {
		const char *clause, *what;
		enum signature_kind kind;
		const char *value;
		bool good;
	} table[] = {
		{ "8617:4.1.2", "AMS: i= is the instance, v= is not there", SIGNATURE_AMS, "i=1; a=rsa-sha256; " REST,
		  true },
		{ "8617:4.1.2", "AMS: v= is ignored", SIGNATURE_AMS, "v=7; i=1; a=rsa-sha256; " REST, true },
		{ "8617:4.1.2", "AMS: From need not be signed", SIGNATURE_AMS,
		  "i=1; a=rsa-sha256; d=d.example; s=s; h=to; b=dGVzdA==; " BH, true },
		{ "8617:4.1.2", "AMS: an empty h=", SIGNATURE_AMS,
		  "i=1; a=rsa-sha256; d=d.example; s=s; h=; b=dGVzdA==; " BH, true },
		{ "8617:4.2.1", "AMS: i= must be there", SIGNATURE_AMS, "a=rsa-sha256; " REST, false },
		{ "8617:4.2.1", "i=0", SIGNATURE_AMS, "i=0; a=rsa-sha256; " REST, false },
		{ "8617:4.2.1", "i=50", SIGNATURE_AMS, "i=50; a=rsa-sha256; " REST, true },
		{ "8617:4.2.1", "i=51", SIGNATURE_AMS, "i=51; a=rsa-sha256; " REST, false },
		{ "8617:4.2.1", "i=01 has two digits", SIGNATURE_AMS, "i=01; a=rsa-sha256; " REST, true },
		{ "8617:4.2.1", "i=001 has three", SIGNATURE_AMS, "i=001; a=rsa-sha256; " REST, false },
		{ "8617:4.2.1", "i=+1", SIGNATURE_AMS, "i=+1; a=rsa-sha256; " REST, false },
		{ "8617:4.1.3", "a seal", SIGNATURE_SEAL, "i=1; cv=none; " SEAL, true },
		{ "8617:4.1.3", "cv= in upper case", SIGNATURE_SEAL, "i=1; cv=PASS; " SEAL, true },
		{ "8617:4.1.3", "cv= must be there", SIGNATURE_SEAL, "i=1; " SEAL, false },
		{ "8617:4.1.3", "cv= with another word", SIGNATURE_SEAL, "i=1; cv=maybe; " SEAL, false },
		{ "8617:4.1.3", "a seal with h=", SIGNATURE_SEAL, "i=1; cv=none; h=from; " SEAL, false },
		{ "8617:4.1.3", "a seal with other tags of a signature", SIGNATURE_SEAL,
		  "i=1; cv=none; c=x; l=x; bh=x; x=x; " SEAL, true },
		{ "8617:4.1.3", "t= of a seal has to be a number", SIGNATURE_SEAL, "i=1; cv=none; t=x; " SEAL,
		  false },
	};
	for (size_t i = 0; i < ROWS(table); i++) {
		struct signet_arena a;
		struct dkim_signature s;
		arena_init(&a, 1 << 20);
		parse(table[i].kind, slice_of(table[i].value), &a, &s);
		row_bool(table[i].clause, table[i].what, s.fault.result == SIGNET_DKIM_NONE, table[i].good);
		arena_finish(&a);
	}
}

static void caps(void)
{
	struct signet_arena a;
	struct buf b;
	struct dkim_signature s;
	arena_init(&a, (size_t)64 << 20);
	buf_init(&b, 1 << 20);
	buf_put_text(&b, "v=1; a=rsa-sha256; d=d.example; s=s; b=dGVzdA==; " BH "; h=from");
	for (int i = 1; i < SIGNATURE_NAMES_MAX; i++) {
		buf_put_text(&b, ":x");
	}
	parse(SIGNATURE_DKIM, buf_slice(&b), &a, &s);
	row_number("6376:3.5", "512 names in h=", s.fault.result, SIGNET_DKIM_NONE);
	buf_put_text(&b, ":x");
	parse(SIGNATURE_DKIM, buf_slice(&b), &a, &s);
	row_bool("6376:3.5", "513 names in h= are too many", findings_has(&s.findings, F_DKIM_TOO_MANY_NAMES), true);
	buf_clear(&b);
	buf_put_text(&b, ALL "; z=");
	while (b.len <= SIGNATURE_OCTETS_MAX) {
		buf_put_text(&b, "x:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy|");
	}
	parse(SIGNATURE_DKIM, buf_slice(&b), &a, &s);
	row_bool("6376:3.5", "a field above 64 KiB",
		 s.fault.result == SIGNET_DKIM_NEUTRAL && findings_has(&s.findings, F_DKIM_TOO_LONG), true);
	buf_finish(&b);
	arena_finish(&a);
}

static bool tags_agree(const json_t *tags, const struct dkim_signature *s)
{
	const char *d = json_string_value(json_object_get(tags, "d")),
		   *sel = json_string_value(json_object_get(tags, "s"));
	const json_t *l = json_object_get(tags, "l"), *t = json_object_get(tags, "t"), *x = json_object_get(tags, "x");
	bool good = (!d || slice_eq(s->domain, slice_of(d))) && (!sel || slice_eq(s->selector, slice_of(sel)));
	good &= !l || (s->has_length && s->length == (uint64_t)json_integer_value(l));
	good &= (!t || s->signed_at == json_integer_value(t)) && (!x || s->expires == json_integer_value(x));
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(tags, "h"), i, name)
	{
		good &= signature_count_name(s, slice_of(json_string_value(name))) == 1;
	}
	return good;
}

static void vectors(void)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/tests/vectors/dkim/units/signature-fields.json", getenv("SIGNET_SOURCE"));
	json_t *file = json_load_file(path, 0, NULL);
	size_t i;
	json_t *one;
	if (!file) {
		abort();
	}
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		struct signet_arena a;
		struct dkim_signature s;
		arena_init(&a, 1 << 20);
		parse(SIGNATURE_DKIM, slice_of(json_string_value(json_object_get(one, "value"))), &a, &s);
		bool want = strcmp(json_string_value(json_object_get(one, "expect")), "ok") == 0;
		bool got = s.fault.result == SIGNET_DKIM_NONE && tags_agree(json_object_get(one, "tags"), &s);
		char what[200];
		const char *reason = json_string_value(json_object_get(one, "reason"));
		snprintf(what, sizeof(what), "units/%s: %s", json_string_value(json_object_get(one, "id")),
			 reason ? reason : "");
		const char *contested = json_string_value(json_object_get(one, "contested"));
		if (contested) {
			row_contested("6376:3.5", what, got == want, contested);
		} else {
			row_bool("6376:3.5", what, got, want);
		}
		arena_finish(&a);
	}
	json_decref(file);
}

int main(void)
{
	run_rows();
	values();
	copied();
	cousins();
	caps();
	vectors();
	return rows_end();
}
