/* SPDX-License-Identifier: Apache-2.0 */
/* The story of one message, step by step: connection, SPF, signatures, ARC, policy, alignment, decision. */
#include "../../src/base/date.h"
#include "../../src/base/ip.h"
#include "tell.h"
#include "words.h"

#define INDENT 3
#define LABEL_COLUMNS 14
#define VALUE_COLUMNS 200
#define AUTHORS_SHOWN 10

static void heading(struct tell *t, unsigned *step, const char *title, slice name)
{
	tell_put(t, "\n");
	tell_number(t, ++*step);
	tell_put(t, ". ");
	tell_paint(t, PAINT_STRONG, title);
	tell_outside(t, name, 0);
	tell_put(t, "\n");
}

static void indent_by(struct tell *t, size_t columns)
{
	while (columns--) {
		tell_put(t, " ");
	}
}

static void label(struct tell *t, const char *name)
{
	size_t len = strlen(name);
	indent_by(t, INDENT);
	tell_put(t, name);
	indent_by(t, len < LABEL_COLUMNS ? LABEL_COLUMNS - len : 1);
}

static void fact(struct tell *t, const char *name, slice value)
{
	label(t, name);
	if (value.len) {
		tell_outside(t, value, VALUE_COLUMNS);
	} else {
		tell_paint(t, PAINT_DIM, "(none)");
	}
	tell_put(t, "\n");
}

static void tell_connection(struct tell *t, const struct signet_dossier *d)
{
	const struct signet_envelope *e = &d->envelope;
	label(t, "client");
	if (e->ip.family) {
		ip_put(t->to, &e->ip);
	} else {
		tell_paint(t, PAINT_DIM, "(not known)");
	}
	tell_put(t, "\n");
	fact(t, "HELO", e->helo);
	fact(t, "MAIL FROM", !e->has_mail_from ? S("(not known)") : e->mail_from.len ? e->mail_from : S("<>"));
	if (e->source) {
		fact(t, "known from", slice_of(e->source));
	}
	for (size_t i = 0; i < d->n_from && i < AUTHORS_SHOWN; i++) {
		fact(t, "author", d->from[i].address);
	}
	if (d->n_from > AUTHORS_SHOWN) {
		label(t, "authors");
		tell_number(t, d->n_from - AUTHORS_SHOWN);
		tell_put(t, " more\n");
	}
}

/* Is the name that was looked up anything else than what already stands there? */
static bool is_news(const struct signet_spf_step *s)
{
	return s->term.len && s->target.len && !slice_eq(s->target, s->domain) &&
	       slice_find_nocase(s->term, s->target) == SLICE_NONE;
}

/* The record of the domain itself stands above the steps, so that its being found is no news. */
static bool is_shown(const struct signet_spf_step *s)
{
	return s->term.len || s->depth || strcmp(s->outcome, "record") != 0;
}

static void tell_spf_step(struct tell *t, const struct signet_spf *spf, const struct signet_spf_step *s, size_t indent)
{
	bool matches = strcmp(s->outcome, "match") == 0;
	indent_by(t, indent + 3 * s->depth);
	tell_outside(t, s->term.len ? s->term : s->domain, 120);
	if (is_news(s)) {
		tell_put(t, " (");
		tell_outside(t, s->target, 0);
		tell_put(t, ")");
	}
	tell_put(t, ": ");
	tell_paint(t, matches ? PAINT_STRONG : PAINT_PLAIN, s->outcome);
	if (matches && slice_eq(s->domain, spf->matched_in) && slice_eq(s->term, spf->matched)) {
		tell_put(t, ", hence ");
		tell_paint(t, PAINT_STRONG, signet_spf_result_name(spf->result));
	}
	tell_put(t, "\n");
}

void tell_spf_steps(struct tell *t, const struct signet_spf *spf, unsigned indent)
{
	for (size_t i = 0; i < spf->n_steps; i++) {
		if (is_shown(&spf->steps[i])) {
			tell_spf_step(t, spf, &spf->steps[i], indent);
		}
	}
}

static void tell_spf(struct tell *t, const struct signet_spf *spf)
{
	fact(t, "domain", spf->domain);
	fact(t, "record", spf->record);
	tell_spf_steps(t, spf, 5);
	label(t, "result");
	tell_paint(t, PAINT_STRONG, signet_spf_result_name(spf->result));
	if (spf->matched.len) {
		tell_put(t, ", by ");
		tell_outside(t, spf->matched, 100);
		tell_put(t, spf->matched_in.len ? " in the record of " : "");
		tell_outside(t, spf->matched_in, 0);
	}
	tell_put(t, "; ");
	tell_number(t, spf->lookups);
	tell_put(t, " of 10 look-ups, ");
	tell_number(t, spf->voids);
	tell_put(t, " of 2 voids\n");
	if (spf->explanation.len) {
		fact(t, "they say", spf->explanation);
	}
	tell_findings(t, &spf->findings, INDENT);
}

static const char *truth_word(enum signet_truth truth)
{
	static const char words[][13] = { "not computed", "wrong", "right" };
	return words[truth];
}

static void tell_truth(struct tell *t, const char *name, enum signet_truth truth)
{
	static const enum tell_paint paints[] = { PAINT_DIM, PAINT_BAD, PAINT_GOOD };
	label(t, name);
	tell_paint(t, paints[truth], truth_word(truth));
	tell_put(t, "\n");
}

static void tell_times(struct tell *t, const struct signet_dkim *dkim)
{
	if (dkim->signed_at >= 0) {
		label(t, "signed at");
		date_put(t->to, dkim->signed_at);
		tell_put(t, "\n");
	}
	if (dkim->expires >= 0) {
		label(t, "expires");
		date_put(t->to, dkim->expires);
		tell_put(t, "\n");
	}
}

/* h= without its folding. */
static void tell_signed_names(struct tell *t, slice names)
{
	label(t, "signs");
	for (slice rest = names; rest.at;) {
		tell_outside(t, slice_trim_fws(slice_split(&rest, ':')), 100);
		tell_put(t, rest.at ? " " : "\n");
	}
}

static void tell_dkim(struct tell *t, const struct signet_dkim *dkim)
{
	fact(t, "selector", dkim->selector);
	tell_signed_names(t, dkim->signed_names);
	label(t, "algorithm");
	tell_outside(t, dkim->algorithm, 40);
	if (dkim->key_bits) {
		tell_put(t, ", key of ");
		tell_number(t, dkim->key_bits);
		tell_put(t, " bits");
	}
	tell_put(t, dkim->secure ? ", DNSSEC-secure\n" : "\n");
	fact(t, "key record", dkim->key_record);
	tell_times(t, dkim);
	tell_truth(t, "header", dkim->header_ok);
	tell_truth(t, "body", dkim->body_ok);
	label(t, "result");
	tell_put(t, signet_dkim_result_name(dkim->result));
	tell_put(t, dkim->aligned ? ", aligned with the author" : ", not aligned with the author");
	tell_put(t, "\n");
	if (dkim->transformation) {
		const char *words = words_of_transformation(dkim->transformation);
		label(t, "why");
		tell_put(t, words ? words : dkim->transformation);
		tell_put(t, " (");
		tell_put(t, signet_evidence_name(dkim->evidence));
		tell_put(t, ")\n");
	}
	tell_findings(t, &dkim->findings, INDENT);
}

static void tell_arc(struct tell *t, const struct signet_arc *arc)
{
	for (size_t i = arc->n_sets; i > 0; i--) {
		const struct signet_arc_set *set = &arc->sets[i - 1];
		label(t, "hop");
		tell_number(t, set->instance);
		tell_put(t, ", sealed by ");
		tell_outside(t, set->seal_domain, 0);
		tell_put(t, ", seal ");
		tell_put(t, truth_word(set->seal_ok));
		tell_put(t, ", message ");
		tell_put(t, truth_word(set->signature_ok));
		tell_put(t, "\n");
		fact(t, "  it saw    ", set->results);
	}
	label(t, "result");
	tell_put(t, signet_arc_result_name(arc->result));
	tell_put(t, arc->trusted ? ", every sealer from a trusted hop on is listed\n" : "\n");
	tell_findings(t, &arc->findings, INDENT);
}

void tell_walk(struct tell *t, const struct signet_dmarc *m, unsigned indent)
{
	for (size_t i = 0; i < m->n_walk; i++) {
		indent_by(t, indent);
		tell_put(t, "_dmarc.");
		tell_outside(t, m->walk[i].name, 0);
		tell_put(t, ": ");
		if (m->walk[i].has_record) {
			tell_outside(t, m->walk[i].record, 200);
		} else {
			tell_put(t, m->walk[i].status == SIGNET_DNS_NOERROR
			                    ? "no record"
			                    : signet_dns_status_name(m->walk[i].status));
		}
		tell_put(t, "\n");
	}
}

static void tell_policy(struct tell *t, const struct signet_dmarc *m)
{
	const char *policy = signet_policy_name(m->policy);
	fact(t, "author", m->domain);
	tell_walk(t, m, 5);
	fact(t, "org. domain ", m->organizational_domain);
	if (m->psl_domain.len) {
		fact(t, "by the list", m->psl_domain);
	}
	label(t, "policy");
	tell_put(t, policy ? policy : "none published");
	if (m->found && m->policy_tag) {
		tell_put(t, " (tag ");
		tell_put(t, m->policy_tag);
		tell_put(t, " of ");
		tell_outside(t, m->policy_domain, 0);
		tell_put(t, m->testing ? ", testing)" : ")");
	}
	tell_put(t, "\n");
	tell_findings(t, &m->findings, INDENT);
}

/* One identifier against the author: what it proved, and whether that speaks for the author. */
static void compare(struct tell *t, const char *mechanism, slice domain, const char *result, bool aligned, bool strict)
{
	bool passed = strcmp(result, "pass") == 0;
	label(t, mechanism);
	tell_put(t, result);
	tell_put(t, " for ");
	tell_outside(t, domain, 0);
	tell_put(t, ": ");
	if (passed) {
		tell_paint(t, aligned ? PAINT_GOOD : PAINT_WARNING, aligned ? "aligned" : "not aligned");
	} else {
		tell_put(t, aligned ? "would align" : "would not align either");
	}
	tell_put(t, strict    ? " (strict: the very same domain counts)\n"
	            : aligned ? " (the same organization)\n"
	                      : " (another organization)\n");
}

static void tell_alignment(struct tell *t, const struct signet_dossier *d)
{
	const struct signet_dmarc *m = &d->dmarc;
	fact(t, "author", m->domain);
	fact(t, "organization", m->organizational_domain);
	for (size_t i = 0; m->domain.len && i < d->n_spf && i < 1; i++) {
		if (d->spf[i].result == SIGNET_SPF_PASS) {
			compare(t, "SPF", d->spf[i].domain, "pass", m->aligned_by_spf, m->record.spf_strict);
		} else {
			label(t, "SPF");
			tell_put(t, signet_spf_result_name(d->spf[i].result));
			tell_put(t, ": proves nothing\n");
		}
	}
	for (size_t i = 0; m->domain.len && i < d->n_dkim; i++) {
		if (tell_has_room_for(d, i)) {
			compare(t, "DKIM", d->dkim[i].domain, signet_dkim_result_name(d->dkim[i].result),
			        d->dkim[i].aligned, m->record.dkim_strict);
		}
	}
	label(t, "result");
	tell_paint(t, PAINT_STRONG, signet_dmarc_result_name(m->result));
	const char *words = words_of_cause(d->cause);
	if (words) {
		tell_put(t, ": ");
		tell_put(t, words);
	}
	tell_put(t, "\n");
}

static void tell_dns(struct tell *t, const struct signet_book *book)
{
	struct signet_question q;
	struct signet_answer a;
	for (size_t i = 0; signet_book_entry(book, i, &q, &a); i++) {
		indent_by(t, INDENT);
		tell_outside(t, q.name, 0);
		tell_put(t, " ");
		tell_put(t, signet_rrtype_name(q.type));
		tell_put(t, ": ");
		tell_put(t, a.status == SIGNET_DNS_NOERROR && a.n == 0 ? "no such record"
		                                                       : signet_dns_status_name(a.status));
		tell_put(t, a.secure ? ", secure\n" : "\n");
	}
}

/* The findings of the message stand with what they are about: its form, or what is to be done with it. */
static void tell_own_findings(struct tell *t, const struct signet_dossier *d, bool of_decision)
{
	for (size_t i = 0; i < d->findings.n; i++) {
		const struct signet_finding *finding = &d->findings.at[i];
		if (slice_starts(slice_of(signet_finding_kind(finding->id)->name), S("decision.")) == of_decision) {
			tell_finding(t, finding, INDENT);
		}
	}
}

static void tell_signatures(struct tell *t, const struct signet_dossier *d, unsigned *step)
{
	size_t skipped = 0;
	for (size_t i = 0; i < d->n_dkim; i++) {
		if (tell_has_room_for(d, i)) {
			heading(t, step, "DKIM signature of ", d->dkim[i].domain);
			tell_dkim(t, &d->dkim[i]);
		} else {
			skipped++;
		}
	}
	if (skipped) {
		heading(t, step, "More DKIM signatures", S(""));
		label(t, "not passed");
		tell_number(t, skipped);
		tell_put(t, " more, not told one by one\n");
	}
	if (d->n_dkim == 0) {
		heading(t, step, "DKIM", S(""));
		fact(t, "signatures", S(""));
	}
}

void tell_story(struct tell *t, const struct signet_dossier *d, const struct signet_book *book)
{
	unsigned step = 0;
	slice none = { 0 };
	heading(t, &step, "The connection and the author", none);
	tell_connection(t, d);
	tell_own_findings(t, d, false);
	for (size_t i = 0; i < d->n_spf; i++) {
		heading(t, &step, d->spf[i].identity == SIGNET_SPF_HELO ? "SPF of the HELO name" : "SPF of MAIL FROM",
		        none);
		tell_spf(t, &d->spf[i]);
	}
	tell_signatures(t, d, &step);
	if (d->arc.result != SIGNET_ARC_NONE) {
		heading(t, &step, "ARC", none);
		tell_arc(t, &d->arc);
	}
	for (size_t i = 0; i < d->n_dmarc_all; i++) {
		heading(t, &step, "The policy of the owner (DMARC)", none);
		tell_policy(t, &d->dmarc_all[i]);
	}
	heading(t, &step, "Alignment", none);
	tell_alignment(t, d);
	heading(t, &step, "Decision", none);
	fact(t, "decision", slice_of(signet_decision_name(d->decision)));
	fact(t, "because", slice_of(d->rule));
	tell_own_findings(t, d, true);
	heading(t, &step, "Questions to the DNS", none);
	tell_dns(t, book);
}
