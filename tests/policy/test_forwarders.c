/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/policy/forwarders.h"

#include <stdio.h>
#include <stdlib.h>

#include "../support/rows.h"

#define DAY 86400
#define TODAY ((int64_t)20000 * DAY + 3600)

static const char *const authors[] = { "a.example", "b.example.org", "bank.test", "shop.co", "news.net" };

/* Direct mail of the first `n` authors on three days, the first of them `age` days ago. */
static void make_known(struct forwarders *f, size_t n, int age)
{
	for (size_t i = 0; i < n; i++) {
		forwarders_note(f, FORWARDERS_DIRECT, S("mx.author.example"), slice_of(authors[i]), TODAY - age * DAY);
		forwarders_note(f, FORWARDERS_DIRECT, S(""), slice_of(authors[i]), TODAY - (age - 1) * DAY);
		forwarders_note(f, FORWARDERS_DIRECT, S(""), slice_of(authors[i]), TODAY - (age - 2) * DAY);
	}
}

/* Mail of the first `n` authors, each on `days` days, the last of them today. */
static void carry(struct forwarders *f, const char *client, size_t n, int days)
{
	for (int day = days - 1; day >= 0; day--) {
		for (size_t i = 0; i < n; i++) {
			forwarders_note(f, FORWARDERS_CARRIED, slice_of(client), slice_of(authors[i]),
			                TODAY - day * DAY);
		}
	}
}

static void fail(struct forwarders *f, const char *client, int n)
{
	for (int i = 0; i < n; i++) {
		forwarders_note(f, FORWARDERS_FAILED, slice_of(client), S("bank.test"), TODAY);
	}
}

static void test_rule(void)
{
	static const struct row {
		const char *what;
		size_t known;
		int age;
		size_t authors;
		int days, fails;
		int later; /* days between then and the question */
		bool want;
	} rows[] = {
		{ "four known authors on five days", 4, 20, 4, 5, 0, 0, true },
		{ "three authors are too few", 4, 20, 3, 10, 0, 0, false },
		{ "four days are too few", 4, 20, 4, 4, 0, 0, false },
		{ "one of the four is not known", 3, 20, 4, 10, 0, 0, false },
		{ "authors that were first seen ten days ago are not known", 4, 10, 4, 5, 0, 0, false },
		{ "fails are paid: one for four", 4, 20, 4, 5, 4, 0, true },
		{ "and when all is spent it is over", 4, 20, 4, 5, 5, 0, false },
		{ "a fortnight later it still holds", 4, 20, 4, 5, 0, 14, true },
		{ "but not for ever", 4, 20, 4, 5, 0, 40, false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct forwarders *f = forwarders_new(i);
		make_known(f, row->known, row->age);
		carry(f, "fwd.example", row->authors, row->days);
		fail(f, "fwd.example", row->fails);
		row_bool("-", row->what, forwarders_is_seen(f, S("fwd.example"), TODAY + row->later * DAY), row->want);
		forwarders_free(f);
	}
}

static void test_cheap(void)
{
	struct forwarders *f = forwarders_new(1);
	static const char *const cheap[] = { "a.evil.example", "b.evil.example", "c.evil.example", "d.evil.example" };
	for (int day = 30; day >= 0; day--) {
		for (size_t i = 0; i < 4; i++) {
			slice author = slice_of(cheap[i]);
			forwarders_note(f, FORWARDERS_DIRECT, S("mx.evil.example"), author, TODAY - day * DAY);
			forwarders_note(f, FORWARDERS_CARRIED, S("fwd.evil.example"), author, TODAY - day * DAY);
		}
	}
	row_bool("-", "domains below one name count as one", forwarders_is_seen(f, S("fwd.evil.example"), TODAY),
	         false);
	make_known(f, 4, 20);
	for (int i = 0; i < 1000; i++) {
		carry(f, "again.example", 4, 1);
	}
	row_bool("-", "the same mail again and again is one day's", forwarders_is_seen(f, S("again.example"), TODAY),
	         false);
	carry(f, "once.example", 4, 5);
	carry(f, "once.example", 4, 1);
	fail(f, "once.example", 4);
	row_bool("-", "nor does it buy anything", forwarders_is_seen(f, S("once.example"), TODAY), true);
	fail(f, "once.example", 1);
	row_bool("-", "beyond what the days gave", forwarders_is_seen(f, S("once.example"), TODAY), false);
	carry(f, "", 4, 5);
	row_bool("-", "who has no name is not seen", forwarders_is_seen(f, S(""), TODAY), false);
	carry(f, "two words", 4, 5);
	row_bool("-", "nor who has one that no host can have", forwarders_is_seen(f, S("two words"), TODAY), false);
	carry(f, "FWD.example", 4, 5);
	row_bool("-", "letters' case of a name does not matter", forwarders_is_seen(f, S("fwd.EXAMPLE"), TODAY), true);
	for (unsigned i = 0; i < 100000; i++) {
		char name[32];
		int n = snprintf(name, sizeof(name), "n%u.example", i);
		forwarders_note(f, FORWARDERS_CARRIED, slice_make(name, (size_t)n), S("a.example"), TODAY);
		forwarders_note(f, FORWARDERS_DIRECT, S(""), slice_make(name, (size_t)n), TODAY);
	}
	row_bool("-", "a flood of names does not push it out", forwarders_is_seen(f, S("fwd.example"), TODAY), true);
	forwarders_free(f);
}

static void test_text(void)
{
	struct forwarders *f = forwarders_new(77), *other = forwarders_new(5);
	struct buf first, second;
	buf_init(&first, FORWARDERS_OCTETS);
	buf_init(&second, FORWARDERS_OCTETS);
	row_bool("-", "nothing has changed", forwarders_take_change(f), false);
	make_known(f, 5, 20);
	carry(f, "fwd.example", 5, 5);
	fail(f, "fwd.example", 2);
	row_bool("-", "something has", forwarders_take_change(f) && !forwarders_take_change(f), true);
	forwarders_write(f, &first);
	slice text = buf_slice(&first);
	row_bool("-", "what was written can be read", buf_ok(&first) && forwarders_read(other, text), true);
	forwarders_write(other, &second);
	row_slice("-", "and is the same", buf_slice(&second), text);
	row_bool("-", "and means the same", forwarders_is_seen(other, S("fwd.example"), TODAY), true);
	bool some = false;
	for (size_t n = 0; n < text.len; n++) {
		char *copy = malloc(n + 1); /* exact: a reader that goes too far is caught under a sanitizer */
		memcpy(copy, text.at, n);
		some |= text.at[n - (n > 0)] != '\n' && forwarders_read(other, slice_make(copy, n));
		free(copy);
	}
	row_bool("-", "half a text is none", some, false);
	row_bool("-", "and then nothing is remembered", forwarders_is_seen(other, S("fwd.example"), TODAY), false);
	static const char *const bad[] = { "signet-forwarders-2 1\n",
		                           "signet-forwarders-1 x\n",
		                           "signet-forwarders-1 1\nx 1\n",
		                           "signet-forwarders-1 1\nknown 0 1 1\n",
		                           "signet-forwarders-1 1\nknown 7 1 4294967296\n",
		                           "signet-forwarders-1 1\nclient a b 1 1\n",
		                           "signet-forwarders-1 1 \n" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		row_bool("-", bad[i], forwarders_read(other, slice_of(bad[i])), false);
	}
	buf_finish(&first);
	buf_finish(&second);
	forwarders_free(f);
	forwarders_free(other);
}

/* What was found out about a message, and what that says of who handed it over. */
static void test_sights(void)
{
	static const struct row {
		const char *what;
		enum signet_dmarc_result dmarc;
		enum signet_policy policy;
		enum signet_spf_result spf;
		const char *mail_from;
		bool by_spf, by_dkim;
		enum forwarders_sight want;
	} rows[] = {
		{ "SPF passes aligned: direct", SIGNET_DMARC_PASS, SIGNET_POLICY_REJECT, SIGNET_SPF_PASS, "bank.test",
		  true, true, FORWARDERS_DIRECT },
		{ "his SPF does not name the client, his signature holds: carried", SIGNET_DMARC_PASS,
		  SIGNET_POLICY_REJECT, SIGNET_SPF_FAIL, "bounce.bank.test", false, true, FORWARDERS_CARRIED },
		{ "softfail is as good", SIGNET_DMARC_PASS, SIGNET_POLICY_QUARANTINE, SIGNET_SPF_SOFTFAIL, "bank.test",
		  false, true, FORWARDERS_CARRIED },
		{ "neutral says nothing", SIGNET_DMARC_PASS, SIGNET_POLICY_REJECT, SIGNET_SPF_NEUTRAL, "bank.test",
		  false, true, FORWARDERS_NOTHING },
		{ "no SPF record says nothing", SIGNET_DMARC_PASS, SIGNET_POLICY_REJECT, SIGNET_SPF_NONE, "bank.test",
		  false, true, FORWARDERS_NOTHING },
		{ "MAIL FROM of a service that sends for him", SIGNET_DMARC_PASS, SIGNET_POLICY_REJECT, SIGNET_SPF_PASS,
		  "esp.example", false, true, FORWARDERS_NOTHING },
		{ "even one whose SPF fails", SIGNET_DMARC_PASS, SIGNET_POLICY_REJECT, SIGNET_SPF_FAIL, "esp.example",
		  false, true, FORWARDERS_NOTHING },
		{ "p=none is nobody's aim", SIGNET_DMARC_PASS, SIGNET_POLICY_NONE, SIGNET_SPF_PASS, "bank.test", true,
		  true, FORWARDERS_NOTHING },
		{ "it fails", SIGNET_DMARC_FAIL, SIGNET_POLICY_REJECT, SIGNET_SPF_FAIL, "bank.test", false, false,
		  FORWARDERS_FAILED },
		{ "it fails under none", SIGNET_DMARC_FAIL, SIGNET_POLICY_NONE, SIGNET_SPF_FAIL, "bank.test", false,
		  false, FORWARDERS_NOTHING },
		{ "an answer is lost", SIGNET_DMARC_TEMPERROR, SIGNET_POLICY_REJECT, SIGNET_SPF_FAIL, "bank.test",
		  false, false, FORWARDERS_NOTHING },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct signet_spf spf = { .result = row->spf, .domain = slice_of(row->mail_from) };
		struct signet_dossier d = { .spf = &spf, .n_spf = 1, .n_dmarc_all = 1 };
		d.dmarc = (struct signet_dmarc) { .result = row->dmarc,
			                          .published = row->policy,
			                          .organizational_domain = S("bank.test"),
			                          .aligned_by_spf = row->by_spf,
			                          .aligned_by_dkim = row->by_dkim };
		row_number("-", row->what, forwarders_sight_of(&d), row->want);
		d.n_dmarc_all = 2;
		row_number("-", "two authors say nothing", forwarders_sight_of(&d), FORWARDERS_NOTHING);
	}
}

int main(void)
{
	test_rule();
	test_cheap();
	test_text();
	test_sights();
	return rows_end();
}
