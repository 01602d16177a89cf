/* SPDX-License-Identifier: Apache-2.0 */
/* A spool in a folder of its own, which goes with the test. */
#ifndef SIGNET_TESTS_SPOOL_FOLDER_H
#define SIGNET_TESTS_SPOOL_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../service/spool/reader.h"
#include "../../service/spool/writer.h"

static char spool_folder[64];

static inline const char *folder_make(void)
{
	snprintf(spool_folder, sizeof(spool_folder), "/tmp/signet-spool-XXXXXX");
	if (!mkdtemp(spool_folder)) {
		abort();
	}
	return spool_folder;
}

static inline const char *folder_path(const char *name)
{
	static char path[512];
	snprintf(path, sizeof(path), "%s/%s", spool_folder, name);
	return path;
}

static inline void folder_clear(void)
{
	DIR *dir = opendir(spool_folder);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		if (e->d_name[0] != '.') {
			unlink(folder_path(e->d_name));
		}
	}
	if (dir) {
		closedir(dir);
	}
}

static inline void folder_remove(void)
{
	folder_clear();
	rmdir(spool_folder);
}

static inline struct spool_writer *folder_writer(uint64_t most_octets)
{
	struct buf error;
	buf_init(&error, 1024);
	struct spool_writer *w = spool_open(spool_folder, most_octets, &error);
	if (!w) {
		fprintf(stderr, "%.*s\n", (int)error.len, error.at);
		abort();
	}
	buf_finish(&error);
	return w;
}

static inline struct spool_reader *folder_reader(enum spool_order order, const struct spool_place *from)
{
	struct buf error;
	buf_init(&error, 1024);
	struct spool_reader *r = spool_read(spool_folder, order, from, &error);
	if (!r) {
		fprintf(stderr, "%.*s\n", (int)error.len, error.at);
		abort();
	}
	buf_finish(&error);
	return r;
}

#endif
