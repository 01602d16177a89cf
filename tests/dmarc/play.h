/* SPDX-License-Identifier: Apache-2.0 */
/* Plays one evaluation against a zone: answers the book until the evaluation is done, all at once or a few at a time. */
#ifndef SIGNET_TESTS_DMARC_PLAY_H
#define SIGNET_TESTS_DMARC_PLAY_H

#include <stdio.h>
#include <stdlib.h>

#include <signet/dmarc.h>

#include "../../src/base/arena.h"
#include "../../src/base/buf.h"
#include "../../src/base/finding.h"
#include "../support/rows.h"
#include "../support/zone.h"

#define PLAY_EVIDENCE 16

struct play {
	struct zone *zone;
	struct signet_book *book;
	struct signet_arena arena;
	size_t at_once; /* answers per round; 0: all that are open */
	unsigned seed; /* their order */
	size_t rounds;
};

static inline void play_init(struct play *p, struct zone *zone)
{
	*p = (struct play){ .zone = zone, .book = signet_book_new(0) };
	arena_init(&p->arena, (size_t)16 << 20);
}

static inline void play_finish(struct play *p)
{
	signet_book_free(p->book);
	arena_finish(&p->arena);
	zone_free(p->zone);
}

/* Answers some questions; false if there was none, which would be an evaluation that waits for nothing. */
static inline bool play_answer(struct play *p)
{
	p->rounds++;
	return (p->at_once ? zone_answer_some(p->zone, p->book, p->at_once, p->seed + (unsigned)p->rounds)
			   : zone_answer_all(p->zone, p->book)) > 0;
}

static inline enum signet_status play_eval(struct play *p, const struct signet_dmarc_query *query,
					   struct signet_dmarc *ret)
{
	struct arena_mark mark = arena_mark(&p->arena);
	enum signet_status status;
	while ((status = signet_dmarc_eval(query, p->book, &p->arena, ret)) == SIGNET_PENDING && play_answer(p)) {
		arena_rewind(&p->arena, mark);
	}
	return status;
}

/* Evidence in one line: "dkim example.com pass, spf example.net error".  Returns how many there are. */
static inline size_t play_evidence(const char *text, struct signet_dmarc_evidence list[static PLAY_EVIDENCE])
{
	size_t n = 0;
	for (slice rest = slice_of(text); rest.len && n < PLAY_EVIDENCE;) {
		slice entry = slice_trim_wsp(slice_split(&rest, ','));
		slice mechanism = slice_split(&entry, ' ');
		struct signet_dmarc_evidence *e = &list[n++];
		*e = (struct signet_dmarc_evidence){ .domain = slice_split(&entry, ' ') };
		e->mechanism = slice_eq(mechanism, S("spf")) ? SIGNET_MECHANISM_SPF : SIGNET_MECHANISM_DKIM;
		e->outcome = slice_eq(entry, S("pass"))	   ? SIGNET_OUTCOME_PASS
			     : slice_eq(entry, S("error")) ? SIGNET_OUTCOME_ERROR
							   : SIGNET_OUTCOME_NOT;
	}
	return n;
}

static inline const char *play_policy(enum signet_policy policy)
{
	return policy == SIGNET_POLICY_ABSENT	 ? "absent"
	       : policy == SIGNET_POLICY_INVALID ? "invalid"
						 : signet_policy_name(policy);
}

static inline void put_field(struct buf *b, const char *name, slice value)
{
	buf_put_char(b, ' ');
	buf_put_text(b, name);
	buf_put_char(b, '=');
	buf_put(b, value);
}

/* Everything an evaluation said, as text: two runs agree if their texts do. */
static inline slice play_text(struct play *p, const struct signet_dmarc_query *q, const struct signet_dmarc *d)
{
	struct buf b;
	buf_init_arena(&b, &p->arena, 1 << 20);
	put_field(&b, "result", slice_of(signet_dmarc_result_name(d->result)));
	put_field(&b, "record", d->record.text);
	put_field(&b, "policy_domain", d->policy_domain);
	put_field(&b, "organization", d->organizational_domain);
	put_field(&b, "policy", slice_of(play_policy(d->policy)));
	put_field(&b, "tag", slice_of(d->policy_tag));
	put_field(&b, "published", slice_of(play_policy(d->published)));
	put_field(&b, "disposition", slice_of(play_policy(d->disposition)));
	put_field(&b, "flags", slice_of(d->found ? "found" : ""));
	buf_put_text(&b, d->testing ? ",testing" : "");
	buf_put_text(&b, d->sampled_out ? ",sampled-out" : "");
	buf_put_text(&b, d->author_exists ? ",exists" : "");
	buf_put_text(&b, d->discovery_error ? ",discovery-error" : "");
	buf_put_text(&b, d->aligned_by_spf ? ",spf" : "");
	buf_put_text(&b, d->aligned_by_dkim ? ",dkim" : "");
	for (size_t i = 0; i < d->n_walk; i++) {
		put_field(&b, "asked", d->walk[i].name);
		put_field(&b, "status", slice_of(signet_dns_status_name(d->walk[i].status)));
	}
	for (size_t i = 0; i < q->n_evidence; i++) {
		put_field(&b, "aligned", q->evidence[i].aligned ? S("yes") : S("no"));
	}
	for (size_t i = 0; i < d->findings.n; i++) {
		put_field(&b, "finding", slice_of(signet_finding_kind(d->findings.at[i].id)->name));
		finding_put(&b, signet_finding_kind(d->findings.at[i].id)->sentence, &d->findings.at[i]);
	}
	return buf_slice(&b);
}

#endif
