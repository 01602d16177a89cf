/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/cursor.h"

void notify_open(struct notify *ret)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	ret->fd = -1;
	if (n == 0 || n >= sizeof(where.sun_path) || (path[0] != '/' && path[0] != '@')) {
		return;
	}
	memcpy(where.sun_path, path, n);
	where.sun_path[0] = path[0] == '@' ? 0 : '/';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&where,
	                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0) {
		close(fd);
		fd = -1;
	}
	ret->fd = fd;
}

void notify_send(struct notify *n, const char *text)
{
	/* A manager that does not listen is its own trouble. */
	if (n->fd >= 0 && send(n->fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
		notify_close(n);
	}
}

void notify_reloading(struct notify *n)
{
	char text[80];
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	         (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	notify_send(n, text);
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0) {
		close(n->fd);
	}
	n->fd = -1;
}

static void split_names(const char *text, char ret_names[static NOTIFY_SOCKETS][NOTIFY_NAME])
{
	slice rest = slice_of(text);
	for (size_t i = 0; i < NOTIFY_SOCKETS; i++) {
		slice name = rest.at ? slice_split(&rest, ':') : S("");
		name = slice_first(name, NOTIFY_NAME - 1);
		memcpy(ret_names[i], name.len ? name.at : "", name.len);
		ret_names[i][name.len] = 0;
	}
}

size_t notify_take_sockets(void)
{
	char names[NOTIFY_SOCKETS][NOTIFY_NAME];
	return notify_take_named_sockets(names);
}

size_t notify_take_named_sockets(char ret_names[static NOTIFY_SOCKETS][NOTIFY_NAME])
{
	const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint64_t pid = 0, n = 0;
	bool ours = process && count && number_parse(slice_of(process), INT32_MAX, &pid) && pid == (uint64_t)getpid() &&
	            number_parse(slice_of(count), NOTIFY_SOCKETS, &n);
	split_names(getenv("LISTEN_FDNAMES"), ret_names);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	for (uint64_t i = 0; ours && i < n; i++) {
		(void)fcntl(NOTIFY_FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
	}
	return ours ? (size_t)n : 0;
}
