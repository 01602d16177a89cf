/* SPDX-License-Identifier: Apache-2.0 */
/* A signer process for tests, as a thread: it speaks the protocol, and its keys are made afresh in each run. */
#ifndef SIGNET_TESTS_MILTER_FAKE_SIGNER_H
#define SIGNET_TESTS_MILTER_FAKE_SIGNER_H

#include "../../service/keys/signer_protocol.h"

struct fake_signer;

/* Listens at `path`.  Its keys are s1 (RSA) and ed1 (Ed25519) of `domain`, both active, and old (RSA), which is retiring.
 * Aborts if it cannot. */
struct fake_signer *fake_signer_start(const char *path, const char *domain);
/* From now on every request gets this answer; SIGNER_OK: the right one, SIGNER_TIMEOUT: none. */
void fake_signer_answer(struct fake_signer *s, enum signer_status status);
/* The key records as lines of a zone file. */
const char *fake_signer_zone(const struct fake_signer *s);
/* How many requests it has seen. */
unsigned fake_signer_asked(const struct fake_signer *s, enum signer_ask ask);
/* Ends it; the socket is gone. */
void fake_signer_stop(struct fake_signer *s);

#endif
