/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of other projects: whole evaluations against their zones. */
#include "run.h"
#include "vectors.h"

static const struct {
	const char *file, *clause;
} suites[] = {
	{ "rfc7208", "7208:4" }, { "rfc4408", "7208:4" }, { "mox", "7208:4" },
	{ "pyspf", "7208:4" },   { "simta", "7208:4" },   { "jspf-tests", "7208:4" },
};

static bool is_expected(const json_t *want, const char *got)
{
	for (size_t i = 0; i < json_array_size(want); i++) {
		if (strcmp(json_string_value(json_array_get(want, i)), got) == 0) {
			return true;
		}
	}
	return false;
}

/* The explanation, where the case states one for the result we got; "DEFAULT" is the caller's own text: none. */
static bool explains(const json_t *test, const struct signet_spf *spf)
{
	const char *want = member(test, "explanation");
	if (!*want || spf->result != SIGNET_SPF_FAIL) {
		return true;
	}
	return slice_eq(spf->explanation, strcmp(want, "DEFAULT") == 0 ? S("") : slice_of(want));
}

static void check_case(struct zone *zone, const char *suite, const char *clause, const json_t *test)
{
	const char *why = member(test, "contested");
	struct signet_spf_query q = { .identity = SIGNET_SPF_MAILFROM,
		                      .helo = slice_of(member(test, "helo")),
		                      .mail_from = slice_of(member(test, "mailfrom")) };
	rows_case(suite, member(test, "id"), 0);
	if (!signet_ip_parse(slice_of(member(test, "ip")), &q.ip)) {
		row_contested(clause, "the result", false, *why ? why : "no IP address");
		return;
	}
	struct evaluation e = evaluate(zone, &q, 0, 0);
	const char *got = signet_spf_result_name(e.spf.result);
	bool ok = is_expected(json_object_get(test, "expect"), got) && explains(test, &e.spf);
	if (*why) {
		row_contested(clause, "the result", ok, why);
	} else if (!row_bool(clause, "the result", ok, true)) {
		printf("# got %s \"%.*s\", want %s \"%s\"\n", got, (int)e.spf.explanation.len, e.spf.explanation.at,
		       json_string_value(json_array_get(json_object_get(test, "expect"), 0)),
		       member(test, "explanation"));
	}
	evaluation_finish(&e);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(suites); i++) {
		json_t *file = load_cases(suites[i].file);
		size_t s, t;
		json_t *scenario, *test;
		json_array_foreach(json_object_get(file, "scenarios"), s, scenario)
		{
			struct zone *zone = zone_of_json(json_object_get(scenario, "zone"));
			json_array_foreach(json_object_get(scenario, "cases"), t, test)
			{
				check_case(zone, suites[i].file, suites[i].clause, test);
			}
			zone_free(zone);
		}
		json_decref(file);
	}
	rows_case(NULL, NULL, 0);
	return rows_end();
}
