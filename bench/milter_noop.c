/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of a milter: Signet's session on sockets, a filter that looks at nothing and puts one field on top.
 *
 *     bench-milter-noop unix:PATH|inet:PORT        one thread, until it is killed
 *
 * What a milter needs beyond this is its work on messages. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../service/milter/session.h"

#define IN_OCTETS ((size_t)256 << 10)

struct connection {
	int fd;
	struct session *session;
};

static bool is_tcp;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *on_begin(void *data, struct session *s, const struct facts *facts)
{
	(void)s;
	(void)facts;
	return data;
}

static bool on_known(void *message)
{
	(void)message;
	return true;
}

static void on_field(void *message, slice name, slice value)
{
	(void)message;
	(void)name;
	(void)value;
}

static void on_nothing(void *message)
{
	(void)message;
}

static void on_body(void *message, slice octets)
{
	(void)message;
	(void)octets;
}

static const struct outcome *on_outcome(void *message)
{
	static const struct outcome_edit edit = {
		OUTCOME_INSERT, 0, { "Authentication-Results", 22 }, { " mx.example; none", 17 }
	};
	static const struct outcome done = { .edits = &edit, .n_edits = 1 };
	(void)message;
	return &done;
}

static const struct session_calls calls = { on_begin, on_known, on_field,   on_nothing,
	                                    on_body,  on_known, on_outcome, on_nothing };
static const struct session_settings settings;

static int listen_on(const char *address)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	is_tcp = strncmp(address, "inet:", 5) == 0;
	int fd = socket(is_tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	in.sin_port = htons(is_tcp ? (uint16_t)strtoul(address + 5, NULL, 10) : 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", is_tcp ? "" : address + 5);
	if (!is_tcp) {
		unlink(un.sun_path);
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, is_tcp ? (struct sockaddr *)&in : (struct sockaddr *)&un, is_tcp ? sizeof(in) : sizeof(un)) != 0 ||
	    listen(fd, 1024) != 0) {
		die(address);
	}
	return fd;
}

static void arrive(int poll, int listener)
{
	struct connection *c = malloc(sizeof(*c));
	int one = 1;
	if (!c) {
		die("memory");
	}
	*c = (struct connection) { .fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC) };
	c->session = session_new(&settings, &calls, c);
	if (is_tcp) {
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	if (c->fd < 0 || !c->session || epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event) != 0) {
		die("connection");
	}
}

/* False: it is over. */
static bool take(struct connection *c)
{
	static char in[IN_OCTETS];
	int one = 1;
	ssize_t n = recv(c->fd, in, sizeof(in), 0);
	if (n <= 0) {
		return false;
	}
	if (is_tcp) { /* both are needed: the one for what we say, the other for what we hear */
		setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	}
	enum session_state state = session_feed(c->session, slice_make(in, (size_t)n));
	struct buf *out = session_out(c->session);
	bool good = out->len == 0 || send(c->fd, out->at, out->len, MSG_NOSIGNAL) == (ssize_t)out->len;
	if (out->len) {
		buf_finish(out);
	}
	return good && state == SESSION_READS;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: bench-milter-noop unix:PATH|inet:PORT\n");
		return 2;
	}
	int listener = listen_on(argv[1]), poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
	while (epoll_wait(poll, &event, 1, -1) == 1) {
		struct connection *c = event.data.ptr;
		if (!c) {
			arrive(poll, listener);
		} else if (!take(c)) {
			session_free(c->session);
			close(c->fd);
			free(c);
		}
	}
	die("epoll_wait");
}
