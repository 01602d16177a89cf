/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of the test's own, and what tests of files need. */
#ifndef SIGNET_TESTS_KEYS_FOLDER_H
#define SIGNET_TESTS_KEYS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/base/slice.h"

static char folder[64];

static inline void folder_make(void)
{
	snprintf(folder, sizeof(folder), "/tmp/signet-keys-XXXXXX");
	if (!mkdtemp(folder)) {
		abort();
	}
}

static inline void folder_remove(void)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		abort();
	}
}

/* Good for the next three calls. */
static inline const char *path_of(const char *name)
{
	static char path[4][256];
	static unsigned turn;
	char *p = path[turn++ % 4];
	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static inline void file_write(const char *name, slice octets, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");
	if (!f || fwrite(octets.at, 1, octets.len, f) != octets.len || fclose(f) != 0 || chmod(path_of(name), mode)) {
		abort();
	}
}

#endif
