/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

#include "leaf.h"

#include "../base/chars.h"
#include "../dkim/canon.h"

slice field_text(struct undo *u, const struct mail_field *field)
{
	return field ? header_unfold(field->value, u->arena) : S("");
}

const char *value_label(slice name)
{
	static const struct {
		slice name;
		const char *label;
	} labels[] = {
		{ { "from", 4 }, "from-rewritten" },
		{ { "to", 2 }, "to-changed" },
		{ { "cc", 2 }, "to-changed" },
		{ { "reply-to", 8 }, "reply-to-replaced" },
		{ { "date", 4 }, "date-reformatted" },
		{ { "message-id", 10 }, "message-id-changed" },
		{ { "content-type", 12 }, "content-type-reformatted" },
	};
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (slice_eq_nocase(name, labels[i].name)) {
			return labels[i].label;
		}
	}
	return slice_starts_nocase(name, S("List-")) ? "list-header-replaced" : "header-changed";
}

/* ---- fields that were added ---- */

static bool is_list_field(slice name)
{
	static const slice names[] = { { "Precedence", 10 },        { "Mailing-List", 12 },
		                       { "X-BeenThere", 11 },       { "Errors-To", 9 },
		                       { "X-Mailman-Version", 17 }, { "X-List", 6 },
		                       { "Archived-At", 11 },       { "X-Loop", 6 },
		                       { "X-Mailing-List", 14 },    { "Delivered-To", 12 } };
	if (slice_starts_nocase(name, S("List-"))) {
		return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_eq_nocase(name, names[i])) {
			return true;
		}
	}
	return false;
}

static const char *added_label(slice name)
{
	return slice_eq_nocase(name, S("From"))       ? "second-from-added"
	       : slice_eq_nocase(name, S("Sender"))   ? "sender-added"
	       : slice_eq_nocase(name, S("Reply-To")) ? "reply-to-added"
	       : is_list_field(name)                  ? "list-header-added"
	                                              : "header-changed";
}

/* Several at once: the most telling name. */
static const char *label_of_set(const struct undo *u, const struct field_edit *set, size_t n)
{
	const char *label = NULL;
	for (size_t i = 0; i < n; i++) {
		slice name = u->header->fields[set[i].index].name;
		if (slice_starts_nocase(name, S("List-"))) {
			return "list-header-added";
		}
		label = !label || slice_eq_nocase(name, S("Reply-To")) ? added_label(name) : label;
	}
	return label;
}

/* The signed fields for which `wanted` holds. */
static size_t collect(const struct undo *u, struct field_edit *ret, size_t most, bool sender, bool reply_to)
{
	size_t n = 0;
	for (size_t i = 0; i < u->header->n && n < most; i++) {
		slice name = u->header->fields[i].name;
		if (undo_is_signed(u, i) && (is_list_field(name) || (sender && slice_eq_nocase(name, S("Sender"))) ||
		                             (reply_to && slice_eq_nocase(name, S("Reply-To"))))) {
			ret[n++] = (struct field_edit){ FIELD_REMOVE, i, S("") };
		}
	}
	return n;
}

/* A signer that over-signs lists each name once more than it is there: what is more than that was added. */
static size_t collect_excess(const struct undo *u, struct field_edit *ret, size_t most)
{
	size_t n = 0;
	for (size_t i = 0; i < u->header->n && n < most; i++) {
		slice name = u->header->fields[i].name;
		bool usual = is_list_field(name) || slice_eq_nocase(name, S("Sender")) ||
		             slice_eq_nocase(name, S("Reply-To"));
		size_t listed = usual ? signature_count_name(u->signature, name) : 0;
		size_t from_here = 0;
		for (size_t k = i; k < u->header->n; k++) {
			from_here += slice_eq_nocase(u->header->fields[k].name, name);
		}
		if (listed && from_here >= listed) {
			ret[n++] = (struct field_edit){ FIELD_REMOVE, i, S("") };
		}
	}
	return n;
}

size_t added_sets(struct undo *u, struct field_edit sets[][16], size_t lengths[], size_t most)
{
	size_t n = 0;
	lengths[n] = collect_excess(u, sets[n], 16);
	n += lengths[n] > 0;
	for (unsigned how = 0; how < 4 && n < most; how++) {
		lengths[n] = collect(u, sets[n], 16, how & 1, how & 2);
		bool news = lengths[n] > 0;
		for (size_t i = 0; i < n; i++) {
			news &= lengths[i] != lengths[n];
		}
		n += news;
	}
	for (unsigned how = 0; how < 2 && n < most; how++) {
		const struct mail_field *f = header_find(u->header, how ? S("Reply-To") : S("Sender"), 0);
		if (f && undo_is_signed(u, undo_index(u, f))) {
			sets[n][0] = (struct field_edit){ FIELD_REMOVE, undo_index(u, f), S("") };
			lengths[n++] = 1;
		}
	}
	return n;
}

static bool undo_each_added(struct undo *u)
{
	for (size_t i = 0; i < u->header->n; i++) {
		struct field_edit gone = { FIELD_REMOVE, i, S("") };
		if (undo_is_signed(u, i) && undo_try_fields(u, added_label(u->header->fields[i].name), &gone, 1)) {
			return true;
		}
	}
	return false;
}

bool undo_fields_added(struct undo *u)
{
	if (u->effort == 0) {
		if (u->n_ambient && undo_try_fields(u, "header-changed", NULL, 0)) {
			return true; /* what the body needed was all */
		}
		struct field_edit sets[8][16];
		size_t lengths[8];
		size_t n = added_sets(u, sets, lengths, 8);
		for (size_t i = 0; i < n; i++) {
			if (undo_try_fields(u, label_of_set(u, sets[i], lengths[i]), sets[i], lengths[i])) {
				return true;
			}
		}
		return undo_each_added(u);
	}
	struct field_edit all[10];
	size_t n = collect(u, all, 10, true, true);
	for (uint32_t bits = 1; bits < (uint32_t)1 << n; bits++) {
		struct field_edit some[10];
		size_t k = 0;
		for (size_t i = 0; i < n; i++) {
			if (bits >> i & 1) {
				some[k++] = all[i];
			}
		}
		if (undo_try_fields(u, label_of_set(u, some, k), some, k)) {
			return true;
		}
	}
	return false;
}

/* ---- a field that was removed ---- */

/* Fields whose value is known without having seen them. */
static const struct {
	slice name;
	const char *values[12];
} usual_fields[] = {
	{ { "MIME-Version", 12 }, { "1.0" } },
	{ { "Content-Type", 12 },
	  { "text/plain", "text/plain; charset=us-ascii", "text/plain; charset=utf-8", "text/plain; charset=\"utf-8\"",
	    "text/plain; charset=UTF-8", "text/plain; charset=\"UTF-8\"", "text/plain; charset=\"us-ascii\"",
	    "text/html; charset=utf-8", "text/html; charset=UTF-8", "text/html; charset=\"utf-8\"",
	    "text/plain; charset=US-ASCII" } },
	{ { "Content-Transfer-Encoding", 25 },
	  { "7bit", "8bit", "quoted-printable", "base64", "7BIT", "8BIT", "binary", "Quoted-Printable" } },
	{ { "Content-Disposition", 19 }, { "inline" } },
	{ { "Content-Language", 16 }, { "en-US", "en", "en-GB", "de", "de-DE", "fr", "fr-FR", "es", "it", "nl" } },
	{ { "Precedence", 10 }, { "bulk", "list", "junk" } },
	{ { "Importance", 10 }, { "normal", "Normal", "high", "High" } },
	{ { "X-Priority", 10 }, { "3", "1", "3 (Normal)", "1 (Highest)" } },
	{ { "Priority", 8 }, { "normal", "urgent" } },
	{ { "Auto-Submitted", 14 }, { "auto-generated", "no" } },
	{ { "List-Unsubscribe-Post", 21 }, { "List-Unsubscribe=One-Click" } },
	{ { "Subject", 7 }, { "" } },
	{ { "Cc", 2 }, { "" } },
	{ { "To", 2 }, { "undisclosed-recipients:;", "Undisclosed recipients:;", "undisclosed-recipients: ;", "" } },
	{ { "X-MimeOLE", 9 }, { "Produced By Microsoft MimeOLE" } },
};

/* Fields that often repeat another: (missing, the one it repeats). */
static const slice twins[][2] = {
	{ { "Sender", 6 }, { "From", 4 } },
	{ { "Reply-To", 8 }, { "From", 4 } },
	{ { "In-Reply-To", 11 }, { "References", 10 } },
	{ { "References", 10 }, { "In-Reply-To", 11 } },
	{ { "X-Sender", 8 }, { "From", 4 } },
	{ { "Return-Path", 11 }, { "From", 4 } },
	{ { "Message-ID", 10 }, { "X-Original-Message-ID", 21 } },
	{ { "Reply-To", 8 }, { "X-Original-Reply-To", 19 } },
	{ { "Date", 4 }, { "X-Original-Date", 15 } },
	{ { "Subject", 7 }, { "X-Original-Subject", 18 } },
	{ { "To", 2 }, { "X-Original-To", 13 } },
	{ { "Sender", 6 }, { "X-Original-Sender", 17 } },
	{ { "From", 4 }, { "X-Original-From", 15 } },
	{ { "Cc", 2 }, { "X-Original-Cc", 13 } },
};

static bool try_added(struct undo *u, slice name, slice value)
{
	slice listed = name;
	for (size_t i = 0; i < u->n_names; i++) {
		listed = slice_eq_nocase(u->names[i], name) ? u->names[i] : listed;
	}
	slice names[] = { name, listed };
	for (size_t i = 0; i < 2; i++) {
		slice raw = ARENA_JOIN(u->arena, names[i], S(": "), value, S("\r\n"));
		struct field_edit edit = { FIELD_ADD, u->header->n, raw };
		if (raw.at && undo_try_fields(u, "header-removed", &edit, 1)) {
			return true;
		}
		if (u->signature->header_relaxed) {
			break;
		}
	}
	return false;
}

/* Mentioned in h= more often than it is there. */
static bool is_missing(const struct undo *u, slice name)
{
	return signature_count_name(u->signature, name) > header_count(u->header, name);
}

static bool try_twin(struct undo *u, slice name, slice other)
{
	slice value = field_text(u, header_find(u->header, other, 0));
	size_t open = slice_find_last_char(value, '<');
	size_t close = slice_find_last_char(value, '>');
	bool angle = open != SLICE_NONE && close != SLICE_NONE && close > open;
	return value.len && (try_added(u, name, value) ||
	                     (angle && (try_added(u, name, slice_make(value.at + open + 1, close - open - 1)) ||
	                                try_added(u, name, slice_make(value.at + open, close - open + 1)))));
}

bool undo_field_removed(struct undo *u)
{
	for (size_t i = 0; i < sizeof(usual_fields) / sizeof(usual_fields[0]); i++) {
		for (size_t k = 0; is_missing(u, usual_fields[i].name) && k < 12 && usual_fields[i].values[k]; k++) {
			if (try_added(u, usual_fields[i].name, slice_of(usual_fields[i].values[k]))) {
				return true;
			}
		}
	}
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		if (is_missing(u, twins[i][0]) && try_twin(u, twins[i][0], twins[i][1])) {
			return true;
		}
	}
	/* the plain MIME fields went together */
	for (size_t i = 0; is_missing(u, S("MIME-Version")) && i < 8; i++) {
		slice cte = ARENA_JOIN(u->arena, S("Content-Transfer-Encoding: "), slice_of(usual_fields[2].values[i]),
		                       S("\r\n"));
		struct field_edit two[] = { { FIELD_ADD, u->header->n, S("MIME-Version: 1.0\r\n") },
			                    { FIELD_ADD, u->header->n, cte } };
		if (undo_try_fields(u, "header-removed", two, 2)) {
			return true;
		}
	}
	slice version = S("MIME-Version: 1.0\r\n");
	for (size_t k = 0; is_missing(u, S("MIME-Version")) && is_missing(u, S("Content-Type")) && k < 11; k++) {
		slice type = ARENA_JOIN(u->arena, S("Content-Type: "), slice_of(usual_fields[1].values[k]), S("\r\n"));
		for (size_t i = 0; i < 3; i++) {
			slice cte = ARENA_JOIN(u->arena, S("Content-Transfer-Encoding: "),
			                       slice_of(usual_fields[2].values[i]), S("\r\n"));
			size_t n = u->header->n;
			struct field_edit edits[] = { { FIELD_ADD, n, version },
				                      { FIELD_ADD, n, type },
				                      { FIELD_ADD, n, cte } };
			if (undo_try_fields(u, "header-removed", edits, 3) ||
			    undo_try_fields(u, "header-removed", edits + 1, 2) ||
			    (i == 0 && undo_try_fields(u, "header-removed", edits, 2))) {
				return true;
			}
		}
	}
	return false;
}

/* ---- the signer's copies ---- */

static bool same_value(struct undo *u, slice a, slice b)
{
	a = ARENA_JOIN(u->arena, S("x:"), a);
	b = ARENA_JOIN(u->arena, S("x:"), b);
	char *first = arena_octets(u->arena, a.len + CANON_FIELD_MORE);
	char *second = arena_octets(u->arena, b.len + CANON_FIELD_MORE);
	return first && second &&
	       slice_eq(slice_between(first, canon_field(first, true, a)),
	                slice_between(second, canon_field(second, true, b)));
}

/* What differs, in one word: `now` is the field that came, `was` the copy. */
static const char *label_of_change(struct undo *u, slice name, slice now, slice was)
{
	slice a = field_text(u, &(struct mail_field){ .value = now });
	slice b = field_text(u, &(struct mail_field){ .value = was });
	if (slice_eq_nocase(name, S("Subject"))) {
		bool decoded = slice_find(b, S("=?")) != SLICE_NONE && slice_find(a, S("=?")) == SLICE_NONE;
		return (b.len && slice_find(a, b) != SLICE_NONE) ? "subject-tag"
		       : decoded                                 ? "subject-decoded"
		       : slice_find(a, S("=?")) != SLICE_NONE    ? "subject-reencoded"
		                                                 : "subject-tag";
	}
	if (slice_eq_nocase(name, S("From"))) {
		slice at_a = slice_from(a, slice_find_last_char(a, '<')),
		      at_b = slice_from(b, slice_find_last_char(b, '<'));
		bool same = (at_a.len && slice_eq(at_a, at_b)) ||
		            (at_b.len > 2 && slice_find(a, slice_make(at_b.at + 1, at_b.len - 2)) != SLICE_NONE);
		slice bare = slice_trim_fws(slice_first(b, slice_find_char(b, '<')));
		bool name_kept = bare.len && slice_find(a, bare.at[0] == '"' ? slice_make(bare.at + 1, bare.len - 2)
		                                                             : bare) != SLICE_NONE;
		return !same                             ? "from-rewritten"
		       : name_kept && a.len <= b.len + 3 ? "from-reformatted"
		                                         : "from-display-changed";
	}
	if (slice_eq_nocase(name, S("Content-Type"))) {
		bool other = !slice_eq_nocase(parameter_of(a, S("charset")), parameter_of(b, S("charset")));
		return other ? "charset-header-changed" : "content-type-reformatted";
	}
	return value_label(name);
}

#define COPIES_MAX 60

/* The copies of z=, read once. */
struct copies {
	slice name[COPIES_MAX], value[COPIES_MAX];
	size_t n;
};

static void read_copies(struct undo *u, struct copies *ret)
{
	slice rest = u->signature->copied;
	ret->n = 0;
	while (ret->n < COPIES_MAX && rest.len &&
	       signature_take_copied(&rest, u->arena, &ret->name[ret->n], &ret->value[ret->n])) {
		ret->n++;
	}
}

/* The field that the copy number `i` was of.  Fields are added on top: the copies are those from the bottom. */
static const struct mail_field *field_of_copy(const struct undo *u, const struct copies *c, size_t i)
{
	size_t before = 0, copied = 0;
	for (size_t k = 0; k < c->n; k++) {
		bool same = slice_eq_nocase(c->name[k], c->name[i]);
		copied += same;
		before += same && k < i;
	}
	size_t here = header_count(u->header, c->name[i]);
	return header_find(u->header, c->name[i], (here > copied ? here - copied : 0) + before);
}

/* The field as its copy says.  Many signers leave out the blank behind the colon when they copy: then it is put back. */
static slice field_like(struct undo *u, slice name, slice value, bool exact)
{
	bool bare = !exact && value.len && !char_is(value.at[0], C_WSP | C_CRLF);
	return ARENA_JOIN(u->arena, name, bare ? S(": ") : S(":"), value, S("\r\n"));
}

static bool is_stronger(const char *label)
{
	return label && strcmp(label, "header-removed") != 0 && strcmp(label, "header-refolded") != 0;
}

/* The edits that make the header what the copies say; `exact`: octet by octet, else only where the words differ.
 * The most telling word of them, or NULL. */
static const char *edits_of_copies(struct undo *u, const struct copies *c, bool exact,
                                   struct field_edit edits[COPIES_MAX], size_t *ret_n)
{
	const char *label = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < c->n; i++) {
		slice name = c->name[i], value = c->value[i];
		const struct mail_field *f = field_of_copy(u, c, i);
		if (signature_count_name(u->signature, name) == 0) {
			continue;
		}
		if (!f) {
			edits[(*ret_n)++] =
				(struct field_edit){ FIELD_ADD, u->header->n, field_like(u, name, value, exact) };
			label = is_stronger(label) ? label : "header-removed";
			continue;
		}
		bool same_words = same_value(u, f->value, value);
		bool same = exact ? slice_eq(f->value, value) && slice_eq(f->name, name) : same_words;
		if (same) {
			continue;
		}
		edits[(*ret_n)++] = (struct field_edit){ FIELD_REPLACE, undo_index(u, f),
			                                  field_like(u, exact ? name : f->name, value, exact) };
		if (!same_words) {
			label = is_stronger(label) ? label : label_of_change(u, name, f->value, value);
		} else if (!label) {
			label = "header-refolded";
		}
	}
	return label;
}

/* With these edits, alone or with fields of a list on top. */
static bool try_copies(struct undo *u, const char *label, const struct field_edit *edits, size_t n)
{
	if (undo_try_fields(u, label, edits, n)) {
		return true;
	}
	struct field_edit sets[8][16];
	size_t lengths[8];
	size_t n_sets = added_sets(u, sets, lengths, 8);
	for (size_t i = 0; i < n_sets; i++) {
		struct field_edit both[COPIES_MAX + 16];
		memcpy(both, edits, n * sizeof(*edits));
		memcpy(both + n, sets[i], lengths[i] * sizeof(*edits));
		if (n + lengths[i] <= FIELD_EDITS_MAX && undo_try_fields(u, label, both, n + lengths[i])) {
			return true;
		}
	}
	return false;
}

bool undo_copied(struct undo *u)
{
	if (u->signature->copied.len == 0 || u->effort) {
		return false;
	}
	struct field_edit edits[COPIES_MAX];
	struct copies *c = arena_alloc(u->arena, sizeof(*c));
	if (!c) {
		return false;
	}
	read_copies(u, c);
	/* under relaxed only words count */
	for (unsigned exact = 0; exact < (u->signature->header_relaxed ? 1U : 2U); exact++) {
		size_t n;
		const char *label = edits_of_copies(u, c, exact, edits, &n);
		/* the shape says more than the copy: leave it to the others first */
		if (n && label && strcmp(label, "header-refolded") != 0 && try_copies(u, label, edits, n)) {
			return true;
		}
	}
	return false;
}
