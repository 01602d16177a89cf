/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of other projects (tests/vectors/dmarc, tests/vectors/psl), each case a row. */
#include <stdio.h>

#include "../../src/base/name.h"
#include "../../src/dmarc/find.h"
#include "../../src/dmarc/record.h"
#include "play.h"

static char path_room[4096];

static const char *path_of(const char *name)
{
	const char *root = getenv("SIGNET_SOURCE");
	snprintf(path_room, sizeof(path_room), "%s/tests/vectors/%s", root ? root : ".", name);
	return path_room;
}

static json_t *load(const char *name)
{
	json_error_t error;
	json_t *json = json_load_file(path_of(name), 0, &error);
	if (!json) {
		fprintf(stderr, "%s: %s\n", path_room, error.text);
		abort();
	}
	return json;
}

static slice text_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return slice_make(json_string_value(value), json_string_length(value));
}

/* One comparison; a contested case is shown only. */
static void row(const json_t *c, const char *clause, const char *what, slice got, slice want)
{
	const char *contested = json_string_value(json_object_get(c, "contested"));
	if (contested) {
		row_contested(clause, what, slice_eq(got, want), contested);
	} else {
		row_slice(clause, what, got, want);
	}
}

static const char *clause_of(const json_t *c)
{
	return slice_eq(text_of(c, "spec"), S("RFC 7489")) ? "7489:6.6" : "9989:5.3";
}

/* ---- dmarc-cases/1 ---- */

static slice domain_part(slice address)
{
	return slice_from(address, slice_find_last_char(address, '@') + 1);
}

static size_t add_evidence(const json_t *list, enum signet_mechanism mechanism, struct signet_dmarc_evidence *ret)
{
	size_t n = 0;
	size_t i;
	json_t *entry;
	json_array_foreach(list, i, entry) {
		slice result = text_of(entry, "result");
		slice scope = text_of(entry, "scope");
		if (scope.len && !slice_eq(scope, S("mfrom"))) {
			continue; /* a HELO result is no evidence: RFC 9989 4.4 */
		}
		ret[n++] = (struct signet_dmarc_evidence){
			.mechanism = mechanism,
			.domain = text_of(entry, "domain"),
			.outcome = slice_eq(result, S("pass"))	      ? SIGNET_OUTCOME_PASS
				   : slice_eq(result, S("temperror")) ? SIGNET_OUTCOME_ERROR
								      : SIGNET_OUTCOME_NOT,
		};
	}
	return n;
}

static void expect_flag(const json_t *c, const char *key, bool got)
{
	const json_t *want = json_object_get(json_object_get(c, "expect"), key);
	if (json_is_boolean(want)) {
		row(c, clause_of(c), key, got ? S("true") : S("false"), json_is_true(want) ? S("true") : S("false"));
	}
}

static void expect_text(const json_t *c, const char *key, slice got)
{
	slice want = text_of(json_object_get(c, "expect"), key);
	if (want.at) {
		row(c, clause_of(c), key, got, want);
	}
}

static void expect_queries(const json_t *c, struct play *p, const struct signet_dmarc *d)
{
	const json_t *want = json_object_get(json_object_get(c, "expect"), "queries");
	for (size_t i = 0; want && i < d->n_walk; i++) {
		const json_t *name = json_array_get(want, i);
		row(c, "9989:4.10", "the walk asks in order", ARENA_JOIN(&p->arena, S("_dmarc."), d->walk[i].name),
		    slice_make(json_string_value(name), json_string_length(name)));
	}
	if (want) {
		row_number("9989:4.10", "the walk asks no more", (int64_t)d->n_walk, (int64_t)json_array_size(want));
	}
}

static void run_case(const json_t *c, const json_t *common, const struct signet_psl *psl)
{
	struct play p;
	struct signet_dmarc_evidence evidence[PLAY_EVIDENCE];
	struct signet_dmarc d;
	const json_t *own = json_object_get(c, "zone");
	const json_t *from = json_object_get(c, "from");
	const json_t *first = json_is_array(from) ? json_array_get(from, 0) : from;
	struct zone *zone = zone_of_json(own ? own : common);
	play_init(&p, zone);
	struct signet_dmarc_query q = { .evidence = evidence };
	q.rfc7489 = slice_eq(text_of(c, "spec"), S("RFC 7489"));
	q.psl = q.rfc7489 ? psl : NULL;
	q.n_evidence = add_evidence(json_object_get(c, "dkim"), SIGNET_MECHANISM_DKIM, evidence);
	q.n_evidence += add_evidence(json_object_get(c, "spf"), SIGNET_MECHANISM_SPF, evidence + q.n_evidence);
	slice address = slice_make(json_string_value(first), json_string_length(first));
	if (name_normalize(domain_part(address), &p.arena, &q.author) != NAME_GOOD) {
		abort();
	}
	row_number("-", "the evaluation ends", play_eval(&p, &q, &d), SIGNET_OK);
	expect_text(c, "result", slice_of(signet_dmarc_result_name(d.result)));
	expect_text(c, "policy", slice_of(signet_policy_name(d.policy)));
	expect_text(c, "disposition", slice_of(signet_policy_name(d.disposition)));
	expect_text(c, "org_domain", d.organizational_domain);
	expect_flag(c, "spf_aligned", d.aligned_by_spf);
	expect_flag(c, "dkim_aligned", d.aligned_by_dkim);
	expect_flag(c, "adkim_strict", d.record.dkim_strict);
	expect_flag(c, "aspf_strict", d.record.spf_strict);
	expect_queries(c, &p, &d);
	play_finish(&p);
}

/* ---- dmarc-record/1: "valid" is the strict view of a linter ---- */

static bool has_error(const struct signet_findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (signet_finding_kind(f->at[i].id)->severity >= SIGNET_ERROR) {
			return true;
		}
	}
	return false;
}

static slice policy_text(const struct signet_dmarc_record *record, enum dmarc_subject subject)
{
	const char *tag;
	return slice_of(signet_policy_name(dmarc_record_policy(record, subject, false, &tag)));
}

static void expect_tag(const json_t *c, const char *key, slice got)
{
	slice want = text_of(json_object_get(c, "tags"), key);
	if (want.at) {
		row(c, "9989:4.7", key, got, want);
	}
}

/* Our addresses come without the size suffix that RFC 9989 takes away. */
static void expect_uris(const json_t *c, const char *key, const slice *got, size_t n)
{
	const json_t *want = json_object_get(json_object_get(c, "tags"), key);
	size_t i;
	json_t *uri;
	json_array_foreach(want, i, uri) {
		slice text = slice_make(json_string_value(uri), json_string_length(uri));
		row(c, "9989:4.8", key, i < n ? got[i] : (slice){ 0 }, slice_first(text, slice_find_char(text, '!')));
	}
}

static void expect_options(const json_t *c, slice got)
{
	const json_t *want = json_object_get(json_object_get(c, "tags"), "fo");
	size_t i;
	json_t *option;
	json_array_foreach(want, i, option) {
		slice part = slice_trim_wsp(slice_split(&got, ':'));
		row(c, "9989:4.8", "fo", part, slice_of(json_string_value(option)));
	}
}

static void run_record(const json_t *c, const json_t *zone, const struct signet_psl *psl)
{
	struct signet_arena arena;
	struct signet_findings notes;
	struct signet_dmarc_record record = { 0 };
	slice text = text_of(c, "record");
	(void)zone;
	(void)psl;
	arena_init(&arena, 1 << 20);
	findings_init(&notes, &arena);
	bool valid = signet_dmarc_record_parse(guarded(text, false), &arena, &notes, &record) && !has_error(&notes);
	row(c, "9989:4.8", text.at, valid ? S("valid") : S("invalid"),
	    json_is_true(json_object_get(c, "valid")) ? S("valid") : S("invalid"));
	if (json_object_get(c, "tags")) {
		expect_tag(c, "p", policy_text(&record, DMARC_SUBJECT_SELF));
		expect_tag(c, "sp", policy_text(&record, DMARC_SUBJECT_BELOW));
		expect_tag(c, "np", policy_text(&record, DMARC_SUBJECT_MISSING));
		expect_tag(c, "adkim", record.dkim_strict ? S("s") : S("r"));
		expect_tag(c, "aspf", record.spf_strict ? S("s") : S("r"));
		expect_tag(c, "t", record.testing ? S("y") : S("n"));
		expect_tag(c, "psd", slice_make(&record.psd, 1));
		expect_uris(c, "rua", record.rua, record.n_rua);
		expect_uris(c, "ruf", record.ruf, record.n_ruf);
		expect_options(c, record.fo);
		const json_t *pct = json_object_get(json_object_get(c, "tags"), "pct");
		if (pct) {
			char got[24];
			char want[24];
			snprintf(got, sizeof(got), "%u", record.pct);
			snprintf(want, sizeof(want), "%lld", (long long)json_integer_value(pct));
			row(c, "7489:6.3", "pct", slice_of(got), slice_of(want));
		}
	}
	arena_finish(&arena);
}

/* ---- the smaller tables ---- */

static void run_tree_walk(const json_t *c, const json_t *zone, const struct signet_psl *psl)
{
	struct play p;
	struct dmarc_walk walk;
	enum signet_status status;
	(void)psl;
	play_init(&p, zone_of_json(zone));
	while ((status = dmarc_walk(p.book, text_of(c, "domain"), NULL, &walk)) == SIGNET_PENDING) {
		play_answer(&p);
	}
	row(c, "9989:4.10.2", text_of(c, "domain").at, dmarc_organization(&walk), text_of(c, "org_domain"));
	play_finish(&p);
}

/* Two names and a mode, by the public suffix list: the source is of the time of RFC 7489. */
static void run_alignment(const json_t *c, const json_t *zone, const struct signet_psl *psl)
{
	struct play p;
	struct signet_dmarc_evidence evidence = { .domain = text_of(c, "a"), .outcome = SIGNET_OUTCOME_PASS };
	struct signet_dmarc_query q = { .author = text_of(c, "b"), .evidence = &evidence, .n_evidence = 1 };
	struct signet_dmarc d;
	bool strict = slice_eq(text_of(c, "mode"), S("s"));
	(void)zone;
	play_init(&p, zone_of_text(strict ? "* TXT v=DMARC1; p=none; aspf=s\n" : "* TXT v=DMARC1; p=none\n"));
	q.rfc7489 = true;
	q.psl = psl;
	row_number("-", "the evaluation ends", play_eval(&p, &q, &d), SIGNET_OK);
	row(c, strict ? "7489:3.1.1" : "7489:3.1", text_of(c, "a").at, evidence.aligned ? S("aligned") : S("apart"),
	    json_is_true(json_object_get(c, "aligned")) ? S("aligned") : S("apart"));
	play_finish(&p);
}

static void run_external(const json_t *c, const json_t *zone, const struct signet_psl *psl)
{
	struct play p;
	struct signet_external external;
	enum signet_status status;
	(void)psl;
	play_init(&p, zone_of_json(zone));
	slice uri = ARENA_JOIN(&p.arena, S("mailto:reports@"), text_of(c, "report_domain"));
	while ((status = signet_dmarc_external(text_of(c, "domain"), uri, p.book, &p.arena, &external)) ==
	       SIGNET_PENDING) {
		play_answer(&p);
	}
	bool accepts = external.consent == SIGNET_CONSENT_GIVEN || external.consent == SIGNET_CONSENT_NOT_NEEDED;
	bool is_temperror = slice_eq(text_of(c, "error"), S("temperror"));
	row(c, "9990:4", text_of(c, "domain").at, accepts ? S("accepts") : S("refuses"),
	    json_is_true(json_object_get(c, "accepts")) ? S("accepts") : S("refuses"));
	row_bool("9990:4", "only a lost answer leaves it open", external.consent == SIGNET_CONSENT_UNKNOWN,
		 is_temperror);
	play_finish(&p);
}

static void run_psl(const json_t *c, const json_t *zone, const struct signet_psl *psl)
{
	struct signet_arena arena;
	slice want = { 0 };
	(void)zone;
	arena_init(&arena, 1 << 16);
	slice got = signet_psl_organizational_domain(psl, text_of(c, "domain"), &arena);
	if (text_of(c, "expect").at) {
		name_normalize(text_of(c, "expect"), &arena, &want);
	}
	row(c, "7489:3.2", text_of(c, "domain").at ? text_of(c, "domain").at : "no name", got, want);
	arena_finish(&arena);
}

static const struct {
	const char *corpus, *path;
	void (*run)(const json_t *c, const json_t *zone, const struct signet_psl *psl);
} tables[] = {
	{ "mail-dmarc", "dmarc/mail-dmarc/cases.json", run_case },
	{ "mailauth-rfc9989", "dmarc/mailauth-rfc9989/cases.json", run_case },
	{ "mailauth-verify", "dmarc/mailauth-verify/cases.json", run_case },
	{ "mox", "dmarc/mox/cases.json", run_case },
	{ "record", "dmarc/record/cases.json", run_record },
	{ "tree-walk", "dmarc/tree-walk/cases.json", run_tree_walk },
	{ "alignment", "dmarc/alignment/cases.json", run_alignment },
	{ "external-reports", "dmarc/external-reports/cases.json", run_external },
	{ "psl", "psl/cases.json", run_psl },
};

int main(void)
{
	struct signet_psl *psl = signet_psl_open(path_of("psl/public_suffix_list.dat"));
	row_bool("7489:3.2", "the list can be read", psl != NULL, true);
	for (size_t t = 0; t < ROWS(tables); t++) {
		json_t *file = load(tables[t].path);
		json_t *c;
		size_t i;
		json_array_foreach(json_object_get(file, "cases"), i, c) {
			rows_case(tables[t].corpus, json_string_value(json_object_get(c, "id")), i + 1);
			tables[t].run(c, json_object_get(file, "zone"), psl);
		}
		json_decref(file);
	}
	rows_case(NULL, NULL, 0);
	signet_psl_close(psl);
	return rows_end();
}
