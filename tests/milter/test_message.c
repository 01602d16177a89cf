/* SPDX-License-Identifier: Apache-2.0 */
/* A message from its first event to what the mail server does with it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../service/keys/table_build.h"
#include "../../service/milter/replay.h"
#include "../../service/milter/signers.h"
#include "../support/rows.h"
#include "../support/signer.h"
#include "fake_signer.h"
#include "play.h"

/* ---- the world ---- */

static const char zone_start[] = "example.com. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
				 "_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n"
				 "none.example. TXT \"v=spf1 -all\"\n"
				 "_dmarc.none.example. TXT \"v=DMARC1; p=none\"\n"
				 "quarantine.example. TXT \"v=spf1 -all\"\n"
				 "_dmarc.quarantine.example. TXT \"v=DMARC1; p=quarantine\"\n"
				 "list.example. TXT \"v=spf1 ip4:192.0.2.7 -all\"\n"
				 "mx.bounce.example. TXT \"v=spf1 ip4:192.0.2.9 -all\"\n"
				 "six.example. TXT \"v=spf1 ip6:2001:db8::/32 -all\"\n"
				 "_dmarc.six.example. TXT \"v=DMARC1; p=reject\"\n"
				 "_dmarc.slow.example. TXT \"v=DMARC1; p=reject\"\n"
				 ";!timeout slow.example. TXT\n";

struct world {
	struct play *play;
	struct signer *author; /* signs as example.com, selector "t" */
	struct fake_signer *signer;
	struct table *table;
	struct signet_arena *arena;
	char socket[64];
};

static void put_record(struct buf *b, const char *name, slice text)
{
	buf_put_text(b, name);
	buf_put_text(b, " TXT");
	for (; text.len; text = slice_from(text, 200)) {
		buf_put_text(b, " \"");
		buf_put(b, slice_first(text, 200));
		buf_put_text(b, "\"");
	}
	buf_put_text(b, "\n");
}

static struct table *make_table(void)
{
	struct buf lines;
	buf_init(&lines, 1 << 16);
	struct table_problems problems = { .lines = &lines };
	struct table *t = table_new();
	struct table_source at = { table_keep(t, S("test")), 1, &problems };
	static const struct table_rule_text rules[] = {
		{ .who = { "example.com", 11 } }, /* the active keys of the store */
		{ .who = { "old.example", 11 }, .selector = { "s1", 2 }, .place = { "signer", 6 } },
		{ .who = { "both@example.com", 16 }, .selector = { "s1", 2 }, .place = { "signer", 6 } },
		{ .who = { "both@example.com", 16 }, .selector = { "ed1", 3 }, .place = { "signer", 6 } },
		{ .who = { "part@example.com", 16 }, .selector = { "s1", 2 }, .place = { "signer", 6 } },
		{ .who = { "part@example.com", 16 }, .selector = { "gone", 4 }, .place = { "signer", 6 } },
	};
	for (size_t i = 0; i < ROWS(rules); i++) {
		table_add_rule(t, &rules[i], &at);
	}
	if (problems.errors) {
		fprintf(stderr, "%.*s\n", (int)lines.len, lines.at);
		abort();
	}
	buf_finish(&lines);
	return t;
}

static void world_open(struct world *w)
{
	struct buf zone;
	snprintf(w->socket, sizeof(w->socket), "/tmp/signet-test-%ld.sock", (long)getpid());
	w->arena = signet_arena_new((size_t)64 << 20);
	w->author = signer_new_rsa(2048, 65537);
	w->signer = fake_signer_start(w->socket, "example.com");
	w->table = make_table();
	buf_init(&zone, 1 << 20);
	buf_put_text(&zone, zone_start);
	buf_put_text(&zone, fake_signer_zone(w->signer));
	put_record(&zone, "t._domainkey.example.com.", slice_of(signer_record(w->author)));
	buf_put_char(&zone, 0);
	w->play = play_new(zone.at);
	w->play->rules.table = w->table;
	buf_finish(&zone);
}

static void world_close(struct world *w)
{
	play_free(w->play);
	fake_signer_stop(w->signer);
	signer_free(w->author);
	table_free(w->table);
	signet_arena_free(w->arena);
}

/* Every group of rows begins with the same settings. */
static struct play *fresh(struct world *w)
{
	struct play *p = w->play;
	p->rules.listener = (struct rules_listener) { .name = "inbound",
		                                      .check = { .mode = SIGNET_MODE_CLASSIC },
		                                      .verify_fault = RULES_PASS,
		                                      .sign_fault = RULES_DEFER };
	p->rules.choice = (struct rules_choice) { .verify = true, .rule = "listener" };
	p->rules.override = (struct rules_override) { 0 };
	p->rules.override_domain = (slice) { 0 };
	p->rules.override_client = NULL;
	p->rules.exempt = NULL;
	p->rules.limits.received_spf = false;
	p->rules.limits.body_kept = 1 << 20;
	p->spool_is_full = false;
	return p;
}

static uint64_t counted(const _Atomic uint64_t *counter)
{
	return atomic_load(counter);
}

/* ---- verify ---- */

#define FORGED "Authentication-Results: mx.example.net; dmarc=pass header.from=example.com\n"
#define BODY "Subject: x\nDate: Sat, 28 Nov 2026 00:00:00 +0000\n\nHello\n"

struct verify_row {
	const char *clause, *what;
	struct play_mail mail;
	enum signet_mode mode;
	enum rules_quarantine quarantine;
	enum outcome_reply reply;
	enum verdict_deed deed;
	const char *text; /* the reply begins so; or the reason of a hold */
	const char *results; /* stands in our field; NULL: there is none */
};

static const struct verify_row verify_rows[] = {
	{ "9989:5.3.4",
	  "an aligned SPF pass",
	  { .message = "From: a@example.com\n" BODY,
	    .ip = "192.0.2.1",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "dmarc=pass" },
	{ "9989:5.3.6",
	  "forged under p=reject",
	  { .message = "From: a@example.com\n" BODY,
	    .ip = "192.0.2.66",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.1 DMARC policy of example.com is reject",
	  NULL },
	{ "9989:7.4",
	  "forged under p=reject, nothing else known",
	  { .message = "From: a@example.com\n" BODY,
	    .ip = "192.0.2.66",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_RFC9989,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "",
	  "dmarc=fail" },
	{ "9989:5.3.6",
	  "forged, watched only",
	  { .message = "From: a@example.com\n" BODY,
	    .ip = "192.0.2.66",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_MONITOR,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "dmarc=fail" },
	{ "9989:5.3.6",
	  "unaligned under p=none",
	  { .message = "From: a@none.example\n" BODY,
	    .ip = "192.0.2.7",
	    .helo = "h.example",
	    .mail_from = "b@list.example" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "dmarc=fail" },
	{ "mta:quarantine",
	  "marked under p=quarantine",
	  { .message = "From: a@quarantine.example\n" BODY,
	    .ip = "192.0.2.7",
	    .helo = "h.example",
	    .mail_from = "b@list.example" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "",
	  "policy.dmarc=quarantine" },
	{ "mta:quarantine",
	  "held under p=quarantine",
	  { .message = "From: a@quarantine.example\n" BODY,
	    .ip = "192.0.2.7",
	    .helo = "h.example",
	    .mail_from = "b@list.example" },
	  SIGNET_MODE_CLASSIC,
	  RULES_HOLD,
	  OUTCOME_CONTINUE,
	  VERDICT_HELD,
	  "DMARC fails for quarantine.example",
	  "dmarc=fail" },
	{ "7208:2.4",
	  "a null sender is known by HELO",
	  { .message = "From: <>\n" BODY, .ip = "192.0.2.9", .helo = "mx.bounce.example", .mail_from = "" },
	  SIGNET_MODE_MONITOR,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "spf=pass (null sender, the HELO name was checked) smtp.mailfrom=mx.bounce.example" },
	{ "7208:5",
	  "IPv6",
	  { .message = "From: a@six.example\n" BODY,
	    .ip = "2001:db8::5",
	    .helo = "h.example",
	    .mail_from = "a@six.example" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "policy.iprev=\"2001:db8::5\"" },
	{ "9989:5.3.6",
	  "a lost answer that could have been a pass",
	  { .message = "From: a@slow.example\n" BODY,
	    .ip = "192.0.2.1",
	    .helo = "h.example",
	    .mail_from = "a@slow.example" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_TEMPFAIL,
	  VERDICT_DEFERRED,
	  "451 4.7.24 SPF of slow.example",
	  NULL },
	{ "9989:11.5",
	  "two From fields",
	  { .message = "From: a@example.com\nFrom: b@none.example\n" BODY,
	    .ip = "192.0.2.1",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.1 this message has more than one From",
	  NULL },
	{ "9989:11.5",
	  "no From",
	  { .message = BODY, .ip = "192.0.2.1", .helo = "h.example", .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.1 this message names no author",
	  NULL },
	{ "5321:3.6",
	  "a header without body",
	  { .message = "From: a@example.com\nSubject: x\n",
	    .ip = "192.0.2.1",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "dmarc=pass" },
	{ "8601:3",
	  "a name that leads back",
	  { .message = "From: a@example.com\n" BODY,
	    .ip = "192.0.2.1",
	    .client_name = "out.example.com",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "iprev=pass (out.example.com) policy.iprev=192.0.2.1" },
	{ "8601:3",
	  "a client without one",
	  { .message = "From: a@example.com\n" BODY,
	    .ip = "192.0.2.1",
	    .helo = "h.example",
	    .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "iprev=fail" },
	{ "7208:2.5",
	  "a client that is not known",
	  { .message = "From: a@example.com\n" BODY, .helo = "h.example", .mail_from = "a@example.com" },
	  SIGNET_MODE_CLASSIC,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "",
	  "spf=none" },
};

static void verify(struct world *w)
{
	struct play *p = fresh(w);
	for (size_t i = 0; i < ROWS(verify_rows); i++) {
		const struct verify_row *row = &verify_rows[i];
		struct play_result r;
		p->rules.listener.check.mode = row->mode;
		p->rules.listener.quarantine = row->quarantine;
		play_message(p, &row->mail, &r);
		slice results = play_field(p, r.message, "Authentication-Results");
		row_number(row->clause, row->what, r.reply, row->reply);
		row_number(row->clause, row->what, r.deed, row->deed);
		row_bool(row->clause, "the text", slice_starts(r.text.len ? r.text : r.hold, slice_of(row->text)),
		         true);
		row_bool(row->clause, "the results",
		         row->results ? slice_find(results, slice_of(row->results)) != SLICE_NONE : results.len == 0,
		         true);
		row_bool("mta:quarantine", "marked", play_count(r.message, "X-Signet-Quarantine") == 1,
		         row->deed == VERDICT_MARKED);
		row_number("mta:spool", "one row for each message", (int64_t)r.rows, 1);
		row_bool("mta:log", "one line, queue id first",
		         slice_find(r.log, S("message id=4QABC listener=inbound")) != SLICE_NONE, true);
	}
}

/* Where the mail server offered no quarantine, what is to be held is marked. */
static void hold(struct world *w)
{
	struct play *p = fresh(w);
	struct play_result r;
	p->rules.listener.quarantine = RULES_HOLD;
	play_message(p,
	             &(struct play_mail) { .message = "From: a@quarantine.example\n" BODY,
	                                   .ip = "192.0.2.7",
	                                   .helo = "h.example",
	                                   .mail_from = "b@list.example",
	                                   .cannot_hold = true },
	             &r);
	row_number("mta:quarantine", "it is delivered", r.reply, OUTCOME_CONTINUE);
	row_number("mta:quarantine", "marked", r.deed, VERDICT_MARKED);
	row_text("mta:quarantine", "nothing that cannot be done is asked for", r.hold, "");
	row_number("mta:quarantine", "with the field", (int64_t)play_count(r.message, "X-Signet-Quarantine"), 1);
}

/* What the mail server found out about the client's name. */
static void reverse(struct world *w)
{
	static const struct {
		const char *clause, *what, *name, *ptr, *resolve, *want;
		bool fails;
	} rows[] = {
		{ "8601:2.7.3", "there and back", "a.example", "a.example", "OK", "iprev=pass (a.example)", false },
		{ "8601:2.7.3", "a forged name", NULL, "bank.example", "FORGED", "iprev=fail", true },
		{ "8601:2.7.3", "a name without an address", NULL, "a.example", "FAIL", "iprev=fail", true },
		{ "8601:2.7.3", "no name", NULL, "unknown", "FAIL", "iprev=permerror", true },
		{ "8601:2.7.3", "no name, and only the reason is told", NULL, NULL, "FAIL", "iprev=permerror", true },
		{ "8601:2.7.3", "no name, and only the name is told", NULL, "unknown", NULL, "iprev=permerror", true },
		{ "8601:2.7.3", "a name that is not confirmed", NULL, "a.example", NULL, "iprev=fail", true },
		{ "8601:2.7.3", "no answer", NULL, "unknown", "TEMP", "iprev=temperror", false },
		{ "8601:2.7.3", "no answer to the way back", NULL, "a.example", "TEMP", "iprev=temperror", false },
		{ "8601:2.7.3", "nothing is told", NULL, NULL, NULL, "iprev=fail", true },
	};
	struct play *p = fresh(w);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct play_result r;
		const struct play_mail mail = { .message = "From: a@example.com\n" BODY,
			                        .ip = "192.0.2.1",
			                        .client_name = rows[i].name,
			                        .client_ptr = rows[i].ptr,
			                        .client_resolve = rows[i].resolve,
			                        .helo = "h.example",
			                        .mail_from = "a@example.com" };
		p->rules.listener.no_reverse_name = RULES_SINGLE_ACCEPT;
		play_message(p, &mail, &r);
		row_bool(rows[i].clause, rows[i].what, slice_find(r.results, slice_of(rows[i].want)) != SLICE_NONE,
		         true);
		row_number("7372:3.3", "nobody asked for it", r.deed, VERDICT_PASSED);
		p->rules.listener.no_reverse_name = RULES_SINGLE_REJECT;
		play_message(p, &mail, &r);
		row_bool("7372:3.3", rows[i].what, slice_starts(r.text, S("550 5.7.25 192.0.2.1 has no name")),
		         rows[i].fails);
	}
}

/* One mechanism alone, where the listener asks for it. */
static void singles(struct world *w)
{
	static const struct signet_network forwarders[] = { { { 4, { 192, 0, 2, 66 } }, 32 } };
	static const struct {
		const char *clause, *what, *mail_from;
		enum rules_single spf, reverse;
		enum signet_mode mode;
		bool is_forwarder, is_exempt;
		enum verdict_deed deed;
		const char *text;
	} rows[] = {
		{ "7208:8.4", "an SPF fail does nothing by itself", "a@none.example", RULES_SINGLE_ACCEPT,
		  RULES_SINGLE_ACCEPT, SIGNET_MODE_CLASSIC, false, false, VERDICT_PASSED, "" },
		{ "7208:8.4", "unless it is to be marked", "a@none.example", RULES_SINGLE_MARK, RULES_SINGLE_ACCEPT,
		  SIGNET_MODE_CLASSIC, false, false, VERDICT_MARKED, "" },
		{ "7372:3.2", "or refused", "a@none.example", RULES_SINGLE_REJECT, RULES_SINGLE_ACCEPT,
		  SIGNET_MODE_RFC9989, false, false, VERDICT_REJECTED,
		  "550 5.7.23 SPF of none.example does not allow 192.0.2.66 to send for it" },
		{ "7208:8.2", "no record is no fail", "a@nowhere.example", RULES_SINGLE_REJECT, RULES_SINGLE_ACCEPT,
		  SIGNET_MODE_CLASSIC, false, false, VERDICT_PASSED, "" },
		{ "7372:3.4", "several checks that fail", "a@none.example", RULES_SINGLE_REJECT, RULES_SINGLE_REJECT,
		  SIGNET_MODE_CLASSIC, false, false, VERDICT_REJECTED, "550 5.7.26 several checks" },
		{ "7372:3.3", "one is refused, the other marked", "a@none.example", RULES_SINGLE_MARK,
		  RULES_SINGLE_REJECT, SIGNET_MODE_CLASSIC, false, false, VERDICT_REJECTED, "550 5.7.25 " },
		{ "mta:monitor", "who only watches changes nothing", "a@none.example", RULES_SINGLE_REJECT,
		  RULES_SINGLE_REJECT, SIGNET_MODE_MONITOR, false, false, VERDICT_PASSED, "" },
		{ "7208:D", "forwarders are known to fail", "a@none.example", RULES_SINGLE_REJECT, RULES_SINGLE_REJECT,
		  SIGNET_MODE_CLASSIC, true, false, VERDICT_PASSED, "" },
		{ "mta:recipients", "an exempt recipient", "a@none.example", RULES_SINGLE_REJECT, RULES_SINGLE_REJECT,
		  SIGNET_MODE_CLASSIC, false, true, VERDICT_PASSED, "" },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct play *p = fresh(w);
		struct play_result r;
		p->rules.listener.spf_fail = rows[i].spf;
		p->rules.listener.no_reverse_name = rows[i].reverse;
		p->rules.listener.check.mode = rows[i].mode;
		p->rules.listener.check.forwarders = forwarders;
		p->rules.listener.check.n_forwarders = rows[i].is_forwarder;
		p->rules.exempt = rows[i].is_exempt ? "joe@here.example" : NULL;
		play_message(p,
		             &(struct play_mail) { .message = "From: a@none.example\n" BODY,
		                                   .ip = "192.0.2.66",
		                                   .helo = "h.example",
		                                   .mail_from = rows[i].mail_from,
		                                   .recipients = { "joe@here.example" } },
		             &r);
		row_number(rows[i].clause, rows[i].what, r.deed, rows[i].deed);
		row_bool(rows[i].clause, "the text", slice_starts(r.text, slice_of(rows[i].text)), true);
	}
}

/* The client is the mail server's own host: who sent the message is not known. */
static void loopback(struct world *w)
{
	static const char *const clients[] = { "127.0.0.1", "127.9.9.9", "::1" };
	static const struct signet_network nets[] = { { { 4, { 10, 0, 0, 0 } }, 8 } };
	static const char message[] = "Received: from h.example (h.example [192.0.2.1]) by relay.example.net; Sat, 28 "
				      "Nov 2026 00:00:00 +0000\n" FORGED "From: a@example.com\n" BODY;
	for (size_t i = 0; i < ROWS(clients) * 2; i++) {
		struct play *p = fresh(w);
		struct play_result r;
		p->rules.listener.check.trusted_nets = nets;
		p->rules.listener.check.n_trusted_nets = i % 2;
		p->rules.listener.spf_fail = p->rules.listener.no_reverse_name = RULES_SINGLE_REJECT;
		play_message(p,
		             &(struct play_mail) { .message = message,
		                                   .ip = clients[i / 2],
		                                   .helo = "localhost",
		                                   .mail_from = "a@example.com" },
		             &r);
		row_bool("7208:2.5", clients[i / 2], slice_find(r.results, S("spf=none")) != SLICE_NONE, true);
		row_bool("7208:2.5", "and a finding says why",
		         slice_find(r.spf_findings, S("envelope.unknown")) != SLICE_NONE, true);
		row_bool("9989:7.4", "it is never refused", r.reply == OUTCOME_CONTINUE, true);
		row_bool("8601:2.7.3", "nothing is said of its name", slice_find(r.results, S("iprev")) == SLICE_NONE,
		         true);
		row_number("8601:5", "forged results go", (int64_t)play_count(r.message, "Authentication-Results"), 1);
	}
}

/* The same message in pieces of any size. */
static void pieces(struct world *w)
{
	static const size_t sizes[] = { 1, 2, 7, 64, 65535 };
	struct play *p = fresh(w);
	char body[6000];
	struct play_result r;
	memset(body, 'x', sizeof(body));
	for (size_t i = 40; i < sizeof(body); i += 40) {
		memcpy(body + i, " \r\n", 3);
	}
	memcpy(body + sizeof(body) - 3, "z\r\n", 3);
	slice message =
		ARENA_JOIN(w->arena, S("From: a@example.com\r\nSubject: x\r\n\r\n"), slice_make(body, sizeof(body)));
	slice signed_one = sign_message(
		w->author, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=t; h=from:subject; bh={bh}; b={b}",
		message, w->arena);
	for (size_t i = 0; i < ROWS(sizes); i++) {
		play_message(p,
		             &(struct play_mail) { .octets = signed_one,
		                                   .ip = "192.0.2.66",
		                                   .helo = "h",
		                                   .mail_from = "x@list.example",
		                                   .piece = sizes[i] },
		             &r);
		row_bool("6376:3.7", "pieces of any size", slice_find(r.results, S("dkim=pass")) != SLICE_NONE, true);
	}
}

/* Simple canonicalization of the header takes each field as it stood. */
static void fidelity(struct world *w)
{
	static const struct {
		const char *clause, *what, *field;
		bool eaten, passes, noted;
	} rows[] = {
		{ "6376:3.4.1", "an ordinary field", "Subject: x", false, true, false },
		{ "6376:3.4.1", "no blank behind the colon", "Subject:no-space", false, true, false },
		{ "6376:3.4.1", "a tab behind the colon", "Subject:\tx", false, true, false },
		{ "6376:3.4.1", "two blanks", "Subject:  x", false, true, false },
		{ "6376:3.4.1", "folded", "Subject: a\r\n b\r\n\tc", false, true, false },
		{ "6376:3.4.1", "folded right behind the colon", "Subject:\r\n x", false, true, false },
		{ "6376:3.4.1", "blanks at the end", "Subject: x  ", false, true, false },
		{ "6376:3.4.1", "one blank was eaten and is put back", "Subject: x", true, true, false },
		{ "6376:3.4.1", "none was there and one is put in", "Subject:no-space", true, false, true },
		{ "6376:3.4.1", "the fold stood at the colon, a blank is put in", "Subject:\r\n x", true, false, true },
	};
	struct play *p = fresh(w);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct play_result r;
		slice message = ARENA_JOIN(w->arena, S("From: a@example.com\r\n"), slice_of(rows[i].field),
		                           S("\r\n\r\nHello\r\n"));
		slice signed_one = sign_message(
			w->author,
			"v=1; a=rsa-sha256; c=simple/simple; d=example.com; s=t; h=from:subject; bh={bh}; b={b}",
			message, w->arena);
		p->rules.listener.check.mode = SIGNET_MODE_MONITOR;
		play_message(p,
		             &(struct play_mail) { .octets = signed_one,
		                                   .ip = "192.0.2.66",
		                                   .helo = "h",
		                                   .mail_from = "x@list.example",
		                                   .no_leading_space = rows[i].eaten },
		             &r);
		row_bool(rows[i].clause, rows[i].what, slice_find(r.results, S("dkim=pass")) != SLICE_NONE,
		         rows[i].passes);
		row_bool("mta:leading-space", "what we cannot know is said",
		         slice_find(r.findings, S("message.leading-space-unknown")) != SLICE_NONE, rows[i].noted);
		row_bool("mta:fidelity", "the message goes on as it came",
		         rows[i].eaten || slice_ends_nocase(r.message, signed_one), true);
	}
}

static void local_policy(struct world *w)
{
	static const struct play_mail forged = { .message = "From: a@example.com\n" BODY,
		                                 .ip = "192.0.2.66",
		                                 .helo = "h",
		                                 .mail_from = "x@list.example",
		                                 .recipients = { "joe@here.example", "postmaster@here.example" } };
	static const struct play_mail two = { .message = "From: a@example.com, b@none.example\n" BODY,
		                              .ip = "192.0.2.66",
		                              .helo = "h",
		                              .mail_from = "x@list.example" };
	struct play *p = fresh(w);
	struct play_result r;
	p->rules.exempt = "postmaster@here.example";
	play_message(p, &forged, &r);
	row_number("mta:recipients", "an exempt recipient among others: nothing is refused", r.reply, OUTCOME_CONTINUE);
	row_number("mta:recipients", "it is marked", r.deed, VERDICT_MARKED);
	row_text("9990:policy_override", "and that is recorded", r.override,
	         "some recipients are exempt from enforcement");
	p = fresh(w);
	p->rules.override_domain = S("example.com");
	p->rules.override = (struct rules_override) { .has_decision = true,
		                                      .decision = SIGNET_ACCEPT,
		                                      .rule = "domain example.com" };
	play_message(p, &forged, &r);
	row_number("9989:7.4", "the postmaster's word for a domain", r.reply, OUTCOME_CONTINUE);
	row_text("9990:policy_override", "is recorded", r.override, "domain example.com");
	play_message(p, &two, &r);
	row_number("9989:11.5", "cannot be borrowed by a second author", r.reply, OUTCOME_REJECT);
	p->rules.override =
		(struct rules_override) { .has_mode = true, .mode = SIGNET_MODE_MONITOR, .rule = "domain example.com" };
	play_message(p, &forged, &r);
	row_number("9989:7.4", "a mode for a domain", r.deed, VERDICT_PASSED);
	p->rules.listener.check.mode = SIGNET_MODE_RFC9989;
	p->rules.override = (struct rules_override) { .order = true, .rule = "domain example.com" };
	play_message(p, &forged, &r);
	row_number("9989:7.4", "an order for a domain supports its reject", r.reply, OUTCOME_REJECT);
	p->rules.listener.check.mode = SIGNET_MODE_CLASSIC;
	p->rules.override = (struct rules_override) { .forwarder = true, .rule = "client 192.0.2.66" };
	play_message(p, &forged, &r);
	row_number("9989:7.4", "a forwarder is spared", r.deed, VERDICT_PASSED);
}

static void forged_fields(struct world *w)
{
	struct play *p = fresh(w);
	struct play_result r;
	uint64_t before = counted(&p->counters.forged_fields);
	play_message(p,
	             &(struct play_mail) { .message = FORGED
	                                   "From: a@example.com\nAuthentication-Results: other.example; none\n" FORGED
	                                   "authentication-results:\"MX.example.net\"; spf=pass\nX-Signet-Quarantine: "
	                                   "no\nBIMI-Location: x\n" BODY,
	                                   .ip = "192.0.2.1",
	                                   .helo = "h",
	                                   .mail_from = "a@example.com" },
	             &r);
	row_number("8601:5", "ours and the foreign one are left",
	           (int64_t)play_count(r.message, "Authentication-Results"), 2);
	row_bool("8601:5", "ours is on top",
	         slice_starts(play_field(p, r.message, "Authentication-Results"), S("mx.example.net; ")) &&
	                 slice_eq(play_name(r.message, 0), S("Authentication-Results")),
	         true);
	row_number("bimi:8.1", "BIMI fields go", (int64_t)play_count(r.message, "BIMI-Location"), 0);
	row_number("mta:quarantine", "our own field goes", (int64_t)play_count(r.message, "X-Signet-Quarantine"), 0);
	row_number("mta:evidence", "values are kept", (int64_t)r.removed, 5);
	row_number("mta:counters", "and counted", (int64_t)(counted(&p->counters.forged_fields) - before), 5);
	/* on a listener that signs as well */
	p->rules.choice = (struct rules_choice) { .rule = "listener" };
	play_message(p, &(struct play_mail) { .message = FORGED "From: a@example.com\n" BODY, .login = "joe" }, &r);
	row_number("8601:7.9", "what is submitted is stripped too",
	           (int64_t)play_count(r.message, "Authentication-Results"), 0);
}

/* The envelope of a message that a relay of ours hands over stands in its Received field. */
static void relays(struct world *w)
{
	static const struct signet_network nets[] = { { { 4, { 10, 0, 0, 0 } }, 8 } };
	struct play *p = fresh(w);
	struct play_result r;
	p->rules.listener.check.trusted_nets = nets;
	p->rules.listener.check.n_trusted_nets = 1;
	static const char message[] = "Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=example.com\n"
				      "Received: from h.example (h.example [192.0.2.1]) by relay.example.net; Sat, 28 "
				      "Nov 2026 00:00:00 +0000\n" FORGED "From: a@example.com\n" BODY;
	play_message(p,
	             &(struct play_mail) { .message = message,
	                                   .ip = "10.1.1.1",
	                                   .helo = "relay.example.net",
	                                   .mail_from = "a@example.com" },
	             &r);
	row_bool("7208:2.5", "SPF is judged by the relay's client", slice_find(r.results, S("spf=pass")) != SLICE_NONE,
	         true);
	row_number("8601:5", "what the relay found out stays, what came with the message goes",
	           (int64_t)play_count(r.message, "Authentication-Results"), 2);
	play_message(p,
	             &(struct play_mail) {
			     .message = message, .ip = "192.0.2.1", .helo = "h", .mail_from = "a@example.com" },
	             &r);
	row_number("8601:5", "nobody else is believed", (int64_t)play_count(r.message, "Authentication-Results"), 1);
}

/* The postmaster sees in the log and in the verdict whom the relay took the message from, and speaks of that one. */
static void relays_client(struct world *w)
{
	static const struct signet_network nets[] = { { { 4, { 10, 0, 0, 0 } }, 8 } };
	static const struct {
		const char *what, *client;
		enum outcome_reply reply;
	} rows[] = {
		{ "without his word a forged message is refused", "192.0.2.77", OUTCOME_REJECT },
		{ "his word for the relay's client counts", "192.0.2.66", OUTCOME_CONTINUE },
		{ "so does his word for the relay", "10.1.1.1", OUTCOME_CONTINUE },
	};
	struct play *p = fresh(w);
	struct play_result r;
	p->rules.listener.check.trusted_nets = nets;
	p->rules.listener.check.n_trusted_nets = 1;
	p->rules.override = (struct rules_override) { .has_decision = true, .rule = "a word" };
	for (size_t i = 0; i < ROWS(rows); i++) {
		p->rules.override_client = rows[i].client;
		play_message(p,
		             &(struct play_mail) { .message = "Received: from h.example (h.example [192.0.2.66]) by "
		                                              "relay.example.net; Sat, 28 Nov 2026 00:00:00 "
		                                              "+0000\nFrom: a@example.com\n" BODY,
		                                   .ip = "10.1.1.1",
		                                   .client_name = "relay.example.net",
		                                   .helo = "relay.example.net",
		                                   .mail_from = "x@list.example" },
		             &r);
		row_number("mta:trust", rows[i].what, r.reply, rows[i].reply);
	}
	row_bool("mta:log", "the log has both", slice_find(r.log, S("client=10.1.1.1 origin=192.0.2.66")) != SLICE_NONE,
	         true);
	row_text("mta:log", "the relay's name is not its client's", r.client_name, "");
}

static void dry_run(struct world *w)
{
	struct play *p = fresh(w);
	struct play_result r;
	uint64_t before = counted(&p->counters.would_reject), passed = counted(&p->counters.passed);
	p->rules.listener.dry_run = true;
	play_message(p,
	             &(struct play_mail) { .message = FORGED "From: a@example.com\n" BODY,
	                                   .ip = "192.0.2.66",
	                                   .helo = "h",
	                                   .mail_from = "x@list.example" },
	             &r);
	row_number("mta:dry-run", "nothing is refused", r.reply, OUTCOME_CONTINUE);
	row_number("mta:dry-run", "nothing is changed", (int64_t)r.edits, 0);
	row_number("mta:dry-run", "the row says what would have been done", r.deed, VERDICT_REJECTED);
	row_number("mta:dry-run", "it is counted as what would have been done",
	           (int64_t)(counted(&p->counters.would_reject) - before), 1);
	row_number("mta:counters", "and it was delivered", (int64_t)(counted(&p->counters.passed) - passed), 1);
	row_bool("mta:dry-run", "the log says so", slice_find(r.log, S("dry_run=yes")) != SLICE_NONE, true);
}

static void early(struct world *w)
{
	static const struct {
		const char *clause, *what, *mail_from, *ip;
		bool setting, dry_run;
		enum outcome_reply reply;
	} rows[] = {
		{ "7208:8.4", "an SPF fail is refused where that is wanted", "a@none.example", "192.0.2.66", true,
		  false, OUTCOME_REJECT },
		{ "7208:8.4", "but not by default", "a@none.example", "192.0.2.66", false, false, OUTCOME_CONTINUE },
		{ "7208:8.4", "nor in a dry run", "a@none.example", "192.0.2.66", true, true, OUTCOME_CONTINUE },
		{ "7208:8.3", "a pass is welcome", "a@example.com", "192.0.2.1", true, false, OUTCOME_CONTINUE },
		{ "7208:8.6", "a lost answer waits for the end", "a@slow.example", "192.0.2.1", true, false,
		  OUTCOME_CONTINUE },
		{ "7208:8.1", "no record says nothing", "a@nowhere.example", "192.0.2.1", true, false,
		  OUTCOME_CONTINUE },
	};
	struct play *p = fresh(w);
	struct play_result r;
	for (size_t i = 0; i < ROWS(rows); i++) {
		p->rules.listener.early_spf = rows[i].setting;
		p->rules.listener.dry_run = rows[i].dry_run;
		play_message(p,
		             &(struct play_mail) { .message = "From: a@example.com\n" BODY,
		                                   .ip = rows[i].ip,
		                                   .helo = "h.example",
		                                   .mail_from = rows[i].mail_from,
		                                   .recipients = { "joe@here.example" },
		                                   .early = true },
		             &r);
		row_number(rows[i].clause, rows[i].what, r.early, rows[i].reply);
	}
	p->rules.listener.early_spf = true;
	p->rules.listener.dry_run = false;
	static const struct play_mail mail = { .message = "From: a@none.example\n" BODY,
		                               .ip = "192.0.2.66",
		                               .helo = "h",
		                               .mail_from = "a@none.example",
		                               .recipients = { "postmaster@here.example", "joe@here.example" },
		                               .early = true };
	play_message(p, &mail, &r);
	row_bool("7372:3.2", "with the code of SPF",
	         slice_starts(r.early_text, S("550 5.7.23 SPF of none.example does not allow 192.0.2.66")), true);
	p->rules.exempt = "postmaster@here.example";
	play_message(p, &mail, &r);
	row_number("mta:recipients", "an exempt recipient is taken, the other is not", (int64_t)r.refused, 1);
}

/* Whom the postmaster knows is judged at the end, as without the setting. */
static void early_spared(struct world *w)
{
	static const struct signet_network nets[] = { { { 4, { 192, 0, 2, 0 } }, 24 } };
	static const struct {
		const char *what;
		struct rules_override override;
		bool is_forwarder;
		enum signet_mode mode;
		size_t refused;
	} rows[] = {
		{ "nobody is spared", { .has_mode = false }, false, SIGNET_MODE_CLASSIC, 1 },
		{ "a configured forwarder is", { .has_mode = false }, true, SIGNET_MODE_CLASSIC, 0 },
		{ "a forwarder by its section is", { .forwarder = true, .rule = "x" }, false, SIGNET_MODE_CLASSIC, 0 },
		{ "a client with a decision is", { .has_decision = true, .rule = "x" }, false, SIGNET_MODE_CLASSIC, 0 },
		{ "the mode monitor refuses nobody", { .has_mode = false }, false, SIGNET_MODE_MONITOR, 0 },
		{ "nor where a section says it",
		  { .has_mode = true, .mode = SIGNET_MODE_MONITOR, .rule = "x" },
		  false,
		  SIGNET_MODE_CLASSIC,
		  0 },
	};
	struct play *p = fresh(w);
	struct play_result r;
	p->rules.listener.early_spf = true;
	p->rules.listener.check.forwarders = nets;
	for (size_t i = 0; i < ROWS(rows); i++) {
		p->rules.override = rows[i].override;
		p->rules.listener.check.n_forwarders = rows[i].is_forwarder;
		p->rules.listener.check.mode = rows[i].mode;
		play_message(p,
		             &(struct play_mail) { .message = "From: a@none.example\n" BODY,
		                                   .ip = "192.0.2.66",
		                                   .helo = "h",
		                                   .mail_from = "a@none.example",
		                                   .recipients = { "joe@here.example" },
		                                   .early = true },
		             &r);
		row_number("7208:8.4", rows[i].what, (int64_t)r.refused, (int64_t)rows[i].refused);
	}
}

static void faults(struct world *w)
{
	static const struct play_mail good = {
		.message = "From: a@example.com\n" BODY, .ip = "192.0.2.1", .helo = "h", .mail_from = "a@example.com"
	};
	struct play *p = fresh(w);
	struct play_result r;
	uint64_t before = counted(&p->counters.spool_failures);
	p->spool_is_full = true;
	play_message(p, &good, &r);
	row_number("mta:faults", "a full spool lets mail pass", r.reply, OUTCOME_CONTINUE);
	row_number("mta:faults", "judged and marked", (int64_t)play_count(r.message, "Authentication-Results"), 1);
	p->rules.listener.verify_fault = RULES_DEFER;
	play_message(p, &good, &r);
	row_bool("mta:faults", "or defers it", r.reply == OUTCOME_TEMPFAIL && slice_starts(r.text, S("451 4.3.0 ")),
	         true);
	row_number("mta:counters", "both are counted", (int64_t)(counted(&p->counters.spool_failures) - before), 2);
	before = counted(&p->counters.aborted);
	p->spool_is_full = false;
	struct play_mail dropped = good;
	dropped.abort = true;
	play_message(p, &dropped, &r);
	row_number("mta:abort", "a dropped message leaves no row", (int64_t)r.rows, 0);
	row_number("mta:counters", "and is counted", (int64_t)(counted(&p->counters.aborted) - before), 1);
}

/* A flood of broken signatures: what only explains gives way, the verdict does not. */
static void no_time(struct world *w)
{
	struct play *p = fresh(w);
	struct play_result r;
	slice good = sign_message(
		w->author, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=t; h=from:subject; bh={bh}; b={b}",
		S("From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n"), w->arena);
	slice broken = ARENA_JOIN(w->arena, good, S("-- \r\na footer of a list\r\n"));
	const struct play_mail mail = {
		.octets = broken, .ip = "192.0.2.66", .helo = "h", .mail_from = "x@list.example"
	};
	play_message(p, &mail, &r);
	row_number("mta:diagnosis", "a footer is undone, and the message is spared", r.deed, VERDICT_PASSED);
	p->rules.listener.check.mode = SIGNET_MODE_MONITOR;
	size_t n = 0;
	do {
		play_message(p, &mail, &r);
		n++;
	} while (n < 100000 && slice_find(r.dkim_findings, S("transit.not-analysed")) == SLICE_NONE);
	row_bool("mta:diagnosis", "past the budget a finding says so", n > 1 && n < 100000, true);
	message_world_finish(&p->world);
}

/* One message of a good sender, sent again and again. */
static void replays(struct world *w)
{
	static const char *const to[] = { "a@here.example", "b@here.example", "c@here.example", "d@here.example" };
	struct play *p = fresh(w);
	struct play_result r;
	uint64_t before = counted(&p->counters.replays);
	slice message = sign_message(
		w->author, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=t; h=from:subject; bh={bh}; b={b}",
		S("From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n"), w->arena);
	p->world.replay = replay_new(&(struct replay_settings) { .limit = 2 });
	for (size_t i = 0; i < ROWS(to); i++) {
		p->world.replay_quarantines = i == 3;
		play_message(p,
		             &(struct play_mail) { .octets = message,
		                                   .ip = "192.0.2.66",
		                                   .helo = "h",
		                                   .mail_from = "x@list.example",
		                                   .recipients = { to[i] } },
		             &r);
		row_number("6376:8.6", "a signature for too many is quarantined where that is wanted", r.deed,
		           i == 3 ? VERDICT_MARKED : VERDICT_PASSED);
		row_bool("6376:8.6", "a finding says that it comes often",
		         slice_find(r.dkim_findings, S("dkim.replayed")) != SLICE_NONE, i >= 2);
		row_bool("mta:log", "and so does the log", slice_find(r.log, S("replays=")) != SLICE_NONE, i >= 2);
	}
	row_number("mta:counters", "those past the limit are counted",
	           (int64_t)(counted(&p->counters.replays) - before), 2);
	replay_free(p->world.replay);
	p->world.replay = NULL;
}

/* ---- sign ---- */

#define OUTBOUND                                                                                                       \
	{                                                                                                              \
		.message = "From: Joe <joe@example.com>\n" BODY, .mail_from = "joe@example.com", .login = "joe",       \
		.ip = "192.0.2.200", .helo = "laptop"                                                                  \
	}

static struct play *signing(struct world *w)
{
	struct play *p = fresh(w);
	p->rules.choice = (struct rules_choice) { .sign = true, .rule = "login" };
	play_use_signer(p, w->socket);
	fake_signer_answer(w->signer, SIGNER_OK);
	return p;
}

/* What was signed is verified by the verifying side. */
static void verify_again(struct world *w, slice message, const char *want, const char *what)
{
	struct play *p = fresh(w);
	struct play_result r;
	slice copy = arena_copy(w->arena, message);
	play_message(
		p,
		&(struct play_mail) { .octets = copy, .ip = "192.0.2.66", .helo = "h", .mail_from = "x@list.example" },
		&r);
	row_bool("6376:6.1", what, slice_find(r.results, slice_of(want)) != SLICE_NONE, true);
}

static void sign(struct world *w)
{
	static const struct play_mail mail = OUTBOUND;
	static const struct play_mail bounce = { .message = "From: mailer-daemon@example.com\n" BODY,
		                                 .mail_from = "",
		                                 .ip = "127.0.0.1",
		                                 .helo = "localhost" };
	struct play *p = signing(w);
	struct play_result r;
	play_message(p, &mail, &r);
	row_number("8463:3", "both active keys sign", (int64_t)play_count(r.message, "DKIM-Signature"), 2);
	row_number("mta:submission", "no results are added", (int64_t)play_count(r.message, "Authentication-Results"),
	           0);
	row_number("mta:spool", "the row says it", r.deed, VERDICT_SIGNED);
	row_number("mta:spool", "with both signatures", (int64_t)r.signatures, 2);
	row_bool("mta:log", "the log says why and with which key",
	         slice_find(r.log, S("reason=login signing=signs d=example.com s=s1 d=example.com s=ed1")) !=
	                         SLICE_NONE ||
	                 slice_find(r.log, S("s=ed1 d=example.com s=s1")) != SLICE_NONE,
	         true);
	verify_again(w, r.message, "dmarc=pass", "what was signed verifies");
	p = signing(w);
	unsigned before = fake_signer_asked(w->signer, SIGNER_KEYS);
	play_message(p, &mail, &r);
	play_message(p, &mail, &r);
	row_number("mta:signer", "which keys are active is asked once",
	           (int64_t)(fake_signer_asked(w->signer, SIGNER_KEYS) - before), 2);
	play_message(p, &bounce, &r);
	row_number("mta:bounces", "bounces are signed", (int64_t)play_count(r.message, "DKIM-Signature"), 2);
	p->rules.choice = (struct rules_choice) { .verify = true, .rule = "listener" };
	play_message(p, &(struct play_mail) { .message = "From: a@none.example\n" BODY, .ip = "192.0.2.66" }, &r);
	row_number("mta:sign", "and who is only verified afterwards gets none of these signatures",
	           (int64_t)play_count(r.message, "DKIM-Signature"), 0);
}

/* Two keys that the table names: what the signer says of one must not push out what it said of the other. */
static void sign_by_name(struct world *w)
{
	static const struct play_mail mail = { .message = "From: both@example.com\n" BODY,
		                               .mail_from = "both@example.com",
		                               .ip = "192.0.2.66",
		                               .login = "joe" };
	struct play *p = signing(w);
	struct play_result r;
	for (unsigned i = 0; i < 3; i++) {
		play_message(p, &mail, &r);
		row_number("8463:3", "every selector that is named signs",
		           (int64_t)play_count(r.message, "DKIM-Signature"), 2);
	}
	verify_again(w, r.message, "dmarc=pass", "and both verify");
}

static void sign_not(struct world *w)
{
	static const struct {
		const char *clause, *what, *from, *why;
	} rows[] = {
		{ "mta:sign", "nobody signs for a stranger", "From: a@none.example\n", "signing=no-rule" },
		{ "6376:5.4", "nor without an author", "", "signing=no-author" },
		{ "6376:8.15", "nor with two From fields", "From: a@example.com\nFrom: b@example.com\n",
		  "signing=sign.from-several" },
		{ "6376:8.15", "nor what a field stands in twice, and the log says which",
		  "From: a@example.com\nSubject: y\n",
		  "signing=sign.field-repeated signing_reason=\"Subject occurs 2 times" },
		{ "mta:sign", "nor for one author of two", "From: a@example.com, b@none.example\n", "signing=no-rule" },
	};
	struct play *p = signing(w);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct play_result r;
		char message[512];
		snprintf(message, sizeof(message), "%s%s", rows[i].from, BODY);
		play_message(p,
		             &(struct play_mail) { .message = message, .mail_from = "joe@example.com", .login = "joe" },
		             &r);
		row_number(rows[i].clause, rows[i].what, (int64_t)play_count(r.message, "DKIM-Signature"), 0);
		row_bool(rows[i].clause, "it goes on unsigned, and the log says why",
		         r.reply == OUTCOME_CONTINUE && slice_find(r.log, slice_of(rows[i].why)) != SLICE_NONE, true);
	}
}

static void sign_faults(struct world *w)
{
	static const struct play_mail mail = OUTBOUND;
	static const struct play_mail gone = { .message = "From: a@old.example\n" BODY,
		                               .mail_from = "a@old.example",
		                               .login = "joe" };
	static const struct play_mail part = { .message = "From: part@example.com\n" BODY,
		                               .mail_from = "part@example.com",
		                               .login = "joe" };
	static const enum signer_status troubles[] = { SIGNER_FAILED, SIGNER_BAD_KEY, SIGNER_NO_KEY };
	struct play *p = signing(w);
	struct play_result r;
	for (size_t i = 0; i < ROWS(troubles); i++) {
		p = signing(w);
		fake_signer_answer(w->signer, troubles[i]);
		play_message(p, &mail, &r);
		row_bool("mta:faults", signer_status_name(troubles[i]),
		         r.reply == OUTCOME_TEMPFAIL && slice_starts(r.text, S("451 4.3.0 ")), true);
		p->rules.listener.sign_fault = RULES_PASS;
		play_message(p, &mail, &r);
		row_bool("mta:faults", "passes unsigned where that is wanted",
		         r.reply == OUTCOME_CONTINUE && r.message.len && !play_count(r.message, "DKIM-Signature"),
		         true);
	}
	p = signing(w);
	play_message(p, &gone, &r);
	row_number("mta:faults", "a key that the table names and the signer lacks", r.reply, OUTCOME_TEMPFAIL);
	uint64_t before = atomic_load(&p->counters.signatures_missing);
	play_message(p, &part, &r);
	row_bool("mta:faults", "one key of two: signed by that, and the log names the other",
	         r.reply == OUTCOME_CONTINUE && play_count(r.message, "DKIM-Signature") == 1 &&
	                 slice_find(r.log, S(" signing=signs-in-part ")) != SLICE_NONE &&
	                 slice_find(r.log, S(" s=gone trouble=no-key")) != SLICE_NONE,
	         true);
	row_number("mta:faults", "and it is counted", (int64_t)(atomic_load(&p->counters.signatures_missing) - before),
	           1);
	play_use_signer(p, "/nonexistent/signer.sock");
	play_message(p, &mail, &r);
	row_bool("mta:faults", "a signer that is away for long",
	         r.reply == OUTCOME_TEMPFAIL && slice_find(r.log, S("signing=unreachable")) != SLICE_NONE, true);
	play_use_signer(p, NULL);
	play_message(p, &mail, &r);
	row_number("mta:faults", "no signer at all", r.reply, OUTCOME_TEMPFAIL);
}

/* The keys are not known when the header is complete: octets are kept and caught up with, a bounded number of them. */
static void late_keys(struct world *w)
{
	struct play *p = signing(w);
	struct play_result r;
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_put_text(&b, "From: joe@example.com\r\nSubject: x\r\n\r\n");
	for (size_t i = 0; i < 5000; i++) {
		buf_put_text(&b, "0123456789\r\n");
	}
	play_message(p, &(struct play_mail) { .octets = buf_slice(&b), .mail_from = "x@else.example", .piece = 1000 },
	             &r);
	row_number("mta:signer", "a long body is caught up with", (int64_t)play_count(r.message, "DKIM-Signature"), 2);
	verify_again(w, r.message, "dmarc=pass", "and was not mixed up");
	p = signing(w);
	p->rules.limits.body_kept = 10000;
	play_message(p, &(struct play_mail) { .octets = buf_slice(&b), .mail_from = "x@else.example", .piece = 1000 },
	             &r);
	row_bool("mta:signer", "past the cap it comes again",
	         r.reply == OUTCOME_TEMPFAIL && slice_find(r.log, S("signing=keys-late")) != SLICE_NONE, true);
	buf_finish(&b);
}

static void seal(struct world *w)
{
	struct play *p = fresh(w);
	struct play_result r;
	play_use_signer(p, w->socket);
	fake_signer_answer(w->signer, SIGNER_OK);
	p->rules.listener.seal = true;
	p->rules.listener.seal_domain = S("example.com");
	p->rules.listener.seal_selector = S("s1");
	static const struct play_mail mail = { .message = FORGED "From: a@example.com\n" BODY,
		                               .ip = "192.0.2.1",
		                               .helo = "h",
		                               .mail_from = "a@example.com" };
	static const char *const order[] = { "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results",
		                             "Authentication-Results", "From" };
	play_message(p, &mail, &r);
	for (size_t i = 0; i < ROWS(order); i++) {
		row_text("8617:5.1", "the order of the fields", play_name(r.message, i), order[i]);
	}
	row_bool("8617:4.1.1", "our results are in the set",
	         slice_find(play_field(p, r.message, "ARC-Authentication-Results"), S("i=1; mx.example.net;")) !=
	                 SLICE_NONE,
	         true);
	verify_again(w, r.message, "arc=pass", "the seal verifies without what was removed");
	p->rules.listener.seal = true;
	p->rules.listener.seal_domain = S("example.com");
	p->rules.listener.seal_selector = S("s1");
	fake_signer_answer(w->signer, SIGNER_FAILED);
	play_message(p, &mail, &r);
	row_bool("mta:faults", "no seal, no harm",
	         r.reply == OUTCOME_CONTINUE && !play_count(r.message, "ARC-Seal") &&
	                 slice_find(r.log, S("trouble=failed")) != SLICE_NONE,
	         true);
}

/* The first message already has the seal of its key, which may be of either kind; long bodies are caught up with. */
static void seal_first(struct world *w)
{
	static const struct {
		const char *clause, *what, *selector;
		bool sealed;
		const char *log;
	} rows[] = {
		{ "8463:3", "Ed25519", "ed1", true, "seal=example.com s=ed1 " },
		{ "8617:4.1.3", "RSA", "s1", true, "seal=example.com s=s1 " },
		{ "mta:signer", "no such key", "nokey", false, "trouble=no-key" },
	};
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_put_text(&b, FORGED "From: a@example.com\n" BODY);
	for (size_t i = 0; i < 5000; i++) {
		buf_put_text(&b, "0123456789\n");
	}
	for (size_t i = 0; i < ROWS(rows) * 2; i++) {
		struct play *p = fresh(w);
		struct play_result r;
		bool is_first = i % 2 == 0;
		if (is_first) {
			play_use_signer(p, w->socket); /* which knows nothing yet */
		}
		fake_signer_answer(w->signer, SIGNER_OK);
		p->rules.listener.seal = true;
		p->rules.listener.seal_domain = S("example.com");
		p->rules.listener.seal_selector = slice_of(rows[i / 2].selector);
		play_message(p,
		             &(struct play_mail) { .octets = buf_slice(&b),
		                                   .ip = "192.0.2.1",
		                                   .helo = "h",
		                                   .mail_from = "a@example.com",
		                                   .piece = 1000 },
		             &r);
		row_number(rows[i / 2].clause, rows[i / 2].what, (int64_t)play_count(r.message, "ARC-Seal"),
		           rows[i / 2].sealed);
		row_bool("mta:log", "the log says so", slice_find(r.log, slice_of(rows[i / 2].log)) != SLICE_NONE,
		         true);
		if (rows[i / 2].sealed) {
			verify_again(w, r.message, "arc=pass", is_first ? "the first verifies" : "so does the next");
		}
	}
	buf_finish(&b);
}

/* ---- the whole ---- */

static void sums(struct world *w)
{
	const struct counters *c = &w->play->counters;
	uint64_t outcomes = counted(&c->passed) + counted(&c->marked) + counted(&c->held) + counted(&c->rejected) +
	                    counted(&c->deferred) + counted(&c->signed_mail);
	row_number("mta:counters", "every message has one outcome", (int64_t)outcomes, (int64_t)counted(&c->messages));
}

int main(void)
{
	static struct world w;
	world_open(&w);
	verify(&w);
	hold(&w);
	reverse(&w);
	singles(&w);
	loopback(&w);
	pieces(&w);
	fidelity(&w);
	local_policy(&w);
	forged_fields(&w);
	relays(&w);
	relays_client(&w);
	dry_run(&w);
	early(&w);
	early_spared(&w);
	faults(&w);
	no_time(&w);
	replays(&w);
	sign(&w);
	sign_by_name(&w);
	sign_not(&w);
	sign_faults(&w);
	late_keys(&w);
	seal(&w);
	seal_first(&w);
	sums(&w);
	world_close(&w);
	return rows_end();
}
