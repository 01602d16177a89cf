/* SPDX-License-Identifier: Apache-2.0 */
/* A fill is one book being answered; a flight is one of its questions on its way.
 *
 *     attach:  what is in the cache, or in the zones, a book need not even ask for
 *     start:   every question of the book is asked of libunbound, in its own thread: hostile zones make validation take
 *              seconds of a processor, and whoever has all answers at hand does not wait for that
 *     flight   ends by its answer, by its own timer (TIMEOUT), or with the fill
 *     fill     ends when its last flight has ended, or at the deadline; always from its own event, never inside a callback
 *              of libunbound, so that `done` may free whatever it likes */
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>
#include <unbound.h>

#include "../../src/base/dname.h"
#include "cache.h"
#include "context.h"

struct flight {
	LIST_ENTRY(flight) link;
	struct signet_fill *fill;
	struct signet_question question; /* the name is the book's */
	struct event *timer;
	int id; /* libunbound's, for ub_cancel; -1: none */
};

struct signet_fill {
	LIST_ENTRY(signet_fill) link;
	LIST_HEAD(, flight) flights;
	struct signet_resolver *resolver;
	struct signet_book *book;
	struct event *end; /* the deadline; made active when the last flight has ended */
	signet_fill_done *done;
	void *data;
	int64_t deadline_ms; /* 0: none */
};

struct signet_resolver {
	LIST_HEAD(, signet_fill) fills;
	const struct signet_zones *zones;
	struct event_base *base;
	bool owns_base;
	struct ub_ctx *ctx;
	struct event *answers; /* there are some; only while there are flights */
	size_t n_flights;
	bool has_thread; /* ctx has begun its own */
	struct cache *cache; /* of what ctx answered */
	const struct timeval *patience; /* a common timeout of the base: adding one costs no search */
};

int64_t signet_resolver_clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct timeval timeval_of_ms(int64_t ms)
{
	ms = ms > 0 ? ms : 0;
	return (struct timeval) { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

/* ---- life ---- */

static void on_answers(evutil_socket_t fd, short what, void *data)
{
	struct signet_resolver *r = data;
	(void)fd;
	(void)what;
	(void)ub_process(r->ctx);
}

static bool open_network(struct signet_resolver *r, const struct signet_resolver_options *o, char *error,
                         size_t error_size)
{
	struct timeval patience = timeval_of_ms(o->question_ms ? o->question_ms : SIGNET_QUESTION_MS);
	r->owns_base = !o->base;
	r->base = o->base ? o->base : event_base_new();
	r->patience = r->base ? event_base_init_common_timeout(r->base, &patience) : NULL;
	if (!r->patience) {
		(void)snprintf(error, error_size, "libevent cannot start");
		return false;
	}
	r->cache = cache_new(CACHE_BYTES);
	if (!r->cache) {
		(void)snprintf(error, error_size, "memory is short");
		return false;
	}
	r->ctx = context_new(o, error, error_size);
	r->answers = r->ctx ? event_new(r->base, ub_fd(r->ctx), EV_READ | EV_PERSIST, on_answers, r) : NULL;
	return r->answers != NULL;
}

struct signet_resolver *signet_resolver_new(const struct signet_resolver_options *o, char *error, size_t error_size)
{
	struct signet_resolver *r = calloc(1, sizeof(*r));
	if (!r) {
		(void)snprintf(error, error_size, "memory is short");
		return NULL;
	}
	r->zones = o->zones;
	LIST_INIT(&r->fills);
	if (!r->zones && !open_network(r, o, error, error_size)) {
		signet_resolver_free(r);
		return NULL;
	}
	return r;
}

void signet_resolver_free(struct signet_resolver *r)
{
	if (!r) {
		return;
	}
	while (!LIST_EMPTY(&r->fills)) {
		signet_fill_cancel(LIST_FIRST(&r->fills));
	}
	if (r->answers) {
		event_free(r->answers);
	}
	if (r->ctx) {
		ub_ctx_delete(r->ctx);
	}
	if (r->owns_base && r->base) {
		event_base_free(r->base);
	}
	cache_free(r->cache);
	free(r);
}

/* ---- answers at hand ---- */

static bool find_in_zones(void *data, const struct signet_question *q, struct signet_answer *ret)
{
	*ret = signet_zones_lookup(data, q);
	return true;
}

static bool find_in_cache(void *data, const struct signet_question *q, struct signet_answer *ret)
{
	return cache_find(data, q, signet_resolver_clock_ms(), ret);
}

void signet_resolver_attach(struct signet_resolver *r, struct signet_book *book)
{
	if (r->zones) {
		signet_book_set_source(book, find_in_zones, (void *)(uintptr_t)r->zones);
	} else {
		signet_book_set_source(book, find_in_cache, r->cache);
	}
}

/* ---- one question ---- */

/* An answer the book has no room for leaves its question open; it expires with the fill. */
static void settle(struct signet_fill *fill, const struct signet_question *q, enum signet_dns_status status)
{
	struct signet_answer ans = { .status = status };
	(void)signet_book_answer(fill->book, q, &ans);
}

static enum signet_dns_status status_of_rcode(int rcode)
{
	switch (rcode) {
	case 2:
		return SIGNET_DNS_SERVFAIL;
	case 3:
		return SIGNET_DNS_NXDOMAIN;
	case 5:
		return SIGNET_DNS_REFUSED;
	default:
		return SIGNET_DNS_OTHER;
	}
}

static void end_flight(struct flight *f)
{
	struct signet_fill *fill = f->fill;
	LIST_REMOVE(f, link);
	if (--fill->resolver->n_flights == 0) {
		(void)event_del(fill->resolver->answers);
	}
	if (f->timer) {
		event_free(f->timer);
	}
	free(f);
	if (LIST_EMPTY(&fill->flights) && fill->end) {
		event_active(fill->end, EV_TIMEOUT, 0);
	}
}

static void settle_from_packet(struct flight *f, slice packet, bool secure)
{
	struct signet_book *book = f->fill->book;
	struct signet_answer ans;
	(void)signet_book_answer_wire(book, &f->question, packet, secure, false);
	if (signet_book_find(book, &f->question, &ans)) {
		cache_put(f->fill->resolver->cache, &f->question, &ans, signet_resolver_clock_ms());
	}
}

static void on_answer(void *data, int error, struct ub_result *result)
{
	struct flight *f = data;
	if (error || !result) {
		settle(f->fill, &f->question, SIGNET_DNS_SERVFAIL);
	} else if (result->bogus) {
		settle(f->fill, &f->question, SIGNET_DNS_BOGUS);
	} else if (!result->answer_packet || result->answer_len < 0) {
		settle(f->fill, &f->question, status_of_rcode(result->rcode));
	} else {
		settle_from_packet(f, slice_make(result->answer_packet, (size_t)result->answer_len), result->secure);
	}
	ub_resolve_free(result);
	end_flight(f);
}

static void on_patience_lost(evutil_socket_t fd, short what, void *data)
{
	struct flight *f = data;
	(void)fd;
	(void)what;
	(void)ub_cancel(f->fill->resolver->ctx, f->id);
	settle(f->fill, &f->question, SIGNET_DNS_TIMEOUT);
	end_flight(f);
}

/* The first question begins the thread of libunbound, which has no business with signals of ours. */
static int ask_unbound(struct flight *f, const char *name)
{
	struct signet_resolver *r = f->fill->resolver;
	sigset_t all, before;
	if (r->has_thread) {
		return ub_resolve_async(r->ctx, name, (int)f->question.type, 1, f, on_answer, &f->id);
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = ub_resolve_async(r->ctx, name, (int)f->question.type, 1, f, on_answer, &f->id);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	r->has_thread = error == 0;
	return error;
}

/* Hands the question to libunbound, whose names are text with escapes (RFC 1035 5.1). */
static bool send_off(struct flight *f)
{
	struct signet_resolver *r = f->fill->resolver;
	struct dname name;
	char text[DNAME_TEXT_OCTETS + 2];
	struct buf b = { .at = text, .room = sizeof(text), .max = sizeof(text) };
	if (!dname_of_text(f->question.name, &name)) {
		return false;
	}
	dname_put_text(&b, dname_slice(&name));
	buf_put(&b, S(".\0"));
	if (ask_unbound(f, text) != 0) {
		return false;
	}
	f->timer = evtimer_new(r->base, on_patience_lost, f);
	return f->timer && evtimer_add(f->timer, r->patience) == 0;
}

static void ask(struct signet_fill *fill, const struct signet_question *q)
{
	struct flight *f = calloc(1, sizeof(*f));
	if (!f) {
		settle(fill, q, SIGNET_DNS_SERVFAIL);
		return;
	}
	f->fill = fill;
	f->question = *q;
	f->id = -1;
	LIST_INSERT_HEAD(&fill->flights, f, link);
	if (fill->resolver->n_flights++ == 0) {
		(void)event_add(fill->resolver->answers, NULL);
	}
	if (!send_off(f)) {
		(void)ub_cancel(fill->resolver->ctx, f->id);
		settle(fill, q, SIGNET_DNS_SERVFAIL);
		end_flight(f);
	}
}

/* ---- one book ---- */

static struct signet_fill *new_fill(struct signet_resolver *r, struct signet_book *book, int64_t deadline_ms)
{
	struct signet_fill *fill = calloc(1, sizeof(*fill));
	if (fill) {
		fill->resolver = r;
		fill->book = book;
		fill->deadline_ms = deadline_ms;
		LIST_INIT(&fill->flights);
		LIST_INSERT_HEAD(&r->fills, fill, link);
	}
	return fill;
}

void signet_fill_cancel(struct signet_fill *fill)
{
	if (fill->end) {
		event_free(fill->end);
		fill->end = NULL;
	}
	while (!LIST_EMPTY(&fill->flights)) {
		struct flight *f = LIST_FIRST(&fill->flights);
		/* The analyzer does not see that end_flight takes the flight off the list. */
		(void)ub_cancel(fill->resolver->ctx, f->id); /* NOLINT(clang-analyzer-unix.Malloc) */
		end_flight(f);
	}
	LIST_REMOVE(fill, link);
	free(fill);
}

void signet_fill_set_deadline(struct signet_fill *fill, int64_t deadline_ms)
{
	struct timeval left = timeval_of_ms(deadline_ms - signet_resolver_clock_ms());
	fill->deadline_ms = deadline_ms;
	if (LIST_EMPTY(&fill->flights)) {
		return; /* its end is on its way */
	}
	if (deadline_ms) {
		(void)evtimer_add(fill->end, &left);
	} else {
		(void)evtimer_del(fill->end);
	}
}

static bool is_too_late(int64_t deadline_ms)
{
	return deadline_ms && deadline_ms <= signet_resolver_clock_ms();
}

/* Asks what nobody has been told of, and arms the end.  False: nothing is in the air. */
static bool ask_all(struct signet_fill *fill)
{
	struct signet_question q;
	struct timeval left = timeval_of_ms(fill->deadline_ms - signet_resolver_clock_ms());
	while (signet_book_next(fill->book, &q)) {
		ask(fill, &q);
	}
	return !LIST_EMPTY(&fill->flights) && (!fill->deadline_ms || evtimer_add(fill->end, &left) == 0);
}

/* What is still open is lost: to the deadline, to want of memory, or to somebody who took the question and gave it up.  A
 * book left open would make its owner wait for ever. */
static void close_book(struct signet_book *book)
{
	if (signet_book_is_open(book)) {
		signet_book_expire(book);
	}
}

/* The deadline, or the last flight has ended. */
static void on_end(evutil_socket_t fd, short what, void *data)
{
	struct signet_fill *fill = data;
	signet_fill_done *done = fill->done;
	void *done_data = fill->data;
	(void)fd;
	(void)what;
	if (!is_too_late(fill->deadline_ms) && ask_all(fill)) {
		return; /* questions came while the others flew */
	}
	close_book(fill->book);
	signet_fill_cancel(fill);
	done(done_data);
}

static void fill_from_zones(const struct signet_zones *zones, struct signet_book *book)
{
	struct signet_question q;
	while (signet_book_next(book, &q)) {
		struct signet_answer ans = signet_zones_lookup(zones, &q);
		(void)signet_book_answer(book, &q, &ans);
	}
}

enum signet_status signet_resolver_start(struct signet_resolver *r, struct signet_book *book, int64_t deadline_ms,
                                         signet_fill_done *done, void *data, struct signet_fill **ret)
{
	*ret = NULL;
	if (r->zones || is_too_late(deadline_ms)) {
		if (r->zones) {
			fill_from_zones(r->zones, book);
		}
		close_book(book);
		return SIGNET_OK;
	}
	struct signet_fill *fill = new_fill(r, book, deadline_ms);
	if (!fill) {
		return SIGNET_NO_MEMORY;
	}
	fill->done = done;
	fill->data = data;
	fill->end = evtimer_new(r->base, on_end, fill);
	if (fill->end && ask_all(fill)) {
		*ret = fill;
		return SIGNET_PENDING;
	}
	signet_fill_cancel(fill);
	close_book(book);
	return SIGNET_OK;
}

static void on_done(void *data)
{
	*(bool *)data = true;
}

enum signet_status signet_resolver_fill(struct signet_resolver *r, struct signet_book *book, int64_t deadline_ms)
{
	struct signet_fill *fill;
	bool finished = false;
	if (!r->zones && !r->owns_base) {
		return SIGNET_MISUSE;
	}
	enum signet_status status = signet_resolver_start(r, book, deadline_ms, on_done, &finished, &fill);
	if (status != SIGNET_PENDING) {
		return status;
	}
	while (!finished) {
		if (event_base_loop(r->base, EVLOOP_ONCE) < 0) {
			signet_fill_cancel(fill);
			return SIGNET_IO;
		}
	}
	return SIGNET_OK;
}
