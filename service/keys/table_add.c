/* SPDX-License-Identifier: Apache-2.0 */
/* table_add: rules go into a table, and lines about what is wrong with them to a person. */
#include "table_build.h"

#include <stdlib.h>

#include "../../src/base/chars.h"
#include "../../src/base/escape.h"
#include "../../src/base/name.h"
#include "table_inner.h"

#define LINES_LISTED 100 /* a person reads no more, and each is one mistake in a generator anyway */
#define QUOTED_OCTETS 100
#define SECRET_DIGITS 40 /* an Ed25519 seed has 43, a line of PEM 64 */
#define MAP_SEED 0x7461626c65u /* any number: the operator writes the keys of these maps, not the sender */

struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));
	if (!t) {
		return NULL;
	}
	arena_init(&t->arena, TABLE_BYTES);
	struct map *const maps[] = { &t->rules, &t->opendkim.names, &t->opendkim.exact, &t->opendkim.endings,
		                     &t->bound, &t->froms };
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		map_init(maps[i], &t->arena, MAP_SEED);
	}
	return t;
}

void table_free(struct table *t)
{
	if (t) {
		arena_finish(&t->arena);
		free(t);
	}
}

size_t table_count_rules(const struct table *t)
{
	return t->n_rules;
}

size_t table_count_bindings(const struct table *t)
{
	return t->n_bindings;
}

size_t table_bytes(const struct table *t)
{
	return t->arena.used_bytes;
}

slice table_keep(struct table *t, slice text)
{
	return table_path(t, (slice) { 0 }, text);
}

/* A key that was pasted into a table is not told: so many digits of base64 in a row are no name; in a path "/" is none. */
static bool may_be_secret(slice text)
{
	size_t run = 0;
	bool is_path = slice_find_char(text, '.') != SLICE_NONE && slice_find_char(text, ':') == SLICE_NONE;
	for (size_t i = 0; i < text.len && run < SECRET_DIGITS; i++) {
		bool digit =
			char_is(text.at[i], C_ALPHA | C_DIGIT) || text.at[i] == '+' || (text.at[i] == '/' && !is_path);
		run = digit ? run + 1 : 0;
	}
	return run == SECRET_DIGITS;
}

static void put_quoted(struct buf *to, slice text)
{
	if (may_be_secret(text)) {
		buf_put_text(to, "(not shown: it may be of a key)");
		return;
	}
	buf_put_char(to, '"');
	escape_put(to, slice_first(text, QUOTED_OCTETS));
	buf_put_text(to, text.len > QUOTED_OCTETS ? "...\"" : "\"");
}

static void put_problem(const struct table_source *at, const char *kind, const char *what, slice text0, slice text1)
{
	struct buf *to = at->problems->lines;
	size_t listed = at->problems->errors + at->problems->notes;
	if (!to || listed > LINES_LISTED) {
		return;
	}
	if (listed == LINES_LISTED) {
		buf_put_text(to, "and more that are not listed\n");
		return;
	}
	escape_put(to, at->file);
	if (at->line) {
		buf_put_char(to, ':');
		buf_put_number(to, at->line);
	}
	buf_put_text(to, kind);
	for (; *what; what++) {
		bool is_place = what[0] == '{' && (what[1] == '0' || what[1] == '1') && what[2] == '}';
		if (is_place) {
			put_quoted(to, what[1] == '0' ? text0 : text1);
			what += 2;
		} else {
			buf_put_char(to, *what);
		}
	}
	buf_put_char(to, '\n');
}

void table_error(const struct table_source *at, const char *what, slice text0, slice text1)
{
	put_problem(at, ": ", what, text0, text1);
	at->problems->errors++;
}

void table_note(const struct table_source *at, const char *what, slice text0, slice text1)
{
	put_problem(at, ": note: ", what, text0, text1);
	at->problems->notes++;
}

bool table_domain(struct table *t, slice domain, slice *ret)
{
	return name_normalize(domain, &t->arena, ret) == NAME_GOOD;
}

/* sub-domain of RFC 5321 4.1.2: letters and digits, hyphens between them. */
static bool is_label(slice label)
{
	if (label.len == 0 || label.len > LABEL_OCTETS) {
		return false;
	}
	for (size_t i = 0; i < label.len; i++) {
		if (!char_is(label.at[i], C_LDH)) {
			return false;
		}
	}
	return label.at[0] != '-' && label.at[label.len - 1] != '-';
}

static size_t count_good_labels(slice name)
{
	size_t n = 0;
	for (slice rest = name; rest.at; n++) {
		if (!is_label(slice_split(&rest, '.'))) {
			return 0;
		}
	}
	return n;
}

bool table_is_signing_domain(slice normal)
{
	return normal.len <= NAME_OCTETS && count_good_labels(normal) >= 2;
}

bool table_is_selector(slice selector)
{
	return selector.len <= NAME_OCTETS && count_good_labels(selector) >= 1;
}

slice table_local(slice local, struct signet_arena *a)
{
	bool quoted = local.len >= 2 && local.at[0] == '"' && local.at[local.len - 1] == '"';
	if (!quoted) {
		return arena_lower(a, local);
	}
	char *at = arena_octets(a, local.len);
	size_t n = 0;
	for (size_t i = 1; at && i < local.len - 1; i++) {
		bool is_pair = local.at[i] == '\\' && i + 1 < local.len - 1;
		i += is_pair;
		at[n++] = char_lower(local.at[i]);
	}
	return slice_make(at, n);
}

bool table_split_address(slice address, slice *ret_local, slice *ret_domain)
{
	size_t at = slice_find_last_char(address, '@');
	if (at == SLICE_NONE) {
		return false;
	}
	*ret_local = slice_first(address, at);
	*ret_domain = slice_from(address, at + 1);
	return true;
}

bool table_form(struct table *t, slice who, slice *ret)
{
	slice local, domain, normal;
	if (slice_eq(who, S("*"))) {
		*ret = S("*");
		return true;
	}
	if (table_split_address(who, &local, &domain)) {
		if (!local.len || !table_domain(t, domain, &normal)) {
			return false;
		}
		*ret = ARENA_JOIN(&t->arena, table_local(local, &t->arena), S("@"), normal);
		return true;
	}
	slice below = slice_starts(who, S("*.")) ? slice_from(who, 1) : who;
	if (!slice_starts(below, S("."))) {
		return table_domain(t, who, ret);
	}
	slice parent = slice_from(below, 1);
	if (!table_domain(t, parent, &normal)) {
		return false;
	}
	*ret = normal.at == parent.at ? slice_make(below.at, normal.len + 1) : ARENA_JOIN(&t->arena, S("."), normal);
	return true;
}

bool table_has_room(const struct table *t, const struct table_source *at)
{
	if (t->arena.failed) {
		table_error(at, "no memory is left for this table", (slice) { 0 }, (slice) { 0 });
	} else if (t->n_rules + t->opendkim.names.n + t->n_bindings >= TABLE_RULES_MAX) {
		table_error(at, "there are too many rules: a table holds a million", (slice) { 0 }, (slice) { 0 });
	} else {
		return true;
	}
	return false;
}

slice table_path(struct table *t, slice folder, slice path)
{
	bool is_relative = folder.len && !slice_starts(path, S("/"));
	slice beyond = is_relative && slice_starts(path, S("./")) ? slice_from(path, 2) : path;
	slice whole = ARENA_JOIN(&t->arena, is_relative ? folder : S(""), is_relative ? S("/") : S(""), beyond,
	                         slice_make("", 1));
	return slice_first(whole, whole.len ? whole.len - 1 : 0);
}

static bool read_place(struct table *t, const struct table_rule_text *r, struct key *key, const struct table_source *at)
{
	if (r->place.len == 0 || slice_eq(r->place, S("store"))) {
		key->place = TABLE_STORE;
		return true;
	}
	if (slice_eq(r->place, S("signer"))) {
		key->place = TABLE_SIGNER;
	} else if (slice_starts(r->place, S("-----")) || memchr(r->place.at, 0, r->place.len) ||
	           memchr(r->place.at, '\n', r->place.len)) {
		table_error(at, "a private key does not belong into a table: put it into a file and name that",
		            (slice) { 0 }, (slice) { 0 });
		return false;
	} else {
		key->place = TABLE_FILE;
		key->path = table_path(t, r->folder, r->place);
		key->path_has_author = slice_find_char(r->place, '%') != SLICE_NONE;
	}
	if (!r->selector.len) {
		table_error(at, "{0}: a selector is missing: only the key store knows its own", r->who, (slice) { 0 });
		return false;
	}
	return true;
}

static bool read_sign_as(struct table *t, const struct table_rule_text *r, slice form, struct key *key,
                         const struct table_source *at)
{
	slice local;
	slice domain = form;
	if (slice_eq(r->sign_as, S("%")) || (!r->sign_as.len && slice_eq(form, S("*")))) {
		return true;
	}
	if (r->sign_as.len) {
		if (!table_domain(t, r->sign_as, &domain)) {
			table_error(at, "{0} is no domain to sign as", r->sign_as, (slice) { 0 });
			return false;
		}
	} else if (!table_split_address(form, &local, &domain)) {
		domain = slice_starts(form, S(".")) ? slice_from(form, 1) : form;
	}
	if (!table_is_signing_domain(domain)) {
		table_error(at,
		            "{0} cannot be d= of a signature: two labels of letters, digits and hyphens (RFC 6376 3.5)",
		            domain, (slice) { 0 });
		return false;
	}
	key->domain = domain;
	return true;
}

static bool read_selector(const struct table_rule_text *r, struct key *key, const struct table_source *at)
{
	if (r->selector.len && !table_is_selector(r->selector)) {
		table_error(at, "{0} is no selector: labels of letters, digits and hyphens (RFC 6376 3.1)", r->selector,
		            (slice) { 0 });
		return false;
	}
	key->selector = r->selector;
	if (r->algorithm.len && !signet_algorithm_parse(r->algorithm, &key->algorithm)) {
		table_error(at, "{0} is no algorithm: rsa-sha256 or ed25519-sha256", r->algorithm, (slice) { 0 });
		return false;
	}
	key->has_algorithm = r->algorithm.len;
	return true;
}

/* A rule that names one fixed domain can be judged now: its keys would never sign. */
static bool is_party(const struct table_rule_text *r, slice form, const struct key *key, const struct table_source *at)
{
	slice local;
	slice whom = form;
	(void)table_split_address(form, &local, &whom);
	bool is_fixed = !slice_eq(form, S("*")) && key->domain.len;
	whom = slice_starts(whom, S(".")) ? slice_from(whom, 1) : whom;
	if (r->third_party || !is_fixed || name_is_at_or_below(whom, key->domain)) {
		return true;
	}
	table_error(
		at,
		"{0} is neither {1} nor a parent of it: DMARC would not count the signature.  If you want it all the "
		"same, say third-party",
		key->domain, whom);
	return false;
}

static bool put_rule(struct table *t, slice form, struct rule *rule, const struct table_source *at)
{
	struct rule *first = map_get(&t->rules, form);
	size_t n = 0;
	struct rule *last = first;
	for (struct rule *other = first; other; other = other->next, n++) {
		last = other;
		if (slice_eq(other->key->selector, rule->key->selector) &&
		    slice_eq(other->key->domain, rule->key->domain)) {
			struct table_source stands = { other->file, other->line, at->problems };
			struct buf where;
			buf_init_arena(&where, &t->arena, 4096);
			buf_put(&where, stands.file);
			buf_put_char(&where, ':');
			buf_put_number(&where, stands.line);
			table_error(at, "{0} has this selector already: {1} stands, this line does not count", form,
			            buf_slice(&where));
			return false;
		}
	}
	if (n == TABLE_KEYS_MAX) {
		table_error(at, "{0} has eight keys already: more do not sign one message", form, (slice) { 0 });
		return false;
	}
	if (last) {
		last->next = rule;
	} else if (!map_put(&t->rules, form, rule)) {
		return table_has_room(t, at);
	}
	t->n_rules++;
	return true;
}

void table_add_rule(struct table *t, const struct table_rule_text *r, const struct table_source *at)
{
	struct {
		struct rule rule;
		struct key key;
	} * both;
	slice form;
	struct key key = { .file = at->file, .line = (uint32_t)at->line };
	if (!table_has_room(t, at)) {
		return;
	}
	if (!table_form(t, r->who, &form)) {
		table_error(at, "{0} is no address and no domain", r->who, (slice) { 0 });
		return;
	}
	if (!form.at) {
		(void)table_has_room(t, at);
		return;
	}
	if (!read_place(t, r, &key, at) || !read_selector(r, &key, at) || !read_sign_as(t, r, form, &key, at) ||
	    !is_party(r, form, &key, at)) {
		return;
	}
	both = arena_alloc(&t->arena, sizeof(*both));
	if (!both) {
		(void)table_has_room(t, at);
		return;
	}
	both->key = key;
	both->rule = (struct rule) {
		.key = &both->key, .file = at->file, .line = (uint32_t)at->line, .third_party = r->third_party
	};
	(void)put_rule(t, form, &both->rule, at);
}
