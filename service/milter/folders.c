/* SPDX-License-Identifier: Apache-2.0 */
#include "folders.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct folders *f, char *folder)
{
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->at[i], folder) == 0) {
			free(folder);
			return true;
		}
	}
	if (f->n == FOLDERS_MAX) {
		free(folder);
		errno = E2BIG;
		return false;
	}
	f->at[f->n++] = folder;
	return true;
}

bool folders_add_of(struct folders *f, const char *file)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s", file);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	char *slash = strrchr(path, '/');
	*(slash == path ? slash + 1 : slash ? slash : path) = 0;
	char *folder = realpath(slash ? path : ".", NULL);
	return folder && add(f, folder);
}

void folders_finish(struct folders *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free((char *)(uintptr_t)f->at[i]);
	}
	*f = (struct folders) { 0 };
}
