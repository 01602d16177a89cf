/* SPDX-License-Identifier: Apache-2.0 */
#include "change.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAP_MS 20

bool change_lock(int fd, int most_ms)
{
	const struct timespec nap = { .tv_nsec = (long)NAP_MS * 1000000 };
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += NAP_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			return false;
		}
		if (waited >= most_ms) {
			errno = EWOULDBLOCK;
			return false;
		}
		nanosleep(&nap, NULL);
	}
	return true;
}

bool change_write_all(int fd, slice octets)
{
	while (octets.len) {
		ssize_t n = write(fd, octets.at, octets.len);
		if (n > 0) {
			octets = slice_from(octets, (size_t)n);
		} else if (n == 0 || errno != EINTR) {
			errno = n == 0 ? ENOSPC : errno;
			return false;
		}
	}
	return true;
}

bool change_write(int folder, const char *name, mode_t mode, slice octets)
{
	(void)unlinkat(folder, name, 0);
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0) {
		return false;
	}
	bool ok = fchmod(fd, mode) == 0 && change_write_all(fd, octets) && fsync(fd) == 0;
	int number = errno;
	close(fd);
	errno = number;
	return ok;
}
