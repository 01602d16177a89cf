/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include <stdlib.h>
#include <time.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#define MS_PER_S 1000
#define US_PER_MS 1000
#define NS_PER_MS 1000000

struct loop {
	struct event_base *base;
	int64_t now_ms;
};

struct loop_watch {
	struct loop *loop;
	struct event event;
	int fd;
	unsigned what; /* what the event is set up for */
	bool is_set_up;
	void (*call)(void *data, unsigned what);
	void *data;
};

static int64_t read_clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct event_config *config = event_config_new();
	if (loop && config) {
		/* no environment variable changes how a role waits */
		event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_NOLOCK);
		loop->base = event_base_new_with_config(config);
	}
	if (config) {
		event_config_free(config);
	}
	if (loop && !loop->base) {
		free(loop);
		return NULL;
	}
	if (loop) {
		loop->now_ms = read_clock_ms();
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop) {
		event_base_free(loop->base);
		free(loop);
	}
}

enum signet_status loop_run(struct loop *loop)
{
	return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? SIGNET_IO : SIGNET_OK;
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

int64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

static void dispatch(evutil_socket_t fd, short events, void *data)
{
	struct loop_watch *watch = data;
	(void)fd;
	watch->loop->now_ms = read_clock_ms();
	unsigned what = (events & EV_READ ? LOOP_READ : 0u) | (events & EV_WRITE ? LOOP_WRITE : 0u) |
	                (events & EV_TIMEOUT ? LOOP_TIMEOUT : 0u);
	watch->call(watch->data, what);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, void (*call)(void *data, unsigned what), void *data)
{
	struct loop_watch *watch = calloc(1, sizeof(*watch));
	if (watch) {
		*watch = (struct loop_watch) { .loop = loop, .fd = fd, .call = call, .data = data };
	}
	return watch;
}

void loop_watch_free(struct loop_watch *watch)
{
	if (watch) {
		if (watch->is_set_up) {
			event_del(&watch->event);
		}
		free(watch);
	}
}

bool loop_watch_arm(struct loop_watch *watch, unsigned what, int64_t timeout_ms)
{
	const struct timeval timeout = { .tv_sec = (time_t)(timeout_ms / MS_PER_S),
		                         .tv_usec = (suseconds_t)(timeout_ms % MS_PER_S * US_PER_MS) };
	if (watch->is_set_up && watch->what != what) {
		event_del(&watch->event);
		watch->is_set_up = false;
	}
	if (!watch->is_set_up) {
		int events = EV_PERSIST | (what & LOOP_READ ? EV_READ : 0) | (what & LOOP_WRITE ? EV_WRITE : 0);
		if (event_assign(&watch->event, watch->loop->base, what ? watch->fd : -1, (short)events, dispatch,
		                 watch) != 0) {
			return false;
		}
		watch->is_set_up = true;
		watch->what = what;
	}
	if (timeout_ms < 0) {
		event_remove_timer(&watch->event);
	}
	return event_add(&watch->event, timeout_ms < 0 ? NULL : &timeout) == 0;
}

struct loop_watch *loop_signal_new(struct loop *loop, int number, void (*call)(void *data, unsigned what), void *data)
{
	struct loop_watch *watch = loop_watch_new(loop, number, call, data);
	if (watch && event_assign(&watch->event, loop->base, number, EV_SIGNAL | EV_PERSIST, dispatch, watch) == 0 &&
	    event_add(&watch->event, NULL) == 0) {
		watch->is_set_up = true;
		return watch;
	}
	free(watch);
	return NULL;
}
