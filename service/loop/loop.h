/* SPDX-License-Identifier: Apache-2.0 */
/* loop: wait, dispatch.  The one place where a role sleeps; a thin coat over libevent.
 *
 *     struct loop *loop = loop_new();
 *     struct loop_watch *w = loop_watch_new(loop, fd, on_ready, session);
 *     loop_watch_arm(w, LOOP_READ, 5000);     // what to wait for, and how long
 *     loop_signal_new(loop, SIGTERM, on_term, daemon);
 *     loop_run(loop);                         // until loop_stop()
 *     loop_free(loop);
 *
 * One thread.  A call that takes long holds up everybody else: whoever has more to do than a few milliseconds arms a
 * time-out of 0 and goes on in the next round. */
#ifndef SIGNET_SERVICE_LOOP_LOOP_H
#define SIGNET_SERVICE_LOOP_LOOP_H

#include "../../src/base/slice.h"

enum loop_what {
	LOOP_READ = 1 << 0,
	LOOP_WRITE = 1 << 1,
	LOOP_TIMEOUT = 1 << 2,
};

#define LOOP_FOREVER (-1) /* as a time-out: none */

struct loop;
struct loop_watch;
struct event_base; /* libevent's */

/* NULL if memory or descriptors are short. */
struct loop *loop_new(void);
/* After every watch was freed; accepts NULL. */
void loop_free(struct loop *loop);
/* Waits and dispatches until loop_stop(), which may come from a call it makes.  SIGNET_IO: the system cannot wait. */
enum signet_status loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* For a library that brings watches of its own (struct signet_resolver_options). */
struct event_base *loop_base(struct loop *loop);
/* Milliseconds of a clock that never jumps, read when the call that is running began. */
int64_t loop_now_ms(const struct loop *loop);

/* `call` gets what happened (enum loop_what).  `fd` -1 is a timer.  Nothing is waited for before loop_watch_arm(). */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, void (*call)(void *data, unsigned what), void *data);
/* From inside its own call too; the descriptor stays open.  Accepts NULL. */
void loop_watch_free(struct loop_watch *watch);
/* Waits for `what` (LOOP_READ, LOOP_WRITE, both, 0), again and again until it is armed otherwise, and calls with
 * LOOP_TIMEOUT after `timeout_ms` without any of it.  False: memory is short, it waits for nothing. */
bool loop_watch_arm(struct loop_watch *watch, unsigned what, int64_t timeout_ms);
/* Calls each time the signal came; freed by loop_watch_free(). */
struct loop_watch *loop_signal_new(struct loop *loop, int number, void (*call)(void *data, unsigned what), void *data);

#endif
