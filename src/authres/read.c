/* SPDX-License-Identifier: Apache-2.0 */
#include "read.h"

#include "../base/cursor.h"
#include "../base/utf8.h"

/* payload   = [CFWS] authserv-id [CFWS version] ( no-result / 1*resinfo ) [CFWS]
 * no-result = [CFWS] ";" [CFWS] "none"
 * resinfo   = [CFWS] ";" methodspec [CFWS reasonspec] [CFWS 1*propspec]        (RFC 8601 2.2)
 *
 * Every take_ function returns false where the text does not fit; the first one to see it notes what it wanted. */
struct reader {
	struct cursor c;
	bool lenient;
	bool eai;
	bool broken; /* the reason has been noted */
	struct signet_arena *arena;
	struct signet_findings *notes; /* may be NULL */
};

static bool broken_with(struct reader *r, enum finding_id id, struct signet_arg value)
{
	if (!r->broken && r->notes) {
		slice all = slice_between(r->c.begin, r->c.end);
		note_args(r->notes, id, all, cursor_offset(&r->c),
			  (const struct signet_arg[SIGNET_FINDING_ARGS]) { value });
	}
	r->broken = true;
	return false;
}

static bool expected(struct reader *r, const char *what)
{
	return broken_with(r, F_AUTHRES_SYNTAX, (struct signet_arg)TEXT(slice_of(what)));
}

/* ctext / quoted-pair content; with UTF-8 in internationalized messages (RFC 6532 3.2).  A lenient reader takes any
 * 8-bit octet in comments, which it drops. */
static bool is_comment_char(const struct reader *r, char c)
{
	return char_is(c, C_CTEXT | C_WSP | C_CRLF) || (char_is(c, C_8BIT) && (r->eai || r->lenient));
}

static bool take_escaped(struct reader *r)
{
	if (cursor_is_end(&r->c) || !(char_is(*r->c.at, C_VCHAR | C_WSP) || (r->eai && char_is(*r->c.at, C_8BIT)))) {
		return false;
	}
	r->c.at++;
	return true;
}

/* comment = "(" *([FWS] ccontent) [FWS] ")"; ccontent = ctext / quoted-pair / comment (RFC 5322 3.2.2). */
static bool skip_comment(struct reader *r)
{
	unsigned depth = 0;
	while (!cursor_is_end(&r->c)) {
		char c = *r->c.at++;
		if (c == '(') {
			if (RULE("8601:7.8", ++depth > AUTHRES_COMMENT_DEPTH)) {
				return expected(r, "a comment nested less deeply");
			}
		} else if (c == ')') {
			if (--depth == 0) {
				return true;
			}
		} else if (c == '\\' ? !take_escaped(r) : !is_comment_char(r, c)) {
			return expected(r, "text of a comment");
		}
	}
	return expected(r, "the end of the comment");
}

static bool skip_cfws(struct reader *r)
{
	cursor_skip_fws(&r->c);
	while (cursor_peek(&r->c) == '(') {
		if (!skip_comment(r)) {
			return false;
		}
		cursor_skip_fws(&r->c);
	}
	return true;
}

static bool take_mark(struct reader *r, char mark, const char *name)
{
	return cursor_take_char(&r->c, mark) || expected(r, name);
}

/* Keyword = Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig (RFC 5321 4.1.2).  `more`: what real names also hold. */
static bool take_keyword(struct reader *r, uint32_t more, bool dots, const char *name, slice *ret)
{
	struct cursor c = r->c;
	while (!cursor_is_end(&c) &&
	       (char_is(*c.at, C_LDH | (r->lenient ? more : 0)) || (r->lenient && dots && *c.at == '.'))) {
		c.at++;
	}
	slice word = slice_between(r->c.at, c.at);
	if (RULE("8601:2.2", word.len == 0 || (!r->lenient && word.at[word.len - 1] == '-'))) {
		return expected(r, name);
	}
	r->c = c;
	*ret = arena_lower(r->arena, word);
	return true;
}

static bool take_version(struct reader *r, unsigned *ret)
{
	uint64_t n;
	if (!cursor_take_number(&r->c, UINT32_MAX, &n)) {
		return expected(r, "a version number");
	}
	*ret = (unsigned)n;
	return true;
}

/* The octets of a quoted-string without quotes, backslashes and line breaks. */
static slice unquote(struct reader *r, slice raw)
{
	char *at = arena_octets(r->arena, raw.len ? raw.len : 1);
	if (!at) {
		return (slice) { 0 };
	}
	size_t len = 0;
	for (size_t i = 0; i < raw.len; i++) {
		if (char_is(raw.at[i], C_CRLF)) {
			continue;
		}
		if (raw.at[i] == '\\' && i + 1 < raw.len) {
			i++;
		}
		at[len++] = raw.at[i];
	}
	return slice_make(at, len);
}

/* quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE (RFC 5322 3.2.4) */
static bool take_quoted(struct reader *r, slice *ret)
{
	if (!take_mark(r, '"', "a quoted string")) {
		return false;
	}
	const char *begin = r->c.at;
	while (!cursor_is_end(&r->c)) {
		char c = *r->c.at++;
		if (c == '"') {
			*ret = unquote(r, slice_between(begin, r->c.at - 1));
			return true;
		}
		bool ok = char_is(c, C_QTEXT | C_WSP | C_CRLF) || (r->eai && char_is(c, C_8BIT));
		if (c == '\\' ? !take_escaped(r) : !ok) {
			return expected(r, "text of a quoted string");
		}
	}
	return expected(r, "the closing quote");
}

/* What real servers leave unquoted: "/", ":", "@", "=" and more, but nothing that structures the field. */
static bool is_lenient_char(const struct reader *r, char c)
{
	if (char_is(c, C_8BIT)) {
		return r->eai;
	}
	return char_is(c, C_VCHAR) && slice_find_char(S(";()\"\\,"), c) == SLICE_NONE;
}

static slice take_lenient(struct reader *r, char stop)
{
	const char *begin = r->c.at;
	while (!cursor_is_end(&r->c) && is_lenient_char(r, *r->c.at) && *r->c.at != stop) {
		r->c.at++;
	}
	return slice_between(begin, r->c.at);
}

/* value = token / quoted-string (RFC 2045 5.1) */
static bool take_value(struct reader *r, char lenient_stop, slice *ret)
{
	if (cursor_peek(&r->c) == '"') {
		return take_quoted(r, ret);
	}
	*ret = r->lenient ? take_lenient(r, lenient_stop) : cursor_take(&r->c, C_TOKEN);
	return ret->len > 0 || expected(r, "a value");
}

/* domain-name = sub-domain 1*( "." sub-domain ) (RFC 6376 3.5), U-labels in internationalized messages. */
static bool is_domain_name(const struct reader *r, slice s)
{
	size_t labels = 0;
	for (slice rest = s; rest.at;) {
		slice label = slice_split(&rest, '.');
		for (size_t i = 0; i < label.len; i++) {
			if (!char_is(label.at[i], C_LDH | C_UNDERSCORE | (r->eai ? C_8BIT : 0))) {
				return false;
			}
		}
		labels++;
		if (label.len == 0 || label.at[0] == '-' || label.at[label.len - 1] == '-') {
			return false;
		}
	}
	return labels > 1;
}

static bool is_token(slice s)
{
	struct cursor c = cursor_of(s);
	return s.len > 0 && cursor_take(&c, C_TOKEN).len == s.len;
}

/* Dot-atom characters, UTF-8 included. */
static slice take_atoms(struct reader *r)
{
	const char *begin = r->c.at;
	while (!cursor_is_end(&r->c) && (char_is(*r->c.at, C_ATEXT | (r->eai ? C_8BIT : 0)) || *r->c.at == '.')) {
		r->c.at++;
	}
	return slice_between(begin, r->c.at);
}

static bool is_dot_atom(slice s)
{
	return s.len == 0 || (s.at[0] != '.' && s.at[s.len - 1] != '.' && slice_find(s, S("..")) == SLICE_NONE);
}

/* value / [ [ local-part ] "@" ] domain-name.  A mailbox is kept as written, quotes of its local part included. */
static bool take_strict_pvalue(struct reader *r, slice *ret)
{
	const char *begin = r->c.at;
	if (cursor_peek(&r->c) == '"') {
		if (!take_quoted(r, ret) || cursor_peek(&r->c) != '@') {
			return !r->broken;
		}
	} else {
		*ret = take_atoms(r);
		if (cursor_peek(&r->c) != '@') {
			return RULE("8601:2.2", is_token(*ret) || is_domain_name(r, *ret)) || expected(r, "a value");
		}
		if (!is_dot_atom(*ret)) {
			return expected(r, "a local part");
		}
	}
	r->c.at++;
	slice domain = take_atoms(r);
	*ret = slice_between(begin, r->c.at);
	return RULE("8601:2.2", is_domain_name(r, domain)) || expected(r, "a domain");
}

/* pvalue = [CFWS] ( value / [ [ local-part ] "@" ] domain-name ) [CFWS] */
static bool take_pvalue(struct reader *r, slice *ret)
{
	if (!skip_cfws(r)) {
		return false;
	}
	if (!r->lenient) {
		return take_strict_pvalue(r, ret) && skip_cfws(r);
	}
	const char *begin = r->c.at;
	if (cursor_peek(&r->c) != '"') {
		*ret = take_lenient(r, ';');
	} else if (!take_quoted(r, ret)) {
		return false;
	} else if (cursor_peek(&r->c) == '@') {
		take_lenient(r, ';');
		*ret = slice_between(begin, r->c.at);
	}
	return skip_cfws(r);
}

/* methodspec = [CFWS] method [CFWS] "=" [CFWS] result; method = Keyword [ [CFWS] "/" [CFWS] method-version ] */
static bool take_method(struct reader *r, struct signet_authres_result *ret)
{
	ret->method_version = 1;
	if (!skip_cfws(r) || !take_keyword(r, C_UNDERSCORE, false, "a method", &ret->method) || !skip_cfws(r)) {
		return false;
	}
	if (cursor_take_char(&r->c, '/') &&
	    (!skip_cfws(r) || !take_version(r, &ret->method_version) || !skip_cfws(r))) {
		return false;
	}
	return take_mark(r, '=', "\"=\"") && skip_cfws(r) &&
	       take_keyword(r, C_UNDERSCORE, false, "a result", &ret->result);
}

struct props {
	struct signet_authres_prop at[SIGNET_AUTHRES_PROPS];
	size_t n;
};

/* "." [CFWS] property [CFWS] "=" pvalue, after the ptype; without ptype "=" pvalue. */
static bool take_property(struct reader *r, slice word, struct props *props)
{
	if (RULE("8601:7.8", props->n == SIGNET_AUTHRES_PROPS)) {
		return broken_with(r, F_AUTHRES_TOO_MANY, (struct signet_arg)TEXT(S("properties")));
	}
	struct signet_authres_prop prop = { .property = word };
	if (RULE("8601:2.2", cursor_take_char(&r->c, '.'))) {
		prop.ptype = word;
		if (!skip_cfws(r) || !take_keyword(r, C_UNDERSCORE, true, "a property", &prop.property) ||
		    !skip_cfws(r)) {
			return false;
		}
	} else if (!r->lenient) {
		return expected(r, "\".\"");
	}
	if (!take_mark(r, '=', "\"=\"") || !take_pvalue(r, &prop.value)) {
		return false;
	}
	props->at[props->n++] = prop;
	return true;
}

/* reasonspec = "reason" [CFWS] "=" [CFWS] value, before the properties; some servers write it behind them. */
static bool take_reason(struct reader *r, slice *ret)
{
	r->c.at++;
	if (!skip_cfws(r) || !take_value(r, ';', ret)) {
		return false;
	}
	int next = cursor_peek(&r->c);
	bool apart = next < 0 || next == ';' || next == '(' || char_is((char)next, C_WSP | C_CRLF);
	return apart || r->lenient || expected(r, "a space");
}

static bool keep_props(struct reader *r, const struct props *props, struct signet_authres_result *ret)
{
	struct signet_authres_prop *at = arena_array(r->arena, props->n, sizeof(*at));
	if (props->n && !at) {
		r->broken = true;
		return false;
	}
	if (props->n) {
		memcpy(at, props->at, props->n * sizeof(*at));
	}
	ret->props = at;
	ret->n_props = props->n;
	return true;
}

/* methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ], up to the next ";" or the end. */
static bool take_result(struct reader *r, struct signet_authres_result *ret)
{
	struct props props = { .n = 0 };
	bool has_reason = false;
	if (!take_method(r, ret) || !skip_cfws(r)) {
		return false;
	}
	while (!cursor_is_end(&r->c) && cursor_peek(&r->c) != ';') {
		slice word = { 0 };
		if (!take_keyword(r, C_UNDERSCORE, false, "a property", &word) || !skip_cfws(r)) {
			return false;
		}
		bool here = !has_reason && (r->lenient || props.n == 0) && cursor_peek(&r->c) == '=';
		if (RULE("8601:2.2", here && slice_eq(word, S("reason")))) {
			has_reason = true;
			if (!take_reason(r, &ret->reason) || !skip_cfws(r)) {
				return false;
			}
		} else if (!take_property(r, word, &props)) {
			return false;
		}
	}
	return keep_props(r, &props, ret);
}

/* [CFWS] authserv-id [ CFWS version ] [CFWS].  Some providers leave the authserv-id out: then what stands in its place
 * is "method=", and the id is empty (lenient reading only). */
static bool take_id(struct reader *r, slice *ret)
{
	if (!skip_cfws(r)) {
		return false;
	}
	struct cursor begin = r->c;
	slice id = { 0 };
	unsigned version = 1;
	if (r->lenient && cursor_peek(&r->c) == ';') {
		*ret = id;
		return true;
	}
	if (!take_value(r, '=', &id) || !skip_cfws(r)) {
		return false;
	}
	if (RULE("8601:2.2", r->lenient && cursor_peek(&r->c) == '=')) {
		r->c = begin;
		*ret = (slice) { 0 };
		return true;
	}
	if (!cursor_is_end(&r->c) && char_is(*r->c.at, C_DIGIT) && (!take_version(r, &version) || !skip_cfws(r))) {
		return false;
	}
	if (RULE("8601:2.2", version != 1)) {
		return broken_with(r, F_AUTHRES_VERSION, (struct signet_arg)NUMBER(version));
	}
	*ret = id;
	return true;
}

/* [CFWS] "none" [CFWS] and nothing behind it. */
static bool take_no_result(struct reader *r)
{
	struct reader try = *r;
	try.notes = NULL;
	slice word;
	if (!skip_cfws(&try) || !take_keyword(&try, 0, false, "none", &word) || !slice_eq(word, S("none")) ||
	    !skip_cfws(&try)) {
		return false;
	}
	if (try.lenient && cursor_take_char(&try.c, ';') && !skip_cfws(&try)) {
		return false;
	}
	if (RULE("8601:2.2", !cursor_is_end(&try.c))) {
		return false;
	}
	r->c = try.c;
	return true;
}

/* 1*resinfo; the cursor stands behind the first ";" (or, without authserv-id, at the first method). */
static bool take_results(struct reader *r, struct signet_authres_result *at, size_t *ret_n)
{
	do {
		if (r->lenient && (!skip_cfws(r) || cursor_is_end(&r->c))) {
			return !r->broken;
		}
		if (r->lenient && cursor_peek(&r->c) == ';') {
			continue;
		}
		if (RULE("8601:7.8", *ret_n == SIGNET_AUTHRES_RESULTS)) {
			return broken_with(r, F_AUTHRES_TOO_MANY, (struct signet_arg)TEXT(S("results")));
		}
		if (!take_result(r, &at[*ret_n])) {
			return false;
		}
		(*ret_n)++;
	} while (cursor_take_char(&r->c, ';'));
	return true;
}

static size_t count_results(slice value)
{
	size_t n = 1;
	for (size_t i = 0; i < value.len && n < SIGNET_AUTHRES_RESULTS; i++) {
		n += value.at[i] == ';';
	}
	return n;
}

static bool take_payload(struct reader *r, slice value, struct signet_authres *ret)
{
	if (!take_id(r, &ret->authserv_id)) {
		return false;
	}
	if (!cursor_take_char(&r->c, ';') && ret->authserv_id.len) {
		return expected(r, "\";\"");
	}
	if (take_no_result(r)) {
		return true;
	}
	struct signet_authres_result *at = arena_array(r->arena, count_results(value), sizeof(*at));
	if (!at) {
		return false;
	}
	ret->results = at;
	return take_results(r, at, &ret->n_results);
}

static struct reader reader_of(slice value, enum signet_authres_mode mode, bool eai, struct signet_arena *a)
{
	struct reader r = { .c = cursor_of(value), .eai = eai, .arena = a };
	r.lenient = mode == SIGNET_AUTHRES_LENIENT;
	return r;
}

bool authres_read_id(slice value, enum signet_authres_mode mode, bool eai, struct signet_arena *a, slice *ret)
{
	struct reader r = reader_of(slice_first(value, AUTHRES_OCTETS), mode, eai, a);
	slice id;
	if (!take_id(&r, &id) || id.len == 0 || (!cursor_is_end(&r.c) && cursor_peek(&r.c) != ';') || a->failed) {
		return false;
	}
	*ret = id;
	return true;
}

bool signet_authres_read(slice value, enum signet_authres_mode mode, bool eai, struct signet_arena *a,
			 struct signet_findings *notes, struct signet_authres *ret)
{
	struct reader r = reader_of(value, mode, eai, a);
	r.notes = notes;
	if (RULE("8601:7.8", value.len > AUTHRES_OCTETS)) {
		return broken_with(&r, F_AUTHRES_TOO_LARGE, (struct signet_arg)NUMBER(value.len));
	}
	if (RULE("8601:2.2", eai && !utf8_is_valid(value))) {
		return expected(&r, "valid UTF-8");
	}
	struct signet_authres model = { .version = 1 };
	if (!take_payload(&r, value, &model) || a->failed) {
		return false;
	}
	*ret = model;
	return true;
}
