/* SPDX-License-Identifier: Apache-2.0 */
/* tsig_key: a key for TSIG (RFC 8945) from the text that tsig-keygen, ddns-confgen and keymgr write.  Pure.
 *
 *     key "update.example.com" {
 *             algorithm hmac-sha256;
 *             secret "base64";
 *     };
 *
 * Comments as in named.conf: #, //, and C's.  One key a file. */
#ifndef SIGNET_SERVICE_DNS_TSIG_KEY_H
#define SIGNET_SERVICE_DNS_TSIG_KEY_H

#include "../../src/base/buf.h"

#define TSIG_FILE_OCTETS ((size_t)16 << 10)
#define TSIG_SECRET_OCTETS 512 /* of base64 */

struct tsig_key {
	char name[256 + 1]; /* with its final dot */
	const char *algorithm; /* static, as ldns wants it: "hmac-sha256." */
	char secret[TSIG_SECRET_OCTETS + 1]; /* base64; the caller wipes it */
};

/* False after a line in `error` ("PATH:LINE: why"). */
bool tsig_key_parse(slice text, const char *path, struct tsig_key *ret, struct buf *error);

#endif
