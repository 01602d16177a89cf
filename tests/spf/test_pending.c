/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluations wait without waiting: however answers come, one by one, in any order, all at once or before the first
 * question, the outcome is the same to the last octet.  And whatever is published, evaluations end. */
#include <stdio.h>
#include <time.h>

#include "../../src/dns/book.h"
#include "run.h"
#include "vectors.h"

static void put_slice(struct buf *b, slice s)
{
	buf_put_number(b, s.len);
	buf_put_char(b, ':');
	buf_put(b, s);
	buf_put_char(b, '\n');
}

static void put_numbers(struct buf *b, const struct signet_spf *spf)
{
	const uint64_t numbers[] = { spf->identity, spf->result,    spf->null_sender, spf->lookups, spf->voids,
		                     spf->ttl_s,    spf->cacheable, spf->secure,      spf->n_steps, spf->findings.n };
	for (size_t i = 0; i < ROWS(numbers); i++) {
		buf_put_number(b, numbers[i]);
		buf_put_char(b, ' ');
	}
}

static void put_finding(struct buf *b, const struct signet_finding *f)
{
	buf_put_number(b, f->id);
	buf_put_char(b, '@');
	buf_put_number(b, f->offset);
	put_slice(b, f->input);
	for (size_t i = 0; i < SIGNET_FINDING_ARGS; i++) {
		buf_put_number(b, f->args[i].number);
		put_slice(b, f->args[i].text);
	}
}

/* All that an evaluation says. */
static void put_all(struct buf *b, const struct signet_spf *spf)
{
	const slice texts[] = { spf->domain,    spf->matched, spf->matched_in, spf->listed,
		                spf->listed_in, spf->record,  spf->explanation };
	put_numbers(b, spf);
	for (size_t i = 0; i < ROWS(texts); i++) {
		put_slice(b, texts[i]);
	}
	for (size_t i = 0; i < spf->n_steps; i++) {
		buf_put_number(b, spf->steps[i].depth);
		put_slice(b, spf->steps[i].domain);
		put_slice(b, spf->steps[i].term);
		put_slice(b, spf->steps[i].target);
		put_slice(b, slice_of(spf->steps[i].outcome));
	}
	for (size_t i = 0; i < spf->findings.n; i++) {
		put_finding(b, &spf->findings.at[i]);
	}
}

static void tell(struct zone *zone, const struct signet_spf_query *q, size_t at_once, unsigned seed, struct buf *b)
{
	struct evaluation e = evaluate(zone, q, at_once, seed);
	buf_init(b, (size_t)1 << 22);
	put_all(b, &e.spf);
	evaluation_finish(&e);
}

/* Answers all at once, then n at a time in other orders, then from a source that knows all, none, a half, two thirds. */
static bool is_same_in_any_order(struct zone *zone, const struct signet_spf_query *q)
{
	struct buf want, got;
	bool same = true;
	tell(zone, q, 0, 0, &want);
	for (size_t at_once = 1; at_once <= 3 && same; at_once++) {
		for (unsigned seed = 0; seed < 2 && same; seed++) {
			tell(zone, q, at_once, seed, &got);
			same = buf_ok(&got) && slice_eq(buf_slice(&got), buf_slice(&want));
			buf_finish(&got);
		}
	}
	for (unsigned gaps = 0; gaps <= 3 && same; gaps++) {
		tell(zone, q, AT_HAND, gaps, &got);
		same = buf_ok(&got) && slice_eq(buf_slice(&got), buf_slice(&want));
		buf_finish(&got);
	}
	buf_finish(&want);
	return same;
}

static void check_orders(void)
{
	json_t *file = load_cases("rfc7208");
	size_t s, t;
	json_t *scenario, *test;
	json_array_foreach(json_object_get(file, "scenarios"), s, scenario)
	{
		struct zone *zone = zone_of_json(json_object_get(scenario, "zone"));
		json_array_foreach(json_object_get(scenario, "cases"), t, test)
		{
			struct signet_spf_query q =
				query_of(member(test, "ip"), member(test, "helo"), member(test, "mailfrom"));
			row_bool("7208:4.6.4", member(test, "id"), is_same_in_any_order(zone, &q), true);
		}
		zone_free(zone);
	}
	json_decref(file);
}

/* Questions that are sure to come are asked together: few rounds for a wide tree. */
static void check_rounds(void)
{
	struct zone *zone =
		zone_of_text("example.com TXT v=spf1 include:a.example include:b.example a:h.example mx -all\n"
	                     "a.example TXT v=spf1 include:c.example include:d.example ?all\n"
	                     "b.example TXT v=spf1 include:e.example ~all\n"
	                     "c.example TXT v=spf1 ip4:198.51.100.1\nd.example TXT v=spf1 ip4:198.51.100.1\n"
	                     "e.example TXT v=spf1 ip4:198.51.100.1\nh.example A 198.51.100.1\n"
	                     "example.com MX 1 m1.example\nexample.com MX 2 m2.example\n"
	                     "m1.example A 198.51.100.1\nm2.example A 192.0.2.1\n");
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@example.com");
	struct evaluation e = evaluate(zone, &q, 0, 0);
	size_t questions = book_count(e.book);
	row_text("7208:4.6.4", "a tree of seven records", result_of(&e), "pass");
	row_bool("7208:4.6.4", "takes at most five rounds", e.rounds <= 5, true);
	row_number("7208:4.6.4", "and no question more than needed", (int64_t)questions, 10);
	row_number("7208:4.6.4", "asking ahead is no look-up", e.spf.lookups, 7);
	evaluation_finish(&e);
	e = evaluate(zone, &q, AT_HAND, 0);
	row_number("7208:4.6.4", "it does not wait for answers at hand", (int64_t)e.rounds, 0);
	row_number("7208:4.6.4", "and asks the same questions", (int64_t)book_count(e.book), 10);
	evaluation_finish(&e);
	zone_free(zone);
	zone = zone_of_text("example.com TXT v=spf1 include:a.example ip4:192.0.2.1 include:b.example -all\n"
	                    "a.example TXT v=spf1 ?all\n");
	e = evaluate(zone, &q, 0, 0);
	row_number("7208:4.6.2", "nothing past a sure match is asked ahead", (int64_t)book_count(e.book), 2);
	evaluation_finish(&e);
	zone_free(zone);
}

/* When the time is up every lost answer is a time-out, and one more run ends the evaluation. */
static void check_expiry(void)
{
	struct zone *zone = zone_of_text("example.com TXT v=spf1 a:h.example -all\n");
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@example.com");
	struct signet_book *book = signet_book_new(0);
	struct signet_arena *arena = signet_arena_new(1 << 20);
	struct signet_spf spf;
	row_number("7208:4.6.4", "it waits", signet_spf_eval(&q, book, arena, &spf), SIGNET_PENDING);
	zone_answer_all(zone, book);
	row_number("7208:4.6.4", "it waits again", signet_spf_eval(&q, book, arena, &spf), SIGNET_PENDING);
	signet_book_expire(book);
	row_number("7208:4.6.4", "the time is up", signet_spf_eval(&q, book, arena, &spf), SIGNET_OK);
	row_text("7208:4.6.4", "temperror", slice_of(signet_spf_result_name(spf.result)), "temperror");
	signet_arena_free(arena);
	signet_book_free(book);
	zone_free(zone);
	struct signet_spf_query none = { .mail_from = S("user@example.com") };
	book = signet_book_new(0);
	arena = signet_arena_new(1 << 20);
	row_number("-", "without client address nothing is evaluated", signet_spf_eval(&none, book, arena, &spf),
	           SIGNET_MISUSE);
	signet_arena_free(arena);
	signet_book_free(book);
}

/* Memory short at any place: it says so and leaves the result alone. */
static void check_memory(void)
{
	struct zone *zone = zone_of_text(
		"example.com TXT v=spf1 include:a.example x.y=1 exists:%{l}.%{p}.b.example -all exp=e.%{d}\n"
		"a.example TXT v=spf1 mx ptr ?all\na.example MX 1 m.example\nm.example A 192.0.2.9\n"
		"e.example.com TXT no mail from %{i} for %{s}\n");
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@example.com");
	struct evaluation e = evaluate(zone, &q, 0, 0);
	size_t refused = 0;
	enum signet_status status = SIGNET_NO_MEMORY;
	for (size_t limit = 0; limit < 1 << 16 && status == SIGNET_NO_MEMORY; limit += 64) {
		struct signet_arena *small = signet_arena_new(limit);
		struct signet_spf spf = { .lookups = 4711 };
		status = signet_spf_eval(&q, e.book, small, &spf);
		refused += status == SIGNET_NO_MEMORY && spf.lookups == 4711;
		signet_arena_free(small);
	}
	row_number("-", "with memory enough it ends", status, SIGNET_OK);
	row_bool("-", "with less it says so", refused > 10, true);
	evaluation_finish(&e);
	zone_free(zone);
}

/* A record of `n` terms around the only one that matches. */
static slice long_record(struct signet_arena *a, size_t n)
{
	struct buf b;
	buf_init_arena(&b, a, (size_t)1 << 20);
	buf_put(&b, S("v=spf1"));
	for (size_t i = 0; i < n; i++) {
		buf_put(&b, S(" ip4:198.51.100.0/24"));
	}
	buf_put(&b, S(" ip4:192.0.2.1 -all"));
	return buf_slice(&b);
}

static double seconds_for(size_t terms, const char **ret_result)
{
	struct signet_arena a;
	arena_init(&a, (size_t)64 << 20);
	struct signet_rr rr = { .data = long_record(&a, terms) };
	struct signet_question question = { S("example.com"), SIGNET_RR_TXT };
	struct signet_answer answer = { .status = SIGNET_DNS_NOERROR, .n = 1, .rr = &rr };
	struct signet_book *book = signet_book_new(0);
	struct signet_spf_query q = query_of("192.0.2.1", "mail.example.org", "user@example.com");
	struct signet_spf spf = { 0 };
	struct timespec from, to;
	signet_book_answer(book, &question, &answer);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	if (signet_spf_eval(&q, book, &a, &spf) != SIGNET_OK) {
		abort();
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	*ret_result = signet_spf_result_name(spf.result);
	signet_book_free(book);
	arena_finish(&a);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void check_size(void)
{
	const char *result;
	seconds_for(2000, &result);
	row_text("7208:3.4", "a record of 2000 terms", slice_of(result), "pass");
	row_bool("7208:3.4", "and more than 64 KiB ends soon", seconds_for(6000, &result) < 1.0, true);
	row_text("7208:3.4", "with the right result", slice_of(result), "pass");
	seconds_for(10000, &result);
	row_text("7208:4.6.4", "past all that DNS can carry it is permerror", slice_of(result), "permerror");
}

int main(void)
{
	check_orders();
	check_rounds();
	check_expiry();
	check_memory();
	check_size();
	return rows_end();
}
