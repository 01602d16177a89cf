/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

#include "../base/buf.h"
#include "../base/chars.h"
#include "../dkim/canon.h"

#define SHAPE_FIELDS 40

/* A list of edits, one field each. */
struct field_edits {
	struct field_edit at[SHAPE_FIELDS];
	size_t n;
};

static void add_raw(struct field_edits *e, const struct undo *u, size_t field, slice raw)
{
	if (raw.at && e->n < SHAPE_FIELDS && !slice_eq(raw, u->header->fields[field].raw)) {
		e->at[e->n++] = (struct field_edit){ FIELD_REPLACE, field, raw };
	}
}

/* All, each, and if they are few every choice of them. */
static bool choose(struct undo *u, const char *label, const struct field_edits *e)
{
	if (e->n == 0 || undo_any_fields(u, label, e->at, e->n)) {
		return u->label != NULL;
	}
	if (u->effort == 0 || e->n > 10 || (unsigned)1 << e->n > u->trials_left) {
		return false;
	}
	for (uint32_t bits = 1; bits < (uint32_t)1 << e->n; bits++) {
		struct field_edits some = { .n = 0 };
		for (size_t i = 0; i < e->n; i++) {
			if (bits >> i & 1) {
				some.at[some.n++] = e->at[i];
			}
		}
		if (undo_try_fields(u, label, some.at, some.n)) {
			return true;
		}
	}
	return false;
}

/* The octets up to the colon, the colon included. */
static slice head_of(const struct mail_field *f)
{
	return slice_between(f->raw.at, f->value.at);
}

static bool is_folded(slice raw)
{
	size_t n = slice_find(raw, S("\r\n"));
	return n != SLICE_NONE && n + 2 < raw.len;
}

/* ---- the name of a change of shape ---- */

static slice relaxed_form(struct undo *u, slice raw)
{
	char *to = arena_octets(u->arena, raw.len + CANON_FIELD_MORE);
	return to ? slice_between(to, canon_field(to, true, raw)) : (slice){ 0 };
}

const char *shape_label(struct undo *u, slice was, slice now)
{
	size_t was_name = slice_find_char(was, ':'), now_name = slice_find_char(now, ':');
	slice a = relaxed_form(u, was);
	if (was_name == SLICE_NONE || now_name == SLICE_NONE || !a.at || !slice_eq(a, relaxed_form(u, now)) ||
	    !slice_eq(slice_trim_wsp(slice_first(was, was_name)), slice_trim_wsp(slice_first(now, now_name)))) {
		return NULL;
	}
	slice was_value = slice_from(was, was_name + 1), now_value = slice_from(now, now_name + 1);
	slice was_text = slice_trim_fws(was_value), now_text = slice_trim_fws(now_value);
	if (was_name == now_name && slice_eq(was_text, now_text) && is_folded(was) == is_folded(now)) {
		ptrdiff_t lead = (was_text.at - was_value.at) - (now_text.at - now_value.at);
		ptrdiff_t trail = (ptrdiff_t)was_value.len - (ptrdiff_t)now_value.len - lead;
		return lead > 0 && trail == 0   ? "header-leading-space-lost"
		       : lead == 0 && trail > 0 ? "header-trailing-space-lost"
		                                : "header-whitespace-changed";
	}
	return is_folded(now) ? "header-refolded" : is_folded(was) ? "header-unfolded" : "header-whitespace-changed";
}

/* ---- white space ---- */

enum spacing {
	SPACE_AFTER_COLON, /* one is missing */
	SPACE_AT_END,
	SPACE_TWO_AT_END,
	SPACE_TAB_AT_END,
	SPACE_ONE_AFTER_COLON, /* there are more, or a tab */
	SPACE_NONE_BEFORE_COLON,
	SPACE_NONE_AT_END,
	SPACE_SINGLE, /* runs inside */
	SPACE_FOLD_TAB, /* the continuation begins with a tab, or with a blank */
	SPACE_FOLD_BLANK,
	SPACE_NONE_AFTER_COLON,
	SPACE_TWO_AFTER_COLON,
	SPACING_N,
};

static const char *const spacing_labels[SPACING_N] = {
	[SPACE_AFTER_COLON] = "header-leading-space-lost",      [SPACE_AT_END] = "header-trailing-space-lost",
	[SPACE_TWO_AT_END] = "header-trailing-space-lost",      [SPACE_TAB_AT_END] = "header-trailing-space-lost",
	[SPACE_ONE_AFTER_COLON] = "header-whitespace-changed",  [SPACE_NONE_BEFORE_COLON] = "header-whitespace-changed",
	[SPACE_NONE_AT_END] = "header-whitespace-changed",      [SPACE_SINGLE] = "header-whitespace-changed",
	[SPACE_FOLD_TAB] = "header-whitespace-changed",         [SPACE_FOLD_BLANK] = "header-whitespace-changed",
	[SPACE_NONE_AFTER_COLON] = "header-whitespace-changed", [SPACE_TWO_AFTER_COLON] = "header-whitespace-changed",
};

static slice single_blanks(struct undo *u, slice value)
{
	char *to = arena_octets(u->arena, value.len + 1);
	size_t n = 0;
	for (size_t i = 0; to && i < value.len; i++) {
		bool repeated = value.at[i] == ' ' && i && char_is(value.at[i - 1], C_WSP) &&
		                !(i >= 2 && value.at[i - 2] == '\n');
		if (!repeated) {
			to[n++] = value.at[i];
		}
	}
	return to ? slice_make(to, n) : value;
}

/* The first octet of every continuation line. */
static slice refold(struct undo *u, slice value, char blank)
{
	slice copy = arena_copy(u->arena, value);
	char *at = (char *)(uintptr_t)copy.at;
	for (size_t i = 2; at && i < copy.len; i++) {
		if (at[i - 1] == '\n' && char_is(at[i], C_WSP)) {
			at[i] = blank;
		}
	}
	return copy;
}

static slice spaced(struct undo *u, const struct mail_field *f, enum spacing how)
{
	slice head = head_of(f), value = f->value, blank = S(""), tail = S("");
	slice trimmed = slice_trim_wsp(value);
	slice from_text = trimmed.len ? slice_between(trimmed.at, value.at + value.len) : value;
	switch (how) {
	case SPACE_AFTER_COLON:
		if (value.len && char_is(value.at[0], C_WSP | C_CRLF)) {
			return f->raw;
		}
		blank = S(" ");
		break;
	case SPACE_AT_END:
		tail = S(" ");
		break;
	case SPACE_TWO_AT_END:
		tail = S("  ");
		break;
	case SPACE_TAB_AT_END:
		tail = S("\t");
		break;
	case SPACE_ONE_AFTER_COLON:
		blank = S(" ");
		value = from_text;
		break;
	case SPACE_NONE_BEFORE_COLON:
		head = ARENA_JOIN(u->arena, f->name, S(":"));
		break;
	case SPACE_NONE_AT_END:
		value = trimmed.len ? slice_between(value.at, trimmed.at + trimmed.len) : value;
		break;
	case SPACE_SINGLE:
		value = single_blanks(u, value);
		break;
	case SPACE_FOLD_TAB:
		value = refold(u, value, '\t');
		break;
	case SPACE_FOLD_BLANK:
		value = refold(u, value, ' ');
		break;
	case SPACE_NONE_AFTER_COLON:
		value = from_text;
		break;
	case SPACE_TWO_AFTER_COLON:
		blank = S("  ");
		value = from_text;
		break;
	default:
		break;
	}
	return ARENA_JOIN(u->arena, head, blank, value, tail, S("\r\n"));
}

#define BLANKS_MAX 40

/* The blanks inside a field, each as `with`: all, each and every two of them. */
static bool try_blanks(struct undo *u, size_t field, slice with)
{
	slice raw = u->header->fields[field].raw;
	slice text = slice_trim_fws(u->header->fields[field].value);
	struct edit blanks[BLANKS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < text.len && n < BLANKS_MAX; i++) {
		if (text.at[i] == ' ' && text.at[i - 1] != '\n') {
			blanks[n++] = (struct edit){ (size_t)(text.at + i - raw.at), 1, with };
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i; k < n; k++) {
			struct edit two[] = { blanks[i], blanks[k] };
			bool all = i == 0 && k == 0;
			struct field_edit edit = { FIELD_REPLACE, field, edits_apply(u->arena, raw, two, 1 + (k > i)) };
			struct field_edit whole = { FIELD_REPLACE, field, edits_apply(u->arena, raw, blanks, n) };
			if ((all && undo_try_fields(u, "header-whitespace-changed", &whole, 1)) ||
			    undo_try_fields(u, "header-whitespace-changed", &edit, 1)) {
				return true;
			}
		}
	}
	return false;
}

#define GAPS_MAX 6 /* 728 choices */

/* Every choice of one, two and three blanks where there is one now, the one behind the colon included. */
static bool try_widths(struct undo *u, size_t field)
{
	static const slice widths[] = { { " ", 1 }, { "  ", 2 }, { "   ", 3 } };
	slice raw = u->header->fields[field].raw, value = u->header->fields[field].value;
	struct edit gaps[GAPS_MAX];
	size_t n = 0;
	unsigned choices = 1;
	for (size_t i = 0; i + 1 < value.len; i++) {
		bool alone = value.at[i] == ' ' && !char_is(value.at[i + 1], C_WSP | C_CRLF) &&
		             (i == 0 || !char_is(value.at[i - 1], C_WSP | C_CRLF));
		if (alone && n == GAPS_MAX) {
			return false;
		}
		if (alone) {
			gaps[n++] = (struct edit){ (size_t)(value.at + i - raw.at), 1, widths[0] };
			choices *= 3;
		}
	}
	for (unsigned choice = 1; choice < choices && choices < u->trials_left / 2; choice++) {
		struct arena_mark mark = arena_mark(u->arena);
		for (unsigned i = 0, rest = choice; i < n; i++, rest /= 3) {
			gaps[i].with = widths[rest % 3];
		}
		struct field_edit edit = { FIELD_REPLACE, field, edits_apply(u->arena, raw, gaps, n) };
		if (undo_try_fields(u, "header-whitespace-changed", &edit, 1)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

static const slice texts[] = { { "Subject", 7 }, { "From", 4 }, { "To", 2 } };

static bool undo_widths(struct undo *u)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct mail_field *f = header_find(u->header, texts[i], 0);
		if (f && undo_is_signed(u, undo_index(u, f)) && try_widths(u, undo_index(u, f))) {
			return true;
		}
	}
	return false;
}

static bool undo_inner_blanks(struct undo *u)
{
	static const slice forms[] = { { "  ", 2 }, { "\t", 1 } };
	for (size_t i = 0; i < 6; i++) {
		const struct mail_field *f = header_find(u->header, texts[i / 2], 0);
		if (f && undo_is_signed(u, undo_index(u, f)) && try_blanks(u, undo_index(u, f), forms[i % 2])) {
			return true;
		}
	}
	return false;
}

bool undo_field_spacing(struct undo *u)
{
	if (u->signature->header_relaxed) {
		return false; /* RFC 6376 3.4.2 hides all of it */
	}
	if (u->effort == 1 && (undo_inner_blanks(u) || undo_widths(u))) {
		return true;
	}
	for (unsigned how = 0; how < SPACING_N; how++) {
		struct field_edits e = { .n = 0 };
		for (size_t i = 0; i < u->header->n; i++) {
			if (undo_is_signed(u, i)) {
				add_raw(&e, u, i, spaced(u, &u->header->fields[i], (enum spacing)how));
			}
		}
		if (choose(u, spacing_labels[how], &e)) {
			return true;
		}
	}
	return false;
}

/* ---- folding ---- */

/* Without folds: each CRLF goes, or the fold with all its blanks becomes `blank`. */
static slice unfold(struct undo *u, slice raw, bool keep, slice blank)
{
	struct buf b;
	buf_init_arena(&b, u->arena, raw.len * 2 + 2);
	for (size_t i = 0; i < raw.len; i++) {
		bool fold = raw.at[i] == '\r' && i + 2 < raw.len && raw.at[i + 1] == '\n';
		if (!fold) {
			buf_put_char(&b, raw.at[i]);
			continue;
		}
		i++;
		while (!keep && i + 1 < raw.len && char_is(raw.at[i + 1], C_WSP)) {
			i++;
		}
		if (!keep) {
			buf_put(&b, blank);
		}
	}
	return buf_ok(&b) ? buf_slice(&b) : raw;
}

/* Folds before the last blank that keeps a line within `width`; `with`: what the blank becomes. */
static slice fold_at(struct undo *u, slice raw, size_t width, slice with)
{
	struct buf b;
	buf_init_arena(&b, u->arena, raw.len * 2 + 2);
	size_t start = 0;
	size_t colon = slice_find_char(raw, ':') + 2;
	while (raw.len - 2 - start > width) {
		size_t at = start + width;
		while (at > start + 1 && at > colon && raw.at[at] != ' ') {
			at--;
		}
		if (at <= colon || at <= start + 1) {
			at = start + width;
			while (at < raw.len - 2 && (raw.at[at] != ' ' || at <= colon)) {
				at++;
			}
			if (at >= raw.len - 2) {
				break;
			}
		}
		buf_put(&b, slice_between(raw.at + start, raw.at + at));
		buf_put(&b, with);
		start = at + 1;
	}
	buf_put(&b, slice_from(raw, start));
	return buf_ok(&b) ? buf_slice(&b) : raw;
}

/* Folds at every blank that follows `mark`. */
static slice fold_after(struct undo *u, slice raw, char mark, slice with)
{
	struct buf b;
	buf_init_arena(&b, u->arena, raw.len * 3 + 2);
	for (size_t i = 0; i < raw.len; i++) {
		bool here = raw.at[i] == ' ' && i && raw.at[i - 1] == mark && i > slice_find_char(raw, ':') + 1;
		if (here) {
			buf_put(&b, with);
		} else {
			buf_put_char(&b, raw.at[i]);
		}
	}
	return buf_ok(&b) ? buf_slice(&b) : raw;
}

bool undo_field_folds(struct undo *u)
{
	if (u->signature->header_relaxed) {
		return false;
	}
	static const slice blanks[] = { { " ", 1 }, { "", 0 }, { "\t", 1 }, { "\r\n ", 3 }, { "\r\n\t", 3 } };
	for (unsigned how = 0; how < 6; how++) {
		struct field_edits e = { .n = 0 };
		for (size_t i = 0; i < u->header->n; i++) {
			slice raw = u->header->fields[i].raw;
			if (undo_is_signed(u, i) && is_folded(raw)) {
				add_raw(&e, u, i, unfold(u, raw, how == 0, how ? blanks[how - 1] : S("")));
			}
		}
		if (choose(u, how < 4 ? "header-refolded" : "header-whitespace-changed", &e)) {
			return true;
		}
	}
	return false;
}

static const slice fold_marks[] = { { "\r\n ", 3 }, { "\r\n\t", 3 }, { "\r\n  ", 4 }, { "\r\n        ", 10 } };
#define N_MARKS (sizeof(fold_marks) / sizeof(fold_marks[0]))

/* One way of folding for every field that was folded by it. */
static bool undo_unfolds(struct undo *u)
{
	static const char after[] = { ';', ',', '>' };
	for (size_t m = 0; m < N_MARKS; m++) {
		for (size_t k = 0; k < 3 + 60; k++) {
			struct field_edits e = { .n = 0 };
			for (size_t i = 0; i < u->header->n; i++) {
				slice raw = u->header->fields[i].raw;
				if (undo_is_signed(u, i) && !is_folded(raw) && raw.len > 40) {
					add_raw(&e, u, i,
					        k < 3 ? fold_after(u, raw, after[k], fold_marks[m])
					              : fold_at(u, raw, 100 - k, fold_marks[m]));
				}
			}
			if (choose(u, "header-unfolded", &e)) {
				return true;
			}
		}
	}
	return false;
}

#define PLACES_MAX 24

/* Each blank of a field as the place of its only fold. */
static size_t single_folds(struct undo *u, size_t field, slice mark, struct field_edit ret[PLACES_MAX])
{
	slice raw = u->header->fields[field].raw;
	size_t n = 0;
	for (size_t i = slice_find_char(raw, ':') + 1; i + 2 < raw.len && n < PLACES_MAX; i++) {
		if (raw.at[i] == ' ') {
			slice folded = ARENA_JOIN(u->arena, slice_first(raw, i), mark, slice_from(raw, i + 1));
			ret[n++] = (struct field_edit){ FIELD_REPLACE, field, folded };
		}
	}
	return n;
}

/* Two fields with one fold each, one with another. */
static bool undo_two_unfolds(struct undo *u, slice mark)
{
	struct field_edit *folds = arena_array(u->arena, SHAPE_FIELDS * PLACES_MAX, sizeof(*folds));
	size_t n = 0;
	for (size_t i = 0; folds && i < u->header->n && n + PLACES_MAX <= (size_t)SHAPE_FIELDS * PLACES_MAX; i++) {
		if (undo_is_signed(u, i) && !is_folded(u->header->fields[i].raw) && u->header->fields[i].raw.len > 30) {
			n += single_folds(u, i, mark, folds + n);
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (undo_try_fields(u, "header-unfolded", folds + i, 1)) {
			return true;
		}
	}
	for (size_t i = 0; u->digest_known && u->effort && i < n; i++) {
		for (size_t k = i + 1; k < n && u->trials_left; k++) {
			struct field_edit two[] = { folds[i], folds[k] };
			if (folds[i].index != folds[k].index && undo_try_fields(u, "header-unfolded", two, 2)) {
				return true;
			}
		}
	}
	return false;
}

bool undo_field_unfolds(struct undo *u)
{
	if (u->signature->header_relaxed) {
		return false;
	}
	if (u->effort == 0 && undo_unfolds(u)) {
		return true;
	}
	for (size_t m = 0; m < 2; m++) {
		if (undo_two_unfolds(u, fold_marks[m])) {
			return true;
		}
	}
	return false;
}

/* ---- letter case of names ---- */

enum name_case { CASE_AS_LISTED, CASE_USUAL, CASE_FIRSTS, CASE_FIRST, CASE_LOWER, CASE_UPPER, CASE_N };

static slice usual_name(slice name)
{
	static const slice usual[] = { { "Message-ID", 10 },
		                       { "MIME-Version", 12 },
		                       { "Content-ID", 10 },
		                       { "List-ID", 7 },
		                       { "X-MS-Exchange-Organization", 26 },
		                       { "Resent-Message-ID", 17 } };
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (slice_eq_nocase(usual[i], name)) {
			return usual[i];
		}
	}
	return (slice){ 0 };
}

static slice listed_name(const struct undo *u, slice name)
{
	for (size_t i = 0; i < u->n_names; i++) {
		if (slice_eq_nocase(u->names[i], name)) {
			return u->names[i];
		}
	}
	return (slice){ 0 };
}

static slice cased_name(struct undo *u, slice name, enum name_case how)
{
	slice known = how == CASE_AS_LISTED ? listed_name(u, name)
	              : how == CASE_USUAL   ? usual_name(name)
	                                    : (slice){ 0 };
	if (known.at || how == CASE_AS_LISTED) {
		return known;
	}
	char *to = arena_octets(u->arena, name.len + 1);
	for (size_t i = 0; to && i < name.len; i++) {
		bool first = i == 0 || (name.at[i - 1] == '-' && how != CASE_FIRST);
		bool upper = how == CASE_UPPER || (first && how != CASE_LOWER);
		to[i] = upper ? char_upper(name.at[i]) : char_lower(name.at[i]);
	}
	return to ? slice_make(to, name.len) : name;
}

bool undo_field_case(struct undo *u)
{
	if (u->signature->header_relaxed) {
		return false;
	}
	for (unsigned how = 0; how < CASE_N; how++) {
		struct field_edits e = { .n = 0 };
		for (size_t i = 0; i < u->header->n; i++) {
			const struct mail_field *f = &u->header->fields[i];
			slice name = undo_is_signed(u, i) ? cased_name(u, f->name, (enum name_case)how) : S("");
			if (name.len) {
				add_raw(&e, u, i, ARENA_JOIN(u->arena, name, slice_from(f->raw, f->name.len)));
			}
		}
		if (choose(u, "header-case-changed", &e)) {
			return true;
		}
	}
	return false;
}

/* ---- order of fields of one name ---- */

#define SAME_NAME_MAX 6

static bool try_orders(struct undo *u, const size_t fields[], size_t n)
{
	struct field_edit reversed[SAME_NAME_MAX];
	for (size_t i = 0; i < n; i++) {
		reversed[i] =
			(struct field_edit){ FIELD_REPLACE, fields[i], u->header->fields[fields[n - 1 - i]].raw };
	}
	if (undo_try_fields(u, "header-order-changed", reversed, n)) {
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			struct field_edit swap[] = {
				{ FIELD_REPLACE, fields[i], u->header->fields[fields[k]].raw },
				{ FIELD_REPLACE, fields[k], u->header->fields[fields[i]].raw },
			};
			if (undo_try_fields(u, "header-order-changed", swap, 2)) {
				return true;
			}
		}
	}
	/* one moved to the top or to the bottom */
	for (size_t shift = 1; shift < n; shift++) {
		struct field_edit turned[SAME_NAME_MAX];
		for (size_t i = 0; i < n; i++) {
			turned[i] = (struct field_edit){ FIELD_REPLACE, fields[i],
				                          u->header->fields[fields[(i + shift) % n]].raw };
		}
		if (undo_try_fields(u, "header-order-changed", turned, n)) {
			return true;
		}
	}
	return false;
}

bool undo_field_order(struct undo *u)
{
	for (size_t name = 0; name < u->n_names; name++) {
		size_t fields[SAME_NAME_MAX];
		size_t n = 0;
		for (size_t i = 0; i < u->header->n && n < SAME_NAME_MAX; i++) {
			if (u->name_of[i] == name + 1) {
				fields[n++] = i;
			}
		}
		if (n > 1 && try_orders(u, fields, n)) {
			return true;
		}
	}
	return false;
}
