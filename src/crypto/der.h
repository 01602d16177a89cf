/* SPDX-License-Identifier: Apache-2.0 */
/* der: just enough of DER (X.690) to find the two numbers of an RSA public key.
 *
 * OpenSSL's decoders try every format they know and cost more than the verification itself (250 us against 30); the
 * shape of a DKIM key is known.  tests/dkim/test_pubkey.c lays this reader beside OpenSSL's. */
#ifndef SIGNET_CRYPTO_DER_H
#define SIGNET_CRYPTO_DER_H

#include "../base/slice.h"

struct der_rsa {
	slice modulus; /* big-endian, no leading zero octets, not empty */
	slice exponent; /* the same */
};

/* False if `octets` begin with neither a SubjectPublicKeyInfo of rsaEncryption nor an RSAPublicKey. */
bool der_read_rsa(slice octets, struct der_rsa *ret);

#endif
