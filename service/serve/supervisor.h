/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor: starts the roles that the configuration turns on, and starts them again when they end.
 *
 *              start            ready                 it ended
 *     waiting -------> starting ------> running ------------------+
 *        ^                |                                       |
 *        +----------------+--------- back-off ---------------------+
 *
 * A role waits for its first start until the one before it in the table is ready, or has failed once: who asks is started
 * after who answers.  A role that ends is started again at once, the next time after a second, then two, and so on up to a
 * minute; one that ran for a minute begins anew.  A role that says at its first start that its options or its configuration
 * are wrong (status 2, 4) is not tried again: all is stopped, and the status is that of the role.
 *
 * SIGTERM, SIGINT: the roles end one after the other, in the order of the table from its end: who asks before who answers.
 * SIGHUP goes to all, to one that starts as soon as it is ready.  The service manager hears READY=1 once every role has said
 * so.  What roles write to standard error goes through relay.h: one log.  Roles open their sockets themselves; they end when
 * the supervisor does. */
#ifndef SIGNET_SERVICE_SERVE_SUPERVISOR_H
#define SIGNET_SERVICE_SERVE_SUPERVISOR_H

#include "../log/log.h"
#include "../loop/loop.h"
#include "../loop/notify.h"

#define SUPERVISOR_ROLES 8
#define SUPERVISOR_ARGUMENTS 8
#define SUPERVISOR_BACK_OFF_MS 1000
#define SUPERVISOR_BACK_OFF_MOST_MS 60000
#define SUPERVISOR_READY_MS 120000 /* from its start to READY=1: large tables are read meanwhile */
#define SUPERVISOR_STOP_MS 45000 /* then it is killed */

struct supervisor_role {
	const char *name; /* static text, as in its log */
	const char *program; /* path */
	const char *arguments[SUPERVISOR_ARGUMENTS]; /* NULL ends them */
};

struct supervisor;

/* `roles` are started in this order.  NULL: memory or descriptors are short. */
struct supervisor *supervisor_new(const struct supervisor_role roles[], size_t n, struct notify *notify,
                                  struct log *log);
/* Until it is told to stop, or a role cannot be used; returns the exit status: 0, or that of the role. */
int supervisor_run(struct supervisor *s);
/* Accepts NULL. */
void supervisor_free(struct supervisor *s);

#endif
