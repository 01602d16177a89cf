/* SPDX-License-Identifier: Apache-2.0 */
/* table_find: which lines of OpenDKIM's SigningTable speak for an address. */
#include "table_inner.h"

/* "*" stands for any octets; goes back to the last "*" alone, so that the time is at most the product of the lengths. */
static bool is_like(slice pattern, slice text)
{
	size_t p = 0, i = 0, star = SLICE_NONE, from = 0;
	while (i < text.len) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = p++;
			from = i;
		} else if (p < pattern.len && pattern.at[p] == text.at[i]) {
			p++;
			i++;
		} else if (star != SLICE_NONE) {
			p = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*') {
		p++;
	}
	return p == pattern.len;
}

/* What was found, in the order of lines. */
struct found {
	const struct rule **at;
	size_t n, room;
};

static void add_by_line(struct found *f, const struct rule *rule)
{
	if (f->n == f->room) {
		if (f->at[f->n - 1]->line < rule->line) {
			return;
		}
		f->n--;
	}
	size_t i = f->n++;
	for (; i > 0 && f->at[i - 1]->line > rule->line; i--) {
		f->at[i] = f->at[i - 1];
	}
	f->at[i] = rule;
}

static void find_patterns(const struct table *t, slice ending, slice address, struct found *f)
{
	const struct ending *e = map_get(&t->opendkim.endings, ending);
	for (const struct pattern *p = e ? e->first : NULL; p; p = p->next) {
		if (is_like(p->text, address)) {
			add_by_line(f, &p->rule);
		}
	}
}

static void find_exact(const struct table *t, slice name, struct found *f)
{
	const struct rule *rule = map_get(&t->opendkim.exact, name);
	if (rule && f->n < f->room) {
		f->at[f->n++] = rule;
	}
}

size_t opendkim_find(const struct table *t, slice local, slice domain, struct signet_arena *a, const struct rule **ret,
                     size_t room)
{
	struct found f = { ret, 0, room };
	slice address = ARENA_JOIN(a, local, S("@"), domain);
	if (t->opendkim.endings.n) {
		find_patterns(t, (slice) { 0 }, address, &f);
		find_patterns(t, slice_from(address, local.len), address, &f);
	}
	if (t->opendkim.exact.n) {
		find_exact(t, address, &f);
		find_exact(t, domain, &f);
	}
	for (size_t i = 0; i < domain.len; i++) {
		slice parent = slice_from(domain, i);
		if (domain.at[i] != '.') {
			continue;
		}
		if (t->opendkim.exact.n) {
			find_exact(t, ARENA_JOIN(a, local, S("@"), parent), &f);
			find_exact(t, parent, &f);
		}
		if (t->opendkim.endings.n) {
			find_patterns(t, parent, address, &f);
		}
	}
	if (t->opendkim.exact.n) {
		find_exact(t, ARENA_JOIN(a, local, S("@*")), &f);
		find_exact(t, S("*"), &f);
	}
	return t->opendkim.multiple || f.n < 2 ? f.n : 1;
}
