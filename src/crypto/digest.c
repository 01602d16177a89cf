/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <stdlib.h>

#include "signet.h"

struct digest {
	struct digest *next; /* in the engine's list while idle */
	struct signet *engine;
	EVP_MD_CTX *ctx;
	bool bad;
};

static struct digest *take_idle(struct signet *engine)
{
	struct digest *d = engine->idle;
	if (d) {
		engine->idle = d->next;
		d->bad = false;
		return d;
	}
	d = calloc(1, sizeof(*d));
	EVP_MD_CTX *ctx = d ? EVP_MD_CTX_new() : NULL;
	if (!ctx) {
		free(d);
		return NULL;
	}
	d->engine = engine;
	d->ctx = ctx;
	return d;
}

struct digest *digest_new(struct signet *engine)
{
	struct digest *d = take_idle(engine);
	if (d && EVP_DigestInit_ex2(d->ctx, engine->sha256, NULL) != 1) {
		digest_drop(d);
		return NULL;
	}
	return d;
}

struct digest *digest_copy(struct digest *d)
{
	struct digest *copy = take_idle(d->engine);
	if (copy && EVP_MD_CTX_copy_ex(copy->ctx, d->ctx) != 1) {
		digest_drop(copy);
		return NULL;
	}
	if (copy) {
		copy->bad = d->bad;
	}
	return copy;
}

void digest_add(struct digest *d, slice octets)
{
	d->bad |= octets.len && EVP_DigestUpdate(d->ctx, octets.at, octets.len) != 1;
}

bool digest_end(struct digest *d, uint8_t ret[static DIGEST_OCTETS])
{
	bool good = !d->bad && EVP_DigestFinal_ex(d->ctx, ret, NULL) == 1;
	if (!good) {
		memset(ret, 0, DIGEST_OCTETS);
	}
	digest_drop(d);
	return good;
}

void digest_drop(struct digest *d)
{
	if (d) {
		d->next = d->engine->idle;
		d->engine->idle = d;
	}
}

bool digest_of(struct signet *engine, slice octets, uint8_t ret[static DIGEST_OCTETS])
{
	struct digest *d = digest_new(engine);
	if (!d) {
		memset(ret, 0, DIGEST_OCTETS);
		return false;
	}
	digest_add(d, octets);
	return digest_end(d, ret);
}

void engine_free_digests(struct signet *engine)
{
	while (engine->idle) {
		struct digest *d = engine->idle;
		engine->idle = d->next;
		EVP_MD_CTX_free(d->ctx);
		free(d);
	}
}
