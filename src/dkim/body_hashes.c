/* SPDX-License-Identifier: Apache-2.0 */
#include "body_hashes.h"

#define BODY_GATHER ((size_t)16 << 10)
#define BODY_LARGE_RUN ((size_t)1 << 10) /* copying less is cheaper than a call of the hash */

void body_hashes_init(struct body_hashes *h, struct signet *engine, struct signet_arena *a)
{
	*h = (struct body_hashes){ .engine = engine, .arena = a };
}

/* Canonical octets go to every hash of the stream's canonicalisation, up to its limit (RFC 6376 3.7). */
static void hash_run(struct body_stream *stream, slice run)
{
	struct body_hashes *h = stream->owner;
	for (size_t i = 0; i < h->n; i++) {
		struct body_hash *hash = &h->hashes[i];
		if (hash->relaxed != stream->canon.relaxed) {
			continue;
		}
		uint64_t left = hash->limit - hash->taken;
		slice part = RULE("6376:3.4.5", left < run.len) ? slice_first(run, (size_t)left) : run;
		hash->taken += part.len;
		digest_add(hash->digest, part);
	}
}

static void flush(struct body_stream *stream)
{
	if (stream->n_gathered) {
		hash_run(stream, slice_make(stream->gathered, stream->n_gathered));
		stream->n_gathered = 0;
	}
}

static void gather(void *data, slice run)
{
	struct body_stream *stream = data;
	stream->octets += run.len;
	if (run.len >= BODY_LARGE_RUN) {
		flush(stream);
		hash_run(stream, run);
		return;
	}
	if (run.len > BODY_GATHER - stream->n_gathered) {
		flush(stream);
	}
	memcpy(stream->gathered + stream->n_gathered, run.at, run.len);
	stream->n_gathered += run.len;
}

static enum signet_status start_stream(struct body_hashes *h, bool relaxed)
{
	struct body_stream *stream = &h->streams[relaxed];
	if (stream->gathered) {
		return SIGNET_OK;
	}
	stream->owner = h;
	stream->gathered = arena_octets(h->arena, BODY_GATHER);
	canon_body_init(&stream->canon, relaxed, gather, stream);
	return stream->gathered ? SIGNET_OK : SIGNET_NO_MEMORY;
}

enum signet_status body_hashes_add(struct body_hashes *h, bool relaxed, uint64_t limit, size_t *ret_index)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h->hashes[i].relaxed == relaxed && h->hashes[i].limit == limit) {
			*ret_index = i;
			return SIGNET_OK;
		}
	}
	if (h->n == BODY_HASHES_MAX) {
		return SIGNET_LIMIT;
	}
	TRY(start_stream(h, relaxed));
	struct digest *digest = digest_new(h->engine);
	if (!digest) {
		return SIGNET_NO_MEMORY;
	}
	h->hashes[h->n] = (struct body_hash){ .relaxed = relaxed, .limit = limit, .digest = digest };
	*ret_index = h->n++;
	return SIGNET_OK;
}

void body_hashes_feed(struct body_hashes *h, slice chunk)
{
	for (size_t i = 0; i < 2; i++) {
		if (h->streams[i].gathered) {
			canon_body_feed(&h->streams[i].canon, chunk);
		}
	}
}

enum signet_status body_hashes_end(struct body_hashes *h)
{
	for (size_t i = 0; !h->ended && i < 2; i++) {
		if (h->streams[i].gathered) {
			canon_body_end(&h->streams[i].canon);
			flush(&h->streams[i]);
		}
	}
	for (size_t i = 0; !h->ended && i < h->n; i++) {
		h->bad |= !digest_end(h->hashes[i].digest, h->hashes[i].octets);
		h->hashes[i].digest = NULL;
	}
	h->ended = true;
	return h->bad ? SIGNET_NO_MEMORY : SIGNET_OK;
}

const uint8_t *body_hashes_digest(const struct body_hashes *h, size_t index)
{
	return h->hashes[index].octets;
}

uint64_t body_hashes_total(const struct body_hashes *h, size_t index)
{
	return h->streams[h->hashes[index].relaxed].octets;
}

void body_hashes_finish(struct body_hashes *h)
{
	for (size_t i = 0; i < h->n; i++) {
		digest_drop(h->hashes[i].digest);
		h->hashes[i].digest = NULL;
	}
	h->n = 0;
}
