/* SPDX-License-Identifier: Apache-2.0 */
/* A provider's rules for senders as a checklist. */
#include "tell.h"

static enum tell_paint paint_of(enum signet_met met)
{
	static const enum tell_paint paints[] = { PAINT_WARNING, PAINT_GOOD, PAINT_BAD, PAINT_DIM };
	return paints[met];
}

static const char *mark_of(enum signet_met met)
{
	static const char marks[][9] = { "unknown ", "met     ", "NOT MET ", "n/a     " };
	return marks[met];
}

static void put_one(struct tell *t, const struct signet_requirement *r)
{
	static const char demands[][16] = { "", "", " (bulk)", " (recommended)" };
	tell_put(t, "  ");
	tell_paint(t, paint_of(r->met), mark_of(r->met));
	tell_number(t, r->rule);
	tell_put(t, ". ");
	tell_put(t, r->title);
	tell_put(t, demands[r->demand]);
	if (r->evidence.len) {
		tell_put(t, ": ");
		tell_outside(t, r->evidence, 160);
	}
	tell_put(t, "\n");
	if (r->fix) {
		tell_put(t, "             Fix: ");
		tell_put(t, r->fix);
		tell_put(t, "\n");
	}
}

void tell_requirements(struct tell *t, const struct signet_requirements *r)
{
	tell_put(t, "Requirements of ");
	tell_paint(t, PAINT_STRONG, signet_provider_name(r->provider));
	tell_put(t, " (");
	tell_put(t, r->source);
	tell_put(t, ", read ");
	tell_put(t, r->source_date);
	tell_put(t, "): ");
	tell_number(t, r->n_not_met);
	tell_put(t, " not met, ");
	tell_number(t, r->n_unknown);
	tell_put(t, " unknown\n");
	for (size_t i = 0; i < r->n; i++) {
		if (r->at[i].demand != SIGNET_NOT_DEMANDED) {
			put_one(t, &r->at[i]);
		}
	}
}

static void put_json_one(struct json_writer *w, const struct signet_requirement *r)
{
	json_open(w, '{');
	json_member_number(w, "rule", r->rule);
	json_member_name(w, "id", r->id);
	json_member_name(w, "title", r->title);
	json_member_name(w, "demand", signet_demand_name(r->demand));
	json_member_name(w, "met", signet_met_name(r->met));
	json_member_optional(w, "evidence", r->evidence);
	json_member_name(w, "fix", r->fix);
	json_close(w, '}');
}

void tell_json_requirements(struct json_writer *w, const struct signet_requirements *r)
{
	json_key(w, "requirements");
	json_open(w, '{');
	json_member_name(w, "provider", signet_provider_name(r->provider));
	json_member_name(w, "source", r->source);
	json_member_name(w, "source_date", r->source_date);
	json_member_number(w, "not_met", (int64_t)r->n_not_met);
	json_member_number(w, "unknown", (int64_t)r->n_unknown);
	json_key(w, "rules");
	json_open(w, '[');
	for (size_t i = 0; i < r->n; i++) {
		put_json_one(w, &r->at[i]);
	}
	json_close(w, ']');
	json_close(w, '}');
}
