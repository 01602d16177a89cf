/* SPDX-License-Identifier: Apache-2.0 */
#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool keep(struct maildir *list, const char *folder, const char *name)
{
	char *path;
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		char **paths = reallocarray(list->paths, room, sizeof(*paths));
		if (!paths) {
			return false;
		}
		list->paths = paths;
		list->room = room;
	}
	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		errno = ENOMEM;
		return false;
	}
	list->paths[list->n++] = path;
	return true;
}

/* Another program may move a file while we look: what is gone is skipped. */
static bool keep_file(struct maildir *list, DIR *dir, const char *folder, const char *name)
{
	struct stat st;
	if (fstatat(dirfd(dir), name, &st, 0) < 0 || !S_ISREG(st.st_mode)) {
		return true;
	}
	list->octets += (uint64_t)st.st_size;
	return keep(list, folder, name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* False with ENOENT if there is no such folder. */
static bool list_folder(struct maildir *list, const char *folder)
{
	DIR *dir = opendir(folder);
	if (!dir) {
		return false;
	}
	size_t first = list->n;
	const struct dirent *entry;
	bool ok = true;
	errno = 0;
	while (ok && (entry = readdir(dir))) {
		ok = entry->d_name[0] == '.' || keep_file(list, dir, folder, entry->d_name);
		errno = ok ? 0 : errno;
	}
	int why = errno;
	closedir(dir);
	if (list->n > first) {
		qsort(list->paths + first, list->n - first, sizeof(*list->paths), by_name);
	}
	errno = why;
	return why == 0;
}

static bool list_below(struct maildir *list, const char *path, const char *name)
{
	char *folder;
	if (asprintf(&folder, "%s/%s", path, name) < 0) {
		errno = ENOMEM;
		return false;
	}
	bool ok = list_folder(list, folder);
	int why = errno;
	free(folder);
	errno = why;
	return ok;
}

bool maildir_list(const char *path, struct maildir *ret)
{
	*ret = (struct maildir) { 0 };
	bool cur = list_below(ret, path, "cur");
	if (!cur && errno != ENOENT && errno != ENOTDIR) {
		return false;
	}
	bool new = list_below(ret, path, "new");
	if (!new &&errno != ENOENT && errno != ENOTDIR) {
		return false;
	}
	return cur || new || list_folder(ret, path);
}

void maildir_finish(struct maildir *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->paths[i]);
	}
	free(list->paths);
	*list = (struct maildir) { 0 };
}
