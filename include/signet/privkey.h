/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of DKIM and ARC signers that live in this process.
 *
 *     struct signet_privkey *key;
 *     if (signet_privkey_read(signet, text_of_file, &key) == SIGNET_PRIVKEY_GOOD) {
 *             uint8_t signature[SIGNET_SIGNATURE_OCTETS];
 *             size_t n;
 *             signet_privkey_sign(key, digest, signature, &n);
 *             signet_privkey_free(key);
 *     }
 *
 * Whoever signs (<signet/sign.h>) only asks for signatures over digests of 32 octets, so a key may as well live in another
 * process or in a device.  A key belongs to the engine that made it, and to its thread; it is freed before the engine. */
#ifndef SIGNET_PRIVKEY_H
#define SIGNET_PRIVKEY_H

#include <signet/types.h>

enum signet_algorithm {
	SIGNET_RSA_SHA256, /* RFC 8301 3.1 */
	SIGNET_ED25519_SHA256, /* RFC 8463 3 */
};

/* "rsa-sha256", "ed25519-sha256" */
SIGNET_PUBLIC const char *signet_algorithm_name(enum signet_algorithm algorithm);
/* False leaves `*ret` untouched. */
SIGNET_PUBLIC bool signet_algorithm_parse(signet_slice text, enum signet_algorithm *ret);

#define SIGNET_DIGEST_OCTETS 32
#define SIGNET_SIGNATURE_OCTETS 1024 /* room for a signature: RSA of 8192 bits */
#define SIGNET_PRIVKEY_TEXT ((size_t)16 << 10) /* room for a key as text; a longer one is no key */
#define SIGNET_PRIVKEY_BITS_MIN 1024 /* RFC 8301 3.2: signers must not use less */
#define SIGNET_PRIVKEY_BITS_MAX 8192

enum signet_privkey_fault {
	SIGNET_PRIVKEY_GOOD,
	SIGNET_PRIVKEY_SYNTAX, /* no private key in a form we read */
	SIGNET_PRIVKEY_ENCRYPTED, /* needs a pass phrase; a signer starts without a person */
	SIGNET_PRIVKEY_KIND, /* a private key, but neither RSA nor Ed25519 */
	SIGNET_PRIVKEY_SEVERAL, /* more than one private key in PEM; which one is meant? */
	SIGNET_PRIVKEY_SHORT, /* RSA below SIGNET_PRIVKEY_BITS_MIN */
	SIGNET_PRIVKEY_LONG, /* RSA above SIGNET_PRIVKEY_BITS_MAX */
	SIGNET_PRIVKEY_DAMAGED, /* its numbers do not belong together: what it signs does not verify */
	SIGNET_PRIVKEY_NO_MEMORY,
};

/* A sentence without full stop, for a person: "the key is encrypted"... */
SIGNET_PUBLIC const char *signet_privkey_fault_text(enum signet_privkey_fault fault);

struct signet_privkey;

/* Reads PKCS#8 or PKCS#1, as PEM, as DER or as DER in base64 (SEC1 is read too, but what it holds is never RSA or Ed25519);
 * or the 32 octets of an Ed25519 seed in base64, with or without the 32 of its public key behind them.  The caller wipes
 * `text` (signet_wipe).  `*ret` is written only if the key is good; signet_privkey_free() it. */
SIGNET_PUBLIC enum signet_privkey_fault signet_privkey_read(struct signet *signet, signet_slice text,
                                                            struct signet_privkey **ret);
/* A new key.  `bits`: 1024 to 8192 for RSA (2048 is what RFC 8301 3.2 asks for), ignored for Ed25519.  SIGNET_MISUSE:
 * `bits` is out of that range. */
SIGNET_PUBLIC enum signet_status signet_privkey_new(struct signet *signet, enum signet_algorithm algorithm,
                                                    unsigned bits, struct signet_privkey **ret);
/* Wipes and frees; accepts NULL. */
SIGNET_PUBLIC void signet_privkey_free(struct signet_privkey *key);

SIGNET_PUBLIC enum signet_algorithm signet_privkey_algorithm(const struct signet_privkey *key);
/* Of the RSA modulus; 256 for Ed25519. */
SIGNET_PUBLIC unsigned signet_privkey_bits(const struct signet_privkey *key);
/* The public half as p= of a key record holds it: a SubjectPublicKeyInfo for RSA, 32 octets for Ed25519 (RFC 8463 4).  It
 * lives as long as the key. */
SIGNET_PUBLIC signet_slice signet_privkey_public(const struct signet_privkey *key);

/* Writes the key as PEM of PKCS#8 (RFC 5958) and returns its octets (no NUL behind them); 0: `room` is too small, memory
 * is short.  SIGNET_PRIVKEY_TEXT octets suffice.  The caller wipes them. */
SIGNET_PUBLIC size_t signet_privkey_write(const struct signet_privkey *key, char *at, size_t room);

/* Signs: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2), or PureEdDSA over the 32 octets of the digest (RFC 8463 3).
 * SIGNET_NO_MEMORY leaves both untouched. */
SIGNET_PUBLIC enum signet_status signet_privkey_sign(struct signet_privkey *key,
                                                     const uint8_t digest[static SIGNET_DIGEST_OCTETS],
                                                     uint8_t ret[static SIGNET_SIGNATURE_OCTETS], size_t *ret_octets);

/* Overwrites secrets in a way that no compiler leaves out. */
SIGNET_PUBLIC void signet_wipe(void *at, size_t octets);

#endif
