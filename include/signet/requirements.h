/* SPDX-License-Identifier: Apache-2.0 */
/* What the large mailbox providers demand of senders, and whether one message shows it.
 *
 *     struct signet_requirements r;
 *     signet_requirements_eval(SIGNET_GMAIL, check, arena, &r);       // after signet_check_step() returned SIGNET_OK
 *     for (i = 0; i < r.n; i++) ... r.at[i].title, r.at[i].met, r.at[i].evidence ...
 *
 * Only what a message and the answers to its questions can show is judged; complaint rates, list hygiene and the text of
 * the body are not.  The rules are data with the date of the page they come from, because the pages change silently. */
#ifndef SIGNET_REQUIREMENTS_H
#define SIGNET_REQUIREMENTS_H

#include <signet/types.h>

struct signet_check;

enum signet_provider {
	SIGNET_GMAIL,
	SIGNET_YAHOO,
	SIGNET_MICROSOFT,
	SIGNET_APPLE,
};
/* "gmail", "yahoo", "microsoft", "apple" */
SIGNET_PUBLIC const char *signet_provider_name(enum signet_provider provider);
SIGNET_PUBLIC bool signet_provider_parse(signet_slice text, enum signet_provider *ret);

enum signet_demand {
	SIGNET_NOT_DEMANDED,
	SIGNET_REQUIRED, /* of every sender */
	SIGNET_REQUIRED_BULK, /* of senders of many messages (5,000 a day where a number is given) */
	SIGNET_RECOMMENDED,
};
/* "not-demanded", "required", "required-bulk", "recommended" */
SIGNET_PUBLIC const char *signet_demand_name(enum signet_demand demand);

enum signet_met {
	SIGNET_MET_UNKNOWN, /* this message does not show it, or DNS failed */
	SIGNET_MET,
	SIGNET_NOT_MET,
	SIGNET_NOT_APPLICABLE,
};
/* "unknown", "met", "not-met", "not-applicable" */
SIGNET_PUBLIC const char *signet_met_name(enum signet_met met);

struct signet_requirement {
	unsigned rule; /* number of the rule; one rule may have two parts */
	const char *id; /* stable: "one-click" */
	const char *title; /* what the provider asks for */
	enum signet_demand demand;
	enum signet_met met;
	signet_slice evidence; /* what was seen; holds raw text of the message: escape it */
	const char *fix; /* what to do; NULL unless it is not met */
};

struct signet_requirements {
	enum signet_provider provider;
	const char *source; /* the page the rules come from */
	const char *source_date; /* when it was read, "2026-03-21" */
	const struct signet_requirement *at;
	size_t n;
	size_t n_not_met; /* of the required ones, bulk included */
	size_t n_unknown; /* likewise */
};

/* Judges the message of a finished check.  Texts live in `arena` and in the dossier.  SIGNET_MISUSE: not finished. */
SIGNET_PUBLIC enum signet_status signet_requirements_eval(enum signet_provider provider,
							  const struct signet_check *check, struct signet_arena *arena,
							  struct signet_requirements *ret);

#endif
