/* SPDX-License-Identifier: Apache-2.0 */
/* The floor: what OpenSSL and libsodium alone need for the hashes and verifications of the corpus, as often as a perfect
 * program would call them.  Nothing is parsed, canonicalised or looked up; keys are decoded beforehand. */
#include <stdlib.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "corpus.h"

struct tools {
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	EVP_PKEY_CTX **verify; /* for each key; NULL: Ed25519 */
	size_t **key_of; /* for each message and signature */
};

static EVP_PKEY_CTX *prepare(const struct tools *t, const struct corpus_key *key)
{
	const unsigned char *at = (const unsigned char *)key->octets.at;
	EVP_PKEY *public = d2i_PUBKEY(NULL, &at, (long)key->octets.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public, NULL);
	if (EVP_PKEY_verify_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, t->sha256) != 1) {
		corpus_die("key in the corpus");
	}
	return ctx;
}

static size_t find_key(const struct corpus *c, slice name)
{
	for (size_t i = 0; i < c->n_keys; i++) {
		if (slice_eq(c->keys[i].name, name)) {
			return i;
		}
	}
	corpus_die("a signature without key");
}

static void hash(const struct tools *t, slice octets)
{
	unsigned char ignored[32];
	EVP_DigestInit_ex2(t->digest, t->sha256, NULL);
	EVP_DigestUpdate(t->digest, octets.at, octets.len);
	EVP_DigestFinal_ex(t->digest, ignored, NULL);
}

static bool verify(const struct corpus *c, const struct tools *t, size_t key, const struct corpus_work *work)
{
	const unsigned char *signature = (const unsigned char *)work->signature.at;
	if (c->keys[key].is_ed25519) {
		const unsigned char *octets = (const unsigned char *)c->keys[key].octets.at;
		return crypto_sign_verify_detached(signature, work->digest, 32, octets) == 0;
	}
	return EVP_PKEY_verify(t->verify[key], signature, work->signature.len, work->digest, 32) == 1;
}

static size_t pass(const struct corpus *c, void *data)
{
	const struct tools *t = data;
	size_t good = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct corpus_message *m = &c->messages[i];
		for (size_t k = 0; k < m->n_hashes; k++) {
			hash(t, slice_first(m->body, m->hashes[k]));
		}
		bool all = true;
		for (size_t k = 0; k < m->n_work; k++) {
			hash(t, slice_first(m->octets, m->work[k].header_octets));
			all &= verify(c, t, t->key_of[i][k], &m->work[k]);
		}
		good += all;
	}
	return good;
}

int main(int argc, char **argv)
{
	struct corpus c;
	corpus_open(&c, argc, argv);
	struct tools t = { .sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL), .digest = EVP_MD_CTX_new() };
	t.verify = calloc(c.n_keys, sizeof(EVP_PKEY_CTX *));
	t.key_of = calloc(c.n, sizeof(size_t *));
	for (size_t i = 0; i < c.n_keys; i++) {
		t.verify[i] = c.keys[i].is_ed25519 ? NULL : prepare(&t, &c.keys[i]);
	}
	for (size_t i = 0; i < c.n; i++) {
		t.key_of[i] = calloc(16, sizeof(size_t));
		for (size_t k = 0; k < c.messages[i].n_work; k++) {
			t.key_of[i][k] = find_key(&c, c.messages[i].work[k].key);
		}
	}
	corpus_measure(&c, pass, &t);
	return 0;
}
