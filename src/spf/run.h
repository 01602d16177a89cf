/* SPDX-License-Identifier: Apache-2.0 */
/* One run of an evaluation: what its parts share, and how it ends before its end.
 *
 * Every part returns whether the run goes on.  It does not if an answer is still missing or memory is short (`status`),
 * or if the standard says that the whole evaluation ends here with temperror or permerror (`status` is OK and
 * out->result is set): these two pass through every include and redirect unchanged (RFC 7208 5.2, 6.1), so nobody
 * between needs to look at them. */
#ifndef SIGNET_SPF_RUN_H
#define SIGNET_SPF_RUN_H

#include <signet/spf.h>

#include "../dns/book.h"
#include "macro.h"
#include "record.h"

#define SPF_LOOKUPS_MAX 10 /* RFC 7208 4.6.4 */
#define SPF_VOIDS_MAX 2 /* RFC 7208 4.6.4 */
#define SPF_NAMES_MAX 10 /* RFC 7208 4.6.4: MX hosts and PTR names of one term */
#define SPF_STEPS_MAX 2000 /* kept for the story; the records of large senders make about 500 */
#define SPF_TEXT_MAX ((size_t)128 << 10) /* of all records together: two of the largest TXT records DNS can carry */

/* Where the evaluation stands. */
struct spf_place {
	slice domain;
	slice record;
	slice term;
	unsigned depth;
};

/* A record under way. */
struct spf_level {
	struct spf_place place;
	const struct spf_record *record;
	size_t next; /* the term behind the one in hand */
};

struct spf_run {
	const struct signet_spf_query *query;
	struct signet_book *book;
	struct signet_arena *arena;
	struct signet_spf *out;
	enum signet_status status;
	struct spf_values values; /* values.domain is place.domain */
	struct spf_place place;
	slice path[SPF_LOOKUPS_MAX + 2]; /* the domains from the first to place.domain, by depth */
	bool local_is_ascii;
	bool asked; /* an answer was used */
	size_t text_octets;
	struct signet_spf_step *steps; /* handed out at the end */
	size_t n_steps;
	size_t steps_room;
	struct spf_level levels[SPF_LOOKUPS_MAX + 2]; /* each is included by the one before */
	size_t n_levels;
	const struct signet_answer *hosts; /* whose addresses the term in hand asks for, one after the other; or NULL */
	size_t next_host;
	unsigned includes; /* how many of the records around this one are included */
	/* %{p}: looked up at most once each (RFC 7208 4.6.4) */
	bool names_charged;
	enum { NAME_UNTRIED, NAME_VALID, NAME_INVALID } names[SPF_NAMES_MAX];
};

enum signet_rrtype spf_address_type(const struct spf_run *r);
void spf_go_back(struct spf_run *r, struct spf_place place);

/* Ends the evaluation; always false, so that `return spf_stop(...)` reads well. */
bool spf_stop(struct spf_run *r, enum signet_spf_result result);
bool spf_fail(struct spf_run *r, enum signet_status status);

/* Notes a finding at the term in hand. */
#define spf_note(r, id, ...) note_with(&(r)->out->findings, (id), (r)->place.record, spf_offset(r), __VA_ARGS__)
size_t spf_offset(const struct spf_run *r);

/* Appends a step and returns its index (SIZE_MAX: not kept). */
size_t spf_step(struct spf_run *r, slice term, slice target, const char *outcome);
void spf_step_ends(struct spf_run *r, size_t step, const char *outcome);

/* The answer, whatever it is.  Adds it to TTL and DNSSEC state.  A new question takes those that follow along. */
bool spf_ask(struct spf_run *r, slice name, enum signet_rrtype type, const struct signet_answer **ret);
/* Counts an empty answer; false (permerror) if there are too many. */
bool spf_count_void(struct spf_run *r, slice name, const struct signet_answer *answer);
/* The answer a mechanism needs: transient trouble is temperror (RFC 7208 5), empty ones are counted. */
bool spf_look_up(struct spf_run *r, slice name, enum signet_rrtype type, const struct signet_answer **ret);
/* Counts a term that asks; false (permerror) past the limit. */
bool spf_count_lookup(struct spf_run *r);

/* ---- identity.c ---- */

/* Sets the values of the evaluation; returns the domain to check, as given. */
slice spf_identify(struct spf_run *r);

/* ---- ahead.c ---- */

/* Notes the questions that will follow the one just asked. */
void spf_ask_ahead(struct spf_run *r);
/* The term in hand goes through the addresses of `names`, and stands before the one at `next`; NULL: no longer. */
void spf_next_hosts(struct spf_run *r, const struct signet_answer *names, size_t next);

/* ---- match.c ---- */

enum spf_target {
	SPF_TARGET_GOOD,
	SPF_TARGET_BAD, /* no name a question can carry (RFC 7208 4.8 leaves open what follows) */
	SPF_TARGET_NEVER, /* made of a local-part that is not ASCII: matches nothing (RFC 8616 4) */
};

/* Whether a term matches without a question. */
bool spf_matches_by_itself(const struct spf_run *r, const struct spf_term *t);
/* The name a term is about: its expanded target or the current domain. */
bool spf_target(struct spf_run *r, const struct spf_term *t, slice *ret, enum spf_target *ret_kind);
/* Whether a, mx, ptr or exists matches for `target`. */
bool spf_match(struct spf_run *r, const struct spf_term *t, slice target, bool *ret);
/* Sets values.validated for the current domain; `free`: neither counted nor void (exp=, RFC 7208 6.2). */
bool spf_validate_name(struct spf_run *r, bool free);

/* ---- explain.c ---- */

/* Fills out->explanation from exp= of the record that decided. */
bool spf_explain(struct spf_run *r, const struct spf_term *exp);

#endif
