/* SPDX-License-Identifier: Apache-2.0 */
#include "cause.h"

#include "../base/chars.h"
#include "../base/name.h"
#include "../mail/received.h"

/* Everything a rule may look at. */
struct view {
	const struct signet_dossier *d;
	const struct cause_facts *facts;
	const struct signet_spf *spf; /* of MAIL FROM */
	bool related; /* MAIL FROM is of the author's organization */
};

static bool is_result(const struct view *v, enum signet_dmarc_result result)
{
	return v->d->dmarc.result == result;
}

static bool has_finding(const struct view *v, enum finding_id id)
{
	return findings_has(&v->d->dmarc.findings, id);
}

static bool is_word(const char *word, const char *wanted)
{
	return word && strcmp(word, wanted) == 0;
}

/* ---- From, record, DNS ---- */

static bool from_missing(const struct view *v)
{
	return v->d->n_from_fields == 0;
}

static bool from_multiple(const struct view *v)
{
	return v->d->n_from_fields > 1;
}

static bool from_invalid(const struct view *v)
{
	return is_result(v, SIGNET_DMARC_PERMERROR);
}

static bool passes(const struct view *v)
{
	return is_result(v, SIGNET_DMARC_PASS);
}

static bool lost_policy(const struct view *v)
{
	return v->d->dmarc.discovery_error;
}

static bool lost_key(const struct view *v)
{
	for (size_t i = 0; is_result(v, SIGNET_DMARC_TEMPERROR) && i < v->d->n_dkim; i++) {
		if (v->d->dkim[i].aligned && v->d->dkim[i].result == SIGNET_DKIM_TEMPERROR) {
			return true;
		}
	}
	return false;
}

static bool lost_spf(const struct view *v)
{
	return is_result(v, SIGNET_DMARC_TEMPERROR);
}

static bool several_records(const struct view *v)
{
	return is_result(v, SIGNET_DMARC_NONE) && has_finding(v, F_DMARC_MULTIPLE_RECORDS);
}

static bool policy_typo(const struct view *v)
{
	return has_finding(v, F_DMARC_POLICY_TYPO);
}

static bool record_invalid(const struct view *v)
{
	bool broken = has_finding(v, F_DMARC_UNUSABLE) || has_finding(v, F_DMARC_SYNTAX) ||
	              has_finding(v, F_DMARC_NEARLY_A_RECORD);
	return has_finding(v, F_DMARC_DEGRADED) || (is_result(v, SIGNET_DMARC_NONE) && (broken || v->d->dmarc.found));
}

static bool no_policy(const struct view *v)
{
	return is_result(v, SIGNET_DMARC_NONE);
}

/* ---- the author's signature ---- */

/* Does an aligned signature that did not pass satisfy `is`? */
static bool some_aligned(const struct view *v, bool (*is)(const struct signet_dkim *dkim))
{
	for (size_t i = 0; i < v->d->n_dkim; i++) {
		const struct signet_dkim *dkim = &v->d->dkim[i];
		if (dkim->aligned && dkim->result != SIGNET_DKIM_PASS && is(dkim)) {
			return true;
		}
	}
	return false;
}

static bool is_any(const struct signet_dkim *dkim)
{
	return dkim->result != SIGNET_DKIM_PASS;
}

/* Right when it was made, and wrong now. */
static bool is_broken(const struct signet_dkim *dkim)
{
	return dkim->result == SIGNET_DKIM_FAIL && !is_word(dkim->transformation, "key-replaced") &&
	       !is_word(dkim->transformation, "signer-bh-wrong");
}

static bool is_shortened(const struct signet_dkim *dkim)
{
	return is_word(dkim->transformation, "appended-under-l");
}

static bool is_expired(const struct signet_dkim *dkim)
{
	return is_word(dkim->transformation, "signature-expired");
}

static bool is_future(const struct signet_dkim *dkim)
{
	return is_word(dkim->transformation, "signature-future");
}

static bool is_revoked(const struct signet_dkim *dkim)
{
	return is_word(dkim->transformation, "key-revoked");
}

static bool is_missing(const struct signet_dkim *dkim)
{
	return is_word(dkim->transformation, "key-missing");
}

static bool is_replaced(const struct signet_dkim *dkim)
{
	return is_word(dkim->transformation, "key-replaced");
}

static bool is_weak(const struct signet_dkim *dkim)
{
	return is_word(dkim->transformation, "key-weak");
}

static bool is_key_fault(const struct signet_dkim *dkim)
{
	return dkim->transformation && strncmp(dkim->transformation, "key-", 4) == 0;
}

static bool list_broke_it(const struct view *v)
{
	return v->facts->list && some_aligned(v, is_broken);
}

static bool broken_in_transit(const struct view *v)
{
	return some_aligned(v, is_broken);
}

static bool body_length(const struct view *v)
{
	return some_aligned(v, is_shortened);
}

static bool expired(const struct view *v)
{
	return some_aligned(v, is_expired);
}

static bool future(const struct view *v)
{
	return some_aligned(v, is_future);
}

static bool key_revoked(const struct view *v)
{
	return some_aligned(v, is_revoked);
}

static bool key_missing(const struct view *v)
{
	return some_aligned(v, is_missing);
}

static bool key_replaced(const struct view *v)
{
	return some_aligned(v, is_replaced);
}

static bool key_weak(const struct view *v)
{
	return some_aligned(v, is_weak);
}

static bool key_invalid(const struct view *v)
{
	return some_aligned(v, is_key_fault);
}

static bool signature_invalid(const struct view *v)
{
	return some_aligned(v, is_any);
}

/* ---- something passed, but not for the author ---- */

static bool strict_alignment(const struct view *v)
{
	return has_finding(v, F_DMARC_STRICT_UNALIGNED);
}

/* Is the domain one that a psd= tag keeps apart from the author: below the same public suffix (psd=y), or of the parent
 * that a sub-domain has left (psd=n)? */
static bool is_beyond(const struct view *v, slice domain)
{
	const struct signet_dmarc *m = &v->d->dmarc;
	for (size_t i = 0; i < m->n_walk; i++) {
		const struct signet_dmarc_step *step = &m->walk[i];
		if (step->has_record && slice_find_nocase(step->record, S("psd=y")) != SLICE_NONE &&
		    name_is_at_or_below(domain, step->name)) {
			return true;
		}
	}
	slice parent = name_parent(m->organizational_domain);
	return m->found && m->record.psd == 'n' && name_count_labels(parent) > 1 && name_is_at_or_below(domain, parent);
}

static bool boundary(const struct view *v)
{
	if (has_finding(v, F_DMARC_BOUNDARY) ||
	    (v->spf && !v->related && v->spf->result == SIGNET_SPF_PASS && is_beyond(v, v->spf->domain))) {
		return true;
	}
	for (size_t i = 0; i < v->d->n_dkim; i++) {
		const struct signet_dkim *dkim = &v->d->dkim[i];
		if (dkim->result == SIGNET_DKIM_PASS && !dkim->aligned && is_beyond(v, dkim->domain)) {
			return true;
		}
	}
	return false;
}

static bool author_does_not_exist(const struct view *v)
{
	return !v->d->dmarc.author_exists;
}

static bool null_sender(const struct view *v)
{
	return v->spf && v->spf->null_sender;
}

static bool list_unsigned(const struct view *v)
{
	return v->facts->list && !v->related;
}

/* "SRS0=" or "SRS1=", any separator (the Sender Rewriting Scheme; also "srs0" in lower case). */
static bool forwarded_srs(const struct view *v)
{
	slice sender = v->d->envelope.mail_from;
	return !v->related && sender.len > 5 &&
	       (slice_starts_nocase(sender, S("SRS0")) || slice_starts_nocase(sender, S("SRS1"))) &&
	       slice_find_char(S("=+-"), sender.at[4]) != SLICE_NONE;
}

static bool service(const struct view *v)
{
	for (size_t i = 0; !v->related && i < v->d->n_dkim; i++) {
		if (!v->d->dkim[i].aligned && v->d->dkim[i].result == SIGNET_DKIM_PASS) {
			return true;
		}
	}
	return false;
}

static bool spf_unaligned(const struct view *v)
{
	return v->spf && !v->related && v->spf->result == SIGNET_SPF_PASS && v->facts->author_traces;
}

/* ---- SPF of the author's organization ---- */

static bool spf_is(const struct view *v, enum signet_spf_result result)
{
	return v->spf && v->related && v->spf->result == result;
}

static bool spf_denies(const struct view *v)
{
	return spf_is(v, SIGNET_SPF_FAIL) || spf_is(v, SIGNET_SPF_SOFTFAIL);
}

static bool permerror_with(const struct view *v, const enum finding_id ids[], size_t n)
{
	for (size_t i = 0; spf_is(v, SIGNET_SPF_PERMERROR) && i < n; i++) {
		if (findings_has(&v->spf->findings, ids[i])) {
			return true;
		}
	}
	return false;
}

#define PERMERROR_WITH(v, ...)                                                                                         \
	permerror_with((v), (const enum finding_id[]){ __VA_ARGS__ },                                                 \
	               sizeof((enum finding_id[]){ __VA_ARGS__ }) / sizeof(enum finding_id))

static bool spf_lookups(const struct view *v)
{
	return PERMERROR_WITH(v, F_SPF_TOO_MANY_LOOKUPS, F_SPF_TOO_MANY_MX, F_SPF_LOOP);
}

static bool spf_voids(const struct view *v)
{
	return PERMERROR_WITH(v, F_SPF_TOO_MANY_VOIDS);
}

static bool spf_multiple(const struct view *v)
{
	return PERMERROR_WITH(v, F_SPF_SEVERAL_RECORDS);
}

static bool spf_include(const struct view *v)
{
	return PERMERROR_WITH(v, F_SPF_INCLUDE_NONE, F_SPF_REDIRECT_NONE);
}

static bool spf_syntax(const struct view *v)
{
	return spf_is(v, SIGNET_SPF_PERMERROR);
}

static bool forwarded_plain(const struct view *v)
{
	return v->facts->forwarded && (spf_denies(v) || spf_is(v, SIGNET_SPF_NEUTRAL));
}

static bool spf_neutral(const struct view *v)
{
	return spf_is(v, SIGNET_SPF_NEUTRAL);
}

static bool spf_no_record(const struct view *v)
{
	return spf_is(v, SIGNET_SPF_NONE) && v->d->envelope.ip.family != 0;
}

static bool spf_fail(const struct view *v)
{
	return spf_denies(v) && v->facts->author_helo;
}

static bool anything(const struct view *v)
{
	(void)v;
	return true;
}

/* The first rule that holds names the cause. */
static const struct {
	const char *cause;
	bool (*holds)(const struct view *v);
} rules[] = {
	{ "from-missing", from_missing },
	{ "from-multiple", from_multiple },
	{ "from-invalid", from_invalid },
	{ "dns-temperror-dmarc", lost_policy },
	{ "pass", passes },
	{ "dns-temperror-dkim", lost_key },
	{ "dns-temperror-spf", lost_spf },
	{ "dmarc-multiple-records", several_records },
	{ "dmarc-policy-typo", policy_typo },
	{ "dmarc-record-invalid", record_invalid },
	{ "no-policy", no_policy },
	/* from here on the message fails, and nothing aligned passed */
	{ "mailing-list", list_broke_it },
	{ "dkim-broken-in-transit", broken_in_transit },
	{ "dkim-body-length", body_length },
	{ "dkim-expired", expired },
	{ "dkim-future", future },
	{ "dkim-key-revoked", key_revoked },
	{ "dkim-key-missing", key_missing },
	{ "dkim-key-replaced", key_replaced },
	{ "dkim-key-weak", key_weak },
	{ "dkim-key-invalid", key_invalid },
	{ "dkim-signature-invalid", signature_invalid },
	/* no signature of the author's organization */
	{ "strict-alignment", strict_alignment },
	{ "psd-boundary", boundary },
	{ "sub-domain-not-existing", author_does_not_exist },
	{ "bounce", null_sender },
	{ "mailing-list", list_unsigned },
	{ "forwarded-srs", forwarded_srs },
	{ "spf-permerror-multiple", spf_multiple },
	{ "spf-permerror-lookups", spf_lookups },
	{ "spf-permerror-voids", spf_voids },
	{ "spf-permerror-include", spf_include },
	{ "spf-permerror-syntax", spf_syntax },
	{ "forwarded-plain", forwarded_plain },
	{ "spf-neutral", spf_neutral },
	{ "spf-no-record", spf_no_record },
	{ "spf-fail", spf_fail },
	{ "esp-unaligned", service },
	{ "spf-unaligned", spf_unaligned },
	{ "spoof", anything },
};

const char *cause_find(const struct signet_dossier *d, const struct cause_facts *facts)
{
	slice organization = d->dmarc.organizational_domain;
	struct view v = { .d = d, .facts = facts, .spf = d->n_spf ? &d->spf[0] : NULL };
	v.related =
		v.spf && organization.len && !v.spf->null_sender && name_is_at_or_below(v.spf->domain, organization);
	size_t i = 0;
	while (!rules[i].holds(&v)) {
		i++; /* the last one always does */
	}
	return rules[i].cause;
}

/* ---- what the header tells ---- */

/* Does a host name or an address of this organization stand in the text? */
static bool mentions(slice text, slice organization)
{
	while (organization.len) {
		size_t n = slice_find_nocase(text, organization);
		if (n == SLICE_NONE) {
			return false;
		}
		slice rest = slice_from(text, n + organization.len);
		bool starts = n == 0 || !char_is(text.at[n - 1], C_LDH | C_UNDERSCORE);
		bool ends = rest.len == 0 || (!char_is(rest.at[0], C_LDH | C_UNDERSCORE) &&
		                              !(rest.at[0] == '.' && rest.len > 1 && char_is(rest.at[1], C_LDH)));
		if (starts && ends) {
			return true;
		}
		text = rest;
	}
	return false;
}

static bool field_mentions(const struct mail_header *h, slice name, slice organization)
{
	const struct mail_field *f = header_find(h, name, 0);
	return f && mentions(f->value, organization);
}

static bool is_list(const struct mail_header *h, slice organization)
{
	static const slice names[] = { { "List-Id", 7 },
		                       { "List-Post", 9 },
		                       { "X-BeenThere", 11 },
		                       { "Mailing-List", 12 },
		                       { "X-Mailing-List", 14 } };
	bool strong = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct mail_field *f = header_find(h, names[i], 0);
		if (f && mentions(f->value, organization)) {
			return false; /* the author's own list */
		}
		/* bulk senders write List-Id as well: it takes more than that */
		strong |= f && (i > 0 || header_find(h, S("Precedence"), 0) || header_find(h, S("List-Help"), 0) ||
		                header_find(h, S("List-Subscribe"), 0) || header_find(h, S("List-Archive"), 0));
	}
	return strong;
}

static bool has_list_id(const struct mail_header *h, slice organization)
{
	const struct mail_field *f = header_find(h, S("List-Id"), 0);
	return f && !mentions(f->value, organization);
}

/* A host of the author handed it to a host of somebody else, and that was not us: the client is not the author's. */
static bool was_elsewhere(const struct mail_header *h, slice organization, bool *ret_author)
{
	bool elsewhere = false;
	for (size_t i = 0; i < h->n; i++) {
		struct received hop;
		if (!slice_eq_nocase(h->fields[i].name, S("Received"))) {
			continue;
		}
		received_parse(h->fields[i].value, &hop);
		bool from = mentions(hop.from, organization) || mentions(hop.rdns, organization) ||
		            mentions(hop.helo, organization);
		*ret_author |= from;
		elsewhere |= from && hop.by.len && !mentions(hop.by, organization);
	}
	return elsewhere;
}

void cause_facts_read(const struct mail_header *h, const struct signet_dossier *d, struct cause_facts *ret)
{
	static const slice forwards[] = { { "X-Forwarded-To", 14 },
		                          { "X-Forwarded-For", 15 },
		                          { "X-Forwarded-Encrypted", 21 },
		                          { "Resent-From", 11 },
		                          { "Resent-To", 9 },
		                          { "Resent-Sender", 13 },
		                          { "Delivered-To", 12 },
		                          { "X-Original-To", 13 },
		                          { "X-Forwarding-Service", 20 },
		                          { "X-Forwarded-By", 14 },
		                          { "X-MS-Exchange-ForwardingLoop", 28 },
		                          { "ARC-Seal", 8 },
		                          { "X-Google-Original-To", 20 } };
	static const slice traces[] = {
		{ "Message-ID", 10 }, { "Reply-To", 8 }, { "Sender", 6 }, { "List-Unsubscribe", 16 }
	};
	slice organization = d->dmarc.organizational_domain;
	*ret = (struct cause_facts){ .list = is_list(h, organization) };
	/* with a signature of the author a lone List-Id is enough */
	for (size_t i = 0; i < d->n_dkim; i++) {
		ret->list |= d->dkim[i].aligned && has_list_id(h, organization);
	}
	ret->author_helo = mentions(d->envelope.helo, organization);
	ret->author_traces = ret->author_helo || mentions(d->envelope.mail_from, organization);
	bool elsewhere = was_elsewhere(h, organization, &ret->author_traces);
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		ret->author_traces |= field_mentions(h, traces[i], organization);
	}
	ret->forwarded = elsewhere;
	for (size_t i = 0; i < sizeof(forwards) / sizeof(forwards[0]); i++) {
		ret->forwarded |= header_find(h, forwards[i], 0) != NULL;
	}
	ret->forwarded &= !ret->author_helo;
}
