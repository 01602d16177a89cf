/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/file/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../keys/folder.h"
#include "../support/rows.h"

static slice content_of(const char *name)
{
	static char at[64];
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, at, sizeof(at));
	close(fd);
	return slice_make(at, n > 0 ? (size_t)n : 0);
}

static void writes(void)
{
	struct stat st;
	umask(0077);
	file_write("there", S("of somebody who was killed"), 0600);
	row_bool("-", "a file is written where one was left", change_write(AT_FDCWD, path_of("there"), 0644, S("new")),
	         true);
	row_slice("-", "it holds the octets", content_of("there"), S("new"));
	row_number("-", "its mode is that of the call, not of the umask",
	           stat(path_of("there"), &st) == 0 ? st.st_mode & 07777 : 0, 0644);
	file_write("other", S("old"), 0600);
	row_bool("-", "a symbolic link was left", symlink(path_of("other"), path_of("link")) == 0, true);
	row_bool("-", "it is written over", change_write(AT_FDCWD, path_of("link"), 0600, S("new")), true);
	row_slice("-", "and not what it led to", content_of("other"), S("old"));
	row_bool("-", "without its folder there is no file", change_write(AT_FDCWD, path_of("none/x"), 0600, S("x")),
	         false);
	row_number("-", "which errno tells", errno, ENOENT);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	row_bool("-", "a full disk", change_write_all(full, S("x")), false);
	row_number("-", "is told by errno", errno, ENOSPC);
	close(full);
}

static void locks(void)
{
	int one = open(path_of("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int two = open(path_of("lock"), O_RDWR | O_CLOEXEC);
	row_bool("-", "the first has the lock", change_lock(one, 0), true);
	row_bool("-", "the second waits and gives up", change_lock(two, 50), false);
	row_number("-", "errno says that it is another's", errno, EWOULDBLOCK);
	close(one);
	row_bool("-", "when the first is gone he has it", change_lock(two, 0), true);
	close(two);
	row_bool("-", "what is not open has no lock", change_lock(two, 50), false);
	row_number("-", "which is no matter of waiting", errno, EBADF);
}

int main(void)
{
	folder_make();
	writes();
	locks();
	folder_remove();
	return rows_end();
}
