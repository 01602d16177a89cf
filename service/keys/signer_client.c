/* SPDX-License-Identifier: Apache-2.0 */
#include "signer_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FIRST_SLOTS 16
#define IN_OCTETS (2 * SIGNER_REPLY_OCTETS)
#define RETRY_FIRST_MS 10
#define RETRY_MAX_MS 500
/* An id is the number of the slot and, above it, how often the slot was used: an answer that comes too late fits none. */
#define SLOT_BITS 10
#define SLOT_MASK ((1u << SLOT_BITS) - 1)

_Static_assert(SIGNER_CLIENT_REQUESTS == 1 << SLOT_BITS, "a slot has a number of its own");

/* One request on its way, kept whole until it is answered: it may have to be sent again. */
struct slot {
	bool is_used;
	uint32_t id;
	enum signer_ask ask;
	void *owner;
	int64_t deadline_ms;
	size_t octets;
	char frame[SIGNER_REQUEST_OCTETS];
};

struct signer_client {
	struct sockaddr_un where;
	int fd; /* -1: not connected */
	bool has_answered; /* on this connection */
	bool has_ended; /* nothing more will come on it */
	int64_t patience_ms;
	int64_t now_ms; /* of the last call */
	int64_t away_since_ms; /* -1: it answers, or was never asked */
	int64_t retry_at_ms;
	int64_t retry_after_ms;
	const char *trouble;
	struct slot *slots;
	size_t n_slots;
	size_t n_used;
	struct buf out;
	size_t sent; /* of `out` */
	char in[IN_OCTETS];
	size_t in_from, in_len; /* what is received and not yet handed out */
};

struct signer_client *signer_client_new(const char *path, int64_t patience_ms)
{
	struct signer_client *c = calloc(1, sizeof(*c));
	if (!c || strlen(path) >= sizeof(c->where.sun_path)) {
		free(c);
		return NULL;
	}
	c->where.sun_family = AF_UNIX;
	memcpy(c->where.sun_path, path, strlen(path));
	c->fd = -1;
	c->patience_ms = patience_ms;
	c->away_since_ms = -1;
	c->retry_after_ms = RETRY_FIRST_MS;
	buf_init(&c->out, (size_t)SIGNER_CLIENT_REQUESTS * SIGNER_REQUEST_OCTETS);
	return c;
}

static void disconnect(struct signer_client *c)
{
	if (c->fd >= 0) {
		close(c->fd);
	}
	c->fd = -1;
	c->has_answered = c->has_ended = false;
	buf_clear(&c->out);
	c->sent = c->in_from = c->in_len = 0;
}

void signer_client_free(struct signer_client *c)
{
	if (c) {
		disconnect(c);
		buf_finish(&c->out);
		free(c->slots);
		free(c);
	}
}

const char *signer_client_trouble(const struct signer_client *c)
{
	return c->trouble;
}

/* ---- asking ---- */

static struct slot *free_slot(struct signer_client *c)
{
	for (size_t i = 0; i < c->n_slots; i++) {
		if (!c->slots[i].is_used) {
			return &c->slots[i];
		}
	}
	if (c->n_slots == SIGNER_CLIENT_REQUESTS) {
		return NULL;
	}
	size_t n = c->n_slots ? 2 * c->n_slots : FIRST_SLOTS;
	struct slot *slots = realloc(c->slots, n * sizeof(*slots));
	if (!slots) {
		return NULL;
	}
	memset(slots + c->n_slots, 0, (n - c->n_slots) * sizeof(*slots));
	for (size_t i = c->n_slots; i < n; i++) {
		slots[i].id = (uint32_t)i;
	}
	struct slot *first = slots + c->n_slots;
	c->slots = slots;
	c->n_slots = n;
	return first;
}

/* The normal form of what stands in a message: lower case, no dot at the end. */
static slice lower(slice name, char at[static 256])
{
	if (name.len > 255) {
		return (slice) { 0 };
	}
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		at[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	bool dot = name.len > 0 && at[name.len - 1] == '.';
	return slice_make(at, name.len - dot);
}

static bool fill(struct slot *slot, const struct signer_request *request)
{
	char domain[256], selector[256];
	struct buf frame;
	struct signer_request r = *request;
	r.id = slot->id;
	r.domain = lower(request->domain, domain);
	r.selector = lower(request->selector, selector);
	buf_init(&frame, sizeof(slot->frame));
	signer_request_write(&frame, &r);
	bool good = buf_ok(&frame);
	if (good) {
		memcpy(slot->frame, frame.at, frame.len);
		slot->octets = frame.len;
	}
	buf_finish(&frame);
	return good;
}

static void go_away(struct signer_client *c, const char *why)
{
	disconnect(c);
	c->trouble = why;
	if (c->away_since_ms < 0) {
		c->away_since_ms = c->now_ms;
	}
	c->retry_at_ms = c->now_ms + c->retry_after_ms;
	c->retry_after_ms = c->retry_after_ms < RETRY_MAX_MS / 2 ? 2 * c->retry_after_ms : RETRY_MAX_MS;
}

/* What a signer that stands still does not take is more than what waits: requests that are given up are in it.  Those that
 * wait fit into a connection of their own. */
static void put_frame(struct signer_client *c, const struct slot *slot)
{
	buf_put(&c->out, slice_make(slot->frame, slot->octets));
	if (!buf_ok(&c->out)) {
		go_away(c, "it does not take what it is asked");
	}
}

enum signet_status signer_client_ask(struct signer_client *c, const struct signer_request *request, int64_t now_ms,
                                     int64_t timeout_ms, void *owner)
{
	struct slot *slot = free_slot(c);
	if (!slot) {
		return c->n_slots == SIGNER_CLIENT_REQUESTS ? SIGNET_LIMIT : SIGNET_NO_MEMORY;
	}
	slot->id += 1u << SLOT_BITS;
	if (!fill(slot, request)) {
		return SIGNET_MISUSE;
	}
	slot->is_used = true;
	slot->ask = request->ask;
	slot->owner = owner;
	slot->deadline_ms = now_ms + timeout_ms;
	c->now_ms = now_ms;
	c->n_used++;
	if (c->fd >= 0) {
		put_frame(c, slot);
	}
	return SIGNET_OK;
}

static void release(struct signer_client *c, struct slot *slot)
{
	slot->is_used = false;
	c->n_used--;
}

/* ---- the connection ---- */

static void open_connection(struct signer_client *c)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&c->where, sizeof(c->where)) != 0) {
		const char *why = strerror(errno);
		if (fd >= 0) {
			close(fd);
		}
		go_away(c, why);
		return;
	}
	c->fd = fd;
	for (size_t i = 0; i < c->n_slots && c->fd >= 0; i++) {
		if (c->slots[i].is_used) {
			put_frame(c, &c->slots[i]);
		}
	}
}

static void send_some(struct signer_client *c)
{
	while (c->fd >= 0 && c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.at + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			if (errno == EAGAIN) {
				return;
			}
			n = (ssize_t)(c->out.len -
			              c->sent); /* what it still answered is read first: receive_some() sees the end */
		}
		c->sent += (size_t)n;
	}
	if (c->sent == c->out.len || c->sent > c->out.max / 2) {
		size_t left = c->out.len - c->sent;
		if (left) {
			memmove(c->out.at, c->out.at + c->sent, left);
		}
		c->out.len = left;
		c->sent = 0;
	}
}

static void receive_some(struct signer_client *c)
{
	if (c->in_from > 0) {
		memmove(c->in, c->in + c->in_from, c->in_len);
		c->in_from = 0;
	}
	while (c->fd >= 0 && !c->has_ended && c->in_len < sizeof(c->in)) {
		ssize_t n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
		if (n > 0) {
			c->in_len += (size_t)n;
			c->has_answered = true;
			c->away_since_ms = -1;
			c->retry_after_ms = RETRY_FIRST_MS;
			c->trouble = NULL;
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else {
			c->has_ended = n == 0 || errno != EAGAIN;
			return;
		}
	}
}

/* The connection ended and what came on it is handed out. */
static void end(struct signer_client *c)
{
	if (c->n_used == 0) {
		disconnect(c); /* nobody waits: a connection that was idle for too long */
	} else if (c->has_answered) {
		go_away(c, "it closed the connection");
	} else {
		go_away(c, "it closed the connection without an answer (does it count this user among its peers?)");
	}
}

void signer_client_event(struct signer_client *c, int64_t now_ms)
{
	c->now_ms = now_ms;
	if (c->fd < 0 && c->n_used > 0 && now_ms >= c->retry_at_ms) {
		open_connection(c);
	}
	send_some(c);
	receive_some(c);
}

/* ---- what to wait for ---- */

int signer_client_fd(const struct signer_client *c)
{
	return c->fd;
}

short signer_client_wants(const struct signer_client *c)
{
	return (short)(POLLIN | (c->sent < c->out.len ? POLLOUT : 0));
}

static bool is_given_up(const struct signer_client *c)
{
	return c->fd < 0 && c->away_since_ms >= 0 && c->now_ms - c->away_since_ms >= c->patience_ms;
}

int64_t signer_client_deadline(const struct signer_client *c)
{
	int64_t first = INT64_MAX;
	for (size_t i = 0; c->n_used > 0 && i < c->n_slots; i++) {
		if (c->slots[i].is_used && c->slots[i].deadline_ms < first) {
			first = c->slots[i].deadline_ms;
		}
	}
	if (c->fd < 0 && c->n_used > 0) {
		int64_t given_up = c->away_since_ms >= 0 ? c->away_since_ms + c->patience_ms : INT64_MAX;
		first = c->retry_at_ms < first ? c->retry_at_ms : first;
		first = given_up < first ? given_up : first;
	}
	return first;
}

/* ---- answers ---- */

/* A frame that is no answer to anything of ours: late, or nonsense. */
static bool take_reply(struct signer_client *c, struct signer_answer *ret)
{
	for (;;) {
		ptrdiff_t n = signer_reply_read(slice_make(c->in + c->in_from, c->in_len), &ret->reply);
		if (n < 0) {
			go_away(c, "it does not speak the protocol of a signer");
		} else if (n == 0 && c->has_ended) {
			end(c);
		}
		if (n <= 0) {
			return false;
		}
		c->in_from += (size_t)n;
		c->in_len -= (size_t)n;
		uint32_t number = ret->reply.id & SLOT_MASK;
		struct slot *slot = number < c->n_slots ? &c->slots[number] : NULL;
		if (slot && slot->is_used && slot->id == ret->reply.id && slot->ask == ret->reply.ask) {
			ret->owner = slot->owner;
			release(c, slot);
			return true;
		}
	}
}

static bool take_overdue(struct signer_client *c, struct signer_answer *ret)
{
	bool given_up = is_given_up(c);
	for (size_t i = 0; c->n_used > 0 && i < c->n_slots; i++) {
		struct slot *slot = &c->slots[i];
		if (slot->is_used && (given_up || slot->deadline_ms <= c->now_ms)) {
			ret->owner = slot->owner;
			ret->reply = (struct signer_reply) {
				.ask = slot->ask,
				.status = given_up ? SIGNER_UNREACHABLE : SIGNER_TIMEOUT,
			};
			release(c, slot);
			return true;
		}
	}
	if (given_up && c->n_used == 0) {
		c->away_since_ms = -1; /* who asks next is given the same patience */
	}
	return false;
}

bool signer_client_next(struct signer_client *c, struct signer_answer *ret)
{
	return take_reply(c, ret) || take_overdue(c, ret);
}

/* ---- waiting ---- */

static int64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_once(struct signer_client *c)
{
	int64_t left = signer_client_deadline(c) - clock_ms();
	struct pollfd p = { .fd = signer_client_fd(c), .events = signer_client_wants(c) };
	(void)poll(&p, 1, left < 0 ? 0 : left < INT32_MAX - 1 ? (int)left + 1 : INT32_MAX);
}

void signer_client_wait(struct signer_client *c, const struct signer_request *request, int64_t timeout_ms,
                        struct signer_reply *ret)
{
	struct signer_answer answer;
	*ret = (struct signer_reply) { .ask = request->ask, .status = SIGNER_FAILED };
	enum signet_status status = signer_client_ask(c, request, clock_ms(), timeout_ms, NULL);
	if (status == SIGNET_MISUSE) {
		ret->status = SIGNER_NO_KEY; /* nobody has a key of that name */
	}
	if (status != SIGNET_OK) {
		return;
	}
	for (;;) {
		signer_client_event(c, clock_ms());
		if (signer_client_next(c, &answer)) {
			*ret = answer.reply;
			return;
		}
		wait_once(c);
	}
}
