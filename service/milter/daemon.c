/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../spool/writer.h"
#include "forwarders_file.h"
#include "metrics.h"
#include "scrape.h"

#define ACCEPT_TURN 64 /* connections of a door before the others have their turn */
#define ACCEPT_LAST 100000 /* before it closes: all that wait there, more than any system lets wait */
#define PAUSE_MS 100 /* when the system has no descriptors or memory for another connection */
#define SYNC_MS 1000
#define REMEMBER_ROUNDS 60 /* of these */
#define TICK_MS 50 /* while draining */
#define ERROR_OCTETS 16384

struct daemon {
	const struct daemon_settings *settings;
	struct log *log;
	struct log_limit refused;
	struct notify *notify;
	struct worker_settings for_workers;
	struct loop *loop;
	struct gate *gate;
	struct doors *doors;
	struct scrape *scrape;
	struct worker *workers[DAEMON_WORKERS];
	size_t n_workers;
	struct loop_watch *hangup, *terminate, *interrupt, *tick, *on_failed;
	int failed; /* a worker rings */
	bool has_failed;
	struct rules *rules;
	struct counters counters; /* of this thread */
	struct timespec started, started_monotonic;
	int memory; /* /proc/self/statm, which cannot be opened later */
	struct message_kept kept; /* by all workers */
	struct replay *replay; /* NULL: nobody counts */
	uint64_t reloads, reloads_failed;
	int64_t draining_since_ms; /* -1: no */
	bool is_leaving;
	/* the thread that brings the spool to the disk */
	struct spool_writer *spool;
	pthread_t syncer;
	bool syncs;
	int sync_end;
};

/* ---- connections ---- */

static struct signet_ip ip_of(const struct sockaddr_storage *address)
{
	struct signet_ip ip = { 0 };
	if (address->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)address;
		ip.family = 4;
		memcpy(ip.octets, &in->sin_addr, sizeof(in->sin_addr));
	} else if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
		ip.family = 6;
		memcpy(ip.octets, &in->sin6_addr, sizeof(in->sin6_addr));
	}
	return ip;
}

static void refuse(struct daemon *d, const struct door *door, int fd, const char *why)
{
	uint64_t lost;
	close(fd);
	count(&d->counters.connections_refused, 1);
	if (log_limit_take(&d->refused, loop_now_ms(d->loop), &lost)) {
		LOG(d->log, LOG_LEVEL_WARNING, "refused", LOG_TEXT("listener", slice_of(door->name)),
		    LOG_TEXT("reason", slice_of(why)), LOG_NUMBER("connections", gate_count(d->gate)),
		    LOG_NUMBER("not_logged", lost));
	}
}

static struct worker *least_loaded(const struct daemon *d)
{
	struct worker *best = d->workers[0];
	for (size_t i = 1; i < d->n_workers; i++) {
		best = worker_connections(d->workers[i]) < worker_connections(best) ? d->workers[i] : best;
	}
	return best;
}

static void welcome(struct daemon *d, struct door *door, int fd, const struct sockaddr_storage *address)
{
	struct arrival *who = calloc(1, sizeof(*who));
	if (!who) {
		refuse(d, door, fd, "memory is short");
		return;
	}
	*who = (struct arrival) { .fd = fd, .is_tcp = door->is_tcp, .client = ip_of(address), .listener = door->name };
	const struct rules_listener *listener = rules_find_listener(d->rules, door->name);
	struct gate_caps caps = d->settings->caps;
	caps.per_listener = listener && listener->connections ? listener->connections : caps.per_listener;
	const char *why = gate_enter(d->gate, &caps, &door->n, &who->client, &who->seat);
	if (why) {
		free(who);
		refuse(d, door, fd, why);
		return;
	}
	worker_give(least_loaded(d), who);
}

/* As many as `turn`.  False: there are no more, or no room for them. */
static bool accept_some(struct daemon *d, struct door *door, unsigned turn)
{
	for (unsigned i = 0; i < turn; i++) {
		struct sockaddr_storage address = { 0 };
		socklen_t n = sizeof(address);
		int fd = accept4(door->listener.fd, (struct sockaddr *)&address, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(d, door, fd, &address);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			(void)loop_watch_arm(door->watch, 0, PAUSE_MS);
			return false;
		} else if (errno == EAGAIN) {
			return false;
		} /* else it is gone already: the next one */
	}
	return true;
}

static void on_connection(void *data, unsigned what)
{
	struct door *door = data;
	if (what == LOOP_TIMEOUT) {
		(void)loop_watch_arm(door->watch, LOOP_READ, LOOP_FOREVER);
	}
	(void)accept_some(door->data, door, ACCEPT_TURN);
}

/* ---- metrics ---- */

static uint64_t resident_bytes(const struct daemon *d)
{
	char text[128];
	unsigned long long pages = 0;
	ssize_t n = d->memory >= 0 ? pread(d->memory, text, sizeof(text) - 1, 0) : -1;
	text[n > 0 ? n : 0] = 0;
	return sscanf(text, "%*u %llu", &pages) == 1 ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void sum_up(const struct daemon *d, struct counters *counters, struct latency *latency)
{
	metrics_add_counters(counters, &d->counters);
	for (size_t i = 0; i < d->n_workers; i++) {
		metrics_add_counters(counters, worker_counters(d->workers[i]));
		metrics_add_latency(latency, worker_latency(d->workers[i]));
	}
}

static void put_metrics(void *data, struct buf *b)
{
	struct daemon *d = data;
	struct counters counters = { 0 };
	struct latency latency = { 0 };
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sum_up(d, &counters, &latency);
	const struct metrics_now present = {
		.connections = gate_count(d->gate),
		.workers = d->n_workers,
		.started_s = d->started.tv_sec,
		.uptime_s = now.tv_sec - d->started_monotonic.tv_sec,
		.resident_bytes = resident_bytes(d),
		.reloads = d->reloads,
		.reloads_failed = d->reloads_failed,
	};
	metrics_put(b, &counters, &latency, &present);
}

/* ---- signals ---- */

static void log_lines(struct daemon *d, enum log_level level, const char *event, slice text)
{
	while (text.at && text.len) {
		slice line = slice_split(&text, '\n');
		if (line.len) {
			LOG(d->log, level, event, LOG_TEXT("reason", line));
		}
	}
}

/* Sockets were opened with rights that are gone. */
static void compare_doors(struct daemon *d, struct rules *rules)
{
	for (size_t i = 0; i < rules_count_listeners(rules); i++) {
		const struct rules_listener *l = rules_listener(rules, i);
		const struct door *door = doors_find(d->doors, l->name);
		if (!door || (l->socket && strcmp(l->socket, door->where) != 0)) {
			LOG(d->log, LOG_LEVEL_WARNING, "restart-needed", LOG_TEXT("listener", slice_of(l->name)),
			    LOG_TEXT("reason", S("its socket is new: it is opened at the next start")));
		}
	}
	for (size_t i = 0; i < d->doors->n; i++) {
		struct door *door = &d->doors->at[i];
		if (door->listener.fd >= 0 && !rules_find_listener(rules, door->name)) {
			LOG(d->log, LOG_LEVEL_NOTICE, "listener-closed", LOG_TEXT("listener", slice_of(door->name)));
			door_close(door);
		}
	}
}

static void take_rules(struct daemon *d, struct rules *rules)
{
	const char *key = rules_process_differs(d->rules, rules);
	if (key) {
		LOG(d->log, LOG_LEVEL_WARNING, "restart-needed", LOG_TEXT("key", slice_of(key)),
		    LOG_TEXT("reason", S("what the process is made with changes at the next start only")));
	}
	compare_doors(d, rules);
	for (size_t i = 0; i < d->n_workers; i++) {
		worker_reload(d->workers[i], rules);
	}
	rules_drop(d->rules);
	d->rules = rules;
}

static void on_hangup(void *data, unsigned what)
{
	struct daemon *d = data;
	struct buf error;
	(void)what;
	if (d->draining_since_ms >= 0) {
		return;
	}
	if (!d->settings->read_rules) {
		LOG(d->log, LOG_LEVEL_NOTICE, "nothing-to-reload",
		    LOG_TEXT("reason", S("started without a configuration")));
		return;
	}
	notify_reloading(d->notify);
	buf_init(&error, ERROR_OCTETS);
	struct rules *rules = d->settings->read_rules(d->settings->data, &error);
	if (rules) {
		d->reloads++;
		log_lines(d, LOG_LEVEL_WARNING, "configuration", buf_slice(&error));
		take_rules(d, rules);
		LOG(d->log, LOG_LEVEL_NOTICE, "reloaded", LOG_NUMBER("listeners", rules_count_listeners(rules)));
	} else {
		d->reloads_failed++;
		log_lines(d, LOG_LEVEL_ERROR, "not-reloaded", buf_slice(&error));
		LOG(d->log, LOG_LEVEL_ERROR, "not-reloaded",
		    LOG_TEXT("reason", S("the configuration of before stays")));
	}
	buf_finish(&error);
	notify_send(d->notify, "READY=1");
}

static void on_tick(void *data, unsigned what)
{
	struct daemon *d = data;
	int64_t since_ms = loop_now_ms(d->loop) - d->draining_since_ms;
	int64_t grace_ms = d->settings->grace_ms ? d->settings->grace_ms : DAEMON_GRACE_MS;
	int64_t drain_ms = d->settings->drain_ms ? d->settings->drain_ms : DAEMON_DRAIN_MS;
	size_t left = gate_count(d->gate);
	(void)what;
	if (left > 0 && !d->is_leaving && since_ms >= grace_ms) {
		d->is_leaving = true;
		for (size_t i = 0; i < d->n_workers; i++) {
			worker_leave(d->workers[i]);
		}
	}
	if (left > 0 && since_ms >= drain_ms) {
		LOG(d->log, LOG_LEVEL_WARNING, "not-drained", LOG_NUMBER("connections", left));
	}
	if (left == 0 || since_ms >= drain_ms || !loop_watch_arm(d->tick, 0, TICK_MS)) {
		loop_stop(d->loop);
	}
}

static void on_failed(void *data, unsigned what)
{
	struct daemon *d = data;
	(void)what;
	d->has_failed = true;
	loop_stop(d->loop);
}

static void on_terminate(void *data, unsigned what)
{
	struct daemon *d = data;
	(void)what;
	if (d->draining_since_ms >= 0) {
		return;
	}
	d->draining_since_ms = loop_now_ms(d->loop);
	notify_send(d->notify, "STOPPING=1");
	for (size_t i = 0; i < d->doors->n; i++) {
		if (d->doors->at[i].watch) {
			(void)accept_some(d, &d->doors->at[i], ACCEPT_LAST); /* whoever connected in time is served */
			door_close(&d->doors->at[i]);
		}
	}
	LOG(d->log, LOG_LEVEL_NOTICE, "stopping", LOG_NUMBER("connections", gate_count(d->gate)));
	on_tick(d, 0);
}

/* ---- the spool reaches the disk ---- */

static void remember(struct daemon *d)
{
	struct forwarders *f = d->settings->worker.forwarders;
	struct buf error;
	if (!f || !d->settings->remembers || !forwarders_take_change(f)) {
		return;
	}
	buf_init(&error, ERROR_OCTETS);
	if (!forwarders_file_save(f, d->settings->remembers, &error)) {
		LOG(d->log, LOG_LEVEL_WARNING, "not-remembered", LOG_TEXT("reason", buf_slice(&error)));
	}
	buf_finish(&error);
}

/* In a thread of its own: a busy disk holds nobody up. */
static void *sync_spool(void *data)
{
	struct daemon *d = data;
	struct pollfd end = { .fd = d->sync_end, .events = POLLIN };
	int last = 0;
	for (unsigned round = 1; poll(&end, 1, SYNC_MS) <= 0; round++) {
		int trouble = spool_sync(d->spool);
		if (trouble && trouble != last) {
			LOG(d->log, LOG_LEVEL_ERROR, "spool-not-on-disk",
			    LOG_TEXT("reason", slice_of(strerror(trouble))));
		}
		last = trouble;
		if (round % REMEMBER_ROUNDS == 0) {
			remember(d);
		}
	}
	return NULL;
}

static void stop_syncing(struct daemon *d)
{
	const uint64_t one = 1;
	if (d->syncs) {
		(void)!write(d->sync_end, &one, sizeof(one));
		pthread_join(d->syncer, NULL);
		(void)spool_sync(d->spool);
		remember(d);
		d->syncs = false;
	}
}

/* ---- birth, life, end ---- */

static bool fail(struct buf *error, const char *why)
{
	if (error->len == 0) {
		buf_put_text(error, why);
	}
	return false;
}

static bool watch_doors(struct daemon *d)
{
	for (size_t i = 0; i < d->doors->n; i++) {
		struct door *door = &d->doors->at[i];
		door->data = d;
		door->watch = loop_watch_new(d->loop, door->listener.fd, on_connection, door);
		if (!door->watch) {
			return false;
		}
	}
	if (d->doors->metrics.fd >= 0) {
		d->scrape = scrape_new(d->loop, &d->doors->metrics, put_metrics, d);
	}
	return d->doors->metrics.fd < 0 || d->scrape;
}

static bool watch_signals(struct daemon *d)
{
	d->hangup = loop_signal_new(d->loop, SIGHUP, on_hangup, d);
	d->terminate = loop_signal_new(d->loop, SIGTERM, on_terminate, d);
	d->interrupt = loop_signal_new(d->loop, SIGINT, on_terminate, d);
	d->tick = loop_watch_new(d->loop, -1, on_tick, d);
	d->on_failed = loop_watch_new(d->loop, d->failed, on_failed, d);
	return d->hangup && d->terminate && d->interrupt && d->tick && d->on_failed &&
	       loop_watch_arm(d->on_failed, LOOP_READ, LOOP_FOREVER);
}

/* False: memory is short, or the system has no random numbers. */
static bool make_replay(struct daemon *d)
{
	struct replay_settings settings = d->settings->replay;
	if (settings.limit == 0) {
		return true;
	}
	if (getrandom(&settings.seed, sizeof(settings.seed), 0) != (ssize_t)sizeof(settings.seed)) {
		return false;
	}
	d->replay = replay_new(&settings);
	return d->replay != NULL;
}

static bool make_workers(struct daemon *d, struct buf *error)
{
	d->for_workers = d->settings->worker;
	d->for_workers.gate = d->gate;
	d->for_workers.kept = &d->kept;
	d->for_workers.replay = d->replay;
	d->for_workers.failed = d->failed;
	for (; d->n_workers < d->settings->workers; d->n_workers++) {
		struct worker *w = worker_new(&d->for_workers, error);
		if (!w) {
			return false;
		}
		d->workers[d->n_workers] = w;
	}
	return true;
}

static bool set_up(struct daemon *d, struct buf *error)
{
	clock_gettime(CLOCK_REALTIME, &d->started);
	clock_gettime(CLOCK_MONOTONIC, &d->started_monotonic);
	d->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	d->sync_end = eventfd(0, EFD_CLOEXEC);
	d->failed = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	d->loop = loop_new();
	d->gate = gate_new();
	if (!d->loop || !d->gate || d->sync_end < 0 || d->failed < 0 || !watch_doors(d) || !watch_signals(d) ||
	    !make_replay(d)) {
		return fail(error, "memory or descriptors are short");
	}
	return make_workers(d, error);
}

struct daemon *daemon_new(const struct daemon_settings *settings, struct doors *doors, struct notify *notify,
                          struct buf *error)
{
	struct daemon *d = calloc(1, sizeof(*d));
	if (!d) {
		(void)fail(error, "memory is short");
		return NULL;
	}
	*d = (struct daemon) {
		.settings = settings,
		.log = settings->worker.log,
		.notify = notify,
		.doors = doors,
		.draining_since_ms = -1,
		.memory = -1,
		.sync_end = -1,
		.failed = -1,
	};
	if (!set_up(d, error)) {
		daemon_free(d);
		return NULL;
	}
	return d;
}

/* Signals are the daemon's: its loop has them in its own thread. */
static bool start_threads(struct daemon *d)
{
	sigset_t all, before;
	bool good = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; good && i < d->n_workers; i++) {
		good = worker_start(d->workers[i], d->rules, d->spool);
	}
	if (good && d->spool) {
		good = d->syncs = pthread_create(&d->syncer, NULL, sync_spool, d) == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return good;
}

static bool open_doors(struct daemon *d)
{
	bool good = true;
	for (size_t i = 0; good && i < d->doors->n; i++) {
		good = loop_watch_arm(d->doors->at[i].watch, LOOP_READ, LOOP_FOREVER);
	}
	return good;
}

static void log_total(struct daemon *d)
{
	struct counters c = { 0 };
	struct latency l = { 0 };
	sum_up(d, &c, &l);
	LOG(d->log, LOG_LEVEL_NOTICE, "total", LOG_NUMBER("connections", c.connections),
	    LOG_NUMBER("messages", c.messages), LOG_NUMBER("passed", c.passed), LOG_NUMBER("marked", c.marked),
	    LOG_NUMBER("held", c.held), LOG_NUMBER("rejected", c.rejected), LOG_NUMBER("deferred", c.deferred),
	    LOG_NUMBER("signed", c.signed_mail), LOG_NUMBER("aborted", c.aborted),
	    LOG_NUMBER("own_faults", c.own_fault));
}

enum signet_status daemon_run(struct daemon *d, struct rules *rules, struct spool_writer *spool)
{
	d->rules = rules_keep(rules);
	d->spool = spool;
	if (!start_threads(d) || !open_doors(d)) {
		LOG(d->log, LOG_LEVEL_ERROR, "not-started", LOG_TEXT("reason", S("threads or memory are short")));
		return SIGNET_NO_MEMORY;
	}
	for (size_t i = 0; i < d->doors->n; i++) {
		const struct door *door = &d->doors->at[i];
		LOG(d->log, LOG_LEVEL_NOTICE, "listening", LOG_TEXT("listener", slice_of(door->name)),
		    LOG_TEXT("socket", door->listener.path ? slice_of(door->where) : S("inherited")));
	}
	LOG(d->log, LOG_LEVEL_NOTICE, "ready", LOG_NUMBER("workers", d->n_workers), LOG_NUMBER("sockets", d->doors->n));
	notify_send(d->notify, "READY=1");
	enum signet_status status = loop_run(d->loop);
	for (size_t i = 0; i < d->n_workers; i++) {
		worker_stop(d->workers[i]);
	}
	stop_syncing(d);
	log_total(d);
	return d->has_failed ? SIGNET_IO : status;
}

void daemon_free(struct daemon *d)
{
	if (!d) {
		return;
	}
	for (size_t i = 0; i < d->n_workers; i++) {
		worker_stop(d->workers[i]);
	}
	stop_syncing(d);
	for (size_t i = 0; i < d->n_workers; i++) {
		worker_free(d->workers[i]);
	}
	replay_free(d->replay);
	scrape_free(d->scrape);
	doors_close(d->doors);
	loop_watch_free(d->hangup);
	loop_watch_free(d->terminate);
	loop_watch_free(d->interrupt);
	loop_watch_free(d->tick);
	loop_watch_free(d->on_failed);
	loop_free(d->loop);
	gate_free(d->gate);
	rules_drop(d->rules);
	if (d->memory >= 0) {
		close(d->memory);
	}
	if (d->sync_end >= 0) {
		close(d->sync_end);
	}
	if (d->failed >= 0) {
		close(d->failed);
	}
	free(d);
}
