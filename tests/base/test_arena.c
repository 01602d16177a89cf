/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/arena.h"
#include "../../src/base/buf.h"
#include "../../src/base/finding.h"
#include "../../src/base/map.h"
#include "../support/rows.h"

static void test_arena(void)
{
	struct signet_arena a;
	arena_init(&a, 100000);
	char *one = arena_alloc(&a, 10);
	struct arena_mark mark = arena_mark(&a);
	size_t used = a.used_bytes;
	for (int i = 0; i < 4; i++) {
		row_bool("-", "a block larger than the usual", arena_alloc(&a, 20000) != NULL, true);
	}
	row_bool("-", "past the limit there is nothing", arena_alloc(&a, 30000) == NULL && a.failed, true);
	arena_rewind(&a, mark);
	row_number("-", "a rewind gives all back", (int64_t)a.used_bytes, (int64_t)used);
	row_bool("-", "what was there before the mark stays", one[9] == 0 && !a.failed, true);
	arena_reset(&a);
	row_bool("-", "the first block is kept", a.last != NULL, true);
	row_bool("-", "an array whose size overflows fails", arena_array(&a, SIZE_MAX / 2, 3) == NULL, true);
	arena_finish(&a);
	arena_init(&a, 100000);
	row_bool("-", "a large request makes the first block", arena_alloc(&a, 90000) != NULL, true);
	arena_reset(&a);
	row_bool("-", "which is not kept", a.last == NULL && a.used_bytes == 0, true);
	row_bool("-", "all of the limit is free again", arena_alloc(&a, 90000) != NULL, true);
	arena_finish(&a);
}

static void test_buf(void)
{
	struct buf b;
	buf_init(&b, 10);
	buf_put_text(&b, "12345");
	buf_put_number(&b, 6789);
	row_text("-", "text and number", buf_slice(&b), "123456789");
	buf_put_text(&b, "too long");
	buf_put_char(&b, 'x');
	row_bool("-", "a put past the maximum sticks", buf_ok(&b), false);
	row_text("-", "and adds nothing", buf_slice(&b), "123456789");
	buf_finish(&b);
}

static void test_map(void)
{
	struct signet_arena a;
	struct map m;
	arena_init(&a, 1 << 20);
	map_init(&m, &a, 42);
	static int values[500];
	for (int i = 0; i < 500; i++) {
		struct buf key;
		buf_init_arena(&key, &a, 20);
		buf_put_number(&key, (uint64_t)i);
		map_put(&m, buf_slice(&key), &values[i]);
	}
	row_bool("-", "a map finds what was put", map_get(&m, S("321")) == &values[321], true);
	row_bool("-", "and nothing else", map_get(&m, S("500")) == NULL, true);
	arena_finish(&a);
}

static void test_findings(void)
{
	struct signet_arena a;
	struct signet_findings f;
	struct buf b;
	arena_init(&a, 1 << 20);
	findings_init(&f, &a);
	for (int i = 0; i < FINDINGS_MAX + 10; i++) {
		note_with(&f, F_ENVELOPE_UNKNOWN, S("input"), 2, NUMBER(i), TEXT(S("x")));
	}
	row_number("-", "a list of findings has an end", (int64_t)f.n, FINDINGS_MAX);
	buf_init(&b, 100);
	finding_put(&b, "{0}-{1}-{2}-{9}", &f.at[7]);
	row_text("-", "values are put in place", buf_slice(&b), "7-x--{9}");
	buf_finish(&b);
	for (uint16_t id = 1; id <= signet_finding_count(); id++) {
		const struct signet_finding_kind *kind = signet_finding_kind(id);
		row_bool(kind->clause, kind->name,
		         signet_finding_id(slice_of(kind->name)) == id && *kind->sentence && *kind->why && *kind->fix &&
		                 *kind->clause,
		         true);
	}
	arena_finish(&a);
}

int main(void)
{
	test_arena();
	test_buf();
	test_map();
	test_findings();
	return rows_end();
}
