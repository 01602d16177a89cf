/* SPDX-License-Identifier: Apache-2.0 */
/* find: the key of a signature (RFC 6376 3.6.2, 6.1.2), out of the answer book. */
#ifndef SIGNET_DKIM_FIND_H
#define SIGNET_DKIM_FIND_H

#include "../dns/book.h"
#include "key.h"

/* <selector>._domainkey.<domain>; empty if memory is short. */
slice key_name(slice selector, slice domain, struct signet_arena *a);

/* Asks the book for the key of `s`.  On SIGNET_OK `ret->fault` says what is wrong (temperror: the answer may be another
 * one later), or NONE: the key fits `s` and can be used.  Everything in `*ret` lives in `a` or in the book.
 * `*ret_secure`: the answer came with DNSSEC. */
enum signet_status key_find(struct signet_book *book, const struct dkim_signature *s, struct signet_arena *a,
			    struct signet_findings *notes, struct dkim_key *ret, bool *ret_secure);

#endif
