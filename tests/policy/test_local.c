/* SPDX-License-Identifier: Apache-2.0 */
/* What the postmaster says of domains, clients and recipients. */
#include "made.h"

#define NOW 1800000000

static const char sections[] = "domain \"example.com\" { mode = \"classic\" order = true }\n"
			       "domain \".example.com\" { mode = \"monitor\" }\n"
			       "domain \".deep.example.com\" { decision = \"quarantine\" }\n"
			       "domain \"b\xc3\xbc"
			       "cher.example\" { decision = \"reject\" }\n"
			       "domain \"partner.example\" { decision = \"accept\" clients = { \"192.0.2.0/24\" } }\n"
			       "domain \".partner.example\" { mode = \"monitor\" }\n"
			       "domain \"example\" { order = true }\n"
			       "client \"192.0.2.0/24\" { mode = \"monitor\" }\n"
			       "client \"192.0.2.9\" { decision = \"reject\" }\n"
			       "client \"198.51.100.0/24\" { forwarder = true decision = \"accept\" }\n"
			       "client \"2001:db8::/32\" { forwarder = true }\n"
			       "client \"localhost\" { mode = \"monitor\" }\n";

static const struct {
	const char *what, *domain, *client, *want;
} rows[] = {
	{ "nobody speaks of it", "other.test", "203.0.113.1", "-" },
	{ "the domain itself", "example.com", "203.0.113.1", "classic order | domain example.com" },
	{ "below it", "www.example.com", "203.0.113.1", "monitor | domain .example.com" },
	{ "far below it", "a.b.example.com", "203.0.113.1", "monitor | domain .example.com" },
	{ "the nearest parent", "a.deep.example.com", "203.0.113.1", "quarantine | domain .deep.example.com" },
	{ "a section that begins with a dot is not of the domain itself", "deep.example.com", "203.0.113.1",
	  "monitor | domain .example.com" },
	{ "a name that only ends alike", "notexample.com", "203.0.113.1", "-" },
	{ "a domain without a dot in front is not for those below", "other.example", "203.0.113.1", "-" },
	{ "a name in letters of its own", "xn--bcher-kva.example", "203.0.113.1",
	  "reject | domain b\xc3\xbc"
	  "cher.example" },
	{ "no author, or several", "", "203.0.113.1", "-" },
	{ "no author, and a client", "", "192.0.2.1", "monitor | client 192.0.2.0/24" },
	{ "the domain's section for a client of it", "partner.example", "192.0.2.1",
	  "monitor accept | domain partner.example" },
	{ "the same domain from elsewhere is a forger", "partner.example", "203.0.113.1", "-" },
	{ "the smallest network", "other.test", "192.0.2.9", "reject | client 192.0.2.9" },
	{ "a client's decision", "other.test", "198.51.100.7", "forwarder accept | client 198.51.100.0/24" },
	{ "IPv6", "other.test", "2001:db8::25", "forwarder | client 2001:db8::/32" },
	{ "an IPv4 address as IPv6 writes it", "other.test", "::ffff:192.0.2.9", "reject | client 192.0.2.9" },
	{ "localhost over IPv4", "other.test", "127.0.0.1", "monitor | client localhost" },
	{ "localhost over IPv6", "other.test", "::1", "monitor | client localhost" },
	{ "no address is not in any network", "other.test", NULL, "-" },
	{ "domain and client: the domain's mode, what else the client says", "example.com", "192.0.2.9",
	  "classic order reject | domain example.com" },
	{ "domain and client: the domain's word first", "a.deep.example.com", "192.0.2.9",
	  "quarantine | domain .deep.example.com" },
};

static slice write_override(const struct rules_override *o, struct buf *to)
{
	buf_clear(to);
	if (!o->rule) {
		buf_put_char(to, '-');
		return buf_slice(to);
	}
	buf_put_text(to, o->has_mode ? signet_mode_name(o->mode) : "");
	buf_put_text(to, o->order ? " order" : "");
	buf_put_text(to, o->forwarder ? " forwarder" : "");
	buf_put_text(to, o->has_decision ? " " : "");
	buf_put_text(to, o->has_decision ? signet_decision_name(o->decision) : "");
	buf_put_text(to, " | ");
	buf_put_text(to, o->rule);
	return slice_trim_wsp(buf_slice(to));
}

static void test_sections(void)
{
	struct rules *rules = made_good(sections);
	struct buf text;
	buf_init(&text, 4096);
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct facts facts = { .client = made_ip(rows[i].client) };
		struct rules_override o =
			rules_override(rules, slice_of(rows[i].domain), &facts, NOW * INT64_C(1000), NULL);
		row_text("-", rows[i].what, write_override(&o, &text), rows[i].want);
	}
	buf_finish(&text);
	rules_drop(rules);
}

/* The file of signet verdict allow. */
static void test_for_a_time(void)
{
	char path[sizeof(made_path) + 10], conf[400];
	snprintf(path, sizeof(path), "%s.allow", made_path);
	FILE *file = fopen(path, "w");
	if (!file) {
		abort();
	}
	fputs("7 accept author=example.com client=192.0.2.0/24 until=2027-01-15T08:00:10Z\n", file); /* NOW + 10 */
	fclose(file);
	snprintf(conf, sizeof(conf),
	         "milter { overrides = \"%s\" }\ndomain \"example.com\" { decision = \"reject\" }\n", path);
	struct rules *rules = made_good(conf);
	struct facts facts = { .client = made_ip("192.0.2.1") };
	struct rules_override o = rules_override(rules, S("example.com"), &facts, NOW * INT64_C(1000), NULL);
	row_number("-", "an override for a time comes first: its number", (int64_t)o.number, 7);
	row_bool("-", "it accepts", o.has_decision && o.decision == SIGNET_ACCEPT, true);
	row_bool("-", "it says so", o.rule && strstr(o.rule, "override for a time"), true);
	o = rules_override(rules, S("example.com"), &facts, (NOW + 11) * INT64_C(1000), NULL);
	row_bool("-", "after its end the section counts", !o.number && o.decision == SIGNET_REJECT, true);
	facts.client = made_ip("203.0.113.1");
	o = rules_override(rules, S("example.com"), &facts, NOW * INT64_C(1000), NULL);
	row_bool("-", "another client has no part in it", !o.number && o.decision == SIGNET_REJECT, true);
	rules_drop(rules);

	file = fopen(path, "w");
	fputs("7 accept client=192.0.2.0/24\n", file); /* without an end */
	fclose(file);
	struct buf notice;
	buf_init(&notice, 4096);
	rules = made_good(conf);
	facts.client = made_ip("192.0.2.1");
	o = rules_override(rules, S("example.com"), &facts, NOW * INT64_C(1000), &notice);
	row_bool("-", "a file that is not good lets nobody in", o.number || o.decision != SIGNET_REJECT, false);
	row_bool("-", "and is told of", notice.len > 0, true);
	rules_drop(rules);
	buf_finish(&notice);
	unlink(path);
}

static const char some[] = "recipient \"postmaster@strict.example\" { }\n"
			   "recipient \"spamtrap@\" { enforce = false }\n"
			   "recipient \"abuse\" { enforce = true }\n"
			   "recipient \"@open.example\" { enforce = false }\n"
			   "recipient \"free.example\" { enforce = false }\n"
			   "recipient \"Joe@open.example\" { enforce = true }\n"
			   "recipient \"helpdesk\" { enforce = false }\n";

static const struct {
	const char *clause, *what, *conf, *recipient;
	bool want;
} recipients[] = {
	{ "2142:5", "postmaster hears of everything", "", "postmaster@example.com", false },
	{ "2142:4", "abuse too", "", "abuse@example.com", false },
	{ "5321:4.5.1", "in whatever letters", "", "PostMaster@Example.COM", false },
	{ "5321:4.5.1", "and without a domain", "", "postmaster", false },
	{ "5321:4.1.2", "in quotes that say nothing", "", "\"postmaster\"@example.com", false },
	{ "-", "nobody else", "", "joe@example.com", true },
	{ "-", "no name that begins alike", "", "postmasters@example.com", true },
	{ "-", "nothing", "", "", true },
	{ "-", "an address wins over its local part", some, "postmaster@strict.example", true },
	{ "-", "elsewhere the local part counts", some, "postmaster@example.com", false },
	{ "-", "a local part of ours", some, "spamtrap@example.com", false },
	{ "-", "a section takes the usual one back", some, "abuse@example.com", true },
	{ "-", "a whole domain", some, "anybody@open.example", false },
	{ "-", "written without an at sign", some, "anybody@free.example", false },
	{ "-", "in capitals", some, "Anybody@FREE.example", false },
	{ "-", "not those below it", some, "anybody@www.free.example", true },
	{ "-", "an address wins over its domain", some, "joe@open.example", true },
	{ "-", "a word without a dot is a local part", some, "helpdesk@example.com", false },
	{ "-", "an address that is no address", some, "joe@", true },
	{ "-", "an at sign in the local part", some, "\"a@b\"@open.example", false },
};

static void test_recipients(void)
{
	for (size_t i = 0; i < ROWS(recipients); i++) {
		struct rules *rules = made_good(recipients[i].conf);
		row_bool(recipients[i].clause, recipients[i].what,
		         rules_enforces_for(rules, slice_of(recipients[i].recipient)), recipients[i].want);
		rules_drop(rules);
	}
	static char huge[100000];
	memset(huge, 'a', sizeof(huge));
	struct rules *rules = made_good("");
	row_bool("-", "a very long one", rules_enforces_for(rules, slice_make(huge, sizeof(huge))), true);
	rules_drop(rules);
}

int main(void)
{
	made_begin();
	test_sections();
	test_for_a_time();
	test_recipients();
	made_end();
	return rows_end();
}
