/* SPDX-License-Identifier: Apache-2.0 */
#include "early.h"

#include "../../src/base/ip.h"
#include "../log/log.h"
#include "state.h"

#define ARENA_BYTES ((size_t)4 << 20)

static bool is_wanted(const struct message *m)
{
	return m->listener->early_spf && m->choice.verify && !m->from_relay && m->facts->client.family != 0;
}

static bool open_early(struct message *m)
{
	struct early *e = &m->early;
	if (!e->book) {
		e->book = signet_book_new(0);
		if (e->book) {
			signet_resolver_attach(m->world->resolver, e->book);
		}
	}
	e->arena = e->arena ? e->arena : signet_arena_new(ARENA_BYTES);
	if (!e->book || !e->arena) {
		return false;
	}
	signet_book_reset(e->book);
	return true;
}

static void on_filled(void *data);

/* False: wait.  For want of memory nothing is said of the recipient; the message itself is judged at its end. */
static bool evaluate(struct message *m)
{
	struct early *e = &m->early;
	const struct signet_spf_query query = {
		.identity = SIGNET_SPF_MAILFROM,
		.ip = m->facts->client,
		.helo = m->facts->helo,
		.mail_from = m->facts->mail_from,
		.receiver = m->facts->server_name,
		.now = m->now,
		.skip_explanation = true,
	};
	int64_t deadline_ms = signet_resolver_clock_ms() + m->limits->dns_ms;
	for (;;) {
		signet_arena_reset(e->arena);
		enum signet_status status = signet_spf_eval(&query, e->book, e->arena, &e->spf);
		if (status != SIGNET_PENDING) {
			e->is_evaluated = status == SIGNET_OK;
			return true;
		}
		status = signet_resolver_start(m->world->resolver, e->book, deadline_ms, on_filled, m, &e->fill);
		if (status == SIGNET_PENDING) {
			return false;
		}
		if (status != SIGNET_OK) {
			signet_book_expire(e->book);
		}
	}
}

static void on_filled(void *data)
{
	struct message *m = data;
	m->early.fill = NULL;
	if (evaluate(m)) {
		m->early.ready(m);
	}
}

bool early_begin(struct message *m, void (*ready)(void *data))
{
	m->early.is_evaluated = false;
	m->early.ready = ready;
	return !is_wanted(m) || !open_early(m) || evaluate(m);
}

static void log_refusal(const struct message *m, slice recipient)
{
	LOG(m->world->log, LOG_LEVEL_NOTICE, "recipient", LOG_TEXT("listener", slice_of(m->listener->name)),
	    LOG_TEXT("helo", m->facts->helo), LOG_TEXT("from", m->facts->mail_from), LOG_TEXT("to", recipient),
	    LOG_TEXT("spf", S("fail")), LOG_TEXT("decision", m->listener->dry_run ? S("accept") : S("reject")),
	    LOG_TEXT("reason", S("the listener refuses an SPF fail before the message")));
}

void early_decide(struct message *m)
{
	const struct early *e = &m->early;
	const struct facts *f = m->facts;
	slice recipient = f->n_recipients ? f->recipients[f->n_recipients - 1] : (slice) { 0 };
	m->outcome = (struct outcome) { 0 };
	if (!e->is_evaluated || e->spf.result != SIGNET_SPF_FAIL || !rules_enforces_for(m->rules, recipient)) {
		return;
	}
	log_refusal(m, recipient);
	if (!m->listener->dry_run) {
		char octets[64];
		struct buf ip = { .at = octets, .room = sizeof(octets), .max = sizeof(octets) };
		ip_put(&ip, &f->client);
		m->outcome.reply = OUTCOME_REJECT;
		m->outcome.text = act_reply(ACT_SPF_FAIL, NULL, e->spf.domain, buf_slice(&ip), &m->arena);
	}
}

void early_drop(struct early *e)
{
	if (e->fill) {
		signet_fill_cancel(e->fill);
		e->fill = NULL;
	}
	e->is_evaluated = false;
}

void early_finish(struct early *e)
{
	early_drop(e);
	signet_book_free(e->book);
	signet_arena_free(e->arena);
}
