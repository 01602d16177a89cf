/* SPDX-License-Identifier: Apache-2.0 */
#include "../base/name.h"
#include "requirements.h"

/* "name value; " */
static void tell(struct buf *seen, const char *before, slice value, const char *after)
{
	if (seen->len) {
		buf_put(seen, S("; "));
	}
	buf_put_text(seen, before);
	buf_put(seen, slice_first(value, 300));
	buf_put_text(seen, after);
}

static const struct signet_spf *mail_from(const struct signet_dossier *d)
{
	return d->n_spf && d->spf[0].identity == SIGNET_SPF_MAILFROM ? &d->spf[0] : NULL;
}

static bool has_envelope(const struct signet_dossier *d)
{
	const struct signet_spf *spf = mail_from(d);
	return d->envelope.ip.family != 0 && spf && !findings_has(&spf->findings, F_ENVELOPE_UNKNOWN);
}

enum signet_met judge_spf(const struct sender_message *m, struct buf *seen)
{
	const struct signet_spf *spf = mail_from(m->dossier);
	if (!has_envelope(m->dossier)) {
		tell(seen, "the envelope of the SMTP session is not known", (slice) { 0 }, "");
		return SIGNET_MET_UNKNOWN;
	}
	tell(seen, "SPF is ", slice_of(signet_spf_result_name(spf->result)), " for ");
	buf_put(seen, slice_first(spf->domain, 300));
	if (spf->result == SIGNET_SPF_TEMPERROR) {
		return SIGNET_MET_UNKNOWN;
	}
	return spf->result == SIGNET_SPF_PASS ? SIGNET_MET : SIGNET_NOT_MET;
}

static bool is_rsa(const struct signet_dkim *d)
{
	return slice_starts_nocase(d->algorithm, S("rsa-"));
}

/* The signature that speaks best for the sender: RSA, because Ed25519 alone is not verified everywhere. */
enum signet_met judge_dkim(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dossier *d = m->dossier;
	bool lost = false;
	for (size_t i = 0; i < d->n_dkim; i++) {
		if (d->dkim[i].result == SIGNET_DKIM_PASS && is_rsa(&d->dkim[i])) {
			tell(seen, "the signature of ", d->dkim[i].domain, " passes");
			return SIGNET_MET;
		}
		lost |= d->dkim[i].result == SIGNET_DKIM_TEMPERROR;
	}
	for (size_t i = 0; i < d->n_dkim; i++) {
		tell(seen, "the signature of ", d->dkim[i].domain, " is ");
		buf_put_text(seen, signet_dkim_result_name(d->dkim[i].result));
		buf_put_text(seen, d->dkim[i].result == SIGNET_DKIM_PASS ? ", but not with RSA" : "");
	}
	if (d->n_dkim == 0) {
		tell(seen, "there is no DKIM signature", (slice) { 0 }, "");
	}
	return lost ? SIGNET_MET_UNKNOWN : SIGNET_NOT_MET;
}

enum signet_met judge_spf_or_dkim(const struct sender_message *m, struct buf *seen)
{
	enum signet_met spf = judge_spf(m, seen);
	enum signet_met dkim = judge_dkim(m, seen);
	if (spf == SIGNET_MET || dkim == SIGNET_MET) {
		return SIGNET_MET;
	}
	return spf == SIGNET_MET_UNKNOWN || dkim == SIGNET_MET_UNKNOWN ? SIGNET_MET_UNKNOWN : SIGNET_NOT_MET;
}

static bool has_usable_record(const struct signet_dmarc *dmarc)
{
	return dmarc->found && dmarc->policy != SIGNET_POLICY_ABSENT && dmarc->policy != SIGNET_POLICY_INVALID;
}

enum signet_met judge_dmarc_record(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dmarc *dmarc = &m->dossier->dmarc;
	if (has_usable_record(dmarc)) {
		tell(seen, "\"", dmarc->record.text, "\" at ");
		buf_put(seen, dmarc->policy_domain);
		return SIGNET_MET;
	}
	if (dmarc->discovery_error) {
		tell(seen, "the policy of ", dmarc->domain, " could not be looked up");
		return SIGNET_MET_UNKNOWN;
	}
	tell(seen, dmarc->found ? "the record that applies to " : "no record applies to ", dmarc->domain,
	     dmarc->found ? " cannot be used" : "");
	return SIGNET_NOT_MET;
}

enum signet_met judge_dmarc(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dmarc *dmarc = &m->dossier->dmarc;
	tell(seen, "DMARC is ", slice_of(signet_dmarc_result_name(dmarc->result)), " for ");
	buf_put(seen, dmarc->domain);
	if (dmarc->result == SIGNET_DMARC_PASS) {
		return SIGNET_MET;
	}
	if (dmarc->result == SIGNET_DMARC_FAIL && !has_envelope(m->dossier)) {
		tell(seen, "SPF could not be evaluated", (slice) { 0 }, "");
		return SIGNET_MET_UNKNOWN;
	}
	return dmarc->result == SIGNET_DMARC_TEMPERROR ? SIGNET_MET_UNKNOWN : SIGNET_NOT_MET;
}

enum signet_met judge_both_aligned(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dmarc *dmarc = &m->dossier->dmarc;
	tell(seen, dmarc->aligned_by_spf ? "SPF aligns" : "no aligned SPF pass", (slice) { 0 }, "");
	tell(seen, dmarc->aligned_by_dkim ? "DKIM aligns" : "no aligned DKIM pass", (slice) { 0 }, "");
	if (dmarc->aligned_by_spf && dmarc->aligned_by_dkim) {
		return SIGNET_MET;
	}
	bool lost = dmarc->result == SIGNET_DMARC_TEMPERROR || (dmarc->aligned_by_dkim && !has_envelope(m->dossier));
	return lost ? SIGNET_MET_UNKNOWN : SIGNET_NOT_MET;
}

enum signet_met judge_reports(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dmarc *dmarc = &m->dossier->dmarc;
	if (!has_usable_record(dmarc)) {
		return judge_dmarc_record(m, seen);
	}
	if (dmarc->record.n_rua) {
		tell(seen, "rua=", dmarc->record.rua[0], "");
		return SIGNET_MET;
	}
	tell(seen, "the record has no rua with a valid address", (slice) { 0 }, "");
	return SIGNET_NOT_MET;
}

/* The longest RSA key of a signature that passes; without one, of all whose key is known. */
static enum signet_met judge_key(const struct sender_message *m, struct buf *seen, unsigned least)
{
	const struct signet_dkim *best = NULL;
	for (size_t i = 0; i < m->dossier->n_dkim; i++) {
		const struct signet_dkim *d = &m->dossier->dkim[i];
		if (!is_rsa(d) || !d->key_bits) {
			continue;
		}
		bool passes = d->result == SIGNET_DKIM_PASS;
		bool best_passes = best && best->result == SIGNET_DKIM_PASS;
		if (!best || (passes && !best_passes) || (passes == best_passes && d->key_bits > best->key_bits)) {
			best = d;
		}
	}
	if (!best) {
		tell(seen, "no RSA key was seen", (slice) { 0 }, "");
		return SIGNET_MET_UNKNOWN;
	}
	tell(seen, "the key of ", best->selector, "._domainkey.");
	buf_put(seen, slice_first(best->domain, 300));
	buf_put(seen, S(" has "));
	buf_put_number(seen, best->key_bits);
	buf_put(seen, S(" bits"));
	return best->key_bits >= least ? SIGNET_MET : SIGNET_NOT_MET;
}

enum signet_met judge_key_1024(const struct sender_message *m, struct buf *seen)
{
	return judge_key(m, seen, 1024);
}

enum signet_met judge_key_2048(const struct sender_message *m, struct buf *seen)
{
	return judge_key(m, seen, 2048);
}

enum signet_met judge_forwarding(const struct sender_message *m, struct buf *seen)
{
	const struct signet_arc *arc = &m->dossier->arc;
	if (arc->result == SIGNET_ARC_NONE) {
		tell(seen, "the message has no ARC chain", (slice) { 0 }, "");
		return SIGNET_NOT_APPLICABLE;
	}
	tell(seen, "ARC is ", slice_of(signet_arc_result_name(arc->result)), ", last sealed by ");
	buf_put(seen, slice_first(arc->sealer, 300));
	return arc->result == SIGNET_ARC_PASS ? SIGNET_MET : SIGNET_NOT_MET;
}

enum signet_met judge_from_exists(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dmarc *dmarc = &m->dossier->dmarc;
	if (!dmarc->domain.len) {
		tell(seen, "From shows no domain", (slice) { 0 }, "");
		return SIGNET_NOT_MET;
	}
	if (dmarc->author_exists) {
		tell(seen, "", dmarc->domain, " exists");
		return SIGNET_MET;
	}
	if (dmarc->discovery_error) {
		tell(seen, "", dmarc->domain, " could not be looked up");
		return SIGNET_MET_UNKNOWN;
	}
	tell(seen, "", dmarc->domain, " does not exist");
	return SIGNET_NOT_MET;
}

/* gmail.com has p=quarantine: nobody else's mail survives under its name. */
enum signet_met judge_provider_from(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dmarc *dmarc = &m->dossier->dmarc;
	bool theirs = name_eq(dmarc->domain, S("gmail.com")) || name_eq(dmarc->domain, S("googlemail.com"));
	tell(seen, "From is at ", dmarc->domain, "");
	if (!theirs || dmarc->result == SIGNET_DMARC_PASS) {
		return SIGNET_MET;
	}
	tell(seen, "DMARC is ", slice_of(signet_dmarc_result_name(dmarc->result)), "");
	return dmarc->result == SIGNET_DMARC_TEMPERROR ? SIGNET_MET_UNKNOWN : SIGNET_NOT_MET;
}
