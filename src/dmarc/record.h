/* SPDX-License-Identifier: Apache-2.0 */
/* One DMARC record: is it one, what does it ask (RFC 9989 4.7, 4.8).  Reading and writing whole records is public:
 * signet_dmarc_record_parse() and _write() of <signet/dmarc.h>. */
#ifndef SIGNET_DMARC_RECORD_H
#define SIGNET_DMARC_RECORD_H

#include <signet/dmarc.h>

#include "../base/slice.h"

/* True if the TXT record is a DMARC record: its first tag is v= and its value exactly "DMARC1" (RFC 9989 4.7).  All
 * other TXT records at the name are as if they were not there. */
bool dmarc_record_is(slice text);
/* The psd= of a DMARC record: 'y', 'n', or 'u' where it is absent or invalid. */
char dmarc_record_psd(slice text);

/* Whose policy is asked for. */
enum dmarc_subject {
	DMARC_SUBJECT_SELF,    /* the domain that holds the record: p */
	DMARC_SUBJECT_BELOW,   /* an existing domain below it: sp, else p */
	DMARC_SUBJECT_MISSING, /* a domain below it that does not exist: np, else sp, else p */
};

/* The policy for `subject`, before t=, and the tag it came from in `*ret_tag` (static).  SIGNET_POLICY_ABSENT: the
 * record asks for nothing at all, DMARC must not be applied (RFC 9989 4.10.1: p absent or invalid, or sp or np there
 * and invalid, and no usable rua); with a usable rua the same record asks for none.  `rfc7489`: np is an unknown tag. */
enum signet_policy dmarc_record_policy(const struct signet_dmarc_record *record, enum dmarc_subject subject,
				       bool rfc7489, const char **ret_tag);
/* One level down: reject -> quarantine -> none (RFC 9989 4.7, t=y; RFC 7489 6.6.4, pct). */
enum signet_policy dmarc_policy_lowered(enum signet_policy policy);

#endif
