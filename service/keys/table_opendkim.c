/* SPDX-License-Identifier: Apache-2.0 */
#include "table_opendkim.h"

#include "../../src/base/chars.h"
#include "../../src/base/name.h"
#include "table_inner.h"
#include "table_text.h"

static bool is_word(slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is(s.at[i], C_ALPHA | C_DIGIT)) {
			return false;
		}
	}
	return s.len;
}

bool opendkim_parse_set(slice value, struct opendkim_set *ret, const struct table_source *at)
{
	slice rest = slice_trim_fws(value);
	slice prefix = slice_first(rest, slice_find_char(rest, ':'));
	bool has_prefix = prefix.len < rest.len && is_word(prefix);
	slice behind = slice_trim_fws(slice_from(rest, prefix.len + 1));
	if (!rest.len || (has_prefix && !behind.len)) {
		table_error(at, "{0} names no data set", value, (slice) { 0 });
		return false;
	}
	if (has_prefix && slice_eq(prefix, S("file"))) {
		*ret = (struct opendkim_set) { OPENDKIM_FILE, behind };
	} else if (has_prefix && slice_eq(prefix, S("refile"))) {
		*ret = (struct opendkim_set) { OPENDKIM_REFILE, behind };
	} else if (has_prefix && slice_eq(prefix, S("csl"))) {
		*ret = (struct opendkim_set) { OPENDKIM_LIST, behind };
	} else if (has_prefix) { /* a server, a library, a program */
		table_error(
			at,
			"{0}: is not read here: write its pairs into a text file, one \"key value\" a line, and give "
			"file:PATH",
			prefix, (slice) { 0 });
		return false;
	} else if (slice_ends_nocase(rest, S(".db"))) {
		table_error(at,
		            "{0} is a Berkeley DB, which is not read here: write its pairs into a text file, one \"key "
		            "value\" a "
		            "line, and give file:PATH",
		            rest, (slice) { 0 });
		return false;
	} else {
		*ret = (struct opendkim_set) { slice_starts(rest, S("/")) ? OPENDKIM_FILE : OPENDKIM_LIST, rest };
	}
	return true;
}

/* The pairs of a set, one after the other. */
struct pairs {
	enum opendkim_set_kind kind;
	struct table_lines lines;
};

static bool next_pair(struct pairs *p, slice *ret_name, slice *ret_value)
{
	slice line = { 0 };
	if (p->kind != OPENDKIM_LIST) {
		if (!table_next_line(&p->lines, &line)) {
			return false;
		}
		*ret_name = table_next_word(&line);
		*ret_value = slice_trim_wsp(line);
		return true;
	}
	while (p->lines.rest.at) {
		line = slice_trim_fws(slice_split(&p->lines.rest, ','));
		*ret_name = slice_trim_fws(slice_split(&line, '='));
		*ret_value = slice_trim_fws(line);
		if (ret_name->len) {
			return true;
		}
		if (ret_value->len) {
			table_error(&p->lines.at, "there is no name before ={0}", *ret_value, (slice) { 0 });
		}
	}
	return false;
}

static void read_key_path(struct table *t, slice path, slice folder, struct key *key)
{
	key->place = TABLE_FILE;
	key->path = table_path(t, folder, path);
	key->path_has_author = slice_find_char(path, '%') != SLICE_NONE;
}

/* DOMAIN:SELECTOR:PATH.  The third value is never told: it may be a key. */
static bool read_key_value(struct table *t, slice name, slice value, slice folder, struct key *key,
                           const struct table_source *at)
{
	slice rest = value;
	slice domain = slice_trim_wsp(slice_split(&rest, ':'));
	slice selector = slice_trim_wsp(slice_split(&rest, ':'));
	slice path = slice_trim_wsp(slice_split(&rest, ':'));
	if (!domain.len || !selector.len || !path.len) {
		table_error(at, "a value of the key {0} is missing: write NAME DOMAIN:SELECTOR:PATH", name,
		            (slice) { 0 });
		return false;
	}
	if (!slice_starts(path, S("/")) && !slice_starts(path, S("./")) && !slice_starts(path, S("../"))) {
		table_error(at,
		            "the third value of the key {0} would be a private key itself, which does not belong into "
		            "a table: "
		            "put it into a file of mode 0600 and write its path, which begins with / or ./ or ../",
		            name, (slice) { 0 });
		return false;
	}
	if (rest.at) {
		table_error(at, "the key {0} has more than three values: a path cannot hold a colon here", name,
		            (slice) { 0 });
		return false;
	}
	if (!slice_eq(domain, S("%")) &&
	    (!table_domain(t, domain, &key->domain) || !table_is_signing_domain(key->domain))) {
		table_error(at,
		            "the key {0} has the domain {1}, which cannot be d= of a signature (RFC 6376 3.5); \"%\" "
		            "alone is the "
		            "domain of From",
		            name, domain);
		return false;
	}
	if (!table_is_selector(selector)) {
		table_error(at,
		            "the key {0} has the selector {1}, which is none: labels of letters, digits and hyphens "
		            "(RFC 6376 "
		            "3.1)",
		            name, selector);
		return false;
	}
	key->selector = selector;
	read_key_path(t, path, folder, key);
	return true;
}

static void add_key(struct table *t, enum opendkim_set_kind kind, slice name, slice value, slice folder,
                    const struct table_source *at)
{
	struct key key = { .file = at->file, .line = (uint32_t)at->line };
	if (!table_has_room(t, at)) {
		return;
	}
	if (kind == OPENDKIM_REFILE && slice_find_char(name, '*') != SLICE_NONE) {
		table_error(at, "{0}: a key with a pattern for a name is not read: write a line for each name", name,
		            (slice) { 0 });
		return;
	}
	if (!read_key_value(t, name, value, folder, &key, at)) {
		return;
	}
	if (map_get(&t->opendkim.names, name)) {
		table_note(at, "there is a key {0} already: the first one stands, this line does not count", name,
		           (slice) { 0 });
		return;
	}
	struct key *kept = arena_alloc(&t->arena, sizeof(*kept));
	if (!kept || !map_put(&t->opendkim.names, name, kept)) {
		(void)table_has_room(t, at);
		return;
	}
	*kept = key;
}

void opendkim_read_keys(struct table *t, enum opendkim_set_kind kind, slice text, slice folder, struct table_source at)
{
	struct pairs pairs = { kind, { .rest = text, .at = at, .hash_anywhere = true } };
	slice name, value;
	while (next_pair(&pairs, &name, &value)) {
		add_key(t, kind, name, value, folder, &pairs.lines.at);
	}
}

/* [local] "@" domain; "%" may stand in it */
static bool is_identity(slice identity)
{
	slice local, domain;
	return table_split_address(identity, &local, &domain) && domain.len &&
	       slice_find_char(domain, ' ') == SLICE_NONE;
}

/* NAME[:IDENTITY].  An identity behind white space, as some write it, is taken as well. */
static bool read_rule_value(struct table *t, slice who, slice value, struct rule *rule, const struct table_source *at)
{
	slice rest = value;
	slice name = slice_first(value, slice_find_char(value, ':'));
	bool has_colon = name.len < value.len;
	if (has_colon) {
		(void)slice_split(&rest, ':');
		rest = slice_trim_wsp(rest);
	} else {
		name = table_next_word(&rest);
		rest = slice_trim_wsp(rest);
	}
	name = slice_trim_wsp(name);
	if (!name.len) {
		table_error(at, "{0} has no key: write PATTERN NAME", who, (slice) { 0 });
		return false;
	}
	if (rest.len && !is_identity(rest)) {
		table_error(at, "{0} is no identity for i=: write [NAME]@DOMAIN", rest, (slice) { 0 });
		return false;
	}
	rule->identity = rest;
	rule->key = slice_eq(name, S("%")) ? NULL : map_get(&t->opendkim.names, name);
	if (!rule->key && !slice_eq(name, S("%"))) {
		table_error(at, "{0} wants the key {1}, which the KeyTable does not have", who, name);
		return false;
	}
	return true;
}

/* user@host, host, user@.parent, .parent, user@*, * */
static bool exact_form(struct table *t, slice who, slice *ret)
{
	slice local, domain;
	if (!table_split_address(who, &local, &domain)) {
		bool good = !slice_starts(who, S("*.")) && table_form(t, who, ret);
		return good;
	}
	if (slice_starts(domain, S("*.")) || !local.len || !table_form(t, domain, &domain)) {
		return false;
	}
	*ret = ARENA_JOIN(&t->arena, table_local(local, &t->arena), S("@"), domain);
	return true;
}

/* A rule whose domain is fixed can be judged now: nobody would hear of it before mail goes out unsigned. */
static void judge_party(slice whom, const struct rule *rule, const struct table_source *at)
{
	slice domain = rule->key ? rule->key->domain : (slice) { 0 };
	whom = slice_starts(whom, S("@")) ? slice_from(whom, 1) : whom;
	whom = slice_starts(whom, S(".")) ? slice_from(whom, 1) : whom;
	if (rule->third_party || !domain.len || !whom.at || !whom.len || slice_eq(whom, S("*"))) {
		return;
	}
	if (!name_is_at_or_below(whom, domain) && !name_is_at_or_below(domain, whom)) {
		table_note(at,
		           "{0} is neither {1} nor a parent of it: this line signs nothing unless opendkim_third_party "
		           "is true",
		           domain, whom);
	}
}

static void add_exact(struct table *t, slice who, const struct rule *rule, const struct table_source *at)
{
	slice form;
	if (slice_eq(who, S("*@*")) || !exact_form(t, who, &form) || (slice_starts(form, S("*")) && form.len > 1)) {
		table_error(at,
		            "{0} matches nothing in a file: table: write user@host, host, .parent or *; patterns need "
		            "refile:",
		            who, (slice) { 0 });
		return;
	}
	if (map_get(&t->opendkim.exact, form)) {
		table_note(at, "there is a line for {0} already: the first one stands, this one does not count", form,
		           (slice) { 0 });
		return;
	}
	struct rule *kept = arena_alloc(&t->arena, sizeof(*kept));
	if (!kept || !map_put(&t->opendkim.exact, form, kept)) {
		(void)table_has_room(t, at);
		return;
	}
	*kept = *rule;
	t->n_rules++;
	size_t sign = slice_find_last_char(form, '@');
	judge_party(sign == SLICE_NONE ? form : slice_from(form, sign), rule, at);
}

/* The part of a pattern by which it is found: "@domain" or ".parent" at its end, without a wildcard; empty: none. */
static slice ending_of(slice pattern)
{
	size_t star = slice_find_last_char(pattern, '*');
	size_t sign = slice_find_last_char(pattern, '@');
	if (sign != SLICE_NONE && (star == SLICE_NONE || star < sign)) {
		return slice_from(pattern, sign);
	}
	slice tail = star == SLICE_NONE ? (slice) { 0 } : slice_from(pattern, star + 1);
	size_t dot = slice_find_char(tail, '.');
	return dot == SLICE_NONE ? (slice) { 0 } : slice_from(tail, dot);
}

static bool put_pattern(struct table *t, struct pattern *p)
{
	slice key = ending_of(p->text);
	struct ending *ending = map_get(&t->opendkim.endings, key);
	if (!ending) {
		ending = arena_alloc(&t->arena, sizeof(*ending));
		if (!ending || !map_put(&t->opendkim.endings, key, ending)) {
			return false;
		}
		ending->first = p;
	} else {
		ending->last->next = p;
	}
	ending->last = p;
	return true;
}

static bool has_regular_expression(slice pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.at[i] && strchr("?()[]{}|^$\\", pattern.at[i])) {
			return true;
		}
	}
	return false;
}

/* In lower case; a whole domain in the form addresses are compared in. */
static slice pattern_form(struct table *t, slice who)
{
	slice local, domain, normal;
	if (!table_split_address(who, &local, &domain) || !table_domain(t, domain, &normal)) {
		return arena_lower(&t->arena, who);
	}
	return ARENA_JOIN(&t->arena, arena_lower(&t->arena, local), S("@"), normal);
}

static void add_pattern(struct table *t, slice who, const struct rule *rule, const struct table_source *at)
{
	if (has_regular_expression(who)) {
		table_error(at,
		            "{0}: OpenDKIM takes this for a regular expression; here only * stands for others: write a "
		            "line for "
		            "each",
		            who, (slice) { 0 });
		return;
	}
	if (slice_find_char(who, '@') == SLICE_NONE && slice_find_char(who, '*') == SLICE_NONE) {
		table_note(at, "{0} is like no address: it wants *@ before it", who, (slice) { 0 });
	}
	struct pattern *p = arena_alloc(&t->arena, sizeof(*p));
	if (!p) {
		(void)table_has_room(t, at);
		return;
	}
	*p = (struct pattern) { .text = pattern_form(t, who), .rule = *rule };
	if (!put_pattern(t, p)) {
		(void)table_has_room(t, at);
		return;
	}
	t->n_rules++;
	judge_party(ending_of(p->text), rule, at);
}

void opendkim_read_rules(struct table *t, const struct opendkim_rules *how, slice text, struct table_source at)
{
	struct pairs pairs = { how->kind, { .rest = text, .at = at, .hash_anywhere = true } };
	slice who, value;
	t->opendkim.multiple = how->multiple;
	while (next_pair(&pairs, &who, &value)) {
		const struct table_source *here = &pairs.lines.at;
		struct rule rule = { .file = here->file,
			             .line = (uint32_t)here->line,
			             .third_party = how->third_party };
		if (!table_has_room(t, here) || !read_rule_value(t, who, value, &rule, here)) {
			continue;
		}
		if (how->kind == OPENDKIM_REFILE) {
			add_pattern(t, who, &rule, here);
		} else {
			add_exact(t, who, &rule, here);
		}
	}
}
