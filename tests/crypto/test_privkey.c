/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which other programs leave private keys, made here by OpenSSL itself. */
#include <signet/privkey.h>

#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "../../src/base/base64.h"
#include "../../src/crypto/pubkey.h"
#include "../support/rows.h"

#define ROOM ((size_t)16 << 10)
#define PUBLIC                                                                                                         \
	"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"                   \
	"-----END PUBLIC KEY-----\n"

static slice encode(const EVP_PKEY *key, const char *type, const char *structure, const char *passphrase,
                    struct signet_arena *a)
{
	unsigned char *at = NULL;
	size_t n = 0;
	OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(key, EVP_PKEY_KEYPAIR, type, structure, NULL);
	if (passphrase) {
		OSSL_ENCODER_CTX_set_cipher(ctx, "AES-256-CBC", NULL);
		OSSL_ENCODER_CTX_set_passphrase(ctx, (const unsigned char *)passphrase, strlen(passphrase));
	}
	OSSL_ENCODER_to_data(ctx, &at, &n);
	slice octets = arena_copy(a, slice_make((const char *)at, n));
	OPENSSL_free(at);
	OSSL_ENCODER_CTX_free(ctx);
	return octets;
}

static slice in_base64(slice octets, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, ROOM);
	base64_put(&b, octets);
	return buf_slice(&b);
}

/* An RSA key whose private numbers belong to no public one. */
static EVP_PKEY *damaged(void)
{
	static const char *const names[] = { OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
		                             OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
		                             OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
		                             OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
	BIGNUM *numbers[ROWS(names)] = { 0 };
	EVP_PKEY *good = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	EVP_PKEY *key = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	for (size_t i = 0; i < ROWS(names); i++) {
		EVP_PKEY_get_bn_param(good, names[i], &numbers[i]);
		if (strcmp(names[i], OSSL_PKEY_PARAM_RSA_D) == 0 ||
		    strcmp(names[i], OSSL_PKEY_PARAM_RSA_EXPONENT1) == 0) {
			BN_sub_word(numbers[i], 2);
		}
		OSSL_PARAM_BLD_push_BN(build, names[i], numbers[i]);
	}
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	for (size_t i = 0; i < ROWS(names); i++) {
		BN_free(numbers[i]);
	}
	EVP_PKEY_free(good);
	return key;
}

/* Does it read, and does what it signs verify with the public half that OpenSSL knows? */
static void row_key(struct signet *engine, const char *clause, const char *what, slice text,
                    enum signet_privkey_fault want, const EVP_PKEY *owner)
{
	struct signet_privkey *key = NULL;
	enum signet_privkey_fault got = signet_privkey_read(engine, guarded(text, false), &key);
	row_text(clause, what, slice_of(signet_privkey_fault_text(got)), signet_privkey_fault_text(want));
	if (got == SIGNET_PRIVKEY_GOOD && owner) {
		static const uint8_t digest[SIGNET_DIGEST_OCTETS] = "thirty-two octets of some digest";
		uint8_t signature[SIGNET_SIGNATURE_OCTETS];
		size_t n = 0;
		bool is_rsa = signet_privkey_algorithm(key) == SIGNET_RSA_SHA256;
		signet_privkey_sign(key, digest, signature, &n);
		int verified;
		if (is_rsa) {
			EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, (EVP_PKEY *)(uintptr_t)owner, NULL);
			EVP_PKEY_verify_init(ctx);
			EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256());
			verified = EVP_PKEY_verify(ctx, signature, n, digest, sizeof(digest));
			EVP_PKEY_CTX_free(ctx);
		} else {
			EVP_MD_CTX *ctx = EVP_MD_CTX_new();
			EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, (EVP_PKEY *)(uintptr_t)owner);
			verified = EVP_DigestVerify(ctx, signature, n, digest, sizeof(digest));
			EVP_MD_CTX_free(ctx);
		}
		row_bool(is_rsa ? "8017:8.2" : "8463:3", what, verified == 1, true);
	}
	signet_privkey_free(key);
}

static void read_prefix(slice prefix, void *engine)
{
	struct signet_privkey *key = NULL;
	(void)signet_privkey_read(engine, prefix, &key);
	signet_privkey_free(key);
}

static void forms(struct signet *engine, struct signet_arena *a)
{
	EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1023);
	EVP_PKEY *odd = damaged();
	slice pkcs8 = encode(rsa, "PEM", "PrivateKeyInfo", NULL, a);
	slice der = encode(rsa, "DER", "PrivateKeyInfo", NULL, a);
	row_key(engine, "5958:2", "RSA, PKCS 8 in PEM", pkcs8, SIGNET_PRIVKEY_GOOD, rsa);
	row_key(engine, "5958:2", "RSA, PKCS 8 in DER", der, SIGNET_PRIVKEY_GOOD, rsa);
	row_key(engine, "5958:2", "RSA, PKCS 8 in base64", in_base64(der, a), SIGNET_PRIVKEY_GOOD, rsa);
	row_key(engine, "8017:A.1.2", "RSA, PKCS 1 in PEM", encode(rsa, "PEM", "type-specific", NULL, a),
	        SIGNET_PRIVKEY_GOOD, rsa);
	row_key(engine, "8017:A.1.2", "RSA, PKCS 1 in base64",
	        in_base64(encode(rsa, "DER", "type-specific", NULL, a), a), SIGNET_PRIVKEY_GOOD, rsa);
	row_key(engine, "5958:2", "RSA with text before and after it",
	        ARENA_JOIN(a, S("from our old server:\r\n\r\n"), pkcs8, S("\r\nend\r\n")), SIGNET_PRIVKEY_GOOD, rsa);
	row_key(engine, "7468:10", "two private keys in PEM",
	        ARENA_JOIN(a, pkcs8, encode(ed, "PEM", "PrivateKeyInfo", NULL, a)), SIGNET_PRIVKEY_SEVERAL, NULL);
	row_key(engine, "7468:10", "a private key and its public half", ARENA_JOIN(a, pkcs8, S(PUBLIC)),
	        SIGNET_PRIVKEY_GOOD, rsa);
	row_key(engine, "8410:7", "Ed25519, PKCS 8 in PEM", encode(ed, "PEM", "PrivateKeyInfo", NULL, a),
	        SIGNET_PRIVKEY_GOOD, ed);
	slice ed_der = encode(ed, "DER", "PrivateKeyInfo", NULL, a);
	slice ed_text = in_base64(ed_der, a);
	row_key(engine, "8410:7", "Ed25519, PKCS 8 in DER", ed_der, SIGNET_PRIVKEY_GOOD, ed);
	row_key(engine, "8410:7", "Ed25519, PKCS 8 in base64", ed_text, SIGNET_PRIVKEY_GOOD, ed);
	row_key(engine, "8410:7", "Ed25519, PEM with CRLF and text around it",
	        ARENA_JOIN(a, S("old\r\n-----BEGIN PRIVATE KEY-----\r\n"), slice_first(ed_text, 30), S("\r\n"),
	                   slice_from(ed_text, 30), S("\r\n-----END PRIVATE KEY-----\r\nend")),
	        SIGNET_PRIVKEY_GOOD, ed);
	row_key(engine, "8410:7", "Ed25519 without an end", ARENA_JOIN(a, S("-----BEGIN PRIVATE KEY-----\n"), ed_text),
	        SIGNET_PRIVKEY_SYNTAX, NULL);
	row_key(engine, "8410:7", "the seed alone is no PKCS 8",
	        S("-----BEGIN PRIVATE KEY-----\nnWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n-----END PRIVATE "
	          "KEY-----\n"),
	        SIGNET_PRIVKEY_SYNTAX, NULL);
	row_key(engine, "5958:2", "encrypted", encode(rsa, "PEM", "PrivateKeyInfo", "secret", a),
	        SIGNET_PRIVKEY_ENCRYPTED, NULL);
	row_key(engine, "8301:3.2", "RSA of 1023 bits", encode(small, "PEM", "PrivateKeyInfo", NULL, a),
	        SIGNET_PRIVKEY_SHORT, NULL);
	row_key(engine, "8463:3", "elliptic curve, SEC1 in PEM", encode(ec, "PEM", "type-specific", NULL, a),
	        SIGNET_PRIVKEY_KIND, NULL);
	row_key(engine, "8463:3", "elliptic curve, PKCS 8", encode(ec, "PEM", "PrivateKeyInfo", NULL, a),
	        SIGNET_PRIVKEY_KIND, NULL);
	row_key(engine, "8017:3.2", "private numbers of another key", encode(odd, "PEM", "PrivateKeyInfo", NULL, a),
	        SIGNET_PRIVKEY_DAMAGED, NULL);
	row_key(engine, "-", "a public key is no private key", S(PUBLIC), SIGNET_PRIVKEY_SYNTAX, NULL);
	row_key(engine, "-", "nothing", S(""), SIGNET_PRIVKEY_SYNTAX, NULL);
	row_key(engine, "-", "base64 of something else", S("aGVsbG8gd29ybGQ="), SIGNET_PRIVKEY_SYNTAX, NULL);
	each_prefix(slice_first(pkcs8, 400), read_prefix, engine);
	each_prefix(slice_first(der, 400), read_prefix, engine);
	EVP_PKEY_free(rsa), EVP_PKEY_free(ed), EVP_PKEY_free(ec), EVP_PKEY_free(small), EVP_PKEY_free(odd);
}

/* The key of RFC 8463 appendix A.2, as dkimpy and others store it. */
static void seed(struct signet *engine)
{
	struct signet_arena a;
	struct signet_privkey *key = NULL;
	slice want;
	arena_init(&a, ROOM);
	row_text("8463:A.2", "an Ed25519 seed in base64 is read",
	         slice_of(signet_privkey_fault_text(
			 signet_privkey_read(engine, S("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n"), &key))),
	         "the key is good");
	base64_decode(S("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), BASE64_PADDED, &a, &want);
	row_slice("8463:A.2", "the public half of the seed", key ? signet_privkey_public(key) : (slice) { 0 }, want);
	signet_privkey_free(key);
	static const char *const forms[] = { "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
		                             "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6"
		                             "DuFy89qmIyWvAhpo9wdRGg==" };
	for (size_t i = 0; i < ROWS(forms); i++) {
		key = NULL;
		(void)signet_privkey_read(engine, slice_of(forms[i]), &key);
		row_slice("8463:A.2", i ? "with its public half behind it" : "without padding",
		          key ? signet_privkey_public(key) : (slice) { 0 }, want);
		signet_privkey_free(key);
	}
	arena_finish(&a);
}

static void new_keys(struct signet *engine)
{
	static const struct {
		const char *clause, *what;
		enum signet_algorithm algorithm;
		unsigned bits;
		enum signet_status want;
	} rows[] = {
		{ "8301:3.2", "1023 bits are refused", SIGNET_RSA_SHA256, 1023, SIGNET_MISUSE },
		{ "8301:3.2", "2048 bits", SIGNET_RSA_SHA256, 2048, SIGNET_OK },
		{ "8463:3", "Ed25519", SIGNET_ED25519_SHA256, 0, SIGNET_OK },
		{ "8301:3.2", "8193 bits are refused", SIGNET_RSA_SHA256, 8193, SIGNET_MISUSE },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_privkey *key = NULL, *again = NULL;
		static char text[SIGNET_PRIVKEY_TEXT];
		row_number(rows[i].clause, rows[i].what,
		           signet_privkey_new(engine, rows[i].algorithm, rows[i].bits, &key), rows[i].want);
		if (!key) {
			continue;
		}
		size_t n = signet_privkey_write(key, text, sizeof(text));
		row_bool(rows[i].clause, "it is written as PKCS 8",
		         n > 27 && memcmp(text, "-----BEGIN PRIVATE KEY-----", 27) == 0, true);
		row_number(rows[i].clause, "no room, nothing written", (int64_t)signet_privkey_write(key, text, 20), 0);
		n = signet_privkey_write(key, text, sizeof(text));
		signet_privkey_read(engine, slice_make(text, n), &again);
		row_slice(rows[i].clause, "and read again", again ? signet_privkey_public(again) : (slice) { 0 },
		          signet_privkey_public(key));
		signet_privkey_free(again);
		signet_privkey_free(key);
	}
}

int main(void)
{
	struct signet *engine = signet_new();
	struct signet_arena arena;
	arena_init(&arena, (size_t)1 << 20);
	forms(engine, &arena);
	seed(engine);
	new_keys(engine);
	arena_finish(&arena);
	signet_free(engine);
	return rows_end();
}
