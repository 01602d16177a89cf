/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/privkey.h>

#include <stdlib.h>

#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "../base/base64.h"
#include "pubkey.h"
#include "signet.h"

#define PEM_BEGIN "-----BEGIN PRIVATE KEY-----" /* RFC 7468 10 */
#define PEM_END "-----END PRIVATE KEY-----"
#define ED25519_OCTETS (sizeof(ed25519_head) + crypto_sign_SEEDBYTES)

/* An Ed25519 key in PKCS#8 (RFC 8410 7) is this and the seed.  It is read and written here, not by the decoders of the crypto
 * library, which free copies of the seed without overwriting them (tests/signer/test_secrets.py). */
static const unsigned char ed25519_head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
	                                      0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };

struct signet_privkey {
	struct signet *engine;
	enum signet_algorithm algorithm;
	unsigned bits;
	EVP_PKEY *key; /* RSA */
	EVP_PKEY_CTX *sign; /* RSA: ready to sign, any number of times */
	unsigned char *expanded; /* Ed25519: libsodium's form, the seed first, in its guarded memory */
	unsigned char *public;
	size_t public_octets;
};

static const char algorithm_names[][15] = { "rsa-sha256", "ed25519-sha256" };

const char *signet_algorithm_name(enum signet_algorithm algorithm)
{
	return algorithm <= SIGNET_ED25519_SHA256 ? algorithm_names[algorithm] : "?";
}

bool signet_algorithm_parse(slice text, enum signet_algorithm *ret)
{
	for (size_t i = 0; i < sizeof(algorithm_names) / sizeof(algorithm_names[0]); i++) {
		if (slice_eq(text, slice_of(algorithm_names[i]))) {
			*ret = (enum signet_algorithm)i;
			return true;
		}
	}
	return false;
}

const char *signet_privkey_fault_text(enum signet_privkey_fault fault)
{
	static const char *const texts[] = {
		[SIGNET_PRIVKEY_GOOD] = "the key is good",
		[SIGNET_PRIVKEY_SYNTAX] = "there is no private key in a form that can be read",
		[SIGNET_PRIVKEY_ENCRYPTED] = "the key is encrypted and nobody is there to give the pass phrase",
		[SIGNET_PRIVKEY_KIND] = "the key is neither RSA nor Ed25519, which is all that DKIM knows (those of "
					"other elliptic curves, as in "
					"SEC1 files, are not)",
		[SIGNET_PRIVKEY_SEVERAL] =
			"there is more than one private key in it: which one is meant? Write each into a file "
			"of its own",
		[SIGNET_PRIVKEY_SHORT] = "the key has less than 1024 bits, which no verifier accepts (RFC 8301 3.2)",
		[SIGNET_PRIVKEY_LONG] = "the key has more than 8192 bits",
		[SIGNET_PRIVKEY_DAMAGED] = "the numbers of the key do not belong together",
		[SIGNET_PRIVKEY_NO_MEMORY] = "memory is short",
	};
	return texts[fault <= SIGNET_PRIVKEY_NO_MEMORY ? fault : SIGNET_PRIVKEY_SYNTAX];
}

void signet_wipe(void *at, size_t octets)
{
	sodium_memzero(at, octets);
}

enum signet_algorithm signet_privkey_algorithm(const struct signet_privkey *key)
{
	return key->algorithm;
}

unsigned signet_privkey_bits(const struct signet_privkey *key)
{
	return key->bits;
}

slice signet_privkey_public(const struct signet_privkey *key)
{
	return slice_make((const char *)key->public, key->public_octets);
}

void signet_privkey_free(struct signet_privkey *key)
{
	if (key) {
		EVP_PKEY_CTX_free(key->sign);
		EVP_PKEY_free(key->key);
		sodium_free(key->expanded);
		OPENSSL_free(key->public);
		free(key);
	}
}

/* ---- a key of OpenSSL's, or a seed, becomes one of ours ---- */

static bool prepare_rsa(struct signet_privkey *k)
{
	int n = i2d_PUBKEY(k->key, &k->public);
	k->public_octets = n > 0 ? (size_t)n : 0;
	k->sign = EVP_PKEY_CTX_new_from_pkey(k->engine->library, k->key, NULL);
	return n > 0 && k->sign && EVP_PKEY_sign_init(k->sign) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(k->sign, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(k->sign, k->engine->sha256) == 1;
}

static bool prepare_ed25519(struct signet_privkey *k, const unsigned char seed[static crypto_sign_SEEDBYTES])
{
	k->public = OPENSSL_malloc(crypto_sign_PUBLICKEYBYTES);
	k->public_octets = crypto_sign_PUBLICKEYBYTES;
	k->expanded = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	return k->public && k->expanded && crypto_sign_seed_keypair(k->public, k->expanded, seed) == 0;
}

/* Numbers that do not belong together give signatures that nobody can verify, or that give the key away. */
static enum signet_privkey_fault try_out(struct signet_privkey *k)
{
	static const uint8_t digest[DIGEST_OCTETS] = { 1 };
	uint8_t octets[SIGNET_SIGNATURE_OCTETS];
	size_t n;
	bool good = false;
	if (signet_privkey_sign(k, digest, octets, &n) != SIGNET_OK) {
		return SIGNET_PRIVKEY_DAMAGED;
	}
	enum pubkey_kind kind = k->algorithm == SIGNET_RSA_SHA256 ? PUBKEY_RSA : PUBKEY_ED25519;
	slice signature = slice_make((const char *)octets, n);
	if (pubkey_verify(k->engine, kind, signet_privkey_public(k), digest, signature, &good) != SIGNET_OK) {
		return SIGNET_PRIVKEY_NO_MEMORY;
	}
	return good ? SIGNET_PRIVKEY_GOOD : SIGNET_PRIVKEY_DAMAGED;
}

static enum signet_privkey_fault judge_rsa(const EVP_PKEY *key, unsigned bits)
{
	if (!EVP_PKEY_is_a(key, "RSA")) {
		return SIGNET_PRIVKEY_KIND;
	}
	if (RULE("8301:3.2", bits < SIGNET_PRIVKEY_BITS_MIN)) {
		return SIGNET_PRIVKEY_SHORT;
	}
	return bits > SIGNET_PRIVKEY_BITS_MAX ? SIGNET_PRIVKEY_LONG : SIGNET_PRIVKEY_GOOD;
}

/* Of `key`, or of `seed` if there is no key. */
static enum signet_privkey_fault fill(struct signet_privkey *k, EVP_PKEY *key,
                                      const unsigned char seed[static crypto_sign_SEEDBYTES])
{
	bool ready;
	if (key) {
		k->key = key;
		k->algorithm = SIGNET_RSA_SHA256;
		k->bits = (unsigned)EVP_PKEY_get_bits(key);
		enum signet_privkey_fault fault = judge_rsa(key, k->bits);
		if (fault != SIGNET_PRIVKEY_GOOD) {
			return fault;
		}
		ready = prepare_rsa(k);
	} else {
		k->algorithm = SIGNET_ED25519_SHA256;
		k->bits = 256;
		ready = prepare_ed25519(k, seed);
	}
	return ready ? try_out(k) : SIGNET_PRIVKEY_NO_MEMORY;
}

/* Takes `key` over, whatever happens. */
static enum signet_privkey_fault adopt(struct signet *engine, EVP_PKEY *key,
                                       const unsigned char seed[static crypto_sign_SEEDBYTES],
                                       struct signet_privkey **ret)
{
	struct signet_privkey *k = calloc(1, sizeof(*k));
	if (!k) {
		EVP_PKEY_free(key);
		return SIGNET_PRIVKEY_NO_MEMORY;
	}
	k->engine = engine;
	enum signet_privkey_fault fault = fill(k, key, seed);
	if (fault != SIGNET_PRIVKEY_GOOD) {
		signet_privkey_free(k);
		return fault;
	}
	*ret = k;
	return SIGNET_PRIVKEY_GOOD;
}

/* The seed of an Ed25519 key of OpenSSL's; the key is freed then and NULL. */
static void take_seed(EVP_PKEY **key, unsigned char ret[static crypto_sign_SEEDBYTES])
{
	size_t n = crypto_sign_SEEDBYTES;
	if (EVP_PKEY_is_a(*key, "ED25519") && EVP_PKEY_get_raw_private_key(*key, ret, &n) == 1 &&
	    n == crypto_sign_SEEDBYTES) {
		EVP_PKEY_free(*key);
		*key = NULL;
	}
}

/* ---- text -> key ---- */

static int refuse_to_ask(char *at, size_t room, size_t *ret_len, const OSSL_PARAM params[], void *asked)
{
	(void)at, (void)room, (void)ret_len, (void)params;
	*(bool *)asked = true;
	return 0;
}

/* PEM or DER of anything OpenSSL reads as a private key. */
static EVP_PKEY *decode(struct signet *engine, slice octets, bool *ret_encrypted)
{
	EVP_PKEY *key = NULL;
	const unsigned char *at = (const unsigned char *)octets.at;
	size_t len = octets.len;
	OSSL_DECODER_CTX *ctx =
		OSSL_DECODER_CTX_new_for_pkey(&key, NULL, NULL, NULL, EVP_PKEY_KEYPAIR, engine->library, NULL);
	if (ctx && OSSL_DECODER_CTX_set_passphrase_cb(ctx, refuse_to_ask, ret_encrypted) == 1 &&
	    OSSL_DECODER_from_data(ctx, &at, &len) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	OSSL_DECODER_CTX_free(ctx);
	return key;
}

/* DER, or the octets of an Ed25519 seed (RFC 8032 5.1.5) with or without its public key, which only base64 may hold. */
static bool seed_in(slice octets, bool bare, unsigned char ret[static crypto_sign_SEEDBYTES])
{
	bool is_seed = bare && (octets.len == crypto_sign_SEEDBYTES || octets.len == crypto_sign_SECRETKEYBYTES);
	bool is_der = octets.len == ED25519_OCTETS && memcmp(octets.at, ed25519_head, sizeof(ed25519_head)) == 0;
	if (is_seed || is_der) {
		memcpy(ret, octets.at + (is_der ? sizeof(ed25519_head) : 0), crypto_sign_SEEDBYTES);
	}
	return is_seed || is_der;
}

static bool seed_in_base64(slice text, bool bare, unsigned char ret[static crypto_sign_SEEDBYTES])
{
	static const int variants[] = { sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING };
	unsigned char octets[crypto_sign_SECRETKEYBYTES];
	bool found = false;
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]) && !found; i++) {
		const char *end = NULL;
		size_t n = 0;
		found = sodium_base642bin(octets, sizeof(octets), text.at, text.len, " \t\r\n", &n, &end,
		                          variants[i]) == 0 &&
		        end == text.at + text.len && seed_in(slice_make((const char *)octets, n), bare, ret);
	}
	signet_wipe(octets, sizeof(octets));
	return found;
}

/* Is the text an Ed25519 key in one of its usual forms?  Leaves no copy behind. */
static bool find_seed(slice text, unsigned char ret[static crypto_sign_SEEDBYTES])
{
	size_t begin = slice_find(text, S(PEM_BEGIN));
	if (begin == SLICE_NONE) {
		return seed_in(text, false, ret) || seed_in_base64(text, true, ret);
	}
	slice rest = slice_from(text, begin + strlen(PEM_BEGIN));
	size_t end = slice_find(rest, S(PEM_END));
	return end != SLICE_NONE && seed_in_base64(slice_first(rest, end), false, ret);
}

static EVP_PKEY *decode_base64(struct signet *engine, slice text, bool *ret_encrypted)
{
	struct signet_arena arena;
	slice octets;
	EVP_PKEY *key = NULL;
	arena_init(&arena, SIGNET_PRIVKEY_TEXT);
	if (base64_decode(text, BASE64_LENIENT, &arena, &octets)) {
		key = decode(engine, octets, ret_encrypted);
		signet_wipe((char *)(uintptr_t)octets.at, octets.len);
	}
	arena_finish(&arena);
	return key;
}

/* "-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"... (RFC 7468 10) */
static size_t count_keys(slice text)
{
	size_t n = 0;
	for (size_t at; (at = slice_find(text, S("-----BEGIN "))) != SLICE_NONE;) {
		text = slice_from(text, at + strlen("-----BEGIN "));
		slice label = slice_first(text, slice_find(text, S("-----")));
		n += slice_ends_nocase(label, S("PRIVATE KEY"));
	}
	return n;
}

enum signet_privkey_fault signet_privkey_read(struct signet *engine, slice text, struct signet_privkey **ret)
{
	if (text.len == 0 || text.len > SIGNET_PRIVKEY_TEXT) {
		return SIGNET_PRIVKEY_SYNTAX;
	}
	if (count_keys(text) > 1) {
		return SIGNET_PRIVKEY_SEVERAL;
	}
	unsigned char seed[crypto_sign_SEEDBYTES] = { 0 };
	bool encrypted = false;
	ERR_set_mark(); /* the thread's queue of errors is our caller's */
	bool found = find_seed(text, seed);
	EVP_PKEY *key = found ? NULL : decode_base64(engine, text, &encrypted);
	if (!found && !key) {
		key = decode(engine, text, &encrypted);
	}
	enum signet_privkey_fault fault = encrypted ? SIGNET_PRIVKEY_ENCRYPTED : SIGNET_PRIVKEY_SYNTAX;
	if (key) {
		take_seed(&key, seed); /* in a form that find_seed() does not know */
		found = true;
	}
	if (found) {
		fault = adopt(engine, key, seed, ret);
	}
	signet_wipe(seed, sizeof(seed));
	ERR_pop_to_mark();
	return fault;
}

static enum signet_status new_rsa(struct signet *engine, unsigned bits, struct signet_privkey **ret)
{
	static const unsigned char none[crypto_sign_SEEDBYTES];
	if (bits < SIGNET_PRIVKEY_BITS_MIN || bits > SIGNET_PRIVKEY_BITS_MAX) {
		return SIGNET_MISUSE;
	}
	ERR_set_mark();
	EVP_PKEY *key = EVP_PKEY_Q_keygen(engine->library, NULL, "RSA", (size_t)bits);
	enum signet_privkey_fault fault = key ? adopt(engine, key, none, ret) : SIGNET_PRIVKEY_NO_MEMORY;
	ERR_pop_to_mark();
	return fault == SIGNET_PRIVKEY_GOOD ? SIGNET_OK : SIGNET_NO_MEMORY;
}

static enum signet_status new_ed25519(struct signet *engine, struct signet_privkey **ret)
{
	unsigned char seed[crypto_sign_SEEDBYTES];
	randombytes_buf(seed, sizeof(seed));
	enum signet_privkey_fault fault = adopt(engine, NULL, seed, ret);
	signet_wipe(seed, sizeof(seed));
	return fault == SIGNET_PRIVKEY_GOOD ? SIGNET_OK : SIGNET_NO_MEMORY;
}

enum signet_status signet_privkey_new(struct signet *engine, enum signet_algorithm algorithm, unsigned bits,
                                      struct signet_privkey **ret)
{
	return algorithm == SIGNET_RSA_SHA256 ? new_rsa(engine, bits, ret) : new_ed25519(engine, ret);
}

/* ---- key -> text, digest -> signature ---- */

static size_t write_ed25519(const struct signet_privkey *key, char *at, size_t room)
{
	static const char begin[] = PEM_BEGIN "\n", end[] = "\n" PEM_END "\n";
	unsigned char der[ED25519_OCTETS];
	size_t digits = sodium_base64_ENCODED_LEN(sizeof(der), sodium_base64_VARIANT_ORIGINAL) - 1; /* its NUL */
	size_t n = strlen(begin) + digits + strlen(end);
	if (room < n) {
		return 0;
	}
	memcpy(der, ed25519_head, sizeof(ed25519_head));
	memcpy(der + sizeof(ed25519_head), key->expanded, crypto_sign_SEEDBYTES);
	memcpy(at, begin, strlen(begin));
	sodium_bin2base64(at + strlen(begin), digits + 1, der, sizeof(der), sodium_base64_VARIANT_ORIGINAL);
	memcpy(at + strlen(begin) + digits, end, strlen(end));
	signet_wipe(der, sizeof(der));
	return n;
}

size_t signet_privkey_write(const struct signet_privkey *key, char *at, size_t room)
{
	if (key->algorithm == SIGNET_ED25519_SHA256) {
		return write_ed25519(key, at, room);
	}
	unsigned char *to = (unsigned char *)at;
	size_t left = room;
	ERR_set_mark();
	OSSL_ENCODER_CTX *ctx =
		OSSL_ENCODER_CTX_new_for_pkey(key->key, EVP_PKEY_KEYPAIR, "PEM", "PrivateKeyInfo", NULL);
	bool good = ctx && OSSL_ENCODER_to_data(ctx, &to, &left) == 1;
	OSSL_ENCODER_CTX_free(ctx);
	ERR_pop_to_mark();
	return good ? room - left : 0;
}

enum signet_status signet_privkey_sign(struct signet_privkey *key, const uint8_t digest[static SIGNET_DIGEST_OCTETS],
                                       uint8_t ret[static SIGNET_SIGNATURE_OCTETS], size_t *ret_octets)
{
	size_t n = SIGNET_SIGNATURE_OCTETS;
	if (key->algorithm == SIGNET_ED25519_SHA256) {
		(void)crypto_sign_detached(ret, NULL, digest, DIGEST_OCTETS, key->expanded); /* cannot fail */
		*ret_octets = ED25519_SIGNATURE_OCTETS;
		return SIGNET_OK;
	}
	ERR_set_mark();
	bool good = EVP_PKEY_sign(key->sign, ret, &n, digest, DIGEST_OCTETS) == 1;
	ERR_pop_to_mark();
	if (!good) {
		return SIGNET_NO_MEMORY;
	}
	*ret_octets = n;
	return SIGNET_OK;
}
