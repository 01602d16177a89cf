/* SPDX-License-Identifier: Apache-2.0 */
/* confine: a role gives up what it does not need, before its first octet of input.
 *
 *     const struct confine keeps = {
 *             .user = &user, .read_below = "/etc/signet/keys", .calls = CONFINE_ACCEPT | CONFINE_READ_FILES,
 *             .open_files = 320, .memory_bytes = 512 << 20, .lock_memory = true,
 *     };
 *     if (confine(&keeps, log) != SIGNET_OK) exit(3);
 *
 * One description per role says what it KEEPS; everything else goes:
 *
 *   user       root becomes `user` for good, with no further groups; every capability is dropped, from the bounding set too
 *   limits     no core file; open files and memory as told; no new process for an ordinary user
 *   memory     locked, if asked for: never written to swap.  All of it, or, where the limit is too low for that, as much of
 *              the heap as may be; the log says which, and why
 *   privileges no_new_privs: no set-user-id program gives anything back
 *   files      Landlock: only below the directories named.  The kernel's own list of rights (ABI 1 to 7) is asked at run time
 *              and the law is as strict as it can be; on a kernel without Landlock the log says so and the rest holds
 *   network    from ABI 4 on TCP is refused by Landlock too, or left for some ports only, from ABI 6 on abstract sockets and
 *              signals to others
 *   calls      seccomp: an allow list by class (enum confine_calls), x86_64 and aarch64.  What is not on it fails with EPERM,
 *              because a library that probes can live with that; what no role has any business with, and an intruder would
 *              try first (exec, fork, ptrace, other processes' memory, kernel modules, namespaces...), kills the process
 *   memory     not dumpable: no core, no ptrace, and /proc/PID/mem belongs to root
 *
 * Descriptors that are open stay open: sockets, logs and the service manager's socket are opened before.  What cannot be
 * given up is an error, but for Landlock and the locking of memory, which depend on the machine.  All of it is logged in one
 * line, "confined".
 *
 * Under AddressSanitizer everything holds but two things, which the line names ("sanitizer=..."): no limit of memory, because
 * its shadow takes terabytes of addresses, and no look for leaks at the end, because LeakSanitizer works by ptrace.  Its
 * run-time library is given a few more calls (sigaltstack, /proc is not read after the start). */
#ifndef SIGNET_SERVICE_LOOP_CONFINE_H
#define SIGNET_SERVICE_LOOP_CONFINE_H

#include <sys/types.h>

#include "../log/log.h"
#include "calls.h"

/* Who to become. */
struct confine_user {
	const char *name;
	uid_t uid;
	gid_t gid;
};

/* Directories are absolute paths, or NULL: none. */
struct confine {
	const struct confine_user *user; /* NULL: stay who we are */
	unsigned calls;
	const char *read_below;
	const char *const *also_read; /* further ones, for a role that reads several; NULL ends the list */
	const char *write_below; /* also read */
	const char *remove_in; /* files in it may be removed, not read */
	const char *const *also_remove; /* further ones; NULL ends the list */
	const uint16_t *
		connect_ports; /* the only TCP ports it connects to, and it binds none; 0 ends the list.  NULL: any.  By
	                                * Landlock, from ABI 4 on */
	uint64_t open_files; /* 0: as it is */
	uint64_t memory_bytes; /* of addresses; 0: as it is */
	bool lock_memory;
};

/* SIGNET_IO after a line in the log: the role must end. */
enum signet_status confine(const struct confine *keeps, struct log *log);

/* For the process that starts the roles (`signet serve`), which must be able to start programs and to let them become other
 * users: no core file, no new privileges, no capabilities but those that the roles need on their way, and seccomp by a list
 * of what is forbidden.  Roles inherit all of it.  SIGNET_IO after a line in the log. */
enum signet_status confine_supervisor(struct log *log);

/* The environment variable in which a supervisor names its process to the roles: who finds it there ends when its parent
 * does. */
#define CONFINE_SUPERVISOR "SIGNET_SUPERVISOR"

/* Looks a user up, by name or number; false: there is none. */
bool confine_user_find(const char *name, struct confine_user *ret);

#endif
