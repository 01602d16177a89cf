/* SPDX-License-Identifier: Apache-2.0 */
/* signer_protocol: what is said on the socket of the signer process.  Octets in, structs out, and back; nothing else.
 *
 *     struct signer_request r;
 *     ptrdiff_t n = signer_request_read(received, &r);     // octets used, 0: more are needed, -1: never valid
 *     ...
 *     signer_reply_write(&out, &(struct signer_reply){ .id = r.id, .ask = r.ask, .status = SIGNER_OK, ... });
 *
 * Frames, numbers in network order:
 *
 *      0        2   3   4        8
 *     +--------+---+---+--------+----------------------------+
 *     | length | 1 |ask|   id   | the rest, by ask           |      length: octets behind the length itself
 *     +--------+---+---+--------+----------------------------+      1: the version
 *
 *     request  SIGN   algorithm(1) domain selector digest(32)
 *              KEYS   domain selector                             an empty selector asks for all
 *     reply    SIGN   status(1) signature                         no signature unless the status is 0
 *              KEYS   status(1) n(1) n * { selector algorithm(1) state(1) bits(2) octets(2) public key }
 *
 * where domain and selector are one octet of length and the octets of a name in normal form (A-labels, lower case, no dot
 * at the end), so that what a peer writes can be the name of a file and nothing else.  Any number of requests may be on
 * their way; `id` is chosen by who asks and comes back with the answer, in whatever order.  What does not fit the form is
 * never answered: the connection is closed. */
#ifndef SIGNET_SERVICE_KEYS_SIGNER_PROTOCOL_H
#define SIGNET_SERVICE_KEYS_SIGNER_PROTOCOL_H

#include <signet/privkey.h>

#include "../../src/base/buf.h"

#define SIGNER_DOMAIN_OCTETS 253 /* RFC 1035 2.3.4 */
#define SIGNER_SELECTOR_OCTETS 242 /* "._domainkey" is behind it; SELECTOR.pem must be the name of a file (255) */
#define SIGNER_KEYS_MAX 16 /* of one answer: two in use, one coming and one going for each algorithm is half */
#define SIGNER_PUBLIC_OCTETS 1100 /* RSA of 8192 bits with its frame takes 1062 */
#define SIGNER_REQUEST_OCTETS (2 + 6 + 1 + 1 + SIGNER_DOMAIN_OCTETS + 1 + SIGNER_SELECTOR_OCTETS + SIGNET_DIGEST_OCTETS)
#define SIGNER_REPLY_OCTETS                                                                                            \
	(2 + 6 + 2 + SIGNER_KEYS_MAX * (1 + SIGNER_SELECTOR_OCTETS + 1 + 1 + 2 + 2 + SIGNER_PUBLIC_OCTETS))

enum signer_ask {
	SIGNER_SIGN = 1,
	SIGNER_KEYS = 2,
};

enum signer_status {
	SIGNER_OK,
	SIGNER_NO_KEY, /* there is no such key */
	SIGNER_BAD_KEY, /* its file is unsafe or holds no usable key: the signer's log says why */
	SIGNER_WRONG_ALGORITHM, /* the key is of another algorithm */
	SIGNER_FAILED, /* memory or the disk of the signer */
	/* Never on the wire; said by the client. */
	SIGNER_UNREACHABLE,
	SIGNER_TIMEOUT,
};

/* "ok", "no-key", "bad-key"... */
const char *signer_status_name(enum signer_status status);

struct signer_request {
	uint32_t id;
	enum signer_ask ask;
	slice domain;
	slice selector;
	enum signet_algorithm algorithm; /* SIGN */
	uint8_t digest[SIGNET_DIGEST_OCTETS]; /* SIGN */
};

/* What everybody may know of a key. */
struct signer_key {
	slice selector;
	enum signet_algorithm algorithm;
	uint8_t state; /* 1 + enum key_stage (state.h); 0: not known */
	unsigned bits;
	slice public_key; /* as p= of a key record holds it */
};

struct signer_reply {
	uint32_t id;
	enum signer_ask ask;
	enum signer_status status;
	slice signature; /* SIGN */
	size_t n_keys; /* KEYS */
	struct signer_key keys[SIGNER_KEYS_MAX];
};

/* True for a name in normal form of 1 to `octets` octets: what domain and selector must be on the wire. */
bool signer_name_is_good(slice name, size_t octets);

/* The first frame of `in`: returns the octets it takes, 0 if more are needed, -1 if it can never become valid.  Slices
 * point into `in`; `*ret` is written only if the frame is good. */
ptrdiff_t signer_request_read(slice in, struct signer_request *ret);
ptrdiff_t signer_reply_read(slice in, struct signer_reply *ret);

/* Appends one frame.  A struct that has no frame (a name that is none, a signature that is too long) and a lack of room make
 * `b` bad. */
void signer_request_write(struct buf *b, const struct signer_request *request);
void signer_reply_write(struct buf *b, const struct signer_reply *reply);

#endif
