/* SPDX-License-Identifier: Apache-2.0 */
/* The milter: what stands between a mail server and every message it takes.
 *
 *     octets -> connection.c   one socket, its deadlines
 *            -> session.c      the protocol                      (codec.c, commands.c, answers.c)
 *            -> message.c      one message: verify, sign, decide (incoming.c, signing.c, decide.c)
 *     worker.c owns a thread with its loop and resolver; daemon.c owns listeners, signals and workers; main.c reads options and
 *     configuration, opens sockets, confines, runs.
 *
 * The daemon's thread accepts, looks at the caps and gives each connection to the worker that has fewest.
 *
 *     runs --SIGHUP--> reads the rules anew; if they cannot be read those of before stay, and the log says why
 *     runs --SIGTERM--> grace: no new connections; who is connected is served, because a mail server whose filter goes away
 *                       between two commands answers its client with an error
 *          --3 s------> leaving: connections end as soon as no message is on its way
 *          --30 s-----> the end
 *
 * Nobody left ends each of these at once. */
#ifndef SIGNET_SERVICE_MILTER_DAEMON_H
#define SIGNET_SERVICE_MILTER_DAEMON_H

#include "../loop/notify.h"
#include "doors.h"
#include "replay.h"
#include "worker.h"

#define DAEMON_GRACE_MS 3000
#define DAEMON_DRAIN_MS 30000
#define DAEMON_WORKERS 64

struct daemon_settings {
	size_t workers; /* 1 to DAEMON_WORKERS */
	struct gate_caps caps;
	int64_t grace_ms, drain_ms; /* 0: DAEMON_GRACE_MS, DAEMON_DRAIN_MS */
	struct worker_settings worker; /* without the gate and what is kept */
	const char *remembers; /* folder of what worker.forwarders remembers; NULL: none */
	struct replay_settings replay; /* without the seed; limit 0: nobody counts */
	/* Reads the configuration again; NULL after lines in `error`.  NULL: there is none to read. */
	struct rules *(*read_rules)(void *data, struct buf *error);
	void *data;
};

struct daemon;

/* Before confine(): makes the workers, which read files of the resolver.  Everything handed over must outlive it; `doors` are
 * closed at the end.  NULL after a line in `error`. */
struct daemon *daemon_new(const struct daemon_settings *settings, struct doors *doors, struct notify *notify,
                          struct buf *error);
/* After it: starts the threads and serves until SIGTERM or SIGINT.  `spool` may be NULL.  SIGNET_IO: a thread cannot go on,
 * and what was given to it would wait for ever; whoever started us starts us again. */
enum signet_status daemon_run(struct daemon *d, struct rules *rules, struct spool_writer *spool);
/* Accepts NULL. */
void daemon_free(struct daemon *d);

#endif
