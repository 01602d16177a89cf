/* SPDX-License-Identifier: Apache-2.0 */
/* worker: a thread with a loop, a resolver, an engine and the connections that were given to it.
 *
 *     struct worker *w = worker_new(&settings, &error);    // before confine(): the resolver reads its files
 *     worker_start(w, rules);                              // after it
 *     worker_give(w, arrival);   worker_reload(w, rules);   worker_leave(w);
 *     worker_stop(w);   worker_free(w);
 *
 * Workers share nothing but what is made for it: the rules (counted), the spool (locks), the gate (locks), the log (one write a
 * line).  Orders of the daemon go through a list under a lock; an eventfd tells the loop of them. */
#ifndef SIGNET_SERVICE_MILTER_WORKER_H
#define SIGNET_SERVICE_MILTER_WORKER_H

#include <signet/resolve.h>

#include "connection.h"

struct worker_settings {
	struct signet_resolver_options resolver; /* without the loop */
	const char *signer; /* socket of the signer; NULL: nothing is signed */
	int64_t idle_ms, stall_ms;
	int64_t frame_ms, take_ms; /* 0: CONNECTION_FRAME_MS, CONNECTION_TAKE_MS */
	struct log *log;
	struct gate *gate;
	struct message_kept *kept; /* by all workers together */
	struct replay *replay; /* of all workers; NULL: nobody counts */
	bool replay_quarantines;
	struct forwarders *forwarders; /* of all workers; NULL: nobody remembers */
	int failed; /* an eventfd that hears of a thread that cannot go on; -1: nobody listens */
};

struct worker;

/* `settings` must outlive it.  NULL after a line in `error`. */
struct worker *worker_new(const struct worker_settings *settings, struct buf *error);
/* The thread begins.  `spool` may be NULL.  False: there is none. */
bool worker_start(struct worker *w, struct rules *rules, struct spool_writer *spool);

/* From the daemon's thread: */
void worker_give(struct worker *w, struct arrival *who);
void worker_reload(struct worker *w, struct rules *rules);
/* Connections end as soon as they have no message on its way. */
void worker_leave(struct worker *w);
/* Ends the thread, with all connections that are left, and waits for it. */
void worker_stop(struct worker *w);
/* After worker_stop(), or before worker_start(); accepts NULL. */
void worker_free(struct worker *w);

/* How many connections it has, those on their way to it included. */
size_t worker_connections(const struct worker *w);
const struct counters *worker_counters(const struct worker *w);
const struct latency *worker_latency(const struct worker *w);

#endif
