/* SPDX-License-Identifier: Apache-2.0 */
/* table_bind: who may use which From domain. */
#include "../../src/base/ip.h"
#include "../../src/base/name.h"
#include "table_inner.h"

/* One binding of a login, an address or a name; there may be several. */
struct holder {
	uint32_t binding;
	struct holder *next;
};

/* Keys of `bound` begin with the kind, so that a login is never taken for the name of a client. */
enum holder_kind {
	LOGIN = 'l',
	CLIENT_NAME = 'n',
	CLIENT_NETWORK = 'a',
};

#define NETWORK_OCTETS 19 /* kind, family, bits, address */

/* Is the name bound at all, and does one of its bindings allow the domain? */
struct judgement {
	bool known;
	bool allowed;
};

struct asked {
	const struct table *t;
	struct signet_arena *a;
	slice local, domain; /* of From */
	slice login_domain; /* empty: none */
};

void table_expect_bindings(struct table *t)
{
	t->binds = true;
}

uint32_t table_add_binding(struct table *t, const struct table_source *at)
{
	table_expect_bindings(t); /* even one that turns out to be wrong must not open the gate for all */
	return table_has_room(t, at) ? ++t->n_bindings : 0;
}

static slice with_kind(struct signet_arena *a, enum holder_kind kind, slice text)
{
	char letter = (char)kind;
	return ARENA_JOIN(a, slice_make(&letter, 1), text);
}

static void hold(struct table *t, slice key, uint32_t binding, const struct table_source *at)
{
	struct holder *holder = arena_alloc(&t->arena, sizeof(*holder));
	if (holder) {
		*holder = (struct holder) { .binding = binding, .next = map_get(&t->bound, key) };
	}
	if (!holder || !map_put(&t->bound, key, holder)) {
		(void)table_has_room(t, at);
	}
}

/* "user@domain" with the domain in normal form; other logins as they are. */
static slice login_form(slice login, struct signet_arena *a, slice *ret_domain)
{
	slice local, domain;
	slice normal = { 0 };
	*ret_domain = (slice) { 0 };
	if (!table_split_address(login, &local, &domain) || name_normalize(domain, a, &normal) != NAME_GOOD) {
		return login;
	}
	*ret_domain = normal;
	return ARENA_JOIN(a, local, S("@"), normal);
}

void table_bind_login(struct table *t, uint32_t binding, slice login, const struct table_source *at)
{
	slice domain;
	if (!login.len || slice_eq(login, S("@"))) {
		table_error(at, "{0} is no login", login, (slice) { 0 });
		return;
	}
	slice form = login_form(login, &t->arena, &domain);
	if (slice_starts(login, S("@")) && !domain.len) {
		table_error(at, "{0} is no domain of logins", login, (slice) { 0 });
		return;
	}
	hold(t, with_kind(&t->arena, LOGIN, form), binding, at);
}

/* The key of a network: host bits are cleared. */
static slice network_key(const struct signet_ip *ip, unsigned bits, char at[static NETWORK_OCTETS])
{
	memset(at, 0, NETWORK_OCTETS);
	at[0] = CLIENT_NETWORK;
	at[1] = (char)ip->family;
	at[2] = (char)bits;
	for (unsigned i = 0; i < 16 && i * 8 < bits; i++) {
		unsigned keep = bits - i * 8 >= 8 ? 8 : bits - i * 8;
		at[3 + i] = (char)(ip->octets[i] & (0xffu << (8 - keep)));
	}
	return slice_make(at, NETWORK_OCTETS);
}

void table_bind_client(struct table *t, uint32_t binding, slice client, const struct table_source *at)
{
	struct signet_network network;
	char octets[NETWORK_OCTETS];
	slice form;
	if (signet_network_parse(client, &network)) {
		t->prefixes[network.ip.family == 6][network.bits] = 1;
		hold(t, arena_copy(&t->arena, network_key(&network.ip, network.bits, octets)), binding, at);
	} else if (slice_find_char(client, '@') == SLICE_NONE && slice_find_char(client, '/') == SLICE_NONE &&
	           !slice_eq(client, S("*")) && table_form(t, client, &form)) {
		hold(t, with_kind(&t->arena, CLIENT_NAME, form), binding, at);
	} else {
		table_error(at, "{0} is no address, no network and no name of a client", client, (slice) { 0 });
	}
}

static slice from_key(struct signet_arena *a, uint32_t binding, slice form)
{
	char number[sizeof(binding)];
	memcpy(number, &binding, sizeof(binding));
	return ARENA_JOIN(a, slice_make(number, sizeof(number)), form);
}

void table_bind_from(struct table *t, uint32_t binding, slice from, const struct table_source *at)
{
	slice form = S("%");
	if (!slice_eq(from, form) && !table_form(t, from, &form)) {
		table_error(at, "{0} is no address and no domain", from, (slice) { 0 });
		return;
	}
	if (!map_put(&t->froms, from_key(&t->arena, binding, form), t)) {
		(void)table_has_room(t, at);
	}
}

static bool has_from(const struct asked *q, uint32_t binding, slice form)
{
	return map_get(&q->t->froms, from_key(q->a, binding, form)) != NULL;
}

static bool binding_allows(const struct asked *q, uint32_t binding)
{
	bool own = q->login_domain.len && slice_eq(q->login_domain, q->domain);
	bool found = has_from(q, binding, q->domain) || has_from(q, binding, S("*")) ||
	             (own && has_from(q, binding, S("%"))) ||
	             has_from(q, binding, ARENA_JOIN(q->a, q->local, S("@"), q->domain));
	for (size_t i = 0; !found && i < q->domain.len; i++) {
		found = q->domain.at[i] == '.' && has_from(q, binding, slice_from(q->domain, i));
	}
	return found;
}

static void judge_holders(const struct asked *q, slice key, struct judgement *j)
{
	for (const struct holder *h = map_get(&q->t->bound, key); h && !j->allowed; h = h->next) {
		j->known = true;
		j->allowed = binding_allows(q, h->binding);
	}
}

static struct judgement judge_login(struct asked *q, slice login)
{
	struct judgement j = { 0 };
	slice form = login_form(login, q->a, &q->login_domain);
	judge_holders(q, with_kind(q->a, LOGIN, form), &j);
	if (q->login_domain.len) {
		judge_holders(q, with_kind(q->a, LOGIN, ARENA_JOIN(q->a, S("@"), q->login_domain)), &j);
	}
	judge_holders(q, with_kind(q->a, LOGIN, S("*")), &j);
	return j;
}

static struct judgement judge_client(const struct asked *q, const struct signet_ip *client, slice name)
{
	struct signet_ip unmapped = *client;
	const struct signet_ip *ip = &unmapped;
	ip_unmap(&unmapped);
	struct judgement j = { 0 };
	slice normal = { 0 };
	char octets[NETWORK_OCTETS];
	unsigned longest = ip->family == 4 ? 32 : ip->family == 6 ? 128 : 0;
	for (unsigned bits = 0; ip->family && bits <= longest; bits++) {
		if (q->t->prefixes[ip->family == 6][bits]) {
			judge_holders(q, network_key(ip, bits, octets), &j);
		}
	}
	if (!name.len || name_normalize(name, q->a, &normal) != NAME_GOOD) {
		return j;
	}
	judge_holders(q, with_kind(q->a, CLIENT_NAME, normal), &j);
	for (size_t i = 0; i < normal.len; i++) {
		if (normal.at[i] == '.') {
			judge_holders(q, with_kind(q->a, CLIENT_NAME, slice_from(normal, i)), &j);
		}
	}
	return j;
}

enum table_why bindings_judge(const struct table *t, const struct table_query *q, slice local, slice domain,
                              struct signet_arena *a)
{
	struct asked asked = { .t = t, .a = a, .local = local, .domain = domain };
	if (!t->binds) {
		return TABLE_SIGNS;
	}
	struct judgement j =
		q->login.len ? judge_login(&asked, q->login) : judge_client(&asked, &q->client, q->client_name);
	if (j.allowed) {
		return TABLE_SIGNS;
	}
	if (q->login.len) {
		return j.known ? TABLE_LOGIN_NOT_BOUND : TABLE_LOGIN_UNKNOWN;
	}
	return j.known ? TABLE_CLIENT_NOT_BOUND : TABLE_CLIENT_UNKNOWN;
}
