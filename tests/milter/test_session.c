/* SPDX-License-Identifier: Apache-2.0 */
/* Dialogues with a mail server: what is called, what is replied, whatever way the octets are split. */
#include <stdio.h>

#include "../../src/base/ip.h"
#include "../support/rows.h"
#include "script.h"

#define POSTFIX "O 6 1ff 1fffff\n"
#define SENDMAIL "O 6 1ff 301fffff\n" /* with the sizes of data that Sendmail and libmilter agree on among themselves */
#define OLD "O 2 3f 7f\n"
#define TERMS                                                                                                          \
	" 0=[j {daemon_name} {daemon_addr} {daemon_port} {client_ptr} {client_resolve}] 1=[{tls_version} {cipher}]"    \
	" 2=[i {auth_authen} {auth_type} {tls_version} {cipher}] 3=[i] 4=[i] 5=[i] 6=[i]\n"
#define POSTFIX_TERMS "O 6 131 1ff380" TERMS
#define EARLY_TERMS "O 6 131 1f7380" TERMS

/* ---- what is called, written down ---- */

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

static const struct outcome go_on = { OUTCOME_CONTINUE };

static void tell(struct scene *c, const char *what, slice value)
{
	if (value.len) {
		buf_put_char(&c->calls, ' ');
		buf_put_text(&c->calls, what);
		buf_put(&c->calls, value);
	}
}

static void line(struct scene *c, const char *word)
{
	buf_put_text(&c->calls, c->in_body ? "\n" : "");
	buf_put_text(&c->calls, word);
	c->in_body = false;
}

static void tell_client(struct scene *c, const struct facts *f)
{
	struct buf ip;
	buf_init(&ip, 100);
	if (f->client.family) {
		ip_put(&ip, &f->client);
		buf_put_char(&ip, ':');
		buf_put_number(&ip, f->client_port);
	}
	tell(c, "client=", buf_slice(&ip));
	tell(c, "name=", f->client_name);
	tell(c, "ptr=", f->client_ptr);
	tell(c, "resolve=", f->client_resolve);
	buf_finish(&ip);
}

static void tell_facts(struct scene *c, const struct facts *f)
{
	tell(c, "from=", f->mail_from);
	tell_client(c, f);
	tell(c, "helo=", f->helo);
	tell(c, "j=", f->server_name);
	tell(c, "daemon=", f->daemon_name);
	tell(c, "addr=", f->daemon_addr);
	tell(c, "port=", f->daemon_port);
	tell(c, "tls=", f->tls_version);
	tell(c, "cipher=", f->tls_cipher);
	tell(c, "login=", f->login);
	tell(c, "type=", f->login_type);
	tell(c, "id=", f->queue_id);
	tell(c, "", f->body_8bit ? S("8bit") : S(""));
	tell(c, "", f->smtputf8 ? S("utf8") : S(""));
	tell(c, "", f->can_hold ? S("") : S("unheld"));
	tell(c, "", f->leading_space ? S("") : S("eaten"));
	buf_put_text(&c->calls, "\n");
}

static void *on_begin(void *data, struct session *s, const struct facts *facts)
{
	struct scene *c = data;
	(void)s;
	c->facts = facts;
	line(c, "begin");
	tell_facts(c, facts);
	c->open += !c->starved;
	return c->starved ? NULL : c;
}

static void put_recipients(struct scene *c)
{
	for (size_t i = 0; i < c->facts->n_recipients; i++) {
		tell(c, "to=", c->facts->recipients[i]);
	}
	if (c->facts->all_recipients != c->facts->n_recipients) {
		buf_put_text(&c->calls, " of ");
		buf_put_number(&c->calls, c->facts->all_recipients);
	}
	tell(c, "id=", c->facts->queue_id);
	buf_put_text(&c->calls, "\n");
}

static bool on_early(void *message)
{
	struct scene *c = message;
	line(c, "early");
	put_recipients(c);
	return !c->slow;
}

static void on_field(void *message, slice name, slice value)
{
	struct scene *c = message;
	line(c, "field ");
	buf_put(&c->calls, name);
	buf_put_text(&c->calls, "=[");
	buf_put(&c->calls, value);
	buf_put_text(&c->calls, "]\n");
}

static void on_end_of_header(void *message)
{
	line(message, "header\n");
}

static void on_body(void *message, slice octets)
{
	struct scene *c = message;
	buf_put_text(&c->calls, c->in_body ? "" : "body ");
	buf_put(&c->calls, octets);
	c->in_body = true;
}

static bool on_end(void *message)
{
	struct scene *c = message;
	line(c, "end");
	put_recipients(c);
	return !c->slow;
}

static bool is_for_early(const struct scene *c)
{
	slice last = c->facts->n_recipients ? c->facts->recipients[c->facts->n_recipients - 1] : S("");
	return !c->refused || slice_eq(last, slice_of(c->refused));
}

static const struct outcome *on_outcome(void *message)
{
	struct scene *c = message;
	slice calls = buf_slice(&c->calls);
	bool at_end = slice_find(slice_from(calls, calls.len > 200 ? calls.len - 200 : 0), S("\nend")) != SLICE_NONE;
	if (!at_end && c->early) {
		return is_for_early(c) ? c->early : &go_on;
	}
	return c->outcome;
}

static void on_close(void *message)
{
	struct scene *c = message;
	line(c, "close\n");
	c->open--;
}

static const struct session_calls calls = { on_begin, on_early, on_field,   on_end_of_header,
	                                    on_body,  on_end,   on_outcome, on_close };

/* ---- a dialogue ---- */

struct run {
	struct scene scene;
	struct session_settings settings;
	struct session *session;
	struct buf replies; /* as text */
	enum session_state state;
};

static void open_run(struct run *r)
{
	buf_init(&r->scene.calls, 4 << 20);
	buf_init(&r->replies, 4 << 20);
	r->scene.outcome = r->scene.outcome ? r->scene.outcome : &go_on;
	r->session = session_new(&r->settings, &calls, &r->scene);
	r->state = SESSION_READS;
}

static void take_replies(struct run *r)
{
	struct buf *out = session_out(r->session);
	script_tell(&r->replies, buf_slice(out));
	buf_clear(out);
}

static void feed(struct run *r, slice octets)
{
	r->state = session_feed(r->session, guarded(octets, false));
	while (r->state == SESSION_WAITS && !r->scene.keeps_still) {
		r->state = session_wake(r->session);
	}
	take_replies(r);
}

static void close_run(struct run *r)
{
	session_free(r->session);
	buf_finish(&r->scene.calls);
	buf_finish(&r->replies);
	r->scene = (struct scene) { 0 };
}

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

static const struct outcome_edit edits[] = {
	{ OUTCOME_DELETE, 2, { "A-R", 3 }, { "", 0 } },
	{ OUTCOME_DELETE, 1, { "A-R", 3 }, { "", 0 } },
	{ OUTCOME_INSERT, 0, { "A-R", 3 }, { " a;\n\tb", 6 } },
};
static const struct outcome marked = { .edits = edits, .n_edits = 3 };
static const struct outcome held = { .hold = { "p=quarantine", 12 }, .edits = edits, .n_edits = 1 };
static const struct outcome rejected = { OUTCOME_REJECT, { "550 5.7.1 100% no", 17 }, .edits = edits, .n_edits = 3 };
static const struct outcome rejected_plainly = { OUTCOME_REJECT };
static const struct outcome deferred = { OUTCOME_TEMPFAIL, { "451 4.7.1 later", 15 } };
static const struct outcome deferred_badly = { OUTCOME_TEMPFAIL, { "550 5.7.1 no", 12 } };

/* The dialogue that was recorded. */
#define RECV " client=192.0.2.77:12345 name=client.example resolve=OK helo="
#define RECV_MORE " j=mx.recv.example daemon=mx.recv.example addr=127.0.0.1 port=2525\n"

struct row {
	const char *what, *script, *calls, *replies, *fault;
	enum session_state state;
	struct scene scene;
	bool early;
};

static const struct row rows[] = {
	/* ---- options ---- */
	{ "Postfix 3.7: all that spares replies, leading blanks, three actions and the list of macros",
	  POSTFIX,
	  "",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "replies to recipients when they are answered early",
	  POSTFIX,
	  "",
	  EARLY_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  true },
	{ "Sendmail 8.17", SENDMAIL, "", POSTFIX_TERMS, NULL, SESSION_READS, { 0 }, false },
	{ "a version to come", "O 7 ffffffff ffffffff\n", "", POSTFIX_TERMS, NULL, SESSION_READS, { 0 }, false },
	{ "Sendmail 8.13, version 2: nothing that was not offered",
	  OLD,
	  "",
	  "O 2 31 0\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "version 4 with a reply to each", "O 4 3f 3ff\n", "", "O 4 31 380\n", NULL, SESSION_READS, { 0 }, false },
	{ "version 6 that lets nobody say which macros",
	  "O 6 ff 1fffff\n",
	  "",
	  "O 6 31 1ff380\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "version 1", "O 1 f 3f\n", "", "", "no options of a version from 2 on", SESSION_ENDS, { 0 }, false },
	{ "fields may not be changed",
	  "O 6 2f 1fffff\n",
	  "",
	  "",
	  "the mail server does not let header fields be changed",
	  SESSION_ENDS,
	  { 0 },
	  false },
	/* ---- whole dialogues ---- */
	{ "Postfix: a message",
	  POSTFIX CONNECT HELO MESSAGE "Q \n",
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "the same, judged later",
	  POSTFIX CONNECT HELO MESSAGE,
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { .slow = true },
	  false },
	{ "as Postfix 3.7.11 said it: two recipients, RSET, EHLO in an envelope, a header-only message of the null "
	  "sender",
	  POSTFIX
	  "D "
	  "Cj|mx.recv.example|{daemon_name}|mx.recv.example|{daemon_addr}|127.0.0.1|{daemon_port}|2525|{client_resolve}"
	  "|OK|\n"
	  "C client.example|409192.0.2.77|\nD H\nH c.example|\n"
	  "D M\nM <a@b.example>|\nD R\nR <x@recv.example>|\nD Ri|5415DAB683D|\nR <y@recv.example>|\nD Ti|5415DAB683D|\n"
	  "D Li|5415DAB683D|\nL Subject|nosp|\nD Li|5415DAB683D|\nL A|\tx^  folded|\nD Li|5415DAB683D|\n"
	  "L Message-Id| <20261128035448.5415DAB683D@mx.recv.example>|\nD Ni|5415DAB683D|\nN \n"
	  "D Bi|5415DAB683D|\nB hello~\nD Ei|5415DAB683D|\nE \nA \n"
	  "D M\nM <q@b.example>|SIZE=100|BODY=8BITMIME|\nA \n"
	  "D M\nM <q2@b.example>|\nD H\nH again.example|\nA \nA \n"
	  "D M\nM <>|\nD R\nR <x@recv.example>|\nD Ti|5AB7FAB683E|\nD Li|5AB7FAB683E|\nL A| b|\nD Ni|5AB7FAB683E|\nN \n"
	  "D Ei|5AB7FAB683E|\nE \nA \nD U\nA \nQ \n",
	  "begin from=a@b.example" RECV "c.example" RECV_MORE "field Subject=[nosp]\nfield A=[\tx\n  folded]\n"
	  "field Message-Id=[ <20261128035448.5415DAB683D@mx.recv.example>]\nheader\nbody hello\r\n\n"
	  "end to=x@recv.example to=y@recv.example id=5415DAB683D\nclose\n"
	  "begin from=q@b.example" RECV
	  "c.example j=mx.recv.example daemon=mx.recv.example addr=127.0.0.1 port=2525 8bit\nclose\n"
	  "begin from=q2@b.example" RECV "c.example" RECV_MORE "close\n"
	  "begin" RECV "again.example" RECV_MORE "field A=[ b]\nheader\nend to=x@recv.example id=5AB7FAB683E\nclose\n",
	  POSTFIX_TERMS "c\nc\n",
	  NULL,
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "version 2: a reply to each",
	  OLD CONNECT HELO MESSAGE "Q \n",
	  BEGIN " eaten\n" REST,
	  "O 2 31 0\nc\nc\nc\nc\nc\nc\nc\nc\n",
	  NULL,
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "DATA and unknown commands, version 6 without what spares replies",
	  "O 6 1ff 0\n" CONNECT HELO "U WIZ|\nM <a@b.example>|\nT \nA \n",
	  BEGIN " eaten\nclose\n",
	  "O 6 131 0" TERMS "c\nc\nc\nc\nc\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "the same, spared",
	  POSTFIX CONNECT HELO "U WIZ|\nM <a@b.example>|\nT \nU NOOP|\nA \n",
	  BEGIN "\nclose\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "two messages",
	  POSTFIX CONNECT HELO MESSAGE MESSAGE "Q \n",
	  BEGIN "\n" REST BEGIN "\n" REST,
	  POSTFIX_TERMS "c\nc\n",
	  NULL,
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "two messages, the second sent before the first is judged",
	  POSTFIX CONNECT HELO MESSAGE MESSAGE,
	  BEGIN "\n" REST BEGIN "\n" REST,
	  POSTFIX_TERMS "c\nc\n",
	  NULL,
	  SESSION_READS,
	  { .slow = true },
	  false },
	{ "no HELO",
	  POSTFIX CONNECT "M <>|\nR <p@q.example>|\nN \nE \n",
	  "begin client=192.0.2.1:12345 name=client.example j=mx.example.net daemon=smtpd port=25\nheader\nend "
	  "to=p@q.example\nclose\n",
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "Sendmail: the body in the frame of its end",
	  SENDMAIL CONNECT HELO "M <a@b.example>|\nN \nE one~\n",
	  BEGIN "\nheader\nbody one\r\n\nend\nclose\n",
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "a body in many pieces, CR and LF apart, some of them empty",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nB on\nB e\nB \nB ~tw\nB o~\nE \n",
	  BEGIN "\nheader\nbody one\r\ntwo\r\n\nend\nclose\n",
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "NUL in a body",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nB x\nE \n",
	  BEGIN "\nheader\nbody x\nend\nclose\n",
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "no field and no body",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nE \n",
	  BEGIN "\nheader\nend\nclose\n",
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	/* ---- facts ---- */
	{ "a folded field, a blank that is missing, a tab, an empty one",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A| b^\tc|\nL B|no|\nL C|\tx|\nL D||\nN \nE \n",
	  BEGIN "\nfield A=[ b\n\tc]\nfield B=[no]\nfield C=[\tx]\nfield D=[]\nheader\nend\nclose\n",
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "HELO again: the last one counts",
	  POSTFIX CONNECT HELO "D H{tls_version}|TLSv1.3|{cipher}|X|\nH second.example|\nM <a@b.example>|\n",
	  "begin from=a@b.example client=192.0.2.1:12345 name=client.example helo=second.example j=mx.example.net "
	  "daemon=smtpd "
	  "port=25 tls=TLSv1.3 cipher=X\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "HELO survives ABORT, the message does not",
	  POSTFIX CONNECT HELO "D M{auth_authen}|joe|i|4Q1|\nM <a@b.example>|\nA \nM <>|\n",
	  BEGIN " login=joe id=4Q1\nclose\nbegin client=192.0.2.1:12345 name=client.example helo=client.example "
	        "j=mx.example.net daemon=smtpd port=25\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "macros of MAIL stand over those of the client",
	  POSTFIX CONNECT HELO
	  "D M{daemon_name}|ORIGINATING|{auth_type}|PLAIN|\nM <a@b.example>|\nA \nM <a@b.example>|\n",
	  "begin from=a@b.example client=192.0.2.1:12345 name=client.example helo=client.example j=mx.example.net "
	  "daemon=ORIGINATING port=25 type=PLAIN\nclose\n" BEGIN "\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "the last value of a macro counts",
	  POSTFIX "D Cj|one|\nD Cj|two|\nC unknown|409192.0.2.1|\nD Mi|1|\nD Mi|2|\nM <>|\n",
	  "begin client=192.0.2.1:12345 j=two id=2\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "the queue id comes with the first recipient, or later",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nR <c@d.example>|\nD Ni|4Qx|\nN \nD Ei|4Qy|\nE \n",
	  BEGIN "\nheader\nend to=c@d.example id=4Qy\nclose\n",
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "macros of an ABORTed envelope that never was",
	  POSTFIX CONNECT HELO "D Mi|1|\nA \nM <a@b.example>|\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "arguments of MAIL",
	  POSTFIX CONNECT HELO "M <a@b.example>|SIZE=1|body=8bitmime|SMTPUTF8|\n",
	  BEGIN " 8bit utf8\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "other arguments",
	  POSTFIX CONNECT HELO "M <a@b.example>|BODY=7BIT|SMTPUTF8=|\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "a client without name",
	  POSTFIX "C unknown|409192.0.2.1|\nM <>|\n",
	  "begin client=192.0.2.1:12345\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "the same in the words of Sendmail",
	  SENDMAIL "C [192.0.2.1]|409192.0.2.1|\nM <>|\n",
	  "begin client=192.0.2.1:12345\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "a name that its address does not confirm",
	  SENDMAIL "D C{client_ptr}|bank.example|{client_resolve}|FORGED|\nC bank.example|409192.0.2.1|\nM <>|\n",
	  "begin client=192.0.2.1:12345 ptr=bank.example resolve=FORGED\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "one that it confirms",
	  SENDMAIL "D C{client_resolve}|OK|\nC bank.example|409192.0.2.1|\nM <>|\n",
	  "begin client=192.0.2.1:12345 name=bank.example resolve=OK\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "IPv6",
	  POSTFIX "C h.example|609IPv6:2001:db8::1|\nM <>|\n",
	  "begin client=2001:db8::1:12345 name=h.example\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "local mail over a socket",
	  POSTFIX "C localhost|L||/run/x|\nM <>|\n",
	  "begin name=localhost\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "local mail",
	  POSTFIX "C localhost|U\nM <>|\n",
	  "begin name=localhost\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "macros that nobody asked for",
	  POSTFIX CONNECT HELO "D M{mail_addr}|x|v|Postfix|{}|y||z|\nM <a@b.example>|\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	/* ---- outcomes ---- */
	{ "fields deleted and inserted",
	  POSTFIX CONNECT HELO MESSAGE,
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "m 2 A-R=[]\nm 1 A-R=[]\ni 0 A-R=[ a;\n\tb]\nc\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &marked },
	  false },
	{ "without the blank, where the mail server adds one",
	  OLD CONNECT HELO MESSAGE,
	  BEGIN " eaten\n" REST,
	  "O 2 31 0\nc\nc\nc\nc\nc\nc\nc\nm 2 A-R=[]\nm 1 A-R=[]\ni 0 A-R=[a;\n\tb]\nc\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &marked },
	  false },
	{ "held",
	  POSTFIX CONNECT HELO MESSAGE,
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "q p=quarantine\nm 2 A-R=[]\nc\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &held },
	  false },
	{ "held by a mail server that cannot: not delivered",
	  "O 6 1df 1fffff\n" CONNECT HELO MESSAGE,
	  BEGIN " unheld\n" REST,
	  "O 6 111 1ff380" TERMS "t\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &held },
	  false },
	{ "rejected: no change, % twice",
	  POSTFIX CONNECT HELO MESSAGE,
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "y 550 5.7.1 100%% no\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &rejected },
	  false },
	{ "rejected in the words of the mail server",
	  POSTFIX CONNECT HELO MESSAGE,
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "r\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &rejected_plainly },
	  false },
	{ "deferred",
	  POSTFIX CONNECT HELO MESSAGE,
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "y 451 4.7.1 later\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &deferred },
	  false },
	{ "deferred, with a text of the wrong class",
	  POSTFIX CONNECT HELO MESSAGE,
	  BEGIN "\n" REST,
	  POSTFIX_TERMS "t\n",
	  NULL,
	  SESSION_READS,
	  { .outcome = &deferred_badly },
	  false },
	{ "no memory for a message: later",
	  POSTFIX CONNECT HELO MESSAGE MESSAGE,
	  BEGIN "\n" BEGIN "\n",
	  POSTFIX_TERMS "t\nt\n",
	  NULL,
	  SESSION_READS,
	  { .starved = true },
	  false },
	{ "the same at MAIL, where that is replied to",
	  OLD CONNECT HELO "M <a@b.example>|\nA \nM <a@b.example>|\n",
	  BEGIN " eaten\n" BEGIN " eaten\n",
	  "O 2 31 0\nc\nc\nt\nt\n",
	  NULL,
	  SESSION_READS,
	  { .starved = true },
	  false },
	/* ---- early answers ---- */
	{ "recipients are answered",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nR <c@d.example>|\nR <e@f.example>|\nN \nE \n",
	  BEGIN "\nearly to=c@d.example\nheader\nend to=c@d.example to=e@f.example\nclose\n",
	  EARLY_TERMS "c\nc\nc\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  true },
	{ "refused",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nR <c@d.example>|\nR <e@f.example>|\nA \n",
	  BEGIN "\nearly to=c@d.example\nclose\n",
	  EARLY_TERMS "y 550 5.7.1 100%% no\ny 550 5.7.1 100%% no\n",
	  NULL,
	  SESSION_READS,
	  { .early = &rejected },
	  true },
	{ "one of them refused, which is then not among them, judged later",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nR <c@d.example>|\nR <e@f.example>|\nR <g@h.example>|\nN \nE \n",
	  BEGIN "\nearly to=c@d.example\nheader\nend to=c@d.example to=g@h.example\nclose\n",
	  EARLY_TERMS "c\ny 451 4.7.1 later\nc\nc\n",
	  NULL,
	  SESSION_READS,
	  { .early = &deferred, .refused = "e@f.example", .slow = true },
	  true },
	{ "no memory",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nR <c@d.example>|\nA \n",
	  BEGIN "\n",
	  EARLY_TERMS "t\n",
	  NULL,
	  SESSION_READS,
	  { .starved = true },
	  true },
	/* ---- the end at every stage ---- */
	{ "QUIT before options", "Q \n", "", "", NULL, SESSION_ENDS, { 0 }, false },
	{ "QUIT after them", POSTFIX "Q \n", "", POSTFIX_TERMS, NULL, SESSION_ENDS, { 0 }, false },
	{ "QUIT in an envelope",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nQ \n",
	  BEGIN "\nclose\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "QUIT in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b|\nQ \n",
	  BEGIN "\nfield A=[b]\nclose\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "QUIT in a body; nothing behind it is read",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nB x\nQ \nB y\n",
	  BEGIN "\nheader\nbody x\nclose\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "ABORT before a message",
	  POSTFIX "A \n" CONNECT "A \n" HELO "A \nA \n",
	  "",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "ABORT in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b|\nA \n" MESSAGE,
	  BEGIN "\nfield A=[b]\nclose\n" BEGIN "\n" REST,
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "ABORT in a body",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nB x\nA \n" MESSAGE,
	  BEGIN "\nheader\nbody x\nclose\n" BEGIN "\n" REST,
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "QUIT_NC: another client on the same terms",
	  POSTFIX CONNECT HELO MESSAGE "K \nC unknown|U\nM <>|\nN \nE \n",
	  BEGIN "\n" REST "begin\nheader\nend\nclose\n",
	  POSTFIX_TERMS "c\nc\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "QUIT_NC in a body",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nB x\nK \n" CONNECT "M <>|\n",
	  BEGIN "\nheader\nbody x\nclose\nbegin client=192.0.2.1:12345 name=client.example j=mx.example.net "
	        "daemon=smtpd port=25\n",
	  POSTFIX_TERMS,
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "QUIT_NC before a client", POSTFIX "K \nK \n" CONNECT, "", POSTFIX_TERMS, NULL, SESSION_READS, { 0 }, false },
	{ "HELO in an envelope resets it",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nR <c@d.example>|\n" HELO MESSAGE,
	  BEGIN "\nclose\n" BEGIN "\n" REST,
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	{ "MAIL again: the first was refused by another filter",
	  POSTFIX CONNECT HELO "M <x@y.example>|\nD Mi|4|\n" MESSAGE,
	  "begin from=x@y.example client=192.0.2.1:12345 name=client.example helo=client.example j=mx.example.net "
	  "daemon=smtpd port=25\nclose\n" BEGIN " id=4\n" REST,
	  POSTFIX_TERMS "c\n",
	  NULL,
	  SESSION_READS,
	  { 0 },
	  false },
	/* ---- out of turn ---- */
	{ "a client before options", CONNECT, "", "", "a command out of its turn", SESSION_ENDS, { 0 }, false },
	{ "ABORT before options", "A \n", "", "", "a command out of its turn", SESSION_ENDS, { 0 }, false },
	{ "MAIL before a client",
	  POSTFIX "M <>|\n",
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a second client",
	  POSTFIX CONNECT CONNECT,
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a recipient before MAIL",
	  POSTFIX CONNECT HELO "R <a@b>|\n",
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a field before MAIL",
	  POSTFIX CONNECT HELO "L A|b|\n",
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a body before the header is at its end",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b|\nB x\n",
	  BEGIN "\nfield A=[b]\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "an end before that",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nE \n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a field in a body",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nL A|b|\n",
	  BEGIN "\nheader\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a recipient in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b|\nR <a@b>|\n",
	  BEGIN "\nfield A=[b]\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "MAIL in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nT \nM <>|\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "macros of a client in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nT \nD Hj|x|\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "macros of a client in the middle of a message",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "options in the middle",
	  POSTFIX CONNECT POSTFIX,
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	/* ---- no frames ---- */
	{ "an unknown command", POSTFIX "x \n", "", POSTFIX_TERMS, "an unknown command", SESSION_ENDS, { 0 }, false },
	{ "no NUL behind HELO",
	  POSTFIX CONNECT "H mx\n",
	  "",
	  POSTFIX_TERMS,
	  "HELO without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind MAIL",
	  POSTFIX CONNECT "M <>\n",
	  "",
	  POSTFIX_TERMS,
	  "MAIL without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind a recipient",
	  POSTFIX CONNECT "M <>|\nA \nM <>|\nR <>|x\n",
	  "begin client=192.0.2.1:12345 name=client.example j=mx.example.net daemon=smtpd port=25\nclose\n"
	  "begin client=192.0.2.1:12345 name=client.example j=mx.example.net daemon=smtpd port=25\n",
	  POSTFIX_TERMS,
	  "RCPT without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind a field",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "a header field without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind a macro",
	  POSTFIX "D Cj|x\n",
	  "",
	  POSTFIX_TERMS,
	  "macros without their end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a client without address",
	  POSTFIX "C h|4\n",
	  "",
	  POSTFIX_TERMS,
	  "no address of a client",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "something in an ABORT",
	  POSTFIX "A 12345678901234567\n",
	  "",
	  POSTFIX_TERMS,
	  "a frame that is too long",
	  SESSION_ENDS,
	  { 0 },
	  false },
};

/* `step` octets at a time after the first `first`. */
static void play(struct run *r, const struct row *row, slice octets, size_t first, size_t step)
{
	r->scene = row->scene;
	r->settings = (struct session_settings) { .early = row->early };
	open_run(r);
	feed(r, slice_first(octets, first));
	for (octets = slice_from(octets, first); octets.len; octets = slice_from(octets, step)) {
		feed(r, slice_first(octets, step));
	}
}

/* Nothing that is open is left open. */
static bool ends_clean(struct run *r)
{
	session_free(r->session);
	r->session = NULL;
	return r->scene.open == 0;
}

static bool same(struct run *r, const struct row *row)
{
	return slice_eq(buf_slice(&r->scene.calls), slice_of(row->calls)) &&
	       slice_eq(buf_slice(&r->replies), slice_of(row->replies)) && r->state == row->state;
}

static void one_row(const struct row *row)
{
	struct run r = { 0 };
	struct buf octets;
	buf_init(&octets, 1 << 20);
	script_put_all(&octets, row->script);
	slice all = buf_slice(&octets);
	play(&r, row, all, all.len, 1);
	row_text("-", row->what, buf_slice(&r.scene.calls), row->calls);
	row_text("-", row->what, buf_slice(&r.replies), row->replies);
	row_number("-", row->what, r.state, row->state);
	row_text("-", row->what, slice_of(session_fault(r.session)), row->fault ? row->fault : "");
	row_bool("-", row->what, ends_clean(&r), true);
	close_run(&r);
	size_t differ = 0;
	for (size_t i = 0; i <= all.len; i++) {
		play(&r, row, all, i, all.len);
		differ += !same(&r, row);
		differ += !ends_clean(&r);
		close_run(&r);
	}
	for (size_t step = 1; step < 8; step++) {
		play(&r, row, all, 0, step);
		differ += !same(&r, row);
		differ += !ends_clean(&r);
		close_run(&r);
	}
	for (size_t i = 0; i <= all.len; i++) { /* the peer goes away */
		play(&r, row, slice_first(all, i), i, 1);
		differ += !ends_clean(&r);
		close_run(&r);
	}
	row_number("-", "the same, split anywhere or ended anywhere", (int64_t)differ, 0);
	buf_finish(&octets);
}

/* ---- what no dialogue of text can say ---- */

static void start(struct run *r, const char *script)
{
	struct buf octets;
	open_run(r);
	buf_init(&octets, 1 << 20);
	script_put_all(&octets, script);
	feed(r, buf_slice(&octets));
	buf_finish(&octets);
}

static void say(struct run *r, const char *script)
{
	struct buf octets;
	buf_init(&octets, 1 << 20);
	script_put_all(&octets, script);
	feed(r, buf_slice(&octets));
	buf_finish(&octets);
}

static void waiting(void)
{
	struct run r = { .scene = { .slow = true, .keeps_still = true } };
	start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\nN \nB x\n");
	session_progress(r.session);
	row_number("-", "no progress is told before the end of a message", (int64_t)session_out(r.session)->len, 0);
	row_number("-", "a wake that nobody waits for does nothing", session_wake(r.session), SESSION_READS);
	buf_clear(&r.replies);
	say(&r, "E \n");
	row_number("-", "the session waits", r.state, SESSION_WAITS);
	row_bool("-", "it is not idle", session_is_idle(r.session), false);
	session_progress(r.session);
	take_replies(&r);
	row_text("-", "progress while it waits", buf_slice(&r.replies), "p\n");
	say(&r, "D Mi|5|\nM <next@b.example>|\n");
	row_number("-", "what comes meanwhile is kept", r.state, SESSION_WAITS);
	buf_clear(&r.scene.calls);
	buf_clear(&r.replies);
	row_number("-", "the message is judged", session_wake(r.session), SESSION_READS);
	take_replies(&r);
	row_text("-", "the reply", buf_slice(&r.replies), "c\n");
	row_bool("-", "the next message has begun",
	         slice_find(buf_slice(&r.scene.calls), S("from=next@b.example")) != SLICE_NONE, true);
	session_progress(r.session);
	row_number("-", "no progress of a message that came to its end", (int64_t)session_out(r.session)->len, 0);
	close_run(&r);

	static const struct {
		const char *what, *script;
		enum session_state state;
		bool idle;
	} gone[] = {
		{ "ABORT while a message is judged drops it", "A \n", SESSION_READS, true },
		{ "so does QUIT", "Q \n", SESSION_ENDS, true },
		{ "and QUIT_NC", "K \n", SESSION_READS, true },
		{ "what follows the ABORT counts", "A \nM <>|\n", SESSION_READS, false },
		{ "an ABORT behind something else waits", "U x|\nA \n", SESSION_WAITS, false },
	};
	for (size_t i = 0; i < ROWS(gone); i++) {
		r = (struct run) { .scene = { .slow = true, .keeps_still = true } };
		start(&r, POSTFIX CONNECT HELO MESSAGE);
		buf_clear(&r.replies);
		say(&r, gone[i].script);
		row_number("-", gone[i].what, r.state, gone[i].state);
		row_bool("-", gone[i].what, session_is_idle(r.session), gone[i].idle);
		row_number("-", "with no reply", (int64_t)r.replies.len, 0);
		row_bool("-", "the late wake", session_wake(r.session) != SESSION_WAITS, true);
		row_bool("-", "all is closed", ends_clean(&r), true);
		close_run(&r);
	}

	char octets[4096] = { 0, 0, 0x0f, (char)0xfc, 'U' }; /* as long as it is */
	size_t sent = 0;
	r = (struct run) { .scene = { .slow = true, .keeps_still = true } };
	start(&r, POSTFIX CONNECT HELO MESSAGE);
	while (r.state == SESSION_WAITS && sent < 10 << 20) {
		feed(&r, slice_make(octets, sizeof(octets)));
		sent += sizeof(octets);
	}
	row_number("-", "a peer that does not wait for its answer is left", r.state, SESSION_ENDS);
	row_number("-", "after a bounded number of octets", (int64_t)sent, (int64_t)SESSION_WAITING_OCTETS + 4096);
	row_text("-", "why", slice_of(session_fault(r.session)), "more octets while an answer is due");
	close_run(&r);
}

/* Frames by their length alone: what is too long is refused when its head is there. */
static void lengths(void)
{
	static const struct {
		const char *what;
		const char *before;
		char command;
		size_t octets;
		const char *fault;
	} frames[] = {
		{ "HELO at its cap", POSTFIX CONNECT, 'H', 4096, NULL },
		{ "HELO past it", POSTFIX CONNECT, 'H', 4097, "a frame that is too long" },
		{ "MAIL past it", POSTFIX CONNECT, 'M', 4097, "a frame that is too long" },
		{ "a recipient past it", POSTFIX CONNECT "M <>|\n", 'R', 4097, "a frame that is too long" },
		{ "a client past it", POSTFIX, 'C', 4097, "a frame that is too long" },
		{ "options past it", "", 'O', 4097, "a frame that is too long" },
		{ "macros at their cap", POSTFIX, 'D', 16384, NULL },
		{ "macros past it", POSTFIX, 'D', 16385, "a frame that is too long" },
		{ "a field at the cap of any frame", POSTFIX CONNECT "M <>|\n", 'L', 1 << 20, NULL },
		{ "a field past it", POSTFIX CONNECT "M <>|\n", 'L', (1 << 20) + 1, "a frame that is too long" },
		{ "a body past it", POSTFIX CONNECT "M <>|\nN \n", 'B', (1 << 20) + 1, "a frame that is too long" },
		{ "an unknown command past it", POSTFIX CONNECT, 'U', (1 << 20) + 1, "a frame that is too long" },
		{ "the longest frame there is", POSTFIX CONNECT "M <>|\nN \n", 'E', 0xfffffffe,
		  "a frame that is too long" },
		{ "DATA with something in it", POSTFIX CONNECT "M <>|\n", 'T', 17, "a frame that is too long" },
	};
	for (size_t i = 0; i < ROWS(frames); i++) {
		struct run r = { 0 };
		size_t length = frames[i].octets + 1;
		char head[5] = { (char)(length >> 24 & 0xff), (char)(length >> 16 & 0xff), (char)(length >> 8 & 0xff),
			         (char)(length & 0xff), frames[i].command };
		start(&r, frames[i].before);
		feed(&r, slice_make(head, 5));
		row_text("-", frames[i].what, slice_of(session_fault(r.session)),
		         frames[i].fault ? frames[i].fault : "");
		row_bool("-", "only what came is held", session_octets(r.session) < 4096, true);
		close_run(&r);
	}
	struct run r = { .settings = { .frame_octets = 100 } };
	start(&r, POSTFIX CONNECT "M <>|\n");
	feed(&r, S("\0\0\0\x66L"));
	row_text("-", "a cap by setting", slice_of(session_fault(r.session)), "a frame that is too long");
	close_run(&r);
	start(&r, "");
	feed(&r, S("\0\0\0\0O"));
	row_text("-", "a frame without a command", slice_of(session_fault(r.session)), "a frame without a command");
	close_run(&r);
	start(&r, "");
	feed(&r, S("GET / HTTP/1.1\r\n\r\n"));
	row_text("-", "HTTP", slice_of(session_fault(r.session)), "an unknown command");
	close_run(&r);
}

/* `n` recipients with addresses of `octets`. */
static void put_recipients_of(struct run *r, size_t n, size_t octets)
{
	char address[5000];
	memset(address, 'a', sizeof(address));
	address[octets] = '\0';
	for (size_t i = 0; i < n; i++) {
		struct buf b;
		buf_init(&b, 1 << 20);
		script_put(&b, 'D', S("Ri\0004QX\0{rcpt_addr}\0x\0"));
		script_put(&b, 'R', slice_make(address, octets + 1));
		feed(r, buf_slice(&b));
		buf_finish(&b);
	}
}

static void bounds(void)
{
	struct run r = { 0 };
	start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\n");
	put_recipients_of(&r, 20000, 20);
	row_number("-", "recipients that are kept", (int64_t)session_facts(r.session)->n_recipients,
	           SESSION_RECIPIENTS);
	row_number("-", "recipients in all", (int64_t)session_facts(r.session)->all_recipients, 20000);
	row_number("-", "the session goes on", r.state, SESSION_READS);
	row_bool("-", "in bounded memory", session_octets(r.session) < 100000, true);
	say(&r, "A \n");
	row_bool("-", "and gives it back", session_octets(r.session) < 2048, true);
	row_number("-", "no recipients of a message that is gone", (int64_t)session_facts(r.session)->all_recipients,
	           0);
	close_run(&r);

	start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\n");
	put_recipients_of(&r, 1000, 256);
	row_number("5321:4.5.3.1.3", "1000 of the longest paths that SMTP has",
	           (int64_t)session_facts(r.session)->n_recipients, 1000);
	close_run(&r);

	start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\n");
	put_recipients_of(&r, 1000, 4000);
	row_bool("-", "longer ones count and are not kept", session_facts(r.session)->n_recipients < 80, true);
	row_number("-", "recipients in all", (int64_t)session_facts(r.session)->all_recipients, 1000);
	row_bool("-", "in bounded memory", session_octets(r.session) < SESSION_RECIPIENT_OCTETS + 8192, true);
	close_run(&r);

	start(&r, POSTFIX);
	char macros[16000];
	memset(macros, 'x', sizeof(macros));
	memcpy(macros, "Mi", 3);
	macros[sizeof(macros) - 1] = '\0';
	for (size_t i = 0; i < 26 && r.state == SESSION_READS; i++) {
		struct buf b;
		buf_init(&b, 1 << 20);
		macros[5000] = (char)('a' + i);
		script_put(&b, 'D', slice_make(macros, sizeof(macros)));
		feed(&r, buf_slice(&b));
		buf_finish(&b);
	}
	row_text("-", "macros of a message have an end", slice_of(session_fault(r.session)),
	         "more macros and addresses than are kept");
	row_bool("-", "in bounded memory", session_octets(r.session) < SESSION_FACTS_OCTETS + 20000, true);
	close_run(&r);

	start(&r, POSTFIX CONNECT);
	for (size_t i = 0; i < 20000; i++) {
		char text[200];
		snprintf(text, sizeof(text), "D H{cipher}|%zu|\nH client-%zu.example|\nM <%zu@b.example>|\nA \n", i, i,
		         i);
		say(&r, text);
		buf_clear(&r.scene.calls);
	}
	row_number("-", "HELO and MAIL 20,000 times", r.state, SESSION_READS);
	row_text("-", "the last HELO", session_facts(r.session)->helo, "client-19999.example");
	row_text("-", "the name of the client", session_facts(r.session)->client_name, "client.example");
	row_text("-", "the name of the service", session_facts(r.session)->daemon_name, "smtpd");
	buf_finish(session_out(r.session));
	row_bool("-", "an idle connection holds little", session_octets(r.session) < 4096, true);
	close_run(&r);

	start(&r, POSTFIX "D Cj|mx.example.net|{daemon_name}|smtpd|{daemon_addr}|192.0.2.200|{daemon_port}|25|\n"
	                  "C client.example.org|609IPv6:2001:db8:1:2:3:4:5:6|\nD "
	                  "H{tls_version}|TLSv1.3|{cipher}|TLS_AES_256_GCM_SHA384|\n"
	                  "H client.example.org|\n" MESSAGE);
	buf_finish(session_out(r.session));
	row_bool("-", "an idle connection behind a message holds less than 2 KiB", session_octets(r.session) < 2048,
	         true);
	printf("# %zu octets\n", session_octets(r.session));
	row_bool("-", "and is idle", session_is_idle(r.session), true);
	feed(&r, S("\0\0"));
	row_bool("-", "with half a frame it is not", session_is_idle(r.session), false);
	close_run(&r);
}

/* Texts of a message do not move while it is open, and have NUL behind them. */
static void texts_stay(void)
{
	struct run r = { 0 };
	start(&r, POSTFIX CONNECT HELO "D Mi|1|{auth_authen}|joe|\nM <a@b.example>|\n");
	const struct facts *f = session_facts(r.session);
	slice from = f->mail_from, id = f->queue_id, helo = f->helo, login = f->login;
	put_recipients_of(&r, 500, 30);
	slice first = f->recipients[0];
	for (int i = 0; i < 300; i++) {
		char text[100];
		snprintf(text, sizeof(text), "D Ri|id-%d|\nR <%d@x.example>|\n", i, i);
		say(&r, text);
	}
	row_text("-", "MAIL FROM stays", from, "a@b.example");
	row_text("-", "the first queue id stays", id, "1");
	row_text("-", "the newest one is told", f->queue_id, "id-299");
	row_text("-", "HELO stays", helo, "client.example");
	row_number("-", "NUL behind it", helo.at[helo.len], 0);
	row_number("-", "NUL behind the login", login.at[login.len], 0);
	row_number("-", "NUL behind a recipient", first.at[first.len], 0);
	row_number("-", "30 octets of a recipient", (int64_t)first.len, 30);
	close_run(&r);
}

static void replies_unread(void)
{
	struct run r = { .scene = { 0 } };
	struct buf b;
	start(&r, OLD CONNECT HELO);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 1000; i++) {
		script_put(&b, 'U', S("x\0"));
	}
	size_t rounds = 0;
	while (session_feed(r.session, buf_slice(&b)) == SESSION_READS && rounds < 10000) {
		rounds++;
	}
	row_text("-", "who reads no replies is left", slice_of(session_fault(r.session)), "replies that nobody reads");
	row_bool("-", "in bounded memory", session_octets(r.session) < SESSION_OUT_OCTETS + 4096, true);
	buf_finish(&b);
	close_run(&r);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		one_row(&rows[i]);
	}
	waiting();
	lengths();
	bounds();
	texts_stay();
	replies_unread();
	return rows_end();
}
