/* SPDX-License-Identifier: Apache-2.0 */
#include "milter_client_inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FLUSH_OCTETS ((size_t)128 << 10)
#define REPLY_OCTETS ((size_t)1 << 20)
#define IN_OCTETS ((size_t)4 << 10) /* at first: there may be 10,000 of us */

/* What is left out, and what spares the reply. */
static const struct step {
	char command;
	uint32_t omit, quiet;
	const char *macros; /* that Postfix tells if it was not told which */
} steps[] = {
	{ 'C', 0x1, 0x1000, "j {daemon_name} {daemon_addr} v _" },
	{ 'H', 0x2, 0x2000, "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}" },
	{ 'M', 0x4, 0x4000, "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}" },
	{ 'R', 0x8, 0x8000, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}" },
	{ 'T', 0x200, 0x10000, "i" },
	{ 'L', NO_FIELDS, 0x80, "i" },
	{ 'N', 0x40, 0x40000, "i" },
	{ 'B', 0x10, 0x80000, "i" },
	{ 'E', 0, 0, "i" },
};

/* ---- octets ---- */

bool client_fail(struct milter_client *c, const char *why)
{
	c->fault = c->fault ? c->fault : why;
	return false;
}

bool client_flush(struct milter_client *c)
{
	size_t most = c->settings.write_octets ? c->settings.write_octets : SIZE_MAX;
	for (size_t at = 0; at < c->out.len;) {
		size_t n = c->out.len - at < most ? c->out.len - at : most;
		ssize_t sent = send(c->fd, c->out.at + at, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR) {
			continue;
		}
		if (sent <= 0) {
			return client_fail(c, "the filter takes no more");
		}
		at += (size_t)sent;
	}
	buf_clear(&c->out);
	return true;
}

static void put_number(struct buf *b, uint32_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		buf_put_char(b, (char)(n >> shift & 0xff));
	}
}

uint32_t client_number(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void client_put_head(struct milter_client *c, char command, size_t octets)
{
	put_number(&c->out, (uint32_t)octets + 1);
	buf_put_char(&c->out, command);
}

void client_put_text(struct buf *b, const char *text)
{
	buf_put_text(b, text);
	buf_put_char(b, '\0');
}

/* ---- replies ---- */

/* So many octets at in_at. */
static bool fill(struct milter_client *c, size_t n)
{
	if (c->in_at > 0 && c->in_len - c->in_at < n) {
		memmove(c->in, c->in + c->in_at, c->in_len - c->in_at);
		c->in_len -= c->in_at;
		c->in_at = 0;
	}
	if (n > c->in_room) {
		char *in = realloc(c->in, n);
		if (!in) {
			return client_fail(c, "no memory");
		}
		c->in = in;
		c->in_room = n;
	}
	while (c->in_len - c->in_at < n) {
		ssize_t got = recv(c->fd, c->in + c->in_len, c->in_room - c->in_len, 0);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			return client_fail(c, got == 0 ? "the filter closed the connection"
			                               : "the filter does not answer");
		}
		c->in_len += (size_t)got;
	}
	return true;
}

char client_reply(struct milter_client *c, slice *ret)
{
	if (!fill(c, 5)) {
		return 0;
	}
	uint32_t length = client_number(c->in + c->in_at);
	if (length == 0 || length > REPLY_OCTETS) {
		client_fail(c, "a reply of an odd length");
		return 0;
	}
	if (!fill(c, 4 + (size_t)length)) {
		return 0;
	}
	char letter = c->in[c->in_at + 4];
	*ret = slice_make(c->in + c->in_at + 5, length - 1);
	c->in_at += 4 + (size_t)length;
	return letter;
}

void client_take_text(struct milter_client *c, slice data)
{
	size_t n = 0;
	for (size_t i = 0; i < data.len && data.at[i] && n + 1 < sizeof(c->text); i++) {
		c->text[n++] = data.at[i];
		i += data.at[i] == '%' && i + 1 < data.len && data.at[i + 1] == '%';
	}
	c->text[n] = '\0';
}

/* The reply to a step: 'c', or what is to be done instead; 0: the filter is gone. */
static char reply_of_step(struct milter_client *c)
{
	slice data = { 0 };
	if (!client_flush(c)) {
		return 0;
	}
	char letter = client_reply(c, &data);
	c->text[0] = '\0';
	if (letter == 'y') {
		client_take_text(c, data);
	}
	if (letter && !strchr("crtyads4", letter)) {
		client_fail(c, "a reply that belongs to the end of a message");
		return 0;
	}
	return letter;
}

/* ---- options ---- */

static int open_unix(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_inet(const char *text, bool no_delay)
{
	const char *colon = strrchr(text, ':');
	char host[64] = "127.0.0.1";
	struct sockaddr_in to = { .sin_family = AF_INET };
	if (colon) {
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	}
	to.sin_port = htons((uint16_t)strtoul(colon ? colon + 1 : text, NULL, 10));
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (fd >= 0 && no_delay) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_socket(const struct milter_client_settings *settings)
{
	const char *address = settings->address;
	int ms = settings->timeout_ms ? settings->timeout_ms : 30000;
	struct timeval timeout = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	int fd = strncmp(address, "unix:", 5) == 0   ? open_unix(address + 5)
	         : strncmp(address, "inet:", 5) == 0 ? open_inet(address + 5, settings->no_delay)
	                                             : (errno = EINVAL, -1);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	}
	return fd;
}

static bool take_symbols(struct milter_client *c, slice data)
{
	while (data.len) {
		size_t end = slice_find_char(slice_from(data, 4), '\0');
		uint32_t stage = data.len > 4 && end != SLICE_NONE ? client_number(data.at) : UINT32_MAX;
		if (stage >= strlen(STAGES)) {
			return client_fail(c, "a list of macros that is none");
		}
		free(c->symbols[stage]);
		c->symbols[stage] = strdup(data.at + 4);
		data = slice_from(data, 4 + end + 1);
	}
	return true;
}

static bool negotiate(struct milter_client *c)
{
	const struct milter_client_settings *offer = &c->settings;
	slice data = { 0 };
	client_put_head(c, 'O', 12);
	put_number(&c->out, offer->version);
	put_number(&c->out, offer->actions);
	put_number(&c->out, offer->protocol);
	if (!client_flush(c) || client_reply(c, &data) != 'O' || data.len < 12) {
		return client_fail(c, "no options in reply to options");
	}
	c->version = client_number(data.at);
	c->actions = client_number(data.at + 4);
	c->protocol = client_number(data.at + 8);
	if (c->version > offer->version || (c->actions & ~offer->actions) || (c->protocol & ~offer->protocol)) {
		return client_fail(c, "more than was offered");
	}
	if (data.len > 12 && !(c->actions & SYMBOLS)) {
		return client_fail(c, "a list of macros that was not agreed");
	}
	return take_symbols(c, slice_from(data, 12));
}

struct milter_client *milter_client_open(const struct milter_client_settings *settings,
                                         char error[static MILTER_CLIENT_ERROR])
{
	struct milter_client *c = calloc(1, sizeof(*c));
	char *in = malloc(IN_OCTETS);
	int fd = c && in ? open_socket(settings) : -1;
	if (fd < 0) {
		snprintf(error, MILTER_CLIENT_ERROR, "%s: %s", settings->address, strerror(errno));
		free(c);
		free(in);
		return NULL;
	}
	*c = (struct milter_client) { .settings = *settings, .fd = fd, .in = in, .in_room = IN_OCTETS };
	buf_init(&c->out, OUT_OCTETS);
	if (!c->settings.version) {
		c->settings.version = 6;
		c->settings.actions = 0x1ff;
		c->settings.protocol = 0x1fffff;
	}
	if (!negotiate(c)) {
		snprintf(error, MILTER_CLIENT_ERROR, "%s: %s", settings->address, c->fault);
		milter_client_drop(c);
		return NULL;
	}
	return c;
}

/* ---- steps ---- */

static const char *macro_value(const struct milter_client *c, slice name)
{
	if (slice_eq(name, S("i"))) {
		return c->queue_id;
	}
	for (size_t i = 0; i < c->n_macros; i++) {
		if (slice_eq(name, slice_of(c->macros[i].name))) {
			return c->macros[i].value;
		}
	}
	return NULL;
}

/* Told even if none of them is known; with fields those of the end of the header, with the body those of its end. */
static void put_macros(struct milter_client *c, const struct step *step)
{
	const char *stage = strchr(STAGES, step->command == 'L' ? 'N' : step->command == 'B' ? 'E' : step->command);
	const char *asked = stage && *stage ? c->symbols[stage - STAGES] : NULL;
	struct buf pairs;
	buf_init(&pairs, OUT_OCTETS);
	for (slice rest = slice_of(asked ? asked : step->macros); rest.at;) {
		slice name = slice_split(&rest, ' ');
		const char *value = macro_value(c, name);
		if (name.len && value) {
			buf_put(&pairs, name);
			buf_put_char(&pairs, '\0');
			client_put_text(&pairs, value);
		}
	}
	client_put_head(c, 'D', 1 + pairs.len);
	buf_put_char(&c->out, step->command);
	buf_put(&c->out, buf_slice(&pairs));
	buf_finish(&pairs);
}

static const struct step *step_of(char command)
{
	size_t i = 0;
	while (steps[i].command != command) {
		i++;
	}
	return &steps[i];
}

char client_step(struct milter_client *c, char command, slice data, slice more)
{
	const struct step *step = step_of(command);
	put_macros(c, step);
	if (c->protocol & step->omit) {
		return 'c';
	}
	client_put_head(c, command, data.len + more.len);
	buf_put(&c->out, data);
	buf_put(&c->out, more);
	if (c->protocol & step->quiet) {
		return c->out.len < FLUSH_OCTETS || client_flush(c) ? 'c' : 0;
	}
	return reply_of_step(c);
}

char client_step_text(struct milter_client *c, char command, const struct buf *data)
{
	return client_step(c, command, buf_slice(data), S(""));
}

void client_put_end_macros(struct milter_client *c)
{
	put_macros(c, step_of('E'));
}

static void set_macros(struct milter_client *c, const struct milter_peer *peer)
{
	static const struct milter_macro own[] = {
		{ "j", "mx.example.net" }, { "{daemon_name}", "smtpd" }, { "{daemon_addr}", "192.0.2.200" },
		{ "{daemon_port}", "25" }, { "v", "Postfix 3.7.11" },
	};
	c->n_macros = 0;
	for (size_t i = 0; i < MILTER_CLIENT_MACROS && peer->macros[i].name; i++) {
		c->macros[c->n_macros++] = peer->macros[i]; /* found first */
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		c->macros[c->n_macros++] = own[i];
	}
}

bool milter_client_start(struct milter_client *c, const struct milter_peer *peer)
{
	struct buf data;
	buf_init(&data, 4096);
	set_macros(c, peer);
	client_put_text(&data, peer->name ? peer->name : "unknown");
	if (!peer->ip) {
		buf_put_char(&data, 'U');
	} else {
		bool v6 = strchr(peer->ip, ':') != NULL;
		buf_put_char(&data, v6 ? '6' : '4');
		buf_put_char(&data, (char)(peer->port >> 8));
		buf_put_char(&data, (char)(peer->port & 0xff));
		buf_put_text(&data, v6 ? "IPv6:" : "");
		client_put_text(&data, peer->ip);
	}
	char reply = client_step_text(c, 'C', &data);
	buf_clear(&data);
	if (reply == 'c' && peer->helo) {
		client_put_text(&data, peer->helo);
		reply = client_step_text(c, 'H', &data);
	}
	buf_finish(&data);
	return reply == 'c';
}

/* ---- the end of a message and of a connection ---- */

bool milter_client_next(struct milter_client *c)
{
	buf_clear(&c->out); /* Sendmail says QUIT_NC, and no ABORT behind a message: libmilter would not take both */
	client_put_head(c, 'K', 0);
	return client_flush(c);
}

void milter_client_drop(struct milter_client *c)
{
	if (!c) {
		return;
	}
	close(c->fd);
	for (size_t i = 0; i < sizeof(c->symbols) / sizeof(c->symbols[0]); i++) {
		free(c->symbols[i]);
	}
	buf_finish(&c->out);
	free(c->in);
	free(c);
}

void milter_client_quit(struct milter_client *c)
{
	if (c) {
		client_put_head(c, 'Q', 0);
		client_flush(c);
	}
	milter_client_drop(c);
}

uint32_t milter_client_version(const struct milter_client *c)
{
	return c->version;
}

uint32_t milter_client_protocol(const struct milter_client *c)
{
	return c->protocol;
}

int milter_client_socket(const struct milter_client *c)
{
	return c->fd;
}
