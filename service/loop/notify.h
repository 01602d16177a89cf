/* SPDX-License-Identifier: Apache-2.0 */
/* notify: what a role says to the service manager, and what it gets from it; the protocols of sd_notify(3) and
 * sd_listen_fds(3) in a few lines of our own.
 *
 *     struct notify n;
 *     notify_open(&n);                    // before confine(): later the socket cannot be opened
 *     notify_send(&n, "READY=1");
 *
 * Without a service manager every call is silent. */
#ifndef SIGNET_SERVICE_LOOP_NOTIFY_H
#define SIGNET_SERVICE_LOOP_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

struct notify {
	int fd; /* -1: nobody wants to know */
};

/* Opens $NOTIFY_SOCKET, a path or "@" and an abstract name. */
void notify_open(struct notify *ret);
/* "READY=1", "RELOADING=1\nMONOTONIC_USEC=...", "STOPPING=1", "STATUS=..." */
void notify_send(struct notify *n, const char *text);
/* "RELOADING=1" with the time that systemd wants beside it. */
void notify_reloading(struct notify *n);
void notify_close(struct notify *n);

/* How many open descriptors the service manager handed to this process ($LISTEN_FDS); the first is NOTIFY_FIRST_FD.  They are
 * closed on exec from now on, and the variables are gone. */
#define NOTIFY_FIRST_FD 3
size_t notify_take_sockets(void);
/* The same, with their names ($LISTEN_FDNAMES, FileDescriptorName= of the unit) as far as there are any, in `ret_names`. */
#define NOTIFY_SOCKETS 16
#define NOTIFY_NAME 64
size_t notify_take_named_sockets(char ret_names[static NOTIFY_SOCKETS][NOTIFY_NAME]);

#endif
