/* SPDX-License-Identifier: Apache-2.0 */
#include "pubkey.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "der.h"
#include "signet.h"

static unsigned count_bits(slice number)
{
	unsigned bits = (unsigned)number.len * 8;
	for (unsigned char first = (unsigned char)number.at[0]; !(first & 0x80); first = (unsigned char)(first << 1)) {
		bits--;
	}
	return bits;
}

static uint64_t number_value(slice number)
{
	uint64_t n = 0;
	for (size_t i = 0; i < number.len && number.len <= 8; i++) {
		n = n << 8 | (unsigned char)number.at[i];
	}
	return n;
}

static enum pubkey_fault examine_rsa(slice octets, struct pubkey_facts *ret)
{
	struct der_rsa rsa;
	if (!der_read_rsa(octets, &rsa)) {
		return PUBKEY_SYNTAX;
	}
	ret->bits = count_bits(rsa.modulus);
	ret->exponent = number_value(rsa.exponent);
	if (ret->bits < RSA_BITS_MIN) {
		return PUBKEY_SHORT;
	}
	if (ret->bits > RSA_BITS_MAX) {
		return PUBKEY_LONG;
	}
	if (!(rsa.modulus.at[rsa.modulus.len - 1] & 1)) {
		return PUBKEY_SYNTAX; /* no product of two odd primes */
	}
	bool odd = ret->exponent & 1;
	return odd && ret->exponent >= 3 && ret->exponent <= RSA_EXPONENT_MAX ? PUBKEY_GOOD : PUBKEY_EXPONENT;
}

enum pubkey_fault pubkey_examine(enum pubkey_kind kind, slice octets, struct pubkey_facts *ret)
{
	*ret = (struct pubkey_facts){ 0 };
	if (kind == PUBKEY_RSA) {
		return examine_rsa(octets, ret);
	}
	if (octets.len != ED25519_KEY_OCTETS) {
		return PUBKEY_SYNTAX;
	}
	ret->bits = 256;
	return PUBKEY_GOOD;
}

static EVP_PKEY *key_of_numbers(struct signet *engine, const struct der_rsa *rsa)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = NULL;
	BIGNUM *n = BN_bin2bn((const unsigned char *)rsa->modulus.at, (int)rsa->modulus.len, NULL);
	BIGNUM *e = BN_bin2bn((const unsigned char *)rsa->exponent.at, (int)rsa->exponent.len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(engine->library, "RSA", NULL);
	if (n && e && build && ctx && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e)) {
		params = OSSL_PARAM_BLD_to_param(build);
	}
	if (params && EVP_PKEY_fromdata_init(ctx) == 1) {
		(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	}
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(e);
	BN_free(n);
	return key;
}

/* A context that verifies with this key any number of times; NULL if memory is short. */
static EVP_PKEY_CTX *verifier_of(struct signet *engine, slice octets)
{
	struct der_rsa rsa;
	EVP_PKEY *key = der_read_rsa(octets, &rsa) ? key_of_numbers(engine, &rsa) : NULL;
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new_from_pkey(engine->library, key, NULL) : NULL;
	EVP_PKEY_free(key); /* the context holds its own reference */
	if (ctx && (EVP_PKEY_verify_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
		    EVP_PKEY_CTX_set_signature_md(ctx, engine->sha256) != 1)) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static void forget(struct cached_key *way)
{
	EVP_PKEY_CTX_free(way->verify);
	free((void *)(uintptr_t)way->octets.at);
	*way = (struct cached_key){ 0 };
}

/* Fills `way` with the key; false (and a free way) if memory is short. */
static bool remember(struct signet *engine, struct cached_key *way, slice octets)
{
	forget(way);
	char *copy = malloc(octets.len);
	way->verify = verifier_of(engine, octets);
	if (!copy || !way->verify) {
		free(copy);
		forget(way);
		return false;
	}
	memcpy(copy, octets.at, octets.len);
	way->octets = slice_make(copy, octets.len);
	return true;
}

static EVP_PKEY_CTX *find_verifier(struct signet *engine, slice octets)
{
	unsigned char hash[crypto_shorthash_BYTES];
	crypto_shorthash(hash, (const unsigned char *)octets.at, octets.len, engine->seed);
	struct cached_key *set = engine->keys[hash[0] % KEY_SETS];
	struct cached_key *way = set;
	for (size_t i = 0; i < KEY_WAYS; i++) {
		if (set[i].octets.at && slice_eq(set[i].octets, octets)) {
			set[i].last_use = ++engine->uses;
			return set[i].verify;
		}
		if (set[i].last_use < way->last_use) {
			way = &set[i];
		}
	}
	if (!remember(engine, way, octets)) {
		return NULL;
	}
	way->last_use = ++engine->uses;
	return way->verify;
}

static enum signet_status verify_rsa(struct signet *engine, slice octets, const uint8_t digest[static DIGEST_OCTETS],
				     slice signature, bool *ret)
{
	/* OpenSSL explains a bad signature in the thread's error queue, which belongs to our caller. */
	ERR_set_mark();
	EVP_PKEY_CTX *ctx = find_verifier(engine, octets);
	if (ctx) {
		*ret = EVP_PKEY_verify(ctx, (const unsigned char *)signature.at, signature.len, digest,
				       DIGEST_OCTETS) == 1;
	}
	ERR_pop_to_mark();
	return ctx ? SIGNET_OK : SIGNET_NO_MEMORY;
}

enum signet_status pubkey_verify(struct signet *engine, enum pubkey_kind kind, slice octets,
				 const uint8_t digest[static DIGEST_OCTETS], slice signature, bool *ret)
{
	struct pubkey_facts facts;
	if (pubkey_examine(kind, octets, &facts) != PUBKEY_GOOD) {
		*ret = false;
		return SIGNET_OK;
	}
	if (kind == PUBKEY_RSA) {
		return verify_rsa(engine, octets, digest, signature, ret);
	}
	*ret = signature.len == ED25519_SIGNATURE_OCTETS &&
	       crypto_sign_verify_detached((const unsigned char *)signature.at, digest, DIGEST_OCTETS,
					   (const unsigned char *)octets.at) == 0;
	return SIGNET_OK;
}

static bool open_rsa(struct signet *engine, EVP_PKEY *key, slice signature, uint8_t ret[static DIGEST_OCTETS])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(engine->library, key, NULL);
	unsigned char digest[DIGEST_OCTETS];
	size_t len = sizeof(digest);
	bool good = ctx && EVP_PKEY_verify_recover_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, engine->sha256) == 1 &&
		    EVP_PKEY_verify_recover(ctx, digest, &len, (const unsigned char *)signature.at, signature.len) == 1 &&
		    len == sizeof(digest);
	EVP_PKEY_CTX_free(ctx);
	if (good) {
		memcpy(ret, digest, sizeof(digest));
	}
	return good;
}

enum signet_status pubkey_open(struct signet *engine, enum pubkey_kind kind, slice octets, slice signature,
			       uint8_t ret_digest[static DIGEST_OCTETS], bool *ret_good)
{
	struct pubkey_facts facts;
	struct der_rsa rsa;
	*ret_good = false;
	if (kind != PUBKEY_RSA || pubkey_examine(kind, octets, &facts) != PUBKEY_GOOD || !der_read_rsa(octets, &rsa) ||
	    signature.len != (facts.bits + 7) / 8) {
		return SIGNET_OK;
	}
	ERR_set_mark();
	EVP_PKEY *key = key_of_numbers(engine, &rsa);
	if (key) {
		*ret_good = open_rsa(engine, key, signature, ret_digest);
	}
	EVP_PKEY_free(key);
	ERR_pop_to_mark();
	return key ? SIGNET_OK : SIGNET_NO_MEMORY;
}

void engine_free_keys(struct signet *engine)
{
	for (size_t i = 0; i < KEY_SETS; i++) {
		for (size_t k = 0; k < KEY_WAYS; k++) {
			forget(&engine->keys[i][k]);
		}
	}
}
