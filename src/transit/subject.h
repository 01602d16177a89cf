/* SPDX-License-Identifier: Apache-2.0 */
/* subject: what is looked into, one failed signature. */
#ifndef SIGNET_TRANSIT_SUBJECT_H
#define SIGNET_TRANSIT_SUBJECT_H

#include "../dkim/verify.h"

/* Bodies above this are not looked at (finding transit.not-analysed). */
#define TRANSIT_BODY_MAX ((size_t)16 << 20)

/* One signature that failed. */
struct transit_subject {
	const struct dkim_signature *signature;
	slice key; /* the public key, as dkim_key.octets; empty: none */
	enum signet_truth header_ok;
	enum signet_truth body_ok;
	bool body_lost; /* `body` is not all of it */
	const char **transformation; /* written: a static word; left alone if nothing is known */
	enum signet_evidence *evidence;
	struct signet_findings *findings; /* transit.* are added; may be NULL */
};

#endif
