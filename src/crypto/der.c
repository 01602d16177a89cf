/* SPDX-License-Identifier: Apache-2.0 */
#include "der.h"

#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_SEQUENCE 0x30

/* rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017 A.1), as an OBJECT IDENTIFIER */
static const char rsa_encryption[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";

/* Takes the contents of one element off `*rest`; lengths of up to two octets, which is 64 KiB. */
static bool take(slice *rest, unsigned char tag, slice *ret)
{
	const unsigned char *at = (const unsigned char *)rest->at;
	if (rest->len < 2 || at[0] != tag) {
		return false;
	}
	size_t head = 2;
	size_t len = at[1];
	if (len >= 0x80) {
		size_t n = len & 0x7f;
		if (n < 1 || n > 2 || rest->len < 2 + n) {
			return false;
		}
		len = n == 1 ? at[2] : (size_t)at[2] << 8 | at[3];
		head = 2 + n;
	}
	if (rest->len - head < len) {
		return false;
	}
	*ret = slice_first(slice_from(*rest, head), len);
	*rest = slice_from(*rest, head + len);
	return true;
}

/* A positive INTEGER.  Keys whose modulus lacks the zero octet before a set sign bit are in use: the sign is ignored. */
static bool take_number(slice *rest, slice *ret)
{
	slice number;
	if (!take(rest, DER_INTEGER, &number)) {
		return false;
	}
	while (number.len && number.at[0] == 0) {
		number = slice_from(number, 1);
	}
	*ret = number;
	return number.len > 0;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static bool read_rsa_public_key(slice octets, struct der_rsa *ret)
{
	slice key;
	struct der_rsa rsa;
	if (!take(&octets, DER_SEQUENCE, &key) || !take_number(&key, &rsa.modulus) ||
	    !take_number(&key, &rsa.exponent)) {
		return false;
	}
	*ret = rsa;
	return true;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING of RSAPublicKey } */
bool der_read_rsa(slice octets, struct der_rsa *ret)
{
	slice rest = octets;
	slice info, algorithm, bits;
	if (take(&rest, DER_SEQUENCE, &info) && take(&info, DER_SEQUENCE, &algorithm)) {
		slice oid = slice_make(rsa_encryption, sizeof(rsa_encryption) - 1);
		return slice_starts(algorithm, oid) && take(&info, DER_BIT_STRING, &bits) && bits.len &&
		       bits.at[0] == 0 && read_rsa_public_key(slice_from(bits, 1), ret);
	}
	return read_rsa_public_key(octets, ret);
}
