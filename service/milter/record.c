/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <time.h>

#include "../../src/base/ip.h"
#include "../log/log.h"
#include "../loop/loop.h"
#include "../spool/writer.h"
#include "counters.h"
#include "pool.h"
#include "state.h"

#define FIELDS 40

/* ---- the row ---- */

static int64_t time_ms(const struct message *m)
{
	struct timespec now;
	if (m->world->now) {
		return m->world->now * 1000;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void list_signatures(struct message *m)
{
	m->n_signatures = 0;
	for (size_t i = 0; m->choice.sign && i < m->out.n_told; i++) {
		m->signatures[m->n_signatures++] = m->out.made[i];
	}
	if (m->seals && (m->seal.fields.len || m->seal.trouble.len)) {
		m->signatures[m->n_signatures++] = (struct verdict_signature) { .domain = m->listener->seal_domain,
			                                                        .selector = m->listener->seal_selector,
			                                                        .is_seal = true,
			                                                        .trouble = m->seal.trouble };
	}
}

/* Whom a relay of ours took it from; NULL: from nobody but the client. */
static const struct signet_ip *origin_of(const struct message *m)
{
	bool differs = m->from_relay && m->dossier && m->dossier->envelope.ip.family;
	return differs ? &m->dossier->envelope.ip : NULL;
}

bool record_keep(struct message *m)
{
	const struct facts *f = m->facts;
	int error;
	uint64_t lost;
	list_signatures(m);
	if (!m->world->spool) {
		return true;
	}
	const struct verdict_row row = {
		.time_ms = time_ms(m),
		.queue_id = f->queue_id,
		.listener = slice_of(m->listener->name),
		.server_name = f->server_name,
		.client_name = origin_of(m) ? (slice) { 0 } : f->client_name, /* that of the relay */
		.login = f->login,
		.daemon_name = f->daemon_name,
		.dry_run = m->listener->dry_run,
		.deed = m->act.deed,
		.reason = slice_of(m->choice.rule),
		.rule = m->act.rule,
		.override = m->act.override,
		.reply = m->act.text,
		.authentication_results = m->results,
		.recipients = f->recipients,
		.n_recipients = f->n_recipients,
		.all_recipients = f->all_recipients,
		.removed = m->strip.evidence,
		.n_removed = m->strip.n_evidence,
		.signatures = m->signatures,
		.n_signatures = m->n_signatures,
		.envelope = { .ip = f->client,
		              .helo = f->helo,
		              .has_mail_from = true,
		              .mail_from = f->mail_from,
		              .source = "milter" },
		.author = m->choice.sign ? m->out.choice.domain : (slice) { 0 },
		.replay_messages = m->replay.messages,
		.replay_recipients = m->replay.recipients,
		.dossier = m->dossier,
		.book = m->dossier ? signet_check_book(m->in.check) : NULL,
	};
	if (spool_put(m->world->spool, &row, &error)) {
		return true;
	}
	m->progress.spool_failed = true;
	if (log_limit_take(&m->world->pool->spool_trouble, loop_now_ms(m->world->loop), &lost)) {
		LOG(m->world->log, LOG_LEVEL_ERROR, "spool", LOG_TEXT("id", f->queue_id),
		    LOG_TEXT("error", slice_of(strerror(error))), LOG_NUMBER("not_logged", lost));
	}
	return false;
}

/* ---- the line ---- */

struct line {
	struct log_field at[FIELDS + 1];
	size_t n;
};

static void put(struct line *l, const char *key, slice text)
{
	if (text.len && l->n < FIELDS) {
		l->at[l->n++] = LOG_TEXT(key, text);
	}
}

static void put_name(struct line *l, const char *key, const char *text)
{
	put(l, key, slice_of(text));
}

static void put_count(struct line *l, const char *key, uint64_t n)
{
	if (n && l->n < FIELDS) {
		l->at[l->n++] = LOG_NUMBER(key, n);
	}
}

/* The best of the signatures, in one word. */
static const char *dkim_word(const struct signet_dossier *d)
{
	enum signet_dkim_result best = d->n_dkim ? d->dkim[0].result : SIGNET_DKIM_NONE;
	for (size_t i = 1; i < d->n_dkim; i++) {
		best = d->dkim[i].result == SIGNET_DKIM_PASS ? SIGNET_DKIM_PASS : best;
	}
	return signet_dkim_result_name(best);
}

static void put_dossier(struct line *l, const struct signet_dossier *d)
{
	put(l, "author", d->dmarc.domain.len ? d->dmarc.domain : d->n_from ? d->from[0].domain : (slice) { 0 });
	put_name(l, "spf", d->n_spf ? signet_spf_result_name(d->spf[0].result) : NULL);
	put_name(l, "dkim", dkim_word(d));
	if (d->arc.result != SIGNET_ARC_NONE) {
		put_name(l, "arc", signet_arc_result_name(d->arc.result));
	}
	put_name(l, "dmarc", signet_dmarc_result_name(d->dmarc.result));
	put_name(l, "policy", signet_policy_name(d->dmarc.policy));
	put_name(l, "cause", d->cause);
}

static void put_signing(struct line *l, const struct message *m)
{
	if (m->choice.sign) {
		put(l, "signing", m->out.why);
		put(l, "signing_reason", m->out.reason);
	}
	for (size_t i = 0; i < m->n_signatures; i++) {
		const struct verdict_signature *s = &m->signatures[i];
		put(l, s->is_seal ? "seal" : "d", s->domain);
		put(l, "s", s->selector);
		put(l, "trouble", s->trouble);
	}
}

static slice address_text(const struct signet_ip *ip, char octets[static 64])
{
	struct buf b = { .at = octets, .room = 64, .max = 64 };
	if (ip && ip->family) {
		ip_put(&b, ip);
	}
	return buf_slice(&b);
}

void record_log(const struct message *m)
{
	const struct facts *f = m->facts;
	struct line l;
	char client[64], origin[64], from[2 + 1024];
	struct buf path = { .at = from, .room = sizeof(from), .max = sizeof(from) };
	l.n = 0;
	buf_put_char(&path, '<');
	buf_put(&path, slice_first(f->mail_from, 1024));
	buf_put_char(&path, '>');
	put(&l, "id", f->queue_id.len ? f->queue_id : S("-"));
	put_name(&l, "listener", m->listener->name);
	put(&l, "client", address_text(&f->client, client));
	put(&l, "origin", address_text(origin_of(m), origin));
	put(&l, "helo", f->helo);
	put(&l, "login", f->login);
	put(&l, "from", buf_slice(&path));
	put_count(&l, "recipients", f->all_recipients);
	if (m->dossier) {
		put_dossier(&l, m->dossier);
	}
	put_name(&l, "decision", m->choice.verify ? signet_decision_name(m->act.decision) : NULL);
	put_name(&l, "deed", verdict_deed_name(m->act.deed));
	put(&l, "rule", m->act.rule);
	put(&l, "override", m->act.override);
	put_name(&l, "reason", m->choice.rule);
	put_signing(&l, m);
	put_count(&l, "removed", m->strip.n);
	put(&l, "forged", m->strip.n_evidence ? m->strip.evidence[0] : (slice) { 0 });
	put_count(&l, "replays", m->progress.is_replay ? m->replay.recipients : 0);
	put_name(&l, "dry_run", m->listener->dry_run ? "yes" : NULL);
	put_name(&l, "fault", m->progress.own_fault ? "own" : NULL);
	l.at[l.n] = (struct log_field) { .key = NULL };
	log_event(m->world->log, LOG_LEVEL_NOTICE, "message", l.at);
}

void record_log_recipient(const struct message *m, slice recipient)
{
	const char *decision = signet_decision_name(m->listener->dry_run ? SIGNET_ACCEPT : SIGNET_REJECT);
	char client[64];
	LOG(m->world->log, LOG_LEVEL_NOTICE, "recipient", LOG_TEXT("listener", slice_of(m->listener->name)),
	    LOG_TEXT("client", address_text(&m->facts->client, client)), LOG_TEXT("helo", m->facts->helo),
	    LOG_TEXT("from", m->facts->mail_from), LOG_TEXT("to", recipient), LOG_TEXT("spf", S("fail")),
	    LOG_TEXT("decision", slice_of(decision)),
	    LOG_TEXT("reason", S("the listener refuses an SPF fail before the message")));
}

/* ---- the counters ---- */

static void count_dns(const struct message *m)
{
	struct counters *c = m->world->counters;
	struct signet_question q;
	struct signet_answer a;
	uint64_t timeouts = 0, troubles = 0, n = 0;
	for (; signet_book_entry(signet_check_book(m->in.check), n, &q, &a); n++) {
		timeouts += a.status == SIGNET_DNS_TIMEOUT;
		troubles += a.status != SIGNET_DNS_TIMEOUT && signet_answer_is_error(&a);
	}
	count(&c->dns_questions, n);
	count(&c->dns_timeouts, timeouts);
	count(&c->dns_troubles, troubles);
}

static _Atomic uint64_t *counter_of(struct counters *c, enum verdict_deed deed)
{
	switch (deed) {
	case VERDICT_PASSED:
		break;
	case VERDICT_MARKED:
		return &c->marked;
	case VERDICT_HELD:
		return &c->held;
	case VERDICT_REJECTED:
		return &c->rejected;
	case VERDICT_DEFERRED:
		return &c->deferred;
	case VERDICT_SIGNED:
		return &c->signed_mail;
	}
	return &c->passed;
}

static _Atomic uint64_t *dry_counter_of(struct counters *c, enum verdict_deed deed)
{
	switch (deed) {
	case VERDICT_PASSED:
		break;
	case VERDICT_MARKED:
		return &c->would_mark;
	case VERDICT_HELD:
		return &c->would_hold;
	case VERDICT_REJECTED:
		return &c->would_reject;
	case VERDICT_DEFERRED:
		return &c->would_defer;
	case VERDICT_SIGNED:
		return &c->would_sign;
	}
	return &c->would_pass;
}

/* A dry run lets every message pass: outcomes add up to the messages. */
void record_count(const struct message *m)
{
	struct counters *c = m->world->counters;
	bool dry = m->listener->dry_run;
	count(&c->messages, 1);
	count(counter_of(c, dry ? VERDICT_PASSED : m->act.deed), 1);
	count(dry_counter_of(c, m->act.deed), dry);
	count(&c->own_fault, m->progress.own_fault);
	count(&c->replays, m->progress.is_replay);
	count(&c->spool_failures, m->progress.spool_failed);
	for (size_t i = 0; i < m->n_signatures; i++) {
		count(&c->signatures_missing, m->signatures[i].trouble.len > 0);
	}
	if (!dry) {
		count(&c->forged_fields, m->strip.n);
	}
	if (m->choice.verify) {
		count_dns(m);
	}
}
