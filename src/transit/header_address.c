/* SPDX-License-Identifier: Apache-2.0 */
#include "header.h"

#include "../base/buf.h"
#include "../base/chars.h"
#include "../mail/address.h"
#include "../mail/words.h"

#define CANDIDATES_MAX 16
#define FORM_N 7

struct candidates {
	slice at[CANDIDATES_MAX];
	size_t n;
};

static void add_candidate(struct candidates *c, slice s)
{
	s = slice_trim_fws(s);
	for (size_t i = 0; i < c->n; i++) {
		if (slice_eq(c->at[i], s)) {
			return;
		}
	}
	if (s.len && c->n < CANDIDATES_MAX) {
		c->at[c->n++] = s;
	}
}

static slice unquote(slice s)
{
	s = slice_trim_fws(s);
	while (s.len >= 2 && (s.at[0] == '"' || s.at[0] == '\'') && s.at[s.len - 1] == s.at[0]) {
		s = slice_trim_fws(slice_make(s.at + 1, s.len - 2));
	}
	return s;
}

/* The first mailbox of a value. */
static bool first_mailbox(struct undo *u, slice value, struct mailbox *ret)
{
	struct address_list list;
	struct signet_findings none;
	findings_init(&none, u->arena);
	if (address_parse(value, u->arena, &none, &list) != SIGNET_OK || list.n == 0) {
		return false;
	}
	*ret = list.at[0];
	return true;
}

/* A name as it may have been before a list or a gateway touched it. */
static void add_names(struct undo *u, struct candidates *names, slice display)
{
	slice name = unquote(display);
	add_candidate(names, name);
	static const slice marks[] = { { " via ", 5 }, { " (via ", 6 }, { " - via ", 7 }, { " on behalf of ", 14 },
		                       { " [", 2 },    { " (", 2 },     { " wrote:", 7 }, { " | ", 3 },
		                       { " - ", 3 },   { " at ", 4 } };
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t at = slice_find_nocase(name, marks[i]);
		if (at != SLICE_NONE) {
			add_candidate(names, unquote(slice_first(name, at)));
		}
	}
	static const slice ends[] = { { "] ", 2 }, { ": ", 2 }, { ") ", 2 }, { "* ", 2 }, { " - ", 3 } };
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t at = slice_find(name, ends[i]);
		if (at != SLICE_NONE) {
			add_candidate(names, unquote(slice_from(name, at + ends[i].len)));
		}
	}
	/* "Last, First" from a directory */
	size_t comma = slice_find(name, S(", "));
	if (comma != SLICE_NONE) {
		add_candidate(names,
		              ARENA_JOIN(u->arena, slice_from(name, comma + 2), S(" "), slice_first(name, comma)));
	}
}

/* The n-th way to write a mailbox. */
static slice mailbox_form(struct undo *u, unsigned form, slice name, slice address)
{
	switch (form) {
	case 0:
		return ARENA_JOIN(u->arena, name, S(" <"), address, S(">"));
	case 1:
		return ARENA_JOIN(u->arena, S("\""), name, S("\" <"), address, S(">"));
	case 2:
		return ARENA_JOIN(u->arena, address, S(" ("), name, S(")"));
	case 3:
		return address;
	case 4:
		return ARENA_JOIN(u->arena, S("<"), address, S(">"));
	case 5:
		return ARENA_JOIN(u->arena, S("'"), name, S("' <"), address, S(">"));
	default:
		return ARENA_JOIN(u->arena, name, S("<"), address, S(">"));
	}
}

/* What software keeps the author's address in when it writes another into From. */
static const slice keepers[] = {
	{ "X-Original-From", 15 },
	{ "Reply-To", 8 },
	{ "Original-From", 13 },
	{ "X-Original-Sender", 17 },
	{ "Author", 6 },
	{ "X-From", 6 },
	{ "X-Google-Original-From", 22 },
	{ "X-MailFrom", 10 },
	{ "X-Sender", 8 },
	{ "Resent-From", 11 },
	{ "X-Envelope-From", 15 },
	{ "Cc", 2 },
	{ "Sender", 6 },
	{ "X-Authenticated-Sender", 22 },
	{ "Return-Path", 11 },
	{ "X-Original-Reply-To", 19 },
};

struct author_guess {
	struct candidates values; /* whole values */
	struct candidates names;
	struct candidates addresses;
};

static void gather(struct undo *u, const struct mail_field *from, struct author_guess *g)
{
	struct mailbox box;
	if (first_mailbox(u, from->value, &box)) {
		add_names(u, &g->names, box.display);
		add_candidate(&g->addresses, box.address);
	}
	slice text = field_text(u, from);
	if (first_mailbox(u, text, &box) && box.domain.len && box.domain.at >= text.at &&
	    box.domain.at < text.at + text.len) {
		/* letter case of the domain */
		slice behind = slice_from(text, (size_t)(box.domain.at - text.at) + box.domain.len);
		add_candidate(&g->values, ARENA_JOIN(u->arena, slice_between(text.at, box.domain.at),
		                                     arena_lower(u->arena, box.domain), behind));
	}
	size_t open = slice_find_char(text, '('), close = slice_find_last_char(text, ')');
	if (open != SLICE_NONE && close != SLICE_NONE && close > open) {
		add_names(u, &g->names, slice_make(text.at + open + 1, close - open - 1));
	}
	for (size_t i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++) {
		const struct mail_field *f = header_find(u->header, keepers[i], 0);
		if (f && f != from) {
			add_candidate(&g->values, field_text(u, f));
			if (first_mailbox(u, f->value, &box)) {
				add_candidate(&g->addresses, box.address);
				add_names(u, &g->names, box.display);
			}
		}
	}
}

static const char *from_label(struct undo *u, slice now, slice name, slice address)
{
	struct mailbox box;
	slice value = now;
	bool read = first_mailbox(u, value, &box);
	if (!read || !slice_eq_nocase(box.address, address)) {
		return "from-rewritten";
	}
	size_t open = slice_find_char(now, '('), close = slice_find_last_char(now, ')');
	slice comment = open != SLICE_NONE && close != SLICE_NONE && close > open
	                        ? slice_make(now.at + open + 1, close - open - 1)
	                        : (slice){ 0 };
	/* a comment behind a name is a remark, alone it is the name */
	bool remark = unquote(box.display).len && comment.len;
	bool same = !remark && (slice_eq(unquote(box.display), name) || slice_eq(unquote(comment), name));
	return same ? "from-reformatted" : "from-display-changed";
}

static bool try_mailboxes(struct undo *u, const struct mail_field *f, const struct author_guess *g, slice now,
                          size_t address)
{
	for (size_t n = 0; n < g->names.n; n++) {
		for (unsigned form = 0; form < FORM_N; form++) {
			if (n && (form == 3 || form == 4)) {
				continue; /* these hold no name */
			}
			const char *label = from_label(u, now, form == 3 || form == 4 ? S("") : g->names.at[n],
			                               g->addresses.at[address]);
			slice value = mailbox_form(u, form, g->names.at[n], g->addresses.at[address]);
			if (undo_try_value(u, label, f, value)) {
				return true;
			}
		}
	}
	const char *label = from_label(u, now, S(""), g->addresses.at[address]);
	return g->names.n == 0 && (undo_try_value(u, label, f, g->addresses.at[address]) ||
	                           undo_try_value(u, label, f, mailbox_form(u, 4, S(""), g->addresses.at[address])));
}

/* The name in another encoding (RFC 2047). */
static bool undo_name_encoding(struct undo *u, const struct mail_field *from)
{
	struct mailbox box;
	if (!first_mailbox(u, from->value, &box) || !box.display.len) {
		return false;
	}
	slice name = unquote(box.display);
	slice tail = ARENA_JOIN(u->arena, S(" <"), box.address, S(">"));
	return undo_words(u, "from-reformatted", from, words_has(name) ? words_decode(name, u->arena) : name, tail);
}

bool undo_from(struct undo *u)
{
	const struct mail_field *from = header_find(u->header, S("From"), 0);
	if (!from || !undo_is_signed(u, undo_index(u, from))) {
		return false;
	}
	struct author_guess *g = arena_alloc(u->arena, sizeof(*g));
	if (!g) {
		return false;
	}
	gather(u, from, g);
	slice now = field_text(u, from);
	for (size_t i = 0; i < g->values.n; i++) {
		struct mailbox box;
		bool read = first_mailbox(u, g->values.at[i], &box);
		const char *label = read ? from_label(u, now, unquote(box.display), box.address) : "from-rewritten";
		if (undo_try_value(u, label, from, g->values.at[i])) {
			return true;
		}
	}
	for (size_t i = 0; i < g->addresses.n; i++) {
		if (try_mailboxes(u, from, g, now, i)) {
			return true;
		}
	}
	return u->effort == 1 && undo_name_encoding(u, from);
}

/* ---- recipients ---- */

#define RECIPIENTS_MAX 40

/* The parts of a list between commas, quotes, comments and brackets respected. */
static size_t split_list(slice text, slice ret[RECIPIENTS_MAX])
{
	size_t n = 0, start = 0;
	int depth = 0;
	bool quoted = false;
	for (size_t i = 0; i <= text.len && n < RECIPIENTS_MAX; i++) {
		char c = i < text.len ? text.at[i] : ',';
		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '(' || c == '<')) {
			depth++;
		} else if (!quoted && (c == ')' || c == '>')) {
			depth--;
		}
		if (i >= text.len || (c == ',' && !quoted && depth <= 0)) {
			ret[n++] =
				slice_trim_fws(slice_between(text.at + start, text.at + (i < text.len ? i : text.len)));
			start = i + 1;
		}
	}
	return n;
}

static slice join_list(struct undo *u, const slice parts[], size_t n, size_t left_out, slice comma)
{
	struct buf b;
	size_t max = 16;
	for (size_t i = 0; i < n; i++) {
		max += parts[i].len + comma.len;
	}
	buf_init_arena(&b, u->arena, max);
	bool first = true;
	for (size_t i = 0; i < n; i++) {
		if (i != left_out) {
			buf_put(&b, first ? S("") : comma);
			buf_put(&b, parts[i]);
			first = false;
		}
	}
	return buf_slice(&b);
}

static const slice commas[] = { { ", ", 2 },     { ",", 1 },   { ",\r\n\t", 4 },
	                        { ",\r\n ", 4 }, { " , ", 3 }, { ",\r\n        ", 11 },
	                        { ";", 1 } };

/* Each mailbox bare, in brackets, with its name quoted or not. */
static size_t other_forms(struct undo *u, const slice parts[], size_t n, unsigned form, slice ret[RECIPIENTS_MAX])
{
	for (size_t i = 0; i < n; i++) {
		struct mailbox box;
		ret[i] = parts[i];
		if (first_mailbox(u, parts[i], &box)) {
			slice name = unquote(box.display);
			ret[i] = form == 3 || name.len == 0
			                 ? (form == 4 ? mailbox_form(u, 4, name, box.address) : box.address)
			                 : mailbox_form(u, form, name, box.address);
		}
	}
	return n;
}

static bool undo_list_of(struct undo *u, const struct mail_field *f, const char *label)
{
	slice parts[RECIPIENTS_MAX];
	slice changed[RECIPIENTS_MAX];
	size_t n = split_list(field_text(u, f), parts);
	for (size_t k = 0; k < sizeof(commas) / sizeof(commas[0]); k++) {
		for (size_t out = n; out-- > 0;) {
			if (n > 1 && undo_try_value(u, label, f, join_list(u, parts, n, out, commas[k]))) {
				return true;
			}
		}
		bool folded = slice_find(commas[k], S("\r\n")) != SLICE_NONE;
		bool folded_now = slice_find(f->value, S("\r\n")) != SLICE_NONE;
		const char *same = folded && !folded_now ? "header-unfolded" : folded_now ? "header-refolded" : label;
		if (undo_try_value(u, same, f, join_list(u, parts, n, n, commas[k]))) {
			return true;
		}
		for (unsigned form = 0; form < FORM_N; form++) {
			size_t m = other_forms(u, parts, n, form, changed);
			if (undo_try_value(u, label, f, join_list(u, changed, m, m, commas[k]))) {
				return true;
			}
		}
	}
	/* the last few were appended, or the first few */
	for (size_t keep = 1; keep + 1 < n; keep++) {
		if (undo_try_value(u, label, f, join_list(u, parts, keep, n, commas[0])) ||
		    undo_try_value(u, label, f, join_list(u, parts + keep, n - keep, n, commas[0]))) {
			return true;
		}
	}
	return false;
}

/* The value stands in another field now. */
static bool undo_moved_value(struct undo *u, const struct mail_field *f, const char *label)
{
	static const slice others[] = { { "X-Original-To", 13 },
		                        { "Delivered-To", 12 },
		                        { "Envelope-To", 11 },
		                        { "X-Envelope-To", 13 },
		                        { "Apparently-To", 13 },
		                        { "X-To", 4 },
		                        { "To", 2 },
		                        { "Cc", 2 },
		                        { "From", 4 },
		                        { "Sender", 6 },
		                        { "X-Original-Reply-To", 19 },
		                        { "X-Original-Cc", 13 },
		                        { "X-Delivered-To", 14 },
		                        { "X-Forwarded-To", 14 },
		                        { "X-Forwarded-For", 15 } };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct mail_field *other = header_find(u->header, others[i], 0);
		struct mailbox box;
		if (!other || other == f) {
			continue;
		}
		if (undo_try_value(u, label, f, field_text(u, other))) {
			return true;
		}
		if (first_mailbox(u, other->value, &box) &&
		    (undo_try_value(u, label, f, box.address) ||
		     undo_try_value(u, label, f, mailbox_form(u, 4, S(""), box.address)))) {
			return true;
		}
	}
	static const char *const usual[] = { "undisclosed-recipients:;", "undisclosed-recipients: ;",
		                             "Undisclosed recipients:;", "Undisclosed-Recipient:;", "" };
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (undo_try_value(u, label, f, slice_of(usual[i]))) {
			return true;
		}
	}
	return false;
}

bool undo_recipients(struct undo *u)
{
	static const struct {
		slice name;
		const char *label;
	} fields[] = { { { "To", 2 }, "to-changed" },
		       { { "Cc", 2 }, "to-changed" },
		       { { "Reply-To", 8 }, "reply-to-replaced" } };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct mail_field *f = header_find(u->header, fields[i].name, 0);
		if (f && undo_is_signed(u, undo_index(u, f)) &&
		    (undo_list_of(u, f, fields[i].label) || undo_moved_value(u, f, fields[i].label))) {
			return true;
		}
	}
	return false;
}
