/* SPDX-License-Identifier: Apache-2.0 */
/* What an evaluation says besides its result: the identity, what matched where, steps, places, TTL, DNSSEC. */
#include "run.h"

#define LABEL_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *what, *helo, *want;
} greetings[] = {
	{ "a host name is checked", "mail.example.org", "pass" },
	{ "a single label is not", "localhost", "none" },
	{ "an address literal is not", "[192.0.2.1]", "none" },
	{ "a label of 64 octets is not", LABEL_64 ".example", "none" },
	{ "nothing is not", "", "none" },
};

/* The HELO identity: no question for what cannot be checked. */
static void check_helo(void)
{
	for (size_t i = 0; i < ROWS(greetings); i++) {
		struct zone *zone = zone_of_text("* TXT v=spf1 exists:%{s}.x.example -all\n"
		                                 "postmaster@mail.example.org.x.example A 127.0.0.2\n");
		struct signet_spf_query q = query_of("192.0.2.1", greetings[i].helo, "user@example.com");
		q.identity = SIGNET_SPF_HELO;
		struct evaluation e = evaluate(zone, &q, 0, 0);
		row_text("7208:2.3", greetings[i].what, result_of(&e), greetings[i].want);
		row_bool("7208:2.3", "... and asks only then", e.rounds > 0, strcmp(greetings[i].want, "none") != 0);
		row_bool("7208:2.3", "... and is no null sender", e.spf.null_sender, false);
		evaluation_finish(&e);
		zone_free(zone);
	}
}

static bool is_cacheable(const char *zone_text)
{
	struct zone *zone = zone_of_text(zone_text);
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@example.com");
	struct evaluation e = evaluate(zone, &q, 0, 0);
	bool cacheable = e.spf.cacheable;
	evaluation_finish(&e);
	zone_free(zone);
	return cacheable;
}

static void check_cacheable(void)
{
	row_bool("7208:7.3", "a result without macros may be kept", is_cacheable("example.com TXT v=spf1 a -all"),
	         true);
	row_bool("7208:7.3", "d and i are of domain and address",
	         is_cacheable("example.com TXT v=spf1 exists:%{d}.%{i}.x.example"), true);
	row_bool("7208:7.3", "l is of the sender", is_cacheable("example.com TXT v=spf1 exists:%{l}.x.example"), false);
	row_bool("7208:7.3", "h is of the session", is_cacheable("example.com TXT v=spf1 exists:%{h}.x.example"),
	         false);
	row_bool("7208:7.3", "not if it was not reached",
	         is_cacheable("example.com TXT v=spf1 -all exists:%{l}.x.example"), true);
}

/* What is around the result. */
static void check_circumstances(void)
{
	struct zone *zone = zone_of_text("example.com TXT v=spf1 include:a.example -all\n"
	                                 "a.example TXT v=spf1 include:b.example ?all\n"
	                                 "b.example TXT v=spf1 ip4:192.0.2.0/24\n");
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@Example.COM");
	struct evaluation e = evaluate(zone, &q, 0, 0);
	row_text("7208:4.1", "the domain in normal form", e.spf.domain, "example.com");
	row_text("7208:5.2", "the term that gave the result", e.spf.matched, "include:a.example");
	row_text("7208:5.2", "the term that lists the address", e.spf.listed, "ip4:192.0.2.0/24");
	row_text("7208:5.2", "and where it stands", e.spf.listed_in, "b.example");
	row_text("7208:4.5", "the record of the domain", e.spf.record, "v=spf1 include:a.example -all");
	row_number("7208:4.6.2", "steps: three records, three terms", (int64_t)e.spf.n_steps, 6);
	row_number("7208:4.6.2", "the deepest", e.spf.steps[5].depth, 2);
	row_text("7208:4.6.2", "its outcome", slice_of(e.spf.steps[5].outcome), "match");
	row_text("7208:4.6.2", "the include around it", e.spf.steps[1].term, "include:a.example");
	row_text("7208:4.6.2", "ends well", slice_of(e.spf.steps[1].outcome), "match");
	row_number("7208:7.3", "the least TTL", e.spf.ttl_s, 3600);
	evaluation_finish(&e);
	q.max_voids = 5;
	zone_free(zone);
	zone = zone_of_text(
		"example.com TXT v=spf1 a:n1.example a:n2.example a:n3.example a:n4.example a:n5.example +all\n");
	e = evaluate(zone, &q, 0, 0);
	row_text("7208:4.6.4", "the limit of voids can be set", result_of(&e), "pass");
	evaluation_finish(&e);
	q.max_voids = 4;
	e = evaluate(zone, &q, 0, 0);
	row_text("7208:4.6.4", "and is kept", result_of(&e), "permerror");
	evaluation_finish(&e);
	zone_free(zone);
	zone = zone_of_text("example.com TXT v=spf1 -all exp=e.example\ne.example TXT no\n");
	q.skip_explanation = true;
	e = evaluate(zone, &q, 0, 0);
	row_text("7208:6.2", "exp= can be left out", e.spf.explanation, "");
	row_number("7208:6.2", "it is not asked for then", (int64_t)e.rounds, 1);
	evaluation_finish(&e);
	zone_free(zone);
}

/* The place of a finding: the caret stands at the term, in the record that holds it. */
static void check_places(void)
{
	struct zone *zone = zone_of_text("example.com TXT v=spf1 include:a.example -all\n"
	                                 "a.example TXT v=spf1 mx:m.example a:n.example include:none.example\n"
	                                 "m.example MX 1 x.example\nx.example A 192.0.2.9\nn.example A 192.0.2.9\n");
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@example.com");
	struct evaluation e = evaluate(zone, &q, 0, 0);
	const struct signet_finding *last = &e.spf.findings.at[e.spf.findings.n - 1];
	row_text("7208:5.2", "include of nothing", slice_of(signet_finding_kind(last->id)->name), "spf.include-none");
	row_text("7208:5.2", "the record it stands in", last->input,
	         "v=spf1 mx:m.example a:n.example include:none.example");
	row_number("7208:5.2", "the octet it stands at", (int64_t)last->offset, 32);
	evaluation_finish(&e);
	zone_free(zone);
}

/* DNSSEC: secure only if every answer was. */
static void check_secure(void)
{
	static const struct signet_rr text = { .data = { "v=spf1 a -all", 13 } };
	static const struct signet_rr address = { .data = { "\xc0\x00\x02\x01", 4 } };
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@example.com");
	for (int both = 0; both < 2; both++) {
		struct signet_book *book = signet_book_new(0);
		struct signet_arena *arena = signet_arena_new(1 << 20);
		struct signet_question txt = { S("example.com"), SIGNET_RR_TXT }, a = { S("example.com"), SIGNET_RR_A };
		struct signet_answer first = { SIGNET_DNS_NOERROR, .secure = true, .ttl_s = 60, .n = 1, .rr = &text };
		struct signet_answer second = { SIGNET_DNS_NOERROR, .secure = both, .ttl_s = 30, .n = 1,
			                        .rr = &address };
		signet_book_answer(book, &txt, &first);
		signet_book_answer(book, &a, &second);
		struct signet_spf spf;
		row_number("7208:5.3", "nothing is missing", signet_spf_eval(&q, book, arena, &spf), SIGNET_OK);
		row_bool("7208:11.3", both ? "all answers secure" : "one answer not secure", spf.secure, both);
		row_number("7208:7.3", "the least TTL of both", spf.ttl_s, 30);
		signet_arena_free(arena);
		signet_book_free(book);
	}
}

int main(void)
{
	check_helo();
	check_cacheable();
	check_circumstances();
	check_places();
	check_secure();
	return rows_end();
}
