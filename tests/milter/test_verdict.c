/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a message that is verified, and what is done with it. */
#include "../support/rows.h"
#include "world.h"

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
	struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
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
		struct play *p = world_fresh(w);
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
		struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
	struct play_result r;
	p->rules.exempt = "postmaster@here.example";
	play_message(p, &forged, &r);
	row_number("mta:recipients", "an exempt recipient among others: nothing is refused", r.reply, OUTCOME_CONTINUE);
	row_number("mta:recipients", "it is marked", r.deed, VERDICT_MARKED);
	row_text("9990:policy_override", "and that is recorded", r.override,
	         "some recipients are exempt from enforcement");
	p = world_fresh(w);
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

/* The envelope of a message that a relay of ours hands over stands in its Received field. */
static void relays(struct world *w)
{
	static const struct signet_network nets[] = { { { 4, { 10, 0, 0, 0 } }, 8 } };
	struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
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

int main(void)
{
	static struct world w;
	world_open(&w);
	verify(&w);
	hold(&w);
	reverse(&w);
	singles(&w);
	loopback(&w);
	local_policy(&w);
	relays(&w);
	relays_client(&w);
	early(&w);
	early_spared(&w);
	world_sums(&w);
	world_close(&w);
	return rows_end();
}
