/* SPDX-License-Identifier: Apache-2.0 */
/* Where to listen, as text. */
#include "../../service/net/listen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/rows.h"

static const struct {
	const char *what, *text, *want; /* "unix PATH", "inherited NAME", "ADDRESS port PORT"; NULL: refused */
} places[] = {
	{ "a path with its scheme", "unix:/run/x.sock", "unix /run/x.sock" },
	{ "as libmilter writes it", "local:/run/x.sock", "unix /run/x.sock" },
	{ "a path alone", "/run/x.sock", "unix /run/x.sock" },
	{ "IPv4", "inet:192.0.2.1:8891", "192.0.2.1 port 8891" },
	{ "IPv4 as libmilter writes it", "inet:8891@192.0.2.1", "192.0.2.1 port 8891" },
	{ "IPv4 without scheme", "127.0.0.1:9100", "127.0.0.1 port 9100" },
	{ "every address", "inet:*:25", "0.0.0.0 port 25" },
	{ "localhost", "inet:localhost:25", "127.0.0.1 port 25" },
	{ "localhost of IPv6", "inet6:25@localhost", "::1 port 25" },
	{ "every address of IPv6", "inet6:*:25", ":: port 25" },
	{ "IPv6 in brackets", "inet6:[2001:db8::1]:8891", "2001:db8::1 port 8891" },
	{ "IPv6 in brackets after inet:", "inet:[::1]:8891", "::1 port 8891" },
	{ "IPv6 in brackets without scheme", "[::1]:9100", "::1 port 9100" },
	{ "IPv6 without brackets, where the last number is the port", "inet6:::1:8891", "::1 port 8891" },
	{ "what is inherited", "inherited:in", "inherited in" },
	{ "a path that depends on where we are", "unix:x.sock", NULL },
	{ "no path", "unix:", NULL },
	{ "no name", "inherited:", NULL },
	{ "no port", "inet:192.0.2.1", NULL },
	{ "port 0", "inet:192.0.2.1:0", NULL },
	{ "a port that is too large", "inet:192.0.2.1:65536", NULL },
	{ "a port by name", "inet:192.0.2.1:smtp", NULL },
	{ "a host by name", "inet:mx.example.com:25", NULL },
	{ "IPv4 after inet6:", "inet6:192.0.2.1:25", NULL },
	{ "IPv6 after inet: without brackets", "inet:::1:25", NULL },
	{ "half a bracket", "inet:[::1:25", NULL },
	{ "no host", "inet::25", NULL },
	{ "another scheme", "tcp:192.0.2.1:25", NULL },
	{ "a word", "nowhere", NULL },
	{ "nothing", "", NULL },
};

static slice told(const struct listen_place *place)
{
	static char text[200];
	char address[INET6_ADDRSTRLEN];
	if (place->kind != LISTEN_INET) {
		snprintf(text, sizeof(text), "%s %s", place->kind == LISTEN_UNIX ? "unix" : "inherited", place->path);
	} else if (place->address.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&place->address;
		snprintf(text, sizeof(text), "%s port %u", inet_ntop(AF_INET, &in->sin_addr, address, sizeof(address)),
		         ntohs(in->sin_port));
	} else {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&place->address;
		snprintf(text, sizeof(text), "%s port %u",
		         inet_ntop(AF_INET6, &in->sin6_addr, address, sizeof(address)), ntohs(in->sin6_port));
	}
	return slice_of(text);
}

static void test_sockets(void)
{
	struct listen_place place;
	struct listener l, second, again;
	struct sockaddr_in where;
	socklen_t n = sizeof(where);
	char text[64];
	struct buf error;
	buf_init(&error, 1024);
	(void)listen_parse("inet:127.0.0.1:1", &place);
	((struct sockaddr_in *)&place.address)->sin_port = 0; /* any */
	row_bool("-", "it listens", listen_inet(&l, &place, "inet:127.0.0.1:0", &error), true);
	row_bool("-", "which is no file to be removed", l.is_ours, false);
	if (getsockname(l.fd, (struct sockaddr *)&where, &n) == 0) {
		snprintf(text, sizeof(text), "inet:127.0.0.1:%u", ntohs(where.sin_port));
	}
	row_bool("-", "where somebody listens a second one does not",
	         listen_parse(text, &place) && listen_inet(&second, &place, text, &error), false);
	row_bool("-", "and says where", slice_starts(buf_slice(&error), slice_of(text)), true);
	row_bool("-", "it may be handed over", listen_inherited_any(&again, dup(l.fd)), true);
	listen_close(&again);
	row_bool("-", "not as a Unix socket", listen_inherited(&again, dup(l.fd)), false);
	listen_close(&again);
	listen_close(&l);
	row_bool("-", "closed, it makes room", listen_inet(&l, &place, text, &error), true);
	listen_close(&l);
	int plain = socket(AF_INET, SOCK_STREAM, 0);
	row_bool("-", "a socket that does not listen is none", listen_inherited_any(&again, plain), false);
	close(plain);
	buf_finish(&error);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(places); i++) {
		struct listen_place place;
		bool good = listen_parse(places[i].text, &place);
		row_bool("-", places[i].what, good, places[i].want != NULL);
		if (good && places[i].want) {
			row_text("-", "it is read as meant", told(&place), places[i].want);
		}
	}
	test_sockets();
	return rows_end();
}
