/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/milter/replay.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/rows.h"

#define NOW 1795000000

static slice recipient(unsigned i, char to[static 64])
{
	int n = snprintf(to, 64, "user%u@example.net", i);
	return slice_make(to, (size_t)n);
}

/* `n` messages to one recipient each, the first of them number `from`. */
static struct replay_count send_to(struct replay *r, uint64_t print, unsigned from, unsigned n, int64_t now)
{
	struct replay_count c = { 0 };
	char text[64];
	for (unsigned i = 0; i < n; i++) {
		slice one = recipient(from + i, text);
		c = replay_note(r, print, &one, 1, now);
	}
	return c;
}

static void test_prints(void)
{
	struct replay *r = replay_new(&(struct replay_settings) { .seed = 7 });
	struct replay *other = replay_new(&(struct replay_settings) { .seed = 8 });
	uint64_t print = replay_print(r, S("example.com"), S("s1"), S("AbCdEfGh"));
	row_bool("6376:3.2", "letters' case of d= does not matter",
	         replay_print(r, S("Example.COM"), S("s1"), S("AbCdEfGh")) == print, true);
	row_bool("6376:3.5", "white space in b= does not matter",
	         replay_print(r, S("example.com"), S("s1"), S("AbC\r\n\t dEf Gh")) == print, true);
	row_bool("6376:3.5", "letters' case of b= does",
	         replay_print(r, S("example.com"), S("s1"), S("abCdEfGh")) == print, false);
	row_bool("-", "another selector is another signature",
	         replay_print(r, S("example.com"), S("s2"), S("AbCdEfGh")) == print, false);
	row_bool("-", "what stands between them counts",
	         replay_print(r, S("example.coms"), S("1"), S("AbCdEfGh")) == print, false);
	row_bool("-", "another process has other numbers",
	         replay_print(other, S("example.com"), S("s1"), S("AbCdEfGh")) == print, false);
	replay_free(r);
	replay_free(other);
}

static void test_counts(void)
{
	static const struct row {
		const char *what;
		unsigned n;
		unsigned least, most;
	} rows[] = {
		{ "one recipient", 1, 1, 1 },
		{ "three", 3, 3, 3 },
		{ "twenty, within three", 20, 17, 23 },
		{ "a hundred, within a third", 100, 67, 133 },
		{ "five hundred, within 40 in 100", 500, 300, 700 },
		{ "ten thousand, within 40 in 100", 10000, 6000, 14000 },
		{ "a million, within 40 in 100", 1000000, 600000, 1400000 },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct replay *r = replay_new(&(struct replay_settings) { .seed = 11 + i });
		struct replay_count c = send_to(r, 42, 0, rows[i].n, NOW);
		row_number("6376:8.6", "every message counts", c.messages, rows[i].n);
		if (!row_bool("6376:8.6", rows[i].what, c.recipients >= rows[i].least && c.recipients <= rows[i].most,
		              true)) {
			printf("# %u\n", c.recipients);
		}
		replay_free(r);
	}
}

static void test_same_people(void)
{
	struct replay *r = replay_new(&(struct replay_settings) { .seed = 3 });
	static const slice three[] = { { "a@example.net", 13 }, { "B@example.net", 13 }, { "A@EXAMPLE.net", 13 } };
	struct replay_count c = { 0 };
	for (int i = 0; i < 1000; i++) {
		c = replay_note(r, 42, three, 3, NOW);
	}
	row_number("-", "a thousand messages ...", c.messages, 1000);
	row_number("-", "... to the same two people", c.recipients, 2);
	row_number("-", "a message without a recipient is one", replay_note(r, 43, NULL, 0, NOW).messages, 1);
	row_number("-", "for nobody", replay_note(r, 43, NULL, 0, NOW).recipients, 0);
	replay_free(r);
}

static void test_window(void)
{
	static const struct row {
		const char *what;
		int64_t later;
		unsigned messages;
	} rows[] = {
		{ "at the same second", 0, 11 },
		{ "half an hour later", 1800, 11 },
		{ "three quarters later", 2700, 11 },
		{ "a window later it is forgotten", 3600, 1 },
		{ "a year later too", 365 * 86400, 1 },
		{ "a clock set back forgets nothing", -7200, 11 },
		{ "nor one set back to zero", -NOW - 5, 11 },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct replay *r = replay_new(&(struct replay_settings) { .seed = 5 });
		(void)send_to(r, 42, 0, 10, NOW);
		row_number("-", rows[i].what, send_to(r, 42, 10, 1, NOW + rows[i].later).messages, rows[i].messages);
		replay_free(r);
	}
	struct replay *r = replay_new(&(struct replay_settings) { .seed = 5, .window_s = 40 });
	struct replay_count c = { 0 };
	for (int64_t now = 0; now < 4000; now++) {
		c = send_to(r, 42, (unsigned)now, 1, now);
	}
	row_bool("-", "one a second, in a window of 40: 31 to 40", c.messages > 30 && c.messages <= 40, true);
	replay_free(r);
}

static void test_limit(void)
{
	struct replay *off = replay_new(&(struct replay_settings) { .seed = 1 });
	struct replay *on = replay_new(&(struct replay_settings) { .seed = 1, .limit = 10 });
	struct replay_count few = { .messages = 1000, .recipients = 10 }, many = { .messages = 1, .recipients = 11 };
	row_bool("-", "no limit, never too often", replay_is_too_often(off, many), false);
	row_bool("-", "as many as the limit", replay_is_too_often(on, few), false);
	row_bool("-", "more than the limit", replay_is_too_often(on, many), true);
	replay_free(off);
	replay_free(on);
}

/* Single messages with signatures of their own, far more than there are places. */
static void test_flood(void)
{
	struct replay *r = replay_new(&(struct replay_settings) { .seed = 9, .signatures = 1024 });
	uint64_t busy = replay_print(r, S("victim.example"), S("s"), S("abcdefgh"));
	struct replay_count c = { 0 };
	char b[32];
	for (unsigned i = 0; i < 200000; i++) {
		int n = snprintf(b, sizeof(b), "%u", i);
		(void)replay_note(r, replay_print(r, S("flood.example"), S("s"), slice_make(b, (size_t)n)), NULL, 0,
		                  NOW);
		if (i % 1000 == 0) {
			c = send_to(r, busy, i, 3, NOW);
		}
	}
	row_number("-", "a flood of others does not push out what comes often", c.messages, 600);
	replay_free(r);
}

static void *note_many(void *data)
{
	(void)send_to(data, 42, 0, 50000, NOW);
	return NULL;
}

static void test_threads(void)
{
	struct replay *r = replay_new(&(struct replay_settings) { .seed = 2 });
	pthread_t threads[4];
	for (size_t i = 0; i < ROWS(threads); i++) {
		if (pthread_create(&threads[i], NULL, note_many, r) != 0) {
			abort();
		}
	}
	for (size_t i = 0; i < ROWS(threads); i++) {
		pthread_join(threads[i], NULL);
	}
	row_number("-", "four threads lose nothing", replay_note(r, 42, NULL, 0, NOW).messages, 200001);
	replay_free(r);
	replay_free(NULL);
}

int main(void)
{
	test_prints();
	test_counts();
	test_same_people();
	test_window();
	test_limit();
	test_flood();
	test_threads();
	return rows_end();
}
