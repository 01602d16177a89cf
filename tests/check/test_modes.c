/* SPDX-License-Identifier: Apache-2.0 */
/* Whole messages in each of the three modes: what a forger gains from broken DNS (nothing), what supports a reject, what
 * softens, and the limits at which SPF and DKIM turn. */
#include "../support/rows.h"
#include "../support/zone.h"
#include "rfc8463.h"

#include <signet/check.h>

#define NOW 1528638000
#define OWNER "football.example.com"
#define REJECT "_dmarc." OWNER " TXT v=DMARC1; p=reject\n"
#define STRICT "_dmarc." OWNER " TXT v=DMARC1; p=reject; adkim=s; aspf=s\n"
#define SPF_GOOD OWNER " TXT v=spf1 ip4:192.0.2.1 -all\n"
#define PLAIN RFC8463_FIELDS "\r\n" RFC8463_BODY
#define FOREIGN                                                                                                        \
	"DKIM-Signature: v=1; a=rsa-sha256; d=evil.example; s=x; h=from; "                                             \
	"bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="                                                              \
	"; b=AAAA\r\n"
#define JUNK                                                                                                           \
	"DKIM-Signature: v=1; a=rsa-sha256; d=" OWNER                                                                  \
	"; s=none; h=from; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="                                            \
	"; b=AAAA\r\nDKIM-Signature: v=2; nothing\r\n"
#define TAGGED                                                                                                         \
	RFC8463_ED25519 RFC8463_RSA                                                                                    \
		"From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\n"         \
		"Subject: [team] Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                  \
		"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n" RFC8463_BODY
#define LIST "list.example TXT v=spf1 ip4:203.0.113.1 -all\n"
/* Ten terms that ask; "a" of names that do not match. */
#define TEN                                                                                                            \
	" a:h1.example a:h1.example a:h1.example a:h1.example a:h1.example a:h1.example a:h1.example a:h1.example"     \
	" a:h1.example a:h1.example"
#define HOSTS "h1.example A 198.51.100.1\n"

enum { RFC9989, CLASSIC, MONITOR, MODES };

#define A SIGNET_ACCEPT
#define Q SIGNET_QUARANTINE
#define R SIGNET_REJECT
#define T SIGNET_TEMPFAIL
#define FAIL SIGNET_DMARC_FAIL
#define PASS SIGNET_DMARC_PASS
#define TEMPERROR SIGNET_DMARC_TEMPERROR

/* clang-format off: a row, not a field a line */
static const struct row {
	const char *clause, *what, *message, *zone, *ip, *mail_from;
	struct signet_facts facts;
	bool lists; /* list.example is a trusted list */
	enum signet_dmarc_result result;
	enum signet_decision decision[MODES];
} rows[] = {
	/* what a forger can break himself */
	{ "9989:5.3.6", "SERVFAIL for a foreign key: still fail", FOREIGN PLAIN,
	  REJECT SPF_GOOD "x._domainkey.evil.example SERVFAIL\n", "203.0.113.1", "joe@" OWNER, { 0 }, false,
	  FAIL, { Q, R, A } },
	{ "9989:5.3.6", "SERVFAIL for a foreign MAIL FROM: still fail", PLAIN, REJECT "evil.example SERVFAIL\n",
	  "203.0.113.1", "x@evil.example", { 0 }, false, FAIL, { Q, R, A } },
	{ "9989:5.3.6", "a foreign key and a foreign MAIL FROM time out: still fail", FOREIGN PLAIN,
	  REJECT "evil.example TIMEOUT\nx._domainkey.evil.example TIMEOUT\n", "203.0.113.1", "x@evil.example",
	  { 0 }, false, FAIL, { Q, R, A } },
	{ "9989:5.3.6", "a policy walk for the foreign domain that fails: still fail", FOREIGN PLAIN,
	  REJECT "x._domainkey.evil.example SERVFAIL\n_dmarc.evil.example SERVFAIL\n", "203.0.113.1",
	  "x@evil.example", { 0 }, false, FAIL, { Q, R, A } },
	{ "9989:5.3.6", "SERVFAIL for the only aligned key: temperror", RFC8463_RSA PLAIN,
	  REJECT "test._domainkey." OWNER " SERVFAIL\n", "203.0.113.1", "x@evil.example", { 0 }, false,
	  TEMPERROR, { T, T, A } },
	{ "9989:5.3.6", "SERVFAIL for the aligned MAIL FROM: temperror", PLAIN, REJECT OWNER " TXT !SERVFAIL\n",
	  "203.0.113.1", "joe@" OWNER, { 0 }, false, TEMPERROR, { T, T, A } },
	{ "6376:6.1", "a wrong body hash is a fail whatever the key look-up says",
	  RFC8463_RSA RFC8463_FIELDS "\r\nOther.\r\n", REJECT "test._domainkey." OWNER " SERVFAIL\n",
	  "203.0.113.1", "x@evil.example", { 0 }, false, FAIL, { Q, R, A } },
	/* positive facts */
	{ "9989:7.4", "fail under reject without a fact", PLAIN, REJECT SPF_GOOD, "203.0.113.1", "joe@" OWNER,
	  { 0 }, false, FAIL, { Q, R, A } },
	{ "9989:7.4", "history supports a reject", PLAIN, REJECT SPF_GOOD, "203.0.113.1", "joe@" OWNER,
	  { .history = true }, false, FAIL, { R, R, A } },
	{ "9989:7.4", "an order supports a reject", PLAIN, REJECT SPF_GOOD, "203.0.113.1", "joe@" OWNER,
	  { .order = true }, false, FAIL, { R, R, A } },
	{ "9989:7.4", "a content verdict supports a reject", PLAIN, REJECT SPF_GOOD, "203.0.113.1",
	  "joe@" OWNER, { .content = true }, false, FAIL, { R, R, A } },
	/* authenticated softening */
	{ "9989:7.4", "a configured forwarder softens", PLAIN, REJECT SPF_GOOD, "203.0.113.1", "joe@" OWNER,
	  { .order = true, .forwarder = true }, false, FAIL, { A, A, A } },
	{ "9989:7.4", "a trusted list that passes SPF softens", PLAIN, REJECT LIST, "203.0.113.1",
	  "b@list.example", { .order = true }, true, FAIL, { A, A, A } },
	{ "9989:7.4", "a trusted list that does not pass softens nothing", PLAIN, REJECT LIST, "203.0.113.9",
	  "b@list.example", { .order = true }, true, FAIL, { R, R, A } },
	{ "9989:7.4", "a List-Id alone softens nothing",
	  "List-Id: <l.list.example>\r\nList-Post: <mailto:l@list.example>\r\n" PLAIN, REJECT SPF_GOOD,
	  "203.0.113.1", "b@list.example", { .order = true }, true, FAIL, { R, R, A } },
	{ "9989:7.4", "a tag in the subject that can be undone softens", TAGGED, REJECT RFC8463_KEYS,
	  "203.0.113.1", "b@other.example", { .order = true }, false, FAIL, { A, A, A } },
	/* alignment */
	{ "9989:4.4", "strict: the very domain passes", RFC8463_MESSAGE, STRICT RFC8463_KEYS, "203.0.113.1",
	  "x@other.example", { 0 }, false, PASS, { A, A, A } },
	{ "9989:4.4", "strict: SPF of a sub-domain does not align", PLAIN,
	  STRICT "b." OWNER " TXT v=spf1 ip4:192.0.2.1 -all\n", "192.0.2.1", "x@b." OWNER, { 0 }, false, FAIL,
	  { Q, R, A } },
	{ "9989:4.4", "relaxed: SPF of a sub-domain aligns", PLAIN,
	  REJECT "b." OWNER " TXT v=spf1 ip4:192.0.2.1 -all\n", "192.0.2.1", "x@b." OWNER, { 0 }, false, PASS,
	  { A, A, A } },
	{ "6376:6.1", "two junk signatures before the good one", JUNK RFC8463_ED25519 PLAIN,
	  REJECT RFC8463_KEYS, "203.0.113.1", "x@other.example", { 0 }, false, PASS, { A, A, A } },
	{ "9989:11.5", "From twice, both signed",
	  "From: Joe SixPack <joe@football.example.com>\r\n" RFC8463_MESSAGE, REJECT RFC8463_KEYS SPF_GOOD,
	  "192.0.2.1", "joe@" OWNER, { 0 }, false, SIGNET_DMARC_PERMERROR, { R, R, A } },
	/* the limits of SPF */
	{ "7208:4.6.4", "ten look-ups are allowed", PLAIN,
	  REJECT OWNER " TXT v=spf1" TEN " ip4:192.0.2.1 -all\n" HOSTS, "192.0.2.1", "joe@" OWNER, { 0 }, false,
	  PASS, { A, A, A } },
	{ "7208:4.6.4", "the eleventh is not", PLAIN,
	  REJECT OWNER " TXT v=spf1" TEN " a:h1.example ip4:192.0.2.1 -all\n" HOSTS, "192.0.2.1", "joe@" OWNER,
	  { 0 }, false, FAIL, { Q, R, A } },
	{ "7208:4.6.4", "two voids are allowed", PLAIN,
	  REJECT OWNER " TXT v=spf1 a:n1.example a:n2.example ip4:192.0.2.1 -all\n", "192.0.2.1", "joe@" OWNER,
	  { 0 }, false, PASS, { A, A, A } },
	{ "7208:4.6.4", "the third is not", PLAIN,
	  REJECT OWNER " TXT v=spf1 a:n1.example a:n2.example a:n3.example ip4:192.0.2.1 -all\n", "192.0.2.1",
	  "joe@" OWNER, { 0 }, false, FAIL, { Q, R, A } },
};
/* clang-format on */

static void feed(struct signet_check *check, struct zone *zone, slice message)
{
	enum signet_status status = signet_check_feed(check, message);
	status = status == SIGNET_OK ? signet_check_end(check) : status;
	while (status == SIGNET_OK && (status = signet_check_step(check)) == SIGNET_PENDING) {
		zone_answer_all(zone, signet_check_book(check));
		status = SIGNET_OK;
	}
	if (status == SIGNET_OK && signet_check_wants_message(check)) {
		(void)signet_check_diagnose(check, message, true);
	}
}

static void test_row(struct signet *engine, const struct row *r, enum signet_mode mode)
{
	static const slice lists[] = { { "list.example", 12 } };
	const struct signet_settings settings = {
		.mode = mode, .now = NOW, .facts = r->facts, .trusted_lists = lists, .n_trusted_lists = r->lists ? 1 : 0
	};
	struct signet_envelope e = { .helo = S("h.example"),
		                     .has_mail_from = true,
		                     .mail_from = slice_of(r->mail_from) };
	char what[200];
	(void)signet_ip_parse(slice_of(r->ip), &e.ip);
	struct signet_check *check = signet_check_new(engine, &settings, &e);
	struct zone *zone = zone_of_text(r->zone);
	feed(check, zone, slice_of(r->message));
	const struct signet_dossier *d = signet_check_dossier(check);
	snprintf(what, sizeof(what), "%s (mode %s)", r->what, signet_mode_name(mode));
	row_text(r->clause, what, slice_of(d ? signet_dmarc_result_name(d->dmarc.result) : "no dossier"),
	         signet_dmarc_result_name(r->result));
	snprintf(what, sizeof(what), "%s, the decision (mode %s)", r->what, signet_mode_name(mode));
	row_text(r->clause, what, slice_of(d ? signet_decision_name(d->decision) : "no dossier"),
	         signet_decision_name(r->decision[mode]));
	signet_check_free(check);
	zone_free(zone);
}

/* The author is known when the header is, and mode and facts can still be set by him. */
static void test_late_settings(struct signet *engine)
{
	static const struct signet_settings settings = { .now = NOW, .mode = SIGNET_MODE_CLASSIC };
	struct signet_envelope envelope = { .has_mail_from = true, .mail_from = S("x@evil.example"), .source = "options" };
	struct zone *zone = zone_of_text(REJECT SPF_GOOD);
	size_t n;
	signet_ip_parse(S("203.0.113.1"), &envelope.ip);
	struct signet_check *check = signet_check_new(engine, &settings, &envelope);
	row_bool("9989:5.3.1", "before the header nobody is the author", signet_check_authors(check, &n) == NULL && n == 0,
	         true);
	row_bool("-", "nor is the envelope complete", signet_check_envelope(check) == NULL, true);
	signet_check_feed(check, S(PLAIN));
	const struct signet_envelope *whole = signet_check_envelope(check);
	row_bool("-", "with the header it is", whole && whole->ip.family == 4 && whole->ip.octets[0] == 203, true);
	const struct signet_author *authors = signet_check_authors(check, &n);
	row_text("9989:5.3.1", "with the header the author is known", n == 1 ? authors[0].domain : S("nobody"), OWNER);
	signet_check_set_mode(check, SIGNET_MODE_MONITOR, &(struct signet_facts){ 0 });
	signet_check_end(check);
	while (signet_check_step(check) == SIGNET_PENDING) {
		zone_answer_all(zone, signet_check_book(check));
	}
	const struct signet_dossier *d = signet_check_dossier(check);
	row_number("9989:7.4", "a mode that is set late counts", d ? (int64_t)d->decision : -1, SIGNET_ACCEPT);
	signet_check_free(check);
	zone_free(zone);
}

int main(void)
{
	struct signet *engine = signet_new();
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (enum signet_mode mode = SIGNET_MODE_RFC9989; mode <= SIGNET_MODE_MONITOR; mode++) {
			test_row(engine, &rows[i], mode);
		}
	}
	test_late_settings(engine);
	signet_free(engine);
	return rows_end();
}
