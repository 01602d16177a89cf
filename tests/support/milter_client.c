/* SPDX-License-Identifier: Apache-2.0 */
#include "milter_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OUT_OCTETS ((size_t)8 << 20)
#define FLUSH_OCTETS ((size_t)128 << 10)
#define REPLY_OCTETS ((size_t)1 << 20)
#define IN_OCTETS ((size_t)4 << 10) /* at first: there may be 10,000 of us */
#define CHUNK_OCTETS ((size_t)65535)
#define STAGES "CHMRTEN" /* in the order of their numbers */

enum {
	ADD_FIELDS = 0x1,
	CHANGE_FIELDS = 0x10,
	QUARANTINE = 0x20,
	SYMBOLS = 0x100,
	LEADING_SPACE = 0x100000,
	NO_FIELDS = 0x20,
};

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

struct milter_client {
	struct milter_client_settings settings;
	int fd;
	uint32_t version, actions, protocol;
	char *symbols[sizeof(STAGES)]; /* by stage; NULL: not said */
	struct milter_macro macros[MILTER_CLIENT_MACROS + 8];
	size_t n_macros;
	const char *queue_id; /* NULL: not known yet */
	const char *fault;
	struct buf out;
	char *in; /* replies */
	size_t in_len, in_at, in_room;
	char text[1200]; /* of the last y */
};

/* ---- octets ---- */

static bool fail(struct milter_client *c, const char *why)
{
	c->fault = c->fault ? c->fault : why;
	return false;
}

static bool flush(struct milter_client *c)
{
	size_t most = c->settings.write_octets ? c->settings.write_octets : SIZE_MAX;
	for (size_t at = 0; at < c->out.len;) {
		size_t n = c->out.len - at < most ? c->out.len - at : most;
		ssize_t sent = send(c->fd, c->out.at + at, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR) {
			continue;
		}
		if (sent <= 0) {
			return fail(c, "the filter takes no more");
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

static uint32_t number_of(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_head(struct milter_client *c, char command, size_t octets)
{
	put_number(&c->out, (uint32_t)octets + 1);
	buf_put_char(&c->out, command);
}

static void put_text(struct buf *b, const char *text)
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
			return fail(c, "no memory");
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
			return fail(c, got == 0 ? "the filter closed the connection" : "the filter does not answer");
		}
		c->in_len += (size_t)got;
	}
	return true;
}

/* The next reply; `ret` lives until the one after it. */
static char read_reply(struct milter_client *c, slice *ret)
{
	if (!fill(c, 5)) {
		return 0;
	}
	uint32_t length = number_of(c->in + c->in_at);
	if (length == 0 || length > REPLY_OCTETS) {
		fail(c, "a reply of an odd length");
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

/* "%%" is "%". */
static void take_text(struct milter_client *c, slice data)
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
	if (!flush(c)) {
		return 0;
	}
	char letter = read_reply(c, &data);
	c->text[0] = '\0';
	if (letter == 'y') {
		take_text(c, data);
	}
	if (letter && !strchr("crtyads4", letter)) {
		fail(c, "a reply that belongs to the end of a message");
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
		uint32_t stage = data.len > 4 && end != SLICE_NONE ? number_of(data.at) : UINT32_MAX;
		if (stage >= strlen(STAGES)) {
			return fail(c, "a list of macros that is none");
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
	put_head(c, 'O', 12);
	put_number(&c->out, offer->version);
	put_number(&c->out, offer->actions);
	put_number(&c->out, offer->protocol);
	if (!flush(c) || read_reply(c, &data) != 'O' || data.len < 12) {
		return fail(c, "no options in reply to options");
	}
	c->version = number_of(data.at);
	c->actions = number_of(data.at + 4);
	c->protocol = number_of(data.at + 8);
	if (c->version > offer->version || (c->actions & ~offer->actions) || (c->protocol & ~offer->protocol)) {
		return fail(c, "more than was offered");
	}
	if (data.len > 12 && !(c->actions & SYMBOLS)) {
		return fail(c, "a list of macros that was not agreed");
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
			put_text(&pairs, value);
		}
	}
	put_head(c, 'D', 1 + pairs.len);
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

/* A command in two pieces, with its macros.  The reply, or 'c' where none is due; 0: the filter is gone. */
static char take_step(struct milter_client *c, char command, slice data, slice more)
{
	const struct step *step = step_of(command);
	put_macros(c, step);
	if (c->protocol & step->omit) {
		return 'c';
	}
	put_head(c, command, data.len + more.len);
	buf_put(&c->out, data);
	buf_put(&c->out, more);
	if (c->protocol & step->quiet) {
		return c->out.len < FLUSH_OCTETS || flush(c) ? 'c' : 0;
	}
	return reply_of_step(c);
}

static char step_text(struct milter_client *c, char command, const struct buf *data)
{
	return take_step(c, command, buf_slice(data), S(""));
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
	put_text(&data, peer->name ? peer->name : "unknown");
	if (!peer->ip) {
		buf_put_char(&data, 'U');
	} else {
		bool v6 = strchr(peer->ip, ':') != NULL;
		buf_put_char(&data, v6 ? '6' : '4');
		buf_put_char(&data, (char)(peer->port >> 8));
		buf_put_char(&data, (char)(peer->port & 0xff));
		buf_put_text(&data, v6 ? "IPv6:" : "");
		put_text(&data, peer->ip);
	}
	char reply = step_text(c, 'C', &data);
	buf_clear(&data);
	if (reply == 'c' && peer->helo) {
		put_text(&data, peer->helo);
		reply = step_text(c, 'H', &data);
	}
	buf_finish(&data);
	return reply == 'c';
}

/* ---- a message ---- */

struct field {
	slice name,
		value; /* as between colon and line end; received ones with CRLF inside, those of the filter with LF */
	char *owned; /* memory of name and value, or NULL */
};

struct message {
	struct field *fields;
	size_t n, room;
	slice body;
};

static void insert_field(struct message *m, size_t at, struct field field)
{
	if (m->n == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		m->fields = realloc(m->fields, m->room * sizeof(*m->fields));
		if (!m->fields) {
			abort();
		}
	}
	at = at > m->n ? m->n : at;
	memmove(&m->fields[at + 1], &m->fields[at], (m->n - at) * sizeof(*m->fields));
	m->fields[at] = field;
	m->n++;
}

static void remove_field(struct message *m, size_t at)
{
	free(m->fields[at].owned);
	m->n--;
	memmove(&m->fields[at], &m->fields[at + 1], (m->n - at) * sizeof(*m->fields));
}

/* The field at the front of `rest`, its continuation lines included. */
static struct field split_field(slice *rest)
{
	size_t end = 0;
	do {
		size_t n = slice_find(slice_from(*rest, end), S("\r\n"));
		end = n == SLICE_NONE ? rest->len : end + n + 2;
	} while (end < rest->len && (rest->at[end] == ' ' || rest->at[end] == '\t'));
	slice line = slice_first(*rest, end);
	*rest = slice_from(*rest, end);
	if (line.len >= 2 && line.at[line.len - 1] == '\n') {
		line.len -= 2;
	}
	slice value = line, name = slice_split(&value, ':');
	return (struct field) { .name = slice_trim_wsp(name), .value = value };
}

static void split_message(struct message *m, slice octets)
{
	while (octets.len && !slice_starts(octets, S("\r\n"))) {
		insert_field(m, m->n, split_field(&octets));
	}
	m->body = slice_from(octets, 2);
}

static void put_without_cr(struct buf *b, slice s)
{
	while (s.at) {
		buf_put(b, slice_split(&s, '\r'));
	}
}

static char say_fields(struct milter_client *c, const struct message *m)
{
	struct buf data;
	char reply = 'c';
	buf_init(&data, OUT_OCTETS);
	for (size_t i = 0; reply == 'c' && i < m->n && !(c->protocol & NO_FIELDS); i++) {
		slice value = m->fields[i].value;
		buf_clear(&data);
		buf_put(&data, m->fields[i].name);
		buf_put_char(&data, '\0');
		put_without_cr(&data, !(c->protocol & LEADING_SPACE) && slice_starts(value, S(" "))
		                              ? slice_from(value, 1)
		                              : value);
		buf_put_char(&data, '\0');
		reply = step_text(c, 'L', &data);
	}
	buf_finish(&data);
	return reply;
}

/* `*ret_last`: what is left for the frame of the end. */
static char say_body(struct milter_client *c, const struct milter_mail *mail, slice body, slice *ret_last)
{
	size_t chunk = mail->chunk_octets ? mail->chunk_octets : CHUNK_OCTETS;
	char reply = 'c';
	while (reply == 'c' && body.len > (mail->last_with_end ? chunk : 0)) {
		reply = take_step(c, 'B', slice_first(body, chunk), S(""));
		body = slice_from(body, chunk);
	}
	*ret_last = mail->last_with_end ? body : S("");
	return reply == 's' ? 'c' : reply;
}

static char say_path(struct milter_client *c, char command, const char *address, const char *const *arguments)
{
	struct buf data;
	buf_init(&data, 65536);
	buf_put_char(&data, '<');
	buf_put_text(&data, address);
	put_text(&data, ">");
	for (; arguments && *arguments; arguments++) {
		put_text(&data, *arguments);
	}
	char reply = step_text(c, command, &data);
	buf_finish(&data);
	return reply;
}

/* 'c' if one was taken at least. */
static char say_recipients(struct milter_client *c, const struct milter_mail *mail, size_t *ret_refused)
{
	char refusal = 'c';
	size_t taken = 0;
	for (const char *const *to = mail->recipients; *to; to++) {
		char reply = say_path(c, 'R', *to, NULL);
		if (!reply) {
			return 0;
		}
		taken += reply == 'c';
		*ret_refused += reply != 'c';
		refusal = reply == 'c' ? refusal : reply;
		c->queue_id = mail->queue_id;
	}
	return taken || !*mail->recipients ? 'c' : refusal;
}

/* Up to the end of the body.  What is not 'c' ends the message. */
static char say_message(struct milter_client *c, const struct milter_mail *mail, const struct message *m,
                        slice *ret_last, size_t *ret_refused)
{
	char reply = say_path(c, 'M', mail->mail_from, mail->arguments);
	reply = reply == 'c' ? say_recipients(c, mail, ret_refused) : reply;
	reply = reply == 'c' ? take_step(c, 'T', S(""), S("")) : reply;
	reply = reply == 'c' ? say_fields(c, m) : reply;
	reply = reply == 'c' ? take_step(c, 'N', S(""), S("")) : reply;
	return reply == 'c' ? say_body(c, mail, m->body, ret_last) : reply;
}

/* ---- what the filter wants done ---- */

/* name NUL value NUL */
static bool read_field(slice data, bool leading_space, struct field *ret)
{
	slice name = slice_split(&data, '\0');
	if (!data.at || !data.len || data.at[data.len - 1] != '\0' || slice_find_char(data, '\r') != SLICE_NONE) {
		return false;
	}
	slice value = slice_first(data, data.len - 1);
	size_t blank = !leading_space && value.len;
	char *owned = malloc(name.len + blank + value.len + 1);
	if (!owned) {
		abort();
	}
	memcpy(owned, name.at, name.len);
	memset(owned + name.len, ' ', blank);
	memcpy(owned + name.len + blank, value.at, value.len);
	*ret = (struct field) { .name = slice_make(owned, name.len),
		                .value = slice_make(owned + name.len, blank + value.len),
		                .owned = owned };
	return slice_find_char(value, '\0') == SLICE_NONE && name.len > 0;
}

/* The index-th field of that name as they are now, 0 taken for 1; the one that the mail server put on top has no name. */
static size_t find_field(const struct message *m, slice name, uint32_t index)
{
	uint32_t seen = 0;
	for (size_t i = 0; i < m->n; i++) {
		if (slice_eq_nocase(m->fields[i].name, name) && ++seen >= index) {
			return i;
		}
	}
	return m->n;
}

static void change_field(struct message *m, uint32_t index, struct field field, struct milter_answer *answer)
{
	size_t at = find_field(m, field.name, index);
	answer->deleted += field.value.len == 0 && at < m->n;
	if (at < m->n) {
		remove_field(m, at);
	}
	if (field.value.len) {
		insert_field(m, at, field);
	} else {
		free(field.owned);
	}
}

static bool take_edit(struct milter_client *c, struct message *m, char letter, slice data, struct milter_answer *answer)
{
	struct field field = { 0 };
	uint32_t needed = letter == 'm' ? CHANGE_FIELDS : ADD_FIELDS;
	bool indexed = letter != 'h';
	uint32_t index = indexed && data.len >= 4 ? number_of(data.at) : (uint32_t)m->n;
	if (!(c->actions & needed) || (indexed && data.len < 4) ||
	    !read_field(indexed ? slice_from(data, 4) : data, c->protocol & LEADING_SPACE, &field)) {
		free(field.owned);
		return fail(c, "a change that was not agreed, or is none");
	}
	if (letter == 'm') {
		change_field(m, index, field, answer);
	} else {
		insert_field(m, index, field);
		answer->inserted++;
	}
	return true;
}

/* One reply that is not the last. */
static bool take_reply(struct milter_client *c, struct message *m, char letter, slice data,
                       struct milter_answer *answer)
{
	switch (letter) {
	case 'p':
		answer->progress++;
		return true;
	case 'q':
		snprintf(answer->held, sizeof(answer->held), "%.*s", (int)data.len, data.at);
		return (c->actions & QUARANTINE) || fail(c, "quarantine was not agreed");
	case 'h':
	case 'i':
	case 'm':
		return take_edit(c, m, letter, data, answer);
	default:
		return fail(c, "a reply that is none");
	}
}

static void put_lines(struct buf *b, slice value)
{
	while (value.at) {
		slice line = slice_split(&value, '\n');
		if (line.len && line.at[line.len - 1] == '\r') {
			line.len--;
		}
		buf_put(b, line);
		buf_put(b, S("\r\n"));
	}
}

static void put_delivered(struct buf *b, const struct message *m)
{
	for (size_t i = 0; i < m->n; i++) {
		buf_put(b, m->fields[i].name);
		buf_put(b, m->fields[i].name.len ? S(":") : S(""));
		put_lines(b, m->fields[i].value);
	}
	buf_put(b, S("\r\n"));
	buf_put(b, m->body);
}

static char say_end(struct milter_client *c, struct message *m, slice last, struct milter_answer *answer)
{
	put_macros(c, step_of('E'));
	put_head(c, 'E', last.len);
	buf_put(&c->out, last);
	if (!flush(c)) {
		return 0;
	}
	for (;;) {
		slice data = { 0 };
		char letter = read_reply(c, &data);
		if (letter == 'y') {
			take_text(c, data);
		}
		if (!letter || strchr("crtyad4", letter)) {
			return letter;
		}
		if (!take_reply(c, m, letter, data, answer)) {
			return 0;
		}
	}
}

static void finish_message(struct message *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->fields[i].owned);
	}
	free(m->fields);
}

bool milter_client_message(struct milter_client *c, const struct milter_mail *mail, bool deliver,
                           struct milter_answer *answer)
{
	struct message m = { 0 };
	char received[200];
	slice last = S("");
	*answer = (struct milter_answer) { 0 };
	buf_init(&answer->delivered, SIZE_MAX / 2);
	split_message(&m, mail->octets);
	c->queue_id = NULL;
	c->text[0] = '\0';
	char reply = say_message(c, mail, &m, &last, &answer->refused);
	/* Hidden from the filter, but insertion counts it. */
	snprintf(received, sizeof(received), "Received: by mx.example.net (Postfix) id %s", mail->queue_id);
	insert_field(&m, 0, (struct field) { .value = slice_of(received) });
	reply = reply == 'c' ? say_end(c, &m, last, answer) : reply;
	if (reply) {
		put_head(c, 'A', 0); /* behind every message; it leaves with what comes next */
	}
	c->queue_id = NULL;
	answer->reply = reply;
	answer->fault = reply ? NULL : c->fault;
	memcpy(answer->text, c->text, sizeof(answer->text));
	if (deliver && (reply == 'c' || reply == 'a')) {
		put_delivered(&answer->delivered, &m);
	}
	finish_message(&m);
	return reply != 0;
}

void milter_answer_finish(struct milter_answer *answer)
{
	buf_finish(&answer->delivered);
}

bool milter_client_abort(struct milter_client *c, const struct milter_mail *mail, size_t body_octets)
{
	struct message m = { 0 };
	slice last;
	size_t refused = 0;
	split_message(&m, mail->octets);
	m.body = slice_first(m.body, body_octets);
	char reply = say_message(c, mail, &m, &last, &refused);
	finish_message(&m);
	c->queue_id = NULL;
	put_head(c, 'A', 0);
	return reply && flush(c);
}

bool milter_client_next(struct milter_client *c)
{
	buf_clear(&c->out); /* Sendmail says QUIT_NC, and no ABORT behind a message: libmilter would not take both */
	put_head(c, 'K', 0);
	return flush(c);
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
		put_head(c, 'Q', 0);
		flush(c);
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
