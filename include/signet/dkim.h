/* SPDX-License-Identifier: Apache-2.0 */
/* DKIM (RFC 6376, 8301, 8463): what a verifier found out about each signature.  Messages are verified through
 * <signet/check.h>, which hashes the body once for all signatures. */
#ifndef SIGNET_DKIM_H
#define SIGNET_DKIM_H

#include <signet/privkey.h>
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

/* ---- Key records (RFC 6376 3.6.1, RFC 8463 4): for those who publish keys and watch over them ---- */

struct signet_dkim_key {
	bool is_record;       /* the text can be read as a key record, whatever it says */
	const char *fault;    /* why no verifier uses the key: "key-revoked", "key-syntax", "key-weak"... NULL: it is fit for use */
	enum signet_algorithm algorithm; /* by k= */
	bool revoked;         /* p= is empty */
	bool testing;         /* t=y */
	bool strict;          /* t=s */
	unsigned bits;        /* 0: not readable */
	signet_slice public;  /* p= decoded */
	struct signet_findings findings;
};

/* Reads the text of a TXT record as a verifier does.  Everything in `*ret` points into `text` or lives in `a`.  Fails only
 * for want of memory. */
SIGNET_PUBLIC enum signet_status signet_dkim_key_read(signet_slice text, struct signet_arena *a,
                                                      struct signet_dkim_key *ret);
/* True if the record holds the public half of `private`, whichever of the two forms RSA keys are published in. */
SIGNET_PUBLIC bool signet_dkim_key_is_of(const struct signet_dkim_key *key, const struct signet_privkey *private);

/* The text of the record for a key: "v=DKIM1; k=rsa; p=...".  `public` as signet_privkey_public() gives it; empty: the record
 * of a revoked key.  Lives in `a`; empty if `a` is full. */
SIGNET_PUBLIC signet_slice signet_dkim_key_record(enum signet_algorithm algorithm, signet_slice public,
                                                  struct signet_arena *a);
/* Where it is published: SELECTOR._domainkey.DOMAIN (RFC 6376 3.6.2.1).  Lives in `a`; empty if `a` is full. */
SIGNET_PUBLIC signet_slice signet_dkim_key_name(signet_slice selector, signet_slice domain, struct signet_arena *a);

#endif
