/* SPDX-License-Identifier: Apache-2.0 */
/* Torn, damaged and foreign files. */
#include <sys/stat.h>

#include "../support/rows.h"
#include "folder.h"

#define ENTRIES 12

static void put_rows(struct spool_writer *w, unsigned from, unsigned n)
{
	char id[32];
	int error;
	for (unsigned i = from; i < from + n; i++) {
		int len = snprintf(id, sizeof(id), "Q%u", i);
		const struct verdict_row row = { .time_ms = 1000 + i,
			                         .queue_id = slice_make(id, (size_t)len),
			                         .listener = S("inbound") };
		if (!spool_put(w, &row, &error)) {
			abort();
		}
	}
}

static slice load_only(struct segment_name *ret_name)
{
	static char octets[1 << 20];
	struct segment_name *names;
	size_t n;
	int error;
	int fd = open(spool_folder, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || !segment_list(fd, &names, &n, &error) || n != 1) {
		abort();
	}
	close(fd);
	*ret_name = names[0];
	free(names);
	FILE *f = fopen(folder_path(ret_name->at), "r");
	size_t len = f ? fread(octets, 1, sizeof(octets), f) : 0;
	fclose(f);
	return slice_make(octets, len);
}

static void store(const char *name, slice octets)
{
	FILE *f = fopen(folder_path(name), "w");
	if (!f || fwrite(octets.at, 1, octets.len, f) != octets.len || fclose(f) != 0) {
		abort();
	}
}

/* How many, and whether they are Q<first> and on in their order; *ret_trouble may be NULL. */
static size_t count(enum spool_order order, bool *ret_ordered, struct spool_trouble *ret_trouble)
{
	struct spool_reader *r = folder_reader(order, NULL);
	struct spool_verdict v;
	size_t n = 0;
	int64_t last = order == SPOOL_NEWEST_FIRST ? INT64_MAX : INT64_MIN;
	*ret_ordered = true;
	while (spool_next(r, &v) == SPOOL_FOUND) {
		*ret_ordered &= order == SPOOL_NEWEST_FIRST ? v.time_ms < last : v.time_ms > last;
		last = v.time_ms;
		n++;
	}
	if (ret_trouble) {
		*ret_trouble = spool_reader_trouble(r);
	}
	spool_reader_free(r);
	return n;
}

static void test_prefixes(slice whole, const char *name, const uint64_t ends[static ENTRIES])
{
	size_t wrong = 0;
	bool ordered;
	for (size_t len = 0; len <= whole.len; len++) {
		size_t want = 0;
		while (want < ENTRIES && ends[want] <= len) {
			want++;
		}
		store(name, slice_first(whole, len));
		wrong += count(SPOOL_OLDEST_FIRST, &ordered, NULL) != want || !ordered;
		wrong += count(SPOOL_NEWEST_FIRST, &ordered, NULL) != want || !ordered;
	}
	row_number("-", "every prefix of a segment is readable up to its last whole entry", (int64_t)wrong, 0);
}

/* One octet after the other is turned over: no more than the entry it is in is lost. */
static void test_damage(slice whole, const char *name)
{
	size_t wrong = 0;
	bool ordered;
	for (size_t at = SEGMENT_HEAD_OCTETS; at < whole.len; at++) {
		((char *)whole.at)[at] ^= 0x21;
		store(name, whole);
		wrong += count(SPOOL_OLDEST_FIRST, &ordered, NULL) != ENTRIES - 1 || !ordered;
		wrong += count(SPOOL_NEWEST_FIRST, &ordered, NULL) != ENTRIES - 1 || !ordered;
		((char *)whole.at)[at] ^= 0x21;
	}
	row_number("-", "a damaged octet costs one entry", (int64_t)wrong, 0);
	wrong = 0;
	for (size_t at = 0; at < SEGMENT_HEAD_OCTETS; at++) {
		((char *)whole.at)[at] ^= 0x21;
		store(name, whole);
		struct spool_trouble t;
		wrong += count(SPOOL_OLDEST_FIRST, &ordered, &t) != 0 || t.foreign != 1;
		((char *)whole.at)[at] ^= 0x21;
	}
	row_number("-", "a damaged head makes it a foreign file", (int64_t)wrong, 0);
}

static void test_junk_between(slice whole, const char *name, const uint64_t ends[static ENTRIES])
{
	struct buf b;
	struct spool_trouble t;
	bool ordered;
	buf_init(&b, (size_t)16 << 20);
	buf_put(&b, slice_first(whole, ends[5]));
	buf_put(&b, S("\xf5vd\x1a\xf5vd\xf5vd\x1a\x00\x00\x10\x00junk"));
	for (int i = 0; i < 1000000; i++) {
		buf_put(&b, S("\xf5vd"));
	}
	buf_put(&b, slice_from(whole, ends[5]));
	store(name, buf_slice(&b));
	row_number("-", "three megabytes of junk in the middle", (int64_t)count(SPOOL_OLDEST_FIRST, &ordered, &t),
	           ENTRIES);
	row_number("-", "are counted", (int64_t)t.lost_octets, 3000019);
	row_number("-", "and the other way round", (int64_t)count(SPOOL_NEWEST_FIRST, &ordered, &t), ENTRIES);
	row_number("-", "are counted as well", (int64_t)t.lost_octets, 3000019);
	buf_finish(&b);
}

static void test_foreign(slice whole, const char *name)
{
	struct spool_trouble t;
	bool ordered;
	store(name, whole);
	store("verdicts-0000000000000001-1.1.segment",
	      S("hello, I am a text that is as long as the head of a segment must "
	        "be, or longer, but nothing else"));
	store("verdicts-0000000000000002-1.1.segment", S("")); /* no stranger: who began it was killed */
	store("verdicts.segment.gz", S("x"));
	store("README", S("x"));
	if (mkdir(folder_path("verdicts-0000000000000003-1.1.segment"), 0700) != 0 ||
	    symlink(name, folder_path("verdicts-0000000000000004-1.1.segment")) != 0 ||
	    mkfifo(folder_path("verdicts-0000000000000005-1.1.segment"), 0600) != 0) {
		abort();
	}
	row_number("-", "foreign files are passed over", (int64_t)count(SPOOL_OLDEST_FIRST, &ordered, &t), ENTRIES);
	row_number("-", "and counted", (int64_t)t.foreign, 4);
	row_number("-", "newest first too", (int64_t)count(SPOOL_NEWEST_FIRST, &ordered, &t), ENTRIES);
	row_number("-", "and counted", (int64_t)t.foreign, 4);
	rmdir(folder_path("verdicts-0000000000000003-1.1.segment"));
}

/* From every place on each is read exactly once. */
static void test_places(void)
{
	struct spool_place places[2 * ENTRIES];
	uint64_t ends[2 * ENTRIES];
	struct spool_verdict v;
	size_t n = 0, wrong = 0;
	folder_clear();
	for (unsigned i = 0; i < 4; i++) { /* four segments */
		struct spool_writer *w = folder_writer(0);
		put_rows(w, i * ENTRIES / 2, ENTRIES / 2);
		spool_close(w);
	}
	struct spool_reader *r = folder_reader(SPOOL_OLDEST_FIRST, NULL);
	while (spool_next(r, &v) == SPOOL_FOUND && n < 2 * ENTRIES) {
		places[n] = v.place;
		ends[n++] = v.end;
	}
	spool_reader_free(r);
	row_number("-", "all of four segments", (int64_t)n, 2 * ENTRIES);
	for (size_t i = 0; i < n; i++) {
		const struct spool_place behind = { places[i].segment, ends[i] };
		r = folder_reader(SPOOL_OLDEST_FIRST, &behind);
		size_t after = 0;
		while (spool_next(r, &v) == SPOOL_FOUND) {
			wrong += v.time_ms != 1000 + (int64_t)(i + 1 + after);
			after++;
		}
		wrong += after != n - i - 1;
		spool_reader_free(r);
		r = folder_reader(SPOOL_NEWEST_FIRST, &places[i]);
		size_t before = 0;
		while (spool_next(r, &v) == SPOOL_FOUND) {
			before++;
			wrong += v.time_ms != 1000 + (int64_t)(i - before);
		}
		wrong += before != i;
		spool_reader_free(r);
	}
	row_number("-", "from each place on, and back from it, each comes once", (int64_t)wrong, 0);
	r = folder_reader(SPOOL_NEWEST_FIRST, NULL);
	spool_reader_since(r, 1000 + 2 * ENTRIES - 3);
	for (n = 0; spool_next(r, &v) == SPOOL_FOUND; n++) {
	}
	spool_reader_free(r);
	row_number("-", "not before a time", (int64_t)n, 3);
}

/* The end is not for ever. */
static void test_follow(void)
{
	struct spool_verdict v;
	size_t wrong = 0;
	folder_clear();
	struct spool_reader *r = folder_reader(SPOOL_OLDEST_FIRST, NULL);
	wrong += spool_next(r, &v) != SPOOL_END;
	for (unsigned i = 0; i < 6; i++) {
		struct spool_writer *w = folder_writer(0);
		for (unsigned k = 0; k < 3; k++) {
			put_rows(w, 3 * i + k, 1);
			wrong += spool_next(r, &v) != SPOOL_FOUND || v.time_ms != 1000 + 3 * i + k;
			wrong += spool_next(r, &v) != SPOOL_END;
		}
		spool_close(w);
	}
	spool_reader_free(r);
	row_number("-", "a reader sees each verdict when it is written, segment after segment", (int64_t)wrong, 0);
}

static void test_entries(void)
{
	char head[SEGMENT_ENTRY_HEAD];
	struct segment_entry e = { .octets = 5, .time_ms = -1, .kept = 1 }, got;
	size_t at;
	struct buf b;
	buf_init(&b, 1024);
	segment_write_entry(&e, S("hello"), head);
	buf_put(&b, slice_make(head, sizeof(head)));
	buf_put(&b, S("hello"));
	row_bool("-", "an entry is found",
	         segment_find_entry(guarded(buf_slice(&b), false), 0, &at, &got) == SEGMENT_WHOLE && at == 0 &&
	                 got.octets == 5 && got.time_ms == -1 && got.kept == 1 && got.inflated == 0,
	         true);
	for (size_t len = 1; len < b.len; len++) {
		if (segment_find_entry(guarded(slice_first(buf_slice(&b), len), false), 0, &at, &got) !=
		            SEGMENT_SHORT ||
		    at != 0) {
			row_number("-", "a beginning of one may still become one", (int64_t)len, -1);
		}
	}
	row_bool("-", "nothing is nothing", segment_find_entry(S("abc"), 0, &at, &got) == SEGMENT_NOTHING && at == 3,
	         true);
	buf_finish(&b);
}

int main(void)
{
	uint64_t ends[ENTRIES];
	struct segment_name name;
	struct spool_verdict v;
	size_t n = 0;
	folder_make();
	test_entries();
	struct spool_writer *w = folder_writer(0);
	put_rows(w, 0, ENTRIES);
	spool_close(w);
	struct spool_reader *r = folder_reader(SPOOL_OLDEST_FIRST, NULL);
	while (spool_next(r, &v) == SPOOL_FOUND && n < ENTRIES) {
		ends[n++] = v.end;
	}
	spool_reader_free(r);
	row_number("-", "all were read", (int64_t)n, ENTRIES);
	slice whole = load_only(&name);
	test_prefixes(whole, name.at, ends);
	test_damage(whole, name.at);
	test_junk_between(whole, name.at, ends);
	test_foreign(whole, name.at);
	test_places();
	test_follow();
	folder_remove();
	return rows_end();
}
