/* SPDX-License-Identifier: Apache-2.0 */
/* pubkey: public keys as DKIM records publish them, and signatures over SHA-256 digests.
 *
 *     struct pubkey_facts facts;
 *     if (pubkey_examine(PUBKEY_RSA, octets, &facts) == PUBKEY_GOOD)
 *             TRY(pubkey_verify(engine, PUBKEY_RSA, octets, digest, signature, &good));
 *
 * There is no key object to keep: the engine remembers decoded keys by their octets. */
#ifndef SIGNET_CRYPTO_PUBKEY_H
#define SIGNET_CRYPTO_PUBKEY_H

#include "../base/slice.h"
#include "digest.h"

#define RSA_BITS_MIN 1024 /* RFC 8301 3.2: smaller keys are never valid */
#define RSA_BITS_WEAK 2048 /* RFC 8301 3.2: signers SHOULD use at least this */
#define RSA_BITS_MAX 8192 /* a cap of ours: verifying costs with the square of the size, 4096 is the largest in use */
#define RSA_EXPONENT_MAX ((uint64_t)1 << 32) /* a cap of ours (RFC 6376 8.13): larger ones only cost time */
#define ED25519_KEY_OCTETS 32 /* RFC 8463 4.2 */
#define ED25519_SIGNATURE_OCTETS 64 /* RFC 8032 5.1.6 */

enum pubkey_kind {
	PUBKEY_RSA,
	PUBKEY_ED25519,
};

enum pubkey_fault {
	PUBKEY_GOOD,
	PUBKEY_SYNTAX, /* not a key of this kind */
	PUBKEY_SHORT, /* RSA below RSA_BITS_MIN */
	PUBKEY_LONG, /* RSA above RSA_BITS_MAX */
	PUBKEY_EXPONENT, /* RSA with an even exponent, one below 3 or above RSA_EXPONENT_MAX (RFC 6376 8.13) */
};

struct pubkey_facts {
	unsigned bits; /* of the RSA modulus; 256 for Ed25519; 0 if unreadable */
	uint64_t exponent; /* RSA; 0 if it does not fit or there is none */
};

/* Reads the key's numbers.  RSA: a SubjectPublicKeyInfo (RFC 5280 4.1), which everybody publishes, or an RSAPublicKey
 * (RFC 8017 A.1.1), which RFC 6376 3.6.1 names; octets behind either are ignored.  Ed25519: 32 octets.  `*ret` is
 * written in any case. */
enum pubkey_fault pubkey_examine(enum pubkey_kind kind, slice octets, struct pubkey_facts *ret);

/* Is `signature` one over `digest`?  RSA: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2).  Ed25519: PureEdDSA whose
 * message is the 32 octets of the digest (RFC 8463 3).  A key that pubkey_examine() refuses verifies nothing.
 * SIGNET_NO_MEMORY leaves `*ret` untouched. */
enum signet_status pubkey_verify(struct signet *engine, enum pubkey_kind kind, slice octets,
				 const uint8_t digest[static DIGEST_OCTETS], slice signature, bool *ret);

/* The digest that an RSA signature was made over, if signature and key belong together (RFC 8017 8.2.2, the form of 9.2).
 * Then `*ret_good` is true and `ret_digest` written: whoever wants to know which message was signed can compare digests
 * instead of verifying again and again.  Always false for Ed25519, whose signatures do not show what they sign. */
enum signet_status pubkey_open(struct signet *engine, enum pubkey_kind kind, slice octets, slice signature,
			       uint8_t ret_digest[static DIGEST_OCTETS], bool *ret_good);

#endif
