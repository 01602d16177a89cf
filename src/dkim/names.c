/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "signature.h"

#define NAMES_OCTETS ((size_t)16 << 10) /* a cap of ours, far below what verifiers read of a signature */

struct row {
	slice name;
	enum signet_coverage coverage;
};

#define ROW(name, coverage)                                                                                            \
	{                                                                                                              \
		{ "" name, sizeof(name) - 1 }, (coverage)                                                              \
	}

/* RFC 6376 5.4.1, and what has come since: List-Id, List-Unsubscribe-Post (RFC 8058 4 wants it signed), Autocrypt. */
static const struct row usual[] = {
	ROW("from", SIGNET_COVER_MORE),
	ROW("sender", SIGNET_COVER_MORE),
	ROW("reply-to", SIGNET_COVER_MORE),
	ROW("subject", SIGNET_COVER_MORE),
	ROW("date", SIGNET_COVER_MORE),
	ROW("message-id", SIGNET_COVER_MORE),
	ROW("to", SIGNET_COVER_MORE),
	ROW("cc", SIGNET_COVER_MORE),
	ROW("mime-version", SIGNET_COVER_MORE),
	ROW("content-type", SIGNET_COVER_MORE),
	ROW("content-transfer-encoding", SIGNET_COVER_MORE),
	ROW("content-disposition", SIGNET_COVER),
	ROW("content-id", SIGNET_COVER),
	ROW("content-description", SIGNET_COVER),
	ROW("in-reply-to", SIGNET_COVER),
	ROW("references", SIGNET_COVER),
	ROW("resent-date", SIGNET_COVER),
	ROW("resent-from", SIGNET_COVER),
	ROW("resent-sender", SIGNET_COVER),
	ROW("resent-to", SIGNET_COVER),
	ROW("resent-cc", SIGNET_COVER),
	ROW("resent-message-id", SIGNET_COVER),
	ROW("list-id", SIGNET_COVER),
	ROW("list-help", SIGNET_COVER),
	ROW("list-unsubscribe", SIGNET_COVER),
	ROW("list-unsubscribe-post", SIGNET_COVER),
	ROW("list-subscribe", SIGNET_COVER),
	ROW("list-post", SIGNET_COVER),
	ROW("list-owner", SIGNET_COVER),
	ROW("list-archive", SIGNET_COVER),
	ROW("autocrypt", SIGNET_COVER),
};

#define USUAL (sizeof(usual) / sizeof(usual[0]))

bool names_is_never(slice name)
{
	static const slice never[] = {
		{ "return-path", 11 },    { "received", 8 }, { "authentication-results", 22 },
		{ "dkim-signature", 14 }, { "bcc", 3 },      { "resent-bcc", 10 },
	};
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (RULE("6376:5.4.1", slice_eq_nocase(name, never[i]))) {
			return true;
		}
	}
	return RULE("8617:4.1.2", slice_starts_nocase(name, S("arc-"))) || slice_starts_nocase(name, S("bimi-"));
}

static const struct signet_coverage_rule *find_rule(const struct names_wish *wish, slice name)
{
	for (size_t i = wish->n_rules; i-- > 0;) { /* the last word counts */
		if (slice_eq_nocase(wish->rules[i].name, name)) {
			return &wish->rules[i];
		}
	}
	return NULL;
}

enum signet_coverage signet_coverage_usual(signet_slice name)
{
	for (size_t i = 0; i < USUAL; i++) {
		if (slice_eq_nocase(usual[i].name, name)) {
			return usual[i].coverage;
		}
	}
	return SIGNET_COVER_NOT;
}

static enum signet_coverage names_coverage(const struct names_wish *wish, slice name)
{
	const struct signet_coverage_rule *rule = find_rule(wish, name);
	if (rule) {
		return rule->coverage;
	}
	return signet_coverage_usual(name);
}

struct list {
	const struct names_wish *wish;
	const struct field_index *index;
	struct buf out;
	size_t n;
};

/* Every instance, and perhaps one more: who names a field that is not there signs its absence (RFC 6376 5.4.2). */
static void add(struct list *l, slice name)
{
	enum signet_coverage coverage = names_coverage(l->wish, name);
	if (coverage == SIGNET_COVER_NOT) {
		return;
	}
	size_t n = field_index_count(l->index, name) + RULE("6376:8.15", coverage == SIGNET_COVER_MORE);
	for (; n > 0 && buf_ok(&l->out); n--) {
		if (l->n++) {
			buf_put_char(&l->out, ':');
		}
		buf_put_lower(&l->out, name);
	}
}

/* The rules that speak of a name for the last time, so that each name is added once. */
static void add_rules(struct list *l, bool with_usual)
{
	for (size_t i = 0; i < l->wish->n_rules; i++) {
		const struct signet_coverage_rule *rule = &l->wish->rules[i];
		bool is_usual = false;
		for (size_t k = 0; k < USUAL; k++) {
			is_usual |= slice_eq_nocase(rule->name, usual[k].name);
		}
		if (find_rule(l->wish, rule->name) == rule && (with_usual || !is_usual)) {
			add(l, rule->name);
		}
	}
}

enum signet_status names_choose(const struct names_wish *wish, const struct field_index *index, struct signet_arena *a,
                                slice *ret)
{
	struct list l = { .wish = wish, .index = index };
	buf_init_arena(&l.out, a, NAMES_OCTETS);
	if (wish->only_rules) {
		if (RULE("6376:5.4", !find_rule(wish, S("from")))) {
			add(&l, S("from"));
		}
		add_rules(&l, true);
	} else {
		for (size_t i = 0; i < USUAL; i++) {
			add(&l, usual[i].name);
		}
		add_rules(&l, false);
	}
	for (size_t n = wish->with_signatures ? field_index_count(index, S("dkim-signature")) : 0; n > 0; n--) {
		buf_put(&l.out, S(":dkim-signature"));
		l.n++;
	}
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	if (!buf_ok(&l.out) || l.n > SIGNATURE_NAMES_MAX) {
		return SIGNET_LIMIT;
	}
	*ret = buf_slice(&l.out);
	return SIGNET_OK;
}
