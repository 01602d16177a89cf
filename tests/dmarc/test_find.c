/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/name.h"
#include "../../src/dmarc/find.h"
#include "../../src/dns/book.h"
#include "play.h"

#define R "v=DMARC1; p=none"

/* The names a walk asks, in order; "!" behind a name: it has a record, "?": the answer is lost. */
static const struct {
	const char *clause, *what, *zone, *start, *want;
} walks[] = {
	{ "9989:4.10", "every label up to the top", "x TXT -\n", "a.b.example.com",
	  "a.b.example.com b.example.com example.com com" },
	{ "9989:4.10", "a single label", "x TXT -\n", "com", "com" },
	{ "9989:4.10", "eight labels: nothing is skipped", "x TXT -\n", "a.b.c.d.e.f.g.com",
	  "a.b.c.d.e.f.g.com b.c.d.e.f.g.com c.d.e.f.g.com d.e.f.g.com e.f.g.com f.g.com g.com com" },
	{ "9989:4.10", "nine labels: one is skipped", "x TXT -\n", "a.b.c.d.e.f.g.h.com",
	  "a.b.c.d.e.f.g.h.com c.d.e.f.g.h.com d.e.f.g.h.com e.f.g.h.com f.g.h.com g.h.com h.com com" },
	{ "9989:4.10", "thirteen labels: eight questions", "x TXT -\n", "a.b.c.d.e.f.g.h.i.j.k.example.com",
	  "a.b.c.d.e.f.g.h.i.j.k.example.com g.h.i.j.k.example.com h.i.j.k.example.com i.j.k.example.com "
	  "j.k.example.com k.example.com example.com com" },
	{ "9989:4.10", "a record without psd does not stop it", "_dmarc.b.example.com TXT " R "\n", "a.b.example.com",
	  "a.b.example.com b.example.com! example.com com" },
	{ "9989:4.10", "psd=u does not stop it", "_dmarc.example.com TXT " R "; psd=u\n", "example.com",
	  "example.com! com" },
	{ "9989:4.10", "an invalid psd does not stop it", "_dmarc.example.com TXT " R "; psd=no\n", "example.com",
	  "example.com! com" },
	{ "9989:4.10", "psd=n stops it", "_dmarc.b.example.com TXT " R "; psd=n\n", "a.b.example.com",
	  "a.b.example.com b.example.com!" },
	{ "9989:4.10", "psd=y stops it", "_dmarc.com TXT " R "; psd=y\n_dmarc.example.com TXT " R "; psd=y\n",
	  "a.example.com", "a.example.com example.com!" },
	{ "9989:4.10", "psd at the start stops it", "_dmarc.example.com TXT " R "; psd=n\n", "example.com",
	  "example.com!" },
	{ "9989:4.10", "of two records none counts",
	  "_dmarc.example.com TXT " R "; psd=n\n_dmarc.example.com TXT " R "\n", "example.com", "example.com com" },
	{ "9989:4.10", "two equal records are two", "_dmarc.example.com TXT " R "\n_dmarc.example.com TXT " R "\n",
	  "example.com", "example.com com" },
	{ "9989:4.10", "other TXT is dropped before counting",
	  "_dmarc.example.com TXT v=spf1 -all\n_dmarc.example.com TXT " R "\n"
	  "_dmarc.example.com TXT v=dmarc1; p=none\n",
	  "example.com", "example.com! com" },
	{ "9989:4.5", "the record stands at _dmarc, not at the name", "example.com TXT " R "\n", "example.com",
	  "example.com com" },
	{ "9989:4.5", "an alias is followed", "_dmarc.example.com CNAME r.example.net\nr.example.net TXT " R "\n",
	  "example.com", "example.com! com" },
	{ "9989:4.4", "names in any case", "_dmarc.example.com TXT " R "\n", "EXAMPLE.Com", "EXAMPLE.Com! Com" },
	{ "9989:4.10.1", "a lost answer", "_dmarc.example.com SERVFAIL\n", "a.example.com",
	  "a.example.com example.com? com" },
	{ "9989:4.10.1", "a time-out is a lost answer", "_dmarc.example.com TIMEOUT\n", "example.com",
	  "example.com? com" },
	{ "9989:4.10.1", "a refusal is a lost answer", "_dmarc.example.com REFUSED\n", "example.com",
	  "example.com? com" },
	{ "9989:4.10.1", "a bogus signature is a lost answer", "_dmarc.example.com BOGUS\n", "example.com",
	  "example.com? com" },
	{ "9989:4.10.1", "no data is an answer", "_dmarc.example.com A 192.0.2.1\n", "example.com", "example.com com" },
};

/* Policy and Organizational Domain: "policy-name organization bound", "-" without record, "?" if the look-up failed. */
static const struct {
	const char *clause, *what, *zone, *start, *want;
} finds[] = {
	{ "9989:4.10.2", "without any record the name itself", "x TXT -\n", "a.example.com",
	  "- a.example.com a.example.com" },
	{ "9989:4.10.2", "the only record", "_dmarc.example.com TXT " R "\n", "a.example.com",
	  "example.com example.com example.com" },
	{ "9989:4.10.2", "the record with the fewest labels",
	  "_dmarc.a.example.com TXT " R "\n_dmarc.example.com TXT " R "\n", "a.example.com",
	  "a.example.com example.com example.com" },
	{ "9989:4.10.2", "even of a top-level domain", "_dmarc.com TXT " R "\n_dmarc.example.com TXT " R "\n",
	  "example.com", "example.com com com" },
	{ "9989:11.8", "a stranger's record above is held off by psd=n",
	  "_dmarc.com TXT " R "\n_dmarc.example.com TXT " R "; psd=n\n", "example.com",
	  "example.com example.com example.com" },
	{ "9989:4.10.2", "psd=n below others", "_dmarc.b.example.com TXT " R "; psd=n\n_dmarc.example.com TXT " R "\n",
	  "a.b.example.com", "b.example.com b.example.com b.example.com" },
	{ "9989:4.10.2", "psd=n beats a longer name with a record",
	  "_dmarc.a.b.example.com TXT " R "\n_dmarc.b.example.com TXT " R "; psd=n\n", "a.b.example.com",
	  "a.b.example.com b.example.com b.example.com" },
	{ "9989:4.10.2", "one label below psd=y", "_dmarc.com TXT " R "; psd=y\n", "a.example.com",
	  "com example.com example.com" },
	{ "9989:4.10.2", "one label below psd=y, whatever lies further down",
	  "_dmarc.com TXT " R "; psd=y\n_dmarc.a.example.com TXT " R "\n", "a.example.com",
	  "a.example.com example.com example.com" },
	{ "9989:4.10.2", "one label below psd=y, a name that was never asked",
	  "_dmarc.c.d.e.f.g.h.com TXT " R "; psd=y\n", "a.b.c.d.e.f.g.h.com",
	  "c.d.e.f.g.h.com b.c.d.e.f.g.h.com b.c.d.e.f.g.h.com" },
	{ "9989:5.2", "a public suffix that sends mail itself is its own organization",
	  "_dmarc.com TXT " R "; psd=y\n_dmarc.gov.com TXT " R "; psd=y\n", "gov.com", "gov.com gov.com gov.com" },
	{ "9989:4.10.1", "the author's record before the organization's",
	  "_dmarc.a.example.com TXT " R "\n_dmarc.example.com TXT " R "\n", "a.example.com",
	  "a.example.com example.com example.com" },
	{ "9989:4.10.1", "a record in between does not apply",
	  "_dmarc.b.example.com TXT " R "\n_dmarc.example.com TXT " R "\n", "a.b.example.com",
	  "example.com example.com example.com" },
	{ "9989:4.10.1", "the organization's record before the public suffix's",
	  "_dmarc.com TXT " R "; psd=y\n_dmarc.example.com TXT " R "\n", "a.example.com",
	  "example.com example.com example.com" },
	{ "9989:4.10.1", "the public suffix's record if there is no other", "_dmarc.com TXT " R "; psd=y\n",
	  "example.com", "com example.com example.com" },
	{ "9989:4.10.1", "a record between organization and author is not used under psd=y either",
	  "_dmarc.com TXT " R "; psd=y\n_dmarc.b.example.com TXT " R "\n", "a.b.example.com",
	  "com example.com example.com" },
	{ "9989:4.10.1", "two records at the author: the organization's applies",
	  "_dmarc.a.example.com TXT " R "\n_dmarc.a.example.com TXT " R "; t=y\n_dmarc.example.com TXT " R "\n",
	  "a.example.com", "example.com example.com example.com" },
	{ "9989:4.10.1", "lost at the author", "_dmarc.a.example.com SERVFAIL\n_dmarc.example.com TXT " R "\n",
	  "a.example.com", "? example.com example.com" },
	{ "9989:4.10.1", "lost at the organization", "_dmarc.example.com SERVFAIL\n", "a.example.com",
	  "? a.example.com example.com" },
	{ "9989:4.10.1", "lost at the top", "_dmarc.com TIMEOUT\n_dmarc.example.com TXT " R "\n", "a.example.com",
	  "? example.com com" },
	{ "9989:4.10.1", "lost above the author's own record", "_dmarc.com TIMEOUT\n_dmarc.a.example.com TXT " R "\n",
	  "a.example.com", "a.example.com a.example.com com" },
	{ "9989:4.10.1", "lost above psd=n was never asked",
	  "_dmarc.com TIMEOUT\n_dmarc.example.com TXT " R "; psd=n\n", "a.example.com",
	  "example.com example.com example.com" },
	{ "9989:5.3.6", "a lost answer below a known organization bounds nothing",
	  "_dmarc.b.example.com SERVFAIL\n_dmarc.example.com TXT " R "\n_dmarc.a.b.example.com TXT " R "\n",
	  "a.b.example.com", "a.b.example.com example.com example.com" },
};

static const struct {
	const char *clause, *what, *zone, *author, *above;
	enum dmarc_existence want;
} existences[] = {
	{ "9989:3.2.13", "no such name", "example.com A 192.0.2.1\n", "a.example.com", "example.com", DMARC_MISSING },
	{ "9989:3.2.13", "a record of another type", "a.example.com A 192.0.2.1\n", "a.example.com", "example.com",
	  DMARC_EXISTS },
	{ "9989:3.2.13", "a TXT record", "a.example.com TXT x\n", "a.example.com", "example.com", DMARC_EXISTS },
	{ "9989:3.2.13", "an empty non-terminal", "x.a.example.com TXT x\n", "a.example.com", "example.com",
	  DMARC_EXISTS },
	{ "9989:A.4", "no data is not NXDOMAIN", "a.example.com MX 10 mx.example.com\n", "a.example.com", "example.com",
	  DMARC_EXISTS },
	{ "9989:A.4", "an alias exists even if its target does not", "a.example.com CNAME nowhere.example.net\n",
	  "a.example.com", "example.com", DMARC_EXISTS },
	{ "9989:A.4", "not the name _dmarc.", "_dmarc.example.com TXT x\n", "a.example.com", "example.com",
	  DMARC_MISSING },
	{ "9989:3.2.13", "a lost answer tells nothing", "a.example.com SERVFAIL\n", "a.example.com", "example.com",
	  DMARC_EXISTENCE_UNKNOWN },
	{ "8020:2", "nothing exists below a name that does not",
	  "a.b.c.example.com SERVFAIL\nb.c.example.com NXDOMAIN\n", "a.b.c.example.com", "example.com", DMARC_MISSING },
	{ "8020:2", "nothing exists two levels below",
	  "a.b.c.example.com SERVFAIL\nb.c.example.com SERVFAIL\nc.example.com NXDOMAIN\n", "a.b.c.example.com",
	  "example.com", DMARC_MISSING },
	{ "8020:2", "an ancestor that exists tells nothing", "a.b.example.com SERVFAIL\nb.example.com TXT x\n",
	  "a.b.example.com", "example.com", DMARC_EXISTENCE_UNKNOWN },
	{ "8020:2", "an ancestor that is an alias exists",
	  "a.b.example.com SERVFAIL\nb.example.com CNAME nowhere.example.net\n", "a.b.example.com", "example.com",
	  DMARC_EXISTENCE_UNKNOWN },
};

static slice walk_text(struct play *p, const struct dmarc_walk *walk)
{
	struct buf b;
	buf_init_arena(&b, &p->arena, 1 << 16);
	for (size_t i = 0; i < walk->n; i++) {
		struct signet_answer ans = { .status = walk->steps[i].status };
		buf_put_text(&b, i ? " " : "");
		buf_put(&b, walk->steps[i].name);
		buf_put_text(&b, walk->steps[i].has_record ? "!" : signet_answer_is_error(&ans) ? "?" : "");
	}
	return buf_slice(&b);
}

static void play_walk(struct play *p, const char *start, struct dmarc_walk *walk)
{
	slice name = slice_of(start);
	struct signet_findings notes;
	enum signet_status status;
	do {
		findings_init(&notes, &p->arena);
		status = dmarc_walk(p->book, name, &notes, walk);
	} while (status == SIGNET_PENDING && play_answer(p));
}

static void check_walk(size_t i, size_t at_once)
{
	struct play p;
	struct dmarc_walk walk;
	play_init(&p, zone_of_text(walks[i].zone));
	p.at_once = at_once;
	play_walk(&p, walks[i].start, &walk);
	row_text(walks[i].clause, walks[i].what, walk_text(&p, &walk), walks[i].want);
	row_bool("9989:4.10", "a walk costs one round trip", p.rounds == 1 || at_once, true);
	play_finish(&p);
}

static void check_find(size_t i)
{
	struct play p;
	struct dmarc_walk walk;
	struct dmarc_policy policy;
	struct signet_findings notes;
	play_init(&p, zone_of_text(finds[i].zone));
	findings_init(&notes, &p.arena);
	play_walk(&p, finds[i].start, &walk);
	dmarc_find_policy(&walk, &notes, &policy);
	slice name = policy.has_error ? S("?") : policy.found ? policy.name : S("-");
	slice got =
		ARENA_JOIN(&p.arena, name, S(" "), dmarc_organization(&walk), S(" "), dmarc_organization_bound(&walk));
	row_text(finds[i].clause, finds[i].what, got, finds[i].want);
	play_finish(&p);
}

static void check_existence(size_t i)
{
	struct play p;
	enum dmarc_existence existence;
	slice author = slice_of(existences[i].author);
	play_init(&p, zone_of_text(existences[i].zone));
	while (dmarc_find_existence(p.book, author, slice_of(existences[i].above), &existence) == SIGNET_PENDING) {
		play_answer(&p);
	}
	row_number(existences[i].clause, existences[i].what, existence, existences[i].want);
	play_finish(&p);
}

/* A name no DNS question can carry ends the walk like any other. */
static void check_long_name(void)
{
	char octets[4000];
	struct play p;
	struct dmarc_walk walk;
	memset(octets, 'a', sizeof(octets));
	for (size_t i = 1; i < sizeof(octets); i += 2) {
		octets[i] = '.';
	}
	octets[sizeof(octets) - 1] = 0;
	play_init(&p, zone_of_text("x TXT -\n"));
	play_walk(&p, octets, &walk);
	row_number("9989:4.10", "a name of 2,000 labels takes eight questions", (int64_t)walk.n, 8);
	row_number("1035:2.3.4", "it cannot exist", walk.steps[0].status, SIGNET_DNS_NXDOMAIN);
	play_finish(&p);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(walks); i++) {
		check_walk(i, 0);
		check_walk(i, 1);
	}
	for (size_t i = 0; i < ROWS(finds); i++) {
		check_find(i);
	}
	for (size_t i = 0; i < ROWS(existences); i++) {
		check_existence(i);
	}
	check_long_name();
	return rows_end();
}
