/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS 40
#define EVERY_MS 200
#define FIRST_MS 1000

static int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, bool wanted)
{
	*p = (struct progress){ .is_on = wanted && isatty(STDERR_FILENO), .began_ms = clock_ms() };
}

void progress_show(struct progress *p, uint64_t items, uint64_t done, uint64_t total)
{
	int64_t now = p->is_on ? clock_ms() : 0;
	if (!p->is_on || now - p->began_ms < FIRST_MS || now - p->shown_ms < EVERY_MS) {
		return;
	}
	char bar[COLUMNS + 1] = "";
	uint64_t filled = total ? done * COLUMNS / total : 0;
	for (uint64_t i = 0; i < COLUMNS; i++) {
		bar[i] = i < filled ? '#' : '.';
	}
	p->shown_ms = now;
	fprintf(stderr, "\r[%s] %3u %%, %llu messages", bar, total ? (unsigned)(done * 100 / total) : 0,
		(unsigned long long)items);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->is_on && p->shown_ms) {
		fputs("\r\x1b[K", stderr);
	}
}
