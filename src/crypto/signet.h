/* SPDX-License-Identifier: Apache-2.0 */
/* signet: what `struct signet` is made of.  For the files of src/crypto only: every other folder passes the pointer on.
 *
 * Everything the crypto libraries would otherwise do on first use (reading configuration, loading providers, fetching
 * algorithms) happens in signet_new(), so that checking a message opens no file. */
#ifndef SIGNET_CRYPTO_SIGNET_H
#define SIGNET_CRYPTO_SIGNET_H

#include <openssl/evp.h>
#include <sodium.h>

#include "../base/slice.h"

/* Decoded RSA keys.  Decoding and preparing a key costs as much as several verifications, and a receiver sees the same
 * few hundred keys all day.  A set of four ways, the least recently used of a set gives way; about 4 KiB an entry. */
#define KEY_SETS 128
#define KEY_WAYS 4

struct cached_key {
	slice octets; /* the key as published, owned; at == NULL: the way is free */
	EVP_PKEY_CTX *verify; /* ready to verify PKCS#1 v1.5 signatures over SHA-256 */
	uint64_t last_use;
};

struct digest;

struct signet {
	OSSL_LIB_CTX *library;
	OSSL_PROVIDER *provider;
	EVP_MD *sha256;
	struct digest *idle; /* contexts waiting to be used again */
	unsigned char
		seed[crypto_shorthash_KEYBYTES]; /* senders choose the keys: the set must not be theirs to choose */
	uint64_t uses;
	struct cached_key keys[KEY_SETS][KEY_WAYS];
};

/* Frees the idle contexts (digest.c) and the cached keys (pubkey.c). */
void engine_free_digests(struct signet *engine);
void engine_free_keys(struct signet *engine);

#endif
