/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of check, spf and dmarc: the keys are relied on by scripts. */
#include "../../src/base/finding.h"
#include "../../src/base/ip.h"
#include "tell.h"

#define SENTENCE_BYTES 4096

static void put_finding(struct json_writer *w, const struct signet_finding *finding)
{
	const struct signet_finding_kind *kind = signet_finding_kind(finding->id);
	struct buf text;
	buf_init(&text, SENTENCE_BYTES);
	finding_put(&text, kind->sentence, finding);
	json_open(w, '{');
	json_member_name(w, "id", kind->name);
	json_member_name(w, "severity", signet_severity_name(kind->severity));
	json_member_name(w, "clause", kind->clause);
	json_member_text(w, "text", buf_slice(&text));
	json_member_number(w, "offset", (int64_t)finding->offset);
	json_close(w, '}');
	buf_finish(&text);
}

void tell_json_findings(struct json_writer *w, const char *key, const struct signet_findings *findings)
{
	json_key(w, key);
	json_open(w, '[');
	for (size_t i = 0; i < findings->n; i++) {
		put_finding(w, &findings->at[i]);
	}
	json_close(w, ']');
}

static void put_truth(struct json_writer *w, const char *key, enum signet_truth truth)
{
	json_key(w, key);
	if (truth == SIGNET_UNKNOWN) {
		json_nothing(w);
	} else {
		json_bool(w, truth == SIGNET_TRUE);
	}
}

static void put_policy(struct json_writer *w, const char *key, enum signet_policy policy)
{
	json_member_name(w, key, signet_policy_name(policy));
}

static void put_list(struct json_writer *w, const char *key, const slice *items, size_t n)
{
	json_key(w, key);
	json_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		json_text(w, items[i]);
	}
	json_close(w, ']');
}

void tell_json_spf(struct json_writer *w, const struct signet_spf *spf)
{
	json_member_name(w, "identity", spf->identity == SIGNET_SPF_HELO ? "helo" : "mailfrom");
	json_member_text(w, "domain", spf->domain);
	json_member_name(w, "result", signet_spf_result_name(spf->result));
	json_member_optional(w, "matched", spf->matched);
	json_member_optional(w, "matched_in", spf->matched_in);
	json_member_optional(w, "record", spf->record);
	json_member_optional(w, "explanation", spf->explanation);
	json_member_number(w, "lookups", spf->lookups);
	json_member_number(w, "voids", spf->voids);
	if (spf->null_sender) {
		json_member_bool(w, "null_sender", true);
	}
	tell_json_findings(w, "findings", &spf->findings);
}

static void put_time(struct json_writer *w, const char *key, int64_t time)
{
	json_key(w, key);
	if (time < 0) {
		json_nothing(w);
	} else {
		json_number(w, time);
	}
}

static void put_dkim(struct json_writer *w, const struct signet_dkim *dkim)
{
	json_open(w, '{');
	json_member_text(w, "domain", dkim->domain);
	json_member_text(w, "selector", dkim->selector);
	json_member_text(w, "algorithm", dkim->algorithm);
	json_member_number(w, "key_bits", dkim->key_bits);
	json_member_name(w, "result", signet_dkim_result_name(dkim->result));
	put_truth(w, "header_ok", dkim->header_ok);
	put_truth(w, "body_ok", dkim->body_ok);
	json_member_bool(w, "aligned", dkim->aligned);
	json_member_text(w, "identity", dkim->identity);
	json_member_bool(w, "testing", dkim->testing);
	json_member_bool(w, "secure", dkim->secure);
	put_time(w, "signed_at", dkim->signed_at);
	put_time(w, "expires", dkim->expires);
	if (dkim->has_length) {
		json_member_number(w, "length", (int64_t)dkim->length);
		json_member_number(w, "uncovered", (int64_t)dkim->uncovered);
	}
	json_member_name(w, "transformation", dkim->transformation);
	json_member_name(w, "evidence", signet_evidence_name(dkim->evidence));
	tell_json_findings(w, "findings", &dkim->findings);
	json_close(w, '}');
}

static void put_arc(struct json_writer *w, const struct signet_arc *arc)
{
	json_key(w, "arc");
	json_open(w, '{');
	json_member_name(w, "result", signet_arc_result_name(arc->result));
	json_member_number(w, "instances", arc->instances);
	json_key(w, "oldest_pass");
	if (arc->has_oldest_pass) {
		json_number(w, arc->oldest_pass);
	} else {
		json_nothing(w);
	}
	json_member_text(w, "sealer", arc->sealer);
	json_member_bool(w, "trusted", arc->trusted);
	json_member_bool(w, "rescues", arc->rescues);
	tell_json_findings(w, "findings", &arc->findings);
	json_close(w, '}');
}

static void put_aligned_by(struct json_writer *w, const struct signet_dmarc *dmarc)
{
	json_key(w, "aligned_by");
	json_open(w, '[');
	if (dmarc->aligned_by_dkim) {
		json_text(w, S("dkim"));
	}
	if (dmarc->aligned_by_spf) {
		json_text(w, S("spf"));
	}
	json_close(w, ']');
}

static void put_dmarc(struct json_writer *w, const struct signet_dmarc *dmarc, const char *cause)
{
	json_open(w, '{');
	json_member_name(w, "result", signet_dmarc_result_name(dmarc->result));
	json_member_optional(w, "domain", dmarc->domain);
	json_member_optional(w, "policy_domain", dmarc->policy_domain);
	json_member_optional(w, "organizational_domain", dmarc->organizational_domain);
	json_member_optional(w, "psl_domain", dmarc->psl_domain);
	put_policy(w, "policy", dmarc->policy);
	json_member_bool(w, "testing", dmarc->testing);
	json_member_name(w, "disposition",
			 dmarc->disposition == SIGNET_POLICY_ABSENT ? "none" : signet_policy_name(dmarc->disposition));
	put_aligned_by(w, dmarc);
	if (cause) {
		json_member_name(w, "cause", cause);
	}
	tell_json_findings(w, "findings", &dmarc->findings);
	json_close(w, '}');
}

static void put_walk(struct json_writer *w, const struct signet_dmarc *dmarc)
{
	json_key(w, "walk");
	json_open(w, '[');
	for (size_t i = 0; i < dmarc->n_walk; i++) {
		json_open(w, '{');
		json_member_text(w, "name", dmarc->walk[i].name);
		json_member_name(w, "status", signet_dns_status_name(dmarc->walk[i].status));
		json_member_optional(w, "record", dmarc->walk[i].record);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_record(struct json_writer *w, const struct signet_dmarc_record *r)
{
	json_open(w, '{');
	put_policy(w, "p", r->p);
	put_policy(w, "sp", r->sp);
	put_policy(w, "np", r->np);
	json_member_name(w, "adkim", r->dkim_strict ? "s" : "r");
	json_member_name(w, "aspf", r->spf_strict ? "s" : "r");
	json_member_name(w, "t", r->testing ? "y" : "n");
	json_member_text(w, "psd", slice_make(&r->psd, 1));
	put_list(w, "rua", r->rua, r->n_rua);
	put_list(w, "ruf", r->ruf, r->n_ruf);
	json_member_text(w, "fo", r->fo);
	json_member_text(w, "text", r->text);
	json_close(w, '}');
}

void tell_json_dmarc(struct json_writer *w, const struct signet_dmarc *dmarc)
{
	json_member_text(w, "domain", dmarc->domain);
	json_member_bool(w, "found", dmarc->found);
	json_member_optional(w, "policy_domain", dmarc->policy_domain);
	json_member_optional(w, "organizational_domain", dmarc->organizational_domain);
	json_member_optional(w, "psl_domain", dmarc->psl_domain);
	json_key(w, "policy");
	if (dmarc->found) {
		put_record(w, &dmarc->record);
	} else {
		json_nothing(w);
	}
	put_policy(w, "effective", dmarc->policy);
	put_walk(w, dmarc);
	json_key(w, "evaluation");
	json_open(w, '{');
	json_member_name(w, "result", signet_dmarc_result_name(dmarc->result));
	put_policy(w, "policy", dmarc->policy);
	json_member_name(w, "disposition",
			 dmarc->disposition == SIGNET_POLICY_ABSENT ? "none" : signet_policy_name(dmarc->disposition));
	put_aligned_by(w, dmarc);
	json_close(w, '}');
	tell_json_findings(w, "findings", &dmarc->findings);
}

static void put_from(struct json_writer *w, const struct signet_dossier *d)
{
	json_key(w, "from");
	json_open(w, '[');
	for (size_t i = 0; i < d->n_from; i++) {
		json_open(w, '{');
		json_member_text(w, "address", d->from[i].address);
		json_member_optional(w, "domain", d->from[i].domain);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_envelope(struct json_writer *w, const struct signet_envelope *e)
{
	struct buf ip;
	buf_init(&ip, 64);
	if (e->ip.family) {
		ip_put(&ip, &e->ip);
	}
	json_key(w, "envelope");
	json_open(w, '{');
	json_member_optional(w, "ip", buf_slice(&ip));
	json_member_optional(w, "helo", e->helo);
	json_key(w, "mail_from");
	if (e->has_mail_from) {
		json_text(w, e->mail_from);
	} else {
		json_nothing(w);
	}
	json_member_name(w, "source", e->source);
	json_close(w, '}');
	buf_finish(&ip);
}

static void put_dns(struct json_writer *w, const struct signet_book *book)
{
	struct signet_question q;
	struct signet_answer a;
	json_key(w, "dns");
	json_open(w, '[');
	for (size_t i = 0; signet_book_entry(book, i, &q, &a); i++) {
		json_open(w, '{');
		json_member_text(w, "name", q.name);
		json_member_name(w, "type", signet_rrtype_name(q.type));
		json_member_name(w, "status", signet_dns_status_name(a.status));
		json_member_bool(w, "secure", a.secure);
		json_member_number(w, "ttl", a.ttl_s);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_bimi(struct json_writer *w)
{
	json_key(w, "bimi");
	json_open(w, '{');
	json_member_name(w, "result", "skipped");
	json_member_name(w, "location", NULL);
	json_member_name(w, "authority", NULL);
	json_close(w, '}');
}

static void put_evidence(struct json_writer *w, const struct signet_dossier *d)
{
	json_key(w, "spf");
	json_open(w, '[');
	for (size_t i = 0; i < d->n_spf; i++) {
		json_open(w, '{');
		tell_json_spf(w, &d->spf[i]);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_key(w, "dkim");
	json_open(w, '[');
	for (size_t i = 0; i < d->n_dkim; i++) {
		put_dkim(w, &d->dkim[i]);
	}
	json_close(w, ']');
	put_arc(w, &d->arc);
}

void tell_json_failure(struct json_writer *w, const char *key, const char *item, const char *code, const char *why)
{
	json_open(w, '{');
	json_member_name(w, key, item);
	json_member_bool(w, "ok", false);
	json_key(w, "error");
	json_open(w, '{');
	json_member_name(w, "code", code);
	json_member_name(w, "text", why);
	json_close(w, '}');
	json_close(w, '}');
}

void tell_json_dossier(struct json_writer *w, const char *path, const struct signet_dossier *d,
		       const struct tell_extras *extras, const struct signet_book *book)
{
	json_open(w, '{');
	json_member_name(w, "path", path);
	json_member_bool(w, "ok", true);
	json_member_optional(w, "message_id", d->message_id);
	json_member_optional(w, "date", d->date);
	json_member_optional(w, "subject", d->subject);
	put_from(w, d);
	put_envelope(w, &d->envelope);
	put_evidence(w, d);
	json_key(w, "dmarc");
	put_dmarc(w, &d->dmarc, d->cause);
	if (d->n_dmarc_all > 1) {
		json_key(w, "dmarc_all");
		json_open(w, '[');
		for (size_t i = 0; i < d->n_dmarc_all; i++) {
			put_dmarc(w, &d->dmarc_all[i], NULL);
		}
		json_close(w, ']');
	}
	put_bimi(w);
	json_member_name(w, "decision", signet_decision_name(d->decision));
	json_member_name(w, "rule", d->rule);
	json_member_text(w, "authentication_results", extras->authentication_results);
	if (extras->received_spf.len) {
		json_member_text(w, "received_spf", extras->received_spf);
	}
	if (extras->requirements) {
		tell_json_requirements(w, extras->requirements);
	}
	put_dns(w, book);
	tell_json_findings(w, "findings", &d->findings);
	json_close(w, '}');
}
