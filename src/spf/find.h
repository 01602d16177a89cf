/* SPDX-License-Identifier: Apache-2.0 */
/* Which TXT record of a domain is its SPF record (RFC 7208 3, 4.4, 4.5)?
 *
 * The caller asks the book; this looks at the answer.  Only texts that qualify are ever read, so TXT records of other
 * protocols may hold anything. */
#ifndef SIGNET_SPF_FIND_H
#define SIGNET_SPF_FIND_H

#include "../base/finding.h"
#include "../dns/book.h"

enum spf_found {
	SPF_FOUND_NONE, /* no record, or no such name */
	SPF_FOUND_ONE,
	SPF_FOUND_SEVERAL, /* permerror, even if they are equal */
	SPF_FOUND_ERROR, /* no usable answer: temperror */
};

/* On SPF_FOUND_ONE `*ret` is the text; it lives as long as the answer.  Otherwise untouched. */
enum spf_found spf_find(slice domain, const struct signet_answer *txt, struct signet_findings *notes, slice *ret);

#endif
