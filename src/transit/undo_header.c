/* SPDX-License-Identifier: Apache-2.0 */
#include "undo.h"

#include "../base/buf.h"
#include "../base/chars.h"
#include "../dkim/canon.h"
#include "../tags/tags.h"

#define SCRATCH_MORE 8192 /* an undone field may be longer than any that is there */
#define NAME_NONE ((size_t)-1)

static size_t find_name(const struct undo *u, slice name)
{
	for (size_t i = 0; i < u->n_names; i++) {
		if (slice_eq_nocase(u->names[i], name)) {
			return i;
		}
	}
	return NAME_NONE;
}

static bool read_names(struct undo *u)
{
	u->names = arena_array(u->arena, SIGNATURE_NAMES_MAX, sizeof(*u->names));
	u->order = arena_array(u->arena, SIGNATURE_NAMES_MAX, sizeof(*u->order));
	u->n_listed = arena_array(u->arena, SIGNATURE_NAMES_MAX, sizeof(*u->n_listed));
	if (!u->names || !u->order || !u->n_listed) {
		return false;
	}
	slice rest = u->signature->names;
	slice name;
	while (u->n_order < SIGNATURE_NAMES_MAX && tag_take_part(&rest, ':', &name)) {
		size_t i = find_name(u, name);
		if (i == NAME_NONE) {
			i = u->n_names++;
			u->names[i] = name;
		}
		u->n_listed[i]++;
		u->order[u->n_order++] = (uint16_t)i;
	}
	return true;
}

static uint16_t number_of(const struct undo *u, slice field_name)
{
	size_t i = field_name.len ? find_name(u, field_name) : NAME_NONE;
	return i == NAME_NONE ? 0 : (uint16_t)(i + 1);
}

/* RFC 6376 3.7: the field with the value of b= deleted, surrounding white space included. */
static slice without_b(struct undo *u)
{
	slice raw = u->signature->field->raw;
	slice b = u->signature->b_given;
	if (!b.at || b.at < raw.at || b.at > raw.at + raw.len) {
		return raw;
	}
	size_t start = (size_t)(b.at - raw.at);
	while (start && char_is(raw.at[start - 1], C_WSP | C_CRLF)) {
		start--;
	}
	size_t end = slice_find_char(slice_from(raw, start), ';');
	end = end == SLICE_NONE ? raw.len : start + end;
	return ARENA_JOIN(u->arena, slice_first(raw, start), slice_from(raw, end));
}

/* Of several fields of one name h= means the lowest, as many as it lists. */
static void mark_signed(struct undo *u)
{
	for (size_t i = u->header->n; i-- > 0;) {
		if (u->name_of[i] && u->n_listed[u->name_of[i] - 1]) {
			u->n_listed[u->name_of[i] - 1]--;
			u->is_signed[i] = true;
		}
	}
}

uint64_t undo_budget(size_t body)
{
	uint64_t trials = (uint64_t)body * UNDO_TRIALS, least = (uint64_t)body * UNDO_BODIES;
	least = least > UNDO_OCTETS_LARGE ? UNDO_OCTETS_LARGE : least;
	trials = trials < UNDO_OCTETS_MIN ? UNDO_OCTETS_MIN : trials > UNDO_OCTETS_MAX ? UNDO_OCTETS_MAX : trials;
	return trials > least ? trials : least;
}

bool undo_init(struct undo *u, struct signet *engine, const struct mail_header *header, slice body,
               const struct transit_subject *subject, struct signet_arena *a)
{
	*u = (struct undo){ .engine = engine,
		             .arena = a,
		             .header = header,
		             .body = body,
		             .signature = subject->signature,
		             .key = subject->key,
		             .own = undo_index(&(struct undo){ .header = header }, subject->signature->field) };
	u->octets_left = undo_budget(body.len);
	bool good;
	if (u->signature->key_kind == PUBKEY_RSA && u->key.len) {
		if (pubkey_open(engine, PUBKEY_RSA, u->key, u->signature->octets, u->digest, &good) != SIGNET_OK) {
			return false;
		}
		u->digest_known = good;
	}
	u->trials_left = u->digest_known ? UNDO_HEADERS : UNDO_SIGNATURES;
	size_t n = header->n + FIELD_EDITS_MAX;
	u->name_of = arena_array(a, n, sizeof(*u->name_of));
	u->is_signed = arena_array(a, n, sizeof(*u->is_signed));
	u->scratch_fields = arena_array(a, n, sizeof(*u->scratch_fields));
	u->scratch_names = arena_array(a, n, sizeof(*u->scratch_names));
	u->scratch_room = header->block.len + SCRATCH_MORE;
	u->scratch_text = arena_octets(a, u->scratch_room);
	if (!u->name_of || !u->is_signed || !u->scratch_fields || !u->scratch_names || !u->scratch_text ||
	    !read_names(u)) {
		return false;
	}
	for (size_t i = 0; i < header->n; i++) {
		u->name_of[i] = i == u->own ? 0 : number_of(u, header->fields[i].name);
	}
	mark_signed(u);
	u->own_bare = without_b(u);
	return u->own_bare.at != NULL;
}

/* The field as edited; `*n` counts what was put. */
static void put_field(struct undo *u, size_t *n, slice raw, uint16_t number)
{
	u->scratch_fields[*n].raw = raw;
	u->scratch_names[(*n)++] = number;
}

static slice name_in(slice raw)
{
	size_t colon = slice_find_char(raw, ':');
	return slice_trim_wsp(slice_first(raw, colon == SLICE_NONE ? 0 : colon));
}

static void put_edited(struct undo *u, size_t *n, size_t index, const struct field_edit *edits, size_t n_edits)
{
	bool gone = index == u->header->n;
	for (size_t k = 0; k < n_edits; k++) {
		if (edits[k].index != index) {
			continue;
		}
		if (edits[k].action != FIELD_REMOVE) {
			put_field(u, n, edits[k].raw, number_of(u, name_in(edits[k].raw)));
		}
		gone |= edits[k].action != FIELD_ADD;
	}
	if (!gone) {
		put_field(u, n, u->header->fields[index].raw, u->name_of[index]);
	}
}

/* Writes the edited header into the scratch arrays; returns the number of fields. */
static size_t edit_header(struct undo *u, const struct field_edit *edits, size_t n_edits)
{
	struct field_edit all[FIELD_EDITS_MAX];
	size_t n_all = 0;
	for (size_t i = 0; i < n_edits && n_all < FIELD_EDITS_MAX; i++) {
		all[n_all++] = edits[i];
	}
	for (size_t i = 0; i < u->n_ambient && n_all < FIELD_EDITS_MAX; i++) {
		all[n_all++] = u->ambient[i];
	}
	size_t n = 0;
	for (size_t i = 0; i <= u->header->n; i++) {
		put_edited(u, &n, i, all, n_all);
	}
	return n;
}

static bool feed_field(struct undo *u, struct digest *d, slice raw, bool last)
{
	if (raw.len + CANON_FIELD_MORE > u->scratch_room) {
		return false;
	}
	char *end = canon_field(u->scratch_text, u->signature->header_relaxed, raw);
	digest_add(d, slice_between(u->scratch_text, last ? end - 2 : end));
	return true;
}

/* RFC 6376 3.7 over the scratch fields. */
static bool header_digest(struct undo *u, size_t n_fields, slice own, uint8_t ret[static DIGEST_OCTETS])
{
	struct digest *d = digest_new(u->engine);
	if (!d) {
		return false;
	}
	bool good = true;
	for (size_t i = 0; i < u->n_order && good; i++) {
		uint16_t wanted = (uint16_t)(u->order[i] + 1);
		for (size_t k = n_fields; k-- > 0;) {
			if (u->scratch_names[k] == wanted) {
				good = feed_field(u, d, u->scratch_fields[k].raw, false);
				u->scratch_names[k] = 0; /* used */
				break;
			}
		}
	}
	good = good && feed_field(u, d, own, true);
	return digest_end(d, ret) && good;
}

static bool fits(struct undo *u, const uint8_t digest[static DIGEST_OCTETS])
{
	if (u->digest_known) {
		return memcmp(digest, u->digest, DIGEST_OCTETS) == 0;
	}
	bool good = false;
	return pubkey_verify(u->engine, u->signature->key_kind, u->key, digest, u->signature->octets, &good) ==
	               SIGNET_OK &&
	       good;
}

static bool try_header(struct undo *u, const char *label, const struct field_edit *edits, size_t n, slice own)
{
	/* a trial of an ordinary header costs one; what makes it slower costs more */
	size_t cost = 1 + u->header->block.len / 8192 + u->header->n * (n + u->n_ambient + u->n_order) / 8192;
	if (u->label || u->trials_left < cost) {
		u->trials_left = u->label ? u->trials_left : 0;
		return u->label != NULL;
	}
	u->trials_left -= (unsigned)cost;
	size_t n_fields = edit_header(u, edits, n);
	uint8_t digest[DIGEST_OCTETS];
	if (header_digest(u, n_fields, own, digest) && fits(u, digest)) {
		u->label = label;
	}
	return u->label != NULL;
}

/* Whoever found it: where only blanks and folds differ the change has its own name. */
static void relabel(struct undo *u, const struct field_edit *edits, size_t n)
{
	const char *label = NULL;
	for (size_t i = 0; i < n; i++) {
		label = edits[i].action == FIELD_REPLACE
		                ? shape_label(u, edits[i].raw, u->header->fields[edits[i].index].raw)
		                : NULL;
		if (!label) {
			return;
		}
	}
	u->label = label ? label : u->label;
}

bool undo_try_fields(struct undo *u, const char *label, const struct field_edit *edits, size_t n)
{
	bool known = u->label != NULL;
	bool found = try_header(u, label, edits, n, u->own_bare);
	if (found && !known && !u->signature->header_relaxed) {
		relabel(u, edits, n);
	}
	return found;
}

bool undo_try_own(struct undo *u, const char *label, slice bare)
{
	return try_header(u, label, NULL, 0, bare);
}

bool undo_try_value(struct undo *u, const char *label, const struct mail_field *field, slice value)
{
	slice name = slice_between(field->raw.at, field->value.at);
	slice first = slice_first(field->value, 1);
	bool spaced = first.len && char_is(first.at[0], C_WSP) && !(value.len && char_is(value.at[0], C_WSP | C_CRLF));
	slice raw = ARENA_JOIN(u->arena, name, spaced ? first : S(""), value, S("\r\n"));
	if (!raw.at) {
		return false;
	}
	return undo_try_fields(u, label, &(struct field_edit){ FIELD_REPLACE, undo_index(u, field), raw }, 1);
}

bool undo_any_fields(struct undo *u, const char *label, const struct field_edit *edits, size_t n)
{
	if (n == 0 || undo_try_fields(u, label, edits, n)) {
		return u->label != NULL;
	}
	for (size_t i = 0; n > 1 && i < n; i++) {
		if (undo_try_fields(u, label, edits + i, 1)) {
			return true;
		}
	}
	for (size_t len = n - 1; u->effort && len > 1; len--) {
		for (size_t i = 0; i + len <= n; i++) {
			if (undo_try_fields(u, label, edits + i, len)) {
				return true;
			}
		}
	}
	return false;
}
