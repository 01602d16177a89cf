/* SPDX-License-Identifier: Apache-2.0 */
/* A progress bar on standard error while long work goes on; nothing where standard error is no terminal. */
#ifndef SIGNET_CMD_PROGRESS_H
#define SIGNET_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_on;
	int64_t shown_ms; /* when it was drawn last */
	int64_t began_ms;
};

void progress_begin(struct progress *p, bool wanted);
/* Draws at most five times a second, and only after the first second. */
void progress_show(struct progress *p, uint64_t items, uint64_t done_octets, uint64_t total_octets);
/* Wipes the bar. */
void progress_end(struct progress *p);

#endif
