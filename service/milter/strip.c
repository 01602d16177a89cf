/* SPDX-License-Identifier: Apache-2.0 */
#include "strip.h"

#include <signet/authres.h>

enum strip_name {
	NAME_RESULTS,
	NAME_QUARANTINE,
	NAME_BIMI_LOCATION,
	NAME_BIMI_INDICATOR,
	NAME_BIMI_PREFERENCE,
};

#define FIRST_ROOM 8

void strip_init(struct strip *s, const struct strip_rules *rules, struct signet_arena *arena)
{
	/* the evidence is not cleared: n_evidence says how much there is */
	s->rules = *rules;
	s->arena = arena;
	memset(s->seen, 0, sizeof(s->seen));
	s->past_relay = false;
	s->marks = NULL;
	s->n = s->room = s->n_evidence = 0;
	s->is_full = s->failed = false;
}

static slice text_of(const struct strip *s, uint8_t name)
{
	switch (name) {
	case NAME_RESULTS:
		return S("Authentication-Results");
	case NAME_QUARANTINE:
		return s->rules.quarantine_field;
	case NAME_BIMI_LOCATION:
		return S("BIMI-Location");
	case NAME_BIMI_INDICATOR:
		return S("BIMI-Indicator");
	default:
		return S("BIMI-Logo-Preference");
	}
}

static bool find_name(const struct strip *s, slice name, uint8_t *ret)
{
	for (uint8_t i = 0; i < STRIP_NAMES; i++) {
		slice text = text_of(s, i);
		if (text.len && slice_eq_nocase(name, text)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool grow(struct strip *s)
{
	size_t room = s->room ? 2 * s->room : FIRST_ROOM;
	struct strip_mark *marks = arena_array(s->arena, room, sizeof(*marks));
	if (!marks) {
		s->failed = true;
		return false;
	}
	if (s->n) {
		memcpy(marks, s->marks, s->n * sizeof(*marks));
	}
	s->marks = marks;
	s->room = room;
	return true;
}

static void add(struct strip *s, uint8_t name, slice value)
{
	s->is_full |= s->n == STRIP_MARKS;
	if (s->is_full || (s->n == s->room && !grow(s))) {
		return;
	}
	s->marks[s->n++] = (struct strip_mark) { name, s->seen[name] };
	if (s->n_evidence < STRIP_EVIDENCE) {
		s->evidence[s->n_evidence++] =
			arena_copy(s->arena, slice_first(slice_trim_fws(value), STRIP_EVIDENCE_OCTETS));
	}
}

bool strip_field(struct strip *s, slice name, slice value)
{
	uint8_t which;
	name = slice_trim_wsp(name); /* "Name :" is obsolete and a field all the same (RFC 5322 4.5.8) */
	if (slice_eq_nocase(name, S("Received"))) {
		s->past_relay = true;
	}
	if (!find_name(s, name, &which)) {
		return false;
	}
	s->seen[which]++;
	if (s->rules.from_relay && !s->past_relay) {
		return false;
	}
	if (which == NAME_RESULTS && !signet_authres_is_forged(value, s->rules.ids, s->rules.n_ids)) {
		return false;
	}
	add(s, which, value);
	return true;
}

size_t strip_edits(const struct strip *s, struct outcome_edit *ret)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct strip_mark *mark = &s->marks[s->n - 1 - i];
		ret[i] = (struct outcome_edit) { .change = OUTCOME_DELETE,
			                         .index = mark->index,
			                         .name = text_of(s, mark->name) };
	}
	return s->n;
}
