/* SPDX-License-Identifier: Apache-2.0 */
/* A message from its first event to what the mail server does with it: pieces, copies, dry runs, faults, replays, memory. */
#include "../../service/milter/replay.h"
#include "../support/rows.h"
#include "../support/signer.h"
#include "world.h"

/* The same message in pieces of any size. */
static void pieces(struct world *w)
{
	static const size_t sizes[] = { 1, 2, 7, 64, 65535 };
	struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
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

static void forged_fields(struct world *w)
{
	struct play *p = world_fresh(w);
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

static void dry_run(struct world *w)
{
	struct play *p = world_fresh(w);
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

static void faults(struct world *w)
{
	static const struct play_mail good = {
		.message = "From: a@example.com\n" BODY, .ip = "192.0.2.1", .helo = "h", .mail_from = "a@example.com"
	};
	struct play *p = world_fresh(w);
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
	size_t lines = 0;
	for (unsigned i = 0; i < 100; i++) {
		play_message(p, &good, &r);
		lines += slice_find(r.log, S(" error=")) != SLICE_NONE;
	}
	row_bool("mta:log", "a full spool does not fill the log's disk", lines > 0 && lines < 100, true);
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
	struct play *p = world_fresh(w);
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
	struct play *p = world_fresh(w);
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

/* Half of what a message may have of memory goes into our name alone: the field cannot be written. */
static void no_results(struct world *w)
{
	static char name[9 << 20];
	struct play *p = world_fresh(w);
	struct play_result r;
	slice before = p->rules.ids[0];
	static const struct play_mail mail = {
		.message = "From: a@example.com\n" BODY, .ip = "192.0.2.1", .helo = "h", .mail_from = "a@example.com"
	};
	memset(name, 'x', sizeof(name));
	p->rules.ids[0] = slice_make(name, sizeof(name));
	play_message(p, &mail, &r);
	row_number("8601:5", "without results it does not go on", r.reply, OUTCOME_TEMPFAIL);
	row_bool("-", "which is our own fault",
	         slice_starts(r.text, S("451 4.3.0")) && slice_find(r.log, S("fault=own")) != SLICE_NONE, true);
	p->rules.ids[0] = before;
	play_message(p, &mail, &r);
	row_number("8601:5", "with them it does", r.reply, OUTCOME_CONTINUE);
}

static void put_large(struct buf *b, size_t octets)
{
	buf_init(b, octets + 4096);
	buf_put_text(b, "From: a@example.com\r\nSubject: x\r\nX-Large: ");
	for (size_t i = 0; i < octets / 12; i++) {
		buf_put_text(b, "0123456789\r\n ");
	}
	buf_put_text(b, "x\r\n\r\nHello\r\n");
}

/* Others hold all the memory for headers: who needs much of it comes again, and others do not notice. */
static void many_headers(struct world *w)
{
	static const struct {
		const char *what;
		size_t octets, others;
		bool verify, sign, seal;
		enum outcome_reply reply;
	} rows[] = {
		{ "a large header", 500000, 0, true, false, false, OUTCOME_CONTINUE },
		{ "and one for which there is no room", 500000, 64 << 20, true, false, false, OUTCOME_TEMPFAIL },
		{ "to be signed", 500000, 0, false, true, false, OUTCOME_CONTINUE },
		{ "to be signed, without room", 500000, 64 << 20, false, true, false, OUTCOME_TEMPFAIL },
		{ "to be sealed", 500000, 0, true, false, true, OUTCOME_CONTINUE },
		{ "to be sealed, without room", 500000, 64 << 20, true, false, true, OUTCOME_TEMPFAIL },
		{ "an ordinary one comes in whatever others hold", 8000, 100 << 20, true, false, false,
		  OUTCOME_CONTINUE },
	};
	struct play_result r;
	struct buf b;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct message_kept kept = { 0 };
		struct play *p = rows[i].sign ? world_signing(w) : world_fresh(w);
		bool comes = rows[i].reply == OUTCOME_CONTINUE;
		put_large(&b, rows[i].octets);
		play_use_signer(p, w->socket);
		message_world_finish(&p->world);
		p->world.kept = &kept;
		kept.headers = rows[i].others;
		p->rules.listener.seal = rows[i].seal;
		p->rules.listener.seal_domain = S("example.com");
		p->rules.listener.seal_selector = S("s1");
		play_message(
			p,
			&(struct play_mail) {
				.octets = buf_slice(&b), .ip = "192.0.2.1", .helo = "h", .mail_from = "a@example.com" },
			&r);
		row_number("-", rows[i].what, r.reply, (int64_t)rows[i].reply);
		row_bool("-", "... the reply", slice_starts(r.text, S("451 4.3.0")), !comes);
		row_bool("-", "... a verdict only of all of it", r.has_dossier, comes && rows[i].verify);
		row_bool("-", "... the log says why", slice_find(r.log, S("memory for headers is short")) != SLICE_NONE,
		         !comes);
		row_number("-", "... all is given back", (int64_t)kept.headers, (int64_t)rows[i].others);
		message_world_finish(&p->world);
		p->world.kept = NULL;
		p->rules.listener.seal = false;
		buf_finish(&b);
	}
}

int main(void)
{
	static struct world w;
	world_open(&w);
	pieces(&w);
	fidelity(&w);
	forged_fields(&w);
	dry_run(&w);
	faults(&w);
	no_time(&w);
	replays(&w);
	many_headers(&w);
	no_results(&w);
	world_sums(&w);
	world_close(&w);
	return rows_end();
}
