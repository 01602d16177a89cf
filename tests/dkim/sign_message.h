/* SPDX-License-Identifier: Apache-2.0 */
/* One message through the signer, with keys of this process: for the tests of dkim. */
#ifndef SIGNET_TESTS_SIGN_MESSAGE_H
#define SIGNET_TESTS_SIGN_MESSAGE_H

#include <stdlib.h>

#include "../../src/base/base64.h"
#include "../../src/dkim/sign.h"
#include "../support/rows.h"

/* Who can sign in a test: the keys are made afresh, or published ones. */
struct test_keys {
	struct signet_privkey *at[SIGNET_SIGNATURES]; /* of signature i */
};

struct signed_message {
	bool refused;
	slice fields; /* a copy in the arena */
	slice whole; /* fields and message */
	const struct signet_findings *findings; /* of the signer */
};

static inline void must(bool good)
{
	if (!good) {
		abort();
	}
}

static inline struct signet_privkey *test_key(struct signet *engine, enum signet_algorithm algorithm)
{
	struct signet_privkey *key = NULL;
	must(signet_privkey_new(engine, algorithm, 1024, &key) == SIGNET_OK);
	return key;
}

/* A line for zone_of_text(). */
static inline slice test_record(const struct signet_privkey *key, const char *selector, const char *domain,
                                struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 1 << 16);
	buf_put_text(&b, selector);
	buf_put_text(&b, "._domainkey.");
	buf_put_text(&b, domain);
	buf_put_text(&b, signet_privkey_algorithm(key) == SIGNET_RSA_SHA256 ? " TXT v=DKIM1; k=rsa; p="
	                                                                    : " TXT v=DKIM1; k=ed25519; p=");
	base64_put(&b, signet_privkey_public(key));
	buf_put_text(&b, "\n");
	must(buf_ok(&b));
	return buf_slice(&b);
}

/* Feeds in chunks (0: at once), answers every request, the last first if `backwards`. */
static inline void sign_in_chunks(struct signet_sign *sign, const struct test_keys *keys, slice message, size_t chunk,
                                  bool backwards, struct signet_arena *a, struct signed_message *ret)
{
	struct signet_sign_request requests[SIGNET_SIGNATURES];
	size_t n = 0;
	*ret = (struct signed_message) { 0 };
	for (size_t at = 0; at < message.len; at += chunk ? chunk : message.len) {
		slice piece = slice_first(slice_from(message, at), chunk ? chunk : message.len);
		must(signet_sign_feed(sign, piece) == SIGNET_OK);
	}
	must(signet_sign_end(sign) == SIGNET_OK);
	ret->refused = signet_sign_refused(sign);
	ret->findings = signet_sign_findings(sign);
	while (n < SIGNET_SIGNATURES && signet_sign_next(sign, &requests[n])) {
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		const struct signet_sign_request *r = &requests[backwards ? n - 1 - i : i];
		uint8_t octets[SIGNET_SIGNATURE_OCTETS];
		size_t len;
		must(signet_privkey_sign(keys->at[r->index], r->digest, octets, &len) == SIGNET_OK);
		must(signet_sign_answer(sign, r->index, slice_make((const char *)octets, len)) == SIGNET_OK);
	}
	ret->fields = arena_copy(a, signet_sign_fields(sign));
	ret->whole = ARENA_JOIN(a, ret->fields, message);
}

#endif
