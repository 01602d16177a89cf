/* SPDX-License-Identifier: Apache-2.0 */
/* Recipients whose mail is never rejected or quarantined: they must hear of what goes wrong (RFC 2142). */
#include "../../src/base/name.h"
#include "inner.h"

#define ADDRESS_OCTETS 1024 /* longer ones are like nobody's */
#define NAME_BYTES 4096

static const bool enforces = true, spares = false;

/* local part and domain as they compare: lower case, without quotes that are not needed, normal form. */
struct address {
	slice local, domain;
};

static slice strip_quotes(slice local)
{
	bool is_quoted = local.len >= 2 && local.at[0] == '"' && local.at[local.len - 1] == '"';
	return is_quoted && slice_find_char(local, '\\') == SLICE_NONE ? slice_make(local.at + 1, local.len - 2)
	                                                               : local;
}

static struct address read_address(slice text, struct signet_arena *a)
{
	size_t at = slice_find_last_char(text, '@');
	struct address ret = { .local = strip_quotes(slice_first(text, at == SLICE_NONE ? text.len : at)) };
	slice domain = at == SLICE_NONE ? (slice) { 0 } : slice_from(text, at + 1);
	ret.local = arena_lower(a, ret.local);
	if (domain.len && name_normalize(domain, a, &ret.domain) != NAME_GOOD) {
		ret.domain = (slice) { 0 };
	}
	return ret;
}

static slice key_of(const struct address *address, bool local, bool domain, struct signet_arena *a)
{
	return ARENA_JOIN(a, local ? address->local : S(""), S("@"), domain ? address->domain : S(""));
}

static void put(struct making *m, slice text, bool enforce)
{
	struct rules *r = m->rules;
	bool is_domain = slice_find_char(text, '@') == SLICE_NONE && slice_find_char(text, '.') != SLICE_NONE;
	struct address address = is_domain ? (struct address) { 0 } : read_address(text, &r->arena);
	if (is_domain && name_normalize(text, &r->arena, &address.domain) != NAME_GOOD) {
		address.domain = (slice) { 0 };
	}
	slice key = key_of(&address, true, true, &r->arena);
	(void)map_put(&r->recipients, key, (void *)(uintptr_t)(enforce ? &enforces : &spares));
}

void recipients_make(struct making *m)
{
	const struct conf *c = m->conf;
	map_init(&m->rules->recipients, &m->rules->arena, 1);
	put(m, S("postmaster@"), false);
	put(m, S("abuse@"), false);
	for (size_t i = 0; i < c->recipient.n; i++) {
		const struct conf_recipient *one = conf_recipient_at(c, i);
		put(m, slice_of(one->place.title), one->enforce);
	}
}

/* The most exact word counts: address, local part, domain. */
bool rules_enforces_for(const struct rules *rules, slice recipient)
{
	static const struct {
		bool local, domain;
	} keys[] = { { true, true }, { true, false }, { false, true } };
	struct signet_arena a;
	if (recipient.len > ADDRESS_OCTETS) {
		return true;
	}
	arena_init(&a, NAME_BYTES + 8 * ADDRESS_OCTETS);
	struct address address = read_address(recipient, &a);
	const bool *found = NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !found; i++) {
		found = map_get(&rules->recipients, key_of(&address, keys[i].local, keys[i].domain, &a));
	}
	arena_finish(&a);
	return !found || *found;
}
