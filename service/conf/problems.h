/* SPDX-License-Identifier: Apache-2.0 */
/* problems: what is wrong with a file, in the order of its lines. */
#ifndef SIGNET_SERVICE_CONF_PROBLEMS_H
#define SIGNET_SERVICE_CONF_PROBLEMS_H

#include <stdarg.h>

#include "../../src/base/buf.h"

#define PROBLEMS_MAX 50 /* are told of one file */
#define PROBLEM_BYTES 512 /* of a sentence */

struct problem {
	size_t line;
	char text[PROBLEM_BYTES];
};

/* Zeroed at the start. */
struct problems {
	struct problem at[PROBLEMS_MAX];
	size_t n;
	size_t n_kept; /* of statements that were taken out */
	bool is_cut; /* the parser could not go on after the last one */
};

/* One more than there may be is forgotten. */
void problems_add(struct problems *p, size_t line, const char *format, va_list arguments);
/* Sorts them and writes the first `most`, "PATH:LINE: what", line feeds between them. */
void problems_put(struct problems *p, const char *path, size_t most, struct buf *to);

#endif
