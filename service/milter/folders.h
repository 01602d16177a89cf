/* SPDX-License-Identifier: Apache-2.0 */
/* folders: a list of directories to which a role keeps a right (struct confine), each once, as absolute paths. */
#ifndef SIGNET_SERVICE_MILTER_FOLDERS_H
#define SIGNET_SERVICE_MILTER_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#define FOLDERS_MAX 64

/* Zeroed at the start; `at` ends with NULL. */
struct folders {
	const char *at[FOLDERS_MAX + 1];
	size_t n;
};

/* The directory in which `file` lies, or would lie.  False: there is none (errno), or they are too many. */
bool folders_add_of(struct folders *f, const char *file);
void folders_finish(struct folders *f);

#endif
