/* SPDX-License-Identifier: Apache-2.0 */
/* Who claims to have written this message?  The Author Domains of its From fields (RFC 9989 4.2, 5.3.1). */
#ifndef SIGNET_MAIL_IDENTITY_H
#define SIGNET_MAIL_IDENTITY_H

#include <signet/check.h>

#include "header.h"

struct mail_identity {
	size_t n_from_fields;
	struct signet_author
		*authors; /* every mailbox of every From field, in order; then those that only other readings
					* of the header show, once per domain */
	size_t n_authors;
	const slice *domains; /* the distinct usable domains in normal form */
	size_t n_domains;
	bool unusable; /* an author whose domain is missing, invalid or not known for certain: an address
					* without a name of DNS, a field without any address, a list that was cut at a cap.
					* Words without "@" beside a real address do not count. */
	bool ambiguous; /* some reader may see an author that the grammar does not: a malformed From, or one
					* that only shows when a bare CR or LF ends a line */
};

#define IDENTITY_DOMAINS_MAX 100 /* a cap of ours, far above the 10 that are evaluated; past it: unusable */

/* Reads all From fields.  Attackers write From so that two programs read two domains: where a field can honestly be read
 * in two ways every domain that any reading shows is listed, and a finding says why. */
enum signet_status identity_find(const struct mail_header *h, struct signet_arena *a, struct signet_findings *notes,
				 struct mail_identity *ret);

#endif
