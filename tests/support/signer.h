/* SPDX-License-Identifier: Apache-2.0 */
/* A signer for tests, on OpenSSL and libsodium directly and on the reference canonicalisation: it shares no code with the
 * verifier.  Keys are made afresh in each run; nothing they sign is worth anything.
 *
 *     struct signer *s = signer_new_rsa(2048, 65537);
 *     printf("%s", signer_record(s));                       // "v=DKIM1; k=rsa; p=..."
 *     slice signed = sign_message(s, "v=1; a=rsa-sha256; c=relaxed/simple; d=d.example; s=s; h=from; bh={bh}; b={b}",
 *                                 message, &arena);
 *
 * {bh} and {b} are replaced, everything else in the text stays as it is, so that a row can break one rule and nothing
 * else: the signature over the odd text is right. */
#ifndef SIGNET_TESTS_SIGNER_H
#define SIGNET_TESTS_SIGNER_H

#include "../../src/base/buf.h"

struct signer;

/* Abort if the library cannot. */
struct signer *signer_new_rsa(unsigned bits, unsigned exponent);
struct signer *signer_new_ed25519(void);
void signer_free(struct signer *s);

/* The key record; base64 of the key alone; the key as SubjectPublicKeyInfo and as RSAPublicKey (RSA), or its 32 octets. */
const char *signer_record(const struct signer *s);
const char *signer_key(const struct signer *s);
slice signer_spki(const struct signer *s);
slice signer_pkcs1(const struct signer *s);

/* base64 of the signature over SHA-256 of `input`, as DKIM makes it. */
slice sign_octets(const struct signer *s, slice input, struct signet_arena *a);

/* How the text of a signature field is to be understood; zeroed: as its own c=, l= and h= say. */
struct sign_how {
	const char *field; /* NULL: "DKIM-Signature" */
	const char *canon; /* instead of c= */
	const char *names; /* instead of h= */
};

/* The message with the signature field on top. */
slice sign_message(const struct signer *s, const char *tags, slice message, struct signet_arena *a);
slice sign_message_as(const struct signer *s, const struct sign_how *how, const char *tags, slice message,
		      struct signet_arena *a);

/* The text with every `from` replaced. */
slice replace_text(slice text, const char *from, slice to, struct signet_arena *a);

#endif
