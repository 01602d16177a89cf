/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence -> verdict -> dossier. */
#include "../base/ip.h"
#include "../dns/book.h"
#include "../transit/transit.h"
#include "cause.h"
#include "decide.h"
#include "envelope.h"
#include "state.h"

static size_t max_author_domains(const struct signet_check *c)
{
	return c->settings.max_author_domains ? c->settings.max_author_domains : MAX_AUTHOR_DOMAINS;
}

/* The envelope as SPF wants it. */
static struct signet_spf_query spf_query(const struct signet_check *c, enum signet_spf_identity identity)
{
	const struct signet_envelope *e = &c->dossier.envelope;
	return (struct signet_spf_query){
		.identity = identity,
		.ip = e->ip,
		.helo = e->helo,
		.mail_from = e->mail_from,
		.receiver = c->settings.receiver,
		.now = c->settings.now,
	};
}

/* A HELO name is checked on its own only where MAIL FROM is not made from it (RFC 7208 2.3, 2.4). */
static bool wants_helo(const struct signet_envelope *e)
{
	return e->helo.len && e->mail_from.len;
}

enum signet_status check_spf(struct signet_check *c)
{
	struct signet_spf *spf = arena_array(&c->arena, 2, sizeof(*spf));
	if (!spf) {
		return SIGNET_NO_MEMORY;
	}
	c->dossier.spf = spf;
	c->dossier.n_spf = 1;
	if (!envelope_is_known(&c->dossier.envelope)) {
		const struct signet_envelope *e = &c->dossier.envelope;
		slice sender = e->mail_from;
		size_t at = slice_find_last_char(sender, '@');
		spf[0].domain = at == SLICE_NONE ? sender : slice_from(sender, at + 1);
		spf[0].null_sender = e->ip.family && e->has_mail_from;
		findings_init(&spf[0].findings, &c->arena);
		note(&spf[0].findings, F_ENVELOPE_UNKNOWN, (slice){ 0 }, 0);
		return SIGNET_OK;
	}
	struct signet_spf_query query = spf_query(c, SIGNET_SPF_MAILFROM);
	enum signet_status status = signet_spf_eval(&query, c->book, &c->arena, &spf[0]);
	if (wants_helo(&c->dossier.envelope)) {
		struct signet_spf_query helo = spf_query(c, SIGNET_SPF_HELO);
		enum signet_status helo_status = signet_spf_eval(&helo, c->book, &c->arena, &spf[1]);
		status = status == SIGNET_OK ? helo_status : status;
		c->dossier.n_spf = 2;
	}
	return status;
}

/* A mechanism that has all its answers is kept for good; what a waiting one has made is given back. */
static enum signet_status keep(struct signet_check *c, enum signet_status status, bool *ret_has)
{
	*ret_has = status == SIGNET_OK;
	if (*ret_has) {
		c->mark = arena_mark(&c->arena);
	} else {
		arena_rewind(&c->arena, c->mark);
	}
	return status;
}

/* dkim_open() and dmarc_want() have asked for the keys and the policy. */
enum signet_status check_ask_ahead(struct signet_check *c)
{
	enum signet_status status = keep(c, check_spf(c), &c->has_spf);
	return status == SIGNET_PENDING ? SIGNET_OK : status;
}

/* What SPF and DKIM proved, in the words of DMARC: entry 0 is MAIL FROM, the signatures follow. */
static struct signet_dmarc_evidence *evidence_of(struct signet_check *c)
{
	const struct signet_dossier *d = &c->dossier;
	struct signet_dmarc_evidence *list = arena_array(&c->arena, 1 + d->n_dkim, sizeof(*list));
	if (!list) {
		return NULL;
	}
	list[0] = (struct signet_dmarc_evidence){
		.mechanism = SIGNET_MECHANISM_SPF,
		.domain = d->spf[0].domain,
		.outcome = d->spf[0].result == SIGNET_SPF_PASS	      ? SIGNET_OUTCOME_PASS
			   : d->spf[0].result == SIGNET_SPF_TEMPERROR ? SIGNET_OUTCOME_ERROR
								      : SIGNET_OUTCOME_NOT,
	};
	for (size_t i = 0; i < d->n_dkim; i++) {
		list[1 + i] = (struct signet_dmarc_evidence){
			.mechanism = SIGNET_MECHANISM_DKIM,
			.domain = d->dkim[i].domain,
			.outcome = d->dkim[i].result == SIGNET_DKIM_PASS	? SIGNET_OUTCOME_PASS
				   : d->dkim[i].result == SIGNET_DKIM_TEMPERROR ? SIGNET_OUTCOME_ERROR
										: SIGNET_OUTCOME_NOT,
		};
	}
	return list;
}

/* A number 0..99 that is the same whenever this message comes again (RFC 7489 6.6.4 with a retry in mind). */
static unsigned pct_draw(const struct signet_check *c)
{
	static const slice names[] = { { "Message-ID", 10 }, { "From", 4 }, { "Date", 4 }, { "Subject", 7 } };
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct mail_field *field = header_find(&c->header, names[i], 0);
		for (size_t k = 0; field && k < field->value.len; k++) {
			h = (h ^ (unsigned char)field->value.at[k]) * 0x100000001b3u;
		}
	}
	return (unsigned)((h >> 32) % 100);
}

static enum decide_from judge_from(const struct signet_check *c)
{
	const struct mail_identity *who = &c->identity;
	if (who->n_from_fields > 1) {
		return DECIDE_FROM_TWICE;
	}
	if (who->n_domains == 0 || who->unusable) {
		return DECIDE_FROM_NONE;
	}
	return who->n_domains > max_author_domains(c) ? DECIDE_FROM_TOO_MANY : DECIDE_FROM_GOOD;
}

/* Several domains in one From field: the strictest policy among those that fail is shown, then what is undecided. */
static int severity(const struct signet_dmarc *m)
{
	switch (m->result) {
	case SIGNET_DMARC_FAIL:
		return 10 + (int)m->disposition;
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

static enum signet_status judge_author(struct signet_check *c, slice author, struct signet_dmarc *ret)
{
	struct signet_dmarc_evidence *evidence = evidence_of(c);
	if (!evidence) {
		return SIGNET_NO_MEMORY;
	}
	const struct signet_dmarc_query q = {
		.author = author,
		.evidence = evidence,
		.n_evidence = 1 + c->dkim->n,
		.rfc7489 = c->settings.rfc7489,
		.psl = c->settings.psl,
		.pct_draw = pct_draw(c),
	};
	TRY(signet_dmarc_eval(&q, c->book, &c->arena, ret));
	for (size_t i = 0; i < c->dkim->n; i++) {
		c->dkim->results[i].aligned |= evidence[1 + i].aligned;
	}
	return SIGNET_OK;
}

/* DMARC of every Author Domain.  Where From cannot be judged there is none, and the result is permerror. */
static enum signet_status judge_authors(struct signet_check *c)
{
	struct signet_dossier *d = &c->dossier;
	size_t n = judge_from(c) == DECIDE_FROM_GOOD ? c->identity.n_domains : 0;
	struct signet_dmarc *all = arena_array(&c->arena, n ? n : 1, sizeof(*all));
	enum signet_status outcome = all ? SIGNET_OK : SIGNET_NO_MEMORY;
	d->dmarc = (struct signet_dmarc){ .result = SIGNET_DMARC_PERMERROR };
	findings_init(&d->dmarc.findings, &c->arena);
	for (size_t i = 0; all && i < n; i++) { /* all of them, so that all their questions fly at once */
		enum signet_status status = judge_author(c, c->identity.domains[i], &all[i]);
		outcome = status == SIGNET_OK ? outcome : status;
	}
	TRY(outcome);
	d->dmarc_all = all;
	d->n_dmarc_all = n;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || severity(&all[i]) > severity(&d->dmarc)) {
			d->dmarc = all[i];
		}
	}
	return SIGNET_OK;
}

/* The first change in transit that was proved by undoing it on a signature aligned with the author. */
static const char *undone(const struct signet_dossier *d)
{
	for (size_t i = 0; i < d->n_dkim; i++) {
		const struct signet_dkim *dkim = &d->dkim[i];
		if (dkim->aligned && dkim->result == SIGNET_DKIM_FAIL && dkim->evidence == SIGNET_EVIDENCE_PROVED) {
			return dkim->transformation;
		}
	}
	return NULL;
}

/* The facts as handed in, and what the envelope adds that may have come from the message's own trace. */
static struct signet_facts facts_of(const struct signet_check *c)
{
	struct signet_facts facts = c->settings.facts;
	for (size_t i = 0; i < c->settings.n_forwarders; i++) {
		facts.forwarder |= ip_network_has(&c->settings.forwarders[i], &c->dossier.envelope.ip);
	}
	return facts;
}

static enum signet_status make_decision(struct signet_check *c)
{
	struct signet_dossier *d = &c->dossier;
	struct decide_author *authors = arena_array(&c->arena, d->n_dmarc_all + 1, sizeof(*authors));
	struct signet_dmarc_evidence *evidence = evidence_of(c);
	if (!authors || !evidence) {
		return SIGNET_NO_MEMORY;
	}
	for (size_t i = 0; i < d->n_dmarc_all; i++) {
		authors[i] = (struct decide_author){
			.dmarc = &d->dmarc_all[i],
			.arc_rescues = d->arc.rescues,
			.arc_sealer = d->arc.sealer,
			.undone = undone(d),
		};
	}
	const struct decide_input in = {
		.mode = c->settings.mode,
		.temperror_accept = c->settings.temperror_accept,
		.accept_no_author = c->settings.accept_no_author,
		.envelope_known = envelope_is_known(&d->envelope),
		.facts = facts_of(c),
		.from = judge_from(c),
		.authors = authors,
		.n_authors = d->n_dmarc_all,
		.evidence = evidence,
		.n_evidence = 1 + d->n_dkim,
		.trusted_lists = c->settings.trusted_lists,
		.n_trusted_lists = c->settings.n_trusted_lists,
	};
	struct decide_verdict verdict = decide(&in, &d->findings);
	d->decision = verdict.decision;
	d->rule = verdict.rule;
	return SIGNET_OK;
}

/* Simple canonicalization takes the field as it stands (RFC 6376 3.4.1), and how it stood is not known. */
static bool may_be_our_fault(const struct signet_check *c)
{
	bool any = false;
	for (size_t i = 0; c->settings.leading_space_lost && i < c->dossier.n_dkim; i++) {
		any |= !c->dossier.dkim[i].header_relaxed && c->dossier.dkim[i].header_ok == SIGNET_FALSE;
	}
	return any;
}

/* What is written from the rest of the dossier; done again after a diagnosis. */
static enum signet_status conclude(struct signet_check *c)
{
	struct signet_dossier *d = &c->dossier;
	d->findings = c->findings;
	if (book_is_spent(c->book)) {
		note(&d->findings, F_DNS_BUDGET, (slice){ 0 }, 0);
	}
	if (may_be_our_fault(c)) {
		note(&d->findings, F_MESSAGE_LEADING_SPACE, (slice){ 0 }, 0);
	}
	TRY(make_decision(c));
	struct cause_facts facts = { 0 };
	if (d->dmarc.result == SIGNET_DMARC_FAIL) { /* no other result needs a look at the header */
		cause_facts_read(&c->header, d, &facts);
	}
	d->cause = cause_find(d, &facts);
	return c->arena.failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}

/* All three, so that their questions fly at once. */
static enum signet_status judge_mechanisms(struct signet_check *c)
{
	enum signet_status spf = SIGNET_OK, dkim = SIGNET_OK, arc = SIGNET_OK;
	if (!c->has_spf) {
		spf = keep(c, check_spf(c), &c->has_spf);
	}
	if (!c->has_dkim) {
		dkim = keep(c, dkim_finish(c->dkim, c->book, &c->arena), &c->has_dkim);
	}
	if (!c->has_arc) {
		arc = keep(c, arc_finish(c->arc, c->book, &c->arena, &c->dossier.arc), &c->has_arc);
	}
	TRY(spf);
	TRY(dkim);
	return arc;
}

static enum signet_status judge(struct signet_check *c)
{
	TRY(judge_mechanisms(c));
	c->dossier.dkim = c->dkim->results;
	c->dossier.n_dkim = c->dkim->n;
	TRY(judge_authors(c));
	return conclude(c);
}

enum signet_status signet_check_step(struct signet_check *c)
{
	TRY(c->broken);
	if (!c->is_ended) {
		return SIGNET_MISUSE;
	}
	arena_rewind(&c->arena, c->mark);
	enum signet_status status = judge(c);
	c->is_done = status == SIGNET_OK;
	return status;
}

const struct signet_dossier *signet_check_dossier(const struct signet_check *c)
{
	return c->is_done ? &c->dossier : NULL;
}

void signet_check_note_replay(struct signet_check *c, size_t index, uint64_t messages, uint64_t recipients)
{
	if (c->is_done && index < c->dkim->n) {
		struct signet_dkim *dkim = &c->dkim->results[index];
		note_with(&dkim->findings, F_DKIM_REPLAYED, (slice){ 0 }, 0, TEXT(dkim->domain), NUMBER(messages),
			  NUMBER(recipients));
	}
}

/* ---- Why did it fail? ---- */

#define DIAGNOSIS_BYTES ((size_t)512 << 20) /* a body of TRANSIT_BODY_MAX, decoded, encoded and in pieces */

static bool is_unexplained(const struct signet_dkim *dkim)
{
	return dkim->result == SIGNET_DKIM_FAIL && !dkim->transformation;
}

bool signet_check_wants_message(const struct signet_check *c)
{
	for (size_t i = 0; c->is_done && i < c->dkim->n; i++) {
		if (is_unexplained(&c->dkim->results[i])) {
			return true;
		}
	}
	return false;
}

enum signet_status signet_check_diagnose(struct signet_check *c, signet_slice message, bool is_whole)
{
	if (!c->is_done || message.len < c->octets.len) {
		return SIGNET_MISUSE;
	}
	/* The work needs much more memory than the message itself has, and keeps none of it. */
	struct signet_arena *work = signet_arena_new(DIAGNOSIS_BYTES);
	if (!work) {
		return SIGNET_NO_MEMORY;
	}
	slice body = slice_from(message, c->octets.len);
	enum signet_status status = transit_diagnose_dkim(c->dkim, body, is_whole, c->settings.diagnosis_thrift, work);
	signet_arena_free(work);
	TRY(status);
	return conclude(c);
}
