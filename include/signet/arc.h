/* SPDX-License-Identifier: Apache-2.0 */
/* ARC (RFC 8617, about to become historic): the chain of seals and what trusted sealers said. */
#ifndef SIGNET_ARC_H
#define SIGNET_ARC_H

#include <signet/dkim.h>

enum signet_arc_result {
	SIGNET_ARC_NONE,
	SIGNET_ARC_PASS,
	SIGNET_ARC_FAIL,
};

SIGNET_PUBLIC const char *signet_arc_result_name(enum signet_arc_result result);

#define SIGNET_ARC_SETS 50 /* RFC 8617 4.2.1 */

/* One set of a chain.  Texts point into the message. */
struct signet_arc_set {
	unsigned instance;
	signet_slice seal_domain;     /* d= of the ARC-Seal, normal form where it has one */
	signet_slice seal_selector;
	signet_slice signature_domain; /* d= of the ARC-Message-Signature */
	signet_slice signature_selector;
	signet_slice cv;
	enum signet_truth seal_ok;
	enum signet_truth signature_ok; /* AMS: unknown for those that were not needed */
	signet_slice results;         /* value of the ARC-Authentication-Results field after "i=N;" */
};

struct signet_arc {
	enum signet_arc_result result;
	unsigned instances;      /* highest instance, 0: no chain */
	bool has_oldest_pass;    /* only if the result is pass */
	unsigned oldest_pass;    /* 0: every AMS verifies */
	signet_slice sealer;     /* d= of the newest ARC-Seal; empty: none */
	const struct signet_arc_set *sets; /* instance 1 first */
	size_t n_sets;
	bool trusted;            /* every sealer from some hop on is listed, and the newest AMS is strong enough */
	unsigned trusted_from;   /* the oldest hop from which all sealers are listed */
	bool rescues;            /* that hop saw an aligned pass for the Author Domain: may soften a DMARC failure */
	struct signet_findings findings;
};

#endif
