/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/base/cursor.h"
#include "../../src/base/ip.h"

#define BACKLOG 256
#define BACKLOG_INET 4096 /* the kernel takes what net.core.somaxconn says */
#define GROUPS_MAX 1024

static bool fail(struct buf *error, const char *path, const char *why)
{
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return false;
}

static bool is_trusted(const struct stat *st, uid_t uid)
{
	return st->st_uid == 0 || st->st_uid == geteuid() || st->st_uid == uid;
}

/* Opens the directory of `path`, looks at it and locks it. */
static int lock_folder(const char *path, uid_t uid, struct buf *error)
{
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	struct stat st;
	if (slash && slash - path < PATH_MAX - 1) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);
		memcpy(folder, path, n);
		folder[n] = 0;
	}
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || flock(fd, LOCK_EX) != 0) {
		fail(error, folder, strerror(errno));
	} else if (!is_trusted(&st, uid) && !(st.st_mode & S_ISVTX)) {
		fail(error, folder, "the directory belongs to somebody else, who could exchange the socket");
	} else if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX)) {
		fail(error, folder, "others may write in the directory and exchange the socket");
	} else {
		return fd;
	}
	if (fd >= 0) {
		close(fd);
	}
	return -1;
}

/* Removes what an earlier process left. */
static bool clear_way(const struct sockaddr_un *where, uid_t uid, struct buf *error)
{
	const char *path = where->sun_path;
	struct stat st;
	if (lstat(path, &st) != 0) {
		return errno == ENOENT || fail(error, path, strerror(errno));
	}
	if (!S_ISSOCK(st.st_mode)) {
		return fail(error, path, "there is something else that is no socket");
	}
	if (!is_trusted(&st, uid)) {
		return fail(error, path, "there is a socket of somebody else");
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return fail(error, path, strerror(errno));
	}
	bool refused = connect(fd, (const struct sockaddr *)where, sizeof(*where)) != 0 && errno == ECONNREFUSED;
	close(fd);
	if (!refused) {
		return fail(error, path, "somebody listens there already");
	}
	return unlink(path) == 0 || fail(error, path, strerror(errno));
}

static bool bind_and_listen(struct listener *l, const struct sockaddr_un *where, mode_t mode, uid_t uid, gid_t gid,
                            struct buf *error)
{
	struct stat st;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before = umask((mode_t)~mode & 0777);
	bool bound = l->fd >= 0 && bind(l->fd, (const struct sockaddr *)where, sizeof(*where)) == 0;
	umask(before);
	if (!bound || lstat(l->path, &st) != 0) {
		return fail(error, l->path, strerror(errno));
	}
	l->is_ours = true;
	l->device = st.st_dev;
	l->inode = st.st_ino;
	if (((st.st_uid != uid || st.st_gid != gid) && lchown(l->path, uid, gid) != 0) || listen(l->fd, BACKLOG) != 0) {
		return fail(error, l->path, strerror(errno));
	}
	return true;
}

bool listen_unix(struct listener *ret, const char *path, mode_t mode, uid_t uid, gid_t gid, struct buf *error)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	*ret = (struct listener) { .fd = -1, .path = path };
	if (strlen(path) >= sizeof(where.sun_path)) {
		return fail(error, path, "the path is too long for a socket (107 octets)");
	}
	memcpy(where.sun_path, path, strlen(path));
	int folder = lock_folder(path, uid, error);
	if (folder < 0) {
		return false;
	}
	bool good = clear_way(&where, uid, error) && bind_and_listen(ret, &where, mode, uid, gid, error);
	close(folder);
	if (!good) {
		listen_close(ret);
	}
	return good;
}

static bool inherit(struct listener *ret, int fd, int *ret_family)
{
	int listens = 0, type = 0;
	socklen_t n = sizeof(int);
	*ret = (struct listener) { .fd = fd };
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_DOMAIN, ret_family, &n) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

bool listen_inherited(struct listener *ret, int fd)
{
	int family;
	return inherit(ret, fd, &family) && family == AF_UNIX;
}

bool listen_inherited_any(struct listener *ret, int fd)
{
	int family;
	return inherit(ret, fd, &family) && (family == AF_UNIX || family == AF_INET || family == AF_INET6);
}

/* ---- places ---- */

static void set_address(struct listen_place *ret, const struct signet_ip *ip, uint16_t port)
{
	if (ip->family == 4) {
		struct sockaddr_in where = { .sin_family = AF_INET, .sin_port = htons(port) };
		memcpy(&where.sin_addr, ip->octets, sizeof(where.sin_addr));
		memcpy(&ret->address, &where, sizeof(where));
		ret->address_len = sizeof(where);
	} else {
		struct sockaddr_in6 where = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
		memcpy(&where.sin6_addr, ip->octets, sizeof(where.sin6_addr));
		memcpy(&ret->address, &where, sizeof(where));
		ret->address_len = sizeof(where);
	}
}

static bool parse_host(slice host, bool v6, struct signet_ip *ret)
{
	if (host.len > 1 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
		return ip_parse_v6(slice_make(host.at + 1, host.len - 2), ret);
	}
	if (slice_eq(host, S("*"))) {
		host = v6 ? S("::") : S("0.0.0.0");
	} else if (slice_eq_nocase(host, S("localhost"))) {
		host = v6 ? S("::1") : S("127.0.0.1");
	}
	return v6 ? ip_parse_v6(host, ret) : ip_parse_v4(host, ret);
}

/* "HOST:PORT", "PORT@HOST" */
static bool parse_inet(slice text, bool v6, struct listen_place *ret)
{
	uint64_t port;
	struct signet_ip ip;
	size_t at = slice_find_char(text, '@');
	size_t colon = slice_find_last_char(text, ':');
	slice host, number;
	if (at != SLICE_NONE) {
		number = slice_first(text, at);
		host = slice_from(text, at + 1);
	} else if (colon != SLICE_NONE) {
		host = slice_first(text, colon);
		number = slice_from(text, colon + 1);
	} else {
		return false;
	}
	if (!parse_host(host, v6, &ip) || !number_parse(number, UINT16_MAX, &port) || port == 0) {
		return false;
	}
	set_address(ret, &ip, (uint16_t)port);
	return true;
}

bool listen_parse(const char *text, struct listen_place *ret)
{
	static const struct {
		slice scheme;
		enum listen_kind kind;
		bool v6;
	} schemes[] = {
		{ { "unix:", 5 }, LISTEN_UNIX, false },
		{ { "local:", 6 }, LISTEN_UNIX, false },
		{ { "inet:", 5 }, LISTEN_INET, false },
		{ { "inet6:", 6 }, LISTEN_INET, true },
		{ { "inherited:", 10 }, LISTEN_INHERITED, false },
		{ { "", 0 }, LISTEN_INET, false },
	};
	slice all = slice_of(text);
	size_t i = 0;
	*ret = (struct listen_place) { .kind = LISTEN_UNIX, .path = text };
	if (*text == '/') {
		return true;
	}
	while (!slice_starts(all, schemes[i].scheme)) {
		i++; /* the last one fits always */
	}
	ret->kind = schemes[i].kind;
	ret->path = text + schemes[i].scheme.len;
	if (ret->kind == LISTEN_INET) {
		return parse_inet(slice_from(all, schemes[i].scheme.len), schemes[i].v6, ret);
	}
	return ret->kind == LISTEN_UNIX ? *ret->path == '/' : *ret->path != 0;
}

bool listen_inet(struct listener *ret, const struct listen_place *place, const char *text, struct buf *error)
{
	const int yes = 1;
	int family = place->address.ss_family;
	*ret = (struct listener) { .fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), .path = text };
	if (ret->fd < 0) {
		return fail(error, text, strerror(errno));
	}
	/* what an earlier process left in TIME_WAIT is no reason to wait */
	(void)setsockopt(ret->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (family == AF_INET6) {
		(void)setsockopt(ret->fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	}
	if (bind(ret->fd, (const struct sockaddr *)&place->address, place->address_len) != 0 ||
	    listen(ret->fd, BACKLOG_INET) != 0) {
		fail(error, text, strerror(errno));
		listen_close(ret);
		return false;
	}
	return true;
}

void listen_close(struct listener *l)
{
	struct stat st;
	if (l->is_ours && lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode) {
		(void)unlink(l->path);
	}
	if (l->fd >= 0) {
		close(l->fd);
	}
	l->fd = -1;
	l->is_ours = false;
}

bool peer_of(int fd, struct peer *ret)
{
	struct ucred who;
	socklen_t n = sizeof(who);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0) {
		return false;
	}
	*ret = (struct peer) { .pid = who.pid, .uid = who.uid, .gid = who.gid };
	return true;
}

bool peer_is_in_group(int fd, const struct peer *peer, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t n = sizeof(groups);
	if (peer->gid == gid) {
		return true;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0) {
		return false;
	}
	for (size_t i = 0; i < n / sizeof(groups[0]); i++) {
		if (groups[i] == gid) {
			return true;
		}
	}
	return false;
}
