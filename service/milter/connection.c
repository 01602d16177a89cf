/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/ip.h"
#include "../net/listen.h"

#define KEPT_OUT_OCTETS 512 /* for what is written between the messages */

struct connection {
	struct connection *next, *previous;
	struct connection_shared *shared;
	struct loop_watch *watch;
	struct session *session;
	struct message_source source;
	int fd;
	bool is_tcp, is_woken, is_leaving;
	enum session_state state;
	const char *listener;
	struct signet_ip client;
	struct gate_seat seat;
	uint64_t frames; /* that were whole when we looked last */
	int64_t since_ms; /* when what is waited for began */
	int64_t judged_since_us; /* when what the mail server waits for was asked for; 0: it does not wait */
};

static const struct session_settings settings_late = { .early = false }, settings_early = { .early = true };

struct connection *connection_next(const struct connection *c)
{
	return c->next;
}

void connection_link(struct connection **head, struct connection *c)
{
	c->next = *head;
	c->previous = NULL;
	if (*head) {
		(*head)->previous = c;
	}
	*head = c;
}

void connection_unlink(struct connection **head, struct connection *c)
{
	*(c->previous ? &c->previous->next : head) = c->next;
	if (c->next) {
		c->next->previous = c->previous;
	}
}

static int64_t clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the end ---- */

void connection_free(struct connection *c)
{
	session_free(c->session);
	loop_watch_free(c->watch);
	close(c->fd);
	gate_leave(c->shared->gate, &c->seat);
	rules_drop(c->source.rules);
	free(c);
}

static void put_client(const struct connection *c, struct buf *b)
{
	struct peer peer;
	if (c->client.family) {
		ip_put(b, &c->client);
	} else if (peer_of(c->fd, &peer)) {
		buf_put_text(b, "pid-");
		buf_put_number(b, (uint64_t)peer.pid);
	}
}

static void log_end(struct connection *c, const char *why)
{
	char text[80];
	uint64_t lost;
	struct buf client = { .at = text, .room = sizeof(text), .max = sizeof(text) };
	if (log_limit_take(&c->shared->limit, loop_now_ms(c->shared->loop), &lost)) {
		put_client(c, &client);
		LOG(c->shared->log, LOG_LEVEL_WARNING, "connection-broken", LOG_TEXT("listener", slice_of(c->listener)),
		    LOG_TEXT("peer", buf_slice(&client)), LOG_TEXT("reason", slice_of(why)),
		    LOG_NUMBER("not_logged", lost));
	}
}

/* `why` NULL: as it should be. */
static void end(struct connection *c, const char *why)
{
	if (why) {
		count(&c->shared->counters->connections_broken, 1);
		log_end(c, why);
	}
	c->shared->closed(c->shared->data, c);
	connection_free(c);
}

/* ---- octets ---- */

/* False: the connection is gone.  What the mail server does not take at once waits for its next turn. */
static bool send_some(struct connection *c)
{
	struct buf *out = session_out(c->session);
	size_t sent = 0;
	while (sent < out->len) {
		ssize_t n = send(c->fd, out->at + sent, out->len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR) {
			break;
		}
		sent += n > 0 ? (size_t)n : 0;
	}
	bool good = sent == out->len || errno == EAGAIN;
	if (sent) {
		memmove(out->at, out->at + sent, out->len - sent);
		out->len -= sent;
		c->since_ms = loop_now_ms(c->shared->loop);
	}
	if (out->len == 0 && out->room > KEPT_OUT_OCTETS) {
		buf_finish(out); /* it may be idle for an hour now */
	}
	return good;
}

/* The octets received, 0 at the end, -1: none for now, -2: it broke off. */
static ssize_t receive(struct connection *c)
{
	const int yes = 1;
	ssize_t n = recv(c->fd, c->shared->in, CONNECTION_READ_OCTETS, 0);
	if (n < 0) {
		return errno == EAGAIN || errno == EINTR ? -1 : -2;
	}
	if (c->is_tcp) {
		/* The kernel forgets it: without this every piece that the mail server sends in two waits 40 ms for our
		 * acknowledgement (Nagle's algorithm there, a delayed acknowledgement here). */
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof(yes));
	}
	return n;
}

/* ---- the session ---- */

/* Lets the session go on, by octets or because it was woken, and looks at how long an answer took. */
static void advance(struct connection *c, slice octets)
{
	int64_t now_us = clock_us();
	int64_t began_us = c->judged_since_us ? c->judged_since_us : now_us;
	uint64_t answers = session_answers(c->session), aborts = session_aborts(c->session);
	if (c->is_woken) {
		c->is_woken = false;
		c->state = session_wake(c->session);
	}
	if (octets.len) {
		c->state = session_feed(c->session, octets);
	}
	if (session_aborts(c->session) != aborts) {
		began_us = now_us;
	}
	if (session_answers(c->session) != answers) {
		now_us = clock_us();
		latency_count(c->shared->latency, (uint64_t)(now_us - began_us));
		began_us = now_us; /* of the next one, if it came with it */
	}
	c->judged_since_us = c->state == SESSION_WAITS ? began_us : 0;
	uint64_t frames = session_frames(c->session);
	if (frames != c->frames) {
		c->frames = frames;
		c->since_ms = loop_now_ms(c->shared->loop);
	}
}

/* From a message that is judged, in the midst of whatever it does: the session goes on in the next round. */
static void on_wake(void *data, struct session *session)
{
	struct connection *c = data;
	(void)session;
	c->is_woken = true;
	(void)loop_watch_arm(c->watch, session_out(c->session)->len ? LOOP_WRITE : LOOP_READ, 0);
}

/* ---- time ---- */

static bool has_to_send(const struct connection *c)
{
	return session_out(c->session)->len > 0;
}

/* How long what is waited for may take, and what it is then. */
static int64_t allowed_ms(const struct connection *c, const char **ret_why)
{
	if (has_to_send(c)) {
		*ret_why = "its answers are not taken";
		return c->shared->take_ms;
	}
	if (c->frames == 0) { /* the options come first, and at once */
		*ret_why = "it says nothing";
		return c->shared->frame_ms;
	}
	if (session_is_within_frame(c->session)) {
		*ret_why = "half a frame";
		return c->shared->frame_ms;
	}
	*ret_why = session_is_idle(c->session) ? NULL : "half a message";
	return session_is_idle(c->session) ? c->shared->idle_ms : c->shared->stall_ms;
}

/* Waits for what can come next, or ends. */
static void wait_on(struct connection *c)
{
	const char *why;
	int64_t left = CONNECTION_PROGRESS_MS;
	if (c->is_woken) {
		left = 0;
	} else if (c->state != SESSION_WAITS || has_to_send(c)) {
		left = c->since_ms + allowed_ms(c, &why) - loop_now_ms(c->shared->loop);
	}
	if (!loop_watch_arm(c->watch, has_to_send(c) ? LOOP_WRITE : LOOP_READ, left < 0 ? 0 : left)) {
		end(c, "memory is short");
	}
}

/* True: it ended. */
static bool meets_time(struct connection *c)
{
	const char *why;
	if (c->is_woken) {
		return false;
	}
	if (c->state == SESSION_WAITS && !has_to_send(c)) {
		session_progress(c->session);
		return false;
	}
	int64_t allowed = allowed_ms(c, &why);
	if (loop_now_ms(c->shared->loop) - c->since_ms < allowed) {
		return false;
	}
	end(c, why);
	return true;
}

static void on_event(void *data, unsigned what)
{
	struct connection *c = data;
	slice octets = S("");
	if (what == LOOP_TIMEOUT && meets_time(c)) {
		return;
	}
	if ((what & LOOP_READ) && !has_to_send(c)) {
		ssize_t n = receive(c);
		if (n == 0 || n == -2) {
			end(c, session_is_idle(c->session) ? NULL : "it ended within a message");
			return;
		}
		octets = slice_make(c->shared->in, n > 0 ? (size_t)n : 0);
	}
	if (octets.len || c->is_woken) {
		advance(c, octets);
	}
	if (!send_some(c)) {
		end(c, session_is_idle(c->session) ? NULL : "it broke off within a message");
	} else if (c->state == SESSION_ENDS && !has_to_send(c)) {
		end(c, session_fault(c->session));
	} else if (c->is_leaving && session_is_idle(c->session) && !has_to_send(c)) {
		end(c, NULL);
	} else {
		wait_on(c);
	}
}

/* ---- birth, changes ---- */

static bool set_up(struct connection *c, struct rules *rules)
{
	const int yes = 1;
	const struct rules_listener *listener = rules_find_listener(rules, c->listener);
	if (!listener) {
		return false;
	}
	c->source = (struct message_source) {
		.world = c->shared->world,
		.rules = rules_keep(rules),
		.listener = listener,
		.wake = on_wake,
		.data = c,
	};
	if (c->is_tcp) {
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	}
	c->since_ms = loop_now_ms(c->shared->loop);
	c->session = session_new(listener->early_spf ? &settings_early : &settings_late, &message_calls, &c->source);
	c->watch = loop_watch_new(c->shared->loop, c->fd, on_event, c);
	return c->session && c->watch;
}

struct connection *connection_new(struct connection_shared *shared, struct arrival *who, struct rules *rules)
{
	struct connection *c = calloc(1, sizeof(*c));
	if (!c) {
		close(who->fd);
		gate_leave(shared->gate, &who->seat);
		free(who);
		return NULL;
	}
	*c = (struct connection) {
		.shared = shared,
		.fd = who->fd,
		.is_tcp = who->is_tcp,
		.listener = who->listener,
		.client = who->client,
		.seat = who->seat,
	};
	free(who);
	if (!set_up(c, rules)) {
		connection_free(c);
		return NULL;
	}
	count(&shared->counters->connections, 1);
	return c;
}

void connection_start(struct connection *c)
{
	on_event(c, LOOP_READ);
}

void connection_reload(struct connection *c, struct rules *rules)
{
	const struct rules_listener *listener = rules_find_listener(rules, c->listener);
	if (listener) {
		rules_drop(c->source.rules);
		c->source.rules = rules_keep(rules);
		c->source.listener = listener;
	}
}

void connection_leave(struct connection *c)
{
	c->is_leaving = true;
	if (session_is_idle(c->session) && !has_to_send(c)) {
		end(c, NULL);
	}
}
