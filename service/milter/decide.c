/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include "../../src/base/ip.h"
#include "forwarding.h"
#include "pool.h"
#include "record.h"
#include "replay.h"
#include "results.h"

bool decide_has_client(const struct signet_network *nets, size_t n, const struct signet_ip *client)
{
	bool found = false;
	for (size_t i = 0; client->family && i < n; i++) {
		found |= ip_network_has(&nets[i], client);
	}
	return found;
}

/* One signature that passes is counted for all its recipients: the author's own if there is one. */
static void note_replay(struct message *m)
{
	const struct signet_dossier *d = m->dossier;
	const struct signet_dkim *best = NULL;
	if (!m->world->replay) {
		return;
	}
	for (size_t i = 0; i < d->n_dkim; i++) {
		const struct signet_dkim *s = &d->dkim[i];
		if (s->result == SIGNET_DKIM_PASS && (!best || (s->aligned && !best->aligned))) {
			best = s;
		}
	}
	if (best) {
		uint64_t print = replay_print(m->world->replay, best->domain, best->selector, best->b_prefix);
		m->replay = replay_note(m->world->replay, print, m->facts->recipients, m->facts->n_recipients, m->now);
		m->progress.is_replay = replay_is_too_often(m->world->replay, m->replay);
		if (m->progress.is_replay) {
			signet_check_note_replay(m->in.check, (size_t)(best - d->dkim), m->replay.messages,
			                         m->replay.recipients);
		}
	}
}

static enum act_exempt exempt_of(const struct message *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->facts->n_recipients; i++) {
		n += !rules_enforces_for(m->rules, m->facts->recipients[i]);
	}
	return n == 0 ? ACT_EXEMPT_NONE : n < m->facts->all_recipients ? ACT_EXEMPT_SOME : ACT_EXEMPT_ALL;
}

/* Our own fault: the message is let go or asked for again, as the listener says. */
static void fall_back(struct message *m, enum rules_fault fault, enum act_why why)
{
	m->progress.own_fault = true;
	if (fault == RULES_DEFER) {
		m->act = (struct act) { .deed = VERDICT_DEFERRED,
			                .reply = OUTCOME_TEMPFAIL,
			                .text = act_reply(why, NULL, (slice) { 0 }, (slice) { 0 }, &m->arena),
			                .rule = S("a fault of our own"),
			                .decision = SIGNET_TEMPFAIL };
	}
}

static slice client_text(struct message *m)
{
	struct buf ip;
	buf_init_arena(&ip, &m->arena, 64);
	ip_put(&ip, &m->facts->client);
	return buf_slice(&ip);
}

/* What SPF and the reverse zone ask for by themselves: of the client that sent it, where the listener says so.  The mode
 * "monitor" changes nothing, and forwarders are known to fail. */
static void ask_singles(struct message *m, struct act_case *c)
{
	const struct rules_listener *l = m->listener;
	const struct signet_dossier *d = m->dossier;
	enum signet_mode mode = m->override.has_mode ? m->override.mode : l->check.mode;
	bool forwarded =
		m->override.forwarder || decide_has_client(l->check.forwarders, l->check.n_forwarders, &d->envelope.ip);
	if (mode == SIGNET_MODE_MONITOR || forwarded) {
		return;
	}
	if (d->n_spf && d->spf[0].result == SIGNET_SPF_FAIL) {
		c->spf = l->spf_fail;
	}
	enum reverse_result reverse = reverse_of(m->facts);
	if (m->facts->client.family && !m->from_relay && !m->is_local &&
	    (reverse == REVERSE_FAIL || reverse == REVERSE_PERMERROR)) {
		c->reverse = l->no_reverse_name;
	}
	if (c->spf || c->reverse) {
		c->client = client_text(m);
	}
}

static void decide_incoming(struct message *m)
{
	if (!m->dossier) {
		m->act.rule = S("a fault of our own");
		fall_back(m, m->listener->verify_fault, ACT_OWN_FAULT);
		return;
	}
	note_replay(m);
	struct act_case c = { .dossier = m->dossier,
		              .override = m->override,
		              .seen_forwarder = forwarding_look(m),
		              .replayed = m->progress.is_replay && m->world->replay_quarantines,
		              .header_cut = m->header.len >= HEADER_BYTES || m->progress.fields > HEADER_FIELDS,
		              .exempt = exempt_of(m),
		              .quarantine = m->listener->quarantine,
		              .can_hold = m->facts->can_hold,
		              .dmarc_code = m->limits->dmarc_code };
	ask_singles(m, &c);
	act_decide(&c, &m->arena, &m->act);
	if (!results_write(m) && m->act.reply == OUTCOME_CONTINUE) {
		m->results = (slice) { 0 };
		fall_back(m, RULES_DEFER, ACT_OWN_FAULT); /* nobody behind us could tell that it was judged */
	}
}

/* What is forged in it is not known whole: it must not go on. */
static void check_header(struct message *m)
{
	slice none = { 0 };
	if (m->progress.header_lost || m->strip.failed) {
		fall_back(m, RULES_DEFER, ACT_OWN_FAULT);
		m->act.rule = S("memory for headers is short");
	} else if (m->strip.is_full) {
		m->act = (struct act) { .deed = VERDICT_REJECTED,
			                .reply = OUTCOME_REJECT,
			                .text = act_reply(ACT_HEADER_TOO_LARGE, NULL, none, none, &m->arena),
			                .rule = S("the header is too large"),
			                .decision = SIGNET_REJECT };
	}
}

void decide_message(struct message *m)
{
	if (m->choice.verify) {
		decide_incoming(m);
	}
	if (m->choice.sign && m->act.reply == OUTCOME_CONTINUE) {
		if (m->out.outcome == SIGNING_FAULT) {
			fall_back(m, m->listener->sign_fault, ACT_NOT_SIGNED);
		} else if (m->out.outcome == SIGNING_SIGNED && m->act.deed == VERDICT_PASSED) {
			m->act.deed = VERDICT_SIGNED;
		}
	}
	check_header(m);
}

/* ---- recipients ---- */

/* Whom the postmaster named is judged when the author is known; forwarders are known to fail, and "monitor" refuses nobody. */
static bool spares_client(const struct message *m)
{
	const struct signet_settings *s = &m->listener->check;
	struct rules_override o = rules_override(m->rules, (slice) { 0 }, m->facts, m->now * 1000, NULL);
	bool forwards = o.forwarder || decide_has_client(s->forwarders, s->n_forwarders, &m->facts->client);
	return o.has_decision || forwards || (o.has_mode ? o.mode : s->mode) == SIGNET_MODE_MONITOR;
}

static void refuse_recipient(struct message *m)
{
	m->outcome.reply = OUTCOME_REJECT;
	m->outcome.text = act_reply(ACT_SPF_FAIL, NULL, m->early.spf.domain, client_text(m), &m->arena);
}

void decide_recipient(struct message *m)
{
	const struct facts *f = m->facts;
	slice recipient = f->n_recipients ? f->recipients[f->n_recipients - 1] : (slice) { 0 };
	m->outcome = (struct outcome) { 0 };
	if (early_fails(&m->early) && !spares_client(m) && rules_enforces_for(m->rules, recipient)) {
		record_log_recipient(m, recipient);
		if (!m->listener->dry_run) {
			refuse_recipient(m);
		}
	}
}

/* ---- what is told ---- */

static bool write_edits(struct message *m)
{
	struct buf value;
	buf_init_arena(&value, &m->arena, (size_t)2 * ACT_REPLY_OCTETS);
	if (m->act.deed == VERDICT_MARKED) {
		buf_put_text(&value, "yes; ");
		buf_put(&value, m->act.reason);
	}
	const struct act_fields fields = {
		.strip = &m->strip,
		.seal = m->seals ? m->seal.fields : (slice) { 0 }, /* else they are those of an earlier message */
		.signatures = m->choice.sign ? m->out.fields : (slice) { 0 },
		.results = m->results,
		.received_spf = m->received_spf,
		.quarantine_field = m->limits->quarantine_field,
		.quarantine = buf_slice(&value),
	};
	size_t room = act_count(&fields);
	struct outcome_edit *edits = arena_array(&m->arena, room + 1, sizeof(*edits));
	m->n_edits = edits && buf_ok(&value) ? act_edits(&fields, &m->arena, edits) : SIZE_MAX;
	m->edits = edits;
	return m->n_edits != SIZE_MAX;
}

/* What the mail server is told; a dry run tells nothing. */
static void tell_outcome(struct message *m)
{
	m->outcome = (struct outcome) { 0 };
	if (m->listener->dry_run) {
		return;
	}
	m->outcome.reply = m->act.reply;
	m->outcome.text = m->act.text;
	if (m->act.reply == OUTCOME_CONTINUE) {
		m->outcome.hold = m->act.deed == VERDICT_HELD ? m->act.reason : (slice) { 0 };
		m->outcome.edits = m->edits;
		m->outcome.n_edits = m->n_edits;
	}
}

static enum rules_fault fault_of(const struct message *m)
{
	return m->choice.sign && !m->choice.verify ? m->listener->sign_fault : m->listener->verify_fault;
}

void decide_tell(struct message *m)
{
	if (m->act.reply == OUTCOME_CONTINUE && !write_edits(m)) {
		/* without the edits forged fields would stay: it comes again */
		m->n_edits = 0;
		fall_back(m, RULES_DEFER, ACT_OWN_FAULT);
	}
	if (!record_keep(m)) {
		fall_back(m, fault_of(m), ACT_OWN_FAULT);
	}
	tell_outcome(m);
	record_log(m);
	record_count(m);
	m->progress.is_known = true;
}
