/* SPDX-License-Identifier: Apache-2.0 */
#include "requirements.h"

#define EVIDENCE_OCTETS 1000 /* of one requirement: enough for a record and a name */

#define PROVIDERS 4

/* clang-format off: the table is one line a rule */
#define N SIGNET_NOT_DEMANDED
#define A SIGNET_REQUIRED
#define B SIGNET_REQUIRED_BULK
#define r SIGNET_RECOMMENDED
/* clang-format on */
static const struct rule {
	unsigned number;
	requirement_judge *judge;
	const char *id;
	enum signet_demand demand[PROVIDERS];
	const char *title;
	const char *fix;
} rules[] = {
#define PROVIDER(id, name, source, date)
#define REQUIREMENT(number, judge, id, gmail, yahoo, microsoft, apple, title, fix)                                     \
	{ number, judge_##judge, id, { gmail, yahoo, microsoft, apple }, title, fix },
#include "requirements.def"
#undef REQUIREMENT
#undef PROVIDER
};
#undef N
#undef A
#undef B
#undef r

#define RULES (sizeof(rules) / sizeof(rules[0]))

static const struct {
	const char *name, *source, *date;
} providers[PROVIDERS] = {
#define PROVIDER(id, name, source, date) [SIGNET_##id] = { name, source, date },
#define REQUIREMENT(number, judge, id, gmail, yahoo, microsoft, apple, title, fix)
#include "requirements.def"
#undef REQUIREMENT
#undef PROVIDER
};

const char *signet_provider_name(enum signet_provider provider)
{
	return providers[provider].name;
}

bool signet_provider_parse(signet_slice text, enum signet_provider *ret)
{
	for (unsigned i = 0; i < PROVIDERS; i++) {
		if (slice_eq_nocase(text, slice_of(providers[i].name))) {
			*ret = (enum signet_provider)i;
			return true;
		}
	}
	return false;
}

const char *signet_demand_name(enum signet_demand demand)
{
	static const char *const names[] = { "not-demanded", "required", "required-bulk", "recommended" };
	return names[demand];
}

const char *signet_met_name(enum signet_met met)
{
	static const char *const names[] = { "unknown", "met", "not-met", "not-applicable" };
	return names[met];
}

static struct signet_requirement judge(const struct sender_message *m, const struct rule *rule,
				       enum signet_demand demand)
{
	struct buf seen;
	buf_init_arena(&seen, m->arena, EVIDENCE_OCTETS);
	enum signet_met met = rule->judge(m, &seen);
	return (struct signet_requirement) {
		.rule = rule->number,
		.id = rule->id,
		.title = rule->title,
		.demand = demand,
		.met = met,
		.evidence = buf_slice(&seen),
		.fix = met == SIGNET_NOT_MET ? rule->fix : NULL,
	};
}

static bool is_required(enum signet_demand demand)
{
	return demand == SIGNET_REQUIRED || demand == SIGNET_REQUIRED_BULK;
}

enum signet_status requirements_eval(enum signet_provider provider, const struct mail_header *header,
				     const struct signet_dossier *dossier, struct signet_arena *a,
				     struct signet_requirements *ret)
{
	struct sender_message m = { .header = header, .dossier = dossier, .arena = a };
	struct signet_requirements all = { .provider = provider,
					   .source = providers[provider].source,
					   .source_date = providers[provider].date };
	struct signet_requirement *at = arena_array(a, RULES, sizeof(*at));
	if (!at) {
		return SIGNET_NO_MEMORY;
	}
	hop_find(&m);
	for (size_t i = 0; i < RULES; i++) {
		enum signet_demand demand = rules[i].demand[provider];
		if (demand == SIGNET_NOT_DEMANDED) {
			continue;
		}
		at[all.n] = judge(&m, &rules[i], demand);
		all.n_not_met += is_required(demand) && at[all.n].met == SIGNET_NOT_MET;
		all.n_unknown += is_required(demand) && at[all.n].met == SIGNET_MET_UNKNOWN;
		all.n++;
	}
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	all.at = at;
	*ret = all;
	return SIGNET_OK;
}
