/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include <signet/authres.h>

#include "../base/name.h"
#include "../dkim/coverage.h"

static bool is_listed(const struct trust_query *q, slice sealer)
{
	for (size_t i = 0; i < q->n_sealers; i++) {
		if (slice_eq(sealer, q->sealers[i])) {
			return true;
		}
	}
	return false;
}

/* A message signature without From, or with a From or body octets beside it, lets anybody change what is shown. */
static bool is_strong(const struct dkim_signature *s, const struct field_index *index)
{
	if (RULE("8617:9.3", signature_count_name(s, S("from")) == 0)) {
		return false;
	}
	if (RULE("6376:8.15", !from_is_covered(index, s))) {
		return false;
	}
	return RULE("6376:8.2", !s->has_length);
}

/* "user@example.com", "@example.com" or "example.com" */
static bool is_of_domain(slice value, slice domain)
{
	size_t at = slice_find_last_char(value, '@');
	return name_eq(at == SLICE_NONE ? value : slice_from(value, at + 1), domain);
}

/* A result that passed for this very domain: dmarc by header.from, dkim by header.d or header.i, spf by smtp.mailfrom. */
static bool passed_for(const struct signet_authres_result *r, slice domain)
{
	static const char *const properties[][3] = {
		{ "dmarc", "header", "from" },
		{ "dkim", "header", "d" },
		{ "dkim", "header", "i" },
		{ "spf", "smtp", "mailfrom" },
	};
	for (size_t i = 0; i < r->n_props && slice_eq(r->result, S("pass")); i++) {
		const struct signet_authres_prop *prop = &r->props[i];
		for (size_t k = 0; k < sizeof(properties) / sizeof(properties[0]); k++) {
			if (slice_eq(r->method, slice_of(properties[k][0])) &&
			    slice_eq(prop->ptype, slice_of(properties[k][1])) &&
			    slice_eq(prop->property, slice_of(properties[k][2])) && is_of_domain(prop->value, domain)) {
				return true;
			}
		}
	}
	return false;
}

/* Did the hop see an aligned pass for the Author Domain? */
static bool saw_pass(slice author, const struct signet_arc_set *set, struct signet_arena *scratch,
		     struct signet_findings *notes)
{
	struct signet_authres results;
	struct signet_findings aside;
	findings_init(&aside, scratch);
	if (!signet_authres_read(set->results, SIGNET_AUTHRES_LENIENT, true, scratch, &aside, &results)) {
		note_with(notes, F_ARC_RESULTS_UNREADABLE, set->results, 0, NUMBER(set->instance));
		return false;
	}
	for (size_t i = 0; i < results.n_results; i++) {
		if (passed_for(&results.results[i], author)) {
			return true;
		}
	}
	return false;
}

void arc_weigh_trust(const struct trust_query *query, const struct dkim_signature *newest,
		     const struct field_index *index, struct signet_arena *scratch, struct signet_arc *result)
{
	unsigned from = result->instances;
	while (from > 0 && is_listed(query, result->sets[from - 1].seal_domain)) {
		from--;
	}
	if (RULE("8617:7.2.1", from == result->instances)) {
		return;
	}
	if (!is_strong(newest, index)) {
		note_with(&result->findings, F_ARC_TOO_WEAK, newest->field->value, 0, TEXT(result->sealer));
		return;
	}
	result->trusted = true;
	result->trusted_from = from + 1;
	/* With several Author Domains one pass says nothing about the others. */
	result->rescues = query->n_author_domains == 1 &&
			  saw_pass(query->author_domains[0], &result->sets[from], scratch, &result->findings);
}
