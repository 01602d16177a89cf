/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/check/decide.h"
#include "../../src/base/arena.h"
#include "../support/rows.h"

/* Facts and softeners by letter: H history, O order, C content; f forwarder, l trusted list by DKIM, s trusted list by
 * SPF, a ARC, u undone; L a list that did not prove itself, n a stranger's pass, F a change of From undone, - nothing;
 * X the envelope is not known, t temperror_accept. */
static const struct {
	const char *clause, *what;
	enum signet_dmarc_result result;
	enum signet_policy policy;
	const char *circumstances;
	enum signet_decision rfc9989, classic;
} rows[] = {
#define PASS SIGNET_DMARC_PASS
#define FAIL SIGNET_DMARC_FAIL
#define TEMP SIGNET_DMARC_TEMPERROR
#define NONE SIGNET_POLICY_NONE
#define QUAR SIGNET_POLICY_QUARANTINE
#define REJ SIGNET_POLICY_REJECT
#define A SIGNET_ACCEPT
#define Q SIGNET_QUARANTINE
#define R SIGNET_REJECT
#define T SIGNET_TEMPFAIL
	{ "9989:5.4", "a pass is accepted", PASS, REJ, "-", A, A },
	{ "9989:5.4", "a pass is accepted whatever speaks against it", PASS, REJ, "HOCX", A, A },
	{ "9989:4.10.1", "no record", SIGNET_DMARC_NONE, SIGNET_POLICY_ABSENT, "HOC", A, A },
	{ "9989:5.4", "p=none changes nothing", FAIL, NONE, "-", A, A },
	{ "9989:5.4", "p=none changes nothing, with facts", FAIL, NONE, "HOC", A, A },
	{ "9989:8", "quarantine", FAIL, QUAR, "-", Q, Q },
	{ "9989:8", "quarantine never becomes reject", FAIL, QUAR, "HOC", Q, Q },
	{ "9989:7.4", "reject without a second fact", FAIL, REJ, "-", Q, R },
	{ "9989:7.4", "reject and history", FAIL, REJ, "H", R, R },
	{ "9989:7.4", "reject and order", FAIL, REJ, "O", R, R },
	{ "9989:7.4", "reject and content", FAIL, REJ, "C", R, R },
	{ "9989:7.4", "no list sign is no fact", FAIL, REJ, "L", Q, R },
	{ "9989:7.4", "a stranger's pass is no softener", FAIL, REJ, "nO", R, R },
	{ "9989:7.4", "a stranger's pass does not soften quarantine", FAIL, QUAR, "n", Q, Q },
	{ "9989:7.4", "a listed list that proved nothing does not soften", FAIL, QUAR, "L", Q, Q },
	{ "9989:7.4", "forwarder softens reject", FAIL, REJ, "f", A, A },
	{ "9989:7.4", "forwarder softens reject with a fact", FAIL, REJ, "fH", A, A },
	{ "9989:7.4", "forwarder softens quarantine", FAIL, QUAR, "f", A, A },
	{ "9989:7.4", "list by DKIM softens reject", FAIL, REJ, "l", A, A },
	{ "9989:7.4", "list by DKIM softens quarantine", FAIL, QUAR, "l", A, A },
	{ "9989:7.4", "list by SPF softens reject", FAIL, REJ, "s", A, A },
	{ "9989:7.4", "list by SPF softens reject with a fact", FAIL, REJ, "sC", A, A },
	{ "8617:7.2.1", "ARC rescue softens reject", FAIL, REJ, "a", A, A },
	{ "8617:7.2.1", "ARC rescue softens quarantine", FAIL, QUAR, "a", A, A },
	{ "8617:7.2.1", "ARC rescue softens reject with a fact", FAIL, REJ, "aO", A, A },
	{ "9989:7.4", "an undone change softens reject", FAIL, REJ, "u", A, A },
	{ "9989:7.4", "an undone change softens quarantine", FAIL, QUAR, "u", A, A },
	{ "9989:7.4", "an undone change of From softens nothing", FAIL, REJ, "FO", R, R },
	{ "9989:7.4", "a softener without envelope", FAIL, REJ, "fX", A, A },
	{ "9989:5.3.6", "envelope unknown: never reject", FAIL, REJ, "X", Q, Q },
	{ "9989:5.3.6", "envelope unknown: never reject, with history", FAIL, REJ, "HX", Q, Q },
	{ "9989:5.3.6", "envelope unknown: never reject, with order", FAIL, REJ, "OX", Q, Q },
	{ "9989:5.3.6", "envelope unknown: never reject, with content", FAIL, REJ, "CX", Q, Q },
	{ "9989:5.3.6", "envelope unknown: quarantine stays", FAIL, QUAR, "X", Q, Q },
	{ "9989:5.3.6", "the only aligned key lost under p=reject", TEMP, REJ, "-", T, T },
	{ "9989:5.3.6", "lost under p=reject, with facts", TEMP, REJ, "HOC", T, T },
	{ "9989:5.3.6", "lost under p=quarantine", TEMP, QUAR, "-", T, T },
	{ "9989:5.3.6", "lost under p=none", TEMP, NONE, "-", A, A },
	{ "9989:5.3.6", "lost under p=reject, accepted by setting", TEMP, REJ, "t", A, A },
	{ "9989:5.3.6", "lost, but a forwarder would soften a fail", TEMP, REJ, "f", A, A },
	{ "9989:5.3.6", "the setting does not speak of fail", FAIL, REJ, "tO", R, R },
	{ "9989:5.3.6", "the policy itself is lost", TEMP, SIGNET_POLICY_ABSENT, "d", A, A },
	{ "9989:5.3.6", "existence is lost under a known policy", TEMP, REJ, "dHOC", A, A },
};

static struct signet_arena arena;
static struct signet_findings notes;

static bool says(const char *circumstances, char letter)
{
	return strchr(circumstances, letter) != NULL;
}

static struct signet_dmarc dmarc_of(enum signet_dmarc_result result, enum signet_policy policy)
{
	struct signet_dmarc d = { .result = result, .domain = S("example.com"), .policy = policy, .published = policy };
	d.disposition = result == SIGNET_DMARC_FAIL ? policy : SIGNET_POLICY_NONE;
	return d;
}

static void check_row(size_t i, enum signet_mode mode, enum signet_decision want)
{
	static const slice lists[] = { { "other.test", 10 }, { "list.test", 9 } };
	const char *c = rows[i].circumstances;
	struct signet_dmarc dmarc = dmarc_of(rows[i].result, rows[i].policy);
	dmarc.discovery_error = says(c, 'd');
	struct decide_author author = { .dmarc = &dmarc, .arc_rescues = says(c, 'a'), .arc_sealer = S("sealer.test") };
	author.undone = says(c, 'u') ? "footer-text" : says(c, 'F') ? "from-rewritten" : NULL;
	struct signet_dmarc_evidence evidence[2] = {
		{ says(c, 's') ? SIGNET_MECHANISM_SPF : SIGNET_MECHANISM_DKIM, S("stranger.test"), SIGNET_OUTCOME_PASS,
		  false },
		{ SIGNET_MECHANISM_DKIM, S("list.test"), SIGNET_OUTCOME_NOT, false },
	};
	evidence[0].domain = says(c, 'l') || says(c, 's') ? S("List.Test") : S("sub.list.test");
	struct decide_input in = {
		.mode = mode, .authors = &author, .n_authors = 1, .evidence = evidence, .n_evidence = 2
	};
	in.envelope_known = !says(c, 'X');
	in.temperror_accept = says(c, 't');
	in.facts = (struct signet_facts){ says(c, 'H'), says(c, 'O'), says(c, 'C'), says(c, 'f') };
	in.trusted_lists = lists;
	in.n_trusted_lists = says(c, 'l') || says(c, 's') || says(c, 'L') || says(c, 'n') ? 2 : 0;
	findings_init(&notes, &arena);
	struct decide_verdict v = decide(&in, &notes);
	row_text(rows[i].clause, rows[i].what, slice_of(signet_decision_name(v.decision)), signet_decision_name(want));
	row_bool("-", "the rule is told", v.rule && *v.rule, true);
	row_bool("9989:5.4", "the owner's wish stays as it is",
		 dmarc.disposition == (rows[i].result == FAIL ? rows[i].policy : SIGNET_POLICY_NONE), true);
}

static const struct {
	const char *what;
	enum decide_from from;
} malformed[] = {
	{ "no Author Domain", DECIDE_FROM_NONE },
	{ "From twice", DECIDE_FROM_TWICE },
	{ "too many Author Domains", DECIDE_FROM_TOO_MANY },
};

static const char *decide_malformed(enum decide_from from, enum signet_mode mode, bool accept)
{
	struct decide_input in = { .mode = mode, .from = from, .accept_no_author = accept };
	findings_init(&notes, &arena);
	return signet_decision_name(decide(&in, &notes).decision);
}

/* Several authors in one From: the strictest decision counts, and is shown. */
static const struct {
	const char *what;
	enum signet_dmarc_result first;
	enum signet_policy first_policy;
	enum signet_dmarc_result second;
	enum signet_policy second_policy;
	enum signet_decision want;
	size_t author;
} pairs[] = {
	{ "two passes", PASS, REJ, PASS, REJ, A, 0 },
	{ "a pass does not excuse a fail", PASS, REJ, FAIL, REJ, R, 1 },
	{ "a fail, then a pass", FAIL, REJ, PASS, REJ, R, 0 },
	{ "the stricter of two fails", FAIL, QUAR, FAIL, REJ, R, 1 },
	{ "the stricter of two fails comes first", FAIL, REJ, FAIL, QUAR, R, 0 },
	{ "a fail under none is shown before a pass", PASS, REJ, FAIL, NONE, A, 1 },
	{ "a definite reject before a retry", TEMP, REJ, FAIL, REJ, R, 1 },
	{ "a retry before a quarantine", FAIL, QUAR, TEMP, REJ, T, 1 },
	{ "an author that cannot be judged", PASS, REJ, SIGNET_DMARC_PERMERROR, SIGNET_POLICY_ABSENT, R, 1 },
	{ "a temporary error is shown before a pass", PASS, REJ, TEMP, NONE, A, 1 },
	{ "no record is shown before a pass", PASS, REJ, SIGNET_DMARC_NONE, SIGNET_POLICY_ABSENT, A, 1 },
};

static void check_pair(size_t i)
{
	struct signet_dmarc dmarc[2] = { dmarc_of(pairs[i].first, pairs[i].first_policy),
					 dmarc_of(pairs[i].second, pairs[i].second_policy) };
	struct decide_author authors[2] = { { .dmarc = &dmarc[0] }, { .dmarc = &dmarc[1] } };
	struct decide_input in = {
		.mode = SIGNET_MODE_CLASSIC, .envelope_known = true, .authors = authors, .n_authors = 2
	};
	findings_init(&notes, &arena);
	struct decide_verdict v = decide(&in, &notes);
	row_text("9989:11.5", pairs[i].what, slice_of(signet_decision_name(v.decision)),
		 signet_decision_name(pairs[i].want));
	row_number("9989:11.5", "which author decided", (int64_t)v.author, (int64_t)pairs[i].author);
}

/* A rescue speaks for one author only. */
static void check_rescue_of_one(void)
{
	struct signet_dmarc dmarc[2] = { dmarc_of(FAIL, REJ), dmarc_of(FAIL, REJ) };
	struct decide_author authors[2] = { { .dmarc = &dmarc[0], .arc_rescues = true }, { .dmarc = &dmarc[1] } };
	struct decide_input in = {
		.mode = SIGNET_MODE_CLASSIC, .envelope_known = true, .authors = authors, .n_authors = 2
	};
	findings_init(&notes, &arena);
	row_text("9989:11.5", "a rescue of one author does not speak for the other",
		 slice_of(signet_decision_name(decide(&in, &notes).decision)), "reject");
}

static void check_words(void)
{
	enum signet_mode mode = SIGNET_MODE_MONITOR;
	row_bool("-", "a mode by name", signet_mode_parse(S("classic"), &mode) && mode == SIGNET_MODE_CLASSIC, true);
	row_bool("-", "no such mode", signet_mode_parse(S("strict"), &mode), false);
	row_bool("-", "and nothing written", mode == SIGNET_MODE_CLASSIC, true);
	row_text("-", "the name of a mode", slice_of(signet_mode_name(SIGNET_MODE_RFC9989)), "rfc9989");
}

int main(void)
{
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_row(i, SIGNET_MODE_RFC9989, rows[i].rfc9989);
		check_row(i, SIGNET_MODE_CLASSIC, rows[i].classic);
		check_row(i, SIGNET_MODE_MONITOR, SIGNET_ACCEPT);
	}
	for (size_t i = 0; i < ROWS(malformed); i++) {
		enum decide_from from = malformed[i].from;
		row_text("9989:5.3.1", malformed[i].what, slice_of(decide_malformed(from, SIGNET_MODE_RFC9989, false)),
			 "reject");
		row_text("9989:7.2", malformed[i].what, slice_of(decide_malformed(from, SIGNET_MODE_CLASSIC, false)),
			 "reject");
		row_text("9989:5.3.1", malformed[i].what, slice_of(decide_malformed(from, SIGNET_MODE_CLASSIC, true)),
			 "accept");
		row_text("9989:5.3.1", malformed[i].what, slice_of(decide_malformed(from, SIGNET_MODE_MONITOR, false)),
			 "accept");
	}
	for (size_t i = 0; i < ROWS(pairs); i++) {
		check_pair(i);
	}
	check_rescue_of_one();
	check_words();
	arena_finish(&arena);
	return rows_end();
}
