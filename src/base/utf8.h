/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): one sequence at a time. */
#ifndef SIGNET_BASE_UTF8_H
#define SIGNET_BASE_UTF8_H

#include "buf.h"

/* Octets of the well-formed sequence at the start of `s` (1..4); 0 if there is none: overlong, surrogate, past U+10FFFF,
 * cut short, or `s` is empty. */
size_t utf8_length(slice s);
/* The same, and the character it stands for. */
size_t utf8_decode(slice s, uint32_t *ret);
/* Nothing but well-formed sequences. */
bool utf8_is_valid(slice s);
/* Appends the sequence of `character`; U+FFFD for what is no character. */
void utf8_put(struct buf *b, uint32_t character);

#endif
