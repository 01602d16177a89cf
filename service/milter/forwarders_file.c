/* SPDX-License-Identifier: Apache-2.0 */
#include "forwarders_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY FORWARDERS_FILE ".new"

static bool complain(struct buf *error, const char *folder, const char *why)
{
	buf_put_text(error, folder);
	buf_put_text(error, "/" FORWARDERS_FILE ": ");
	buf_put_text(error, why);
	return false;
}

static int open_folder(const char *folder)
{
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool read_all(int fd, struct buf *to)
{
	for (;;) {
		char octets[65536];
		ssize_t n = read(fd, octets, sizeof(octets));
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n == 0;
		}
		buf_put(to, slice_make(octets, (size_t)n));
		if (!buf_ok(to)) {
			errno = EFBIG;
			return false;
		}
	}
}

/* NULL: its text is in `to`. */
static const char *read_file(int fd, struct buf *to)
{
	struct stat is;
	if (fstat(fd, &is) != 0) {
		return strerror(errno);
	}
	if (!S_ISREG(is.st_mode) || is.st_uid != geteuid() || (is.st_mode & 022) != 0) {
		return "somebody else could have written it";
	}
	return read_all(fd, to) ? NULL : strerror(errno);
}

bool forwarders_file_load(struct forwarders *f, const char *folder, struct buf *error)
{
	struct buf text;
	int dir = open_folder(folder);
	int fd = dir >= 0 ? openat(dir, FORWARDERS_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	const char *why = fd >= 0 || errno == ENOENT ? NULL : strerror(errno);
	buf_init(&text, FORWARDERS_OCTETS);
	if (fd >= 0) {
		why = read_file(fd, &text);
		why = why ? why : forwarders_read(f, buf_slice(&text)) ? NULL : "it cannot be read, and begins anew";
		close(fd);
	}
	if (dir >= 0) {
		close(dir);
	}
	buf_finish(&text);
	return !why || complain(error, folder, why);
}

static bool write_all(int fd, slice text)
{
	while (text.len) {
		ssize_t n = write(fd, text.at, text.len);
		if (n < 0 && errno != EINTR) {
			return false;
		}
		text = slice_from(text, n > 0 ? (size_t)n : 0);
	}
	return true;
}

static bool replace_file(int dir, slice text)
{
	int fd = openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write_all(fd, text) && fsync(fd) == 0;
	int error = errno;
	if (fd >= 0) {
		close(fd);
	}
	if (good && renameat(dir, TEMPORARY, dir, FORWARDERS_FILE) == 0) {
		return fsync(dir) == 0;
	}
	error = good ? errno : error;
	(void)unlinkat(dir, TEMPORARY, 0);
	errno = error;
	return false;
}

bool forwarders_file_save(struct forwarders *f, const char *folder, struct buf *error)
{
	struct buf text;
	buf_init(&text, FORWARDERS_OCTETS);
	forwarders_write(f, &text);
	int dir = open_folder(folder);
	bool good = dir >= 0 && buf_ok(&text) && replace_file(dir, buf_slice(&text));
	if (!good) {
		(void)complain(error, folder, buf_ok(&text) ? strerror(errno) : "memory is short");
	}
	if (dir >= 0) {
		close(dir);
	}
	buf_finish(&text);
	return good;
}
