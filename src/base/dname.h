/* SPDX-License-Identifier: Apache-2.0 */
/* dname: a domain name as on the wire, uncompressed (RFC 1035 3.1): length octet and label, ..., the empty label.
 *
 * Our text form has no escapes: every octet but a dot may stand in a label.  So text -> wire is exact.  wire -> text
 * writes what a label cannot show (a dot, a backslash, a space, control and 8-bit octets) as backslash and three digits
 * (RFC 1035 5.1): a name with a backslash is never in normal form (name.h), so it equals no good name. */
#ifndef SIGNET_BASE_DNAME_H
#define SIGNET_BASE_DNAME_H

#include "buf.h"

#define DNAME_OCTETS 255 /* RFC 1035 2.3.4, with all length octets */
#define DNAME_TEXT_OCTETS (4 * DNAME_OCTETS) /* the longest text form, every octet escaped */

struct dname {
	size_t len;
	char at[DNAME_OCTETS];
};

static inline slice dname_slice(const struct dname *name)
{
	return slice_make(name->at, name->len);
}

/* `text` with or without its final dot; "" and "." are the root.  False, `*ret` undefined: a label is empty or longer
 * than 63 octets, or the name longer than 255. */
bool dname_of_text(slice text, struct dname *ret);
/* ASCII letters to lower case; length octets are below "A" and stay. */
void dname_lower(struct dname *name);
/* Appends the text form without the final dot; the root is "".  `wire` must be whole. */
void dname_put_text(struct buf *b, slice wire);
/* Without the leftmost label; the root stays the root. */
slice dname_parent(slice wire);

#endif
