/* SPDX-License-Identifier: Apache-2.0 */
#include "incoming.h"

#include "../../src/base/slice.h"

static const struct signet_settings no_settings;
static const struct signet_envelope no_envelope;

bool incoming_init(struct incoming *in, struct signet *signet, struct signet_resolver *resolver)
{
	*in = (struct incoming) { .check = signet_check_new(signet, &no_settings, &no_envelope) };
	if (!in->check) {
		return false;
	}
	signet_resolver_attach(resolver, signet_check_book(in->check));
	return true;
}

void incoming_finish(struct incoming *in)
{
	incoming_drop(in);
	signet_check_free(in->check);
	in->check = NULL;
}

void incoming_begin(struct incoming *in, const struct incoming_how *how, const struct signet_settings *settings,
                    const struct signet_envelope *envelope)
{
	signet_check_reset(in->check, settings, envelope);
	*in = (struct incoming) { .check = in->check, .how = *how, .is_open = true };
}

static void keep_first(struct incoming *in, enum signet_status status)
{
	if (in->status == SIGNET_OK) {
		in->status = status;
	}
}

static void on_filled(void *data)
{
	struct incoming *in = data;
	in->fill = NULL;
	if (in->is_ended) { /* while the body comes nobody waits for it */
		in->how.ready(in->how.data);
	}
}

/* Sends the questions off that nobody was told of.  SIGNET_OK: none is open. */
static enum signet_status ask(struct incoming *in, int64_t deadline_ms)
{
	struct signet_book *book = signet_check_book(in->check);
	if (in->fill) {
		return SIGNET_PENDING;
	}
	if (!signet_book_is_open(book)) {
		return SIGNET_OK;
	}
	enum signet_status status =
		signet_resolver_start(in->how.resolver, book, deadline_ms, on_filled, in, &in->fill);
	if (status != SIGNET_OK && status != SIGNET_PENDING) {
		signet_book_expire(book); /* nobody answers: the RFC's result for lost answers */
		return SIGNET_OK;
	}
	return status;
}

void incoming_header(struct incoming *in, signet_slice block)
{
	keep_first(in, signet_check_feed(in->check, block));
	if (in->status == SIGNET_OK) {
		/* without a deadline: the body may take longer than any DNS, and each question has its own patience */
		(void)ask(in, 0);
	}
}

void incoming_body(struct incoming *in, signet_slice octets)
{
	keep_first(in, signet_check_feed(in->check, octets));
}

void incoming_end(struct incoming *in)
{
	keep_first(in, signet_check_end(in->check));
	in->is_ended = true;
}

/* From the end of the message on, for what was sent off while the body came as well. */
static void set_deadline(struct incoming *in)
{
	if (in->deadline_ms) {
		return;
	}
	in->deadline_ms = signet_resolver_clock_ms() + in->how.dns_ms;
	if (in->fill) {
		signet_fill_set_deadline(in->fill, in->deadline_ms);
	}
}

enum signet_status incoming_judge(struct incoming *in)
{
	set_deadline(in);
	while (in->status == SIGNET_OK) {
		if (in->fill) {
			return SIGNET_PENDING;
		}
		enum signet_status status = signet_check_step(in->check);
		if (status != SIGNET_PENDING) {
			in->status = status;
			return status;
		}
		if (ask(in, in->deadline_ms) == SIGNET_PENDING) {
			return SIGNET_PENDING;
		}
	}
	return in->status;
}

void incoming_diagnose(struct incoming *in, signet_slice message, bool is_whole)
{
	/* for want of memory the result stands without its explanation */
	(void)signet_check_diagnose(in->check, message, is_whole);
}

void incoming_drop(struct incoming *in)
{
	if (in->fill) {
		signet_fill_cancel(in->fill);
		in->fill = NULL;
	}
	if (in->is_open) { /* what it grew to for this message is given back now, not with the next one */
		signet_check_reset(in->check, &no_settings, &no_envelope);
	}
	in->is_open = false;
}
