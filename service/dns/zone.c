/* SPDX-License-Identifier: Apache-2.0 */
#include "zone.h"

#include <stdlib.h>

struct signet_zones *zone_new(void)
{
	struct signet_zones *z = calloc(1, sizeof(*z));
	if (z) {
		arena_init(&z->arena, ZONE_BYTES);
		map_init(&z->nodes, &z->arena, (uint64_t)(uintptr_t)z);
	}
	return z;
}

void signet_zones_free(struct signet_zones *z)
{
	if (z) {
		arena_finish(&z->arena);
		free(z);
	}
}

size_t signet_zones_records(const struct signet_zones *z)
{
	return z->n_records;
}

struct zone_node *zone_node(struct signet_zones *z, const struct dname *lower_name)
{
	struct zone_node *wanted = map_get(&z->nodes, dname_slice(lower_name));
	if (wanted) {
		return wanted;
	}
	slice key = arena_copy(&z->arena, dname_slice(lower_name));
	while (key.at && !map_get(&z->nodes, key)) {
		struct zone_node *node = arena_alloc(&z->arena, sizeof(*node));
		if (!node || !map_put(&z->nodes, key, node)) {
			return NULL;
		}
		wanted = wanted ? wanted : node;
		key = dname_parent(key);
	}
	return wanted;
}

static struct zone_set *find_set(const struct zone_node *node, uint16_t type)
{
	struct zone_set *set = node->sets;
	while (set && set->type != type) {
		set = set->next;
	}
	return set;
}

struct zone_set *zone_set(struct signet_zones *z, struct zone_node *node, uint16_t type)
{
	struct zone_set *set = find_set(node, type);
	if (!set) {
		set = arena_alloc(&z->arena, sizeof(*set));
		if (set) {
			*set = (struct zone_set) { .next = node->sets, .type = type, .ttl_s = INT32_MAX };
			node->sets = set;
		}
	}
	return set;
}

static bool make_room(struct signet_zones *z, struct zone_set *set)
{
	if (set->n < set->room) {
		return true;
	}
	size_t room = set->room ? set->room * 2 : 1;
	struct signet_rr *rr = arena_array(&z->arena, room, sizeof(*rr));
	if (!rr) {
		return false;
	}
	if (set->n) {
		memcpy(rr, set->rr, set->n * sizeof(*rr));
	}
	set->rr = rr;
	set->room = room;
	return true;
}

static bool has_record(const struct zone_set *set, const struct signet_rr *rr)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->rr[i].preference == rr->preference && slice_eq(set->rr[i].data, rr->data)) {
			return true;
		}
	}
	return false;
}

enum signet_status zone_add(struct signet_zones *z, const struct dname *lower_name, uint16_t type, uint32_t ttl_s,
                            struct signet_rr rr, slice target)
{
	struct zone_node *node = zone_node(z, lower_name);
	struct zone_set *set = node ? zone_set(z, node, type) : NULL;
	if (!set) {
		return SIGNET_NO_MEMORY;
	}
	set->ttl_s = ttl_s < set->ttl_s ? ttl_s : set->ttl_s; /* RFC 2181 5.2: one TTL for a set */
	if (has_record(set, &rr)) {
		return SIGNET_OK;
	}
	if (set->n == ZONE_SET_RECORDS) {
		return SIGNET_LIMIT;
	}
	rr.data = arena_copy(&z->arena, rr.data);
	if (!rr.data.at || !make_room(z, set)) {
		return SIGNET_NO_MEMORY;
	}
	if (target.len && set->n == 0) {
		set->target = arena_copy(&z->arena, target);
		z->has_dname |= type == ZONE_DNAME;
	}
	set->rr[set->n++] = rr;
	z->n_records++;
	return z->arena.failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}

/* RFC 4592 3.3.1: the node of the name; else of "*" below the closest encloser; else NULL. */
static const struct zone_node *find_node(const struct signet_zones *z, slice name)
{
	const struct zone_node *node = map_get(&z->nodes, name);
	if (node) {
		return node;
	}
	slice encloser = name;
	do {
		if (encloser.len == 1) {
			return NULL; /* no file at all: not even the root exists */
		}
		encloser = dname_parent(encloser);
	} while (!map_get(&z->nodes, encloser));
	char star[DNAME_OCTETS + 2] = { 1, '*' };
	memcpy(star + 2, encloser.at, encloser.len);
	return map_get(&z->nodes, slice_make(star, encloser.len + 2));
}

/* RFC 2308 5: of the zone the name is in; 0 without SOA. */
static uint32_t negative_ttl(const struct signet_zones *z, slice name)
{
	for (;; name = dname_parent(name)) {
		const struct zone_node *node = map_get(&z->nodes, name);
		const struct zone_set *soa = node ? find_set(node, SIGNET_RR_SOA) : NULL;
		if (soa && soa->n && soa->rr[0].data.len >= 4) {
			const unsigned char *at = (const unsigned char *)soa->rr[0].data.at + soa->rr[0].data.len - 4;
			uint32_t minimum = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
			return minimum < soa->ttl_s ? minimum : soa->ttl_s;
		}
		if (name.len == 1) {
			return 0;
		}
	}
}

static void lower_ttl(struct signet_answer *ans, uint32_t ttl_s)
{
	ans->ttl_s = ttl_s < ans->ttl_s ? ttl_s : ans->ttl_s;
}

static struct signet_answer failure(const struct signet_answer *ans, enum signet_dns_status status)
{
	return (struct signet_answer) { .status = status, .aliased = ans->aliased };
}

/* The topmost DNAME above the name (RFC 6672 3.2): what is below it is hidden. */
static const struct zone_set *find_dname(const struct signet_zones *z, slice name, size_t *ret_prefix)
{
	const struct zone_set *found = NULL;
	for (slice above = dname_parent(name); z->has_dname && above.len > 1; above = dname_parent(above)) {
		const struct zone_node *node = map_get(&z->nodes, above);
		const struct zone_set *set = node ? find_set(node, ZONE_DNAME) : NULL;
		if (set && set->n) {
			found = set;
			*ret_prefix = name.len - above.len;
		}
	}
	return found;
}

/* The first `prefix` octets of the name, then the target.  False if that is too long for a name. */
static bool rename_to(struct dname *name, size_t prefix, slice target)
{
	if (prefix + target.len > DNAME_OCTETS) {
		return false;
	}
	memcpy(name->at + prefix, target.at, target.len);
	name->len = prefix + target.len;
	return true;
}

/* One step: true if `ans` is final, false if `name` was replaced by the name it is an alias of. */
static bool step(const struct signet_zones *z, struct dname *name, uint16_t type, struct signet_answer *ans)
{
	size_t prefix = 0;
	const struct zone_set *alias = find_dname(z, dname_slice(name), &prefix);
	const struct zone_node *node = alias ? NULL : find_node(z, dname_slice(name));
	const struct zone_set *set = node ? find_set(node, type) : NULL;
	if (node && node->fails) {
		*ans = failure(ans, node->status);
		return true;
	}
	if (set && set->fails) {
		*ans = failure(ans, set->status);
		return true;
	}
	if (set && set->n) {
		lower_ttl(ans, set->ttl_s);
		ans->n = set->n;
		ans->rr = set->rr;
		return true;
	}
	alias = alias ? alias : node ? find_set(node, SIGNET_RR_CNAME) : NULL;
	if (!alias || !alias->n) {
		ans->status = node ? SIGNET_DNS_NOERROR : SIGNET_DNS_NXDOMAIN;
		lower_ttl(ans, negative_ttl(z, dname_slice(name)));
		return true;
	}
	ans->aliased = true;
	lower_ttl(ans, alias->ttl_s);
	if (!rename_to(name, prefix, alias->target)) {
		*ans = failure(ans, SIGNET_DNS_OTHER); /* RFC 6672 2.2: YXDOMAIN */
		return true;
	}
	return false;
}

struct signet_answer signet_zones_lookup(const struct signet_zones *z, const struct signet_question *question)
{
	struct signet_answer ans = { .status = SIGNET_DNS_NOERROR, .ttl_s = INT32_MAX };
	struct dname name;
	if (!dname_of_text(question->name, &name)) {
		return (struct signet_answer) { .status = SIGNET_DNS_NXDOMAIN };
	}
	dname_lower(&name);
	for (int n = 0; n <= ZONE_CNAMES; n++) {
		if (step(z, &name, (uint16_t)question->type, &ans)) {
			return ans;
		}
	}
	return failure(&ans, SIGNET_DNS_SERVFAIL);
}
