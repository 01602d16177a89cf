/* SPDX-License-Identifier: Apache-2.0 */
/* signature: a DKIM-Signature field (RFC 6376 3.5) as a struct, and its two cousins of ARC (RFC 8617 4.1), which use the
 * same tags.  Text in, struct out: no DNS, no clock, no crypto.
 *
 *     struct dkim_signature s;
 *     TRY(signature_parse(SIGNATURE_DKIM, field, arena, &s));
 *     if (s.fault.result != SIGNET_DKIM_NONE) ...     // it can never verify; the findings say why
 *
 * What could be understood is filled in even if there is a fault, so that reports can name the signer. */
#ifndef SIGNET_DKIM_SIGNATURE_H
#define SIGNET_DKIM_SIGNATURE_H

#include <signet/dkim.h>

#include "../crypto/digest.h"
#include "../crypto/pubkey.h"
#include "../mail/header.h"

#define SIGNATURE_OCTETS_MAX ((size_t)64 << 10) /* a cap of ours: real ones have 400 to 4,000 octets */
#define SIGNATURE_NAMES_MAX 512 /* a cap of ours for h=: real ones have up to 60 */

/* Why a signature cannot pass.  `result` NONE: there is no fault. */
struct dkim_fault {
	enum signet_dkim_result result;
	const char *label; /* the word of the diagnosis, static; NULL: there is none */
};

enum signature_kind {
	SIGNATURE_DKIM, /* DKIM-Signature */
	SIGNATURE_AMS, /* ARC-Message-Signature (RFC 8617 4.1.2): i= is the instance, no v= */
	SIGNATURE_SEAL, /* ARC-Seal (RFC 8617 4.1.3): i= is the instance, cv=, neither h= nor a body */
};

struct dkim_signature {
	const struct mail_field *field;
	struct dkim_fault fault;
	struct signet_findings findings;
	slice algorithm; /* a= as given */
	enum pubkey_kind key_kind; /* what a= asks for, if there is no fault */
	slice octets; /* b= decoded */
	slice b_given; /* b= as given; a part of field->raw (empty but not NULL if b= is empty) */
	slice body_hash; /* bh= decoded, DIGEST_OCTETS long */
	slice domain; /* d=, normal form where it has one, else as given */
	slice selector; /* s= likewise */
	slice names; /* h= as given; read it with tag_take_part(&names, ':', &name) */
	slice identity; /* i= decoded, or "@" and d= */
	slice identity_domain; /* normal form */
	slice copied; /* z= as given; read it with signature_take_copied() */
	bool header_relaxed;
	bool body_relaxed;
	bool has_length;
	uint64_t length; /* l=, UINT64_MAX: more than that */
	int64_t signed_at; /* t=, -1: absent; SIGNATURE_TIME_MAX: more than twelve digits */
	int64_t expires; /* x=, the same */
	unsigned instance; /* ARC: i=, 0: none or not valid */
	slice cv; /* ARC-Seal: cv= as given */
};

#define SIGNATURE_TIME_MAX ((int64_t)1000000000000) /* RFC 6376 3.5: at most twelve digits; more means never */

/* Everything in `*ret` points into the field or lives in `a`.  Fails only for want of memory. */
enum signet_status signature_parse(enum signature_kind kind, const struct mail_field *field, struct signet_arena *a,
				   struct dkim_signature *ret);

/* The normal form of a domain as d= and i= may hold it: letters, digits and inner hyphens only, no final dot. */
bool signature_read_domain(slice given, struct signet_arena *a, slice *ret);

/* How many times each of `names` stands in h=. */
void signature_count_names(const struct dkim_signature *s, const slice names[], size_t n, size_t ret[]);
/* The same for one. */
size_t signature_count_name(const struct dkim_signature *s, slice name);

/* Takes one copied field off z= (start with `*rest` = s->copied): its name and decoded value.  False at the end or if the
 * rest is not readable.  Copies are for people: nothing may be verified with them (RFC 6376 3.5). */
bool signature_take_copied(slice *rest, struct signet_arena *a, slice *ret_name, slice *ret_value);

#endif
