/* SPDX-License-Identifier: Apache-2.0 */
/* Key records as their owner sees them: written, read again, laid beside the private key. */
#include <signet/dkim.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "../../src/base/base64.h"
#include "../support/rows.h"

#define RFC8463 "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static struct signet *engine;

static slice in_base64(slice octets, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 1 << 16);
	base64_put(&b, octets);
	return buf_slice(&b);
}

/* The RSAPublicKey in a SubjectPublicKeyInfo, by OpenSSL. */
static slice pkcs1_of(slice spki, struct signet_arena *a)
{
	const unsigned char *at = (const unsigned char *)spki.at;
	unsigned char *out = NULL;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.len);
	int n = i2d_PublicKey(key, &out);
	slice ret = arena_copy(a, slice_make((const char *)out, (size_t)n));
	OPENSSL_free(out);
	EVP_PKEY_free(key);
	return ret;
}

static void row(const char *clause, const char *what, slice record, const struct signet_privkey *private, bool want,
                const char *fault)
{
	struct signet_arena a;
	struct signet_dkim_key key;
	arena_init(&a, 1 << 20);
	if (signet_dkim_key_read(record, &a, &key) == SIGNET_OK) {
		row_bool(clause, what, signet_dkim_key_is_of(&key, private), want);
		row_text(clause, what, slice_of(key.fault), fault);
	}
	arena_finish(&a);
}

static void ed25519(struct signet_arena *a)
{
	struct signet_privkey *key = NULL, *other = NULL;
	signet_privkey_read(engine, S("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="), &key);
	signet_privkey_new(engine, SIGNET_ED25519_SHA256, 0, &other);
	row_text("8463:A.2", "the record of the RFC's key",
	         signet_dkim_key_record(SIGNET_ED25519_SHA256, signet_privkey_public(key), a), RFC8463);
	row_text("8463:A.2", "where it is published", signet_dkim_key_name(S("brisbane"), S("football.example.com"), a),
	         "brisbane._domainkey.football.example.com");
	row("8463:4", "the record of a private key", S(RFC8463), key, true, "");
	row("8463:4", "another private key", S(RFC8463), other, false, "");
	row("6376:3.6.1", "a testing key is the key",
	    S("v=DKIM1; k=ed25519; t=y; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), key, true, "");
	row("6376:3.6.1", "a revoked key is no key", signet_dkim_key_record(SIGNET_ED25519_SHA256, S(""), a), key,
	    false, "key-revoked");
	row("6376:3.6.1", "a record that cannot be read", S("hello"), key, false, "key-syntax");
	row("8463:4", "without k= it is no Ed25519 key", S("p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), key,
	    false, "key-syntax");
	signet_privkey_free(key);
	signet_privkey_free(other);
}

static void rsa(struct signet_arena *a)
{
	struct signet_privkey *key = NULL, *other = NULL;
	signet_privkey_new(engine, SIGNET_RSA_SHA256, 1024, &key);
	signet_privkey_new(engine, SIGNET_RSA_SHA256, 1024, &other);
	slice public = signet_privkey_public(key);
	slice record = signet_dkim_key_record(SIGNET_RSA_SHA256, public, a);
	slice wanted = ARENA_JOIN(a, S("v=DKIM1; k=rsa; p="), in_base64(public, a));
	row_slice("6376:3.6.1", "the record of an RSA key", record, wanted);
	row("6376:3.6.1", "the form that everybody publishes", record, key, true, "");
	row("6376:3.6.1", "the form that the RFC names", ARENA_JOIN(a, S("p="), in_base64(pkcs1_of(public, a), a)), key,
	    true, "");
	row("6376:3.6.1", "another key", record, other, false, "");
	struct signet_arena small;
	arena_init(&small, 16);
	row_number("-", "no room, no record", (int64_t)signet_dkim_key_record(SIGNET_RSA_SHA256, public, &small).len,
	           0);
	row_number("-", "nor a name", (int64_t)signet_dkim_key_name(S("selector"), S("example.com"), &small).len, 0);
	arena_finish(&small);
	signet_privkey_free(key);
	signet_privkey_free(other);
}

static void flags(struct signet_arena *a)
{
	struct signet_dkim_key key;
	if (signet_dkim_key_read(S("v=DKIM1; k=ed25519; t=y:s; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), a,
	                         &key) == SIGNET_OK) {
		row_bool("6376:3.6.1", "flags, size and kind are told",
		         key.testing && key.strict && !key.revoked && key.bits == 256 && key.is_record &&
		                 key.algorithm == SIGNET_ED25519_SHA256 && key.public.len == 32,
		         true);
	}
	if (signet_dkim_key_read(S("v=DKIM1; p="), a, &key) == SIGNET_OK) {
		row_bool("6376:3.6.1", "revoked, with its finding", key.revoked && key.is_record && key.findings.n == 1,
		         true);
	}
}

int main(void)
{
	struct signet_arena arena;
	engine = signet_new();
	arena_init(&arena, 1 << 20);
	ed25519(&arena);
	rsa(&arena);
	flags(&arena);
	arena_finish(&arena);
	signet_free(engine);
	return rows_end();
}
