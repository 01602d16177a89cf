/* SPDX-License-Identifier: Apache-2.0 */
#include "signer.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "../../src/base/base64.h"
#include "reference.h"

struct signer {
	EVP_PKEY *rsa; /* NULL: Ed25519 */
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	char *record;
	char *key;
	slice spki;
	slice pkcs1;
};

static void must(bool good)
{
	if (!good) {
		abort();
	}
}

static char *text_of(struct buf *b)
{
	buf_put_char(b, 0);
	must(buf_ok(b));
	return b->at;
}

static void describe(struct signer *s, const char *start, slice key)
{
	struct buf record, text;
	buf_init(&text, 1 << 16);
	base64_put(&text, key);
	s->key = text_of(&text);
	buf_init(&record, 1 << 16);
	buf_put_text(&record, start);
	buf_put_text(&record, s->key);
	s->record = text_of(&record);
}

struct signer *signer_new_rsa(unsigned bits, unsigned exponent)
{
	struct signer *s = calloc(1, sizeof(*s));
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	must(s && ctx && e && BN_set_word(e, exponent) && EVP_PKEY_keygen_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1 &&
	     EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1 && EVP_PKEY_generate(ctx, &s->rsa) == 1);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(s->rsa, &der);
	must(n > 0);
	s->spki = slice_make((const char *)der, (size_t)n);
	der = NULL;
	n = i2d_PublicKey(s->rsa, &der);
	must(n > 0);
	s->pkcs1 = slice_make((const char *)der, (size_t)n);
	describe(s, "v=DKIM1; k=rsa; p=", s->spki);
	return s;
}

struct signer *signer_new_ed25519(void)
{
	struct signer *s = calloc(1, sizeof(*s));
	unsigned char *public = OPENSSL_malloc(crypto_sign_PUBLICKEYBYTES);
	must(s && public && sodium_init() >= 0 && crypto_sign_keypair(public, s->secret) == 0);
	s->spki = slice_make((const char *)public, crypto_sign_PUBLICKEYBYTES);
	describe(s, "v=DKIM1; k=ed25519; p=", s->spki);
	return s;
}

void signer_free(struct signer *s)
{
	if (s) {
		EVP_PKEY_free(s->rsa);
		OPENSSL_free((void *)(uintptr_t)s->spki.at);
		OPENSSL_free((void *)(uintptr_t)s->pkcs1.at);
		free(s->record);
		free(s->key);
		free(s);
	}
}

const char *signer_record(const struct signer *s)
{
	return s->record;
}

const char *signer_key(const struct signer *s)
{
	return s->key;
}

slice signer_spki(const struct signer *s)
{
	return s->spki;
}

slice signer_pkcs1(const struct signer *s)
{
	return s->pkcs1;
}

static slice encode(slice octets, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 1 << 16);
	base64_put(&b, octets);
	must(buf_ok(&b));
	return buf_slice(&b);
}

slice sign_octets(const struct signer *s, slice input, struct signet_arena *a)
{
	unsigned char digest[32], signature[2048];
	size_t n = sizeof(signature);
	must(EVP_Digest(input.at, input.len, digest, NULL, EVP_sha256(), NULL) == 1);
	if (!s->rsa) {
		must(crypto_sign_detached(signature, NULL, digest, sizeof(digest), s->secret) == 0);
		return encode(slice_make((const char *)signature, crypto_sign_BYTES), a);
	}
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->rsa, NULL);
	must(ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	     EVP_PKEY_sign(ctx, signature, &n, digest, sizeof(digest)) == 1);
	EVP_PKEY_CTX_free(ctx);
	return encode(slice_make((const char *)signature, n), a);
}

slice replace_text(slice text, const char *from, slice to, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, (size_t)32 << 20);
	for (size_t n; (n = slice_find(text, slice_of(from))) != SLICE_NONE;) {
		buf_put(&b, slice_first(text, n));
		buf_put(&b, to);
		text = slice_from(text, n + strlen(from));
	}
	buf_put(&b, text);
	must(buf_ok(&b));
	return buf_slice(&b);
}

/* The value of a tag of an ordinary text; empty if it is not there. */
static slice tag_of(slice tags, const char *name)
{
	for (slice rest = tags; rest.at;) {
		slice spec = slice_trim_fws(slice_split(&rest, ';'));
		slice tag = slice_trim_fws(slice_split(&spec, '='));
		if (spec.at && slice_eq(tag, slice_of(name))) {
			return slice_trim_fws(spec);
		}
	}
	return S("");
}

static slice hash_body(slice tags, slice canon, slice body, struct signet_arena *a)
{
	struct buf b;
	unsigned char digest[32];
	slice length = tag_of(tags, "l");
	buf_init_arena(&b, a, (size_t)32 << 20);
	reference_body(&b, slice_find(canon, S("/relaxed")) != SLICE_NONE, body);
	size_t n = length.len ? (size_t)strtoull(length.at, NULL, 10) : b.len;
	must(buf_ok(&b) && EVP_Digest(b.at ? b.at : "", n < b.len ? n : b.len, digest, NULL, EVP_sha256(), NULL) == 1);
	return encode(slice_make((const char *)digest, sizeof(digest)), a);
}

/* The fields of a header, for walking from the bottom. */
struct fields {
	slice raw[512];
	bool used[512];
	size_t n;
};

static void split_fields(slice header, struct fields *f)
{
	f->n = 0;
	while (header.len && !slice_starts(header, S("\r\n"))) {
		size_t end = 0;
		do {
			size_t n = slice_find(slice_from(header, end), S("\r\n"));
			end = n == SLICE_NONE ? header.len : end + n + 2;
		} while (end < header.len && (header.at[end] == ' ' || header.at[end] == '\t'));
		must(f->n < 512);
		f->used[f->n] = false;
		f->raw[f->n++] = slice_first(header, end);
		header = slice_from(header, end);
	}
}

static void put_named(struct buf *b, bool relaxed, slice name, struct fields *f)
{
	for (size_t i = f->n; i-- > 0;) {
		slice rest = f->raw[i];
		slice there = slice_trim_fws(slice_split(&rest, ':'));
		if (!f->used[i] && slice_eq_nocase(there, name)) {
			f->used[i] = true;
			reference_field(b, relaxed, f->raw[i]);
			return;
		}
	}
}

/* The field with the place of b= empty, white space around it included. */
static slice without_b(slice field, struct signet_arena *a)
{
	size_t from = slice_find(field, S("{b}"));
	must(from != SLICE_NONE);
	size_t to = from + 3;
	while (from > 0 && strchr(" \t\r\n", field.at[from - 1])) {
		from--;
	}
	while (to < field.len - 2 && strchr(" \t\r\n", field.at[to])) {
		to++;
	}
	return ARENA_JOIN(a, slice_first(field, from), slice_from(field, to));
}

slice sign_message_as(const struct signer *s, const struct sign_how *how, const char *tags, slice message,
		      struct signet_arena *a)
{
	struct fields f;
	struct buf b;
	size_t end = slice_starts(message, S("\r\n")) ? 0 : slice_find(message, S("\r\n\r\n")) + 2;
	slice header = slice_first(message, end);
	slice body = slice_from(message, end + 2);
	slice canon = how->canon ? slice_of(how->canon) : tag_of(slice_of(tags), "c");
	slice hashed = replace_text(slice_of(tags), "{bh}", hash_body(slice_of(tags), canon, body, a), a);
	slice field = ARENA_JOIN(a, slice_of(how->field ? how->field : "DKIM-Signature"), S(": "), hashed, S("\r\n"));
	bool relaxed = slice_starts(canon, S("relaxed"));
	split_fields(header, &f);
	buf_init_arena(&b, a, (size_t)32 << 20);
	slice names = how->names ? slice_of(how->names) : tag_of(slice_of(tags), "h");
	while (names.at) {
		put_named(&b, relaxed, slice_trim_fws(slice_split(&names, ':')), &f);
	}
	reference_field(&b, relaxed, without_b(field, a));
	must(buf_ok(&b));
	slice input = slice_first(buf_slice(&b), b.len - 2);
	return ARENA_JOIN(a, replace_text(field, "{b}", sign_octets(s, input, a), a), message);
}

slice sign_message(const struct signer *s, const char *tags, slice message, struct signet_arena *a)
{
	static const struct sign_how plain = { 0 };
	return sign_message_as(s, &plain, tags, message, a);
}
