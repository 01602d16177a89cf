/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../service/keys/table_build.h"
#include "../support/rows.h"
#include "../support/signer.h"

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

void world_open(struct world *w)
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

void world_close(struct world *w)
{
	play_free(w->play);
	fake_signer_stop(w->signer);
	signer_free(w->author);
	table_free(w->table);
	signet_arena_free(w->arena);
}

struct play *world_fresh(struct world *w)
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

struct play *world_signing(struct world *w)
{
	struct play *p = world_fresh(w);
	p->rules.choice = (struct rules_choice) { .sign = true, .rule = "login" };
	play_use_signer(p, w->socket);
	fake_signer_answer(w->signer, SIGNER_OK);
	return p;
}

void world_sums(struct world *w)
{
	const struct counters *c = &w->play->counters;
	uint64_t outcomes = counted(&c->passed) + counted(&c->marked) + counted(&c->held) + counted(&c->rejected) +
	                    counted(&c->deferred) + counted(&c->signed_mail);
	row_number("mta:counters", "every message has one outcome", (int64_t)outcomes, (int64_t)counted(&c->messages));
}
