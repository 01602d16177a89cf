/* SPDX-License-Identifier: Apache-2.0 */
/* Which Authentication-Results fields of a message may be believed (RFC 8601 4.1, 7.1)?
 *
 * Believed is a field whose authserv-id is listed AND that stands above the first Received field written by a host that
 * is not ours: below that line anybody may have written it.  The list starts empty, so nobody is believed by default. */
#ifndef SIGNET_AUTHRES_TRUST_H
#define SIGNET_AUTHRES_TRUST_H

#include <signet/authres.h>

#include "../mail/header.h"

struct authres_trust {
	const slice *ids; /* as signet_authres_id_matches() takes them */
	size_t n_ids;
	enum signet_authres_mode mode;
	size_t own_hops; /* Received fields at the top that our own hosts wrote */
};

struct authres_believed {
	const struct signet_authres *fields; /* the topmost first; all of them together are one opinion */
	const slice *values; /* the same fields as written */
	size_t n;
};

/* Reads every Authentication-Results field that may be believed.  A listed field that cannot be read is passed over, with
 * a finding. */
enum signet_status authres_believed(const struct mail_header *header, const struct authres_trust *trust,
				    struct signet_arena *a, struct signet_findings *notes,
				    struct authres_believed *ret);

#endif
