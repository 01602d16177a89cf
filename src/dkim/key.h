/* SPDX-License-Identifier: Apache-2.0 */
/* key: a DKIM key record (RFC 6376 3.6.1, RFC 8463 4) as a struct.
 *
 *     struct dkim_key key;
 *     TRY(key_parse(text, arena, notes, &key));
 *     if (key.fault.result == SIGNET_DKIM_NONE) ...    // fit for checking signatures with key.kind
 *
 * The first fault counts, in this order: v=, h=, p= empty (revoked), k=, s=, what p= holds (RFC 6376 6.1.2). */
#ifndef SIGNET_DKIM_KEY_H
#define SIGNET_DKIM_KEY_H

#include "signature.h"

#define KEY_RECORD_OCTETS 4096 /* room for the record of an RSA key of 8192 bits */

struct dkim_key {
	slice record; /* the whole text */
	bool is_record; /* the text is a key record: it could be read, whatever it says */
	struct dkim_fault fault; /* NONE: the key can be used */
	enum pubkey_kind kind;
	bool other_kind; /* k= names a kind we do not know */
	bool is_late_fault; /* the fault was found past k=: that the kind is not that of a= goes before it */
	slice octets; /* p= decoded; empty: revoked or unreadable */
	unsigned bits;
	uint64_t exponent;
	bool testing; /* t=y */
	bool strict; /* t=s: the domain of i= must be d= itself */
};

/* Everything in `*ret` and in the findings points into `text` or lives in `a`.  Fails only for want of memory. */
enum signet_status key_parse(slice text, struct signet_arena *a, struct signet_findings *notes, struct dkim_key *ret);

#endif
