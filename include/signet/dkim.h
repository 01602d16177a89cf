/* SPDX-License-Identifier: Apache-2.0 */
/* DKIM (RFC 6376, 8301, 8463): what a verifier found out about each signature.  Messages are verified through
 * <signet/check.h>, which hashes the body once for all signatures. */
#ifndef SIGNET_DKIM_H
#define SIGNET_DKIM_H

#include <signet/types.h>

enum signet_dkim_result { /* the words of RFC 8601 2.7.1 */
	SIGNET_DKIM_NONE,
	SIGNET_DKIM_PASS,
	SIGNET_DKIM_FAIL,
	SIGNET_DKIM_POLICY,    /* verified, but local policy does not accept it: octets past l=... */
	SIGNET_DKIM_NEUTRAL,
	SIGNET_DKIM_TEMPERROR,
	SIGNET_DKIM_PERMERROR,
};

SIGNET_PUBLIC const char *signet_dkim_result_name(enum signet_dkim_result result);

/* Three-valued: not computed, wrong, right. */
enum signet_truth {
	SIGNET_UNKNOWN,
	SIGNET_FALSE,
	SIGNET_TRUE,
};

/* How sure a named transformation is. */
enum signet_evidence {
	SIGNET_EVIDENCE_NONE,
	SIGNET_EVIDENCE_HINTED, /* traces point to it */
	SIGNET_EVIDENCE_STATED, /* key, tag or l= says so */
	SIGNET_EVIDENCE_PROVED, /* undoing it restores the signed hash */
};

/* "none", "hinted", "stated", "proved" */
SIGNET_PUBLIC const char *signet_evidence_name(enum signet_evidence evidence);

struct signet_dkim {
	size_t field;             /* index of the DKIM-Signature field among all fields, the topmost is 0 */
	enum signet_dkim_result result;
	signet_slice domain;      /* d=, normal form where it has one, else as given */
	signet_slice selector;    /* s= */
	signet_slice algorithm;   /* a= as given */
	signet_slice identity;    /* i= decoded, or "@" and d= */
	signet_slice b_prefix;    /* the first 8 characters of b= (RFC 6008) */
	signet_slice signed_names; /* h= as given */
	signet_slice key_record;  /* the text of the key record used */
	unsigned key_bits;        /* 0: no key */
	enum signet_truth header_ok; /* the signature over the header is right */
	enum signet_truth body_ok;   /* the body hash is right */
	bool aligned;             /* d= aligns with the Author Domain, whatever the result */
	bool testing;             /* t=y in the key record */
	bool secure;              /* the key came with DNSSEC */
	bool header_relaxed;
	bool body_relaxed;
	bool has_length;          /* l= is there */
	uint64_t length;          /* l=, octets of canonical body */
	uint64_t uncovered;       /* canonical octets past l= */
	int64_t signed_at;        /* t=, -1: absent */
	int64_t expires;          /* x=, -1: absent */
	const char *transformation; /* static label of the diagnosis, NULL: none needed or none found */
	enum signet_evidence evidence;
	struct signet_findings findings;
};

#endif
