/* SPDX-License-Identifier: Apache-2.0 */
/* The body came as it was, but the signer hashed something else: bh= fits the body in a form no verifier hashes. */
#include "body.h"

#include "../base/chars.h"
#include "../dkim/canon.h"

static void put_digest(void *data, slice run)
{
	digest_add(data, run);
}

static bool fits(const struct undo *u, struct digest *d)
{
	uint8_t hash[DIGEST_OCTETS];
	return digest_end(d, hash) && slice_eq(slice_make((char *)hash, sizeof(hash)), u->signature->body_hash);
}

/* The other canonicalisation, with or without l=. */
static bool is_hash_of(struct undo *u, bool relaxed, slice body)
{
	struct digest *d = undo_spend(u, body.len) ? digest_new(u->engine) : NULL;
	if (!d) {
		return false;
	}
	struct canon_body canon;
	canon_body_init(&canon, relaxed, put_digest, d);
	canon_body_feed(&canon, body);
	canon_body_end(&canon);
	return fits(u, d);
}

/* No canonicalisation at all: one behind the other, for a copy of a large body is dear. */
static bool is_raw_hash_of(struct undo *u, slice body, slice more)
{
	struct digest *d = undo_spend(u, body.len + more.len) ? digest_new(u->engine) : NULL;
	if (!d) {
		return false;
	}
	digest_add(d, body);
	digest_add(d, more);
	return fits(u, d);
}

/* Canonical octets of the body, into the arena. */
struct canonical {
	char *at;
	size_t len;
};

static void put_canonical(void *data, slice run)
{
	struct canonical *c = data;
	memcpy(c->at + c->len, run.at, run.len);
	c->len += run.len;
}

static slice canonical_body(struct undo *u, bool relaxed)
{
	struct canonical c = { arena_octets(u->arena, u->body.len + 4), 0 };
	if (!c.at) {
		return (slice){ 0 };
	}
	struct canon_body canon;
	canon_body_init(&canon, relaxed, put_canonical, &c);
	canon_body_feed(&canon, u->body);
	canon_body_end(&canon);
	return slice_make(c.at, c.len);
}

static slice without_cr(struct undo *u, slice s)
{
	char *to = arena_octets(u->arena, s.len + 1);
	size_t len = 0;
	for (size_t i = 0; to && i < s.len; i++) {
		if (s.at[i] != '\r') {
			to[len++] = s.at[i];
		}
	}
	return slice_make(to, to ? len : 0);
}

static slice without_line_ends(slice s)
{
	while (s.len && char_is(s.at[s.len - 1], C_CRLF)) {
		s.len--;
	}
	return s;
}

/* Blanks changed in transit look the same when they are collapsed: so this comes after those. */
bool undo_other_canon(struct undo *u)
{
	bool other = !u->signature->body_relaxed;
	if (is_hash_of(u, other, u->body) || (u->signature->has_length && is_hash_of(u, !other, u->body))) {
		u->label = "signer-bh-wrong";
	}
	return u->label != NULL;
}

/* The canonical octets with Unix line ends, or without the last line end. */
static bool is_hash_of_canonical(struct undo *u, bool relaxed)
{
	struct arena_mark mark = arena_mark(u->arena);
	slice none = { 0 };
	slice body = canonical_body(u, relaxed);
	slice unix_lines = without_cr(u, body);
	bool found = body.at &&
	             (is_raw_hash_of(u, unix_lines, none) || is_raw_hash_of(u, without_line_ends(unix_lines), none) ||
	              is_raw_hash_of(u, without_line_ends(body), none));
	arena_rewind(u->arena, mark);
	return found;
}

/* The rules for lines applied to text whose lines they cannot see. */
static bool is_hash_of_unix_lines(struct undo *u)
{
	struct arena_mark mark = arena_mark(u->arena);
	slice body = without_cr(u, u->body);
	bool found = is_raw_hash_of(u, body, S(""));
	for (unsigned relaxed = 0; relaxed < 2 && !found; relaxed++) {
		found = is_hash_of(u, relaxed, body) || is_hash_of(u, relaxed, without_line_ends(body));
	}
	arena_rewind(u->arena, mark);
	return found;
}

bool undo_signer(struct undo *u)
{
	bool found = is_hash_of(u, false, S("")) || is_hash_of(u, true, S("")) || is_hash_of_canonical(u, false) ||
	             is_hash_of_canonical(u, true) || is_hash_of_unix_lines(u) || is_raw_hash_of(u, u->body, S("")) ||
	             is_raw_hash_of(u, u->body, S("\r\n")) || is_raw_hash_of(u, u->body, S("\r\n\r\n")) ||
	             is_raw_hash_of(u, ARENA_JOIN(u->arena, u->header->block, S("\r\n")), u->body);
	if (found) {
		u->label = "signer-bh-wrong";
	}
	return found;
}
