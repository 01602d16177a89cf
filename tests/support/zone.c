/* SPDX-License-Identifier: Apache-2.0 */
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/arena.h"
#include "../../src/base/buf.h"
#include "../../src/base/chars.h"
#include "../../src/base/ip.h"
#include "../../src/base/name.h"

#define ZONE_BYTES ((size_t)64 << 20)

struct record {
	struct record *next;
	slice name; /* lower case, no final dot */
	int type;   /* 0: every type */
	enum signet_dns_status status; /* NOERROR with has_data: a record */
	bool has_data;
	struct signet_rr rr;
};

struct zone {
	struct signet_arena arena;
	struct record *first;
	struct record **last;
	unsigned gaps; /* of a source */
	unsigned told;
};

static struct zone *zone_new(void)
{
	struct zone *z = calloc(1, sizeof(*z));
	if (!z) {
		abort();
	}
	arena_init(&z->arena, ZONE_BYTES);
	z->last = &z->first;
	return z;
}

void zone_free(struct zone *z)
{
	if (z) {
		arena_finish(&z->arena);
		free(z);
	}
}

static int type_of(slice word)
{
	static const struct {
		const char *name;
		int type;
	} types[] = { { "A", SIGNET_RR_A },       { "AAAA", SIGNET_RR_AAAA }, { "TXT", SIGNET_RR_TXT },
		      { "MX", SIGNET_RR_MX },     { "PTR", SIGNET_RR_PTR },   { "CNAME", SIGNET_RR_CNAME },
		      { "NS", SIGNET_RR_NS },     { "SOA", SIGNET_RR_SOA },   { "SPF", 99 } };
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (slice_eq_nocase(word, slice_of(types[i].name))) {
			return types[i].type;
		}
	}
	return 0;
}

static enum signet_dns_status status_of(slice word)
{
	static const enum signet_dns_status known[] = { SIGNET_DNS_NXDOMAIN, SIGNET_DNS_SERVFAIL, SIGNET_DNS_REFUSED,
							SIGNET_DNS_TIMEOUT, SIGNET_DNS_BOGUS };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (slice_eq_nocase(word, slice_of(signet_dns_status_name(known[i])))) {
			return known[i];
		}
	}
	return SIGNET_DNS_UNANSWERED;
}

static struct record *add(struct zone *z, slice name, int type)
{
	struct record *r = arena_alloc(&z->arena, sizeof(*r));
	if (!r) {
		abort();
	}
	r->name = arena_lower(&z->arena, name_without_dot(name));
	r->type = type;
	*z->last = r;
	z->last = &r->next;
	return r;
}

static void add_status(struct zone *z, slice name, int type, enum signet_dns_status status)
{
	add(z, name, type)->status = status;
}

static void add_data(struct zone *z, slice name, int type, slice data)
{
	struct record *r = add(z, name, type);
	struct signet_ip ip;
	r->has_data = true;
	r->status = SIGNET_DNS_NOERROR;
	if (type == SIGNET_RR_MX) {
		slice rest = data;
		r->rr.preference = (uint16_t)strtoul(slice_split(&rest, ' ').at, NULL, 10);
		data = name_without_dot(slice_trim_wsp(rest));
	} else if (type == SIGNET_RR_PTR || type == SIGNET_RR_CNAME || type == SIGNET_RR_NS) {
		data = name_without_dot(data);
	} else if (type == SIGNET_RR_A || type == SIGNET_RR_AAAA) {
		if (!ip_parse_v4(data, &ip) && !ip_parse_v6(data, &ip)) {
			fprintf(stderr, "zone: bad address %.*s\n", (int)data.len, data.at);
			abort();
		}
		data = slice_make((const char *)ip.octets, ip.family == 4 ? 4 : 16);
	}
	r->rr.data = arena_copy(&z->arena, data);
}

static void add_line(struct zone *z, slice line)
{
	slice rest = line;
	slice name = slice_split(&rest, ' ');
	slice word = rest.at ? slice_split(&rest, ' ') : (slice){ 0 };
	int type = type_of(word);
	if (!type && status_of(word)) {
		add_status(z, name, 0, status_of(word));
	} else if (type && rest.len && rest.at[0] == '!' && status_of(slice_from(rest, 1))) {
		add_status(z, name, type, status_of(slice_from(rest, 1)));
	} else if (type) {
		add_data(z, name, type, rest);
	} else {
		fprintf(stderr, "zone: cannot read line: %.*s\n", (int)line.len, line.at);
		abort();
	}
}

struct zone *zone_of_text(const char *text)
{
	struct zone *z = zone_new();
	for (slice rest = slice_of(text); rest.at;) {
		slice line = slice_split(&rest, '\n');
		if (line.len) {
			add_line(z, line);
		}
	}
	return z;
}

static slice json_slice(const json_t *value)
{
	return slice_make(json_string_value(value), json_string_length(value));
}

static void add_json_value(struct zone *z, slice name, int type, const json_t *value)
{
	if (json_is_string(value)) {
		add_data(z, name, type, json_slice(value));
		return;
	}
	struct buf text; /* one TXT record of several character-strings */
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < json_array_size(value); i++) {
		buf_put(&text, json_slice(json_array_get(value, i)));
	}
	add_data(z, name, type, buf_slice(&text));
	buf_finish(&text);
}

static void add_json_type(struct zone *z, slice name, const char *key, const json_t *values)
{
	slice word = slice_of(key);
	int type = type_of(word);
	if (json_is_true(values)) {
		add_status(z, name, 0, status_of(word));
	} else if (type && json_is_string(values)) {
		add_status(z, name, type, status_of(json_slice(values)));
	} else if (type) {
		size_t i;
		json_t *value;
		add(z, name, type)->status = SIGNET_DNS_NOERROR; /* an empty list is NODATA */
		json_array_foreach(values, i, value) {
			add_json_value(z, name, type, value);
		}
	} else if (!slice_eq(word, S("TYPE99"))) {
		fprintf(stderr, "zone: unknown type %s\n", key);
	}
}

void zone_add_json(struct zone *z, const json_t *zone)
{
	const char *name;
	json_t *types;
	json_object_foreach((json_t *)(uintptr_t)zone, name, types) {
		slice own = name_without_dot(slice_of(name));
		for (struct record *r = z->first; r; r = r->next) {
			if (slice_eq_nocase(r->name, own)) {
				r->name = S("(replaced)");
			}
		}
		const char *key;
		json_t *values;
		json_object_foreach(types, key, values) {
			add_json_type(z, own, key, values);
		}
	}
}

struct zone *zone_of_json(const json_t *zone)
{
	struct zone *z = zone_new();
	zone_add_json(z, zone);
	return z;
}

static bool owns(const struct zone *z, slice name)
{
	for (const struct record *r = z->first; r; r = r->next) {
		if (slice_eq(r->name, name)) {
			return true;
		}
	}
	return false;
}

static bool is_above_some(const struct zone *z, slice name)
{
	for (const struct record *r = z->first; r; r = r->next) {
		if (name_is_at_or_below(r->name, name)) {
			return true;
		}
	}
	return false;
}

/* The owner whose records answer for `name`: itself, else the wildcard at its closest encloser (RFC 4592), else "*". */
static slice owner_of(struct zone *z, slice name)
{
	if (is_above_some(z, name)) {
		return name;
	}
	for (slice parent = name_parent(name); parent.len; parent = name_parent(parent)) {
		slice star = ARENA_JOIN(&z->arena, S("*."), parent);
		if (owns(z, star)) {
			return star;
		}
		if (is_above_some(z, parent)) {
			break;
		}
	}
	return owns(z, S("*")) ? S("*") : (slice){ 0 };
}

/* The records of one owner and type; true if a CNAME leads on. */
static bool collect(struct zone *z, slice owner, int type, struct signet_answer *ans, slice *target)
{
	size_t room = 0;
	for (const struct record *r = z->first; r; r = r->next) {
		room += slice_eq(r->name, owner);
	}
	struct signet_rr *rr = arena_array(&z->arena, room ? room : 1, sizeof(*rr));
	bool alias = false;
	if (!rr) {
		abort();
	}
	ans->rr = rr;
	for (const struct record *r = z->first; r; r = r->next) {
		if (!slice_eq(r->name, owner)) {
			continue;
		}
		if (!r->has_data && r->status != SIGNET_DNS_NOERROR && (r->type == type || (!r->type && !ans->n))) {
			ans->status = r->status;
		} else if (r->has_data && r->type == type) {
			ans->status = SIGNET_DNS_NOERROR;
			rr[ans->n++] = r->rr;
		} else if (r->has_data && r->type == SIGNET_RR_CNAME) {
			alias = true;
			*target = r->rr.data;
		}
	}
	return alias && !ans->n;
}

struct signet_answer zone_lookup(struct zone *z, const struct signet_question *q)
{
	struct signet_answer ans = { .ttl_s = 3600 };
	slice name = arena_lower(&z->arena, name_without_dot(q->name));
	for (int hops = 0; hops < 12; hops++) {
		slice owner = owner_of(z, name);
		slice target = { 0 };
		ans.status = owner.at ? SIGNET_DNS_NOERROR : SIGNET_DNS_NXDOMAIN;
		ans.n = 0;
		if (!owner.at || !collect(z, owner, (int)q->type, &ans, &target)) {
			return ans;
		}
		ans.aliased = true;
		name = arena_lower(&z->arena, target);
	}
	ans.status = SIGNET_DNS_SERVFAIL; /* a loop of CNAMEs */
	return ans;
}

static bool answer(struct zone *z, struct signet_book *book, const struct signet_question *q)
{
	struct signet_answer ans = zone_lookup(z, q);
	return signet_book_answer(book, q, &ans) == SIGNET_OK;
}

size_t zone_answer_all(struct zone *z, struct signet_book *book)
{
	struct signet_question q;
	size_t n = 0;
	while (signet_book_next(book, &q)) {
		n += answer(z, book, &q);
	}
	return n;
}

static bool at_hand(void *data, const struct signet_question *q, struct signet_answer *ret)
{
	struct zone *z = data;
	z->told++;
	if (z->gaps && z->told % z->gaps == 0) {
		return false;
	}
	*ret = zone_lookup(z, q);
	return true;
}

void zone_attach(struct zone *z, struct signet_book *book, unsigned gaps)
{
	z->gaps = gaps;
	signet_book_set_source(book, at_hand, z);
}

size_t zone_answer_some(struct zone *z, struct signet_book *book, size_t n, unsigned seed)
{
	struct signet_question open[1000];
	struct signet_answer ans;
	size_t count = 0;
	size_t done = 0;
	for (size_t i = 0; count < 1000 && signet_book_entry(book, i, &open[count], &ans); i++) {
		count += ans.status == SIGNET_DNS_UNANSWERED;
	}
	for (; done < n && count; done++) {
		seed = seed * 1103515245u + 12345u;
		size_t pick = (seed >> 16) % count;
		answer(z, book, &open[pick]);
		open[pick] = open[--count];
	}
	return done;
}
