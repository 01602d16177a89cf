/* SPDX-License-Identifier: Apache-2.0 */
/* exchange: one DNS message to one server and its answer, with a deadline.
 *
 * For questions that no resolver can answer: what does THIS server say?  Blocks its thread, for `timeout_ms` at the longest.
 * Sockets are connected, so that nobody else's datagrams are read; an answer counts only if identifier and question are those
 * that were asked. */
#ifndef SIGNET_SERVICE_DNS_EXCHANGE_H
#define SIGNET_SERVICE_DNS_EXCHANGE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "../../src/base/buf.h"

#define EXCHANGE_MS 5000 /* default patience for one answer, with a second try in between */
#define EXCHANGE_OCTETS 65535

struct dns_server {
	struct sockaddr_storage address;
	socklen_t address_len;
	char text[64 + 16]; /* "192.0.2.1@53" */
	char name[256]; /* the host name it was found by; "": none */
};

/* "ADDR" or "ADDR@PORT" (port 53); false leaves `*ret` undefined. */
bool dns_server_parse(slice text, struct dns_server *ret);
bool dns_server_of_ip(const struct signet_ip *ip, uint16_t port, struct dns_server *ret);

enum exchange_fault {
	EXCHANGE_GOOD,
	EXCHANGE_TIMEOUT,
	EXCHANGE_NO_ROUTE, /* this host cannot reach such an address at all (no IPv6...) */
	EXCHANGE_CLOSED, /* nobody listens there; the connection broke */
	EXCHANGE_MALFORMED, /* the answer is none to this question */
	EXCHANGE_NO_MEMORY,
};

/* "no answer in time"... */
const char *exchange_fault_text(enum exchange_fault fault);

enum exchange_way {
	EXCHANGE_UDP, /* and TCP if the answer is cut short */
	EXCHANGE_TCP,
};

/* Sends `message` and reads the answer into `answer`, EXCHANGE_OCTETS long. */
enum exchange_fault exchange(const struct dns_server *server, enum exchange_way way, slice message, int timeout_ms,
                             uint8_t *answer, size_t *ret_octets);

#endif
