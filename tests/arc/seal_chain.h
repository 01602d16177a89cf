/* SPDX-License-Identifier: Apache-2.0 */
/* A message with a chain of seals made in this run, each hop by its own words: for the tests of arc and of the modes.
 *
 *     rsa = signer_new_rsa(2048, 65537);
 *     slice message = seal_chain(NULL, 2, S(MESSAGE), &arena);     // two usual hops */
#ifndef SIGNET_TESTS_SEAL_CHAIN_H
#define SIGNET_TESTS_SEAL_CHAIN_H

#include <stdio.h>
#include <stdlib.h>

#include "../support/reference.h"
#include "../support/signer.h"

/* What a hop writes.  NULL: the usual text.  "%" in a text stands for the instance. */
struct hop {
	const char *results, *message, *seal;
	const char *from, *to; /* the hop changes the message before it seals: `from` becomes `to` */
};

static struct signer *rsa, *ed25519, *small;

static inline slice change(slice message, const char *from, const char *to, struct signet_arena *a)
{
	size_t at = slice_find(message, slice_of(from));
	if (at == SLICE_NONE) {
		abort();
	}
	return ARENA_JOIN(a, slice_first(message, at), slice_of(to), slice_from(message, at + strlen(from)));
}

static inline const char *with_instance(const char *text, unsigned i, struct signet_arena *a)
{
	char number[12];
	snprintf(number, sizeof(number), "%u", i);
	return ARENA_JOIN(a, replace_text(slice_of(text), "%", slice_of(number), a), slice_make("", 1)).at;
}

static inline const struct signer *signer_of(const char *tags)
{
	return strstr(tags, "ed25519") ? ed25519 : strstr(tags, "s=small") ? small : rsa;
}

/* The seal over everything of this and the older sets, which stand in `sets` in their order. */
static inline slice seal_set(struct buf *sets, slice results, slice message, const char *tags, struct signet_arena *a)
{
	reference_field(sets, true, results);
	reference_field(sets, true, message);
	slice field = ARENA_JOIN(a, S("ARC-Seal: "), slice_of(tags), S("\r\n"));
	size_t len = sets->len;
	reference_field(sets, true, replace_text(field, "{b}", S(""), a));
	slice b = sign_octets(signer_of(tags), slice_first(buf_slice(sets), sets->len - 2), a);
	sets->len = len;
	slice seal = replace_text(field, "{b}", b, a);
	reference_field(sets, true, seal);
	return seal;
}

static inline slice seal_chain(const struct hop hops[], unsigned n, slice message, struct signet_arena *a)
{
	static const struct hop usual = {
		"i=%; hop%.example; spf=pass smtp.mailfrom=joe@author.example; dmarc=pass header.from=author.example",
		"i=%; a=rsa-sha256; d=hop%.example; s=s; c=relaxed/relaxed; h=from:to:subject; bh={bh}; b={b}", NULL,
		NULL, NULL
	};
	static const struct sign_how how = { .field = "ARC-Message-Signature" };
	struct buf sets;
	buf_init(&sets, (size_t)8 << 20);
	for (unsigned i = 1; i <= n; i++) {
		const struct hop *hop = hops ? &hops[i - 1] : &usual;
		if (hop->from) {
			message = change(message, hop->from, hop->to, a);
		}
		const char *tags = with_instance(hop->message ? hop->message : usual.message, i, a);
		const char *usual_seal = i == 1 ? "i=%; a=rsa-sha256; cv=none; d=hop%.example; s=s; b={b}"
						: "i=%; a=rsa-sha256; cv=pass; d=hop%.example; s=s; b={b}";
		slice results = ARENA_JOIN(a, S("ARC-Authentication-Results: "),
					   slice_of(with_instance(hop->results ? hop->results : usual.results, i, a)),
					   S("\r\n"));
		slice signed_message = sign_message_as(signer_of(tags), &how, tags, message, a);
		slice ams = slice_first(signed_message, signed_message.len - message.len);
		slice seal = seal_set(&sets, results, ams, with_instance(hop->seal ? hop->seal : usual_seal, i, a), a);
		message = ARENA_JOIN(a, seal, ams, results, message);
	}
	buf_finish(&sets);
	return message;
}

#endif
