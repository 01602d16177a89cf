/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/audit/requirements.h"

#include "../../src/mail/identity.h"
#include "../support/rows.h"

#include <stdlib.h>

#define HOP                                                                                                            \
	"Received: from mx.example.com (mx.example.com [203.0.113.7]) by in.example.net with ESMTPS id 1; "            \
	"Sat, 21 Nov 2026 10:00:00 +0000\r\n"
#define GOOD                                                                                                           \
	HOP "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nFrom: A <a@example.com>\r\nTo: b@example.net\r\n"                \
	    "Message-ID: <1@example.com>\r\nSubject: x\r\n"
#define UNSUBSCRIBE "List-Unsubscribe: <https://example.com/u?x>\r\n"
#define POST "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
#define BOTH "from:list-unsubscribe : List-Unsubscribe-POST"

/* What the dossier says; the header is read. */
enum {
	NO_ENVELOPE = 1 << 0,
	SPF_FAIL = 1 << 1,
	SPF_TEMPERROR = 1 << 2,
	DKIM_FAIL = 1 << 3,
	DKIM_TEMPERROR = 1 << 4,
	DKIM_NONE = 1 << 5,
	DKIM_ED25519 = 1 << 6,
	DMARC_FAIL = 1 << 7,
	DMARC_NONE = 1 << 8,
	DMARC_TEMPERROR = 1 << 9,
	KEY_1024 = 1 << 10,
	KEY_768 = 1 << 11,
	ARC_PASS = 1 << 12,
	ARC_FAIL = 1 << 13,
	NO_RUA = 1 << 14,
	NO_AUTHOR = 1 << 15,
	SPF_UNALIGNED = 1 << 16,
};

static const struct row {
	const char *clause, *what, *provider, *id;
	unsigned how;
	const char *header, *signed_names;
	enum signet_met want;
} rows[] = {
	{ "-", "SPF passes", "gmail", "spf", 0, GOOD, "from", SIGNET_MET },
	{ "-", "SPF fails", "gmail", "spf", SPF_FAIL, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "SPF could not be looked up", "gmail", "spf", SPF_TEMPERROR, GOOD, "from", SIGNET_MET_UNKNOWN },
	{ "-", "SPF without an envelope", "microsoft", "spf", NO_ENVELOPE, GOOD, "from", SIGNET_MET_UNKNOWN },
	{ "-", "DKIM passes", "gmail", "dkim", 0, GOOD, "from", SIGNET_MET },
	{ "-", "DKIM fails", "gmail", "dkim", DKIM_FAIL, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "no signature", "yahoo", "dkim", DKIM_NONE, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "Ed25519 alone", "gmail", "dkim", DKIM_ED25519, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "the key could not be looked up", "gmail", "dkim", DKIM_TEMPERROR, GOOD, "from", SIGNET_MET_UNKNOWN },
	{ "-", "one of both", "gmail", "spf-or-dkim", DKIM_FAIL, GOOD, "from", SIGNET_MET },
	{ "-", "the other of both", "gmail", "spf-or-dkim", SPF_FAIL, GOOD, "from", SIGNET_MET },
	{ "-", "none of both", "gmail", "spf-or-dkim", SPF_FAIL | DKIM_FAIL, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "one fails, one is unknown", "yahoo", "spf-or-dkim", NO_ENVELOPE | DKIM_FAIL, GOOD, "from",
	  SIGNET_MET_UNKNOWN },
	{ "-", "p=none is a policy", "gmail", "dmarc-record", 0, GOOD, "from", SIGNET_MET },
	{ "-", "no record", "gmail", "dmarc-record", DMARC_NONE, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "the record could not be looked up", "apple", "dmarc-record", DMARC_TEMPERROR, GOOD, "from",
	  SIGNET_MET_UNKNOWN },
	{ "-", "DMARC passes", "microsoft", "dmarc", 0, GOOD, "from", SIGNET_MET },
	{ "-", "DMARC fails", "microsoft", "dmarc", DMARC_FAIL, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "DMARC fails, but SPF was not evaluated", "microsoft", "dmarc", DMARC_FAIL | NO_ENVELOPE, GOOD, "from",
	  SIGNET_MET_UNKNOWN },
	{ "-", "DMARC could not be evaluated", "yahoo", "dmarc", DMARC_TEMPERROR, GOOD, "from", SIGNET_MET_UNKNOWN },
	{ "-", "both align", "gmail", "both-aligned", 0, GOOD, "from", SIGNET_MET },
	{ "-", "only DKIM aligns", "gmail", "both-aligned", SPF_UNALIGNED, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "reports", "gmail", "dmarc-reports", 0, GOOD, "from", SIGNET_MET },
	{ "-", "no reports", "gmail", "dmarc-reports", NO_RUA, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "no record, no reports", "gmail", "dmarc-reports", DMARC_NONE, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "2048 bits are at least 1024", "gmail", "key-1024", 0, GOOD, "from", SIGNET_MET },
	{ "-", "1024 bits are at least 1024", "yahoo", "key-1024", KEY_1024, GOOD, "from", SIGNET_MET },
	{ "-", "1024 bits are not 2048", "gmail", "key-2048", KEY_1024, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "768 bits are too few", "gmail", "key-1024", KEY_768 | DKIM_FAIL, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "no key, no size", "gmail", "key-1024", DKIM_NONE, GOOD, "from", SIGNET_MET_UNKNOWN },
	{ "-", "the From domain exists", "yahoo", "from-exists", 0, GOOD, "from", SIGNET_MET },
	{ "-", "the From domain does not exist", "yahoo", "from-exists", NO_AUTHOR, GOOD, "from", SIGNET_NOT_MET },
	{ "-", "no chain", "yahoo", "forwarding", 0, GOOD, "from", SIGNET_NOT_APPLICABLE },
	{ "-", "a chain that passes", "apple", "forwarding", ARC_PASS, GOOD, "from", SIGNET_MET },
	{ "-", "a chain that fails", "apple", "forwarding", ARC_FAIL, GOOD, "from", SIGNET_NOT_MET },

	{ "-", "a name that leads back", "gmail", "reverse-dns", 0, GOOD, "from", SIGNET_MET },
	{ "-", "unknown, says Postfix", "gmail", "reverse-dns", 0,
	  "Received: from mx.example.com (unknown [203.0.113.7]) by in.example.net with ESMTP id 1; x\r\n", "from",
	  SIGNET_NOT_MET },
	{ "-", "may be forged, says Sendmail", "gmail", "reverse-dns", 0,
	  "Received: from mx.example.com (mx.example.com [203.0.113.7] (may be forged)) by in.example.net with ESMTP "
	  "id 1; x\r\n",
	  "from", SIGNET_NOT_MET },
	{ "-", "another hop", "gmail", "reverse-dns", 0,
	  "Received: from mx.example.com (mx.example.com [198.51.100.1]) by in.example.net with ESMTP id 1; x\r\n",
	  "from", SIGNET_MET_UNKNOWN },
	{ "-", "no Received", "gmail", "reverse-dns", 0, "From: a@example.com\r\n", "from", SIGNET_MET_UNKNOWN },
	{ "-", "without an envelope the topmost public hop counts", "gmail", "reverse-dns", NO_ENVELOPE,
	  "Received: from in (in.example.net [10.0.0.1]) by store.example.net with LMTP; x\r\n" HOP, "from",
	  SIGNET_MET },
	{ "-", "a name of its own", "gmail", "reverse-dns-own", 0, GOOD, "from", SIGNET_MET },
	{ "-", "a name with the address", "gmail", "reverse-dns-own", 0,
	  "Received: from x (host-203-0-113-7.example.com [203.0.113.7]) by in.example.net with ESMTPS; x\r\n", "from",
	  SIGNET_NOT_MET },
	{ "-", "a name with the address backwards", "gmail", "reverse-dns-own", 0,
	  "Received: from x (7.113.0.203.example.com [203.0.113.7]) by in.example.net with ESMTPS; x\r\n", "from",
	  SIGNET_NOT_MET },
	{ "-", "a dynamic name", "microsoft", "reverse-dns-own", 0,
	  "Received: from x (dyn3.example.com [203.0.113.7]) by in.example.net with ESMTPS; x\r\n", "from",
	  SIGNET_NOT_MET },
	{ "-", "dynamo is not dyn", "gmail", "reverse-dns-own", 0,
	  "Received: from x (dynamo.example.com [203.0.113.7]) by in.example.net with ESMTPS; x\r\n", "from",
	  SIGNET_MET },
	{ "-", "a rented machine", "gmail", "reverse-dns-own", 0,
	  "Received: from x (ec2-1.compute-1.amazonaws.com [203.0.113.7]) by in.example.net with ESMTPS; x\r\n", "from",
	  SIGNET_NOT_MET },
	{ "3848:1", "ESMTPS is TLS", "gmail", "tls", 0, GOOD, "from", SIGNET_MET },
	{ "3848:1", "ESMTP is not", "gmail", "tls", 0,
	  "Received: from mx.example.com (mx.example.com [203.0.113.7]) by in.example.net with ESMTP id 1; x\r\n",
	  "from", SIGNET_NOT_MET },
	{ "3848:1", "no protocol says nothing", "gmail", "tls", 0,
	  "Received: from mx.example.com (mx.example.com [203.0.113.7]) by in.example.net; x\r\n", "from",
	  SIGNET_MET_UNKNOWN },

	{ "5322:3.6", "a good header", "gmail", "format", 0, GOOD, "from", SIGNET_MET },
	{ "5322:3.6", "no Date", "gmail", "format", 0, "From: a@example.com\r\n", "from", SIGNET_NOT_MET },
	{ "5322:3.6", "no From", "gmail", "format", 0, "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n", "from",
	  SIGNET_NOT_MET },
	{ "5322:3.3", "a Date that is none", "gmail", "format", 0, "From: a@example.com\r\nDate: yesterday\r\n", "from",
	  SIGNET_NOT_MET },
	{ "5322:2.2", "a folded field", "apple", "format", 0, GOOD "X: a\r\n b\r\n\tc\r\n", "from", SIGNET_MET },
	{ "5322:2.2", "a line that is no field", "apple", "format", 0, GOOD "what is this\r\n", "from",
	  SIGNET_NOT_MET },
	{ "5322:2.2", "a CR alone", "apple", "format", 0, GOOD "X: a\rb\r\n", "from", SIGNET_NOT_MET },
	{ "5322:2.2", "an LF alone", "apple", "format", 0, GOOD "X: a\nb\r\n", "from", SIGNET_NOT_MET },
	{ "6532:3.2", "octets that are no UTF-8", "gmail", "format", 0, GOOD "X: \xe9\r\n", "from", SIGNET_NOT_MET },
	{ "6532:3.2", "UTF-8", "gmail", "format", 0, GOOD "X: \xc3\xa9\r\n", "from", SIGNET_MET },
	{ "5322:3.6.2", "one address", "gmail", "one-from", 0, GOOD, "from", SIGNET_MET },
	{ "5322:3.6.2", "two addresses", "gmail", "one-from", 0, "From: a@example.com, b@example.com\r\n", "from",
	  SIGNET_NOT_MET },
	{ "5322:3.6.2", "two fields", "gmail", "one-from", 0, "From: a@example.com\r\nFrom: a@example.com\r\n", "from",
	  SIGNET_NOT_MET },
	{ "5322:3.6", "each field once", "yahoo", "single-fields", 0, GOOD, "from", SIGNET_MET },
	{ "5322:3.6", "two Subjects", "yahoo", "single-fields", 0, GOOD "subject: y\r\n", "from", SIGNET_NOT_MET },
	{ "5322:3.6", "two other fields", "yahoo", "single-fields", 0, GOOD "X: y\r\nX: y\r\n", "from", SIGNET_MET },
	{ "5322:3.6.4", "no Message-ID", "gmail", "single-fields", 0, "From: a@example.com\r\n", "from",
	  SIGNET_NOT_MET },
	{ "5322:3.6.4", "a Message-ID without brackets", "gmail", "single-fields", 0, "Message-ID: a@b.example\r\n",
	  "from", SIGNET_NOT_MET },
	{ "5322:3.6.4", "a Message-ID without right side", "gmail", "single-fields", 0, "Message-ID: <abc@>\r\n",
	  "from", SIGNET_NOT_MET },
	{ "5322:3.6.4", "a Message-ID with a space", "gmail", "single-fields", 0, "Message-ID: <a b@c.example>\r\n",
	  "from", SIGNET_NOT_MET },
	{ "-", "From elsewhere", "gmail", "provider-from", DMARC_FAIL, GOOD, "from", SIGNET_MET },

	{ "8058:3.1", "as it should be", "gmail", "one-click", 0, GOOD UNSUBSCRIBE POST, BOTH, SIGNET_MET },
	{ "8058:3.1", "no List-Unsubscribe", "gmail", "one-click", 0, GOOD POST, BOTH, SIGNET_NOT_MET },
	{ "8058:3.1", "no List-Unsubscribe-Post", "gmail", "one-click", 0, GOOD UNSUBSCRIBE, BOTH, SIGNET_NOT_MET },
	{ "8058:3.1", "two List-Unsubscribe fields", "gmail", "one-click", 0, GOOD UNSUBSCRIBE UNSUBSCRIBE POST, BOTH,
	  SIGNET_NOT_MET },
	{ "8058:3.1", "two List-Unsubscribe-Post fields", "gmail", "one-click", 0, GOOD UNSUBSCRIBE POST POST, BOTH,
	  SIGNET_NOT_MET },
	{ "8058:3.1", "an http URI instead", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: <http://example.com/>\r\n" POST, BOTH, SIGNET_NOT_MET },
	{ "8058:3.1", "an http URI besides", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: <https://example.com/>, <http://example.com/>\r\n" POST, BOTH, SIGNET_NOT_MET },
	{ "8058:3.1", "a mailto URI besides", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: <mailto:u@example.com>,\r\n (or) <https://example.com/>\r\n" POST, BOTH, SIGNET_MET },
	{ "8058:3.1", "a mailto URI alone", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: <mailto:u@example.com>\r\n" POST, BOTH, SIGNET_NOT_MET },
	{ "8058:3.1", "two https URIs", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: <https://example.com/>, <HTTPS://example.org/>\r\n" POST, BOTH, SIGNET_NOT_MET },
	{ "2369:2", "a URI without brackets", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: https://example.com/\r\n" POST, BOTH, SIGNET_NOT_MET },
	{ "2369:2", "URIs without comma", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: <https://example.com/> <mailto:u@example.com>\r\n" POST, BOTH, SIGNET_NOT_MET },
	{ "2369:2", "a folded URI", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe:\r\n <\r\n https://example.com/>\r\n" POST, BOTH, SIGNET_MET },
	{ "2369:2", "an open comment", "gmail", "one-click", 0,
	  GOOD "List-Unsubscribe: <https://example.com/> (x\r\n" POST, BOTH, SIGNET_MET },
	{ "8058:5", "no space", "gmail", "one-click", 0,
	  GOOD UNSUBSCRIBE "List-Unsubscribe-Post:List-Unsubscribe=One-Click\r\n", BOTH, SIGNET_MET },
	{ "8058:5", "two spaces", "gmail", "one-click", 0,
	  GOOD UNSUBSCRIBE "List-Unsubscribe-Post:  List-Unsubscribe=One-Click\r\n", BOTH, SIGNET_NOT_MET },
	{ "8058:5", "something behind", "gmail", "one-click", 0,
	  GOOD UNSUBSCRIBE "List-Unsubscribe-Post: List-Unsubscribe=One-Click; x\r\n", BOTH, SIGNET_NOT_MET },
	{ "8058:5", "another word", "gmail", "one-click", 0, GOOD UNSUBSCRIBE "List-Unsubscribe-Post: One-Click\r\n",
	  BOTH, SIGNET_NOT_MET },
	{ "8058:4", "List-Unsubscribe is not signed", "gmail", "one-click", 0, GOOD UNSUBSCRIBE POST,
	  "from:list-unsubscribe-post", SIGNET_NOT_MET },
	{ "8058:4", "List-Unsubscribe-Post is not signed", "gmail", "one-click", 0, GOOD UNSUBSCRIBE POST,
	  "from:list-unsubscribe", SIGNET_NOT_MET },
	{ "8058:4", "the signature does not pass", "gmail", "one-click", DKIM_FAIL, GOOD UNSUBSCRIBE POST, BOTH,
	  SIGNET_NOT_MET },
	{ "8058:4", "the key could not be looked up", "gmail", "one-click", DKIM_TEMPERROR, GOOD UNSUBSCRIBE POST, BOTH,
	  SIGNET_MET_UNKNOWN },
	{ "8058:4", "oversigned", "gmail", "one-click", 0, GOOD UNSUBSCRIBE POST, BOTH ":list-unsubscribe",
	  SIGNET_MET },
	{ "-", "Yahoo: one click", "yahoo", "one-click-or-mailto", 0, GOOD UNSUBSCRIBE POST, BOTH, SIGNET_MET },
	{ "-", "Yahoo: by mail", "yahoo", "one-click-or-mailto", 0, GOOD "List-Unsubscribe: <mailto:u@example.com>\r\n",
	  "from", SIGNET_MET },
	{ "-", "Yahoo: a page", "yahoo", "one-click-or-mailto", 0, GOOD UNSUBSCRIBE, BOTH, SIGNET_NOT_MET },
	{ "-", "Yahoo: nothing", "yahoo", "one-click-or-mailto", 0, GOOD, BOTH, SIGNET_NOT_MET },
	{ "-", "Apple: a page", "apple", "unsubscribe", 0, GOOD UNSUBSCRIBE, "from", SIGNET_MET },
	{ "-", "Apple: perhaps in the body", "apple", "unsubscribe", 0, GOOD, "from", SIGNET_MET_UNKNOWN },
	{ "-", "Microsoft: nowhere", "microsoft", "unsubscribe", 0, GOOD "List-Unsubscribe: <>\r\n", "from",
	  SIGNET_NOT_MET },
};

struct scene {
	struct signet_dossier d;
	struct signet_spf spf;
	struct signet_dkim dkim;
	slice rua;
	struct mail_header header;
	struct signet_arena arena;
};

static void set_evidence(struct scene *s, unsigned how, const char *signed_names)
{
	s->spf = (struct signet_spf) { .result = SIGNET_SPF_PASS, .domain = S("example.com") };
	s->spf.result = how & SPF_FAIL ? SIGNET_SPF_FAIL : how & SPF_TEMPERROR ? SIGNET_SPF_TEMPERROR : s->spf.result;
	s->dkim = (struct signet_dkim) { .result = SIGNET_DKIM_PASS,
					 .domain = S("example.com"),
					 .selector = S("s1"),
					 .algorithm = how & DKIM_ED25519 ? S("ed25519-sha256") : S("rsa-sha256"),
					 .signed_names = slice_of(signed_names),
					 .key_bits = 2048 };
	s->dkim.key_bits = how & KEY_1024 ? 1024 : how & KEY_768 ? 768 : 2048;
	s->dkim.result = how & DKIM_FAIL        ? SIGNET_DKIM_FAIL
			 : how & DKIM_TEMPERROR ? SIGNET_DKIM_TEMPERROR
						: s->dkim.result;
	s->d.spf = &s->spf;
	s->d.n_spf = 1;
	s->d.dkim = &s->dkim;
	s->d.n_dkim = !(how & DKIM_NONE);
	signet_ip_parse(S("203.0.113.7"), &s->d.envelope.ip);
	if (how & NO_ENVELOPE) {
		s->d.envelope.ip.family = 0;
	}
	s->d.arc.result = how & ARC_PASS ? SIGNET_ARC_PASS : how & ARC_FAIL ? SIGNET_ARC_FAIL : SIGNET_ARC_NONE;
}

static void set_verdict(struct scene *s, unsigned how)
{
	struct signet_dmarc *dmarc = &s->d.dmarc;
	s->rua = S("mailto:r@example.com");
	*dmarc = (struct signet_dmarc) { .result = SIGNET_DMARC_PASS,
					 .domain = S("example.com"),
					 .found = true,
					 .policy = SIGNET_POLICY_NONE,
					 .author_exists = !(how & NO_AUTHOR),
					 .policy_domain = S("example.com"),
					 .aligned_by_dkim = true };
	dmarc->record = (struct signet_dmarc_record) { .text = S("v=DMARC1; p=none"),
						       .rua = &s->rua,
						       .n_rua = !(how & NO_RUA) };
	dmarc->aligned_by_spf = !(how & SPF_UNALIGNED);
	if (how & DMARC_FAIL) {
		dmarc->result = SIGNET_DMARC_FAIL;
	}
	if (how & (DMARC_NONE | DMARC_TEMPERROR)) {
		dmarc->result = how & DMARC_NONE ? SIGNET_DMARC_NONE : SIGNET_DMARC_TEMPERROR;
		dmarc->found = false;
		dmarc->policy = SIGNET_POLICY_ABSENT;
		dmarc->discovery_error = how & DMARC_TEMPERROR;
	}
}

static void set_header(struct scene *s, slice header)
{
	struct signet_findings notes;
	struct mail_identity identity;
	findings_init(&notes, &s->arena);
	if (header_parse(header, &s->arena, &notes, &s->header) != SIGNET_OK ||
	    identity_find(&s->header, &s->arena, &notes, &identity) != SIGNET_OK) {
		abort();
	}
	s->d.n_from_fields = identity.n_from_fields;
	s->d.n_from = identity.n_authors;
}

static const struct signet_requirement *find(const struct signet_requirements *r, const char *id)
{
	for (size_t i = 0; i < r->n; i++) {
		if (slice_eq(slice_of(r->at[i].id), slice_of(id))) {
			return &r->at[i];
		}
	}
	return NULL;
}

static void check_row(const struct row *row)
{
	struct scene s = { .header = { .n = 0 } };
	struct signet_requirements r;
	enum signet_provider provider;
	arena_init(&s.arena, 1 << 22);
	set_evidence(&s, row->how, row->signed_names);
	set_verdict(&s, row->how);
	set_header(&s, guarded(slice_of(row->header), false));
	bool ok = signet_provider_parse(slice_of(row->provider), &provider) &&
		  requirements_eval(provider, &s.header, &s.d, &s.arena, &r) == SIGNET_OK;
	const struct signet_requirement *got = ok ? find(&r, row->id) : NULL;
	row_text(row->clause, row->what, slice_of(got ? signet_met_name(got->met) : "not judged"),
		 signet_met_name(row->want));
	row_bool("-", "evidence is given, and a fix where one is needed",
		 got && got->evidence.len && (got->fix != NULL) == (got->met == SIGNET_NOT_MET), true);
	arena_finish(&s.arena);
}

static void check_all(void)
{
	static const struct {
		const char *provider;
		size_t n;
		const char *absent;
	} all[] = { { "gmail", 18, "forwarding" },
		    { "yahoo", 15, "tls" },
		    { "microsoft", 11, "key-1024" },
		    { "apple", 9, "dmarc" } };
	for (size_t i = 0; i < ROWS(all); i++) {
		struct scene s = { .header = { .n = 0 } };
		struct signet_requirements r = { .n = 0 };
		enum signet_provider provider = SIGNET_GMAIL;
		arena_init(&s.arena, 1 << 22);
		set_evidence(&s, 0, BOTH);
		set_verdict(&s, 0);
		set_header(&s, S(GOOD UNSUBSCRIBE POST));
		signet_provider_parse(slice_of(all[i].provider), &provider);
		row_text("-", "the provider has its name", slice_of(signet_provider_name(provider)), all[i].provider);
		requirements_eval(provider, &s.header, &s.d, &s.arena, &r);
		row_number("-", "its rules", (int64_t)r.n, (int64_t)all[i].n);
		row_bool("-", "and not the others'", find(&r, all[i].absent) == NULL, true);
		row_number("-", "an exemplary message leaves nothing open", (int64_t)(r.n_not_met + r.n_unknown), 0);
		row_bool("-", "the source has a date", r.source && r.source_date && slice_of(r.source_date).len == 10,
			 true);
		set_header(&s, S("X: y\r\n"));
		requirements_eval(provider, &s.header, &s.d, &s.arena, &r);
		row_bool("-", "an empty header leaves something open", r.n_not_met > 0 && r.n_unknown > 0, true);
		struct signet_arena small;
		arena_init(&small, 512);
		row_number("-", "and needs memory", requirements_eval(provider, &s.header, &s.d, &small, &r),
			   SIGNET_NO_MEMORY);
		arena_finish(&small);
		arena_finish(&s.arena);
	}
	enum signet_provider none;
	row_bool("-", "nobody else is known", signet_provider_parse(S("example"), &none), false);
	row_text("-", "the words of demand", slice_of(signet_demand_name(SIGNET_REQUIRED_BULK)), "required-bulk");
}

static void check_gmail_from(void)
{
	static const struct {
		const char *what;
		enum signet_dmarc_result result;
		enum signet_met want;
	} from[] = {
		{ "gmail.com by Gmail", SIGNET_DMARC_PASS, SIGNET_MET },
		{ "gmail.com by somebody else", SIGNET_DMARC_FAIL, SIGNET_NOT_MET },
		{ "gmail.com by nobody knows", SIGNET_DMARC_TEMPERROR, SIGNET_MET_UNKNOWN },
	};
	for (size_t i = 0; i < ROWS(from); i++) {
		struct scene s = { .header = { .n = 0 } };
		struct signet_requirements r;
		arena_init(&s.arena, 1 << 22);
		set_evidence(&s, 0, "from");
		set_verdict(&s, 0);
		set_header(&s, S(GOOD));
		s.d.dmarc.domain = S("gmail.com");
		s.d.dmarc.result = from[i].result;
		requirements_eval(SIGNET_GMAIL, &s.header, &s.d, &s.arena, &r);
		row_number("-", from[i].what, find(&r, "provider-from")->met, from[i].want);
		arena_finish(&s.arena);
	}
}

static void check_long_line(void)
{
	static char line[2000];
	static const struct {
		size_t octets;
		enum signet_met want;
	} lines[] = { { 998, SIGNET_MET }, { 999, SIGNET_NOT_MET } };
	for (size_t i = 0; i < ROWS(lines); i++) {
		struct scene s = { .header = { .n = 0 } };
		struct signet_requirements r;
		size_t good = sizeof(GOOD) - 1, n = lines[i].octets;
		arena_init(&s.arena, 1 << 22);
		memcpy(line, GOOD, good);
		memset(line + good, 'a', n);
		memcpy(line + good, "X: ", 3);
		memcpy(line + good + n, "\r\n", 2);
		set_evidence(&s, 0, "from");
		set_verdict(&s, 0);
		set_header(&s, slice_make(line, good + n + 2));
		requirements_eval(SIGNET_GMAIL, &s.header, &s.d, &s.arena, &r);
		row_number("5322:2.1.1", n == 998 ? "998 octets a line" : "999 octets a line", find(&r, "format")->met,
			   lines[i].want);
		arena_finish(&s.arena);
	}
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_row(&rows[i]);
	}
	check_all();
	check_gmail_from();
	check_long_line();
	return rows_end();
}
