/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/cursor.h"
#include "../../src/base/ip.h"

#define HEADER_OCTETS 12 /* RFC 1035 4.1.1 */
#define TRIES 3 /* datagrams get lost */

const char *exchange_fault_text(enum exchange_fault fault)
{
	static const char *const texts[] = {
		[EXCHANGE_GOOD] = "answered",
		[EXCHANGE_TIMEOUT] = "no answer in time",
		[EXCHANGE_NO_ROUTE] = "this host cannot reach such an address",
		[EXCHANGE_CLOSED] = "nobody answers there",
		[EXCHANGE_MALFORMED] = "the answer cannot be read",
		[EXCHANGE_NO_MEMORY] = "no memory",
	};
	return texts[fault];
}

/* ---- servers ---- */

bool dns_server_of_ip(const struct signet_ip *ip, uint16_t port, struct dns_server *ret)
{
	char text[INET6_ADDRSTRLEN];
	*ret = (struct dns_server) { 0 };
	if (ip->family == 4) {
		struct sockaddr_in *to = (struct sockaddr_in *)&ret->address;
		to->sin_family = AF_INET;
		to->sin_port = htons(port);
		memcpy(&to->sin_addr, ip->octets, 4);
		ret->address_len = sizeof(*to);
	} else if (ip->family == 6) {
		struct sockaddr_in6 *to = (struct sockaddr_in6 *)&ret->address;
		to->sin6_family = AF_INET6;
		to->sin6_port = htons(port);
		memcpy(&to->sin6_addr, ip->octets, 16);
		ret->address_len = sizeof(*to);
	} else {
		return false;
	}
	if (!inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->octets, text, sizeof(text))) {
		return false;
	}
	snprintf(ret->text, sizeof(ret->text), "%s@%u", text, port);
	return true;
}

bool dns_server_parse(slice text, struct dns_server *ret)
{
	slice port = text;
	slice address = slice_split(&port, '@');
	struct signet_ip ip;
	uint64_t number = 53;
	return signet_ip_parse(address, &ip) && (!port.at || (number_parse(port, UINT16_MAX, &number) && number)) &&
	       dns_server_of_ip(&ip, (uint16_t)number, ret);
}

/* ---- time ---- */

static int64_t clock_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits until the socket can do `what`; false at the deadline. */
static bool wait_for(int fd, short what, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - clock_ms();
		struct pollfd p = { .fd = fd, .events = what };
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (n > 0) {
			return true;
		}
		if (n == 0 || errno != EINTR) {
			return false;
		}
	}
}

static enum exchange_fault fault_of_errno(void)
{
	switch (errno) {
	case ENETUNREACH:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return EXCHANGE_NO_ROUTE;
	case ETIMEDOUT:
		return EXCHANGE_TIMEOUT;
	case ENOMEM:
	case ENOBUFS:
		return EXCHANGE_NO_MEMORY;
	default:
		return EXCHANGE_CLOSED;
	}
}

/* ---- which answer is ours? ---- */

/* The end of the name at `at`, without compression, or 0. */
static size_t skip_name(const uint8_t *m, size_t n, size_t at)
{
	while (at < n && m[at] != 0) {
		if (m[at] > 63) {
			return 0;
		}
		at += (size_t)m[at] + 1;
	}
	return at < n ? at + 1 : 0;
}

static bool same_name(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (char_lower((char)a[i]) != char_lower((char)b[i])) {
			return false;
		}
	}
	return true;
}

/* RFC 5452 9.1: identifier and question section.  A server that cannot read the question leaves it out (FORMERR). */
static bool is_answer(const uint8_t *m, size_t n, slice asked)
{
	const uint8_t *q = (const uint8_t *)asked.at;
	if (n < HEADER_OCTETS || m[0] != q[0] || m[1] != q[1] || !(m[2] & 0x80) || ((m[2] ^ q[2]) & 0x78)) {
		return false;
	}
	if (m[4] == 0 && m[5] == 0) {
		return true;
	}
	size_t end = skip_name(q, asked.len, HEADER_OCTETS);
	return end && end + 4 <= asked.len && end + 4 <= n &&
	       same_name(m + HEADER_OCTETS, q + HEADER_OCTETS, end - HEADER_OCTETS) && memcmp(m + end, q + end, 4) == 0;
}

/* ---- UDP ---- */

static enum exchange_fault receive(int fd, slice message, int64_t deadline, uint8_t *answer, size_t *ret_octets)
{
	while (wait_for(fd, POLLIN, deadline)) {
		ssize_t n = recv(fd, answer, EXCHANGE_OCTETS, MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return fault_of_errno();
		}
		if (n > 0 && is_answer(answer, (size_t)n, message)) {
			*ret_octets = (size_t)n;
			return EXCHANGE_GOOD;
		}
	}
	return EXCHANGE_TIMEOUT;
}

static enum exchange_fault by_udp(int fd, slice message, int64_t deadline, uint8_t *answer, size_t *ret_octets)
{
	enum exchange_fault fault = EXCHANGE_TIMEOUT;
	for (int left = TRIES; left > 0 && fault == EXCHANGE_TIMEOUT; left--) {
		int64_t now = clock_ms();
		if (send(fd, message.at, message.len, MSG_NOSIGNAL) < 0) {
			return fault_of_errno();
		}
		fault = receive(fd, message, now + (deadline - now) / left, answer, ret_octets);
	}
	return fault;
}

/* ---- TCP: a length of two octets before each message (RFC 1035 4.2.2) ---- */

static enum exchange_fault send_all(int fd, slice octets, int64_t deadline)
{
	while (octets.len) {
		if (!wait_for(fd, POLLOUT, deadline)) {
			return EXCHANGE_TIMEOUT;
		}
		ssize_t n = send(fd, octets.at, octets.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return fault_of_errno();
		}
		octets = slice_from(octets, n > 0 ? (size_t)n : 0);
	}
	return EXCHANGE_GOOD;
}

static enum exchange_fault receive_all(int fd, uint8_t *at, size_t n, int64_t deadline)
{
	while (n) {
		if (!wait_for(fd, POLLIN, deadline)) {
			return EXCHANGE_TIMEOUT;
		}
		ssize_t got = recv(fd, at, n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			return EXCHANGE_CLOSED;
		}
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return EXCHANGE_GOOD;
}

static enum exchange_fault by_tcp(int fd, slice message, int64_t deadline, uint8_t *answer, size_t *ret_octets)
{
	uint8_t length[2];
	struct buf framed;
	buf_init(&framed, EXCHANGE_OCTETS + 2);
	buf_put_char(&framed, (char)(message.len >> 8));
	buf_put_char(&framed, (char)message.len);
	buf_put(&framed, message);
	enum exchange_fault fault = buf_ok(&framed) ? send_all(fd, buf_slice(&framed), deadline) : EXCHANGE_NO_MEMORY;
	buf_finish(&framed);
	if (fault == EXCHANGE_GOOD) {
		fault = receive_all(fd, length, 2, deadline);
	}
	if (fault != EXCHANGE_GOOD) {
		return fault;
	}
	*ret_octets = (size_t)length[0] << 8 | length[1];
	fault = receive_all(fd, answer, *ret_octets, deadline);
	if (fault == EXCHANGE_GOOD && !is_answer(answer, *ret_octets, message)) {
		fault = EXCHANGE_MALFORMED;
	}
	return fault;
}

/* ---- both ---- */

static enum exchange_fault connect_to(const struct dns_server *server, int kind, int64_t deadline, int *ret)
{
	int error = 0;
	socklen_t n = sizeof(error);
	*ret = socket(server->address.ss_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*ret < 0) {
		return fault_of_errno();
	}
	if (connect(*ret, (const struct sockaddr *)&server->address, server->address_len) == 0) {
		return EXCHANGE_GOOD;
	}
	if (errno != EINPROGRESS) {
		return fault_of_errno();
	}
	if (!wait_for(*ret, POLLOUT, deadline)) {
		return EXCHANGE_TIMEOUT;
	}
	(void)getsockopt(*ret, SOL_SOCKET, SO_ERROR, &error, &n);
	errno = error;
	return error ? fault_of_errno() : EXCHANGE_GOOD;
}

enum exchange_fault exchange(const struct dns_server *server, enum exchange_way way, slice message, int timeout_ms,
                             uint8_t *answer, size_t *ret_octets)
{
	int fd = -1;
	int64_t deadline = clock_ms() + timeout_ms;
	enum exchange_fault fault = connect_to(server, way == EXCHANGE_TCP ? SOCK_STREAM : SOCK_DGRAM, deadline, &fd);
	if (fault == EXCHANGE_GOOD) {
		fault = (way == EXCHANGE_TCP ? by_tcp : by_udp)(fd, message, deadline, answer, ret_octets);
	}
	if (fd >= 0) {
		close(fd);
	}
	if (fault == EXCHANGE_GOOD && way == EXCHANGE_UDP && (answer[2] & 0x02)) { /* TC: RFC 7766 5 */
		return exchange(server, EXCHANGE_TCP, message, timeout_ms, answer, ret_octets);
	}
	return fault;
}
