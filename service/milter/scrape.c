/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/base/chars.h"
#include "../../src/base/cursor.h"
#include "metrics.h"

#define HEAD_OCTETS 512

/* ---- the request ---- */

/* HTTP-version of RFC 9112 2.3, any 1.x */
static bool is_version(slice text)
{
	return text.len == 8 && slice_starts(text, S("HTTP/1.")) && char_is(text.at[7], C_DIGIT);
}

/* field-line = field-name ":" OWS field-value OWS (RFC 9112 5) */
static bool is_field(slice line)
{
	size_t colon = slice_find_char(line, ':');
	if (colon == SLICE_NONE || colon == 0) {
		return false;
	}
	for (size_t i = 0; i < colon; i++) {
		if (!char_is(line.at[i], C_ALPHA | C_DIGIT) && !strchr("!#$%&'*+-.^_`|~", line.at[i])) {
			return false;
		}
	}
	return !memchr(line.at, 0, line.len);
}

static slice without_cr(slice line)
{
	return slice_first(line, line.len - (line.len && line.at[line.len - 1] == '\r'));
}

/* request-line = method SP request-target SP HTTP-version (RFC 9112 3) */
static enum scrape_request read_line(slice line)
{
	slice method = slice_split(&line, ' ');
	slice target = line.at ? slice_split(&line, ' ') : S("");
	if (!line.at || !is_version(line) || method.len == 0 || target.len == 0 || target.at[0] != '/') {
		return SCRAPE_BAD;
	}
	for (size_t i = 0; i < method.len; i++) {
		if (!char_is(method.at[i], C_ALPHA)) {
			return SCRAPE_BAD;
		}
	}
	bool heads = slice_eq(method, S("HEAD"));
	if (!heads && !slice_eq(method, S("GET"))) {
		return SCRAPE_METHOD;
	}
	slice path = slice_split(&target, '?');
	if (!slice_eq(path, S("/metrics")) && !slice_eq(path, S("/"))) {
		return SCRAPE_NOT_FOUND;
	}
	return heads ? SCRAPE_HEAD : SCRAPE_GET;
}

enum scrape_request scrape_read(slice octets)
{
	enum scrape_request asked = SCRAPE_MORE;
	slice rest = octets;
	for (bool first = true; slice_find_char(rest, '\n') != SLICE_NONE; first = false) {
		slice line = without_cr(slice_split(&rest, '\n'));
		if (first) {
			asked = read_line(line);
		} else if (line.len == 0) {
			return asked;
		} else if (!is_field(line)) {
			return SCRAPE_BAD;
		}
		if (asked == SCRAPE_BAD) {
			return asked;
		}
	}
	return octets.len >= SCRAPE_REQUEST_OCTETS ? SCRAPE_BAD : SCRAPE_MORE;
}

/* ---- connections ---- */

enum stage {
	READING,
	WRITING,
	LINGERING, /* all is written: what still comes is read away, or the kernel would take the answer back */
};

struct visitor {
	struct visitor *next, *previous;
	struct scrape *scrape;
	int fd;
	struct loop_watch *watch;
	enum stage stage;
	int64_t until_ms;
	size_t in_len, sent;
	struct buf out;
	char in[SCRAPE_REQUEST_OCTETS];
};

struct scrape {
	struct loop *loop;
	struct listener *listener;
	struct loop_watch *accepting;
	void (*put)(void *data, struct buf *b);
	void *data;
	struct visitor *visitors;
	size_t n;
};

static void dismiss(struct visitor *v)
{
	struct scrape *s = v->scrape;
	*(v->previous ? &v->previous->next : &s->visitors) = v->next;
	if (v->next) {
		v->next->previous = v->previous;
	}
	s->n--;
	loop_watch_free(v->watch);
	close(v->fd);
	buf_finish(&v->out);
	free(v);
}

static void write_answer(struct visitor *v, enum scrape_request asked)
{
	static const char *const lines[] = {
		[SCRAPE_GET] = "200 OK",
		[SCRAPE_HEAD] = "200 OK",
		[SCRAPE_NOT_FOUND] = "404 Not Found",
		[SCRAPE_METHOD] = "405 Method Not Allowed\r\nAllow: GET, HEAD",
		[SCRAPE_BAD] = "400 Bad Request",
	};
	struct buf body;
	buf_init(&body, METRICS_OCTETS);
	bool good = asked == SCRAPE_GET || asked == SCRAPE_HEAD;
	if (good) {
		v->scrape->put(v->scrape->data, &body);
	}
	buf_put_text(&v->out, "HTTP/1.1 ");
	buf_put_text(&v->out, lines[asked]);
	buf_put_text(&v->out, good ? "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8" : "");
	buf_put_text(&v->out, "\r\nConnection: close\r\nContent-Length: ");
	buf_put_number(&v->out, body.len);
	buf_put_text(&v->out, "\r\n\r\n");
	if (asked == SCRAPE_GET) {
		buf_put(&v->out, buf_slice(&body));
	}
	buf_finish(&body);
	v->stage = WRITING;
}

/* False: it is over. */
static bool read_some(struct visitor *v)
{
	ssize_t n = recv(v->fd, v->in + v->in_len, sizeof(v->in) - v->in_len, 0);
	if (n <= 0) {
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
	if (v->stage == LINGERING) {
		return true;
	}
	v->in_len += (size_t)n;
	enum scrape_request asked = scrape_read(slice_make(v->in, v->in_len));
	if (asked != SCRAPE_MORE) {
		write_answer(v, asked);
		v->in_len = 0;
	}
	return true;
}

static bool write_some(struct visitor *v)
{
	while (v->sent < v->out.len) {
		ssize_t n = send(v->fd, v->out.at + v->sent, v->out.len - v->sent, MSG_NOSIGNAL);
		if (n < 0) {
			return errno == EAGAIN || errno == EINTR;
		}
		v->sent += (size_t)n;
	}
	v->stage = LINGERING;
	return shutdown(v->fd, SHUT_WR) == 0;
}

static void on_visitor(void *data, unsigned what)
{
	struct visitor *v = data;
	bool goes_on = what != LOOP_TIMEOUT;
	if (!goes_on && v->stage == READING) { /* half a request for all this time is none */
		write_answer(v, SCRAPE_BAD);
		(void)write_some(v);
	}
	if (goes_on && (what & LOOP_READ)) {
		goes_on = read_some(v);
	}
	if (goes_on && v->stage == WRITING) {
		goes_on = write_some(v) && buf_ok(&v->out);
	}
	int64_t left = v->until_ms - loop_now_ms(v->scrape->loop);
	if (!goes_on || left <= 0 || !loop_watch_arm(v->watch, v->stage == WRITING ? LOOP_WRITE : LOOP_READ, left)) {
		dismiss(v);
	}
}

static void welcome(struct scrape *s, int fd)
{
	struct visitor *v = s->n < SCRAPE_CONNECTIONS ? calloc(1, sizeof(*v)) : NULL;
	struct loop_watch *watch = v ? loop_watch_new(s->loop, fd, on_visitor, v) : NULL;
	if (!watch || !loop_watch_arm(watch, LOOP_READ, SCRAPE_TIME_MS)) {
		loop_watch_free(watch);
		free(v);
		close(fd);
		return;
	}
	v->scrape = s;
	v->fd = fd;
	v->watch = watch;
	v->until_ms = loop_now_ms(s->loop) + SCRAPE_TIME_MS;
	v->next = s->visitors;
	if (v->next) {
		v->next->previous = v;
	}
	s->visitors = v;
	s->n++;
	buf_init(&v->out, METRICS_OCTETS + HEAD_OCTETS);
}

#define SCRAPE_PAUSE_MS 1000 /* while descriptors are short */

static void on_connection(void *data, unsigned what)
{
	struct scrape *s = data;
	if (what & LOOP_TIMEOUT) {
		(void)loop_watch_arm(s->accepting, LOOP_READ, LOOP_FOREVER);
		return;
	}
	int fd = accept4(s->listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		welcome(s, fd);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		(void)loop_watch_arm(s->accepting, 0, SCRAPE_PAUSE_MS); /* it would be called again at once */
	}
}

struct scrape *scrape_new(struct loop *loop, struct listener *listener, void (*put)(void *data, struct buf *b),
                          void *data)
{
	struct scrape *s = calloc(1, sizeof(*s));
	if (s) {
		*s = (struct scrape) { .loop = loop, .listener = listener, .put = put, .data = data };
		s->accepting = loop_watch_new(loop, listener->fd, on_connection, s);
	}
	if (s && (!s->accepting || !loop_watch_arm(s->accepting, LOOP_READ, LOOP_FOREVER))) {
		scrape_free(s);
		s = NULL;
	}
	return s;
}

void scrape_free(struct scrape *s)
{
	if (!s) {
		return;
	}
	for (struct visitor *v = s->visitors, *next; v; v = next) {
		next = v->next;
		dismiss(v);
	}
	loop_watch_free(s->accepting);
	listen_close(s->listener);
	free(s);
}
