/* SPDX-License-Identifier: Apache-2.0 */
/* Domain names: one normal form for every comparison and every question.
 *
 * The normal form is A-labels, ASCII lower case, no final dot, labels of 1..63 and 253 octets in all.  Underscores are
 * allowed (RFC 8553).  Two names are equal if their normal forms are the same octets; nothing else is ever compared. */
#ifndef SIGNET_BASE_NAME_H
#define SIGNET_BASE_NAME_H

#include "arena.h"

#define NAME_OCTETS 253 /* RFC 1035 2.3.4, text form without the final dot */
#define LABEL_OCTETS 63

enum name_kind {
	NAME_BAD,  /* empty, too long, an empty label, not convertible (RFC 8616 4), or octets no host name holds */
	NAME_GOOD,
};

/* The normal form of a name as found in mail or DNS: U-labels are converted by IDNA2008 (UTS 46 mapping, as mail
 * programs show them); an A-label that does not decode, or decodes to plain ASCII, is no name (NAME_BAD).  Letters,
 * digits, "-" and "_" only.  `*ret` lives in `a`, or is a part of `name` if nothing had to change; untouched on NAME_BAD. */
enum name_kind name_normalize(slice name, struct signet_arena *a, slice *ret);
/* True if `name` is in text form acceptable to a DNS question: labels 1..63, at most 253 octets, any octets but dots in
 * a label.  One final dot is ignored. */
bool name_is_askable(slice name);
size_t name_count_labels(slice name);
/* Without the leftmost label; empty for a single label. */
slice name_parent(slice name);
/* The last n labels (all, if there are fewer). */
slice name_last_labels(slice name, size_t n);
/* True if both are the same, or `name` ends with "." `ancestor`; ASCII case and one final dot are ignored. */
bool name_is_at_or_below(slice name, slice ancestor);
bool name_eq(slice a, slice b);
/* Without one final dot. */
slice name_without_dot(slice name);
/* For people: U-labels where they convert back, else the name itself.  Lives in `a`. */
slice name_display(slice name, struct signet_arena *a);

#endif
