/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct session {
	struct session_shared *shared;
	struct session *next, *previous;
	int fd;
	struct peer peer;
	struct loop_watch *watch;
	bool has_ended; /* nothing more will be received */
	bool is_draining; /* nothing more is waited for */
	int64_t since_ms; /* when what is waited for began */
	uint64_t answered;
	struct buf out;
	size_t sent; /* of `out` */
	size_t in_len;
	char in[SIGNER_IN_OCTETS];
};

struct session *session_next(const struct session *s)
{
	return s->next;
}

void session_link(struct session **head, struct session *s)
{
	s->next = *head;
	s->previous = NULL;
	if (*head) {
		(*head)->previous = s;
	}
	*head = s;
}

void session_unlink(struct session **head, struct session *s)
{
	*(s->previous ? &s->previous->next : head) = s->next;
	if (s->next) {
		s->next->previous = s->previous;
	}
}

void session_free(struct session *s)
{
	loop_watch_free(s->watch);
	close(s->fd);
	buf_finish(&s->out);
	free(s);
}

/* `why` NULL: as it should be. */
static void end(struct session *s, const char *why)
{
	uint64_t lost;
	if (why && log_limit_take(&s->shared->limit, loop_now_ms(s->shared->loop), &lost)) {
		LOG(s->shared->log, LOG_LEVEL_WARNING, "closed", LOG_NUMBER("pid", s->peer.pid),
		    LOG_NUMBER("uid", s->peer.uid), LOG_TEXT("reason", slice_of(why)),
		    LOG_NUMBER("answered", s->answered), LOG_NUMBER("not_logged", lost));
	}
	s->shared->closed(s->shared->data, s);
	session_free(s);
}

uid_t session_user(const struct session *s)
{
	return s->peer.uid;
}

void session_yield(struct session *s)
{
	end(s, "it is waited for, and its user has most of the connections: another one needs it");
}

/* ---- requests ---- */

static void sign(struct session *s, const struct signer_request *r, struct signer_reply *reply,
                 uint8_t signature[static SIGNET_SIGNATURE_OCTETS])
{
	struct signet_privkey *key;
	size_t n;
	reply->status = keyring_find(s->shared->keyring, r->domain, r->selector, loop_now_ms(s->shared->loop), &key);
	if (reply->status != SIGNER_OK) {
		return;
	}
	if (signet_privkey_algorithm(key) != r->algorithm) {
		reply->status = SIGNER_WRONG_ALGORITHM;
	} else if (signet_privkey_sign(key, r->digest, signature, &n) != SIGNET_OK) {
		reply->status = SIGNER_FAILED;
	} else {
		reply->signature = slice_make((const char *)signature, n);
	}
}

static void answer(struct session *s, const struct signer_request *r)
{
	uint8_t signature[SIGNET_SIGNATURE_OCTETS];
	struct signer_reply reply = { .id = r->id, .ask = r->ask };
	if (r->ask == SIGNER_SIGN) {
		sign(s, r, &reply, signature);
	} else {
		reply.status =
			keyring_list(s->shared->keyring, r->domain, r->selector, loop_now_ms(s->shared->loop), &reply);
	}
	signer_reply_write(&s->out, &reply);
	s->answered++;
}

/* Is there room for one more answer, whatever it is? */
static bool has_room(const struct session *s)
{
	return s->out.len + SIGNER_REPLY_OCTETS <= s->out.max;
}

/* Answers up to SIGNER_TURN requests.  False: what is there is no request. */
static bool take_turn(struct session *s)
{
	struct signer_request r;
	size_t from = 0;
	ptrdiff_t n = 0;
	for (unsigned i = 0; i < SIGNER_TURN && has_room(s); i++) {
		n = signer_request_read(slice_make(s->in + from, s->in_len - from), &r);
		if (n <= 0) {
			break;
		}
		answer(s, &r);
		from += (size_t)n;
	}
	memmove(s->in, s->in + from, s->in_len - from);
	s->in_len -= from;
	return n >= 0 && buf_ok(&s->out);
}

/* Is it our turn?  A request that waits for room does so until the peer takes answers. */
static bool has_work(const struct session *s)
{
	struct signer_request r;
	return has_room(s) && signer_request_read(slice_make(s->in, s->in_len), &r) != 0;
}

int64_t session_waits_since(const struct session *s)
{
	return has_work(s) || s->is_draining ? -1 : s->since_ms;
}

/* ---- the socket ---- */

/* False: the connection is broken. */
static bool receive_some(struct session *s)
{
	if (s->has_ended || s->in_len == sizeof(s->in) || s->out.len > SIGNER_OUT_HIGH) {
		return true;
	}
	ssize_t n = recv(s->fd, s->in + s->in_len, sizeof(s->in) - s->in_len, 0);
	if (n > 0) {
		if (s->in_len == 0) {
			s->since_ms = loop_now_ms(s->shared->loop);
		}
		s->in_len += (size_t)n;
		return true;
	}
	bool nothing = n < 0 && (errno == EAGAIN || errno == EINTR);
	s->has_ended |= n == 0 || (nothing && s->is_draining);
	return n == 0 || nothing;
}

static bool send_some(struct session *s)
{
	while (s->sent < s->out.len) {
		ssize_t n = send(s->fd, s->out.at + s->sent, s->out.len - s->sent, MSG_NOSIGNAL);
		if (n < 0) {
			return errno == EAGAIN || errno == EINTR;
		}
		s->sent += (size_t)n;
		s->since_ms = loop_now_ms(s->shared->loop);
	}
	s->out.len = s->sent = 0;
	return true;
}

/* Waits for what can come next, or ends. */
static void wait_on(struct session *s)
{
	bool more = has_work(s);
	bool to_send = s->out.len > 0;
	if (s->has_ended && !more && !to_send) {
		end(s, s->in_len ? "the connection ended within a request" : NULL);
		return;
	}
	bool reads = !s->has_ended && s->in_len < sizeof(s->in) && s->out.len <= SIGNER_OUT_HIGH;
	unsigned what = (reads ? LOOP_READ : 0u) | (to_send ? LOOP_WRITE : 0u);
	int64_t allowed = to_send || s->in_len ? SIGNER_STALL_MS : s->shared->idle_ms;
	int64_t left = s->since_ms + allowed - loop_now_ms(s->shared->loop);
	if (!loop_watch_arm(s->watch, what, more || (s->is_draining && reads) || left < 0 ? 0 : left)) {
		end(s, "memory is short");
	}
}

static bool is_overdue(const struct session *s)
{
	int64_t allowed = s->out.len || s->in_len ? SIGNER_STALL_MS : s->shared->idle_ms;
	return !has_work(s) && loop_now_ms(s->shared->loop) - s->since_ms >= allowed;
}

static void on_event(void *data, unsigned what)
{
	struct session *s = data;
	if (what == LOOP_TIMEOUT && is_overdue(s)) {
		end(s, s->out.len ? "its answers are not taken" : s->in_len ? "half a request" : NULL);
		return;
	}
	if (((what & LOOP_READ) || s->is_draining) && !receive_some(s)) {
		end(s, NULL); /* it broke off */
		return;
	}
	size_t before = s->in_len;
	if (!take_turn(s)) {
		(void)send_some(s); /* what was good before it is answered */
		end(s, "what it sends is no request");
		return;
	}
	if (s->in_len < before) {
		s->since_ms = loop_now_ms(s->shared->loop);
	}
	if (!send_some(s)) {
		end(s, NULL);
		return;
	}
	wait_on(s);
}

struct session *session_new(struct session_shared *shared, int fd, const struct peer *peer)
{
	struct session *s = calloc(1, sizeof(*s));
	struct loop_watch *watch = s ? loop_watch_new(shared->loop, fd, on_event, s) : NULL;
	if (!watch || !loop_watch_arm(watch, LOOP_READ, shared->idle_ms)) {
		loop_watch_free(watch);
		close(fd);
		free(s);
		return NULL;
	}
	s->shared = shared;
	s->fd = fd;
	s->peer = *peer;
	s->watch = watch;
	s->since_ms = loop_now_ms(shared->loop);
	buf_init(&s->out, SIGNER_OUT_OCTETS);
	return s;
}

void session_drain(struct session *s)
{
	s->is_draining = true;
	if (!loop_watch_arm(s->watch, LOOP_READ, 0)) {
		end(s, "memory is short");
	}
}
