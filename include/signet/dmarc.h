/* SPDX-License-Identifier: Apache-2.0 */
/* DMARC (RFC 9989): the policy for an Author Domain, and whether given evidence satisfies it.
 *
 *     struct signet_dmarc_query q = { .author = domain, .evidence = list, .n_evidence = n };
 *     struct signet_dmarc dmarc;
 *     status = signet_dmarc_eval(&q, book, arena, &dmarc);   // may be SIGNET_PENDING: resolver.h
 *
 * DMARC knows no SPF and no DKIM: it is given (mechanism, domain, outcome). */
#ifndef SIGNET_DMARC_H
#define SIGNET_DMARC_H

#include <signet/resolver.h>

enum signet_dmarc_result {
	SIGNET_DMARC_NONE,
	SIGNET_DMARC_PASS,
	SIGNET_DMARC_FAIL,
	SIGNET_DMARC_TEMPERROR,
	SIGNET_DMARC_PERMERROR,
};
SIGNET_PUBLIC const char *signet_dmarc_result_name(enum signet_dmarc_result result);

enum signet_policy {
	SIGNET_POLICY_ABSENT, /* the tag is not there, or no record applies */
	SIGNET_POLICY_NONE,
	SIGNET_POLICY_QUARANTINE,
	SIGNET_POLICY_REJECT,
	SIGNET_POLICY_INVALID, /* the tag is there and holds no policy word */
};
/* "none", "quarantine", "reject"; NULL for absent and invalid. */
SIGNET_PUBLIC const char *signet_policy_name(enum signet_policy policy);

/* One record as published, with defaults for what is absent or invalid (RFC 9989 4.7). */
struct signet_dmarc_record {
	signet_slice name;  /* the domain, without "_dmarc."; set by discovery, not by reading a text */
	signet_slice text;
	enum signet_policy p, sp, np; /* as published: ABSENT and INVALID included */
	bool dkim_strict;   /* adkim=s */
	bool spf_strict;    /* aspf=s */
	bool testing;       /* t=y */
	char psd;           /* 'y', 'n' or 'u' */
	unsigned pct;       /* 100 if absent; for the RFC 7489 mode */
	bool has_fo;        /* fo is there and valid */
	signet_slice fo;    /* "0" if absent or invalid */
	const signet_slice *rua;
	size_t n_rua;       /* syntactically valid URIs, without the obsolete size suffix */
	const signet_slice *ruf;
	size_t n_ruf;
};

/* Reads one TXT record, as tolerant as a receiver must be (RFC 9989 4.7, 4.8): unknown tags are passed over, broken ones
 * count as absent.  What a linter would say is in `findings`, with offsets into `text`.  False, and `*ret` untouched, if
 * it is no DMARC record at all.  Texts point into `text`, the lists live in `arena`. */
SIGNET_PUBLIC bool signet_dmarc_record_parse(signet_slice text, struct signet_arena *arena,
					     struct signet_findings *findings, struct signet_dmarc_record *ret);
/* The record as text, tags with their default left out; reading it back gives the same struct as long as no policy is
 * INVALID.  Lives in `arena`; the empty slice if memory is short or it would pass 65,535 octets. */
SIGNET_PUBLIC signet_slice signet_dmarc_record_write(const struct signet_dmarc_record *record,
						     struct signet_arena *arena);

/* One question of the tree walk and what came back. */
struct signet_dmarc_step {
	signet_slice name;  /* without "_dmarc." */
	enum signet_dns_status status;
	bool has_record;    /* exactly one DMARC record */
	signet_slice record;
};

enum signet_mechanism {
	SIGNET_MECHANISM_SPF,
	SIGNET_MECHANISM_DKIM,
};

enum signet_outcome {
	SIGNET_OUTCOME_NOT,   /* completed without a pass */
	SIGNET_OUTCOME_PASS,
	SIGNET_OUTCOME_ERROR, /* a transient error: could still have been a pass */
};

/* What another mechanism proved. */
struct signet_dmarc_evidence {
	enum signet_mechanism mechanism;
	signet_slice domain;  /* MAIL FROM domain, or d= */
	enum signet_outcome outcome;
	bool aligned;         /* set by signet_dmarc_eval, whatever the outcome */
};

/* A public suffix list (RFC 7489 3.2).  Opening reads a file: do it before the sandbox closes.  A list may be used by any
 * number of threads.  signet_psl_organizational_domain: the registered domain of `domain` in normal form, or the empty
 * slice if it has none (a public suffix, no name); lives in `arena`. */
struct signet_psl;
SIGNET_PUBLIC struct signet_psl *signet_psl_open(const char *path); /* NULL path: the system's list; NULL: cannot be read */
SIGNET_PUBLIC void signet_psl_close(struct signet_psl *psl);
SIGNET_PUBLIC signet_slice signet_psl_organizational_domain(const struct signet_psl *psl, signet_slice domain,
							   struct signet_arena *arena);

struct signet_dmarc_query {
	signet_slice author;                      /* one Author Domain, normal form */
	struct signet_dmarc_evidence *evidence;   /* `aligned` is written */
	size_t n_evidence;
	bool rfc7489;                             /* PSL organizational domain, pct honoured */
	const struct signet_psl *psl;             /* for rfc7489 and the comparison; may be NULL otherwise */
	unsigned pct_draw;                        /* 0..99: a stable number of the message for pct */
};

struct signet_dmarc {
	enum signet_dmarc_result result;
	signet_slice domain;                 /* the Author Domain */
	bool found;                          /* a record was found; with result none it is one that cannot be used */
	struct signet_dmarc_record record;   /* if found */
	signet_slice policy_domain;          /* the name of the record, empty: none */
	signet_slice organizational_domain;  /* by the mode in force */
	signet_slice psl_domain;             /* by the PSL, if one was given */
	enum signet_policy policy;           /* effective after sp and np, before t; ABSENT: none applies */
	const char *policy_tag;              /* "p", "sp" or "np": where it came from */
	bool testing;
	enum signet_policy published;        /* after sp, np and t: policy.dmarc, the same on pass and fail */
	enum signet_policy disposition;      /* what the owner asks for: `published` on fail, else NONE */
	bool sampled_out;                    /* RFC 7489 mode: pct spared it */
	bool author_exists;                  /* the Author Domain is not NXDOMAIN */
	bool discovery_error;                /* the policy look-up itself failed: result temperror */
	bool aligned_by_spf, aligned_by_dkim;
	const struct signet_dmarc_step *walk;
	size_t n_walk;
	struct signet_findings findings;
};

/* Discovery and evaluation.  SIGNET_PENDING: the book has questions.  SIGNET_MISUSE: rfc7489 without a psl.  An author no
 * DNS question can carry gives permerror.  Texts of `*ret` live in `arena`, in the book and in the query. */
SIGNET_PUBLIC enum signet_status signet_dmarc_eval(const struct signet_dmarc_query *query, struct signet_book *book,
						   struct signet_arena *arena, struct signet_dmarc *ret);

/* May reports about `policy_domain` (the name whose record asks for them) go to `uri`? */
enum signet_consent {
	SIGNET_CONSENT_NOT_NEEDED, /* both are of one Organizational Domain */
	SIGNET_CONSENT_GIVEN,
	SIGNET_CONSENT_REFUSED,    /* the URI must be ignored */
	SIGNET_CONSENT_UNKNOWN,    /* an answer is lost: try again later */
};
SIGNET_PUBLIC const char *signet_consent_name(enum signet_consent consent);

struct signet_external {
	enum signet_consent consent;
	signet_slice host;           /* where the URI leads, normal form; empty: nowhere, or to more than one host */
	signet_slice question;       /* the name that was asked for consent; empty: none was */
	const signet_slice *instead; /* if given: addresses at the same host that replace the URI */
	size_t n_instead;
};

/* RFC 9990 4.  Several consenting records are as good as one; a replacement at another host voids the consent.
 * SIGNET_PENDING: the book has questions. */
SIGNET_PUBLIC enum signet_status signet_dmarc_external(signet_slice policy_domain, signet_slice uri,
						       struct signet_book *book, struct signet_arena *arena,
						       struct signet_external *ret);

#endif
