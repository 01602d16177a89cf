/* SPDX-License-Identifier: Apache-2.0 */
/* What do we do with this message?  One pure function from results, facts and settings to a decision, used by `check` and
 * by the milter alike.
 *
 *     struct decide_author author = { .dmarc = &dmarc };
 *     struct decide_input in = { .mode = mode, .envelope_known = true, .authors = &author, .n_authors = 1 };
 *     struct decide_verdict v = decide(&in, notes);      // v.decision, v.rule
 *
 * The owner's wish (signet_dmarc.disposition) is never changed here: a softened reject is still a DMARC fail with
 * disposition reject, only our decision differs (reported as local_policy or the like, RFC 9989 5.4).
 *
 *     fail, reject       classic: reject        rfc9989: reject with a positive fact, else quarantine
 *     fail, quarantine   quarantine
 *     fail, none; pass; none                    accept
 *     temperror          tempfail if reject or quarantine is published; accept if none is, or if nobody knows
 *     malformed From     reject
 *
 * A softener turns fail and temperror into accept in every mode, monitor turns everything into accept, and without a
 * known client address no fail is ever a reject, for SPF had no chance. */
#ifndef SIGNET_CHECK_DECIDE_H
#define SIGNET_CHECK_DECIDE_H

#include <signet/check.h>

#include "../base/finding.h"

enum decide_from { /* can the From fields be judged at all? (RFC 9989 5.3.1, 11.5) */
	DECIDE_FROM_GOOD,
	DECIDE_FROM_NONE,     /* no From field, or none with a usable domain */
	DECIDE_FROM_TWICE,    /* more than one From field */
	DECIDE_FROM_TOO_MANY, /* more Author Domains than the cap */
};

/* One Author Domain and what is known in favour of its failing message.  Everything here is authenticated. */
struct decide_author {
	const struct signet_dmarc *dmarc;
	bool arc_rescues;   /* the chain passes, its sealers are listed, and one saw an aligned pass of this domain */
	slice arc_sealer;   /* which */
	const char *undone; /* a signature aligned with this domain verifies once this transformation is undone (evidence
			     * proved); static; NULL: none */
};

struct decide_input {
	enum signet_mode mode;
	bool temperror_accept; /* settings: see struct signet_settings */
	bool accept_no_author;
	bool envelope_known;
	struct signet_facts facts;
	enum decide_from from;
	const struct decide_author *authors; /* every distinct Author Domain; empty if `from` is not good */
	size_t n_authors;
	const struct signet_dmarc_evidence *evidence; /* what SPF and DKIM proved, aligned or not */
	size_t n_evidence;
	const slice *trusted_lists; /* domains of mailing lists; each covers itself only */
	size_t n_trusted_lists;
};

struct decide_verdict {
	enum signet_decision decision;
	const char *rule; /* static: why, a sentence part */
	size_t author;    /* index of the author whose result decided and should be shown; 0 if there is none */
};

/* Never fails.  The strictest of the decisions of all Author Domains counts: reject, tempfail, quarantine, accept. */
struct decide_verdict decide(const struct decide_input *in, struct signet_findings *notes);

#endif
