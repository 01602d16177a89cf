/* SPDX-License-Identifier: Apache-2.0 */
/* calls: the seccomp filter of a role, by classes of calls.  Loaded by confine(), see there. */
#ifndef SIGNET_SERVICE_LOOP_CALLS_H
#define SIGNET_SERVICE_LOOP_CALLS_H

#include <stddef.h>

/* Classes of calls beyond those that every process needs: memory, time, reading and writing what is open, waiting. */
enum confine_calls {
	CONFINE_ACCEPT = 1 << 0, /* accept on sockets that listen already, talk on sockets */
	CONFINE_READ_FILES = 1 << 1, /* open to read */
	CONFINE_WRITE_FILES = 1 << 2, /* open to write, make, rename, remove */
	CONFINE_REMOVE_FILES = 1 << 3, /* remove */
	CONFINE_UNIX_SOCKETS = 1 << 4, /* new sockets of the family, and connect */
	CONFINE_INET_SOCKETS = 1 << 5, /* the same of both Internet families, and bind */
	CONFINE_THREADS = 1 << 6, /* and their loops */
};

/* Loads the filter of these classes (enum confine_calls) into every thread of this process; `*ret_allowed` counts the calls
 * on the list.  0, or -errno. */
int calls_confine(unsigned classes, size_t *ret_allowed);

/* Kills this process and all that it starts on what none of them has any business with (ptrace, other processes' memory,
 * kernel modules, namespaces...), and leaves the rest: for a process that starts others.  0, or -errno. */
int calls_restrain(void);

/* Writes the filter for another kind of machine ("x86_64", "aarch64") as BPF into `fd`, to see that it can be made. */
int calls_export(unsigned classes, const char *machine, int fd);

#endif
