/* SPDX-License-Identifier: Apache-2.0 */
#include "../base/cursor.h"
#include "requirements.h"

/* List-Unsubscribe = list of "<" URI ">" separated by commas, comments and folding anywhere (RFC 2369 2). */
struct uris {
	size_t https, http, mailto;
	bool broken; /* something that is no <URI> stands in the list */
};

static void skip_comments(struct cursor *c)
{
	cursor_skip_fws(c);
	unsigned depth = 0;
	while (!cursor_is_end(c) && (depth || cursor_peek(c) == '(')) {
		depth += *c->at == '(';
		depth -= *c->at == ')';
		c->at += *c->at == '\\' && c->at + 1 < c->end ? 2 : 1;
		if (depth == 0) {
			cursor_skip_fws(c);
		}
	}
}

static void count_uri(slice uri, struct uris *ret)
{
	uri = slice_trim_fws(uri);
	ret->https += slice_starts_nocase(uri, S("https://"));
	ret->http += slice_starts_nocase(uri, S("http://"));
	ret->mailto += slice_starts_nocase(uri, S("mailto:"));
}

static struct uris read_uris(slice value)
{
	struct cursor c = cursor_of(value);
	struct uris uris = { .https = 0 };
	for (;;) {
		skip_comments(&c);
		slice rest = cursor_rest(&c);
		size_t end = slice_find_char(rest, '>');
		if (!rest.len || rest.at[0] != '<' || end == SLICE_NONE) {
			uris.broken = true;
			return uris;
		}
		count_uri(slice_make(rest.at + 1, end - 1), &uris);
		c.at += end + 1;
		skip_comments(&c);
		if (cursor_is_end(&c)) {
			return uris;
		}
		if (!cursor_take_char(&c, ',')) {
			uris.broken = true;
			return uris;
		}
	}
}

/* h= = hdr-name *( ":" hdr-name ), white space around the names (RFC 6376 3.5). */
static bool covers(const struct signet_dkim *d, slice name)
{
	for (slice rest = d->signed_names; rest.at;) {
		if (slice_eq_nocase(slice_trim_fws(slice_split(&rest, ':')), name)) {
			return true;
		}
	}
	return false;
}

static void tell(struct buf *seen, const char *what)
{
	if (seen->len) {
		buf_put(seen, S("; "));
	}
	buf_put_text(seen, what);
}

/* One signature that passes covers both fields: not one each. */
static bool is_covered(const struct signet_dossier *d, bool *ret_lost)
{
	*ret_lost = false;
	for (size_t i = 0; i < d->n_dkim; i++) {
		bool both = RULE("8058:4", covers(&d->dkim[i], S("List-Unsubscribe"))) &&
			    RULE("8058:4", covers(&d->dkim[i], S("List-Unsubscribe-Post")));
		if (both && RULE("8058:4", d->dkim[i].result == SIGNET_DKIM_PASS)) {
			return true;
		}
		*ret_lost |= both && d->dkim[i].result == SIGNET_DKIM_TEMPERROR;
	}
	return false;
}

/* [one WSP] "List-Unsubscribe=One-Click" and nothing else (RFC 8058 5) */
static bool is_one_click(slice value)
{
	if (value.len && char_is(value.at[0], C_WSP)) {
		value = slice_from(value, 1);
	}
	return slice_eq(value, S("List-Unsubscribe=One-Click"));
}

static void lint_uris(const struct mail_field *field, struct buf *seen)
{
	struct uris uris = read_uris(field->value);
	if (RULE("2369:2", uris.broken)) {
		tell(seen, "List-Unsubscribe is no list of <URI>");
	}
	if (RULE("8058:3.1", uris.https != 1)) {
		tell(seen,
		     uris.https ? "List-Unsubscribe has more than one https URI" : "List-Unsubscribe has no https URI");
	}
	if (RULE("8058:3.1", uris.http > 0)) {
		tell(seen, "List-Unsubscribe has an http URI");
	}
}

enum signet_met judge_one_click(const struct sender_message *m, struct buf *seen)
{
	const struct mail_field *where = header_find(m->header, S("List-Unsubscribe"), 0);
	const struct mail_field *post = header_find(m->header, S("List-Unsubscribe-Post"), 0);
	bool lost = false;
	if (RULE("8058:3.1", !where)) {
		tell(seen, "there is no List-Unsubscribe");
	}
	if (RULE("8058:3.1", !post)) {
		tell(seen, "there is no List-Unsubscribe-Post");
	}
	if (where) {
		lint_uris(where, seen);
	}
	if (post && RULE("8058:5", !is_one_click(post->value))) {
		tell(seen, "List-Unsubscribe-Post is not exactly \"List-Unsubscribe=One-Click\"");
	}
	if (RULE("8058:3.1", header_count(m->header, S("List-Unsubscribe")) > 1 ||
				     header_count(m->header, S("List-Unsubscribe-Post")) > 1)) {
		tell(seen, "a field is there twice");
	}
	if (where && post && !is_covered(m->dossier, &lost)) {
		if (lost && !seen->len) {
			tell(seen, "the key of the signature that covers both fields could not be looked up");
			return SIGNET_MET_UNKNOWN;
		}
		tell(seen, "no signature that passes covers both fields");
	}
	if (seen->len) {
		return SIGNET_NOT_MET;
	}
	tell(seen, "one https URI, One-Click, both signed");
	return SIGNET_MET;
}

enum signet_met judge_one_click_or_mailto(const struct sender_message *m, struct buf *seen)
{
	const struct mail_field *where = header_find(m->header, S("List-Unsubscribe"), 0);
	enum signet_met met = judge_one_click(m, seen);
	if (met == SIGNET_MET || !where) {
		return met;
	}
	struct uris uris = read_uris(where->value);
	if (uris.mailto && !uris.broken) {
		tell(seen, "but a mailto URI is accepted as well");
		return SIGNET_MET;
	}
	return met;
}

enum signet_met judge_unsubscribe(const struct sender_message *m, struct buf *seen)
{
	const struct mail_field *where = header_find(m->header, S("List-Unsubscribe"), 0);
	if (!where) {
		tell(seen, "there is no List-Unsubscribe; a link in the body was not looked for");
		return SIGNET_MET_UNKNOWN;
	}
	struct uris uris = read_uris(where->value);
	if (uris.broken || !(uris.https || uris.http || uris.mailto)) {
		tell(seen, "List-Unsubscribe leads nowhere");
		return SIGNET_NOT_MET;
	}
	tell(seen, "List-Unsubscribe leads somewhere");
	return SIGNET_MET;
}
