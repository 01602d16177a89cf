/* SPDX-License-Identifier: Apache-2.0 */
/* A session and what it makes of a dialogue with a mail server: what it calls and what it replies, as text.
 *
 *     struct run r = { 0 };
 *     run_start(&r, POSTFIX CONNECT HELO MESSAGE);
 *     row_text("-", "...", buf_slice(&r.scene.calls), "begin ...");
 *     run_close(&r);
 */
#ifndef SIGNET_TESTS_MILTER_DIALOGUE_H
#define SIGNET_TESTS_MILTER_DIALOGUE_H

#include "script.h"

#define POSTFIX "O 6 1ff 1fffff\n"
#define SENDMAIL "O 6 1ff 301fffff\n" /* with the sizes of data that Sendmail and libmilter agree on among themselves */
#define OLD "O 2 3f 7f\n"
#define TERMS                                                                                                          \
	" 0=[j {daemon_name} {daemon_addr} {daemon_port} {client_ptr} {client_resolve}] 1=[{tls_version} {cipher}]"    \
	" 2=[i {auth_authen} {auth_type} {tls_version} {cipher}] 3=[i] 4=[i] 5=[i] 6=[i]\n"
#define POSTFIX_TERMS "O 6 131 1ff380" TERMS
#define EARLY_TERMS "O 6 131 1f7380" TERMS

#define CONNECT                                                                                                        \
	"D Cj|mx.example.net|{daemon_name}|smtpd|{daemon_port}|25|\n"                                                  \
	"C client.example|409192.0.2.1|\n"
#define HELO "H client.example|\n"
#define MESSAGE                                                                                                        \
	"M <a@b.example>|SIZE=10|\n"                                                                                   \
	"R <c@d.example>|\n"                                                                                           \
	"D Ni|4Qx|\n"                                                                                                  \
	"L Subject| hi|\n"                                                                                             \
	"N \n"                                                                                                         \
	"B one~\n"                                                                                                     \
	"E \n"
#define BEGIN                                                                                                          \
	"begin from=a@b.example client=192.0.2.1:12345 name=client.example helo=client.example j=mx.example.net "      \
	"daemon=smtpd port=25"
#define REST "field Subject=[ hi]\nheader\nbody one\r\n\nend to=c@d.example id=4Qx\nclose\n"

/* What is called, written down; and how the message answers. */
struct scene {
	bool in_body;
	struct buf calls;
	bool slow; /* answers are not there at once */
	bool starved; /* begin() has no memory */
	bool keeps_still; /* nobody wakes the session */
	const struct outcome *early, *outcome;
	const char *refused; /* the recipient that `early` is for; the others are taken */
	const struct facts *facts;
	int open;
};

struct run {
	struct scene scene;
	struct session_settings settings;
	struct session *session;
	struct buf replies; /* as text */
	enum session_state state;
};

/* All of it is set up but for `scene` and `settings`, which are for the caller. */
void run_open(struct run *r);
void run_close(struct run *r);
/* The octets against an unreadable page; woken as often as it waits, unless the scene keeps still. */
void run_feed(struct run *r, slice octets);
void run_take_replies(struct run *r);
/* Opens, and feeds the octets of a dialogue; feeds more of it. */
void run_start(struct run *r, const char *script);
void run_say(struct run *r, const char *script);
/* Frees the session: is nothing left open that was? */
bool run_ends_clean(struct run *r);

struct dialogue {
	const char *what, *script, *calls, *replies, *fault;
	enum session_state state;
	struct scene scene;
	bool early;
};

/* Rows: the dialogue at once; the same in every split; and the peer gone after each octet. */
void dialogue_row(const struct dialogue *row);

#endif
