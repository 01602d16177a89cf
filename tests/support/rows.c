/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int count;
static int failed;
/* "corpus/id: " or "" */
static char prefix[300];

static void put_escaped(slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if (c < 32 || c > 126 || c == '#') {
			printf("\\x%02x", c);
		} else {
			putchar(c);
		}
	}
}

static bool head(const char *clause, const char *what, bool ok)
{
	if (count++ == 0) {
		setvbuf(stdout, NULL, _IOLBF, 0); /* the rows before a crash are told */
	}
	failed += !ok;
	printf("%sok %d - %s: ", ok ? "" : "not ", count, clause);
	put_escaped(slice_of(prefix));
	put_escaped(slice_of(what));
	return ok;
}

void rows_case(const char *corpus, const char *id, size_t number)
{
	char digits[32];
	snprintf(digits, sizeof(digits), "%zu", number);
	int n = corpus ? snprintf(prefix, sizeof(prefix) - 2, "%s/%s", corpus, id ? id : digits) : 0;
	size_t length = n < 0 ? 0 : n < (int)sizeof(prefix) - 2 ? (size_t)n : sizeof(prefix) - 3;
	for (size_t i = 0; i < length; i++) {
		prefix[i] = prefix[i] == ' ' ? '-' : prefix[i];
	}
	memcpy(prefix + length, length ? ": " : "", length ? 3 : 1);
}

bool row_bool(const char *clause, const char *what, bool got, bool want)
{
	if (!head(clause, what, got == want)) {
		printf(": got %s, want %s", got ? "true" : "false", want ? "true" : "false");
	}
	putchar('\n');
	return got == want;
}

bool row_number(const char *clause, const char *what, int64_t got, int64_t want)
{
	if (!head(clause, what, got == want)) {
		printf(": got %lld, want %lld", (long long)got, (long long)want);
	}
	putchar('\n');
	return got == want;
}

bool row_slice(const char *clause, const char *what, slice got, slice want)
{
	bool ok = slice_eq(got, want);
	if (!head(clause, what, ok)) {
		printf(": got \"");
		put_escaped(slice_first(got, 2000));
		printf("\", want \"");
		put_escaped(slice_first(want, 2000));
		putchar('"');
	}
	putchar('\n');
	return ok;
}

bool row_text(const char *clause, const char *what, slice got, const char *want)
{
	return row_slice(clause, what, got, slice_of(want));
}

void row_skip(const char *clause, const char *what, const char *why)
{
	head(clause, what, true);
	printf(" # SKIP %s\n", why);
}

void row_contested(const char *clause, const char *what, bool agrees, const char *why)
{
	head(clause, what, true);
	printf(" (contested, %s: ", agrees ? "agrees" : "differs");
	put_escaped(slice_of(why));
	printf(")\n");
}

int rows_end(void)
{
	printf("1..%d\n", count);
	fflush(stdout);
	return failed ? 1 : 0;
}

slice guarded(slice s, bool front)
{
	static struct {
		char *map;
		size_t size;
	} last[2];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (s.len / page + 3) * page;
	if (last[front].map) {
		munmap(last[front].map, last[front].size);
	}
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map, page, PROT_NONE) || mprotect(map + size - page, page, PROT_NONE)) {
		abort();
	}
	last[front].map = map;
	last[front].size = size;
	char *at = front ? map + page : map + size - page - s.len;
	if (s.len) {
		memcpy(at, s.at, s.len);
	}
	return slice_make(at, s.len);
}

void each_prefix(slice text, void (*parse)(slice prefix, void *data), void *data)
{
	for (size_t n = 0; n <= text.len; n++) {
		parse(guarded(slice_first(text, n), false), data);
	}
}
