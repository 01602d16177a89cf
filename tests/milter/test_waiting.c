/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait for the DNS on the loop: answers that come, that do not come, that come too late. */
#include <stdio.h>
#include <time.h>

#include "../service-dns/server.h"
#include "../support/rows.h"
#include "play.h"

#define BODY "Subject: x\n\nHello\n"

static int64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The server says what the first label says; other names have no TXT record. */
static const struct row {
	const char *clause, *what, *message, *mail_from;
	int64_t dns_ms, least_ms, most_ms;
	enum outcome_reply reply;
	const char *results;
} rows[] = {
	{ "7208:4.5", "answers come on the loop", "From: a@one.example\n" BODY, "a@two.example", 20000, 0, 9000,
	  OUTCOME_CONTINUE, "spf=none" },
	{ "7208:4.4", "an error is an answer", "From: a@three.example\n" BODY, "a@servfail.example", 20000, 0, 19000,
	  OUTCOME_CONTINUE, "spf=temperror" },
	{ "7208:4.4", "no answer ends by the patience for one", "From: a@four.example\n" BODY, "a@drop.example", 20000,
	  1900, 15000, OUTCOME_CONTINUE, "spf=temperror" },
};

static void each_row(struct play *p)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct play_result r;
		int64_t start_ms = clock_ms();
		p->rules.limits.dns_ms = rows[i].dns_ms;
		play_message(p,
		             &(struct play_mail) { .message = rows[i].message,
		                                   .ip = "192.0.2.1",
		                                   .helo = "h.example",
		                                   .mail_from = rows[i].mail_from },
		             &r);
		int64_t took_ms = clock_ms() - start_ms;
		row_number(rows[i].clause, rows[i].what, r.reply, rows[i].reply);
		row_bool(rows[i].clause, "the result", slice_find(r.results, slice_of(rows[i].results)) != SLICE_NONE,
		         true);
		row_number("mta:waiting", "the session is woken up once", (int64_t)r.waits, 1);
		row_bool("mta:waiting", "in time", took_ms >= rows[i].least_ms && took_ms <= rows[i].most_ms, true);
	}
}

/* The questions of the header fly while the body comes: the message's time ends them too. */
static void in_all(struct play *p)
{
	struct play_result r;
	int64_t start_ms = clock_ms();
	p->rules.limits.dns_ms = 200;
	play_message(p,
	             &(struct play_mail) { .message = "From: a@nine.example\n" BODY,
	                                   .ip = "192.0.2.1",
	                                   .helo = "h.example",
	                                   .mail_from = "a@drop.nine.example" },
	             &r);
	int64_t took_ms = clock_ms() - start_ms;
	row_bool("7208:4.4", "no answer in the time for the message",
	         slice_find(r.results, S("spf=temperror")) != SLICE_NONE, true);
	row_bool("mta:waiting", "ends long before the patience for one question", took_ms >= 190 && took_ms < 10000,
	         true);
}

static void dropped(struct play *p)
{
	struct play_result r;
	for (size_t i = 0; i < 20; i++) { /* the next message takes the same memory */
		play_message(p,
		             &(struct play_mail) { .message = "From: a@drop.example\n" BODY,
		                                   .ip = "192.0.2.1",
		                                   .helo = "h.example",
		                                   .mail_from = "a@drop.example",
		                                   .recipients = { "joe@here.example" },
		                                   .abort = i % 2 == 0,
		                                   .abort_late = i % 2 == 1 },
		             &r);
	}
	row_number("mta:abort", "a message that waits can be dropped", (int64_t)atomic_load(&p->counters.aborted), 20);
	play_message(p,
	             &(struct play_mail) { .message = "From: a@five.example\n" BODY,
	                                   .ip = "192.0.2.1",
	                                   .helo = "h.example",
	                                   .mail_from = "a@six.example" },
	             &r);
	row_number("mta:abort", "and the next one is whole", (int64_t)r.rows, 1);
}

static void early(struct play *p)
{
	struct play_result r;
	p->rules.listener.early_spf = true;
	play_message(p,
	             &(struct play_mail) { .message = "From: a@seven.example\n" BODY,
	                                   .ip = "192.0.2.1",
	                                   .helo = "h.example",
	                                   .mail_from = "a@drop.two.example",
	                                   .recipients = { "a@here.example", "b@here.example" },
	                                   .early = true },
	             &r);
	row_bool("mta:waiting", "a recipient waits for SPF", r.waits > 0 && r.refused == 0, true);
	play_message(p,
	             &(struct play_mail) { .message = "From: a@seven.example\n" BODY,
	                                   .ip = "192.0.2.1",
	                                   .helo = "h.example",
	                                   .mail_from = "a@eight.example",
	                                   .recipients = { "a@here.example" },
	                                   .early = true },
	             &r);
	row_number("mta:waiting", "and the message goes on", (int64_t)r.rows, 1);
}

int main(void)
{
	struct server s;
	struct play *p = play_new("x.example. TXT \"x\"\n");
	server_start_script(&s);
	play_use_dns(p, s.address, 2000);
	each_row(p);
	dropped(p);
	early(p);
	play_use_dns(p, s.address, 20000);
	in_all(p);
	play_free(p);
	server_stop(&s);
	return rows_end();
}
