/* SPDX-License-Identifier: Apache-2.0 */
#include "tsig_key.h"

#include "../../src/base/base64.h"
#include "../../src/base/cursor.h"
#include "../../src/base/name.h"
#include "../file/lines.h"

struct reader {
	struct cursor at;
	const char *path;
	struct buf *error;
};

/* The secret must not be in the text of an error: a word is shown only where no secret can stand. */
static bool refuse(struct reader *r, const char *why, slice word)
{
	uint64_t line = 1;
	for (const char *at = r->at.begin; at < r->at.at; at++) {
		line += *at == '\n';
	}
	struct lines place = { .path = r->path, .error = r->error, .line = line };
	return lines_refuse(&place, why, word);
}

static void skip_past(struct cursor *c, slice end)
{
	size_t n = slice_find(cursor_rest(c), end);
	c->at = n == SLICE_NONE ? c->end : c->at + n + end.len;
}

static void skip_blank(struct cursor *c)
{
	for (;;) {
		(void)cursor_take(c, C_WSP | C_CRLF);
		if (cursor_take_char(c, '#') || cursor_take_text(c, S("//"))) {
			skip_past(c, S("\n"));
		} else if (cursor_take_text(c, S("/*"))) {
			skip_past(c, S("*/"));
		} else {
			return;
		}
	}
}

/* A word, or what stands in quotes; empty if there is none. */
static slice take_word(struct cursor *c)
{
	skip_blank(c);
	const char *from = c->at;
	if (cursor_take_char(c, '"')) {
		size_t n = slice_find_char(cursor_rest(c), '"');
		slice word = slice_first(cursor_rest(c), n == SLICE_NONE ? 0 : n);
		c->at = n == SLICE_NONE ? from : c->at + n + 1;
		return word;
	}
	while (!cursor_is_end(c) && char_is(*c->at, C_VCHAR) && !strchr("{};\"", *c->at)) {
		c->at++;
	}
	return slice_between(from, c->at);
}

static bool take_mark(struct reader *r, char mark)
{
	skip_blank(&r->at);
	char wanted[2] = { mark, 0 };
	return cursor_take_char(&r->at, mark) || refuse(r, "wanted here is", slice_of(wanted));
}

static bool set_name(struct reader *r, slice name, struct tsig_key *ret)
{
	struct signet_arena arena;
	slice normal;
	arena_init(&arena, 4096);
	bool good = name_normalize(name_without_dot(name), &arena, &normal) == NAME_GOOD;
	if (good && normal.len < sizeof(ret->name) - 1) {
		memcpy(ret->name, normal.at ? normal.at : "", normal.len);
		ret->name[normal.len] = '.';
		ret->name[normal.len + 1] = 0;
	}
	arena_finish(&arena);
	return good || refuse(r, "not a name for a key:", name);
}

/* RFC 8945 6; those that ldns 1.8 can compute.  MD5 must not be used any more (RFC 8945 6). */
static bool set_algorithm(struct reader *r, slice name, struct tsig_key *ret)
{
	static const char *const known[] = { "hmac-sha256.", "hmac-sha512.", "hmac-sha1." };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (slice_eq_nocase(name_without_dot(name), slice_make(known[i], strlen(known[i]) - 1))) {
			ret->algorithm = known[i];
			return true;
		}
	}
	return refuse(r, "not an algorithm that can be used (hmac-sha256, hmac-sha512, hmac-sha1):", name);
}

static bool set_secret(struct reader *r, slice secret, struct tsig_key *ret)
{
	struct signet_arena arena;
	slice octets;
	arena_init(&arena, 2 * TSIG_SECRET_OCTETS);
	bool good = secret.len && secret.len <= TSIG_SECRET_OCTETS &&
	            base64_decode(secret, BASE64_PADDED, &arena, &octets) && octets.len;
	if (good) {
		explicit_bzero((char *)(uintptr_t)octets.at, octets.len);
		memcpy(ret->secret, secret.at ? secret.at : "", secret.len);
		ret->secret[secret.len] = 0;
	}
	arena_finish(&arena);
	return good || refuse(r, "the secret is not base64 of up to 384 octets", S(""));
}

/* statement = word value ";" */
static bool take_statement(struct reader *r, struct tsig_key *ret)
{
	slice word = take_word(&r->at);
	slice value = take_word(&r->at);
	bool good;
	if (slice_eq_nocase(word, S("algorithm"))) {
		good = set_algorithm(r, value, ret);
	} else if (slice_eq_nocase(word, S("secret"))) {
		good = set_secret(r, value, ret);
	} else {
		good = refuse(r, "wanted here is algorithm or secret", S(""));
	}
	return good && take_mark(r, ';');
}

bool tsig_key_parse(slice text, const char *path, struct tsig_key *ret, struct buf *error)
{
	struct reader r = { .at = cursor_of(text), .path = path, .error = error };
	*ret = (struct tsig_key) { 0 };
	if (text.len > TSIG_FILE_OCTETS) {
		return refuse(&r, "too large for a key", S(""));
	}
	slice word = take_word(&r.at);
	if (!slice_eq_nocase(word, S("key"))) {
		return refuse(&r, "wanted here is key \"NAME\" { algorithm ...; secret \"...\"; };", S(""));
	}
	if (!set_name(&r, take_word(&r.at), ret) || !take_mark(&r, '{')) {
		return false;
	}
	for (skip_blank(&r.at); cursor_peek(&r.at) != '}'; skip_blank(&r.at)) {
		if (cursor_is_end(&r.at) || !take_statement(&r, ret)) {
			return r.error->len ? false : refuse(&r, "the key does not end", S(""));
		}
	}
	if (!take_mark(&r, '}')) {
		return false;
	}
	skip_blank(&r.at);
	(void)cursor_take_char(&r.at, ';');
	skip_blank(&r.at);
	if (!cursor_is_end(&r.at)) {
		return refuse(&r, "one key a file; something stands behind it", S(""));
	}
	if (!ret->algorithm || !*ret->secret) {
		return refuse(&r, ret->algorithm ? "the key has no secret" : "the key has no algorithm", S(""));
	}
	return true;
}
