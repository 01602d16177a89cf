/* SPDX-License-Identifier: Apache-2.0 */
/* digest: SHA-256 (FIPS 180-4), the only hash that DKIM and ARC still know (RFC 8301 3.1).
 *
 *     struct digest *d = digest_new(engine);     // cheap: contexts are used again
 *     digest_add(d, part);
 *     digest_add(d, more);
 *     if (digest_end(d, octets)) ...             // and d has gone back to the engine
 *
 * Callers add what they have and ask for the value as late as they can; nobody looks at a half-way value.  So the work
 * between may later be gathered and done for many messages at once. */
#ifndef SIGNET_CRYPTO_DIGEST_H
#define SIGNET_CRYPTO_DIGEST_H

#include "../base/slice.h"

#define DIGEST_OCTETS 32

struct digest;

/* NULL if memory is short.  Must be ended or dropped before the engine is freed. */
struct digest *digest_new(struct signet *engine);
/* A second digest that has seen the same octets; NULL if memory is short. */
struct digest *digest_copy(struct digest *d);
/* A failure of the library sticks and shows in digest_end(). */
void digest_add(struct digest *d, slice octets);
/* Writes the value and gives `d` back.  False if the library failed: `ret` holds zeros then. */
bool digest_end(struct digest *d, uint8_t ret[static DIGEST_OCTETS]);
/* Gives `d` back without a value; accepts NULL. */
void digest_drop(struct digest *d);

/* The digest of octets that lie in one piece. */
bool digest_of(struct signet *engine, slice octets, uint8_t ret[static DIGEST_OCTETS]);

#endif
