/* SPDX-License-Identifier: Apache-2.0 */
/* A load on a mail server: hands a corpus over by SMTP, each message on a connection of its own, from the address that
 * the corpus names; the machine has it as one of its own.
 *
 *     bench-smtp PORT CONNECTIONS MESSAGES CORPUS
 *
 * Prints one line of JSON.  The time of a message runs from the connection to the answer to its end. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../src/base/buf.h"
#include "corpus.h"

#define WORKERS_MAX 200
#define PATIENCE_S 60 /* for one reply; without it a message counts as deferred */
#define WIRE_MAX ((size_t)64 << 20)

static struct corpus corpus;
static uint16_t port;
static size_t n_messages;
static struct buf *wires; /* the messages with dots doubled */
static float *times_ms;
static atomic_size_t next, done, accepted, refused, deferred;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put_wire(struct buf *wire, slice rest)
{
	buf_init(wire, WIRE_MAX);
	while (rest.len) {
		size_t n = slice_find(rest, S("\r\n"));
		n = n < rest.len ? n + 2 : rest.len;
		if (*rest.at == '.') {
			buf_put_text(wire, ".");
		}
		buf_put(wire, slice_make(rest.at, n));
		rest = slice_from(rest, n);
	}
	buf_put_text(wire, ".\r\n");
	if (!buf_ok(wire)) {
		corpus_die("no memory");
	}
}

static void say(int fd, slice octets)
{
	while (octets.len) {
		ssize_t n = send(fd, octets.at, octets.len, MSG_NOSIGNAL);
		if (n <= 0) {
			return; /* the answer will be missing */
		}
		octets = slice_from(octets, (size_t)n);
	}
}

/* The code of a reply, however many lines; 0: none. */
static int hear(int fd)
{
	char line[4096];
	size_t n = 0;
	for (;;) {
		ssize_t more = recv(fd, line + n, sizeof(line) - 1 - n, 0);
		if (more <= 0) {
			return 0;
		}
		n += (size_t)more;
		line[n] = '\0';
		const char *last = line;
		for (const char *at = strstr(line, "\r\n"); at && at[2]; at = strstr(at + 2, "\r\n")) {
			last = at + 2;
		}
		if (line[n - 1] == '\n' && strlen(last) > 3 && last[3] != '-') {
			return (int)strtol(last, NULL, 10);
		}
	}
}

__attribute__((format(printf, 2, 3))) static int ask(int fd, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	say(fd, slice_make(line, (size_t)n));
	return hear(fd);
}

static socklen_t put_address(struct sockaddr_storage *to, const char *ip, uint16_t at_port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)to;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET6, ip, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(at_port);
		return sizeof(*six);
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(at_port);
	return inet_pton(AF_INET, ip, &four->sin_addr) == 1 ? sizeof(*four) : 0;
}

static int dial(const char *from_ip)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_storage from, to;
	socklen_t n = put_address(&from, from_ip, 0);
	int fd = socket(from.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (from.ss_family == AF_INET6) { /* a route to itself is not enough there */
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	}
	if (bind(fd, (const struct sockaddr *)&from, n) != 0) {
		corpus_die("this machine has not the address of a client");
	}
	n = put_address(&to, from.ss_family == AF_INET6 ? "::1" : "127.0.0.1", port);
	if (connect(fd, (const struct sockaddr *)&to, n) != 0) {
		corpus_die("no connection to the mail server");
	}
	return fd;
}

/* The code that ended it. */
static int hand_over(const struct corpus_message *m, const struct buf *wire)
{
	int fd = dial(m->ip_text);
	int code = hear(fd);
	code = code == 220 ? ask(fd, "EHLO %s\r\n", m->helo) : code;
	code = code == 250 ? ask(fd, "MAIL FROM:<%s>\r\n", m->mail_from) : code;
	code = code == 250 ? ask(fd, "RCPT TO:<user@recv.example>\r\n") : code;
	code = code == 250 ? ask(fd, "DATA\r\n") : code;
	if (code == 354) {
		say(fd, buf_slice(wire));
		code = hear(fd);
	}
	say(fd, S("QUIT\r\n"));
	close(fd);
	return code;
}

static void *work(void *data)
{
	for (size_t i = next++; i < n_messages; i = next++) {
		double began = now();
		int code = hand_over(&corpus.messages[i % corpus.n], &wires[i % corpus.n]);
		times_ms[done++] = (float)((now() - began) * 1e3);
		accepted += code == 250;
		refused += code >= 500;
		deferred += code != 250 && code < 500;
	}
	return data;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	pthread_t threads[WORKERS_MAX];
	if (argc != 5) {
		corpus_die("usage: bench-smtp PORT CONNECTIONS MESSAGES CORPUS");
	}
	size_t workers = strtoul(argv[2], NULL, 10);
	port = (uint16_t)strtoul(argv[1], NULL, 10);
	n_messages = strtoul(argv[3], NULL, 10);
	corpus_open(&corpus, 2, (char *[]) { argv[0], argv[4] });
	wires = calloc(corpus.n + 1, sizeof(*wires));
	times_ms = calloc(n_messages + 1, sizeof(*times_ms));
	if (!wires || !times_ms || !n_messages || workers < 1 || workers > WORKERS_MAX) {
		corpus_die("memory or numbers");
	}
	for (size_t i = 0; i < corpus.n; i++) {
		put_wire(&wires[i], corpus_as_received(&corpus.messages[i]));
	}
	double began = now();
	for (size_t i = 0; i < workers; i++) {
		if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
			corpus_die("no thread");
		}
	}
	for (size_t i = 0; i < workers; i++) {
		pthread_join(threads[i], NULL);
	}
	double seconds = now() - began;
	qsort(times_ms, done, sizeof(*times_ms), compare);
	printf("{\"n\": %zu, \"seconds\": %.3f, \"per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
	       "\"accepted\": %zu, "
	       "\"refused\": %zu, \"deferred\": %zu}\n",
	       done, seconds, (double)done / seconds, (double)times_ms[done / 2], (double)times_ms[done * 99 / 100],
	       accepted, refused, deferred);
	return 0;
}
