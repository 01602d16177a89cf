/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of messages share: zones, a signer, a table of keys; and a play among them whose settings begin anew. */
#ifndef SIGNET_TESTS_MILTER_WORLD_H
#define SIGNET_TESTS_MILTER_WORLD_H

#include "fake_signer.h"
#include "play.h"

#define FORGED "Authentication-Results: mx.example.net; dmarc=pass header.from=example.com\n"
#define BODY "Subject: x\nDate: Sat, 28 Nov 2026 00:00:00 +0000\n\nHello\n"

struct world {
	struct play *play;
	struct signer *author; /* signs as example.com, selector "t" */
	struct fake_signer *signer;
	struct table *table;
	struct signet_arena *arena;
	char socket[64];
};

void world_open(struct world *w);
void world_close(struct world *w);
/* Every group of rows begins with the same settings: what comes is verified... */
struct play *world_fresh(struct world *w);
/* ... or signed. */
struct play *world_signing(struct world *w);
/* A row: every message had one outcome. */
void world_sums(struct world *w);

static inline uint64_t counted(const _Atomic uint64_t *counter)
{
	return atomic_load(counter);
}

#endif
