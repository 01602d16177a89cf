/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict in one sentence, and the table people know from "Show original" in web mail. */
#include "../../src/base/date.h"
#include "../../src/base/ip.h"
#include "tell.h"
#include "words.h"

#define LABEL_COLUMNS 13

static const struct signet_spf *mail_from(const struct signet_dossier *d)
{
	return d->n_spf ? &d->spf[0] : NULL;
}

static bool spf_passes(const struct signet_dossier *d)
{
	return mail_from(d) && mail_from(d)->result == SIGNET_SPF_PASS;
}

static void put_domain(struct tell *t, slice domain)
{
	if (domain.len) {
		tell_outside(t, domain, 0);
	} else {
		tell_put(t, "its author");
	}
}

static const struct signet_dkim *passing_signature(const struct signet_dossier *d)
{
	for (size_t i = 0; i < d->n_dkim; i++) {
		if (d->dkim[i].result == SIGNET_DKIM_PASS) {
			return &d->dkim[i];
		}
	}
	return NULL;
}

static void put_pass(struct tell *t, const struct signet_dossier *d)
{
	const struct signet_dmarc *m = &d->dmarc;
	tell_paint(t, PAINT_GOOD, "Passes DMARC");
	tell_put(t, " for ");
	put_domain(t, m->domain);
	tell_put(t, m->aligned_by_dkim && m->aligned_by_spf ? " through DKIM and SPF."
	            : m->aligned_by_dkim                    ? " through DKIM."
	                                                    : " through SPF.");
	if (!m->aligned_by_spf && spf_passes(d)) {
		tell_put(t, " SPF passes too, but for another domain (");
		tell_outside(t, mail_from(d)->domain, 0);
		tell_put(t, ").");
	}
	const struct signet_dkim *foreign = m->aligned_by_dkim ? NULL : passing_signature(d);
	if (foreign) {
		tell_put(t, " A signature verifies too, but for another domain (");
		tell_outside(t, foreign->domain, 0);
		tell_put(t, ").");
	}
}

static void put_cause(struct tell *t, const struct signet_dossier *d)
{
	const char *words = d->n_from_fields > 1 ? "it has more than one From field" : words_of_cause(d->cause);
	if (words) {
		tell_put(t, ": ");
		tell_put(t, words);
	}
	tell_put(t, ".");
}

static void put_fail(struct tell *t, const struct signet_dossier *d)
{
	const char *asks = signet_policy_name(d->dmarc.disposition);
	tell_paint(t, PAINT_BAD, "Fails DMARC");
	tell_put(t, " for ");
	put_domain(t, d->dmarc.domain);
	put_cause(t, d);
	tell_put(t, " The owner asks: ");
	tell_put(t, asks ? asks : "none");
	tell_put(t, ".");
}

static void put_verdict(struct tell *t, const struct signet_dossier *d)
{
	switch (d->dmarc.result) {
	case SIGNET_DMARC_PASS:
		put_pass(t, d);
		return;
	case SIGNET_DMARC_FAIL:
		put_fail(t, d);
		return;
	case SIGNET_DMARC_NONE:
		tell_paint(t, PAINT_WARNING, "No DMARC policy");
		tell_put(t, " applies to ");
		put_domain(t, d->dmarc.domain);
		put_cause(t, d);
		return;
	case SIGNET_DMARC_TEMPERROR:
		tell_paint(t, PAINT_WARNING, "DMARC cannot be decided now");
		tell_put(t, " for ");
		put_domain(t, d->dmarc.domain);
		put_cause(t, d);
		return;
	case SIGNET_DMARC_PERMERROR:
		tell_paint(t, PAINT_BAD, "DMARC cannot be applied");
		put_cause(t, d);
		return;
	}
}

void tell_verdict(struct tell *t, const struct signet_dossier *d)
{
	put_verdict(t, d);
	tell_put(t, " Decision: ");
	tell_paint(t,
	           d->decision == SIGNET_ACCEPT     ? PAINT_GOOD
	           : d->decision == SIGNET_TEMPFAIL ? PAINT_WARNING
	                                            : PAINT_BAD,
	           signet_decision_name(d->decision));
	if (d->rule) {
		tell_put(t, " (");
		tell_put(t, d->rule);
		tell_put(t, ")");
	}
	tell_put(t, ".\n");
}

static void label(struct tell *t, const char *text)
{
	size_t len = strlen(text);
	tell_paint(t, PAINT_STRONG, text);
	while (len++ < LABEL_COLUMNS) {
		tell_put(t, " ");
	}
}

static void row(struct tell *t, const char *name, slice value)
{
	label(t, name);
	if (value.len) {
		tell_outside(t, value, 200);
	} else {
		tell_paint(t, PAINT_DIM, "(none)");
	}
	tell_put(t, "\n");
}

static enum tell_paint paint_of(bool pass, bool bad)
{
	return pass ? PAINT_GOOD : bad ? PAINT_BAD : PAINT_WARNING;
}

static void put_upper(struct tell *t, enum tell_paint paint, const char *word)
{
	char upper[16] = "";
	for (size_t i = 0; i < sizeof(upper) - 1 && word[i]; i++) {
		upper[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 32) : word[i];
	}
	tell_paint(t, paint, upper);
}

static void spf_row(struct tell *t, const struct signet_dossier *d, const struct signet_spf *spf)
{
	label(t, spf->identity == SIGNET_SPF_HELO ? "SPF (HELO):" : "SPF:");
	put_upper(t, paint_of(spf->result == SIGNET_SPF_PASS, spf->result == SIGNET_SPF_FAIL),
	          signet_spf_result_name(spf->result));
	if (d->envelope.ip.family) {
		tell_put(t, " with IP ");
		ip_put(t->to, &d->envelope.ip);
		tell_put(t, spf->domain.len ? "" : " (not tried: neither the sender nor the HELO name is known)");
	} else {
		tell_put(t, " (not tried: nobody knows which host delivered the message)");
	}
	if (spf->domain.len) {
		tell_put(t, " for ");
		tell_outside(t, spf->domain, 0);
		tell_put(t, spf->null_sender ? " (HELO name, for lack of a sender)" : "");
	}
	if (spf->matched.len) {
		tell_put(t, ", by ");
		tell_outside(t, spf->matched, 100);
	}
	tell_put(t, "\n");
}

static void dkim_row(struct tell *t, const struct signet_dkim *dkim)
{
	label(t, "DKIM:");
	put_upper(t, paint_of(dkim->result == SIGNET_DKIM_PASS, dkim->result == SIGNET_DKIM_FAIL),
	          signet_dkim_result_name(dkim->result));
	tell_put(t, " with domain ");
	tell_outside(t, dkim->domain, 0);
	if (dkim->algorithm.len) {
		tell_put(t, " by ");
		tell_outside(t, dkim->algorithm, 40);
	}
	tell_put(t, dkim->aligned ? "" : " (not the author's)");
	if (dkim->transformation) {
		const char *words = words_of_transformation(dkim->transformation);
		tell_put(t, ": ");
		tell_put(t, words ? words : dkim->transformation);
		tell_put(t, dkim->evidence == SIGNET_EVIDENCE_PROVED   ? " (proved)"
		            : dkim->evidence == SIGNET_EVIDENCE_HINTED ? " (it seems)"
		                                                       : "");
	}
	tell_put(t, "\n");
}

static void dkim_rows(struct tell *t, const struct signet_dossier *d)
{
	size_t skipped = 0;
	for (size_t i = 0; i < d->n_dkim; i++) {
		if (tell_has_room_for(d, i)) {
			dkim_row(t, &d->dkim[i]);
		} else {
			skipped++;
		}
	}
	if (skipped) {
		label(t, "DKIM:");
		tell_number(t, skipped);
		tell_put(t,
		         skipped == 1 ? " more signature that did not pass\n" : " more signatures that did not pass\n");
	}
}

static void arc_row(struct tell *t, const struct signet_arc *arc)
{
	label(t, "ARC:");
	put_upper(t, paint_of(arc->result == SIGNET_ARC_PASS, false), signet_arc_result_name(arc->result));
	if (arc->instances) {
		tell_put(t, ", ");
		tell_number(t, arc->instances);
		tell_put(t, arc->instances == 1 ? " hop" : " hops");
	}
	if (arc->sealer.len) {
		tell_put(t, ", last sealed by ");
		tell_outside(t, arc->sealer, 0);
	}
	tell_put(t, arc->trusted ? " (trusted)\n" : "\n");
}

static void dmarc_row(struct tell *t, const struct signet_dmarc *m)
{
	const char *policy = signet_policy_name(m->policy);
	label(t, "DMARC:");
	put_upper(t, paint_of(m->result == SIGNET_DMARC_PASS, m->result == SIGNET_DMARC_FAIL),
	          signet_dmarc_result_name(m->result));
	if (m->domain.len) {
		tell_put(t, " for ");
		tell_outside(t, m->domain, 0);
	}
	if (policy) {
		tell_put(t, ", policy ");
		tell_put(t, policy);
		tell_put(t, m->testing ? " (testing)" : "");
	}
	tell_put(t, "\n");
}

static void date_row(struct tell *t, const struct signet_dossier *d)
{
	if (!d->date_epoch) {
		row(t, "Created at:", d->date);
		return;
	}
	label(t, "Created at:");
	date_put(t->to, d->date_epoch);
	tell_put(t, "\n");
}

void tell_table(struct tell *t, const struct signet_dossier *d)
{
	row(t, "Message ID:", d->message_id);
	date_row(t, d);
	row(t, "From:", d->from_text);
	row(t, "To:", d->to);
	row(t, "Subject:", d->subject);
	for (size_t i = 0; i < d->n_spf; i++) {
		spf_row(t, d, &d->spf[i]);
	}
	dkim_rows(t, d);
	if (d->n_dkim == 0) {
		label(t, "DKIM:");
		tell_paint(t, PAINT_WARNING, "NONE");
		tell_put(t, " (not signed)\n");
	}
	if (d->arc.result != SIGNET_ARC_NONE) {
		arc_row(t, &d->arc);
	}
	for (size_t i = 0; i < d->n_dmarc_all; i++) {
		dmarc_row(t, &d->dmarc_all[i]);
	}
	if (d->n_dmarc_all == 0) {
		dmarc_row(t, &d->dmarc);
	}
}
