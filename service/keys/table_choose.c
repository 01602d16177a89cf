/* SPDX-License-Identifier: Apache-2.0 */
/* table_choose: from a message to the keys that sign it. */
#include "table.h"

#include "../../src/base/chars.h"
#include "../../src/base/name.h"
#include "table_inner.h"

/* What one choice is made of. */
struct choosing {
	const struct table *t;
	struct signet_arena *a;
	struct table_choice *choice;
};

const char *table_why_name(enum table_why why)
{
	static const char *const names[] = {
		[TABLE_SIGNS] = "signs",
		[TABLE_NO_AUTHOR] = "no-author",
		[TABLE_NO_RULE] = "no-rule",
		[TABLE_NO_KEY_NAME] = "no-key-name",
		[TABLE_THIRD_PARTY] = "third-party",
		[TABLE_LOGIN_NOT_BOUND] = "login-not-bound",
		[TABLE_LOGIN_UNKNOWN] = "login-unknown",
		[TABLE_CLIENT_NOT_BOUND] = "client-not-bound",
		[TABLE_CLIENT_UNKNOWN] = "client-unknown",
	};
	return names[why];
}

/* `text` with every "%" replaced by the domain of From, and a NUL behind it. */
static slice put_author(slice text, slice author, struct signet_arena *a)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		n += text.at[i] == '%' ? author.len : 1;
	}
	char *at = arena_octets(a, n + 1);
	if (!at) {
		return (slice) { 0 };
	}
	char *to = at;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '%') {
			memcpy(to, author.at, author.len);
			to += author.len;
		} else {
			*to++ = text.at[i];
		}
	}
	*to = 0;
	return slice_make(at, n);
}

static bool refuse(struct choosing *c, const struct rule *rule, enum table_why why, slice other)
{
	if (c->choice->n == 0) {
		c->choice->why = why;
		c->choice->other = other;
		c->choice->file = rule->file;
		c->choice->line = rule->line;
	}
	return true;
}

static bool is_there(const struct table_choice *choice, slice domain, slice selector)
{
	for (size_t i = 0; i < choice->n; i++) {
		if (slice_eq(choice->keys[i].domain, domain) && slice_eq(choice->keys[i].selector, selector)) {
			return true;
		}
	}
	return false;
}

/* The i= of a rule; one that is not at or below d= is left out, as OpenDKIM does. */
static slice identity_of(const struct choosing *c, const struct rule *rule, slice domain)
{
	slice local, at;
	slice identity = rule->identity.len ? put_author(rule->identity, c->choice->domain, c->a) : (slice) { 0 };
	return table_split_address(identity, &local, &at) && name_is_at_or_below(at, domain) ? identity : (slice) { 0 };
}

/* Adds the key of one rule to the choice, or says why not.  False: no memory. */
static bool take_rule(struct choosing *c, const struct rule *rule)
{
	struct table_choice *choice = c->choice;
	slice author = choice->domain;
	const struct key *key = rule->key ? rule->key : map_get(&c->t->opendkim.names, author);
	if (!key) {
		return refuse(c, rule, TABLE_NO_KEY_NAME, author);
	}
	slice domain = key->domain.len ? key->domain : author;
	if (!table_is_signing_domain(domain)) {
		return refuse(c, rule, TABLE_NO_AUTHOR, domain);
	}
	if (!rule->third_party && !name_is_at_or_below(author, domain)) {
		return refuse(c, rule, TABLE_THIRD_PARTY, domain);
	}
	if (is_there(choice, domain, key->selector) || choice->n == TABLE_KEYS_MAX) {
		return true;
	}
	choice->why = TABLE_SIGNS;
	choice->keys[choice->n++] = (struct table_key) {
		.domain = domain,
		.selector = key->selector,
		.identity = identity_of(c, rule, domain),
		.place = key->place,
		.path = key->path_has_author ? put_author(key->path, author, c->a) : key->path,
		.has_algorithm = key->has_algorithm,
		.algorithm = key->algorithm,
		.file = rule->file,
		.line = rule->line,
	};
	return !c->a->failed;
}

/* Address, domain, nearest parent. */
static const struct rule *find_own(const struct table *t, slice address, slice domain)
{
	const struct rule *rule = map_get(&t->rules, address);
	rule = rule ? rule : map_get(&t->rules, domain);
	for (size_t i = 0; !rule && i < domain.len; i++) {
		rule = domain.at[i] == '.' ? map_get(&t->rules, slice_from(domain, i)) : NULL;
	}
	return rule;
}

static size_t list_chain(const struct rule *rule, const struct rule **ret, size_t room)
{
	size_t n = 0;
	for (; rule && n < room; rule = rule->next) {
		ret[n++] = rule;
	}
	return n;
}

static size_t find_rules(const struct choosing *c, slice local, const struct rule **ret, size_t room)
{
	slice domain = c->choice->domain;
	slice address = ARENA_JOIN(c->a, local, S("@"), domain);
	size_t n = list_chain(find_own(c->t, address, domain), ret, room);
	n = n ? n : opendkim_find(c->t, local, domain, c->a, ret, room);
	return n ? n : list_chain(map_get(&c->t->rules, S("*")), ret, room);
}

enum signet_status table_choose(const struct table *t, const struct table_query *q, struct signet_arena *a,
                                struct table_choice *ret)
{
	const struct rule *rules[TABLE_KEYS_MAX];
	struct table_choice choice = { .why = TABLE_NO_AUTHOR };
	struct choosing c = { t, a, &choice };
	if (name_normalize(q->domain, a, &choice.domain) != NAME_GOOD) {
		if (!a->failed) {
			*ret = choice;
		}
		return a->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
	}
	slice local = q->local.len > TABLE_LOCAL_OCTETS ? S("") : table_local(q->local, a);
	size_t n = find_rules(&c, local, rules, TABLE_KEYS_MAX);
	choice.why = n ? bindings_judge(t, q, local, choice.domain, a) : TABLE_NO_RULE;
	bool may = choice.why == TABLE_SIGNS;
	for (size_t i = 0; may && i < n; i++) {
		if (!take_rule(&c, rules[i])) {
			return SIGNET_NO_MEMORY;
		}
	}
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	*ret = choice;
	return SIGNET_OK;
}

bool table_is_same_choice(const struct table_choice *a, const struct table_choice *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++) {
		same = slice_eq(a->keys[i].domain, b->keys[i].domain) &&
		       slice_eq(a->keys[i].selector, b->keys[i].selector) &&
		       slice_eq(a->keys[i].identity, b->keys[i].identity);
	}
	return same;
}
