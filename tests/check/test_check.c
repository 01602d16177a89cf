/* SPDX-License-Identifier: Apache-2.0 */
/* The conductor: whole messages against zones, through the public header only. */
#include <stdlib.h>

#include "../../service/tell/tell.h"
#include "../../src/dns/book.h"
#include "../support/rows.h"
#include "../support/zone.h"
#include "rfc8463.h"

#define NOW 1528638000
#define JSON_BYTES ((size_t)1 << 20)

/* A DMARC policy for the author of RFC 8463, and SPF for its sender. */
#define REJECT "_dmarc.football.example.com TXT v=DMARC1; p=reject\n"
#define QUARANTINE "_dmarc.football.example.com TXT v=DMARC1; p=quarantine\n"
#define POLICY_NONE "_dmarc.football.example.com TXT v=DMARC1; p=none\n"
#define SPF_GOOD "football.example.com TXT v=spf1 ip4:192.0.2.1 -all\n"

struct run {
	struct signet *engine;
	struct signet_check *check;
	struct zone *zone;
	const struct signet_dossier *d;
	enum signet_status status;
};

static void begin(struct run *r, const struct signet_settings *settings, const struct signet_envelope *envelope,
		  const char *zone)
{
	*r = (struct run){ .engine = signet_new(), .zone = zone_of_text(zone) };
	r->check = signet_check_new(r->engine, settings, envelope);
}

static void end(struct run *r)
{
	signet_check_free(r->check);
	signet_free(r->engine);
	zone_free(r->zone);
}

/* Feeds the message cut at `split` and answers all there is to answer. */
static void go(struct run *r, slice message, size_t split)
{
	signet_check_feed(r->check, slice_first(message, split));
	signet_check_feed(r->check, slice_from(message, split));
	r->status = signet_check_end(r->check);
	while (r->status == SIGNET_OK && (r->status = signet_check_step(r->check)) == SIGNET_PENDING) {
		zone_answer_all(r->zone, signet_check_book(r->check));
		r->status = SIGNET_OK;
	}
	if (r->status == SIGNET_OK && signet_check_wants_message(r->check)) {
		r->status = signet_check_diagnose(r->check, message, true);
	}
	r->d = signet_check_dossier(r->check);
}

static struct signet_envelope envelope_of(const char *ip, const char *helo, const char *mail_from)
{
	struct signet_envelope e = { .helo = slice_of(helo), .has_mail_from = true, .mail_from = slice_of(mail_from) };
	(void)signet_ip_parse(slice_of(ip), &e.ip);
	e.source = "options";
	return e;
}

static slice json_of(const struct run *r, struct buf *b)
{
	buf_init(b, JSON_BYTES);
	struct json_writer w = json_writer_of(b);
	const struct tell_extras extras = { .requirements = NULL };
	tell_json_dossier(&w, "m", r->d, &extras, signet_check_book(r->check));
	return buf_slice(b);
}

static const struct row {
	const char *clause, *what;
	const char *message, *zone;
	const char *ip, *mail_from;
	enum signet_mode mode;
	enum signet_dmarc_result result;
	enum signet_decision decision;
	const char *cause; /* NULL: not looked at */
} rows[] = {
	{ "6376:6.1", "both signatures verify", RFC8463_MESSAGE, RFC8463_KEYS REJECT SPF_GOOD, "192.0.2.1",
	  "joe@football.example.com", SIGNET_MODE_RFC9989, SIGNET_DMARC_PASS, SIGNET_ACCEPT, "pass" },
	{ "9989:5.3.6", "SERVFAIL for a foreign key does not turn fail into temperror", "DKIM-Signature: v=1; a=rsa-sha256; "
	  "d=evil.example; s=x; h=from; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n" RFC8463_FIELDS "\r\n"
	  RFC8463_BODY, REJECT SPF_GOOD "x._domainkey.evil.example SERVFAIL\n", "203.0.113.1", "joe@football.example.com",
	  SIGNET_MODE_CLASSIC, SIGNET_DMARC_FAIL, SIGNET_REJECT, NULL },
	{ "9989:5.3.6", "SERVFAIL for a foreign MAIL FROM does not turn fail into temperror",
	  RFC8463_FIELDS "\r\n" RFC8463_BODY,
	  REJECT "evil.example SERVFAIL\n", "203.0.113.1", "x@evil.example", SIGNET_MODE_CLASSIC, SIGNET_DMARC_FAIL,
	  SIGNET_REJECT, NULL },
	{ "9989:5.3.6", "SERVFAIL for the only aligned key defers", RFC8463_RSA RFC8463_FIELDS "\r\n" RFC8463_BODY,
	  REJECT SPF_GOOD "test._domainkey.football.example.com SERVFAIL\n", "203.0.113.1", "x@evil.example",
	  SIGNET_MODE_CLASSIC, SIGNET_DMARC_TEMPERROR, SIGNET_TEMPFAIL, "dns-temperror-dkim" },
	{ "9989:5.3.6", "and does not where the policy is none", RFC8463_RSA RFC8463_FIELDS "\r\n" RFC8463_BODY,
	  POLICY_NONE SPF_GOOD "test._domainkey.football.example.com SERVFAIL\n", "203.0.113.1", "x@evil.example",
	  SIGNET_MODE_CLASSIC, SIGNET_DMARC_TEMPERROR, SIGNET_ACCEPT, "dns-temperror-dkim" },
	{ "9989:7.4", "a fail under reject is quarantined without a second fact", RFC8463_FIELDS "\r\n" RFC8463_BODY,
	  REJECT SPF_GOOD, "203.0.113.1", "joe@football.example.com", SIGNET_MODE_RFC9989, SIGNET_DMARC_FAIL,
	  SIGNET_QUARANTINE, NULL },
	{ "9989:7.4", "mode classic rejects it", RFC8463_FIELDS "\r\n" RFC8463_BODY, REJECT SPF_GOOD, "203.0.113.1",
	  "joe@football.example.com", SIGNET_MODE_CLASSIC, SIGNET_DMARC_FAIL, SIGNET_REJECT, NULL },
	{ "9989:7.4", "mode monitor accepts it", RFC8463_FIELDS "\r\n" RFC8463_BODY, REJECT SPF_GOOD, "203.0.113.1",
	  "joe@football.example.com", SIGNET_MODE_MONITOR, SIGNET_DMARC_FAIL, SIGNET_ACCEPT, NULL },
	{ "9989:11.5", "two From fields", "From: a@football.example.com\r\n" RFC8463_FIELDS "\r\n" RFC8463_BODY,
	  REJECT SPF_GOOD, "192.0.2.1", "joe@football.example.com", SIGNET_MODE_RFC9989, SIGNET_DMARC_PERMERROR,
	  SIGNET_REJECT, "from-multiple" },
	{ "9989:11.5", "no From field", "To: a@example.net\r\n\r\n" RFC8463_BODY, REJECT SPF_GOOD, "192.0.2.1",
	  "joe@football.example.com", SIGNET_MODE_RFC9989, SIGNET_DMARC_PERMERROR, SIGNET_REJECT, "from-missing" },
	{ "6376:5", "From signed and over-signed, nothing cut off by l=: what a good signer makes passes", RFC8463_MESSAGE,
	  RFC8463_KEYS REJECT, "203.0.113.1", "x@evil.example", SIGNET_MODE_CLASSIC, SIGNET_DMARC_PASS, SIGNET_ACCEPT, "pass" },
	{ "6376:5.3", "a bare LF is hashed as it came, not repaired", RFC8463_ED25519 RFC8463_FIELDS
	  "\r\nHi.\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n", RFC8463_KEYS REJECT SPF_GOOD, "203.0.113.1",
	  "x@evil.example", SIGNET_MODE_CLASSIC, SIGNET_DMARC_FAIL, SIGNET_REJECT, NULL },
	{ "7208:2.4", "the null sender is checked by its HELO name", RFC8463_FIELDS "\r\n" RFC8463_BODY, REJECT SPF_GOOD,
	  "192.0.2.1", "", SIGNET_MODE_RFC9989, SIGNET_DMARC_PASS, SIGNET_ACCEPT, "pass" },
	{ "9989:5.3.6", "no policy, no DMARC", RFC8463_FIELDS "\r\n" RFC8463_BODY, SPF_GOOD, "203.0.113.1",
	  "joe@football.example.com", SIGNET_MODE_RFC9989, SIGNET_DMARC_NONE, SIGNET_ACCEPT, "no-policy" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct run r;
		const struct signet_settings settings = { .mode = rows[i].mode, .now = NOW };
		const struct signet_envelope e = envelope_of(rows[i].ip, "football.example.com", rows[i].mail_from);
		begin(&r, &settings, &e, rows[i].zone);
		go(&r, slice_of(rows[i].message), 0);
		if (row_number(rows[i].clause, "the dossier is whole", r.status, SIGNET_OK)) {
			row_text(rows[i].clause, rows[i].what, slice_of(signet_dmarc_result_name(r.d->dmarc.result)),
				 signet_dmarc_result_name(rows[i].result));
			row_text(rows[i].clause, "and the decision", slice_of(signet_decision_name(r.d->decision)),
				 signet_decision_name(rows[i].decision));
			if (rows[i].cause) {
				row_text(rows[i].clause, "and the cause", slice_of(r.d->cause), rows[i].cause);
			}
		}
		end(&r);
	}
}

static void test_splits(void)
{
	const struct signet_settings settings = { .now = NOW };
	const struct signet_envelope e = envelope_of("192.0.2.1", "football.example.com", "joe@football.example.com");
	slice message = S(RFC8463_MESSAGE);
	struct buf first, other;
	struct run r;
	begin(&r, &settings, &e, RFC8463_KEYS REJECT SPF_GOOD);
	go(&r, message, 0);
	json_of(&r, &first);
	size_t differ = 0;
	for (size_t n = 1; n < message.len; n++) {
		signet_check_reset(r.check, &settings, &e);
		go(&r, message, n);
		differ += !slice_eq(json_of(&r, &other), buf_slice(&first));
		buf_finish(&other);
	}
	row_number("6376:3.4", "the same dossier for every split of the message", (int64_t)differ, 0);
	buf_finish(&first);
	end(&r);
}

/* Answers the book step by step in an order drawn by `seed`; the list of questions is in the order of asking, which may
 * differ, so the dossier is compared without it. */
static void go_in_steps(struct run *r, slice message, size_t n, unsigned seed)
{
	signet_check_feed(r->check, message);
	r->status = signet_check_end(r->check);
	while (r->status == SIGNET_OK && (r->status = signet_check_step(r->check)) == SIGNET_PENDING) {
		zone_answer_some(r->zone, signet_check_book(r->check), n, seed++);
		r->status = SIGNET_OK;
	}
	r->d = signet_check_dossier(r->check);
}

static slice before_dns(slice json)
{
	size_t at = slice_find(json, S(",\"dns\":["));
	return slice_first(json, at);
}

static void test_steps(void)
{
	static const char zone[] =
		RFC8463_KEYS REJECT
		"football.example.com TXT v=spf1 include:a.example include:b.example mx a:host.football.example.com -all\n"
		"a.example TXT v=spf1 mx -all\na.example MX 10 mx.a.example\nmx.a.example A 203.0.113.5\n"
		"b.example TXT v=spf1 exists:%{i}.b.example ptr ?all\n"
		"football.example.com MX 10 mx.football.example.com\n"
		"mx.football.example.com A 192.0.2.1\n";
	const struct signet_settings settings = { .now = NOW };
	const struct signet_envelope e = envelope_of("192.0.2.1", "mail.football.example.com", "joe@football.example.com");
	struct buf first, other;
	struct run r;
	begin(&r, &settings, &e, zone);
	go(&r, S(RFC8463_MESSAGE), 0);
	json_of(&r, &first);
	size_t differ = 0;
	for (size_t n = 1; n <= 12; n++) {
		for (unsigned seed = 0; seed < 20; seed++) {
			signet_check_reset(r.check, &settings, &e);
			go_in_steps(&r, S(RFC8463_MESSAGE), n, seed);
			differ += !slice_eq(before_dns(json_of(&r, &other)), before_dns(buf_slice(&first)));
			buf_finish(&other);
		}
	}
	row_number("7208:4.6.4", "the same dossier whatever the order of the answers", (int64_t)differ, 0);
	size_t questions = book_count(signet_check_book(r.check));
	for (unsigned gaps = 0; gaps < 6; gaps++) {
		signet_check_reset(r.check, &settings, &e);
		zone_attach(r.zone, signet_check_book(r.check), gaps);
		go_in_steps(&r, S(RFC8463_MESSAGE), 1, gaps);
		differ += !slice_eq(before_dns(json_of(&r, &other)), before_dns(buf_slice(&first)));
		differ += book_count(signet_check_book(r.check)) != questions;
		buf_finish(&other);
	}
	row_number("7208:4.6.4", "and however many of them are at hand", (int64_t)differ, 0);
	row_number("7208:5.4", "and it is the right one", r.d->spf[0].result, SIGNET_SPF_PASS);
	buf_finish(&first);
	end(&r);
}

static void test_deadline(void)
{
	const struct signet_settings settings = { .now = NOW };
	const struct signet_envelope e = envelope_of("192.0.2.1", "football.example.com", "joe@football.example.com");
	struct run r;
	begin(&r, &settings, &e, RFC8463_KEYS);
	signet_check_feed(r.check, S(RFC8463_MESSAGE));
	signet_check_end(r.check);
	row_number("7208:4.6.4", "without answers it is pending", signet_check_step(r.check), SIGNET_PENDING);
	for (int i = 0; i < 5 && signet_check_step(r.check) == SIGNET_PENDING; i++) {
		signet_book_expire(signet_check_book(r.check));
	}
	r.d = signet_check_dossier(r.check);
	row_number("7208:4.6.4", "when the time is over SPF is temperror", r.d ? (int)r.d->spf[0].result : -1,
		   SIGNET_SPF_TEMPERROR);
	row_number("6376:6.1.2", "and DKIM is temperror", r.d ? (int)r.d->dkim[0].result : -1, SIGNET_DKIM_TEMPERROR);
	row_number("9989:5.3.6", "and DMARC is temperror", r.d ? (int)r.d->dmarc.result : -1, SIGNET_DMARC_TEMPERROR);
	end(&r);
}

static void test_prefixes(void)
{
	const struct signet_settings settings = { .now = NOW };
	const struct signet_envelope e = envelope_of("192.0.2.1", "football.example.com", "joe@football.example.com");
	slice message = S(RFC8463_MESSAGE);
	struct run r;
	size_t whole = 0;
	begin(&r, &settings, &e, RFC8463_KEYS REJECT SPF_GOOD);
	for (size_t n = 0; n < message.len; n++) {
		signet_check_reset(r.check, &settings, &e);
		go(&r, guarded(slice_first(message, n), false), n / 2);
		whole += r.status == SIGNET_OK && r.d;
	}
	row_number("5322:2.1", "every prefix of a message gives a dossier", (int64_t)whole, (int64_t)message.len);
	end(&r);
}

static void test_large_header(void)
{
	const struct signet_settings settings = { .now = NOW, .header_bytes = 4096 };
	const struct signet_envelope e = envelope_of("192.0.2.1", "football.example.com", "joe@football.example.com");
	struct run r;
	struct buf message;
	buf_init(&message, 1 << 20);
	buf_put(&message, S(RFC8463_FIELDS));
	for (int i = 0; i < 1000; i++) {
		buf_put(&message, S("X-More: and more\r\n"));
	}
	buf_put(&message, S("\r\n" RFC8463_BODY));
	begin(&r, &settings, &e, REJECT SPF_GOOD);
	go(&r, buf_slice(&message), 100);
	row_number("5321:4.5.3.1", "a header past the cap is judged by what has come", r.d ? (int)r.d->dmarc.result : -1,
		   SIGNET_DMARC_PASS);
	row_bool("5321:4.5.3.1", "and a finding says so",
		 r.d && r.d->findings.n && signet_finding_id(S("message.header-too-large")) == r.d->findings.at[0].id, true);
	buf_finish(&message);
	end(&r);
}

static void test_words(void)
{
	const struct signet_settings settings = { .now = NOW };
	const struct signet_envelope e = { .source = NULL };
	struct run r;
	begin(&r, &settings, &e, "");
	go(&r, S("From: =?utf-8?q?J=C3=BCrgen?= <joe@football.example.com>\r\nTo: =?iso-8859-1?Q?Andr=E9?= <a@b.example>\r\n"
		 "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n =?utf-8?q?_aus?=\r\n\r\nx\r\n"),
	   0);
	row_text("2047:6.2", "From is shown decoded", r.d->from_text, "J\xc3\xbcrgen <joe@football.example.com>");
	row_text("2047:6.2", "so is To", r.d->to, "Andr\xc3\xa9 <a@b.example>");
	row_text("2047:6.2", "and Subject, without the white space between words", r.d->subject,
		 "Gr\xc3\xbc\xc3\x9f" "e aus");
	row_text("2047:6.2", "but the author is read before words are decoded", r.d->from[0].address,
		 "joe@football.example.com");
	end(&r);
}

static void test_unknown_envelope(void)
{
	const struct signet_settings settings = { .now = NOW, .mode = SIGNET_MODE_CLASSIC };
	const struct {
		const char *what;
		struct signet_envelope e;
		bool null_sender;
	} envelopes[] = {
		{ "nothing is known: SPF is none", { .source = NULL }, false },
		{ "a client address alone: SPF is none",
		  { .ip = { 4, { 192, 0, 2, 1 } }, .source = "options" },
		  false },
		{ "a null sender without a HELO name: SPF is none",
		  { .ip = { 4, { 192, 0, 2, 1 } }, .has_mail_from = true, .source = "options" },
		  true },
	};
	for (size_t i = 0; i < ROWS(envelopes); i++) {
		struct run r;
		begin(&r, &settings, &envelopes[i].e, REJECT SPF_GOOD);
		go(&r, S(RFC8463_FIELDS "\r\n" RFC8463_BODY), 0);
		const struct signet_spf *spf = r.d ? &r.d->spf[0] : NULL;
		row_number("7208:2.5", envelopes[i].what, spf ? (int)spf->result : -1, SIGNET_SPF_NONE);
		row_bool("7208:2.5", "and says why",
		         spf && spf->findings.n && signet_finding_id(S("envelope.unknown")) == spf->findings.at[0].id,
		         true);
		row_bool("7208:2.4", "a null sender is said", spf && spf->null_sender, envelopes[i].null_sender);
		row_bool("9989:5.3.6", "DMARC fails but nothing is rejected",
		         r.d && r.d->dmarc.result == SIGNET_DMARC_FAIL && r.d->decision == SIGNET_QUARANTINE, true);
		end(&r);
	}
}

int main(void)
{
	test_rows();
	test_splits();
	test_steps();
	test_deadline();
	test_prefixes();
	test_large_header();
	test_words();
	test_unknown_envelope();
	return rows_end();
}
