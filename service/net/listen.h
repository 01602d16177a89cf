/* SPDX-License-Identifier: Apache-2.0 */
/* listen: the sockets of a role, and who is at the other end.
 *
 *     struct listener l;
 *     if (!listen_unix(&l, "/run/signet/signer.sock", 0600, uid, gid, &error)) ...
 *     int fd = accept4(l.fd, ...);
 *     peer_of(fd, &peer);
 *     listen_close(&l);                   // takes the socket away again
 *
 * A socket that is in the way is replaced only if it is one, belongs to us or to root, and nobody listens on it.  Two
 * processes that start at once wait for each other by a lock of the directory; no file is left behind.  The directory must
 * not be writable by others (unless it is sticky), or they could put a socket of theirs in the place of ours. */
#ifndef SIGNET_SERVICE_NET_LISTEN_H
#define SIGNET_SERVICE_NET_LISTEN_H

#include <netinet/in.h>
#include <sys/types.h>

#include "../../src/base/buf.h"

struct listener {
	int fd;
	bool is_ours; /* made by listen_unix(): listen_close() removes it */
	const char *path;
	dev_t device;
	ino_t inode;
};

/* Listens at `path`, which must live as long as the listener.  The socket has `mode` from the first moment and is then given
 * to `uid` and `gid`.  False after a line in `error`. */
bool listen_unix(struct listener *ret, const char *path, mode_t mode, uid_t uid, gid_t gid, struct buf *error);
/* Takes over a Unix socket that a service manager opened; false: it is none that listens. */
bool listen_inherited(struct listener *ret, int fd);
/* The same, of either family. */
bool listen_inherited_any(struct listener *ret, int fd);

/* Where to listen:
 *
 *     unix:/run/x.sock   local:/run/x.sock   /run/x.sock
 *     inet:192.0.2.1:8891   inet:[::1]:8891   inet6:[::1]:8891   192.0.2.1:8891   inet:8891@192.0.2.1
 *     inherited:NAME
 *
 * A host is an address, "localhost" (127.0.0.1; ::1 after inet6:) or "*" (every address); names are not looked up. */
enum listen_kind {
	LISTEN_UNIX,
	LISTEN_INET,
	LISTEN_INHERITED,
};

struct listen_place {
	enum listen_kind kind;
	const char *path; /* or the name of what is inherited; points into the text */
	struct sockaddr_storage address;
	socklen_t address_len;
};

/* False: it says no such place. */
bool listen_parse(const char *text, struct listen_place *ret);
/* Listens at an Internet address, on IPv6 only if it is one.  False after a line in `error`, which names `text`. */
bool listen_inet(struct listener *ret, const struct listen_place *place, const char *text, struct buf *error);
/* First removes the socket, if it is still ours, then stops listening: who starts next finds nothing in the way. */
void listen_close(struct listener *l);

/* Who connected, as the kernel knows it. */
struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

bool peer_of(int fd, struct peer *ret);
/* True if the process at the other end belongs to the group, as its own or as one of its further groups. */
bool peer_is_in_group(int fd, const struct peer *peer, gid_t gid);

#endif
