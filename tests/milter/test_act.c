/* SPDX-License-Identifier: Apache-2.0 */
/* From a dossier to what is done: the decision, the words of a reply, the order of the edits. */
#include "../../service/milter/act.h"
#include "../support/rows.h"

static const struct signet_author author = { { "a@example.com", 13 }, { "example.com", 11 } };
static const struct signet_spf spf_fail = { .result = SIGNET_SPF_FAIL, .domain = { "bounce.example", 14 } };
static const struct signet_spf spf_temp = { .result = SIGNET_SPF_TEMPERROR, .domain = { "example.com", 11 } };
static const struct signet_dkim dkim_other = { .result = SIGNET_DKIM_PASS, .domain = { "esp.example", 11 } };
static const struct signet_dkim dkim_temp = { .result = SIGNET_DKIM_TEMPERROR,
	                                      .domain = { "example.com", 11 },
	                                      .aligned = true };

struct row {
	const char *clause, *what;
	enum signet_decision decision;
	const struct signet_spf *spf;
	const struct signet_dkim *dkim;
	enum signet_dmarc_result dmarc;
	size_t from_fields, authors;
	const char *code;
	struct rules_override override;
	enum act_exempt exempt;
	enum rules_quarantine quarantine;
	enum outcome_reply reply;
	enum verdict_deed deed;
	const char *text; /* of the reply or of the quarantine */
	const char *by; /* override */
};

#define DMARC_TEXT "DMARC policy of example.com is reject and this message fails it "

static const struct row rows[] = {
	{ "9989:5.3.6",
	  "what is accepted passes",
	  SIGNET_ACCEPT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PASS,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "" },
	{ "9989:5.3.6",
	  "a reject names domain and reason",
	  SIGNET_REJECT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.1 " DMARC_TEXT "(SPF fail, no DKIM signature); see RFC 9989",
	  "" },
	{ "7372:3.3",
	  "the code by setting",
	  SIGNET_REJECT,
	  &spf_fail,
	  &dkim_other,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.26",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.26 " DMARC_TEXT "(SPF fail, DKIM pass for another domain, esp.example); see RFC 9989",
	  "" },
	{ "9989:11.5",
	  "no author",
	  SIGNET_REJECT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PERMERROR,
	  0,
	  0,
	  "5.7.26",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.1 this message names no author in From; see RFC 5322 3.6.2, RFC 9989 11.5",
	  "" },
	{ "9989:11.5",
	  "two From fields",
	  SIGNET_REJECT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PERMERROR,
	  2,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.1 this message has more than one From field; see RFC 5322 3.6, RFC 9989 11.5",
	  "" },
	{ "7208:8.6",
	  "SPF could not be looked up",
	  SIGNET_TEMPFAIL,
	  &spf_temp,
	  NULL,
	  SIGNET_DMARC_TEMPERROR,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_TEMPFAIL,
	  VERDICT_DEFERRED,
	  "451 4.7.24 SPF of example.com cannot be looked up now, and its policy asks for it; try again",
	  "" },
	{ "6376:6.3",
	  "the key could not be looked up",
	  SIGNET_TEMPFAIL,
	  &spf_temp,
	  &dkim_temp,
	  SIGNET_DMARC_TEMPERROR,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_TEMPFAIL,
	  VERDICT_DEFERRED,
	  "451 4.7.5 the DKIM key of example.com cannot be looked up now; try again",
	  "" },
	{ "mta:quarantine",
	  "marked",
	  SIGNET_QUARANTINE,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "DMARC fails for example.com: SPF fail, no DKIM signature",
	  "" },
	{ "mta:quarantine",
	  "held",
	  SIGNET_QUARANTINE,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_NONE,
	  RULES_HOLD,
	  OUTCOME_CONTINUE,
	  VERDICT_HELD,
	  "DMARC fails for example.com: SPF fail, no DKIM signature",
	  "" },
	{ "9989:7.4",
	  "the postmaster accepts",
	  SIGNET_REJECT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { .has_decision = true, .decision = SIGNET_ACCEPT, .rule = "domain example.com" },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "domain example.com" },
	{ "9989:7.4",
	  "the postmaster refuses",
	  SIGNET_ACCEPT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PASS,
	  1,
	  1,
	  "5.7.1",
	  { .has_decision = true, .decision = SIGNET_REJECT, .rule = "domain example.com" },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_REJECT,
	  VERDICT_REJECTED,
	  "550 5.7.1 mail of example.com is refused here by local policy",
	  "domain example.com" },
	{ "9989:7.4",
	  "the postmaster defers",
	  SIGNET_ACCEPT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PASS,
	  1,
	  1,
	  "5.7.1",
	  { .has_decision = true, .decision = SIGNET_TEMPFAIL, .rule = "client" },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_TEMPFAIL,
	  VERDICT_DEFERRED,
	  "451 4.7.1 mail of example.com is deferred here by local policy",
	  "client" },
	{ "9989:7.4",
	  "the postmaster quarantines",
	  SIGNET_ACCEPT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PASS,
	  1,
	  1,
	  "5.7.1",
	  { .has_decision = true, .decision = SIGNET_QUARANTINE, .rule = "client 192.0.2.0/24" },
	  ACT_EXEMPT_NONE,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "local policy: client 192.0.2.0/24",
	  "client 192.0.2.0/24" },
	{ "mta:recipients",
	  "exempt recipients hear of everything",
	  SIGNET_REJECT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_ALL,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "the recipients are exempt from enforcement" },
	{ "mta:recipients",
	  "one that is exempt among others: nothing is refused",
	  SIGNET_REJECT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_SOME,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "DMARC fails for example.com: SPF fail, no DKIM signature",
	  "some recipients are exempt from enforcement" },
	{ "mta:recipients",
	  "nor held",
	  SIGNET_QUARANTINE,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_SOME,
	  RULES_HOLD,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "DMARC fails for example.com: SPF fail, no DKIM signature",
	  "some recipients are exempt from enforcement" },
	{ "mta:recipients",
	  "nor deferred",
	  SIGNET_TEMPFAIL,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_FAIL,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_SOME,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_MARKED,
	  "DMARC fails for example.com: SPF fail, no DKIM signature",
	  "some recipients are exempt from enforcement" },
	{ "mta:recipients",
	  "even from the postmaster's word",
	  SIGNET_ACCEPT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PASS,
	  1,
	  1,
	  "5.7.1",
	  { .has_decision = true, .decision = SIGNET_REJECT, .rule = "client" },
	  ACT_EXEMPT_ALL,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "the recipients are exempt from enforcement" },
	{ "mta:recipients",
	  "nothing is said where nothing was spared",
	  SIGNET_ACCEPT,
	  &spf_fail,
	  NULL,
	  SIGNET_DMARC_PASS,
	  1,
	  1,
	  "5.7.1",
	  { 0 },
	  ACT_EXEMPT_ALL,
	  RULES_MARK,
	  OUTCOME_CONTINUE,
	  VERDICT_PASSED,
	  "",
	  "" },
};

static void each_row(struct signet_arena *a)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		const struct signet_dossier d = {
			.n_from_fields = r->from_fields,
			.from = &author,
			.n_from = r->authors,
			.spf = r->spf,
			.n_spf = 1,
			.dkim = r->dkim,
			.n_dkim = r->dkim != NULL,
			.dmarc = { .result = r->dmarc, .domain = r->authors ? S("example.com") : S("") },
			.decision = r->decision,
			.rule = "the engine's rule",
		};
		struct act act;
		act_decide(&(struct act_case) { .dossier = &d,
		                                .override = r->override,
		                                .exempt = r->exempt,
		                                .quarantine = r->quarantine,
		                                .can_hold = true,
		                                .dmarc_code = r->code },
		           a, &act);
		row_number(r->clause, r->what, act.reply, r->reply);
		row_number(r->clause, r->what, act.deed, r->deed);
		row_text(r->clause, r->what, act.text.len ? act.text : act.reason, r->text);
		row_text(r->clause, r->what, act.override, r->by);
	}
}

/* The rest of the header, which the engine does not read, may hold what it missed. */
static void cut_header(struct signet_arena *a)
{
	const struct signet_dossier d = { .decision = SIGNET_REJECT, .rule = "no usable Author Domain" };
	struct act act;
	act_decide(&(struct act_case) { .dossier = &d, .header_cut = true }, a, &act);
	row_bool("-", "a header past the cap has a code of its own", slice_starts(act.text, S("552 5.3.4 ")), true);
	row_text("-", "and is the rule of the log", act.rule, "the header is too large");
}

/* Whatever is put in, one line of printable ASCII comes out, of the class of its code. */
static void replies(struct signet_arena *a)
{
	static char nasty[2000];
	for (size_t i = 0; i < sizeof(nasty); i++) {
		nasty[i] = (char)i;
	}
	for (enum act_why why = ACT_DMARC; why <= ACT_HEADER_TOO_LARGE; why++) {
		slice text =
			act_reply(why, NULL, slice_make(nasty, sizeof(nasty)), slice_make(nasty, sizeof(nasty)), a);
		bool good = text.len > 10 && text.len <= ACT_REPLY_OCTETS;
		for (size_t i = 0; i < text.len; i++) {
			good &= text.at[i] >= ' ' && text.at[i] <= '~';
		}
		row_bool("5321:4.2", "a reply is one short line of printable ASCII", good, true);
		row_bool("3463:2", "both codes are of one class", text.at[0] == text.at[4], true);
		row_bool("5321:4.2", "a class is 4 or 5", text.at[0] == (act_why_is_permanent(why) ? '5' : '4'), true);
	}
	static const struct {
		const char *clause;
		enum act_why why;
		const char *codes;
	} codes[] = {
		{ "7372:3.2", ACT_SPF_FAIL, "550 5.7.23 " },     { "7372:3.2", ACT_DEFER_SPF, "451 4.7.24 " },
		{ "7372:3.3", ACT_REVERSE_NAME, "550 5.7.25 " }, { "7372:3.4", ACT_SEVERAL_CHECKS, "550 5.7.26 " },
		{ "6376:6.3", ACT_DEFER_DKIM, "451 4.7.5 " },
	};
	for (size_t i = 0; i < ROWS(codes); i++) {
		slice text = act_reply(codes[i].why, NULL, S("example.com"), S("x"), a);
		row_bool(codes[i].clause, codes[i].codes, slice_starts(text, slice_of(codes[i].codes)), true);
	}
}

/* The final order from the top: seal, message signature, results of ARC, signatures, our results. */
static void edits(struct signet_arena *a)
{
	static const char *const order[] = { "X-Q",
		                             "Received-SPF",
		                             "Authentication-Results",
		                             "DKIM-Signature",
		                             "DKIM-Signature",
		                             "ARC-Authentication-Results",
		                             "ARC-Message-Signature",
		                             "ARC-Seal" };
	static struct strip strip;
	struct outcome_edit list[16];
	strip_init(&strip, &(struct strip_rules) { .quarantine_field = S("X-Q") }, a);
	strip_field(&strip, S("X-Q"), S(" no"));
	strip_field(&strip, S("X-Q"), S(" no"));
	const struct act_fields fields = {
		.strip = &strip,
		.seal = S("ARC-Seal: i=1;\r\n\tb=x\r\nARC-Message-Signature: i=1\r\nARC-Authentication-Results: i=1; "
		          "x\r\n"),
		.signatures = S("DKIM-Signature: a=rsa;\r\n b=1\r\nDKIM-Signature: a=ed;\r\n b=2\r\n"),
		.results = S(" mx.example.net;\r\n\tnone"),
		.received_spf = S("pass"),
		.quarantine_field = S("X-Q"),
		.quarantine = S("yes"),
	};
	row_number("mta:order", "the number of edits is known before", (int64_t)act_count(&fields), 10);
	size_t n = act_edits(&fields, a, list);
	row_number("mta:order", "all edits are there", (int64_t)n, 10);
	row_number("mta:order", "deletions come first",
	           list[0].change == OUTCOME_DELETE && list[0].index == 2 && list[1].index == 1, true);
	for (size_t i = 0; i < ROWS(order) && n == 10; i++) {
		const struct outcome_edit *e = &list[2 + i];
		row_text("mta:order", "insertions go from the lowest field up", e->name, order[i]);
		row_bool("mta:order", "each on top", e->change == OUTCOME_INSERT && e->index == 0, true);
		row_bool("mta:values", "a value has a blank in front", e->value.at[0] == ' ', true);
		row_bool("mta:values", "and no CR", slice_find_char(e->value, '\r') == SLICE_NONE, true);
	}
	row_text("mta:values", "lines stay folded", list[9].value, " i=1;\n\tb=x");
	row_text("mta:values", "a signature is a field of its own", list[6].value, " a=rsa;\n b=1");
	row_text("mta:values", "a blank is put in", list[2].value, " yes");
}

int main(void)
{
	struct signet_arena *a = signet_arena_new((size_t)4 << 20);
	each_row(a);
	cut_header(a);
	replies(a);
	edits(a);
	signet_arena_free(a);
	return rows_end();
}
