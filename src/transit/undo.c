/* SPDX-License-Identifier: Apache-2.0 */
#include "undo.h"

#include "../dkim/canon.h"

struct edits edits_of(struct undo *u)
{
	return (struct edits){ .arena = u->arena };
}

void edits_add(struct edits *e, size_t at, size_t len, slice with)
{
	if (e->n == EDITS_MAX) {
		return;
	}
	if (e->n == e->room) {
		size_t room = e->room ? e->room * 2 : 16;
		struct edit *more = arena_array(e->arena, room, sizeof(*more));
		if (!more) {
			return;
		}
		if (e->n) {
			memcpy(more, e->at, e->n * sizeof(*more));
		}
		e->at = more;
		e->room = room;
	}
	e->at[e->n++] = (struct edit){ at, len, with };
}

slice edits_apply(struct signet_arena *a, slice text, const struct edit *edits, size_t n)
{
	size_t len = text.len;
	for (size_t i = 0; i < n; i++) {
		len += edits[i].with.len;
	}
	char *start = arena_octets(a, len ? len : 1);
	if (!start) {
		return (slice){ 0 };
	}
	char *to = start;
	size_t from = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(to, text.at + from, edits[i].at - from);
		to += edits[i].at - from;
		if (edits[i].with.len) {
			memcpy(to, edits[i].with.at, edits[i].with.len);
			to += edits[i].with.len;
		}
		from = edits[i].at + edits[i].len;
	}
	if (text.len > from) {
		memcpy(to, text.at + from, text.len - from);
		to += text.len - from;
	}
	return slice_between(start, to);
}

/* What the canonicaliser writes into: the digest, up to l=. */
struct sink {
	struct digest *digest;
	uint64_t left;
};

static void put_digest(void *data, slice run)
{
	struct sink *sink = data;
	slice part = slice_first(run, sink->left < run.len ? (size_t)sink->left : run.len);
	digest_add(sink->digest, part);
	sink->left -= part.len;
}

bool undo_spend(struct undo *u, size_t octets)
{
	uint64_t cost = octets + 256; /* a trial costs something however small it is */
	if (u->octets_left < cost) {
		u->octets_left = 0;
		return false;
	}
	u->octets_left -= cost;
	return true;
}

bool undo_try(struct undo *u, const char *label, const struct edit *edits, size_t n)
{
	if (u->label || !undo_spend(u, u->body.len + n * sizeof(*edits))) {
		return u->label != NULL;
	}
	struct sink sink = { digest_new(u->engine), u->signature->has_length ? u->signature->length : UINT64_MAX };
	if (!sink.digest) {
		return false;
	}
	struct canon_body canon;
	canon_body_init(&canon, u->signature->body_relaxed, put_digest, &sink);
	size_t from = 0;
	for (size_t i = 0; i < n; i++) {
		canon_body_feed(&canon, slice_make(u->body.at + from, edits[i].at - from));
		canon_body_feed(&canon, edits[i].with);
		from = edits[i].at + edits[i].len;
	}
	canon_body_feed(&canon, slice_from(u->body, from));
	canon_body_end(&canon);
	uint8_t hash[DIGEST_OCTETS];
	if (digest_end(sink.digest, hash) &&
	    slice_eq(slice_make((char *)hash, sizeof(hash)), u->signature->body_hash)) {
		u->label = label;
	}
	return u->label != NULL;
}

bool undo_try_whole(struct undo *u, const char *label, slice body)
{
	return undo_try(u, label, &(struct edit){ 0, u->body.len, body }, 1);
}

/* Every non-empty choice of a few edits. */
#define EDITS_FEW 11
/* So many are searched in the third round, more in the fourth. */
#define EDITS_SOME 40

static bool try_choices(struct undo *u, const char *label, const struct edits *e)
{
	struct edit chosen[EDITS_FEW];
	for (uint32_t bits = 1; bits < (uint32_t)1 << e->n; bits++) {
		size_t n = 0;
		for (size_t i = 0; i < e->n; i++) {
			if (bits >> i & 1) {
				chosen[n++] = e->at[i];
			}
		}
		if (undo_try(u, label, chosen, n)) {
			return true;
		}
	}
	return false;
}

static bool try_all_but_one(struct undo *u, const char *label, const struct edits *e)
{
	struct edit *rest = arena_array(u->arena, e->n, sizeof(*rest));
	for (size_t i = 0; rest && i < e->n && u->octets_left; i++) {
		memcpy(rest, e->at, i * sizeof(*rest));
		memcpy(rest + i, e->at + i + 1, (e->n - i - 1) * sizeof(*rest));
		if (undo_try(u, label, rest, e->n - 1)) {
			return true;
		}
	}
	return false;
}

static bool try_ranges(struct undo *u, const char *label, const struct edits *e)
{
	for (size_t len = e->n - 1; len > 1; len--) {
		for (size_t i = 0; i + len <= e->n; i++) {
			if (!u->octets_left || undo_try(u, label, e->at + i, len)) {
				return u->label != NULL;
			}
		}
	}
	return false;
}

static bool try_pairs(struct undo *u, const char *label, const struct edits *e)
{
	for (size_t i = 0; i < e->n; i++) {
		for (size_t k = i + 2; k < e->n; k++) {
			struct edit two[] = { e->at[i], e->at[k] };
			if (!u->octets_left || undo_try(u, label, two, 2)) {
				return u->label != NULL;
			}
		}
	}
	return false;
}

bool undo_any(struct undo *u, const char *label, const struct edits *e)
{
	if (e->n == 0 || u->label) {
		return u->label != NULL;
	}
	if (u->effort == 0) {
		return undo_try(u, label, e->at, e->n);
	}
	if (e->n == 1) {
		return false;
	}
	if (u->effort == 1) {
		for (size_t i = 0; i < e->n && u->octets_left; i++) {
			if (undo_try(u, label, e->at + i, 1)) {
				return true;
			}
		}
		return try_all_but_one(u, label, e);
	}
	if ((e->n <= EDITS_SOME) != (u->effort == 2)) {
		return false; /* what takes long comes last */
	}
	/* What follows is a search: no family may spend all that is left. */
	uint64_t share = u->octets_left / 4;
	uint64_t rest = u->octets_left - share;
	u->octets_left = share;
	bool found = e->n <= EDITS_FEW ? try_choices(u, label, e) : try_ranges(u, label, e) || try_pairs(u, label, e);
	u->octets_left += rest;
	return found;
}
