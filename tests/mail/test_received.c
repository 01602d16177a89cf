/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/received.h"
#include "../support/rows.h"

#include <time.h>

#include "../../src/base/date.h"
#include "../../src/base/ip.h"
#include "vectors.h"

static const struct {
	const char *clause, *what, *value, *helo, *rdns, *ip, *by, *with;
	bool tls, authenticated;
} rows[] = {
	{ "5321:4.4", "Postfix",
	  "from mail.a.example (mx.a.example [192.0.2.1])\r\n\tby mx.example (Postfix) with ESMTP id 4X\r\n\t"
	  "for <joe@b.example>; Sat, 21 Nov 2026 10:00:00 +0100",
	  "mail.a.example", "mx.a.example", "192.0.2.1", "mx.example", "ESMTP", false, false },
	{ "5321:4.4", "Postfix with TLS",
	  "from m.a.example (mx.a.example [IPv6:2001:db8::1]) (using TLSv1.3 with cipher X (256/256 bits))"
	  " (No client certificate requested) by mx.example (Postfix) with ESMTPS id 4X; Sat, 21 Nov 2026 10:00:00 "
	  "+0100",
	  "m.a.example", "mx.a.example", "2001:db8::1", "mx.example", "ESMTPS", true, false },
	{ "5321:4.4", "Postfix, name unknown", "from x (unknown [192.0.2.1]) by mx.example (Postfix) with SMTP id 4X",
	  "x", "", "192.0.2.1", "mx.example", "SMTP", false, false },
	{ "5321:4.4", "an address as HELO is not the client",
	  "from [203.0.113.9] (unknown [192.0.2.1]) by mx.example with ESMTP", "[203.0.113.9]", "", "192.0.2.1",
	  "mx.example", "ESMTP", false, false },
	{ "5321:4.4", "a keyword as HELO", "from by (unknown [192.0.2.1]) by mx.example with ESMTP", "by", "",
	  "192.0.2.1", "mx.example", "ESMTP", false, false },
	{ "5321:4.4", "Sendmail",
	  "from a.example (IDENT:joe@mx.a.example [192.0.2.1] (may be forged)) by mx.example (8.17/8.17) "
	  "with ESMTP id x",
	  "a.example", "mx.a.example", "192.0.2.1", "mx.example", "ESMTP", false, false },
	{ "5321:4.4", "an address in IDENT is not the client",
	  "from a (IDENT:[203.0.113.9]@mx.a.example [192.0.2.1]) by mx.example", "a", "mx.a.example", "192.0.2.1",
	  "mx.example", "", false, false },
	{ "5321:4.4", "Exim",
	  "from mx.a.example ([192.0.2.1] helo=a.example) by mx.example with esmtpsa (TLS1.3) tls X (Exim 4.96) "
	  "id 1x-2",
	  "a.example", "", "192.0.2.1", "mx.example", "esmtpsa", true, true },
	{ "5321:4.4", "Exim without a name",
	  "from [192.0.2.1] (helo=[203.0.113.9]) by mx.example with smtp (Exim 4.96)", "[203.0.113.9]", "", "192.0.2.1",
	  "mx.example", "smtp", false, false },
	{ "5321:4.4", "Exim with a port",
	  "from mx.a.example ([192.0.2.1]:41000 helo=[203.0.113.9] ident=[203.0.113.8]) by mx.example", "[203.0.113.9]",
	  "", "192.0.2.1", "mx.example", "", false, false },
	{ "5321:4.4", "qmail",
	  "from unknown (HELO a.example) (192.0.2.1) by mx.example with SMTP; 21 Nov 2026 09:00:00 -0000", "a.example",
	  "", "192.0.2.1", "mx.example", "SMTP", false, false },
	{ "5321:4.4", "qmail: an address as HELO is not the client",
	  "from unknown (HELO [203.0.113.9]) (joe@192.0.2.1) by mx.example", "[203.0.113.9]", "", "192.0.2.1",
	  "mx.example", "", false, false },
	{ "5321:4.4", "Microsoft",
	  "from A.eurprd.example (2001:db8::5) by B.eurprd.example (2001:db8::6) with Microsoft SMTP Server "
	  "(version=TLS1_2, cipher=X) id 15.20; Sat, 21 Nov 2026 09:00:00 +0000",
	  "A.eurprd.example", "", "2001:db8::5", "B.eurprd.example", "SMTP", true, false },
	{ "5321:4.4", "Google",
	  "from mail-x.a.example (mail-x.a.example. [192.0.2.1]) by mx.google.example with ESMTPS id x "
	  "(version=TLS1_3 cipher=X bits=256/256)",
	  "mail-x.a.example", "mail-x.a.example.", "192.0.2.1", "mx.google.example", "ESMTPS", true, false },
	{ "5321:4.4", "from the command line",
	  "by mx.example (Postfix, from userid 1000) id 4X; Sat, 21 Nov 2026 09:00:00 +0000", "", "", "", "mx.example",
	  "", false, false },
	{ "5321:4.4", "IPv4-mapped", "from a ([::ffff:192.0.2.1]) by mx.example", "a", "", "192.0.2.1", "mx.example",
	  "", false, false },
	{ "3848:3", "TLS and AUTH", "from a ([192.0.2.1]) by mx.example with ESMTPSA", "a", "", "192.0.2.1",
	  "mx.example", "ESMTPSA", true, true },
	{ "3848:3", "AUTH without TLS", "from a ([192.0.2.1]) by mx.example with ESMTPA", "a", "", "192.0.2.1",
	  "mx.example", "ESMTPA", false, true },
	{ "6531:4.3", "UTF8SMTPS", "from a ([192.0.2.1]) by mx.example with UTF8SMTPS", "a", "", "192.0.2.1",
	  "mx.example", "UTF8SMTPS", true, false },
	{ "-", "nothing", "", "", "", "", "", "", false, false },
	{ "-", "a comment that does not end", "from a (b [192.0.2.1] by mx.example", "a", "", "192.0.2.1", "mx.example",
	  "", false, false },
	{ "-", "no sense", "(((; by from", "", "", "", "", "", false, false },
};

static void parse_only(slice value, void *data)
{
	received_parse(value, data);
}

static slice ip_text(const struct received *r, struct buf *b)
{
	buf_clear(b);
	if (r->has_ip) {
		ip_put(b, &r->ip);
	}
	return buf_slice(b);
}

static void check_rows(void)
{
	struct buf b;
	buf_init(&b, 100);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct received r;
		received_parse(guarded(slice_of(rows[i].value), false), &r);
		row_text(rows[i].clause, rows[i].what, r.helo, rows[i].helo);
		row_text(rows[i].clause, "  ... name of the address", r.rdns, rows[i].rdns);
		row_text(rows[i].clause, "  ... address", ip_text(&r, &b), rows[i].ip);
		row_text(rows[i].clause, "  ... by", r.by, rows[i].by);
		row_text(rows[i].clause, "  ... with", r.with, rows[i].with);
		row_bool(rows[i].clause, "  ... encrypted", r.tls, rows[i].tls);
		row_bool(rows[i].clause, "  ... authenticated", r.authenticated, rows[i].authenticated);
		each_prefix(slice_of(rows[i].value), parse_only, &r);
	}
	buf_finish(&b);
}

/* Where the other parser goes astray. */
static const char *contested(const char *id, const char *member)
{
	static const struct {
		const char *id, *member, *why;
	} known[] = {
		{ "mail-parser-received-28", "id", "mail-parser drops what stands behind the slash" },
		{ "mail-parser-received-30", "id", "mail-parser drops what stands behind the slash" },
		{ "mail-parser-received-162", "from", "a user's name in a comment is no from clause" },
	};
	for (size_t i = 0; i < ROWS(known); i++) {
		if (strcmp(known[i].id, id) == 0 && strcmp(known[i].member, member) == 0) {
			return known[i].why;
		}
	}
	return NULL;
}

static void compare(const char *id, const char *member, bool agrees)
{
	if (contested(id, member)) {
		row_contested("5321:4.4", member, agrees, contested(id, member));
	} else {
		row_bool("5321:4.4", member, agrees, true);
	}
}

static slice host_of(const json_t *expect, const char *key)
{
	const json_t *host = json_object_get(expect, key);
	slice name = vector_text(host, "Name");
	return name.at ? name : vector_text(host, "IpAddr");
}

/* "[192.0.2.1]" and the plain address are the same host. */
static bool is_same_host(slice got, slice want)
{
	if (got.len >= 2 && got.at[0] == '[' && got.at[got.len - 1] == ']') {
		got = slice_make(got.at + 1, got.len - 2);
	}
	return slice_eq_nocase(got, want);
}

/* mail-parser's own reading of 91 fields.  Compared: from, HELO where a keyword names it, by, id, and the address where it
 * finds one.  Not compared: dates (its own normalisation; base/date has its rows), ident, tls_version, via and with, which
 * it maps to a list of its own. */
static void check_vectors(void)
{
	json_t *cases = vector_cases("mime/fields/received.json");
	json_t *one;
	size_t i;
	struct buf b;
	buf_init(&b, 100);
	row_number("-", "the vectors are there", (int64_t)json_array_size(cases), 91);
	json_array_foreach(cases, i, one) {
		const json_t *expect = json_object_get(one, "expect");
		const char *id = json_string_value(json_object_get(one, "id"));
		struct buf value = vector_value(one, "header");
		struct received r;
		struct signet_ip ip;
		rows_case("fields", id, 0);
		received_parse(buf_slice(&value), &r);
		slice want = host_of(expect, "from");
		compare(id, "from", !want.len || is_same_host(r.from, want));
		want = host_of(expect, "helo");
		compare(id, "helo", !want.len || is_same_host(r.helo, want));
		want = host_of(expect, "by");
		compare(id, "by", !want.len || is_same_host(r.by, want));
		want = vector_text(expect, "id");
		compare(id, "id", !want.len || slice_eq(r.id, want));
		want = vector_text(expect, "from_ip");
		compare(id, "ip", !want.len || (r.has_ip && signet_ip_parse(want, &ip) && ip_eq(&ip, &r.ip)));
		buf_finish(&value);
	}
	buf_finish(&b);
	rows_case(NULL, NULL, 0);
	json_decref(cases);
}

static int64_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static int64_t epoch_of(const json_t *expect)
{
	struct tm tm = { .tm_year = (int)number_of(expect, "year") - 1900,
			 .tm_mon = (int)number_of(expect, "month") - 1,
			 .tm_mday = (int)number_of(expect, "day"),
			 .tm_hour = (int)number_of(expect, "hour"),
			 .tm_min = (int)number_of(expect, "minute"),
			 .tm_sec = (int)number_of(expect, "second") };
	int64_t zone = number_of(expect, "tz_hour") * 3600 + number_of(expect, "tz_minute") * 60;
	return (int64_t)timegm(&tm) + (json_is_true(json_object_get(expect, "tz_before_gmt")) ? zone : -zone);
}

/* Dates as they stand behind the ";". */
static void check_dates(void)
{
	static const struct {
		slice id;
		const char *why;
	} disputed[] = {
		{ { "-10", 3 }, "a month in digits is no date of RFC 5322" },
		{ { "-12", 3 }, "numbers are no date" },
		{ { "-14", 3 }, "the comment is closed; what breaks it is a line end without a fold, which no field holds" },
		{ { "-28", 3 }, "a whole Received field, not a date" },
		{ { "-30", 3 }, "EST5EDT is no zone of RFC 5322 4.3" },
	};
	json_t *cases = vector_cases("mime/fields/date.json");
	json_t *one;
	size_t i;
	json_array_foreach(cases, i, one) {
		const json_t *expect = json_object_get(one, "expect");
		struct buf value = vector_value(one, "header");
		const char *why = NULL;
		int64_t got = -1;
		for (size_t k = 0; k < ROWS(disputed); k++) {
			why = slice_ends_nocase(vector_text(one, "id"), disputed[k].id) ? disputed[k].why : why;
		}
		bool ok = date_parse(buf_slice(&value), &got);
		bool agrees = ok == json_is_object(expect) && (!ok || got == epoch_of(expect));
		rows_case("fields", json_string_value(json_object_get(one, "id")), 0);
		if (why) {
			row_contested("5322:3.3", "date", agrees, why);
		} else {
			row_bool("5322:3.3", "date", agrees, true);
		}
		buf_finish(&value);
	}
	rows_case(NULL, NULL, 0);
	json_decref(cases);
}

/* A megabyte of the same few octets takes no time to speak of. */
static void check_size(void)
{
	static const slice units[] = { { "(", 1 }, { "from (", 6 }, { "(a)", 3 }, { "by ", 3 },
				       { "[", 1 }, { "(a [", 4 },   { ";", 1 } };
	for (size_t i = 0; i < ROWS(units); i++) {
		struct buf b;
		struct received r;
		buf_init(&b, 2 << 20);
		buf_put(&b, S("from "));
		while (b.len < 1 << 20) {
			buf_put(&b, units[i]);
		}
		received_parse(buf_slice(&b), &r);
		row_bool("-", "a megabyte of nonsense names no client", r.has_ip, false);
		buf_finish(&b);
	}
}

int main(void)
{
	check_rows();
	check_vectors();
	check_dates();
	check_size();
	return rows_end();
}
