/* SPDX-License-Identifier: Apache-2.0 */
/* What a session holds, how long and how much: answers that are due, recipients, macros, texts, replies. */
#include <stdio.h>

#include "../support/rows.h"
#include "dialogue.h"

static void wakes(void)
{
	struct run r = { .scene = { .slow = true, .keeps_still = true } };
	run_start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\nN \nB x\n");
	session_progress(r.session);
	row_number("-", "no progress is told before the end of a message", (int64_t)session_out(r.session)->len, 0);
	row_number("-", "a wake that nobody waits for does nothing", session_wake(r.session), SESSION_READS);
	buf_clear(&r.replies);
	run_say(&r, "E \n");
	row_number("-", "the session waits", r.state, SESSION_WAITS);
	row_bool("-", "it is not idle", session_is_idle(r.session), false);
	session_progress(r.session);
	run_take_replies(&r);
	row_text("-", "progress while it waits", buf_slice(&r.replies), "p\n");
	run_say(&r, "D Mi|5|\nM <next@b.example>|\n");
	row_number("-", "what comes meanwhile is kept", r.state, SESSION_WAITS);
	buf_clear(&r.scene.calls);
	buf_clear(&r.replies);
	row_number("-", "the message is judged", session_wake(r.session), SESSION_READS);
	run_take_replies(&r);
	row_text("-", "the reply", buf_slice(&r.replies), "c\n");
	row_bool("-", "the next message has begun",
	         slice_find(buf_slice(&r.scene.calls), S("from=next@b.example")) != SLICE_NONE, true);
	session_progress(r.session);
	row_number("-", "no progress of a message that came to its end", (int64_t)session_out(r.session)->len, 0);
	run_close(&r);
}

/* The peer goes on, or away, while a message is judged. */
static void gone(void)
{
	static const struct {
		const char *what, *script;
		enum session_state state;
		bool idle;
	} rows[] = {
		{ "ABORT while a message is judged drops it", "A \n", SESSION_READS, true },
		{ "so does QUIT", "Q \n", SESSION_ENDS, true },
		{ "and QUIT_NC", "K \n", SESSION_READS, true },
		{ "what follows the ABORT counts", "A \nM <>|\n", SESSION_READS, false },
		{ "an ABORT behind something else waits", "U x|\nA \n", SESSION_WAITS, false },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct run r = { .scene = { .slow = true, .keeps_still = true } };
		run_start(&r, POSTFIX CONNECT HELO MESSAGE);
		buf_clear(&r.replies);
		run_say(&r, rows[i].script);
		row_number("-", rows[i].what, r.state, rows[i].state);
		row_bool("-", rows[i].what, session_is_idle(r.session), rows[i].idle);
		row_number("-", "with no reply", (int64_t)r.replies.len, 0);
		row_bool("-", "the late wake", session_wake(r.session) != SESSION_WAITS, true);
		row_bool("-", "all is closed", run_ends_clean(&r), true);
		run_close(&r);
	}
}

static void impatient(void)
{
	char octets[4096] = { 0, 0, 0x0f, (char)0xfc, 'U' }; /* as long as it is */
	size_t sent = 0;
	struct run r = { .scene = { .slow = true, .keeps_still = true } };
	run_start(&r, POSTFIX CONNECT HELO MESSAGE);
	while (r.state == SESSION_WAITS && sent < 10 << 20) {
		run_feed(&r, slice_make(octets, sizeof(octets)));
		sent += sizeof(octets);
	}
	row_number("-", "a peer that does not wait for its answer is left", r.state, SESSION_ENDS);
	row_number("-", "after a bounded number of octets", (int64_t)sent, (int64_t)SESSION_WAITING_OCTETS + 4096);
	row_text("-", "why", slice_of(session_fault(r.session)), "more octets while an answer is due");
	run_close(&r);
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
		run_feed(r, buf_slice(&b));
		buf_finish(&b);
	}
}

static void many_recipients(void)
{
	struct run r = { 0 };
	run_start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\n");
	put_recipients_of(&r, 20000, 20);
	row_number("-", "recipients that are kept", (int64_t)session_facts(r.session)->n_recipients,
	           SESSION_RECIPIENTS);
	row_number("-", "recipients in all", (int64_t)session_facts(r.session)->all_recipients, 20000);
	row_number("-", "the session goes on", r.state, SESSION_READS);
	row_bool("-", "in bounded memory", session_octets(r.session) < 100000, true);
	run_say(&r, "A \n");
	row_bool("-", "and gives it back", session_octets(r.session) < 2048, true);
	row_number("-", "no recipients of a message that is gone", (int64_t)session_facts(r.session)->all_recipients,
	           0);
	run_close(&r);

	run_start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\n");
	put_recipients_of(&r, 1000, 256);
	row_number("5321:4.5.3.1.3", "1000 of the longest paths that SMTP has",
	           (int64_t)session_facts(r.session)->n_recipients, 1000);
	run_close(&r);

	run_start(&r, POSTFIX CONNECT HELO "M <a@b.example>|\n");
	put_recipients_of(&r, 1000, 4000);
	row_bool("-", "longer ones count and are not kept", session_facts(r.session)->n_recipients < 80, true);
	row_number("-", "recipients in all", (int64_t)session_facts(r.session)->all_recipients, 1000);
	row_bool("-", "in bounded memory", session_octets(r.session) < SESSION_RECIPIENT_OCTETS + 8192, true);
	run_close(&r);
}

static void many_macros(void)
{
	struct run r = { 0 };
	run_start(&r, POSTFIX);
	char macros[16000];
	memset(macros, 'x', sizeof(macros));
	memcpy(macros, "Mi", 3);
	macros[sizeof(macros) - 1] = '\0';
	for (size_t i = 0; i < 26 && r.state == SESSION_READS; i++) {
		struct buf b;
		buf_init(&b, 1 << 20);
		macros[5000] = (char)('a' + i);
		script_put(&b, 'D', slice_make(macros, sizeof(macros)));
		run_feed(&r, buf_slice(&b));
		buf_finish(&b);
	}
	row_text("-", "macros of a message have an end", slice_of(session_fault(r.session)),
	         "more macros and addresses than are kept");
	row_bool("-", "in bounded memory", session_octets(r.session) < SESSION_FACTS_OCTETS + 20000, true);
	run_close(&r);
}

static void long_connection(void)
{
	struct run r = { 0 };
	run_start(&r, POSTFIX CONNECT);
	for (size_t i = 0; i < 20000; i++) {
		char text[200];
		snprintf(text, sizeof(text), "D H{cipher}|%zu|\nH client-%zu.example|\nM <%zu@b.example>|\nA \n", i, i,
		         i);
		run_say(&r, text);
		buf_clear(&r.scene.calls);
	}
	row_number("-", "HELO and MAIL 20,000 times", r.state, SESSION_READS);
	row_text("-", "the last HELO", session_facts(r.session)->helo, "client-19999.example");
	row_text("-", "the name of the client", session_facts(r.session)->client_name, "client.example");
	row_text("-", "the name of the service", session_facts(r.session)->daemon_name, "smtpd");
	buf_finish(session_out(r.session));
	row_bool("-", "an idle connection holds little", session_octets(r.session) < 4096, true);
	run_close(&r);

	run_start(&r, POSTFIX "D Cj|mx.example.net|{daemon_name}|smtpd|{daemon_addr}|192.0.2.200|{daemon_port}|25|\n"
	                      "C client.example.org|609IPv6:2001:db8:1:2:3:4:5:6|\nD "
	                      "H{tls_version}|TLSv1.3|{cipher}|TLS_AES_256_GCM_SHA384|\n"
	                      "H client.example.org|\n" MESSAGE);
	buf_finish(session_out(r.session));
	row_bool("-", "an idle connection behind a message holds less than 2 KiB", session_octets(r.session) < 2048,
	         true);
	printf("# %zu octets\n", session_octets(r.session));
	row_bool("-", "and is idle", session_is_idle(r.session), true);
	run_feed(&r, S("\0\0"));
	row_bool("-", "with half a frame it is not", session_is_idle(r.session), false);
	run_close(&r);
}

/* Texts of a message do not move while it is open, and have NUL behind them. */
static void texts_stay(void)
{
	struct run r = { 0 };
	run_start(&r, POSTFIX CONNECT HELO "D Mi|1|{auth_authen}|joe|\nM <a@b.example>|\n");
	const struct facts *f = session_facts(r.session);
	slice from = f->mail_from, id = f->queue_id, helo = f->helo, login = f->login;
	put_recipients_of(&r, 500, 30);
	slice first = f->recipients[0];
	for (int i = 0; i < 300; i++) {
		char text[100];
		snprintf(text, sizeof(text), "D Ri|id-%d|\nR <%d@x.example>|\n", i, i);
		run_say(&r, text);
	}
	row_text("-", "MAIL FROM stays", from, "a@b.example");
	row_text("-", "the first queue id stays", id, "1");
	row_text("-", "the newest one is told", f->queue_id, "id-299");
	row_text("-", "HELO stays", helo, "client.example");
	row_number("-", "NUL behind it", helo.at[helo.len], 0);
	row_number("-", "NUL behind the login", login.at[login.len], 0);
	row_number("-", "NUL behind a recipient", first.at[first.len], 0);
	row_number("-", "30 octets of a recipient", (int64_t)first.len, 30);
	run_close(&r);
}

static void replies_unread(void)
{
	struct run r = { .scene = { 0 } };
	struct buf b;
	run_start(&r, OLD CONNECT HELO);
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
	run_close(&r);
}

int main(void)
{
	wakes();
	gone();
	impatient();
	many_recipients();
	many_macros();
	long_connection();
	texts_stay();
	replies_unread();
	return rows_end();
}
