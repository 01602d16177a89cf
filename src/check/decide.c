/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include "../base/name.h"

const char *signet_mode_name(enum signet_mode mode)
{
	static const char names[][8] = { "rfc9989", "classic", "monitor" };
	return mode <= SIGNET_MODE_MONITOR ? names[mode] : "?";
}

bool signet_mode_parse(signet_slice text, enum signet_mode *ret)
{
	for (enum signet_mode mode = SIGNET_MODE_RFC9989; mode <= SIGNET_MODE_MONITOR; mode++) {
		if (slice_eq(text, slice_of(signet_mode_name(mode)))) {
			*ret = mode;
			return true;
		}
	}
	return false;
}

const char *signet_decision_name(enum signet_decision decision)
{
	static const char names[][11] = { "accept", "quarantine", "reject", "tempfail" };
	return decision <= SIGNET_TEMPFAIL ? names[decision] : "?";
}

static struct decide_verdict verdict(enum signet_decision decision, const char *rule)
{
	return (struct decide_verdict){ .decision = decision, .rule = rule };
}

/* The listed mailing list that proved its own name, or empty.  A List-Id proves nothing and is not looked at. */
static slice trusted_list(const struct decide_input *in)
{
	for (size_t i = 0; i < in->n_evidence; i++) {
		for (size_t k = 0; k < in->n_trusted_lists; k++) {
			if (in->evidence[i].outcome == SIGNET_OUTCOME_PASS &&
			    name_eq(in->evidence[i].domain, in->trusted_lists[k])) {
				return in->trusted_lists[k];
			}
		}
	}
	return (slice){ 0 };
}

/* A change that concerns From is the very thing DMARC guards against; that it can be undone excuses nothing. */
static bool is_harmless(const char *transformation)
{
	return !slice_starts(slice_of(transformation), S("from-")) &&
	       !slice_eq(slice_of(transformation), S("second-from-added"));
}

/* Why the policy should not be applied although the message fails (RFC 9989 7.4, RFC 7960), or NULL. */
static const char *softener(const struct decide_input *in, const struct decide_author *author,
			    struct signet_findings *notes)
{
	slice none = { 0 };
	slice list = trusted_list(in);
	if (in->facts.forwarder) {
		note(notes, F_DECISION_FORWARDER, none, 0);
		return "the client is a configured forwarder";
	}
	if (list.len) {
		note_with(notes, F_DECISION_LIST, list, 0, TEXT(list));
		return "a trusted mailing list proved its own name";
	}
	if (author->arc_rescues) {
		note_with(notes, F_DECISION_ARC, author->arc_sealer, 0, TEXT(author->arc_sealer));
		return "a trusted ARC sealer saw an aligned pass";
	}
	if (author->undone && is_harmless(author->undone)) {
		note_with(notes, F_DECISION_UNDONE, none, 0, TEXT(slice_of(author->undone)));
		return "an aligned signature verifies once a known change in transit is undone";
	}
	return NULL;
}

/* A fact that supports a reject (RFC 9989 7.4: never because of p=reject alone), or NULL. */
static const char *positive_fact(const struct signet_facts *facts)
{
	if (facts->order) {
		return "the policy is reject and an order for this domain supports it";
	}
	if (facts->history) {
		return "the policy is reject and mail of this domain has always passed here";
	}
	return facts->content ? "the policy is reject and a content verdict supports it" : NULL;
}

static struct decide_verdict decide_reject(const struct decide_input *in, struct signet_findings *notes)
{
	const char *fact = positive_fact(&in->facts);
	bool supported = in->mode == SIGNET_MODE_CLASSIC || fact;
	if (!supported) {
		note(notes, F_DECISION_NO_FACT, (slice){ 0 }, 0);
		return verdict(SIGNET_QUARANTINE, "the policy is reject but nothing else supports a reject");
	}
	if (!in->envelope_known) {
		note(notes, F_DECISION_ENVELOPE, (slice){ 0 }, 0);
		return verdict(SIGNET_QUARANTINE, "the policy is reject but SPF could not be tried");
	}
	return verdict(SIGNET_REJECT, in->mode == SIGNET_MODE_CLASSIC ? "the published policy is reject" : fact);
}

static struct decide_verdict decide_fail(const struct decide_input *in, const struct decide_author *author,
					 struct signet_findings *notes)
{
	if (author->dmarc->disposition <= SIGNET_POLICY_NONE) {
		return verdict(SIGNET_ACCEPT, "the policy is none");
	}
	const char *rule = softener(in, author, notes);
	if (rule) {
		return verdict(SIGNET_ACCEPT, rule);
	}
	if (author->dmarc->disposition == SIGNET_POLICY_QUARANTINE) {
		return verdict(SIGNET_QUARANTINE, "the policy is quarantine");
	}
	return decide_reject(in, notes);
}

/* RFC 9989 5.3.6 leaves it to us: ask the sender to come again where a fail would have hurt. */
static struct decide_verdict decide_temperror(const struct decide_input *in, const struct decide_author *author,
					      struct signet_findings *notes)
{
	if (author->dmarc->discovery_error) {
		note_with(notes, F_DECISION_UNKNOWN_POLICY, author->dmarc->domain, 0, TEXT(author->dmarc->domain));
		return verdict(SIGNET_ACCEPT, "the policy could not be looked up");
	}
	if (author->dmarc->published <= SIGNET_POLICY_NONE) {
		return verdict(SIGNET_ACCEPT, "a lost answer does not matter: the policy is none");
	}
	if (in->temperror_accept) {
		return verdict(SIGNET_ACCEPT, "a lost answer is accepted by configuration");
	}
	const char *rule = softener(in, author, notes); /* whatever the answer were, the message would be accepted */
	if (rule) {
		return verdict(SIGNET_ACCEPT, rule);
	}
	note_with(notes, F_DECISION_DEFERRED, author->dmarc->domain, 0, TEXT(author->dmarc->domain));
	return verdict(SIGNET_TEMPFAIL, "a lost answer could have been an aligned pass");
}

static struct decide_verdict decide_malformed(const struct decide_input *in, struct signet_findings *notes,
					      const char *rule)
{
	note(notes, F_DECISION_MALFORMED, (slice){ 0 }, 0);
	return in->accept_no_author ? verdict(SIGNET_ACCEPT, "a From without one author is accepted by configuration")
				    : verdict(SIGNET_REJECT, rule);
}

static struct decide_verdict decide_author(const struct decide_input *in, const struct decide_author *author,
					   struct signet_findings *notes)
{
	switch (author->dmarc->result) {
	case SIGNET_DMARC_NONE:
		return verdict(SIGNET_ACCEPT, "no DMARC policy applies");
	case SIGNET_DMARC_PASS:
		return verdict(SIGNET_ACCEPT, "DMARC passes");
	case SIGNET_DMARC_FAIL:
		return decide_fail(in, author, notes);
	case SIGNET_DMARC_TEMPERROR:
		return decide_temperror(in, author, notes);
	case SIGNET_DMARC_PERMERROR:
		break;
	}
	return decide_malformed(in, notes, "the Author Domain cannot be judged");
}

/* The higher the stricter.  A definite reject beats a retry, a retry beats a quarantine that may become a reject. */
static int strictness(enum signet_decision decision)
{
	static const int ranks[] = {
		[SIGNET_ACCEPT] = 0,
		[SIGNET_QUARANTINE] = 1,
		[SIGNET_TEMPFAIL] = 2,
		[SIGNET_REJECT] = 3,
	};
	return ranks[decision];
}

/* Which of two authors with the same decision tells more: the one that fails under the stricter policy. */
static int weight(const struct signet_dmarc *d)
{
	switch (d->result) {
	case SIGNET_DMARC_FAIL:
		return 4 + (int)d->disposition;
	case SIGNET_DMARC_PERMERROR:
		return 4;
	case SIGNET_DMARC_TEMPERROR:
		return 3;
	case SIGNET_DMARC_NONE:
		return 2;
	case SIGNET_DMARC_PASS:
		return 1;
	}
	return 0;
}

static struct decide_verdict decide_from_results(const struct decide_input *in, struct signet_findings *notes)
{
	struct decide_verdict worst = verdict(SIGNET_ACCEPT, "nothing was asked for");
	for (size_t i = 0; i < in->n_authors; i++) {
		struct decide_verdict v = decide_author(in, &in->authors[i], notes);
		int more = strictness(v.decision) - strictness(worst.decision);
		v.author = i;
		if (i == 0 || more > 0 ||
		    (more == 0 && weight(in->authors[i].dmarc) > weight(in->authors[worst.author].dmarc))) {
			worst = v;
		}
	}
	return worst;
}

static struct decide_verdict decide_as_asked(const struct decide_input *in, struct signet_findings *notes)
{
	switch (in->from) {
	case DECIDE_FROM_GOOD:
		return decide_from_results(in, notes);
	case DECIDE_FROM_NONE:
		return decide_malformed(in, notes, "the message has no usable Author Domain");
	case DECIDE_FROM_TWICE:
		return decide_malformed(in, notes, "the message has more than one From field");
	case DECIDE_FROM_TOO_MANY:
		break;
	}
	return decide_malformed(in, notes, "the message has too many Author Domains");
}

struct decide_verdict decide(const struct decide_input *in, struct signet_findings *notes)
{
	struct decide_verdict v = decide_as_asked(in, notes);
	if (in->mode == SIGNET_MODE_MONITOR && v.decision != SIGNET_ACCEPT) {
		note_with(notes, F_DECISION_MONITOR, (slice){ 0 }, 0, TEXT(slice_of(signet_decision_name(v.decision))));
		v.decision = SIGNET_ACCEPT;
		v.rule = "monitor mode never does more than a header";
	}
	return v;
}
