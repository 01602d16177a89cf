/* SPDX-License-Identifier: Apache-2.0 */
#include "table_text.h"

#include "../../src/base/chars.h"

static slice cut_comment(slice line, bool anywhere)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] == '#' && (anywhere || i == 0 || char_is(line.at[i - 1], C_WSP))) {
			return slice_first(line, i);
		}
	}
	return line;
}

bool table_next_line(struct table_lines *lines, slice *ret)
{
	while (lines->rest.at) {
		if (lines->at.line++ == 0 && slice_starts(lines->rest, S("\xef\xbb\xbf"))) {
			lines->rest = slice_from(lines->rest, 3);
		}
		slice line = slice_split(&lines->rest, '\n');
		if (line.len > TABLE_LINE_OCTETS) {
			table_error(&lines->at, "the line is longer than 8192 octets", (slice) { 0 }, (slice) { 0 });
			continue;
		}
		line = slice_trim_fws(cut_comment(line, lines->hash_anywhere));
		if (slice_find_char(line, 0) != SLICE_NONE) {
			table_error(&lines->at, "the line holds a NUL octet: this is no text", (slice) { 0 },
			            (slice) { 0 });
			continue;
		}
		if (line.len) {
			*ret = line;
			return true;
		}
	}
	return false;
}

slice table_next_word(slice *rest)
{
	slice line = slice_trim_wsp(*rest);
	size_t n = 0;
	while (n < line.len && !char_is(line.at[n], C_WSP)) {
		n++;
	}
	*rest = slice_from(line, n);
	return slice_first(line, n);
}

static bool read_word(slice word, struct table_rule_text *rule)
{
	if (slice_starts(word, S("d="))) {
		rule->sign_as = slice_from(word, 2);
		return rule->sign_as.len;
	}
	if (slice_starts(word, S("a="))) {
		rule->algorithm = slice_from(word, 2);
		return rule->algorithm.len;
	}
	rule->third_party = slice_eq(word, S("third-party"));
	return rule->third_party;
}

static size_t count_colons(slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		n += s.at[i] == ':';
	}
	return n;
}

/* "domain:selector:key" */
static void split_triple(slice triple, struct table_rule_text *rule)
{
	rule->who = slice_split(&triple, ':');
	rule->selector = slice_split(&triple, ':');
	rule->place = triple;
	if (slice_eq(rule->who, S("%"))) {
		rule->who = S("*");
	}
}

static void read_key_line(struct table *t, slice line, slice folder, const struct table_source *at)
{
	struct table_rule_text rule = { .folder = folder };
	slice rest = line;
	slice first = table_next_word(&rest);
	slice behind = rest;
	slice second = table_next_word(&behind);
	if (count_colons(first) >= 2) {
		split_triple(first, &rule);
	} else if (count_colons(second) >= 2) {
		split_triple(second, &rule);
		rest = behind;
	} else {
		rule.who = first;
		rule.selector = second;
		rest = behind;
		rule.place = table_next_word(&rest);
	}
	if (!rule.who.len || !rule.selector.len || !rule.place.len) {
		table_error(at, "a value is missing after {0}: write DOMAIN SELECTOR KEYFILE", first, (slice) { 0 });
		return;
	}
	if (slice_eq(rule.selector, S("*"))) {
		rule.selector = (slice) { 0 };
	}
	for (slice word = table_next_word(&rest); word.len; word = table_next_word(&rest)) {
		if (!read_word(word, &rule)) {
			table_error(at, "{0} is none of the words d=DOMAIN, a=ALGORITHM, third-party", word,
			            (slice) { 0 });
			return;
		}
	}
	table_add_rule(t, &rule, at);
}

void table_read_keys(struct table *t, slice text, slice folder, struct table_source at)
{
	struct table_lines lines = { .rest = text, .at = at };
	slice line;
	while (table_next_line(&lines, &line)) {
		read_key_line(t, line, folder, &lines.at);
	}
}

static void read_binding_line(struct table *t, slice line, const struct table_source *at)
{
	slice rest = line;
	slice who = table_next_word(&rest);
	bool is_login = slice_starts(who, S("login:"));
	bool is_client = slice_starts(who, S("client:"));
	slice name = slice_from(who, is_login ? 6 : 7);
	slice from = table_next_word(&rest);
	uint32_t binding = table_add_binding(t, at);
	if (!binding) {
		return;
	}
	if ((!is_login && !is_client) || !name.len || !from.len) {
		table_error(at, "{0} is no binding: write login:NAME or client:NETWORK, then domains", who,
		            (slice) { 0 });
		return;
	}
	if (is_login) {
		table_bind_login(t, binding, name, at);
	} else {
		table_bind_client(t, binding, name, at);
	}
	for (; from.len; from = table_next_word(&rest)) {
		table_bind_from(t, binding, from, at);
	}
}

void table_read_bindings(struct table *t, slice text, struct table_source at)
{
	struct table_lines lines = { .rest = text, .at = at };
	slice line;
	table_expect_bindings(t);
	while (table_next_line(&lines, &line)) {
		read_binding_line(t, line, &lines.at);
	}
}
