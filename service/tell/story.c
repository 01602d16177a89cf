/* SPDX-License-Identifier: Apache-2.0 */
/* The story of one message, step by step: connection, SPF, signatures, ARC, policy, alignment, decision. */
#include "../../src/base/date.h"
#include "../../src/base/ip.h"
#include "tell.h"
#include "words.h"

static void heading(struct tell *t, unsigned *step, const char *title)
{
	tell_put(t, "\n");
	tell_number(t, ++*step);
	tell_put(t, ". ");
	tell_paint(t, PAINT_STRONG, title);
	tell_put(t, "\n");
}

static void line(struct tell *t, unsigned indent, const char *text)
{
	while (indent--) {
		tell_put(t, " ");
	}
	tell_put(t, text);
}

static void fact(struct tell *t, const char *name, slice value)
{
	line(t, 3, name);
	if (value.len) {
		tell_outside(t, value, 200);
	} else {
		tell_paint(t, PAINT_DIM, "(none)");
	}
	tell_put(t, "\n");
}

static void tell_connection(struct tell *t, const struct signet_dossier *d)
{
	const struct signet_envelope *e = &d->envelope;
	line(t, 3, "client      ");
	if (e->ip.family) {
		ip_put(t->to, &e->ip);
	} else {
		tell_paint(t, PAINT_DIM, "(not known)");
	}
	tell_put(t, "\n");
	fact(t, "HELO        ", e->helo);
	fact(t, "MAIL FROM   ", !e->has_mail_from ? S("(not known)") : e->mail_from.len ? e->mail_from : S("<>"));
	if (e->source) {
		line(t, 3, "known from  ");
		tell_put(t, e->source);
		tell_put(t, "\n");
	}
	for (size_t i = 0; i < d->n_from; i++) {
		fact(t, "author      ", d->from[i].address);
	}
}

void tell_spf_steps(struct tell *t, const struct signet_spf *spf, unsigned indent)
{
	for (size_t i = 0; i < spf->n_steps; i++) {
		const struct signet_spf_step *s = &spf->steps[i];
		line(t, indent + 3 * s->depth, "");
		if (s->term.len) {
			tell_outside(t, s->term, 120);
		} else {
			tell_outside(t, s->domain, 0);
		}
		if (s->target.len && s->term.len) {
			tell_put(t, " (");
			tell_outside(t, s->target, 0);
			tell_put(t, ")");
		}
		tell_put(t, ": ");
		tell_paint(t, strcmp(s->outcome, "match") == 0 ? PAINT_GOOD : PAINT_PLAIN, s->outcome);
		tell_put(t, "\n");
	}
}

static void tell_spf(struct tell *t, const struct signet_spf *spf)
{
	fact(t, "domain      ", spf->domain);
	fact(t, "record      ", spf->record);
	tell_spf_steps(t, spf, 5);
	line(t, 3, "result      ");
	tell_put(t, signet_spf_result_name(spf->result));
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
		fact(t, "they say    ", spf->explanation);
	}
	tell_findings(t, &spf->findings, 3);
}

static const char *truth_word(enum signet_truth truth)
{
	static const char words[][13] = { "not computed", "wrong", "right" };
	return words[truth];
}

static void tell_times(struct tell *t, const struct signet_dkim *dkim)
{
	if (dkim->signed_at >= 0) {
		line(t, 3, "signed at   ");
		date_put(t->to, dkim->signed_at);
		tell_put(t, "\n");
	}
	if (dkim->expires >= 0) {
		line(t, 3, "expires     ");
		date_put(t->to, dkim->expires);
		tell_put(t, "\n");
	}
}

/* h= without its folding. */
static void tell_signed_names(struct tell *t, slice names)
{
	line(t, 3, "signs       ");
	for (slice rest = names; rest.at;) {
		tell_outside(t, slice_trim_fws(slice_split(&rest, ':')), 100);
		tell_put(t, rest.at ? " " : "\n");
	}
}

static void tell_dkim(struct tell *t, const struct signet_dkim *dkim)
{
	fact(t, "domain      ", dkim->domain);
	fact(t, "selector    ", dkim->selector);
	tell_signed_names(t, dkim->signed_names);
	line(t, 3, "algorithm   ");
	tell_outside(t, dkim->algorithm, 40);
	if (dkim->key_bits) {
		tell_put(t, ", key of ");
		tell_number(t, dkim->key_bits);
		tell_put(t, " bits");
	}
	tell_put(t, dkim->secure ? ", DNSSEC-secure\n" : "\n");
	fact(t, "key record  ", dkim->key_record);
	tell_times(t, dkim);
	line(t, 3, "header      ");
	tell_put(t, truth_word(dkim->header_ok));
	tell_put(t, "\n");
	line(t, 3, "body        ");
	tell_put(t, truth_word(dkim->body_ok));
	tell_put(t, "\n");
	line(t, 3, "result      ");
	tell_put(t, signet_dkim_result_name(dkim->result));
	tell_put(t, dkim->aligned ? ", aligned with the author" : ", not aligned with the author");
	tell_put(t, "\n");
	if (dkim->transformation) {
		const char *words = words_of_transformation(dkim->transformation);
		line(t, 3, "changed     ");
		tell_put(t, words ? words : dkim->transformation);
		tell_put(t, " (");
		tell_put(t, signet_evidence_name(dkim->evidence));
		tell_put(t, ")\n");
	}
	tell_findings(t, &dkim->findings, 3);
}

static void tell_arc(struct tell *t, const struct signet_arc *arc)
{
	for (size_t i = arc->n_sets; i > 0; i--) {
		const struct signet_arc_set *set = &arc->sets[i - 1];
		line(t, 3, "hop ");
		tell_number(t, set->instance);
		tell_put(t, "       sealed by ");
		tell_outside(t, set->seal_domain, 0);
		tell_put(t, ", seal ");
		tell_put(t, truth_word(set->seal_ok));
		tell_put(t, ", message ");
		tell_put(t, truth_word(set->signature_ok));
		tell_put(t, "\n");
		fact(t, "  it saw    ", set->results);
	}
	line(t, 3, "result      ");
	tell_put(t, signet_arc_result_name(arc->result));
	tell_put(t, arc->trusted ? ", every sealer from a trusted hop on is listed\n" : "\n");
	tell_findings(t, &arc->findings, 3);
}

void tell_walk(struct tell *t, const struct signet_dmarc *m, unsigned indent)
{
	for (size_t i = 0; i < m->n_walk; i++) {
		line(t, indent, "_dmarc.");
		tell_outside(t, m->walk[i].name, 0);
		tell_put(t, ": ");
		if (m->walk[i].has_record) {
			tell_outside(t, m->walk[i].record, 200);
		} else {
			tell_put(t, m->walk[i].status == SIGNET_DNS_NOERROR ? "no record"
									    : signet_dns_status_name(m->walk[i].status));
		}
		tell_put(t, "\n");
	}
}

static void tell_policy(struct tell *t, const struct signet_dmarc *m)
{
	const char *policy = signet_policy_name(m->policy);
	fact(t, "author      ", m->domain);
	tell_walk(t, m, 5);
	fact(t, "org. domain ", m->organizational_domain);
	if (m->psl_domain.len) {
		fact(t, "by the list ", m->psl_domain);
	}
	line(t, 3, "policy      ");
	tell_put(t, policy ? policy : "none published");
	if (m->found && m->policy_tag) {
		tell_put(t, " (tag ");
		tell_put(t, m->policy_tag);
		tell_put(t, " of ");
		tell_outside(t, m->policy_domain, 0);
		tell_put(t, m->testing ? ", testing)" : ")");
	}
	tell_put(t, "\n");
	tell_findings(t, &m->findings, 3);
}

static void compare(struct tell *t, const char *what, slice domain, bool passed, bool aligned)
{
	line(t, 3, what);
	tell_outside(t, domain, 0);
	tell_put(t, passed ? " passed, " : " did not pass, ");
	tell_paint(t, aligned ? PAINT_GOOD : PAINT_WARNING, aligned ? "aligned" : "not aligned");
	tell_put(t, "\n");
}

static void tell_alignment(struct tell *t, const struct signet_dossier *d)
{
	if (d->n_spf) {
		bool passed = d->spf[0].result == SIGNET_SPF_PASS;
		if (passed) {
			compare(t, "SPF         ", d->spf[0].domain, true, d->dmarc.aligned_by_spf);
		} else {
			fact(t, "SPF         ", S("did not pass"));
		}
	}
	for (size_t i = 0; i < d->n_dkim; i++) {
		compare(t, "DKIM        ", d->dkim[i].domain, d->dkim[i].result == SIGNET_DKIM_PASS, d->dkim[i].aligned);
	}
	line(t, 3, "result      ");
	tell_put(t, signet_dmarc_result_name(d->dmarc.result));
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
		line(t, 3, "");
		tell_outside(t, q.name, 0);
		tell_put(t, " ");
		tell_put(t, signet_rrtype_name(q.type));
		tell_put(t, ": ");
		tell_put(t, a.status == SIGNET_DNS_NOERROR && a.n == 0 ? "no such record" : signet_dns_status_name(a.status));
		tell_put(t, a.secure ? ", secure\n" : "\n");
	}
}

void tell_story(struct tell *t, const struct signet_dossier *d, const struct signet_book *book)
{
	unsigned step = 0;
	heading(t, &step, "The connection and the author");
	tell_connection(t, d);
	tell_findings(t, &d->findings, 3);
	for (size_t i = 0; i < d->n_spf; i++) {
		heading(t, &step, d->spf[i].identity == SIGNET_SPF_HELO ? "SPF of the HELO name" : "SPF of MAIL FROM");
		tell_spf(t, &d->spf[i]);
	}
	for (size_t i = 0; i < d->n_dkim; i++) {
		heading(t, &step, "DKIM signature");
		tell_dkim(t, &d->dkim[i]);
	}
	if (d->arc.result != SIGNET_ARC_NONE) {
		heading(t, &step, "ARC");
		tell_arc(t, &d->arc);
	}
	for (size_t i = 0; i < d->n_dmarc_all; i++) {
		heading(t, &step, "The owner's policy (DMARC)");
		tell_policy(t, &d->dmarc_all[i]);
	}
	heading(t, &step, "Alignment");
	tell_alignment(t, d);
	heading(t, &step, "Decision");
	fact(t, "decision    ", slice_of(signet_decision_name(d->decision)));
	fact(t, "because     ", slice_of(d->rule));
	heading(t, &step, "Questions to the DNS");
	tell_dns(t, book);
}
