/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/dkim/key.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../src/base/base64.h"
#include "../support/rows.h"
#include "../support/signer.h"

/* {rsa}, {ed}, {512}... in a record stand for keys made in this run. */
static const struct {
	const char *name;
	unsigned bits, exponent;
} sizes[] = {
	{ "{rsa}", 2048, 65537 },  { "{512}", 512, 65537 }, { "{1023}", 1023, 65537 }, { "{1024}", 1024, 65537 },
	{ "{2047}", 2047, 65537 }, { "{e3}", 2048, 3 },     { "{e17}", 2048, 17 },
};
#define N_SIZES ROWS(sizes)
static struct signer *signers[N_SIZES];
static struct signer *ed25519;

/* clang-format off: one row, one thought */
static const struct {
	const char *clause, *what, *record;
	const char *label; /* of the fault, "": the key can be used */
	bool is_record;
	enum finding_id note;
	unsigned bits;
} rows[] = {
	{ "6376:3.6.1", "p= alone is a record", "p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:3.6.1", "v=DKIM1 first", "v=DKIM1; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:3.6.1", "v= not first", "p={rsa}; v=DKIM1", "key-syntax", false, F_DKIM_KEY_VERSION, 0 },
	{ "6376:6.1.2", "another version", "v=DKIM2; p={rsa}", "key-syntax", false, F_DKIM_KEY_VERSION, 0 },
	{ "6376:6.1.2", "DKIM1.0 is not DKIM1", "v=DKIM1.0; p={rsa}", "key-syntax", false, F_DKIM_KEY_VERSION, 0 },
	{ "6376:6.1.2", "the version in lower case", "v=dkim1; p={rsa}", "key-syntax", false, F_DKIM_KEY_VERSION, 0 },
	{ "6376:3.6.1", "white space before v= does no harm", "  v=DKIM1; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:3.6.1", "p= must be there", "v=DKIM1; k=rsa", "key-syntax", false, F_DKIM_KEY_SYNTAX, 0 },
	{ "6376:3.6.1", "an empty p= is a revoked key", "v=DKIM1; p=", "key-revoked", true, F_DKIM_KEY_REVOKED, 0 },
	{ "6376:3.6.1", "p= of white space is a revoked key", "v=DKIM1; p= ;", "key-revoked", true,
	  F_DKIM_KEY_REVOKED, 0 },
	{ "6376:3.6.1", "p= that is not base64", "v=DKIM1; p=!!!!", "key-syntax", true, F_DKIM_KEY_SYNTAX, 0 },
	{ "6376:3.6.1", "p= that is no key", "v=DKIM1; p=YWJj", "key-syntax", true, F_DKIM_KEY_SYNTAX, 0 },
	{ "6376:3.6.1", "a broken list", "v=DKIM1; p={rsa};;", "key-syntax", false, F_DKIM_KEY_SYNTAX, 0 },
	{ "6376:3.6.1", "a repeated tag", "v=DKIM1; p={rsa}; p={rsa}", "key-syntax", false, F_DKIM_KEY_SYNTAX, 0 },
	{ "6376:3.6.1", "octets above 127", "v=DKIM1; n=\xc3\xbc; p={rsa}", "key-syntax", false, F_DKIM_KEY_SYNTAX,
	  0 },
	{ "6376:3.6.1", "something else at the name", "v=spf1 -all", "key-syntax", false, F_DKIM_KEY_VERSION, 0 },
	{ "6376:3.6.1", "unknown tags, notes and g= are ignored", "v=DKIM1; g=nobody; n=a b; x=y; p={rsa}", "", true,
	  F_NONE, 2048 },
	{ "6376:6.1.2", "h= with sha256", "v=DKIM1; h=sha1 : sha256; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:6.1.2", "h= without sha256", "v=DKIM1; h=sha1; p={rsa}", "key-hash", true, F_DKIM_KEY_HASH, 0 },
	{ "6376:6.1.2", "an empty h= allows nothing", "v=DKIM1; h=; p={rsa}", "key-hash", true, F_DKIM_KEY_HASH, 0 },
	{ "6376:3.6.1", "k=rsa", "v=DKIM1; k=rsa; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:3.6.1", "k= of an unknown kind", "v=DKIM1; k=dsa; p={rsa}", "key-type-mismatch", true,
	  F_DKIM_KEY_KIND_UNKNOWN, 0 },
	{ "6376:3.6.1", "k= is compared octet by octet", "v=DKIM1; k=RSA; p={rsa}", "key-type-mismatch", true,
	  F_DKIM_KEY_KIND_UNKNOWN, 0 },
	{ "8463:4", "k=ed25519 with 32 octets", "v=DKIM1; k=ed25519; p={ed}", "", true, F_NONE, 256 },
	{ "8463:4", "an Ed25519 key without k=ed25519 is no RSA key", "v=DKIM1; p={ed}", "key-syntax", true,
	  F_DKIM_KEY_SYNTAX, 0 },
	{ "8463:4", "an RSA key is no Ed25519 key", "v=DKIM1; k=ed25519; p={rsa}", "key-syntax", true,
	  F_DKIM_KEY_SYNTAX, 0 },
	{ "8463:4", "an Ed25519 key wrapped as SubjectPublicKeyInfo",
	  "v=DKIM1; k=ed25519; p=MCowBQYDK2VwAyEA3SUqa9UbfciWkk7tlcJ9P1VD5pXAasg0JUn/OgjVbKE=", "key-syntax", true,
	  F_DKIM_KEY_SYNTAX, 0 },
	{ "6376:3.6.1", "s=*", "v=DKIM1; s=*; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:3.6.1", "s=email among others", "v=DKIM1; s=tlsrpt:email; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:3.6.1", "s= without email", "v=DKIM1; s=tlsrpt; p={rsa}", "key-service", true, F_DKIM_KEY_SERVICE,
	  2048 },
	{ "6376:3.6.1", "an empty s= is for nothing", "v=DKIM1; s=; p={rsa}", "key-service", true, F_DKIM_KEY_SERVICE,
	  2048 },
	{ "8301:3.2", "512 bits", "v=DKIM1; p={512}", "key-weak", true, F_DKIM_KEY_TOO_SHORT, 512 },
	{ "8301:3.2", "1023 bits", "v=DKIM1; p={1023}", "key-weak", true, F_DKIM_KEY_TOO_SHORT, 1023 },
	{ "8301:3.2", "1024 bits can be used, with a remark", "v=DKIM1; p={1024}", "", true, F_DKIM_KEY_WEAK, 1024 },
	{ "8301:3.2", "2047 bits can be used, with a remark", "v=DKIM1; p={2047}", "", true, F_DKIM_KEY_WEAK, 2047 },
	{ "8301:3.2", "2048 bits need no remark", "v=DKIM1; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:8.13", "exponent 3 can be used, with a remark", "v=DKIM1; p={e3}", "", true,
	  F_DKIM_KEY_EXPONENT_SMALL, 2048 },
	{ "6376:8.13", "exponent 17 can be used, with a remark", "v=DKIM1; p={e17}", "", true,
	  F_DKIM_KEY_EXPONENT_SMALL, 2048 },
	{ "6376:3.3.3", "a key of 2048 bits is not too long", "v=DKIM1; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:3.3.3", "8200 bits are too long", "v=DKIM1; p={long}", "key-syntax", true, F_DKIM_KEY_TOO_LONG,
	  8200 },
	{ "6376:8.13", "exponent 65537 needs no remark", "v=DKIM1; p={rsa}", "", true, F_NONE, 2048 },
	{ "6376:8.13", "exponent 4 is not sound", "v=DKIM1; p={even}", "key-weak", true, F_DKIM_KEY_EXPONENT, 2048 },
	/* Order of RFC 6376 6.1.2: the first fault decides. */
	{ "6376:6.1.2", "a wrong hash goes before revoked", "v=DKIM1; h=sha1; p=", "key-hash", true,
	  F_DKIM_KEY_REVOKED, 0 },
	{ "6376:6.1.2", "revoked goes before the kind", "v=DKIM1; k=foo; p=", "key-revoked", true,
	  F_DKIM_KEY_KIND_UNKNOWN, 0 },
	{ "6376:6.1.2", "the hash goes before the kind", "v=DKIM1; k=foo; h=sha1; p={rsa}", "key-hash", true,
	  F_DKIM_KEY_KIND_UNKNOWN, 0 },
	{ "6376:6.1.2", "the kind goes before the service", "v=DKIM1; s=other; k=foo; p={rsa}", "key-type-mismatch", true,
	  F_DKIM_KEY_SERVICE, 0 },
	{ "6376:6.1.2", "the service goes before the size", "v=DKIM1; s=other; p={512}", "key-service", true,
	  F_DKIM_KEY_TOO_SHORT, 512 },
	{ "6376:6.1.2", "revoked goes before the service", "v=DKIM1; s=other; p=", "key-revoked", true,
	  F_DKIM_KEY_SERVICE, 0 },
};
/* clang-format on */

/* The base64 of an RSAPublicKey of so many octets and this exponent of one octet; no product of primes. */
static slice made_key(size_t octets, char exponent, struct signet_arena *a)
{
	struct buf key, text;
	size_t inside = 4 + octets + 1 + 3;
	buf_init_arena(&key, a, 1 << 16);
	buf_init_arena(&text, a, 1 << 16);
	const unsigned char head[] = { 0x30, 0x82, (unsigned char)(inside >> 8),       inside & 0xff,
				       0x02, 0x82, (unsigned char)((octets + 1) >> 8), (octets + 1) & 0xff,
				       0 };
	buf_put(&key, slice_make((const char *)head, sizeof(head)));
	for (size_t i = 0; i < octets; i++) {
		buf_put_char(&key, (char)0xd5);
	}
	buf_put(&key, slice_make((const char[]){ 2, 1, exponent }, 3));
	base64_put(&text, buf_slice(&key));
	return buf_slice(&text);
}

static slice fill(const char *record, struct signet_arena *a)
{
	slice text = replace_text(slice_of(record), "{ed}", slice_of(signer_key(ed25519)), a);
	text = replace_text(text, "{long}", made_key(1025, 3, a), a);
	text = replace_text(text, "{even}", made_key(256, 4, a), a);
	for (size_t i = 0; i < N_SIZES; i++) {
		text = replace_text(text, sizes[i].name, slice_of(signer_key(signers[i])), a);
	}
	return text;
}

static void parse(slice text, struct signet_arena *a, struct signet_findings *notes, struct dkim_key *key)
{
	findings_init(notes, a);
	if (key_parse(text, a, notes, key) != SIGNET_OK) {
		abort();
	}
}

static void parse_prefix(slice prefix, void *data)
{
	struct signet_findings notes;
	struct dkim_key key;
	parse(prefix, data, &notes, &key);
}

static void run_rows(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct signet_findings notes;
		struct dkim_key key;
		arena_init(&a, (size_t)64 << 20);
		slice record = fill(rows[i].record, &a);
		parse(record, &a, &notes, &key);
		row_text(rows[i].clause, rows[i].what, slice_of(key.fault.label ? key.fault.label : ""), rows[i].label);
		bool permerror = key.fault.result == (*rows[i].label ? SIGNET_DKIM_PERMERROR : SIGNET_DKIM_NONE);
		bool noted = rows[i].note == F_NONE ? notes.n == 0 : findings_has(&notes, rows[i].note);
		row_bool(rows[i].clause, "with its result, its finding and its size",
			 permerror && noted && key.is_record == rows[i].is_record && key.bits == rows[i].bits, true);
		each_prefix(record, parse_prefix, &a);
		arena_finish(&a);
	}
}

static void flags(void)
{
	static const struct {
		const char *what, *record;
		bool testing, strict;
	} table[] = {
		{ "no flags", "p={rsa}", false, false },
		{ "t=y", "t=y; p={rsa}", true, false },
		{ "t=s", "t=s; p={rsa}", false, true },
		{ "t=y:s are two flags", "t=y : s; p={rsa}", true, true },
		{ "unknown flags are ignored", "t=x:yy:s2; p={rsa}", false, false },
		{ "flags are compared octet by octet", "t=Y:S; p={rsa}", false, false },
	};
	for (size_t i = 0; i < ROWS(table); i++) {
		struct signet_arena a;
		struct signet_findings notes;
		struct dkim_key key;
		arena_init(&a, 1 << 20);
		parse(fill(table[i].record, &a), &a, &notes, &key);
		row_bool("6376:3.6.1", table[i].what, key.testing == table[i].testing && key.strict == table[i].strict,
			 true);
		arena_finish(&a);
	}
}

/* p= with white space of all kinds that zones have at the seams of strings. */
static void spaces(void)
{
	struct signet_arena a;
	struct signet_findings notes;
	struct dkim_key key, plain;
	arena_init(&a, 1 << 20);
	slice k = slice_of(signer_key(signers[0]));
	parse(ARENA_JOIN(&a, S("p="), k), &a, &notes, &plain);
	parse(ARENA_JOIN(&a, S("p= "), slice_first(k, 99), S(" \t "), slice_from(k, 99), S(" ; ")), &a, &notes, &key);
	row_slice("6376:3.6.1", "white space inside p= is ignored", key.octets, plain.octets);
	slice bare = slice_make(k.at, k.len - (k.at[k.len - 1] == '=') - (k.at[k.len - 2] == '='));
	parse(ARENA_JOIN(&a, S("p="), bare), &a, &notes, &key);
	row_slice("6376:2.10", "the padding of p= may be missing", key.octets, plain.octets);
	arena_finish(&a);
}

static void vectors(void)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/tests/vectors/dkim/units/key-records.json", getenv("SIGNET_SOURCE"));
	json_t *file = json_load_file(path, 0, NULL);
	size_t i;
	json_t *one;
	if (!file) {
		abort();
	}
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		struct signet_arena a;
		struct signet_findings notes;
		struct dkim_key key;
		arena_init(&a, 1 << 20);
		parse(slice_of(json_string_value(json_object_get(one, "txt"))), &a, &notes, &key);
		const char *want = json_string_value(json_object_get(one, "expect"));
		bool revoked = key.fault.label && strcmp(key.fault.label, "key-revoked") == 0;
		/* The table speaks of reading: a record that allows SHA256 (in upper case) is well formed. */
		bool readable = key.fault.result == SIGNET_DKIM_NONE || strcmp(key.fault.label, "key-hash") == 0;
		/* ... and takes a key of an unknown kind for unreadable even if it is revoked. */
		const char *got = revoked && !key.other_kind ? "revoked" : readable ? "ok" : "error";
		char what[200];
		const char *reason = json_string_value(json_object_get(one, "reason"));
		snprintf(what, sizeof(what), "units/%s: %s", json_string_value(json_object_get(one, "id")),
			 reason ? reason : "");
		const char *contested = json_string_value(json_object_get(one, "contested"));
		if (contested) {
			row_contested("6376:3.6.1", what, strcmp(got, want) == 0, contested);
		} else {
			row_text("6376:3.6.1", what, slice_of(got), want);
		}
		arena_finish(&a);
	}
	json_decref(file);
}

int main(void)
{
	ed25519 = signer_new_ed25519();
	for (size_t i = 0; i < N_SIZES; i++) {
		signers[i] = signer_new_rsa(sizes[i].bits, sizes[i].exponent);
	}
	run_rows();
	flags();
	spaces();
	vectors();
	for (size_t i = 0; i < N_SIZES; i++) {
		signer_free(signers[i]);
	}
	signer_free(ed25519);
	return rows_end();
}
