/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/crypto/pubkey.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "../../src/base/base64.h"
#include "../support/rows.h"
#include "../support/signer.h"

/* DER by hand: tag, length of up to 64 KiB, contents. */
static slice element(unsigned char tag, slice contents, struct signet_arena *a)
{
	char head[4] = { (char)tag, (char)0x82, (char)(contents.len >> 8), (char)(contents.len & 0xff) };
	if (contents.len < 128) {
		head[1] = (char)contents.len;
	}
	return ARENA_JOIN(a, slice_make(head, contents.len < 128 ? 2 : 4), contents);
}

static slice number(size_t bits, unsigned char last, struct signet_arena *a)
{
	size_t n = (bits + 7) / 8;
	char *at = arena_octets(a, n + 1);
	memset(at, 0x5a, n + 1);
	at[0] = 0;
	at[1] = (char)(1u << ((bits - 1) % 8));
	at[n] = n > 1 ? (char)last : (char)(last | at[1]);
	return element(2, slice_make(at, n + 1), a);
}

static slice pkcs1(size_t bits, unsigned char last, slice exponent, struct signet_arena *a)
{
	return element(0x30, ARENA_JOIN(a, number(bits, last, a), exponent), a);
}

static const struct {
	const char *clause, *what;
	size_t bits;
	unsigned char last;
	const char *exponent;
	size_t exponent_len;
	enum pubkey_fault want;
} sizes[] = {
	{ "8301:3.2", "1023 bits are too few", 1023, 1, "\x02\x03\x01\x00\x01", 5, PUBKEY_SHORT },
	{ "8301:3.2", "1024 bits are enough", 1024, 1, "\x02\x03\x01\x00\x01", 5, PUBKEY_GOOD },
	{ "8301:3.2", "1025 bits", 1025, 1, "\x02\x03\x01\x00\x01", 5, PUBKEY_GOOD },
	{ "6376:3.3.3", "4096 bits", 4096, 1, "\x02\x03\x01\x00\x01", 5, PUBKEY_GOOD },
	{ "6376:3.3.3", "8192 bits", 8192, 1, "\x02\x03\x01\x00\x01", 5, PUBKEY_GOOD },
	{ "6376:3.3.3", "8193 bits are too many", 8193, 1, "\x02\x03\x01\x00\x01", 5, PUBKEY_LONG },
	{ "6376:8.13", "exponent 1", 2048, 1, "\x02\x01\x01", 3, PUBKEY_EXPONENT },
	{ "6376:8.13", "exponent 2", 2048, 1, "\x02\x01\x02", 3, PUBKEY_EXPONENT },
	{ "6376:8.13", "exponent 3", 2048, 1, "\x02\x01\x03", 3, PUBKEY_GOOD },
	{ "6376:8.13", "exponent 65536", 2048, 1, "\x02\x03\x01\x00\x00", 5, PUBKEY_EXPONENT },
	{ "6376:8.13", "exponent 2^32 - 1", 2048, 1, "\x02\x05\x00\xff\xff\xff\xff", 7, PUBKEY_GOOD },
	{ "6376:8.13", "exponent 2^32 + 1", 2048, 1, "\x02\x05\x01\x00\x00\x00\x01", 7, PUBKEY_EXPONENT },
	{ "6376:8.13", "exponent of nine octets", 2048, 1, "\x02\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01", 11,
	  PUBKEY_EXPONENT },
	{ "6376:8.13", "exponent 0", 2048, 1, "\x02\x01\x00", 3, PUBKEY_SYNTAX },
	{ "6376:8.13", "an even modulus", 2048, 2, "\x02\x03\x01\x00\x01", 5, PUBKEY_SYNTAX },
	{ "6376:3.6.1", "no exponent", 2048, 1, "", 0, PUBKEY_SYNTAX },
};

static void examine_sizes(struct signet *engine)
{
	for (size_t i = 0; i < ROWS(sizes); i++) {
		struct signet_arena a;
		struct pubkey_facts facts;
		uint8_t digest[DIGEST_OCTETS] = { 0 };
		char signature[1024] = { 1 };
		bool good = true;
		arena_init(&a, 1 << 20);
		slice key =
			pkcs1(sizes[i].bits, sizes[i].last, slice_make(sizes[i].exponent, sizes[i].exponent_len), &a);
		row_number(sizes[i].clause, sizes[i].what, pubkey_examine(PUBKEY_RSA, guarded(key, false), &facts),
			   sizes[i].want);
		if (sizes[i].want != PUBKEY_SYNTAX) {
			row_number(sizes[i].clause, "and its size is told", facts.bits, (int64_t)sizes[i].bits);
		}
		/* Whatever the key, verifying ends with an answer. */
		enum signet_status status = pubkey_verify(engine, PUBKEY_RSA, key, digest,
							  slice_make(signature, (sizes[i].bits + 7) / 8 % 1024), &good);
		row_bool(sizes[i].clause, "and no signature is right", status == SIGNET_OK && !good, true);
		arena_finish(&a);
	}
}

/* OpenSSL's opinion of the octets: bits of the key, 0 if it is none. */
static int opinion(slice octets)
{
	const unsigned char *at = (const unsigned char *)octets.at;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)octets.len);
	at = (const unsigned char *)octets.at;
	if (!key) {
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)octets.len);
	}
	int bits = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? EVP_PKEY_get_bits(key) : 0;
	EVP_PKEY_free(key);
	return bits;
}

static void examine_prefix(slice prefix, void *data)
{
	bool *good = data;
	struct pubkey_facts facts;
	enum pubkey_fault fault = pubkey_examine(PUBKEY_RSA, prefix, &facts);
	*good &= (fault == PUBKEY_SYNTAX) == (opinion(prefix) == 0);
}

/* Every octet of the frame changed: what we take for a key OpenSSL takes for the same key.  (We may refuse more: long
 * forms of lengths, keys that are no sound keys.) */
static bool mutations_agree(slice key, struct signet_arena *a)
{
	bool good = true;
	slice copy = arena_copy(a, key);
	char *at = (char *)(uintptr_t)copy.at;
	for (size_t i = 0; i < key.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct pubkey_facts facts;
			at[i] = (char)(at[i] ^ (1 << bit));
			bool ours = pubkey_examine(PUBKEY_RSA, copy, &facts) != PUBKEY_SYNTAX;
			if (ours && (i < 40 || i + 10 > key.len)) {
				int bits = opinion(copy);
				good &= bits == (int)facts.bits || bits == 0;
			}
			at[i] = key.at[i];
		}
	}
	return good;
}

static slice decode(slice text, struct signet_arena *a)
{
	slice octets;
	if (!base64_decode(text, BASE64_PADDED, a, &octets)) {
		abort();
	}
	return octets;
}

static void signatures(struct signet *engine, const struct signer *s, enum pubkey_kind kind, const char *clause)
{
	struct signet_arena a;
	uint8_t digest[DIGEST_OCTETS];
	bool good = false;
	arena_init(&a, 1 << 20);
	slice key = signer_spki(s);
	slice signature = decode(sign_octets(s, S("some text"), &a), &a);
	(void)digest_of(engine, S("some text"), digest);
	row_bool(clause, "a right signature",
		 pubkey_verify(engine, kind, key, digest, signature, &good) == SIGNET_OK && good, true);
	row_bool(clause, "again, with the key remembered",
		 pubkey_verify(engine, kind, key, digest, signature, &good) == SIGNET_OK && good, true);
	bool any = false;
	for (size_t n = 0; n < signature.len; n++) {
		(void)pubkey_verify(engine, kind, key, digest, guarded(slice_first(signature, n), false), &good);
		any |= good;
	}
	slice longer = ARENA_JOIN(&a, signature, S("\0"));
	(void)pubkey_verify(engine, kind, key, digest, longer, &good);
	row_bool(clause, "a shorter or longer one is wrong", any || good, false);
	for (size_t i = 0; i < signature.len; i++) {
		char *at = (char *)(uintptr_t)signature.at;
		at[i] = (char)(at[i] ^ 4);
		(void)pubkey_verify(engine, kind, key, digest, signature, &good);
		any |= good;
		at[i] = (char)(at[i] ^ 4);
	}
	row_bool(clause, "one with a changed bit is wrong", any, false);
	digest[0] ^= 1;
	(void)pubkey_verify(engine, kind, key, digest, signature, &good);
	row_bool(clause, "one over another digest is wrong", good, false);
	arena_finish(&a);
}

static void key_forms(struct signet *engine, const struct signer *s)
{
	struct signet_arena a;
	struct pubkey_facts facts;
	uint8_t digest[DIGEST_OCTETS];
	bool good = false;
	arena_init(&a, 1 << 20);
	row_bool("6376:3.6.1", "SubjectPublicKeyInfo is what everybody publishes",
		 pubkey_examine(PUBKEY_RSA, signer_spki(s), &facts) == PUBKEY_GOOD && facts.bits == 2048 &&
			 facts.exponent == 65537,
		 true);
	row_bool("6376:3.6.1", "RSAPublicKey is what the RFC names",
		 pubkey_examine(PUBKEY_RSA, signer_pkcs1(s), &facts) == PUBKEY_GOOD && facts.bits == 2048, true);
	slice signature = decode(sign_octets(s, S("x"), &a), &a);
	(void)digest_of(engine, S("x"), digest);
	row_bool("6376:3.6.1", "and both verify",
		 pubkey_verify(engine, PUBKEY_RSA, signer_pkcs1(s), digest, signature, &good) == SIGNET_OK && good,
		 true);
	slice longer = ARENA_JOIN(&a, signer_spki(s), S("junk"));
	row_bool("6376:3.6.1", "octets behind the key are ignored, as OpenSSL does",
		 pubkey_examine(PUBKEY_RSA, longer, &facts) == PUBKEY_GOOD && opinion(longer) == 2048, true);
	good = true;
	each_prefix(signer_spki(s), examine_prefix, &good);
	each_prefix(signer_pkcs1(s), examine_prefix, &good);
	row_bool("6376:3.6.1", "a key cut short is none, as for OpenSSL", good, true);
	row_bool("6376:3.6.1", "changed bits are read as OpenSSL reads them",
		 mutations_agree(signer_spki(s), &a) && mutations_agree(signer_pkcs1(s), &a), true);
	row_number("8463:4", "31 octets are no Ed25519 key",
		   pubkey_examine(PUBKEY_ED25519, slice_first(signer_spki(s), 31), &facts), PUBKEY_SYNTAX);
	arena_finish(&a);
}

/* More keys than the cache has room for. */
static void many_keys(struct signet *engine, const struct signer *s)
{
	struct signet_arena a;
	uint8_t digest[DIGEST_OCTETS];
	bool good = false, all = true;
	arena_init(&a, (size_t)8 << 20);
	slice signature = decode(sign_octets(s, S("x"), &a), &a);
	(void)digest_of(engine, S("x"), digest);
	for (unsigned i = 0; i < 3000; i++) {
		char tail[2] = { (char)(i & 0xff), (char)(i >> 8) };
		slice key = ARENA_JOIN(&a, signer_pkcs1(s), slice_make(tail, 2)); /* other octets, the same key */
		all &= pubkey_verify(engine, PUBKEY_RSA, key, digest, signature, &good) == SIGNET_OK && good;
	}
	row_bool("-", "3,000 keys pass through the cache", all, true);
	arena_finish(&a);
}

static void digests(struct signet *engine)
{
	uint8_t a[DIGEST_OCTETS], b[DIGEST_OCTETS];
	struct digest *d = digest_new(engine);
	digest_add(d, S("ab"));
	struct digest *copy = digest_copy(d);
	digest_add(d, S("c"));
	digest_add(copy, S("d"));
	bool good = digest_end(d, a) && digest_of(engine, S("abc"), b) && memcmp(a, b, DIGEST_OCTETS) == 0;
	good &= digest_end(copy, a) && digest_of(engine, S("abd"), b) && memcmp(a, b, DIGEST_OCTETS) == 0;
	row_bool("6376:3.7", "a digest in parts, and a copy that goes its own way", good, true);
	row_bool("6376:3.7", "SHA-256 of \"abc\"",
		 digest_of(engine, S("abc"), a) && memcmp(a, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8) == 0, true);
}

int main(void)
{
	struct signet *engine = signet_new();
	struct signer *rsa = signer_new_rsa(2048, 65537), *ed25519 = signer_new_ed25519();
	examine_sizes(engine);
	key_forms(engine, rsa);
	signatures(engine, rsa, PUBKEY_RSA, "6376:3.3");
	signatures(engine, ed25519, PUBKEY_ED25519, "8463:3");
	many_keys(engine, rsa);
	digests(engine);
	signer_free(ed25519);
	signer_free(rsa);
	signet_free(engine);
	signet_free(NULL);
	return rows_end();
}
