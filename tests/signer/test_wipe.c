/* SPDX-License-Identifier: Apache-2.0 */
/* What the process gives back holds nothing of what it was: blocks that are freed, moved and cut. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../service/loop/sanitizer.h"
#include "../support/rows.h"

#define FILLING 0xa7

static int memory = -1;

/* How many octets of a row of FILLING are at that address, which may not be ours any more. */
static size_t filled_at(uintptr_t at, size_t octets)
{
	static unsigned char seen[1 << 20];
	size_t n = 0;
	ssize_t got = pread(memory, seen, octets, (off_t)at);
	for (ssize_t i = 0; i < got; i++) {
		n += seen[i] == FILLING;
	}
	return n;
}

static unsigned char *filled(size_t octets)
{
	unsigned char *at = malloc(octets);
	if (!at) {
		abort();
	}
	memset(at, FILLING, octets);
	return at;
}

static const struct row {
	const char *what;
	size_t before, after;
} rows[] = {
	{ "a block that is freed", 100, 0 },
	{ "a large one", 60000, 0 },
	{ "a block that moves because it grows", 100, 50000 },
	{ "a large one that grows", 60000, 600000 },
	{ "a block that shrinks", 50000, 100 },
	{ "a mapped one that grows", 500000, 900000 },
	{ "a mapped one that shrinks", 900000, 100 },
};

static void blocks(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		char what[120];
		unsigned char *at = filled(row->before);
		uintptr_t was = (uintptr_t)at;
		size_t same = row->before < row->after ? row->before : row->after;
		void *wall = malloc(64); /* so that it does not grow where it is */
		unsigned char *to = realloc(at, row->after);
		uintptr_t is = (uintptr_t)to;
		size_t here = is == was ? same : 0; /* what is still in use is no rest */
		snprintf(what, sizeof(what), "%s leaves nothing behind", row->what);
		row_number("-", what, (int64_t)filled_at(was + here, row->before - here), 0);
		snprintf(what, sizeof(what), "%s keeps what it holds", row->what);
		row_number("-", what, (int64_t)filled_at(is, same), (int64_t)same);
		free(to);
		free(wall);
	}
}

int main(void)
{
	memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (UNDER_SANITIZER || memory < 0) {
		row_skip("-", "memory that is given back",
		         "the sanitizer has an allocator of its own, or /proc is missing");
		return rows_end();
	}
	blocks();
	unsigned char *volatile at = realloc(NULL, 10); /* volatile: the compiler shall not know what realloc() did */
	row_bool("-", "realloc() of nothing is malloc()", at != NULL && malloc_usable_size(at) >= 10, true);
	errno = 0;
	volatile size_t too_much = SIZE_MAX / 2;
	memset(at, FILLING, 10);
	row_bool("-", "what cannot be had is refused", realloc(at, too_much) == NULL && errno == ENOMEM, true);
	row_number("-", "and the old block stays", (int64_t)filled_at((uintptr_t)at, 10), 10);
	errno = EILSEQ;
	free(at);
	row_number("-", "free() leaves errno alone", errno, EILSEQ);
	return rows_end();
}
