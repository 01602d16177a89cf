/* SPDX-License-Identifier: Apache-2.0 */
/* milter_client: the mail server's side of the milter protocol, as Postfix 3.7 speaks it; it blocks.
 *
 *     char error[MILTER_CLIENT_ERROR];
 *     struct milter_client *c = milter_client_open(&(struct milter_client_settings){ .address = "unix:/run/x.sock" }, error);
 *     milter_client_start(c, &(struct milter_peer){ .ip = "192.0.2.1", .name = "mx.example", .helo = "mx.example" });
 *     milter_client_message(c, &message, &answer);     // any number of them
 *     milter_answer_finish(&answer);
 *     milter_client_quit(c);
 *
 * It tells the macros that the filter asked for, in their turn, leaves out what was agreed to be left out, and applies what
 * the filter says to the message by the index rules of Postfix.  Written from the description of the protocol, not from the
 * codec that it tests.  A filter that says what was not agreed is a fault. */
#ifndef SIGNET_TESTS_MILTER_CLIENT_H
#define SIGNET_TESTS_MILTER_CLIENT_H

#include "../../src/base/buf.h"

#define MILTER_CLIENT_ERROR 200
#define MILTER_CLIENT_MACROS 16

struct milter_client_settings {
	const char *address; /* "unix:PATH", "inet:PORT" on loopback, "inet:ADDRESS:PORT" */
	uint32_t version, actions, protocol; /* that are offered; all 0: those of Postfix 3.7 */
	int timeout_ms; /* 0: 30 s */
	size_t write_octets; /* written at once at most, as a mail server's buffer does; 0: up to where a reply is due */
	bool no_delay; /* TCP_NODELAY; Postfix sets it not */
};

struct milter_macro {
	const char *name, *value; /* "{auth_authen}" */
};

/* Who is connected to the mail server. */
struct milter_peer {
	const char *ip; /* NULL: local, not known */
	uint16_t port;
	const char *name; /* NULL: "unknown" */
	const char *helo; /* NULL: says none */
	struct milter_macro macros[MILTER_CLIENT_MACROS]; /* besides j, {daemon_name} and kin of the mail server */
};

struct milter_mail {
	slice octets; /* the message, with CRLF */
	const char *mail_from; /* without <> */
	const char *const *arguments; /* "BODY=8BITMIME"..., NULL behind the last; may be NULL */
	const char *const *recipients; /* NULL behind the last */
	const char *queue_id; /* told from the first recipient on */
	size_t chunk_octets; /* of the body; 0: 65535 */
	bool last_with_end; /* the last chunk in the frame of the end of the message, as Sendmail's library can */
};

struct milter_answer {
	char reply; /* c, r, t, y, or another that ends a message; 0: no answer, see fault */
	char text[1200]; /* of y, "%%" undone */
	char held[300]; /* why it is in quarantine; "": it is not */
	const char *fault; /* static text */
	size_t progress, inserted, deleted;
	size_t refused; /* recipients */
	struct buf
		delivered; /* with the field that the mail server put on top; only if milter_client_message was asked for it */
};

struct milter_client;

/* Connects and agrees on options.  NULL: why is in `error`. */
struct milter_client *milter_client_open(const struct milter_client_settings *settings,
                                         char error[static MILTER_CLIENT_ERROR]);
/* CONNECT and HELO.  False: refused, or the filter is gone. */
bool milter_client_start(struct milter_client *c, const struct milter_peer *peer);
/* One message from MAIL to the answer.  False: answer->fault says what the filter did wrong. */
bool milter_client_message(struct milter_client *c, const struct milter_mail *mail, bool deliver,
                           struct milter_answer *answer);
void milter_answer_finish(struct milter_answer *answer);
/* MAIL, recipients, header, and so much of the body; then ABORT. */
bool milter_client_abort(struct milter_client *c, const struct milter_mail *mail, size_t body_octets);
/* QUIT_NC; milter_client_start() comes next. */
bool milter_client_next(struct milter_client *c);
/* QUIT, and the end of `c`; accepts NULL. */
void milter_client_quit(struct milter_client *c);
/* The end without QUIT. */
void milter_client_drop(struct milter_client *c);

/* What was agreed. */
uint32_t milter_client_version(const struct milter_client *c);
uint32_t milter_client_protocol(const struct milter_client *c);
/* For what only hostile peers do. */
int milter_client_socket(const struct milter_client *c);

#endif
