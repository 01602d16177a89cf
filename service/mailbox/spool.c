/* SPDX-License-Identifier: Apache-2.0 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "../file/change.h"

/* A file nobody can name.  File systems without O_TMPFILE get a name for a moment. */
static int temporary_file(void)
{
	const char *folder = getenv("TMPDIR");
	if (!folder || !*folder) {
		folder = "/tmp";
	}
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) {
		return fd;
	}
	char name[4096];
	int len = snprintf(name, sizeof(name), "%s/signet-XXXXXX", folder);
	if (len < 0 || (size_t)len >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0) {
		unlink(name);
	}
	return fd;
}

/* Moves what `*fd` holds to a file and takes its place. */
static bool move_to_file(int *fd, uint64_t size)
{
	int file = temporary_file();
	if (file < 0) {
		return false;
	}
	off_t at = 0;
	while ((uint64_t)at < size) {
		ssize_t n = sendfile(file, *fd, &at, (size_t)(size - (uint64_t)at));
		if (n <= 0 && errno != EINTR) {
			close(file);
			return false;
		}
	}
	close(*fd);
	*fd = file;
	return true;
}

static bool copy(int in, int *out, uint64_t *ret_size)
{
	char chunk[32768];
	bool in_memory = true;
	uint64_t size = 0;
	for (;;) {
		ssize_t n = read(in, chunk, sizeof(chunk));
		if (n == 0) {
			*ret_size = size;
			return true;
		}
		if (n < 0) {
			if (errno == EINTR) {
				continue;
			}
			return false;
		}
		if (in_memory && size + (size_t)n > SPOOL_MEMORY) {
			if (!move_to_file(out, size)) {
				return false;
			}
			in_memory = false;
		}
		if (!change_write_all(*out, slice_make(chunk, (size_t)n))) {
			return false;
		}
		size += (size_t)n;
	}
}

int spool_all(int in, uint64_t *ret_size)
{
	int out = memfd_create("signet-input", MFD_CLOEXEC);
	if (out < 0) {
		return -1;
	}
	if (!copy(in, &out, ret_size)) {
		int why = errno;
		close(out);
		errno = why;
		return -1;
	}
	return out;
}
