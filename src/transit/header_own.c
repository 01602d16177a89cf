/* SPDX-License-Identifier: Apache-2.0 */
/* The signature's own field: it is signed as well, but for the value of b=. */
#include "header.h"

#include "../base/base64.h"
#include "../base/buf.h"
#include "../base/chars.h"
#include "../dkim/verify.h"

/* ---- folding ---- */

/* Every fold becomes `with`. */
static slice refold_all(struct undo *u, slice raw, slice with)
{
	struct buf b;
	buf_init_arena(&b, u->arena, raw.len * 12 + 16);
	for (size_t i = 0; i < raw.len; i++) {
		bool fold = raw.at[i] == '\r' && i + 2 < raw.len && raw.at[i + 1] == '\n';
		if (!fold) {
			buf_put_char(&b, raw.at[i]);
			continue;
		}
		i++;
		while (i + 1 < raw.len && char_is(raw.at[i + 1], C_WSP)) {
			i++;
		}
		buf_put(&b, with);
	}
	return buf_ok(&b) ? buf_slice(&b) : raw;
}

/* Every blank that follows a ";" becomes `with`. */
static slice fold_tags(struct undo *u, slice raw, slice with)
{
	struct buf b;
	buf_init_arena(&b, u->arena, raw.len * 12 + 16);
	for (size_t i = 0; i < raw.len; i++) {
		buf_put_char(&b, raw.at[i]);
		if (raw.at[i] != ';') {
			continue;
		}
		while (i + 1 < raw.len && char_is(raw.at[i + 1], C_WSP)) {
			i++;
		}
		if (i + 1 < raw.len && raw.at[i + 1] != '\r') {
			buf_put(&b, with);
		}
	}
	return buf_ok(&b) ? buf_slice(&b) : raw;
}

/* Folded before the last blank that keeps a line within `width`. */
static slice fold_width(struct undo *u, slice raw, size_t width, slice with)
{
	struct buf b;
	buf_init_arena(&b, u->arena, raw.len * 4 + 16);
	size_t start = 0;
	size_t end = raw.len >= 2 ? raw.len - 2 : 0;
	while (end - start > width) {
		size_t at = start + width;
		while (at > start && raw.at[at] != ' ') {
			at--;
		}
		if (at == start) {
			break;
		}
		buf_put(&b, slice_between(raw.at + start, raw.at + at));
		buf_put(&b, with);
		start = at + 1;
	}
	buf_put(&b, slice_from(raw, start));
	return buf_ok(&b) ? buf_slice(&b) : raw;
}

bool undo_own_folding(struct undo *u)
{
	static const slice with[] = { { " ", 1 },        { "\r\n\t", 3 },        { "\r\n ", 3 },
		                      { "", 0 },         { "\r\n\t\t", 4 },      { "\r\n  ", 4 },
		                      { "\r\n    ", 6 }, { "\r\n        ", 10 }, { "\t", 1 } };
	size_t n = sizeof(with) / sizeof(with[0]);
	slice flat = refold_all(u, u->own_bare, S(" "));
	slice tight = refold_all(u, u->own_bare, S(""));
	for (size_t i = 0; i < n; i++) {
		if (undo_try_own(u, "signature-refolded", refold_all(u, u->own_bare, with[i])) ||
		    undo_try_own(u, "signature-refolded", fold_tags(u, flat, with[i])) ||
		    undo_try_own(u, "signature-refolded", fold_tags(u, tight, with[i]))) {
			return true;
		}
	}
	for (size_t width = 60; !u->signature->header_relaxed && width <= 100; width++) {
		for (size_t i = 1; i < 3; i++) {
			if (undo_try_own(u, "signature-refolded", fold_width(u, flat, width, with[i]))) {
				return true;
			}
		}
	}
	return false;
}

/* ---- damage ---- */

/* The body is what was signed, but bh= does not say so any more. */
bool undo_own_hash(struct undo *u)
{
	slice given = slice_make(NULL, 0);
	slice raw = u->own_bare;
	for (size_t i = 0; i + 3 < raw.len; i++) {
		bool tag = slice_starts(slice_from(raw, i), S("bh=")) && i && char_is(raw.at[i - 1], C_WSP | C_CRLF);
		if (tag || slice_starts(slice_from(raw, i), S(";bh="))) {
			size_t start = i + (tag ? 3 : 4);
			given = slice_first(slice_from(raw, start), slice_find_char(slice_from(raw, start), ';'));
			break;
		}
	}
	uint8_t hash[DIGEST_OCTETS];
	if (!given.at || dkim_body_hash(u->engine, u->signature, u->body, u->arena, hash) != SIGNET_OK) {
		return false;
	}
	struct buf b;
	buf_init_arena(&b, u->arena, 64);
	base64_put(&b, slice_make((char *)hash, sizeof(hash)));
	slice lead = slice_between(given.at, slice_trim_fws(given).at);
	slice bare = ARENA_JOIN(u->arena, slice_between(raw.at, given.at), lead, buf_slice(&b),
	                        slice_between(given.at + given.len, raw.at + raw.len));
	return bare.at && undo_try_own(u, "signature-damaged", bare);
}

/* ---- b= with one wrong digit ---- */

static bool header_digest_now(struct undo *u, uint8_t ret[static DIGEST_OCTETS])
{
	struct field_index index;
	if (field_index_init(&index, u->header, u->arena) != SIGNET_OK) {
		return false;
	}
	slice input = dkim_header_input(&index, u->signature, u->arena);
	return input.at && digest_of(u->engine, input, ret);
}

static bool verifies(struct undo *u, const uint8_t digest[static DIGEST_OCTETS], slice octets)
{
	bool good = false;
	return pubkey_verify(u->engine, u->signature->key_kind, u->key, digest, octets, &good) == SIGNET_OK && good;
}

/* Digits that damage leaves behind more often than others: what people and careless software put in. */
static bool is_suspicious(char c)
{
	return slice_find_char(S("AaBbXxZz019/+Q"), c) != SLICE_NONE;
}

/* One digit of base64 in octets: six bits. */
static void set_digit(char *octets, size_t len, size_t digit, unsigned value)
{
	for (unsigned bit = 0; bit < 6; bit++) {
		size_t at = digit * 6 + bit;
		if (at / 8 < len) {
			unsigned char mask = (unsigned char)(0x80U >> at % 8);
			unsigned char c = (unsigned char)octets[at / 8];
			octets[at / 8] = (char)(value >> (5 - bit) & 1 ? c | mask : c & ~mask);
		}
	}
}

static unsigned get_digit(const char *octets, size_t len, size_t digit)
{
	unsigned value = 0;
	for (unsigned bit = 0; bit < 6; bit++) {
		size_t at = digit * 6 + bit;
		unsigned octet = at / 8 < len ? (unsigned char)octets[at / 8] : 0;
		unsigned one = octet >> (7 - at % 8) & 1;
		value = value << 1 | one;
	}
	return value;
}

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool undo_digit(struct undo *u, const uint8_t digest[static DIGEST_OCTETS])
{
	slice octets = arena_copy(u->arena, u->signature->octets);
	char *at = (char *)(uintptr_t)octets.at;
	size_t n = (octets.len * 8 + 5) / 6;
	for (size_t i = 0; at && i < n; i++) {
		unsigned was = get_digit(at, octets.len, i);
		unsigned swapped = was < 26 ? was + 26 : was < 52 ? was - 26 : was;
		for (unsigned v = 0; v < 64 && u->trials_left; v++) {
			if (v == was || (v != swapped && !is_suspicious(digits64[was]))) {
				continue;
			}
			u->trials_left--;
			set_digit(at, octets.len, i, v);
			if (verifies(u, digest, octets)) {
				u->label = "signature-damaged";
				return true;
			}
		}
		set_digit(at, octets.len, i, was);
	}
	return false;
}

bool undo_own_damage(struct undo *u)
{
	uint8_t digest[DIGEST_OCTETS];
	return !u->digest_known && header_digest_now(u, digest) && undo_digit(u, digest);
}
