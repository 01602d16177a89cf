/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "signers.h"

struct worker {
	const struct worker_settings *settings;
	struct loop *loop;
	struct signet_resolver *resolver;
	struct signet *signet;
	struct signer_desk *signers;
	struct message_world world;
	struct connection_shared shared;
	struct connection *connections;
	struct rules *rules;
	struct counters counters;
	struct latency latency;
	_Atomic size_t n; /* connections */
	pthread_t thread;
	bool runs;
	/* orders, under the lock */
	pthread_mutex_t lock;
	int bell;
	struct loop_watch *on_bell;
	struct arrival *first, **last;
	struct rules *new_rules;
	bool leaves, stops;
};

static void count_down(struct worker *w)
{
	atomic_fetch_sub_explicit(&w->n, 1, memory_order_relaxed);
}

static void on_closed(void *data, struct connection *c)
{
	struct worker *w = data;
	connection_unlink(&w->connections, c);
	count_down(w);
}

/* ---- orders ---- */

static void welcome(struct worker *w, struct arrival *who, bool leaves)
{
	struct connection *c = connection_new(&w->shared, who, w->rules);
	if (!c) {
		count_down(w);
		return;
	}
	connection_link(&w->connections, c);
	if (leaves) {
		connection_leave(c);
	} else {
		connection_start(c);
	}
}

static void welcome_all(struct worker *w, struct arrival *first, bool leaves)
{
	for (struct arrival *next; first; first = next) {
		next = first->next;
		welcome(w, first, leaves);
	}
}

static void take_rules(struct worker *w, struct rules *rules)
{
	rules_drop(w->rules);
	w->rules = rules;
	for (struct connection *c = w->connections; c; c = connection_next(c)) {
		connection_reload(c, rules);
	}
}

static void leave_all(struct worker *w)
{
	for (struct connection *c = w->connections, *next; c; c = next) {
		next = connection_next(c);
		connection_leave(c);
	}
}

static void on_bell(void *data, unsigned what)
{
	struct worker *w = data;
	uint64_t rings;
	(void)what;
	(void)!read(w->bell, &rings, sizeof(rings));
	pthread_mutex_lock(&w->lock);
	struct arrival *first = w->first;
	struct rules *rules = w->new_rules;
	bool leaves = w->leaves, stops = w->stops;
	w->first = NULL;
	w->last = &w->first;
	w->new_rules = NULL;
	pthread_mutex_unlock(&w->lock);
	if (rules) {
		take_rules(w, rules);
	}
	welcome_all(w, first, leaves);
	if (leaves) {
		leave_all(w);
	}
	if (stops) {
		loop_stop(w->loop);
	}
}

static void ring(struct worker *w)
{
	const uint64_t one = 1;
	(void)!write(w->bell, &one, sizeof(one));
}

void worker_give(struct worker *w, struct arrival *who)
{
	who->next = NULL;
	atomic_fetch_add_explicit(&w->n, 1, memory_order_relaxed);
	pthread_mutex_lock(&w->lock);
	*w->last = who;
	w->last = &who->next;
	pthread_mutex_unlock(&w->lock);
	ring(w);
}

void worker_reload(struct worker *w, struct rules *rules)
{
	pthread_mutex_lock(&w->lock);
	struct rules *unseen = w->new_rules;
	w->new_rules = rules_keep(rules);
	pthread_mutex_unlock(&w->lock);
	rules_drop(unseen);
	ring(w);
}

void worker_leave(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->leaves = true;
	pthread_mutex_unlock(&w->lock);
	ring(w);
}

/* ---- the thread ---- */

static void *run(void *data)
{
	struct worker *w = data;
	if (loop_run(w->loop) != SIGNET_OK) {
		LOG(w->settings->log, LOG_LEVEL_ERROR, "worker-failed",
		    LOG_TEXT("reason", S("the system cannot wait")));
		const uint64_t one = 1;
		(void)!write(w->settings->failed, &one, sizeof(one));
	}
	/* what the connections hold belongs to this thread */
	for (struct connection *c = w->connections, *next; c; c = next) {
		next = connection_next(c);
		connection_unlink(&w->connections, c);
		connection_free(c);
		count_down(w);
	}
	return NULL;
}

bool worker_start(struct worker *w, struct rules *rules, struct spool_writer *spool)
{
	w->rules = rules_keep(rules);
	w->world.spool = spool;
	w->runs = pthread_create(&w->thread, NULL, run, w) == 0;
	return w->runs;
}

void worker_stop(struct worker *w)
{
	if (w->runs) {
		pthread_mutex_lock(&w->lock);
		w->stops = true;
		pthread_mutex_unlock(&w->lock);
		ring(w);
		pthread_join(w->thread, NULL);
		w->runs = false;
	}
}

/* ---- birth, end ---- */

static bool fail(struct buf *error, const char *what)
{
	buf_put_text(error, what);
	return false;
}

static bool open_world(struct worker *w, struct buf *error)
{
	const struct worker_settings *s = w->settings;
	struct signet_resolver_options options = s->resolver;
	char why[SIGNET_RESOLVE_ERROR];
	w->loop = loop_new();
	w->signet = signet_new();
	w->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!w->loop || !w->signet || w->bell < 0) {
		return fail(error, "memory or descriptors are short");
	}
	options.base = loop_base(w->loop);
	w->resolver = signet_resolver_new(&options, why, sizeof(why));
	if (!w->resolver) {
		return fail(error, why);
	}
	if (s->signer && !(w->signers = signer_desk_new(w->loop, s->signer))) {
		return fail(error, "the path of the signer's socket is too long");
	}
	return true;
}

static bool set_up(struct worker *w, struct buf *error)
{
	const struct worker_settings *s = w->settings;
	if (!open_world(w, error)) {
		return false;
	}
	w->world = (struct message_world) {
		.signet = w->signet,
		.resolver = w->resolver,
		.loop = w->loop,
		.log = s->log,
		.counters = &w->counters,
		.signers = w->signers,
		.kept = s->kept,
		.replay = s->replay,
		.replay_quarantines = s->replay_quarantines,
		.forwarders = s->forwarders,
	};
	w->shared = (struct connection_shared) {
		.loop = w->loop,
		.log = s->log,
		.gate = s->gate,
		.counters = &w->counters,
		.latency = &w->latency,
		.world = &w->world,
		.idle_ms = s->idle_ms,
		.stall_ms = s->stall_ms,
		.frame_ms = s->frame_ms ? s->frame_ms : CONNECTION_FRAME_MS,
		.take_ms = s->take_ms ? s->take_ms : CONNECTION_TAKE_MS,
		.in = malloc(CONNECTION_READ_OCTETS),
		.closed = on_closed,
		.data = w,
	};
	w->on_bell = loop_watch_new(w->loop, w->bell, on_bell, w);
	return (w->shared.in && w->on_bell && loop_watch_arm(w->on_bell, LOOP_READ, LOOP_FOREVER)) ||
	       fail(error, "memory is short");
}

struct worker *worker_new(const struct worker_settings *settings, struct buf *error)
{
	struct worker *w = calloc(1, sizeof(*w));
	if (!w) {
		(void)fail(error, "memory is short");
		return NULL;
	}
	w->settings = settings;
	w->bell = -1;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	if (!set_up(w, error)) {
		worker_free(w);
		return NULL;
	}
	return w;
}

/* Those that were given and not yet taken. */
static void forget_arrivals(struct worker *w)
{
	for (struct arrival *a = w->first, *next; a; a = next) {
		next = a->next;
		close(a->fd);
		gate_leave(w->settings->gate, &a->seat);
		free(a);
	}
}

void worker_free(struct worker *w)
{
	if (!w) {
		return;
	}
	forget_arrivals(w);
	loop_watch_free(w->on_bell);
	message_world_finish(&w->world);
	signer_desk_free(w->signers);
	signet_resolver_free(w->resolver);
	loop_free(w->loop);
	signet_free(w->signet);
	if (w->bell >= 0) {
		close(w->bell);
	}
	rules_drop(w->rules);
	rules_drop(w->new_rules);
	free(w->shared.in);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

size_t worker_connections(const struct worker *w)
{
	return atomic_load_explicit(&w->n, memory_order_relaxed);
}

const struct counters *worker_counters(const struct worker *w)
{
	return &w->counters;
}

const struct latency *worker_latency(const struct worker *w)
{
	return &w->latency;
}
