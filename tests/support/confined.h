/* SPDX-License-Identifier: Apache-2.0 */
/* A role's confinement, tried from inside: each deed in a process of its own that has confined itself as the role does; and the
 * same deed unconfined, so that a row does not pass because it never works.
 *
 *     static const struct deed deeds[] = { { "opens /etc/passwd", read_passwd, DENIED, true, 1 }, ... };
 *     confined_run(&role, deeds, ROWS(deeds));
 */
#ifndef SIGNET_TESTS_SUPPORT_CONFINED_H
#define SIGNET_TESTS_SUPPORT_CONFINED_H

#include <stdbool.h>
#include <stddef.h>

#include "../../service/loop/confine.h"

enum outcome {
	WORKS,
	DENIED, /* EPERM, EACCES */
	FAILS, /* another error */
	KILLED, /* by the filter */
	BROKEN, /* the confinement failed, or the process died of something else */
};

struct deed {
	const char *what;
	long (*try)(void); /* negative: it failed, errno says why */
	enum outcome want;
	bool works_outside; /* unconfined it works: then the row is worth something */
	int landlock; /* nothing else stands in the way, from this ABI on; 0: something does */
};

struct confined_role {
	void (*prepare)(void); /* before each deed: the files are what they were */
	void (*give)(const struct confine_user *user); /* the files to this user */
	bool (*confine)(const struct confine_user *user); /* as the role does; NULL: stays who it is */
};

/* Rows: unconfined, confined, and as another user if we are root. */
void confined_run(const struct confined_role *role, const struct deed *deeds, size_t n);

/* Deeds that are none of a role's. */
long deed_open(const char *path, int flags);
long deed_socket(int family, int type, int protocol);
long deed_accept(int listening);
long deed_read_passwd(void);
long deed_read_memory(void);
long deed_list_root(void);
long deed_netlink(void);
long deed_execute(void);
long deed_fork(void);
long deed_thread(void);
long deed_ask_to_be_traced(void);
long deed_trace(void);
long deed_read_other(void);
long deed_signal(void);
long deed_make_code(void);
long deed_become_dumpable(void);
long deed_unshare(void);
long deed_make_ring(void);

#endif
