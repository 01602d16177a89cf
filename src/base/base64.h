/* SPDX-License-Identifier: Apache-2.0 */
/* base64 (RFC 4648 4) as tag lists and MIME use it. */
#ifndef SIGNET_BASE_BASE64_H
#define SIGNET_BASE_BASE64_H

#include "arena.h"
#include "buf.h"

enum base64_padding {
	BASE64_PADDED,  /* the final "=" must be there (RFC 6376 2.10 base64string) */
	BASE64_LENIENT, /* missing padding is accepted */
};

/* Decodes `text`, skipping FWS (SP, HTAB, CR, LF) anywhere.  Any other octet, padding in the middle or a lone last digit
 * is refused: false, `*ret` untouched.  `*ret` lives in `a`; false also if `a` is full (then a->failed). */
bool base64_decode(slice text, enum base64_padding padding, struct signet_arena *a, slice *ret);
/* Appends the text with padding and without line breaks. */
void base64_put(struct buf *b, slice octets);

#endif
