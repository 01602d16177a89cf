/* SPDX-License-Identifier: Apache-2.0 */
/* Who claims to have written this message?  The Author Domains of its From fields (RFC 9989 4.2, 5.3.1). */
#ifndef SIGNET_MAIL_IDENTITY_H
#define SIGNET_MAIL_IDENTITY_H

#include <signet/check.h>

#include "header.h"

struct mail_identity {
	size_t n_from_fields;
	struct signet_author *authors; /* every mailbox of every From field, in order */
	size_t n_authors;
	const slice *domains;          /* the distinct usable domains in normal form */
	size_t n_domains;
	bool unusable;                 /* a mailbox whose domain is missing, invalid or ambiguous */
};

/* Reads all From fields.  Attackers write From so that two programs read two domains: where a field can honestly be read
 * in two ways every domain that any reading shows is listed, and a finding says why. */
enum signet_status identity_find(const struct mail_header *h, struct signet_arena *a, struct signet_findings *notes,
				 struct mail_identity *ret);

#endif
