/* SPDX-License-Identifier: Apache-2.0 */
/* Macros (RFC 7208 7): the part of a record that depends on who is sending.
 *
 *     unsigned letters;
 *     size_t flaw;
 *     if (spf_macro_check(spec, SPF_IN_DOMAIN, &letters, &flaw)) {
 *             spf_macro_name(spec, &values, arena, &name);
 *     }
 *
 * Syntax is checked once, before anything is expanded: what a HELO expands to can never make a record wrong.
 * Expansion needs fixed memory whatever the length of spec and values.  %{p} needs DNS: the caller sees its letter in
 * `letters` and sets values.validated first. */
#ifndef SIGNET_SPF_MACRO_H
#define SIGNET_SPF_MACRO_H

#include "../base/arena.h"
#include "../base/cursor.h"

#define SPF_EXPLANATION_OCTETS 400 /* an SMTP reply line holds 512 with its code (RFC 5321 4.5.3.1.5) */

enum spf_macro_place {
	SPF_IN_DOMAIN, /* domain-spec or modifier value: letters s l o d i p v h */
	SPF_IN_EXPLANATION, /* the text of exp=: c, r, t and SP too */
};

/* The bit of a macro letter in a set of letters. */
#define SPF_LETTER(c) (1u << ((c) - 'a'))
#define SPF_LETTERS_OF_SENDER (SPF_LETTER('s') | SPF_LETTER('l') | SPF_LETTER('o') | SPF_LETTER('h'))

/* What the letters stand for.  Names are A-labels without a final dot (RFC 8616 4). */
struct spf_values {
	slice sender; /* s */
	slice local; /* l */
	slice origin; /* o: the domain of the sender, the same through all includes */
	slice domain; /* d: the domain whose record is being read */
	slice helo; /* h */
	slice receiver; /* r */
	slice validated; /* p */
	struct signet_ip ip;
	int64_t now;
};

/* True if `text` is a macro-string.  `*letters` is the set of letters used; on failure `*flaw` is the offset of what
 * broke the grammar. */
bool spf_macro_check(slice text, enum spf_macro_place place, unsigned *letters, size_t *flaw);
/* Expands a checked domain-spec to a name: no final dot, at most 253 octets, labels dropped from the left (RFC 7208
 * 7.3).  It need not be a name that can be asked.  Lives in `a` or is part of `spec`; false if memory is short. */
bool spf_macro_name(slice spec, const struct spf_values *values, struct signet_arena *a, slice *ret);
/* Expands a checked explanation to at most SPF_EXPLANATION_OCTETS of printable ASCII: octets that could break an SMTP
 * reply become "?" (RFC 7208 11.5.2).  False if memory is short. */
bool spf_macro_text(slice text, const struct spf_values *values, struct signet_arena *a, slice *ret);

#endif
