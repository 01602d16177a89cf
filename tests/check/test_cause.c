/* SPDX-License-Identifier: Apache-2.0 */
/* The main cause of a DMARC result: one row for each word, and the neighbours it must be told from. */
#include "../../src/check/cause.h"

#include "../support/rows.h"

#define FAIL SIGNET_DMARC_FAIL
#define NONE SIGNET_DMARC_NONE
#define TEMP SIGNET_DMARC_TEMPERROR

/* A dossier in short: From is at example.com, whose policy is reject, the message fails, unless said otherwise. */
struct row {
	const char *what, *want;
	enum signet_dmarc_result result;
	enum finding_id dmarc_finding;
	enum signet_spf_result spf;
	const char *sender; /* MAIL FROM; NULL: alice@example.com; "": the null sender */
	enum finding_id spf_finding;
	enum signet_dkim_result dkim; /* NONE: no signature */
	const char *label;
	const char *signer; /* d= that is not aligned; NULL: an aligned one */
	struct cause_facts facts;
	size_t more_from; /* From fields but one */
	bool no_from, no_author, lost, found;
	char psd;
	const char *organization;
	const char *walk_name, *walk_record;
};

#define LIST                                                                                                           \
	{                                                                                                              \
		.list = true                                                                                           \
	}
#define FORWARDED                                                                                                      \
	{                                                                                                              \
		.forwarded = true                                                                                      \
	}
#define HELO                                                                                                           \
	{                                                                                                              \
		.author_helo = true, .author_traces = true                                                             \
	}
#define TRACES                                                                                                         \
	{                                                                                                              \
		.author_traces = true                                                                                  \
	}

static const struct row rows[] = {
	{ "an aligned pass is the end of it", "pass", SIGNET_DMARC_PASS },
	{ "a pass by a list's rescue is a pass", "pass", SIGNET_DMARC_PASS, .facts = LIST },
	{ "no From field", "from-missing", SIGNET_DMARC_PERMERROR, .no_from = true },
	{ "two From fields", "from-multiple", SIGNET_DMARC_PERMERROR, .more_from = 1 },
	{ "two From fields although one would pass", "from-multiple", SIGNET_DMARC_PASS, .more_from = 1 },
	{ "a From without a domain", "from-invalid", SIGNET_DMARC_PERMERROR },
	{ "the policy cannot be looked up", "dns-temperror-dmarc", TEMP, .lost = true },
	{ "the key cannot be looked up", "dns-temperror-dkim", TEMP, .dkim = SIGNET_DKIM_TEMPERROR,
	  .label = "key-timeout" },
	{ "a key of somebody else cannot be looked up", "dns-temperror-spf", TEMP, .dkim = SIGNET_DKIM_TEMPERROR,
	  .signer = "example.org" },
	{ "SPF cannot be looked up", "dns-temperror-spf", TEMP, .spf = SIGNET_SPF_TEMPERROR },
	{ "no record", "no-policy", NONE },
	{ "no record, and a broken signature", "no-policy", NONE, .dkim = SIGNET_DKIM_FAIL },
	{ "two records", "dmarc-multiple-records", NONE, F_DMARC_MULTIPLE_RECORDS },
	{ "p=rejct without rua", "dmarc-policy-typo", NONE, F_DMARC_POLICY_TYPO, .found = true },
	{ "p=rejct with rua is a policy of none", "dmarc-policy-typo", FAIL, F_DMARC_POLICY_TYPO },
	{ "a record that cannot be read", "dmarc-record-invalid", NONE, F_DMARC_SYNTAX },
	{ "a record that is nearly one", "dmarc-record-invalid", NONE, F_DMARC_NEARLY_A_RECORD },
	{ "a record without p= and rua=", "dmarc-record-invalid", NONE, .found = true },
	{ "a broken signature and a list", "mailing-list", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "b@lists.example.net", .dkim = SIGNET_DKIM_FAIL, .label = "footer-text", .facts = LIST },
	{ "a broken signature and no list", "dkim-broken-in-transit", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "b@lists.example.net", .dkim = SIGNET_DKIM_FAIL, .label = "footer-text" },
	{ "a broken signature behind SRS", "dkim-broken-in-transit", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "SRS0=A=B=example.com=alice@example.net", .dkim = SIGNET_DKIM_FAIL },
	{ "an unsigned message by a list", "mailing-list", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "b@lists.example.net", .facts = LIST },
	{ "list fields in the author's own envelope", "spf-fail", FAIL, .spf = SIGNET_SPF_FAIL,
	  .facts = { .list = true, .author_helo = true } },
	{ "a revoked key is no matter of the list", "dkim-key-revoked", FAIL, .dkim = SIGNET_DKIM_PERMERROR,
	  .label = "key-revoked", .facts = LIST },
	{ "a key that is gone", "dkim-key-missing", FAIL, .dkim = SIGNET_DKIM_PERMERROR, .label = "key-missing" },
	{ "another key than signed", "dkim-key-replaced", FAIL, .dkim = SIGNET_DKIM_FAIL, .label = "key-replaced" },
	{ "a short key", "dkim-key-weak", FAIL, .dkim = SIGNET_DKIM_PERMERROR, .label = "key-weak" },
	{ "an unreadable key", "dkim-key-invalid", FAIL, .dkim = SIGNET_DKIM_PERMERROR, .label = "key-syntax" },
	{ "two keys", "dkim-key-invalid", FAIL, .dkim = SIGNET_DKIM_PERMERROR, .label = "key-duplicate" },
	{ "a signature that cannot be read", "dkim-signature-invalid", FAIL, .dkim = SIGNET_DKIM_NEUTRAL,
	  .label = "signature-syntax" },
	{ "a signer that hashed wrongly", "dkim-signature-invalid", FAIL, .dkim = SIGNET_DKIM_FAIL,
	  .label = "signer-bh-wrong" },
	{ "an expired signature", "dkim-expired", FAIL, .dkim = SIGNET_DKIM_PERMERROR, .label = "signature-expired" },
	{ "a signature of the future", "dkim-future", FAIL, .dkim = SIGNET_DKIM_PERMERROR,
	  .label = "signature-future" },
	{ "octets behind l=", "dkim-body-length", FAIL, .dkim = SIGNET_DKIM_POLICY, .label = "appended-under-l" },
	{ "aligned but for adkim=s", "strict-alignment", FAIL, F_DMARC_STRICT_UNALIGNED, .dkim = SIGNET_DKIM_PASS,
	  .signer = "mail.example.com" },
	{ "a boundary inside the organization", "psd-boundary", FAIL, F_DMARC_BOUNDARY },
	{ "another registrant below psd=y", "psd-boundary", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "a@two.bank.example", .organization = "one.bank.example", .walk_name = "bank.example",
	  .walk_record = "v=DMARC1; p=reject; psd=y" },
	{ "the parent that psd=n has left", "psd-boundary", FAIL, .dkim = SIGNET_DKIM_PASS, .signer = "example.com",
	  .organization = "unit.example.com", .psd = 'n', .found = true },
	{ "an Author Domain that does not exist", "sub-domain-not-existing", FAIL, .sender = "x@evil.example",
	  .no_author = true },
	{ "a bounce", "bounce", FAIL, .sender = "" },
	{ "a bounce of a list", "bounce", FAIL, .sender = "", .facts = LIST },
	{ "a rewritten sender", "forwarded-srs", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "SRS0=HH=TT=example.com=alice@example.net" },
	{ "a sender rewritten twice", "forwarded-srs", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "srs1+HH=example.org==HH=TT=example.com=alice@example.net" },
	{ "a sender that only looks so", "spf-unaligned", FAIL, .spf = SIGNET_SPF_PASS, .sender = "srs0me@example.net",
	  .facts = TRACES },
	{ "forwarded with the sender kept", "forwarded-plain", FAIL, .spf = SIGNET_SPF_FAIL, .facts = FORWARDED },
	{ "forwarded, a soft fail", "forwarded-plain", FAIL, .spf = SIGNET_SPF_SOFTFAIL, .facts = FORWARDED },
	{ "a host of the author that is not listed", "spf-fail", FAIL, .spf = SIGNET_SPF_FAIL, .facts = HELO },
	{ "the same, a soft fail", "spf-fail", FAIL, .spf = SIGNET_SPF_SOFTFAIL, .facts = HELO },
	{ "a foreign host with the author's sender", "spoof", FAIL, .spf = SIGNET_SPF_FAIL },
	{ "nothing of the author", "spoof", FAIL, .spf = SIGNET_SPF_FAIL, .sender = "x@evil.example" },
	{ "a pass of its own, and nothing of the author", "spoof", FAIL, .spf = SIGNET_SPF_PASS,
	  .sender = "x@evil.example" },
	{ "a pass for another domain", "spf-unaligned", FAIL, .spf = SIGNET_SPF_PASS, .sender = "b@mailer.example",
	  .facts = TRACES },
	{ "a service signs for itself", "esp-unaligned", FAIL, .spf = SIGNET_SPF_PASS, .sender = "b@mailer.example",
	  .dkim = SIGNET_DKIM_PASS, .signer = "mailer.example", .facts = TRACES },
	{ "?all", "spf-neutral", FAIL, .spf = SIGNET_SPF_NEUTRAL },
	{ "no SPF record", "spf-no-record", FAIL, .spf = SIGNET_SPF_NONE },
	{ "eleven look-ups", "spf-permerror-lookups", FAIL, .spf = SIGNET_SPF_PERMERROR,
	  .spf_finding = F_SPF_TOO_MANY_LOOKUPS },
	{ "three void look-ups", "spf-permerror-voids", FAIL, .spf = SIGNET_SPF_PERMERROR,
	  .spf_finding = F_SPF_TOO_MANY_VOIDS },
	{ "a term that is none", "spf-permerror-syntax", FAIL, .spf = SIGNET_SPF_PERMERROR,
	  .spf_finding = F_SPF_UNKNOWN_MECHANISM },
	{ "two SPF records", "spf-permerror-multiple", FAIL, .spf = SIGNET_SPF_PERMERROR,
	  .spf_finding = F_SPF_SEVERAL_RECORDS },
	{ "an include of nothing", "spf-permerror-include", FAIL, .spf = SIGNET_SPF_PERMERROR,
	  .spf_finding = F_SPF_INCLUDE_NONE },
	{ "a permerror of somebody else", "spoof", FAIL, .spf = SIGNET_SPF_PERMERROR, .sender = "x@evil.example",
	  .spf_finding = F_SPF_INCLUDE_NONE },
};

static slice domain_of(slice address)
{
	size_t at = slice_find_last_char(address, '@');
	return at == SLICE_NONE ? address : slice_from(address, at + 1);
}

static const char *cause_of_row(const struct row *row, struct signet_arena *a)
{
	slice sender = row->sender ? slice_of(row->sender) : S("alice@example.com");
	struct signet_spf spf = { .result = row->spf,
		                  .null_sender = sender.len == 0,
		                  .domain = sender.len ? domain_of(sender) : S("mail.example.net") };
	struct signet_dkim dkim = { .result = row->dkim,
		                    .aligned = !row->signer,
		                    .domain = row->signer ? slice_of(row->signer) : S("example.com"),
		                    .transformation = row->label };
	struct signet_dmarc_step step = { .name = slice_of(row->walk_name),
		                          .record = slice_of(row->walk_record),
		                          .has_record = row->walk_name != NULL };
	struct signet_dossier d = { .n_from_fields = row->no_from ? 0 : 1 + row->more_from,
		                    .spf = &spf,
		                    .n_spf = 1,
		                    .dkim = &dkim,
		                    .n_dkim = row->dkim != SIGNET_DKIM_NONE };
	d.envelope.mail_from = sender;
	(void)signet_ip_parse(S("203.0.113.1"), &d.envelope.ip);
	d.dmarc.result = row->result;
	d.dmarc.found = row->found;
	d.dmarc.discovery_error = row->lost;
	d.dmarc.author_exists = !row->no_author;
	d.dmarc.organizational_domain = row->organization ? slice_of(row->organization) : S("example.com");
	d.dmarc.record.psd = row->psd ? row->psd : 'u';
	d.dmarc.walk = &step;
	d.dmarc.n_walk = row->walk_name != NULL;
	findings_init(&d.dmarc.findings, a);
	findings_init(&spf.findings, a);
	if (row->dmarc_finding) {
		note(&d.dmarc.findings, row->dmarc_finding, S(""), 0);
	}
	if (row->spf_finding) {
		note(&spf.findings, row->spf_finding, S(""), 0);
	}
	return cause_find(&d, &row->facts);
}

/* What a header tells. */
static const struct {
	const char *what, *header, *helo;
	struct cause_facts want;
} headers[] = {
	{ "nothing", "Subject: x\r\n", "evil.example", { 0 } },
	{ "a list of somebody else", "List-Id: <l.example.net>\r\nPrecedence: list\r\n", "", { .list = true } },
	{ "a lone List-Id is what services write too", "List-Id: <l.example.net>\r\n", "", { 0 } },
	{ "a list of the author", "List-Id: <l.example.com>\r\nList-Post: <mailto:l@example.com>\r\n", "", { 0 } },
	{ "a name of the author in HELO", "", "mail.example.com", { .author_helo = true, .author_traces = true } },
	{ "a longer name is another",
	  "Message-ID: <1@notexample.com>\r\nSender: a@example.com.evil.example\r\n",
	  "",
	  { 0 } },
	{ "a Message-ID of the author", "Message-ID: <1@mail.example.com>\r\n", "", TRACES },
	{ "a hop behind the author's host",
	  "Received: from mx.example.net by us.example.org; Mon, 21 Sep 2026 12:00:02 +0000\r\n"
	  "Received: from mail.example.com by mx.example.net; Mon, 21 Sep 2026 12:00:01 +0000\r\n",
	  "mx.example.net",
	  { .forwarded = true, .author_traces = true } },
	{ "the author's own host comes to us",
	  "Received: from mail.example.com by us.example.org; Mon, 21 Sep 2026 12:00:02 +0000\r\n", "mail.example.com",
	  HELO },
	{ "a forwarder's own field", "X-Forwarded-To: bob@example.org\r\n", "mx.example.net", FORWARDED },
};

static void test_facts(struct signet_arena *a)
{
	for (size_t i = 0; i < ROWS(headers); i++) {
		struct mail_header h;
		struct signet_findings notes;
		struct cause_facts got;
		struct signet_dossier d = { .envelope.helo = slice_of(headers[i].helo) };
		d.dmarc.organizational_domain = S("example.com");
		findings_init(&notes, a);
		if (header_parse(guarded(slice_of(headers[i].header), false), a, &notes, &h) != SIGNET_OK) {
			return;
		}
		cause_facts_read(&h, &d, &got);
		const struct cause_facts *want = &headers[i].want;
		row_bool("-", headers[i].what,
		         got.list == want->list && got.forwarded == want->forwarded &&
		                 got.author_helo == want->author_helo && got.author_traces == want->author_traces,
		         true);
	}
}

int main(void)
{
	struct signet_arena *a = signet_arena_new((size_t)1 << 20);
	for (size_t i = 0; i < ROWS(rows); i++) {
		row_text("9989:5.3", rows[i].what, slice_of(cause_of_row(&rows[i], a)), rows[i].want);
	}
	test_facts(a);
	signet_arena_free(a);
	return rows_end();
}
