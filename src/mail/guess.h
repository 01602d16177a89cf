/* SPDX-License-Identifier: Apache-2.0 */
/* The other readings of an address field that breaks the grammar: whatever stands around an "@".
 *
 * Used by address.c only.  A program that searches instead of parsing, one that ends a text at NUL, one that decodes
 * encoded-words first, one that forgets about quotes: each sees some "@" with a name behind it. */
#ifndef SIGNET_MAIL_GUESS_H
#define SIGNET_MAIL_GUESS_H

#include "../base/arena.h"

struct guess {
	slice local; /* as far as it can be told */
	slice domain;
	slice address; /* from the local-part to the end of the domain */
	size_t offset; /* of the "@" */
};

/* Where they go.  `seen` is called for each; false ends the search. */
struct guess_sink {
	bool (*seen)(void *data, struct guess guess);
	void *data;
};

/* Reports every "@" of `text` that a name or a literal follows.  `everywhere`: inside quoted-strings and comments too
 * (their bounds are in doubt); else only outside.  Slices point into `text` or live in `a`. */
void guess_addresses(slice text, bool everywhere, struct signet_arena *a, struct guess_sink sink);

#endif
