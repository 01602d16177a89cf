/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/authres.h>
#include <signet/check.h>

#include "../../src/base/finding.h"
#include "../support/rows.h"

static const struct signet_spf mailfrom = { .identity = SIGNET_SPF_MAILFROM,
	                                    .result = SIGNET_SPF_PASS,
	                                    .domain = { "example.com", 11 } };
static const struct signet_spf helo = { .identity = SIGNET_SPF_HELO,
	                                .result = SIGNET_SPF_NONE,
	                                .domain = { "mx.example.com", 14 } };
static const struct signet_dkim failed = { .result = SIGNET_DKIM_FAIL,
	                                   .domain = { "a.example", 9 },
	                                   .selector = { "s1", 2 },
	                                   .algorithm = { "rsa-sha256", 10 },
	                                   .identity = { "@a.example", 10 },
	                                   .b_prefix = { "abc/1234", 8 },
	                                   .header_ok = SIGNET_TRUE,
	                                   .body_ok = SIGNET_FALSE };
static const struct signet_dkim passed = { .result = SIGNET_DKIM_PASS,
	                                   .domain = { "b.example", 9 },
	                                   .selector = { "s2", 2 },
	                                   .algorithm = { "ed25519-sha256", 14 },
	                                   .identity = { "u@b.example", 11 },
	                                   .b_prefix = { "ABCDEFGH", 8 },
	                                   .key_bits = 256 };
static const struct signet_dkim cut = {
	.result = SIGNET_DKIM_POLICY, .domain = { "c.example", 9 }, .has_length = true, .uncovered = 42
};

/* A message that a list changed and a sealer vouches for. */
static struct signet_dossier usual(void)
{
	struct signet_dossier d = { .spf = &mailfrom, .n_spf = 1, .cause = "mailing-list" };
	d.envelope.ip = (struct signet_ip) { 6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	d.dmarc.result = SIGNET_DMARC_FAIL;
	d.dmarc.domain = S("example.com");
	d.dmarc.published = SIGNET_POLICY_REJECT;
	return d;
}

static slice written(const struct signet_dossier *d, struct signet_arena *a, bool comments)
{
	struct signet_authres model;
	const struct signet_authres_style style = { .no_comments = !comments, .line_length = 500 };
	if (signet_authres_from(d, S("mx.example.net"), a, &model) != SIGNET_OK) {
		return S("out of memory");
	}
	return signet_authres_write(&model, &style, a);
}

static bool has(slice text, const char *part)
{
	return slice_find(text, slice_of(part)) != SLICE_NONE;
}

static void check_whole(struct signet_arena *a)
{
	struct signet_dossier d = usual();
	row_text("8601:4", "every method that was evaluated has an entry", written(&d, a, false),
	         "mx.example.net;\r\n\tspf=pass smtp.mailfrom=example.com;\r\n\tdkim=none;\r\n\tarc=none;\r\n\t"
	         "dmarc=fail header.from=example.com policy.dmarc=reject");
	const struct signet_spf both[] = { mailfrom, helo };
	const struct signet_dkim dkim[] = { failed, passed };
	d.spf = both;
	d.n_spf = 2;
	d.dkim = dkim;
	d.n_dkim = 2;
	d.arc = (struct signet_arc) { .result = SIGNET_ARC_PASS,
		                      .instances = 2,
		                      .has_oldest_pass = true,
		                      .oldest_pass = 0,
		                      .sealer = S("list.example") };
	d.dmarc.result = SIGNET_DMARC_PASS;
	d.dmarc.published = SIGNET_POLICY_NONE;
	row_text(
		"8601:2.7.1", "signatures that pass stand first, each with what tells it apart", written(&d, a, false),
		"mx.example.net;\r\n\tspf=pass smtp.mailfrom=example.com;\r\n\tspf=none smtp.helo=mx.example.com;\r\n\t"
		"dkim=pass header.d=b.example header.i=u@b.example header.s=s2 header.a=ed25519-sha256 "
		"header.b=\"ABCDEFGH\";\r\n\t"
		"dkim=fail header.d=a.example header.i=@a.example header.s=s1 header.a=rsa-sha256 "
		"header.b=\"abc/1234\";"
		"\r\n\tarc=pass smtp.remote-ip=\"2001:db8::1\" header.oldest-pass=0;\r\n\t"
		"dmarc=pass header.from=example.com policy.dmarc=none");
}

static void check_spf(struct signet_arena *a)
{
	struct signet_dossier d = usual();
	struct signet_spf spf = helo;
	d.spf = &spf;
	row_bool("8601:2.7.2", "the HELO identity is named helo", has(written(&d, a, true), "smtp.helo=mx.example.com"),
	         true);
	spf.identity = SIGNET_SPF_MAILFROM;
	spf.null_sender = true;
	row_bool("8601:2.7.2", "a null sender is the MAIL FROM identity made from HELO",
	         has(written(&d, a, true),
	             "spf=none (null sender, the HELO name was checked) smtp.mailfrom=mx.example.com"),
	         true);
	d.spf = NULL;
	d.n_spf = 0;
	row_bool("8601:4", "what was not evaluated has no entry", has(written(&d, a, true), "spf="), false);
}

static void check_dkim(struct signet_arena *a)
{
	struct signet_dossier d = usual();
	d.dkim = &cut;
	d.n_dkim = 1;
	row_bool("8601:2.4", "a result by local rule names the rule",
	         has(written(&d, a, true), "dkim=policy (42 octets at the end are not signed) header.d=c.example "
	                                   "policy.dkim-rules=unsigned-body"),
	         true);
	struct signet_dkim other = cut;
	other.has_length = false;
	d.dkim = &other;
	row_bool("8601:2.4", "whatever it is", has(written(&d, a, false), "policy.dkim-rules=local"), true);
	d.dkim = &passed;
	slice out = written(&d, a, true);
	row_bool("8601:2.4", "a result of the method itself names none", has(out, "policy.dkim"), false);
	row_bool("8601:2.2", "the comment tells the size of the key", has(out, "dkim=pass (256-bit key)"), true);
	d.dkim = &failed;
	row_bool("8601:2.2", "the comment tells what was changed",
	         has(written(&d, a, true), "dkim=fail (the body was changed)"), true);
	struct signet_dkim known = failed;
	known.transformation = "footer-text";
	known.evidence = SIGNET_EVIDENCE_PROVED;
	d.dkim = &known;
	row_bool("8601:2.2", "and how, if that is known",
	         has(written(&d, a, true), "(changed in transit: footer-text)"), true);
}

static void check_arc(struct signet_arena *a)
{
	struct signet_dossier d = usual();
	d.arc = (struct signet_arc) { .result = SIGNET_ARC_FAIL, .instances = 1, .has_oldest_pass = true };
	slice out = written(&d, a, true);
	row_bool("8617:5.2", "oldest-pass only if the chain passes", has(out, "oldest-pass"), false);
	row_bool("8617:5.2", "the peer's address with every chain", has(out, "arc=fail smtp.remote-ip=\"2001:db8::1\""),
	         true);
	d.envelope.ip.family = 0;
	row_bool("8617:5.2", "no address where none is known", has(written(&d, a, true), "remote-ip"), false);
}

static void check_dmarc(struct signet_arena *a)
{
	struct signet_dossier d = usual();
	row_bool("9989:9.1", "the comment tells the cause of a failure",
	         has(written(&d, a, true), "dmarc=fail (mailing-list) header.from=example.com policy.dmarc=reject"),
	         true);
	d.dmarc.result = SIGNET_DMARC_TEMPERROR;
	row_bool("9989:5.3.6", "so does a verdict for which an answer was lost",
	         has(written(&d, a, true), "dmarc=temperror (mailing-list) header.from=example.com"), true);
	d.dmarc.result = SIGNET_DMARC_FAIL;
	static const char *const told = "dmarc=fail header.from=example.com policy.dmarc=reject";
	d.decision = SIGNET_REJECT;
	row_bool("8601:4.2", "our decision changes no result", has(written(&d, a, false), told), true);
	d.decision = SIGNET_ACCEPT;
	row_bool("8601:4.2", "whatever it is", has(written(&d, a, false), told), true);
	d.rule = "a listed forwarder";
	row_bool("9989:9.1", "and what decided", has(written(&d, a, true), "(mailing-list: a listed forwarder)"), true);
	d.dmarc.result = SIGNET_DMARC_NONE;
	row_bool("9989:9.1", "no policy.dmarc without a policy", has(written(&d, a, false), "policy.dmarc"), false);
	d.dmarc.result = SIGNET_DMARC_PERMERROR;
	d.dmarc.domain = (slice) { 0 };
	d.dmarc.published = SIGNET_POLICY_ABSENT;
	row_text("9989:9.1", "no Author Domain",
	         slice_from(written(&d, a, false), slice_find(written(&d, a, false), S("dmarc="))), "dmarc=permerror");
	d.dmarc.result = SIGNET_DMARC_PASS;
	d.dmarc.aligned_by_dkim = d.dmarc.aligned_by_spf = true;
	row_bool("8601:7.2", "a pass says what passed and no more", has(written(&d, a, false), "dmarc=pass"), true);
	row_bool("9989:9.1", "the comment tells what aligned", has(written(&d, a, true), "(aligned by dkim and spf)"),
	         true);
}

static void check_findings(struct signet_arena *a)
{
	static char many[2000];
	memset(many, 'a', sizeof(many));
	struct signet_dossier d = usual();
	struct signet_spf spf = mailfrom;
	spf.result = SIGNET_SPF_PERMERROR;
	findings_init(&spf.findings, a);
	note(&spf.findings, F_ENVELOPE_UNKNOWN, (slice) { 0 }, 0);
	note_with(&spf.findings, F_AUTHRES_TOO_MANY, (slice) { 0 }, 0, TEXT(S("x")));
	d.spf = &spf;
	row_bool("8601:2.2", "a long sentence is told by its name",
	         has(written(&d, a, true), "spf=permerror (authres.too-many)"), true);
	findings_init(&spf.findings, a);
	note_with(&spf.findings, F_AUTHRES_TOO_LARGE, (slice) { 0 }, 0, NUMBER(7));
	row_bool("8601:2.2", "a short one as it is",
	         has(written(&d, a, true),
	             "(the Authentication-Results field has 7 octets; fields of more than 65536 are not read)"),
	         true);
	struct signet_dkim dkim = passed;
	dkim.selector = slice_make(many, sizeof(many));
	d.dkim = &dkim;
	d.n_dkim = 1;
	slice out = written(&d, a, true);
	row_bool("8601:7.8", "an absurd value is left out, the rest is told",
	         has(out, "header.d=b.example") && !has(out, "header.s"), true);
	dkim = passed;
	dkim.identity = S("\"a\\b\"@b.example");
	dkim.result = SIGNET_DKIM_PERMERROR;
	findings_init(&dkim.findings, a);
	note_with(&dkim.findings, F_DKIM_TAG_VALUE, (slice) { 0 }, 0, TEXT(S("c")), TEXT(S("(\\)")));
	out = written(&d, a, true);
	row_bool("8601:2.2", "nothing a sender writes needs an escape", slice_find_char(out, '\\') == SLICE_NONE, true);
	row_bool("8601:2.2", "and it is still told", has(out, "\"[/]\"") && has(out, "header.d=b.example"), true);
	row_bool("8601:2.2", "but for the value that would need one", has(out, "header.i"), false);
	dkim.identity = S("\xc3\xa9@b.example");
	findings_init(&dkim.findings, a);
	note_with(&dkim.findings, F_DKIM_TAG_VALUE, (slice) { 0 }, 0, TEXT(S("c")), TEXT(S("a\xc3\xa9\xff z")));
	out = written(&d, a, true);
	row_bool("8601:2.2", "a sender brings no UTF-8 into a comment", has(out, "\"a??? z\""), true);
	row_bool("8601:2.2", "nor into a value", has(out, "header.i") || !has(out, "header.s=s2"), false);
	struct signet_dkim all[128]; /* as many as are read of one message */
	static const size_t lengths[] = { 1, 8, 40, 300 };
	for (size_t i = 0; i < ROWS(lengths); i++) {
		for (size_t k = 0; k < ROWS(all); k++) {
			all[k] = passed;
			all[k].domain = all[k].selector = all[k].identity = slice_make(many, lengths[i]);
		}
		d.dkim = all;
		d.n_dkim = ROWS(all);
		out = written(&d, a, true);
		row_bool("8601:7.8", "no number of signatures makes the field unwritable",
		         out.len > 9000 && out.len < 16384, true);
		row_bool("8601:7.8", "nor drops what is not theirs", has(out, "header.from=example.com"), true);
	}
	struct signet_arena small;
	arena_init(&small, 256);
	row_text("8601:4", "nothing is told when memory is short", written(&d, &small, true), "out of memory");
	arena_finish(&small);
}

static const struct {
	const char *clause, *what;
	struct signet_spf spf;
	bool known, has_mail_from;
	const char *mail_from, *helo, *receiver, *want;
} received[] = {
	{ "7208:9.1",
	  "what another host needs to evaluate again",
	  { .result = SIGNET_SPF_PASS, .domain = { "example.com", 11 }, .matched = { "a", 1 } },
	  true,
	  true,
	  "me@example.com",
	  "foo.example.com",
	  "mx.example.org",
	  "pass (mx.example.org: example.com designates as sender 2001:db8::1) client-ip=\"2001:db8::1\"; "
	  "envelope-from=\"me@example.com\"; helo=foo.example.com; receiver=mx.example.org; identity=mailfrom; "
	  "mechanism=a" },
	{ "7208:9.1",
	  "a mechanism that is no dot-atom is quoted",
	  { .result = SIGNET_SPF_FAIL, .domain = { "example.com", 11 }, .matched = { "-all:x", 6 } },
	  true,
	  true,
	  "a\"b\\c@d",
	  "[192.0.2.1]",
	  "",
	  "fail (example.com does not designate as sender 2001:db8::1) client-ip=\"2001:db8::1\"; "
	  "envelope-from=\"a\\\"b\\\\c@d\"; helo=\"[192.0.2.1]\"; identity=mailfrom; mechanism=\"-all:x\"" },
	{ "7208:9.1",
	  "envelope-from only where MAIL FROM was checked",
	  { .identity = SIGNET_SPF_HELO, .result = SIGNET_SPF_NONE, .domain = { "h.example", 9 } },
	  true,
	  true,
	  "me@example.com",
	  "h.example",
	  "",
	  "none (h.example has no policy for 2001:db8::1) client-ip=\"2001:db8::1\"; helo=h.example; identity=helo" },
	{ "7208:9.1",
	  "the null sender",
	  { .result = SIGNET_SPF_NEUTRAL, .domain = { "h.example", 9 } },
	  true,
	  true,
	  "",
	  "h.example",
	  "",
	  "neutral (h.example says nothing about 2001:db8::1) client-ip=\"2001:db8::1\"; envelope-from=\"\"; "
	  "helo=h.example; "
	  "identity=mailfrom" },
	{ "7208:9.1",
	  "no envelope",
	  { .result = SIGNET_SPF_NONE },
	  false,
	  false,
	  "",
	  "",
	  "",
	  "none identity=mailfrom" },
	{ "7208:9.1",
	  "nobody ends the field",
	  { .result = SIGNET_SPF_SOFTFAIL, .domain = { "a)\r\nb", 5 } },
	  true,
	  true,
	  "a\r\nBcc: b",
	  "h;x",
	  "",
	  "softfail (a\\)??b discourages as sender 2001:db8::1) client-ip=\"2001:db8::1\"; envelope-from=\"a??Bcc: "
	  "b\"; "
	  "helo=\"h;x\"; identity=mailfrom" },
};

static slice unfolded(slice value, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 4096);
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '\t') {
			buf_put_char(&b, ' ');
		} else if (value.at[i] != '\r' && value.at[i] != '\n') {
			buf_put_char(&b, value.at[i]);
		}
	}
	return buf_slice(&b);
}

static bool fits_lines(slice value, size_t column)
{
	for (size_t i = 0; i < value.len; i++) {
		column = value.at[i] == '\n' ? 0 : column + (value.at[i] != '\r');
		if (column > 78) {
			return false;
		}
	}
	return true;
}

static void check_received(struct signet_arena *a)
{
	for (size_t i = 0; i < ROWS(received); i++) {
		struct signet_envelope e = { .helo = slice_of(received[i].helo),
			                     .has_mail_from = received[i].has_mail_from,
			                     .mail_from = slice_of(received[i].mail_from) };
		if (received[i].known) {
			e.ip = usual().envelope.ip;
		}
		slice out = signet_received_spf_write(&received[i].spf, &e, slice_of(received[i].receiver), a);
		row_text(received[i].clause, received[i].what, unfolded(out, a), received[i].want);
		row_bool("5322:2.1.1", received[i].what, fits_lines(out, 14), true);
	}
	static char quotes[2000];
	memset(quotes, '"', sizeof(quotes));
	const struct signet_spf passing = { .result = SIGNET_SPF_PASS, .matched = slice_make(quotes, sizeof(quotes)) };
	const struct signet_envelope hostile = { .has_mail_from = true,
		                                 .mail_from = passing.matched,
		                                 .helo = passing.matched };
	row_bool("7208:9.1", "no envelope makes the field unwritable",
	         signet_received_spf_write(&passing, &hostile, S("mx.example"), a).len > 1000, true);
	struct signet_spf spf = { .result = SIGNET_SPF_PERMERROR, .domain = S("a.example") };
	struct signet_envelope e = { .has_mail_from = false };
	findings_init(&spf.findings, a);
	note_with(&spf.findings, F_SPF_TOO_MANY_LOOKUPS, (slice) { 0 }, 0, NUMBER(11));
	row_text("7208:9.1", "a problem is named", signet_received_spf_write(&spf, &e, (slice) { 0 }, a),
	         "permerror identity=mailfrom; problem=spf.too-many-lookups");
	spf.result = SIGNET_SPF_PASS;
	row_text("7208:9.1", "but only of an error", signet_received_spf_write(&spf, &e, (slice) { 0 }, a),
	         "pass identity=mailfrom");
}

int main(void)
{
	struct signet_arena a;
	arena_init(&a, 1 << 22);
	check_whole(&a);
	check_spf(&a);
	check_dkim(&a);
	check_arc(&a);
	check_dmarc(&a);
	check_findings(&a);
	check_received(&a);
	arena_finish(&a);
	return rows_end();
}
