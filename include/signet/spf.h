/* SPDX-License-Identifier: Apache-2.0 */
/* SPF (RFC 7208): may this address send mail for that domain?
 *
 *     struct signet_spf_query q = { .identity = SIGNET_SPF_MAILFROM, .ip = ip, .helo = helo, .mail_from = sender };
 *     struct signet_spf spf;
 *     enum signet_status status = signet_spf_eval(&q, book, arena, &spf);   // may be SIGNET_PENDING: resolver.h
 */
#ifndef SIGNET_SPF_H
#define SIGNET_SPF_H

#include <signet/resolver.h>

enum signet_spf_result { /* RFC 7208 2.6 */
	SIGNET_SPF_NONE,
	SIGNET_SPF_NEUTRAL,
	SIGNET_SPF_PASS,
	SIGNET_SPF_FAIL,
	SIGNET_SPF_SOFTFAIL,
	SIGNET_SPF_TEMPERROR,
	SIGNET_SPF_PERMERROR,
};

/* "none", "neutral"... */
SIGNET_PUBLIC const char *signet_spf_result_name(enum signet_spf_result result);

/* The codes with which a receiver that acts on SPF alone may refuse or defer (RFC 7208 8, RFC 7372 3.2), "550 5.7.23";
 * NULL: neither. */
SIGNET_PUBLIC const char *signet_spf_reply(enum signet_spf_result result);

enum signet_spf_identity {
	SIGNET_SPF_MAILFROM, /* RFC 7208 2.4 */
	SIGNET_SPF_HELO,     /* RFC 7208 2.3 */
};

struct signet_spf_query {
	enum signet_spf_identity identity;
	struct signet_ip ip;     /* an IPv4-mapped IPv6 address counts as IPv4 */
	signet_slice helo;       /* as given in the last HELO or EHLO; may be empty */
	signet_slice mail_from;  /* reverse-path without <>; empty: the null sender, checked as postmaster@helo; without
				  * "@": a domain, local-part postmaster */
	signet_slice receiver;   /* our host name for %{r}; empty: "unknown" */
	int64_t now;             /* seconds since 1970, for %{t} */
	unsigned max_voids;      /* void look-ups allowed; 0: the default of 2 (RFC 7208 4.6.4) */
	bool skip_explanation;   /* do not look exp= up */
};

/* One step of the evaluation, in the order it happened: for the story. */
struct signet_spf_step {
	unsigned depth;        /* 0: the domain itself, 1: its includes... */
	signet_slice domain;   /* whose record */
	signet_slice term;     /* the term as published; empty: the record was fetched */
	signet_slice target;   /* the expanded name that was looked up, or empty */
	const char *outcome;   /* static: "match", "no match", "record", "no record", "temperror"... */
};

struct signet_spf {
	enum signet_spf_identity identity;
	enum signet_spf_result result;
	signet_slice domain;       /* normal form of the checked domain; as given if it has none */
	bool null_sender;          /* identity mailfrom made from HELO */
	signet_slice matched;      /* the term that gave the result, as published; "default" if none matched; empty: no
				    * result by terms */
	signet_slice matched_in;   /* the domain whose record holds it: `domain`, or where redirect led */
	signet_slice listed;       /* the term that matched innermost: not `matched` if that is an include */
	signet_slice listed_in;    /* the domain whose record holds that */
	signet_slice record;       /* the record of `domain` */
	signet_slice explanation;  /* expanded exp= text, printable ASCII; empty: none */
	unsigned lookups;          /* terms that query (limit 10) */
	unsigned voids;            /* empty or NXDOMAIN answers (limit 2) */
	uint32_t ttl_s;            /* least TTL of all answers used */
	bool secure;               /* every answer used was DNSSEC-secure */
	bool cacheable;            /* no macro of sender or HELO was used: the result holds for (ip, domain) */
	const struct signet_spf_step *steps;
	size_t n_steps;
	struct signet_findings findings;
};

/* Evaluates one identity.  SIGNET_OK: `*ret` is whole and lives in `arena`.  SIGNET_PENDING: the book has questions; call
 * again with the arena rewound or not.  HELO names that cannot be checked (RFC 7208 2.3) give none without a question. */
SIGNET_PUBLIC enum signet_status signet_spf_eval(const struct signet_spf_query *query, struct signet_book *book,
						 struct signet_arena *arena, struct signet_spf *ret);

#endif
