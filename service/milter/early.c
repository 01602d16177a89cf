/* SPDX-License-Identifier: Apache-2.0 */
#include "early.h"

#define ARENA_BYTES ((size_t)4 << 20)

static bool open_early(struct early *e)
{
	if (!e->book) {
		e->book = signet_book_new(0);
		if (e->book) {
			signet_resolver_attach(e->how.resolver, e->book);
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

/* False: wait. */
static bool evaluate(struct early *e)
{
	const struct facts *f = e->how.facts;
	const struct signet_spf_query query = {
		.identity = SIGNET_SPF_MAILFROM,
		.ip = f->client,
		.helo = f->helo,
		.mail_from = f->mail_from,
		.receiver = f->server_name,
		.now = e->how.now,
		.skip_explanation = true,
	};
	for (;;) {
		signet_arena_reset(e->arena);
		enum signet_status status = signet_spf_eval(&query, e->book, e->arena, &e->spf);
		if (status != SIGNET_PENDING) {
			e->is_evaluated = status == SIGNET_OK;
			return true;
		}
		status = signet_resolver_start(e->how.resolver, e->book, e->deadline_ms, on_filled, e, &e->fill);
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
	struct early *e = data;
	e->fill = NULL;
	if (evaluate(e)) {
		e->how.ready(e->how.data);
	}
}

bool early_begin(struct early *e, const struct early_how *how)
{
	e->how = *how;
	e->is_evaluated = false;
	e->deadline_ms = signet_resolver_clock_ms() + how->dns_ms;
	return !open_early(e) || evaluate(e);
}

bool early_fails(const struct early *e)
{
	return e->is_evaluated && e->spf.result == SIGNET_SPF_FAIL;
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
