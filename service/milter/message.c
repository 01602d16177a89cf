/* SPDX-License-Identifier: Apache-2.0 */
/* The conductor of one message:
 *
 *     begin      role, envelope                     -> incoming (verify), signing, sealing
 *     field      header octets, strip               -> the header as it came; what of it goes
 *     body       straight to the three of them, a bounded copy for the diagnosis
 *     end        advance(): judge, sign -> decide -> seal -> tell: edits, spool, log, counters (decide.c)
 *
 * advance() is run again whenever somebody it waited for is done; each of its stations is passed once.  Messages
 * themselves, and the memory they share, are the pool's. */
#include "message.h"

#include <time.h>

#include <signet/authres.h>
#include <signet/resolve.h>

#include "../../src/base/ip.h"
#include "../log/log.h"
#include "counters.h"
#include "decide.h"
#include "early.h"
#include "pool.h"

#define NOTICE_OCTETS 4096
#define HEADER_STEP ((size_t)16 << 10) /* in which its memory is accounted for */
#define HEADER_FREE ((size_t)32 << 10) /* what an ordinary one costs: it comes in whatever the large ones hold */
#define FIELD_COST 128 /* octets that each reader of the header needs for a field */

static void advance(struct message *m);

void message_world_finish(struct message_world *world)
{
	pool_finish(world);
}

/* ---- MAIL FROM ---- */

static int64_t now_of(const struct message_world *world)
{
	return world->now ? world->now : (int64_t)time(NULL);
}

/* Submitted by a program on this host, or handed back by a content filter: the mail server was the client itself, and where
 * the message came from is not known.  Nobody's SPF names a loopback address. */
static bool is_loopback(const struct signet_ip *client)
{
	static const struct signet_ip six = { 6, { [15] = 1 } };
	return client->family == 4 ? client->octets[0] == 127 : client->family == 6 && ip_eq(client, &six);
}

/* Those of the configuration, else the name of the mail server. */
static void find_ids(struct message *m)
{
	m->ids = rules_authserv_ids(m->rules, &m->n_ids);
	if (m->n_ids == 0) {
		m->own_id = m->facts->server_name.len ? m->facts->server_name : S("localhost");
		m->ids = &m->own_id;
		m->n_ids = 1;
	}
}

static void on_ready(void *data)
{
	advance(data);
}

static void begin_incoming(struct message *m)
{
	const struct facts *f = m->facts;
	struct signet_settings settings = m->listener->check;
	const struct signet_envelope envelope = {
		.ip = m->from_relay || m->is_local ? (struct signet_ip) { 0 } : f->client,
		.helo = m->from_relay || m->is_local ? (slice) { 0 } : arena_copy(&m->arena, f->helo),
		.has_mail_from = true,
		.mail_from = arena_copy(&m->arena, f->mail_from),
		.source = "milter",
	};
	if (m->is_local) {
		settings.n_trusted_nets = 0; /* whoever may submit can write a Received field */
	}
	settings.now = m->now;
	settings.authserv_id = m->ids[0];
	settings.receiver = settings.receiver.len ? settings.receiver : f->server_name;
	settings.leading_space_lost = !f->leading_space;
	incoming_begin(
		&m->in,
		&(struct incoming_how) {
			.resolver = m->world->resolver, .dns_ms = m->limits->dns_ms, .ready = on_ready, .data = m },
		&settings, &envelope);
}

static void feed_signing(void *data);

static void begin_signing(struct message *m)
{
	signing_begin(&m->out, &(struct signing_how) { .signet = m->world->signet,
	                                               .desk = m->world->signers,
	                                               .table = rules_table(m->rules),
	                                               .facts = m->facts,
	                                               .arena = &m->arena,
	                                               .now = m->now,
	                                               .catch_up = feed_signing,
	                                               .ready = on_ready,
	                                               .data = m });
}

static void begin_sealing(struct message *m)
{
	sealing_begin(&m->seal, &(struct sealing_how) { .signet = m->world->signet,
	                                                .desk = m->world->signers,
	                                                .arena = &m->arena,
	                                                .domain = m->listener->seal_domain,
	                                                .selector = m->listener->seal_selector,
	                                                .now = m->now,
	                                                .kept_each = m->limits->body_kept + HEADER_BYTES,
	                                                .kept_all = m->limits->body_kept_all + HEADER_BYTES,
	                                                .kept = &pool_kept(m->world)->bodies,
	                                                .ready = on_ready,
	                                                .data = m });
}

static void *begin(void *data, struct session *s, const struct facts *facts)
{
	const struct message_source *source = data;
	struct message *m = pool_take(source->world);
	if (!m) {
		return NULL;
	}
	m->world = source->world;
	m->source = source;
	m->session = s;
	m->facts = facts;
	m->rules = rules_keep(source->rules);
	m->listener = source->listener;
	m->limits = rules_milter(m->rules);
	m->now = now_of(m->world);
	m->choice = rules_choose(m->rules, m->listener, facts);
	/* one of our own relays: what it says of the envelope is in its Received field */
	m->from_relay =
		decide_has_client(m->listener->check.trusted_nets, m->listener->check.n_trusted_nets, &facts->client);
	m->is_local = !m->from_relay && is_loopback(&facts->client);
	m->progress = (struct message_progress) { 0 };
	m->act = (struct act) { .deed = VERDICT_PASSED };
	m->outcome = (struct outcome) { 0 };
	m->override = (struct rules_override) { 0 };
	m->results = m->received_spf = (slice) { 0 };
	m->dossier = NULL;
	m->edits = NULL;
	m->n_edits = 0;
	m->n_signatures = 0;
	m->replay = (struct replay_count) { 0 };
	find_ids(m);
	strip_init(&m->strip,
	           &(struct strip_rules) { .ids = m->ids,
	                                   .n_ids = m->n_ids,
	                                   .quarantine_field = m->limits->quarantine_field,
	                                   .from_relay = m->from_relay },
	           &m->arena);
	if (m->choice.verify) {
		begin_incoming(m);
	}
	if (m->choice.sign) {
		begin_signing(m);
	}
	m->seals = m->choice.verify && m->listener->seal;
	if (m->seals) {
		begin_sealing(m);
	}
	return m;
}

/* ---- header ---- */

/* The value with each line end as CRLF, exactly once. */
static void put_value(struct buf *b, slice value)
{
	for (;;) {
		size_t lf = slice_find_char(value, '\n');
		if (lf == SLICE_NONE) {
			buf_put(b, value);
			return;
		}
		bool cr = lf > 0 && value.at[lf - 1] == '\r';
		buf_put(b, slice_first(value, lf - cr));
		buf_put(b, S("\r\n"));
		value = slice_from(value, lf + 1);
	}
}

/* It is asked for again: of half a header nothing can be said. */
static void lose_header(struct message *m)
{
	m->progress.header_lost = true;
	sealing_finish(&m->seal);
	pool_drop_header(m);
	buf_finish(&m->header);
}

/* Takes what a field needs from the common account: as it came, and for each station that reads it.  False: it is empty. */
static bool pay_for(struct message *m, size_t octets)
{
	size_t readers = (size_t)m->choice.verify + m->choice.sign + m->seals;
	m->header_cost += octets * (1 + readers) + FIELD_COST * readers;
	if (m->header_cost <= m->header_paid) {
		return true;
	}
	uint64_t more = (m->header_cost - m->header_paid + HEADER_STEP - 1) / HEADER_STEP * HEADER_STEP;
	uint64_t before = atomic_fetch_add_explicit(&pool_kept(m->world)->headers, more, memory_order_relaxed);
	m->header_paid += more;
	return before + more <= m->limits->header_kept_all || m->header_paid <= HEADER_FREE;
}

static void field(void *message, slice name, slice value)
{
	struct message *m = message;
	size_t start = m->header.len;
	m->progress.fields++;
	if (m->progress.header_lost) {
		return;
	}
	if (start < HEADER_BYTES && !pay_for(m, name.len + value.len)) {
		lose_header(m);
		return;
	}
	buf_put(&m->header, name);
	buf_put_char(&m->header, ':');
	size_t colon = m->header.len;
	if (!m->facts->leading_space) {
		buf_put_char(&m->header, ' '); /* the mail server ate one; most fields have one */
	}
	put_value(&m->header, value);
	size_t end = m->header.len;
	buf_put(&m->header, S("\r\n"));
	if (!buf_ok(&m->header)) {
		lose_header(m);
		return;
	}
	bool goes = strip_field(&m->strip, name, slice_make(m->header.at + colon, end - colon));
	if (m->seals && !goes) {
		sealing_feed(&m->seal, slice_from(buf_slice(&m->header), start));
	}
	if (start >= HEADER_BYTES) {
		m->header.len = start; /* the engine sees that there is more, and cuts */
	}
}

/* What a relay of ours hands over came from the relay's client: that is whom the postmaster saw and named.  Of the relay itself
 * holds what is said of nobody nearer. */
static struct rules_override override_of(const struct message *m, slice author, struct buf *notice)
{
	const struct signet_envelope *sender = signet_check_envelope(m->in.check);
	if (m->from_relay && sender && sender->ip.family) {
		struct facts facts = *m->facts;
		facts.client = sender->ip;
		struct rules_override o = rules_override(m->rules, author, &facts, m->now * 1000, notice);
		if (o.rule) {
			return o;
		}
	}
	return rules_override(m->rules, author, m->facts, m->now * 1000, notice);
}

/* The postmaster's word for who is in From: only for one author, or he could be borrowed. */
static void apply_override(struct message *m)
{
	size_t n;
	struct buf notice;
	const struct signet_author *authors = signet_check_authors(m->in.check, &n);
	slice domain = n ? authors[0].domain : (slice) { 0 };
	for (size_t i = 1; i < n; i++) {
		if (!slice_eq(authors[i].domain, domain)) {
			domain = (slice) { 0 };
		}
	}
	buf_init_arena(&notice, &m->arena, NOTICE_OCTETS);
	m->override = override_of(m, domain, &notice);
	if (notice.len) {
		LOG(m->world->log, LOG_LEVEL_WARNING, "overrides",
		    LOG_TEXT("error", slice_trim_fws(buf_slice(&notice))));
	}
	if (m->override.rule) {
		const struct signet_settings *settings = &m->listener->check;
		struct signet_facts facts = settings->facts;
		facts.order |= m->override.order;
		facts.forwarder |= m->override.forwarder;
		signet_check_set_mode(m->in.check, m->override.has_mode ? m->override.mode : settings->mode, &facts);
	}
}

static void end_of_header(void *message)
{
	struct message *m = message;
	if (m->progress.has_header) {
		return;
	}
	m->progress.has_header = true;
	buf_put(&m->header, S("\r\n"));
	if (m->progress.header_lost || !buf_ok(&m->header)) {
		lose_header(m);
		return;
	}
	slice block = buf_slice(&m->header);
	if (m->choice.verify) {
		incoming_header(&m->in, block);
		apply_override(m);
	}
	if (m->choice.sign) {
		signing_header(&m->out, block);
	}
	if (m->seals) {
		sealing_feed(&m->seal, S("\r\n"));
	}
}

/* ---- body ---- */

static void lose_body(struct message *m)
{
	m->progress.body_lost = true;
	pool_drop_body(m);
	if (m->out.state == SIGNING_KEYS) {
		signing_fail(&m->out, S("keys-late"), S("the signer did not tell its keys in time"));
	}
}

static void keep_body(struct message *m, slice octets)
{
	const struct rules_milter *limits = m->limits;
	_Atomic uint64_t *all = &pool_kept(m->world)->bodies;
	if (m->progress.body_lost) {
		return;
	}
	if (octets.len > limits->body_kept - m->body.len ||
	    atomic_load_explicit(all, memory_order_relaxed) + octets.len > limits->body_kept_all) {
		lose_body(m);
		return;
	}
	buf_put(&m->body, octets);
	if (!buf_ok(&m->body)) {
		m->body.bad = false;
		lose_body(m);
		return;
	}
	atomic_fetch_add_explicit(all, octets.len, memory_order_relaxed);
}

static void body(void *message, slice octets)
{
	struct message *m = message;
	if (m->progress.header_lost) {
		return;
	}
	if (m->choice.verify || m->out.state == SIGNING_KEYS) {
		keep_body(m, octets);
	}
	if (m->choice.verify) {
		incoming_body(&m->in, octets);
	}
	if (m->choice.sign) {
		signing_body(&m->out, octets);
	}
	if (m->seals) {
		sealing_feed(&m->seal, octets);
	}
}

static void feed_signing(void *data)
{
	struct message *m = data;
	signing_body(&m->out, buf_slice(&m->header));
	signing_body(&m->out, buf_slice(&m->body));
}

/* ---- what is done with it ---- */

static int64_t clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Header and body in one piece; rare, so it is put together here. */
static void look_at(struct message *m, slice body, bool is_whole)
{
	struct buf whole;
	buf_init(&whole, m->header.len + body.len);
	buf_put(&whole, buf_slice(&m->header));
	buf_put(&whole, body);
	if (buf_ok(&whole)) {
		incoming_diagnose(&m->in, buf_slice(&whole), is_whole);
	}
	buf_finish(&whole);
}

static void diagnose(struct message *m)
{
	struct diagnosis_budget *budget = &m->world->pool->diagnosis;
	int64_t start_us = clock_us();
	bool matters = signet_check_dossier(m->in.check)->decision != SIGNET_ACCEPT;
	enum diagnosis_effort effort = diagnosis_allow(budget, start_us, matters);
	signet_check_set_thrift(m->in.check, diagnosis_thrift(effort));
	if (effort == DIAGNOSIS_NONE) {
		look_at(m, (slice) { 0 }, false); /* a finding says that it was not looked for */
	} else {
		look_at(m, buf_slice(&m->body), !m->progress.body_lost);
	}
	diagnosis_spend(budget, clock_us() - start_us);
}

/* False: wait. */
static bool judge(struct message *m)
{
	if (!m->choice.verify || m->progress.is_judged || m->progress.header_lost) {
		return true;
	}
	enum signet_status status = incoming_judge(&m->in);
	if (status == SIGNET_PENDING) {
		return false;
	}
	m->progress.is_judged = true;
	if (status == SIGNET_OK) {
		if (signet_check_wants_message(m->in.check)) {
			diagnose(m);
		}
		m->dossier = signet_check_dossier(m->in.check);
	}
	return true;
}

/* Nothing is sealed that is not handed on, and nothing that we did not judge. */
static void seal(struct message *m)
{
	if (m->seals && m->dossier && m->results.len && m->act.reply == OUTCOME_CONTINUE) {
		sealing_end(&m->seal, m->dossier->arc.result, m->results);
	} else {
		sealing_drop(&m->seal);
	}
}

/* Passes as many stations as it can. */
static void advance(struct message *m)
{
	if (m->progress.is_known || !m->progress.is_ended) {
		return;
	}
	bool judged = judge(m);
	if (!judged || (m->choice.sign && signing_is_pending(&m->out))) {
		return;
	}
	if (!m->progress.is_decided) {
		m->progress.is_decided = true;
		decide_message(m);
		seal(m);
	}
	if (sealing_is_pending(&m->seal)) {
		return;
	}
	decide_tell(m);
	if (!m->progress.in_call) {
		m->source->wake(m->source->data, m->session);
	}
}

static bool end(void *message)
{
	struct message *m = message;
	end_of_header(m);
	m->progress.in_call = true;
	m->progress.is_ended = true;
	if (m->choice.verify && !m->progress.header_lost) {
		incoming_end(&m->in);
	}
	if (m->choice.sign && !m->progress.header_lost) {
		signing_end(&m->out);
	}
	advance(m);
	m->progress.in_call = false;
	return m->progress.is_known;
}

/* ---- recipients ---- */

static void on_early(void *data)
{
	struct message *m = data;
	m->source->wake(m->source->data, m->session);
}

static bool early(void *message)
{
	struct message *m = message;
	if (!m->listener->early_spf || !m->choice.verify || m->from_relay || m->is_local || !m->facts->client.family) {
		return true;
	}
	return early_begin(&m->early, &(struct early_how) { .resolver = m->world->resolver,
	                                                    .facts = m->facts,
	                                                    .now = m->now,
	                                                    .dns_ms = m->limits->dns_ms,
	                                                    .ready = on_early,
	                                                    .data = m });
}

/* Before the end it is asked for each recipient. */
static const struct outcome *outcome(void *message)
{
	struct message *m = message;
	if (!m->progress.is_known) {
		decide_recipient(m);
	}
	return &m->outcome;
}

static void close_message(void *message)
{
	struct message *m = message;
	if (!m->progress.is_known) {
		count(&m->world->counters->aborted, 1);
	}
	incoming_drop(&m->in);
	signing_drop(&m->out);
	sealing_drop(&m->seal);
	early_drop(&m->early);
	rules_drop(m->rules);
	pool_give_back(m);
}

const struct session_calls message_calls = {
	.begin = begin,
	.early = early,
	.field = field,
	.end_of_header = end_of_header,
	.body = body,
	.end = end,
	.outcome = outcome,
	.close = close_message,
};
