/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "../base/ip.h"
#include "../base/name.h"
#include "macro.h"

#define VERSION S("v=spf1")

/* What may stand behind the name of a mechanism. */
enum argument {
	ARG_NONE = 0,
	ARG_DOMAIN = 1, /* ":" domain-spec */
	ARG_MUST = 2, /* ... and it must be there */
	ARG_PREFIX = 4, /* dual-cidr-length */
	ARG_NETWORK = 8, /* ip4-network or ip6-network */
};

static const struct mechanism {
	slice name;
	enum spf_kind kind;
	unsigned argument;
} mechanisms[] = {
	{ { "ip4", 3 }, SPF_IP4, ARG_NETWORK },
	{ { "ip6", 3 }, SPF_IP6, ARG_NETWORK },
	{ { "include", 7 }, SPF_INCLUDE, ARG_DOMAIN | ARG_MUST },
	{ { "a", 1 }, SPF_A, ARG_DOMAIN | ARG_PREFIX },
	{ { "mx", 2 }, SPF_MX, ARG_DOMAIN | ARG_PREFIX },
	{ { "all", 3 }, SPF_ALL, ARG_NONE },
	{ { "exists", 6 }, SPF_EXISTS, ARG_DOMAIN | ARG_MUST },
	{ { "ptr", 3 }, SPF_PTR, ARG_DOMAIN },
};

struct reader {
	struct spf_record *record;
	struct signet_findings *notes;
};

/* Notes an error at `at`, which points into the record; the values are the term and what stands there. */
static bool flaw(const struct reader *r, enum finding_id id, slice term, const char *at)
{
	slice rest = slice_between(at, term.at + term.len);
	note_with(r->notes, id, r->record->text, (size_t)(at - r->record->text.at), TEXT(term), TEXT(rest));
	r->record->valid = false;
	return false;
}

/* toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum ) */
static bool is_toplabel(slice label)
{
	bool numeric = true;
	for (size_t i = 0; i < label.len; i++) {
		if (!char_is(label.at[i], C_LDH)) {
			return false;
		}
		numeric &= char_is(label.at[i], C_DIGIT);
	}
	return label.len && !numeric && label.at[0] != '-' && label.at[label.len - 1] != '-';
}

/* domain-end = ( "." toplabel [ "." ] ) / macro-expand
 *
 * The escapes %% %_ and %- are macro-expand too, but what they stand for can end no fully qualified name, which a
 * target is (RFC 7208 4.8): only a letter counts, as at libspf2 and mox. */
static bool has_domain_end(slice spec)
{
	size_t tail = 0;
	bool letter = false;
	for (size_t i = 0; i + 1 < spec.len; i++) {
		if (spec.at[i] == '%') {
			letter = spec.at[i + 1] == '{';
			i += letter ? slice_find_char(slice_from(spec, i), '}') : 1;
			tail = i + 1;
		}
	}
	slice end = slice_from(spec, tail);
	if (end.len == 0) {
		return RULE("7208:7.1", letter);
	}
	end = name_without_dot(end);
	size_t dot = slice_find_last_char(end, '.');
	return RULE("7208:7.1", dot != SLICE_NONE && is_toplabel(slice_from(end, dot + 1)));
}

static bool read_macros(const struct reader *r, struct spf_term *t, slice text)
{
	size_t at;
	t->target = text;
	if (!spf_macro_check(text, SPF_IN_DOMAIN, &t->letters, &at)) {
		return flaw(r, F_SPF_BAD_MACRO, t->text, text.at + at);
	}
	return true;
}

static bool read_domain(const struct reader *r, struct spf_term *t, slice spec)
{
	struct signet_ip ip;
	if (spec.len == 0) {
		return flaw(r, F_SPF_NO_ARGUMENT, t->text, spec.at);
	}
	if (!read_macros(r, t, spec)) {
		return false;
	}
	if (has_domain_end(spec)) {
		return true;
	}
	bool address = ip_parse_v4(spec, &ip) || ip_parse_v6(spec, &ip);
	return flaw(r, address ? F_SPF_ADDRESS_AS_NAME : F_SPF_BAD_DOMAIN, t->text, spec.at);
}

/* "0" / %x31-39 *DIGIT, up to max */
static bool read_prefix(slice digits, unsigned max, uint8_t *ret)
{
	uint64_t bits;
	if (RULE("7208:5.6", !number_parse(digits, max, &bits))) {
		return false;
	}
	if (RULE("7208:5.6", digits.len > 1 && digits.at[0] == '0')) {
		return false;
	}
	*ret = (uint8_t)bits;
	return true;
}

/* Cuts `slashes` and the digits behind them off the end of `*s`.  From the right, because "/" may also stand in a
 * domain-spec and in a macro, but never before digits at its end. */
static slice cut_prefix(slice *s, slice slashes)
{
	size_t n = s->len;
	while (n > 0 && char_is(s->at[n - 1], C_DIGIT)) {
		n--;
	}
	slice head = slice_first(*s, n);
	if (n == s->len || head.len < slashes.len || !slice_eq(slice_from(head, n - slashes.len), slashes)) {
		return (slice) { 0 };
	}
	slice digits = slice_from(*s, n);
	s->len = n - slashes.len;
	return digits;
}

/* dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ] */
static bool cut_prefixes(const struct reader *r, struct spf_term *t, slice *argument)
{
	slice six = cut_prefix(argument, S("//"));
	slice four = cut_prefix(argument, S("/"));
	if (four.len && !read_prefix(four, 32, &t->bits4)) {
		return flaw(r, F_SPF_BAD_PREFIX, t->text, four.at);
	}
	if (six.len && !read_prefix(six, 128, &t->bits6)) {
		return flaw(r, F_SPF_BAD_PREFIX, t->text, six.at);
	}
	return true;
}

/* ip4-network [ "/" n ], ip6-network [ "/" n ] */
static bool read_network(const struct reader *r, struct spf_term *t, slice argument)
{
	bool four = t->kind == SPF_IP4;
	if (argument.len == 0 || argument.at[0] != ':') {
		return flaw(r, F_SPF_NO_ARGUMENT, t->text, argument.at);
	}
	slice rest = slice_from(argument, 1);
	slice address = slice_split(&rest, '/');
	bool good = four ? ip_parse_v4(address, &t->network) : ip_parse_v6(address, &t->network);
	if (RULE("7208:5.6", !good)) {
		return flaw(r, four ? F_SPF_BAD_IP4 : F_SPF_BAD_IP6, t->text, address.at);
	}
	if (rest.at && !read_prefix(rest, four ? 32 : 128, four ? &t->bits4 : &t->bits6)) {
		return flaw(r, F_SPF_BAD_PREFIX, t->text, rest.at);
	}
	return true;
}

/* Everything behind the name: "", ":..." or "/..." */
static bool read_argument(const struct reader *r, struct spf_term *t, slice argument, unsigned allowed)
{
	if (allowed & ARG_NETWORK) {
		return read_network(r, t, argument);
	}
	if ((allowed & ARG_PREFIX) && !cut_prefixes(r, t, &argument)) {
		return false;
	}
	if (argument.len == 0) {
		bool missing = RULE("7208:5.2", allowed & ARG_MUST);
		return missing ? flaw(r, F_SPF_NO_ARGUMENT, t->text, argument.at) : true;
	}
	if (RULE("7208:5.1", argument.at[0] != ':' || !(allowed & ARG_DOMAIN))) {
		return flaw(r, F_SPF_UNEXPECTED, t->text, argument.at);
	}
	return read_domain(r, t, slice_from(argument, 1));
}

static bool read_qualifier(char c, enum signet_spf_result *ret)
{
	switch (c) {
	case '+':
		*ret = SIGNET_SPF_PASS;
		return true;
	case '-':
		*ret = SIGNET_SPF_FAIL;
		return true;
	case '~':
		*ret = SIGNET_SPF_SOFTFAIL;
		return true;
	case '?':
		*ret = SIGNET_SPF_NEUTRAL;
		return true;
	}
	return false;
}

static bool read_mechanism(const struct reader *r, struct spf_term *t, slice head, slice argument)
{
	t->result = SIGNET_SPF_PASS;
	if (head.len && read_qualifier(head.at[0], &t->result)) {
		head = slice_from(head, 1);
	}
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (head.len == mechanisms[i].name.len && slice_eq_nocase(head, mechanisms[i].name)) {
			t->kind = mechanisms[i].kind;
			return read_argument(r, t, argument, mechanisms[i].argument);
		}
	}
	bool modifier = slice_eq_nocase(head, S("redirect")) || slice_eq_nocase(head, S("exp"));
	return flaw(r, modifier ? F_SPF_MODIFIER_COLON : F_SPF_UNKNOWN_MECHANISM, t->text, head.at);
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
static bool is_modifier_name(slice name)
{
	if (name.len == 0 || !char_is(name.at[0], C_ALPHA)) {
		return false;
	}
	for (size_t i = 1; i < name.len; i++) {
		if (!char_is(name.at[i], C_LDH | C_UNDERSCORE) && name.at[i] != '.') {
			return false;
		}
	}
	return true;
}

/* redirect= and exp= hold a domain-spec and appear at most once (RFC 7208 6). */
static bool read_defined(const struct reader *r, struct spf_term *t, slice value, const struct spf_term **place)
{
	if (RULE("7208:6", *place)) {
		return flaw(r, F_SPF_MODIFIER_TWICE, t->text, t->text.at);
	}
	*place = t;
	return read_domain(r, t, value);
}

static bool read_modifier(const struct reader *r, struct spf_term *t, slice name, slice value)
{
	if (RULE("7208:4.6.1", !is_modifier_name(name))) {
		return flaw(r, F_SPF_BAD_MODIFIER_NAME, t->text, name.at);
	}
	if (slice_eq_nocase(name, S("redirect"))) {
		t->kind = SPF_REDIRECT;
		return read_defined(r, t, value, &r->record->redirect);
	}
	if (slice_eq_nocase(name, S("exp"))) {
		t->kind = SPF_EXP;
		return read_defined(r, t, value, &r->record->exp);
	}
	note_with(r->notes, F_SPF_UNKNOWN_MODIFIER, r->record->text, (size_t)(name.at - r->record->text.at),
	          TEXT(name));
	return read_macros(r, t, value);
}

/* The first octet that can stand in no term, or NULL. */
static const char *find_foreign(slice term)
{
	for (size_t i = 0; i < term.len; i++) {
		if (!char_is(term.at[i], C_VCHAR)) {
			return term.at + i;
		}
	}
	return NULL;
}

/* "=" before any ":" or "/" makes a modifier (RFC 7208 4.6.1). */
static bool read_term(const struct reader *r, struct spf_term *t)
{
	slice term = t->text;
	size_t n = 0;
	while (n < term.len && term.at[n] != '=' && term.at[n] != ':' && term.at[n] != '/') {
		n++;
	}
	slice head = slice_first(term, n);
	slice rest = slice_from(term, n);
	if (RULE("7208:4.6.1", rest.len && rest.at[0] == '=')) {
		return read_modifier(r, t, head, slice_from(rest, 1));
	}
	return read_mechanism(r, t, head, rest);
}

/* Nothing foreign gets through the grammar, so it need be looked for only where that failed. */
static void read_or_explain(const struct reader *r, struct spf_term *t)
{
	struct signet_findings before = *r->notes;
	if (!read_term(r, t)) {
		const char *foreign = find_foreign(t->text);
		if (foreign) {
			findings_rewind(r->notes, before);
			bool eight = char_is(*foreign, C_8BIT);
			flaw(r, eight ? F_SPF_NOT_ASCII : F_SPF_CONTROL_CHARACTER, t->text, foreign);
		}
	}
	if (t->kind == SPF_ALL && !r->record->all) {
		r->record->all = t;
	}
}

/* As many as there are spaces, at most. */
static size_t count_terms(slice text)
{
	size_t n = 0;
	for (slice rest = text; rest.at; n++) {
		(void)slice_split(&rest, ' ');
	}
	return n;
}

bool spf_record_is(slice text)
{
	if (RULE("7208:4.5", !slice_starts_nocase(text, VERSION))) {
		return false;
	}
	return RULE("7208:4.5", text.len == VERSION.len || text.at[VERSION.len] == ' ');
}

enum signet_status spf_record_parse(slice text, struct signet_arena *a, struct signet_findings *notes,
                                    struct spf_record *ret)
{
	size_t room = count_terms(text) * sizeof(struct spf_term);
	struct spf_term *terms = (struct spf_term *)(void *)arena_octets(a, room);
	if (!terms) {
		return SIGNET_NO_MEMORY;
	}
	*ret = (struct spf_record) { .valid = true, .text = text, .terms = terms };
	const struct reader r = { .record = ret, .notes = notes };
	for (slice rest = slice_from(text, VERSION.len); rest.at;) {
		slice term = slice_split(&rest, ' ');
		if (term.len) {
			struct spf_term *t = &terms[ret->n++];
			*t = (struct spf_term) { .text = term, .bits4 = 32, .bits6 = 128 };
			read_or_explain(&r, t);
		}
	}
	return a->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}
