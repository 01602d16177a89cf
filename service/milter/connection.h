/* SPDX-License-Identifier: Apache-2.0 */
/* connection: one socket of a mail server, and the session behind it.
 *
 *               octets                 all is taken
 *     reading ---------> session ---> writing ------> reading
 *        ^                  |
 *        |     woken        v
 *        +----------- waiting for the message to be judged
 *
 * What is read goes through ONE buffer of the worker: between two events a connection holds no more than the piece of a
 * frame that its session keeps.  What is answered leaves in one write; as long as it is not taken nothing more is read.  A
 * time for each: until the options come, between messages, within a message, within a frame, for taking answers; a frame
 * that comes in drops makes no progress until it is whole. */
#ifndef SIGNET_SERVICE_MILTER_CONNECTION_H
#define SIGNET_SERVICE_MILTER_CONNECTION_H

#include "../log/log.h"
#include "../loop/loop.h"
#include "gate.h"
#include "latency.h"
#include "message.h"

#define CONNECTION_READ_OCTETS ((size_t)256 << 10) /* several of the chunks that mail servers send */
#define CONNECTION_FRAME_MS 60000
#define CONNECTION_TAKE_MS 60000
#define CONNECTION_PROGRESS_MS 15000 /* how often a mail server is kept patient; Postfix waits for 300 s */

/* Who came, and by which door; made by the daemon, taken over by a worker. */
struct arrival {
	struct arrival *next;
	int fd;
	bool is_tcp;
	struct signet_ip client; /* family 0: a Unix socket */
	const char *listener; /* its name; lives as long as the daemon */
	struct gate_seat seat;
};

struct connection;

/* What all connections of a worker share; the worker's. */
struct connection_shared {
	struct loop *loop;
	struct log *log;
	struct log_limit limit;
	struct gate *gate;
	struct counters *counters;
	struct latency *latency;
	struct message_world *world;
	int64_t idle_ms; /* between messages */
	int64_t frame_ms; /* for one frame to become whole, and for the first one to come */
	int64_t take_ms; /* for answers to be taken */
	int64_t stall_ms; /* within a message: while it comes in over a slow line the mail server says nothing */
	char *in; /* CONNECTION_READ_OCTETS */
	void (*closed)(void *data, struct connection *c); /* it frees itself afterwards */
	void *data;
};

/* Takes over the arrival, its socket and its seat, whatever happens.  NULL: memory is short, or the rules have no such
 * listener any more; all is closed. */
struct connection *connection_new(struct connection_shared *shared, struct arrival *who, struct rules *rules);
/* Takes what is there already, then waits; it may end by that. */
void connection_start(struct connection *c);
/* From now on these are the rules for new messages.  Those of before stay if they have no listener of this name: then it is
 * about to end. */
void connection_reload(struct connection *c, struct rules *rules);
/* Ends as soon as there is no message on its way; now, if there is none. */
void connection_leave(struct connection *c);
/* Closes at once, without `closed`. */
void connection_free(struct connection *c);

/* The list of all; for the worker. */
struct connection *connection_next(const struct connection *c);
void connection_link(struct connection **head, struct connection *c);
void connection_unlink(struct connection **head, struct connection *c);

#endif
