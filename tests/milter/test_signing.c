/* SPDX-License-Identifier: Apache-2.0 */
/* A message that is signed or sealed. */
#include <stdio.h>

#include "../support/rows.h"
#include "world.h"

#define OUTBOUND                                                                                                       \
	{                                                                                                              \
		.message = "From: Joe <joe@example.com>\n" BODY, .mail_from = "joe@example.com", .login = "joe",       \
		.ip = "192.0.2.200", .helo = "laptop"                                                                  \
	}

/* What was signed is verified by the verifying side. */
static void verify_again(struct world *w, slice message, const char *want, const char *what)
{
	struct play *p = world_fresh(w);
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
	struct play *p = world_signing(w);
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
	p = world_signing(w);
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
	struct play *p = world_signing(w);
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
	struct play *p = world_signing(w);
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
	struct play *p = world_signing(w);
	struct play_result r;
	for (size_t i = 0; i < ROWS(troubles); i++) {
		p = world_signing(w);
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
	p = world_signing(w);
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
	struct play *p = world_signing(w);
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
	p = world_signing(w);
	p->rules.limits.body_kept = 10000;
	play_message(p, &(struct play_mail) { .octets = buf_slice(&b), .mail_from = "x@else.example", .piece = 1000 },
	             &r);
	row_bool("mta:signer", "past the cap it comes again",
	         r.reply == OUTCOME_TEMPFAIL && slice_find(r.log, S("signing=keys-late")) != SLICE_NONE, true);
	buf_finish(&b);
}

static void seal(struct world *w)
{
	struct play *p = world_fresh(w);
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
		struct play *p = world_fresh(w);
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

int main(void)
{
	static struct world w;
	world_open(&w);
	sign(&w);
	sign_by_name(&w);
	sign_not(&w);
	sign_faults(&w);
	late_keys(&w);
	seal(&w);
	seal_first(&w);
	world_sums(&w);
	world_close(&w);
	return rows_end();
}
