/* SPDX-License-Identifier: Apache-2.0 */
/* doors: the listening sockets of the rules' listeners, and that of the metrics.
 *
 * A socket that the service manager handed over under the name of a listener is taken in place of its own (several may have
 * that name), and so is the only one it handed over if there is only one listener.  "metrics" names that of the metrics. */
#ifndef SIGNET_SERVICE_MILTER_DOORS_H
#define SIGNET_SERVICE_MILTER_DOORS_H

#include <stdatomic.h>

#include "../loop/confine.h"
#include "../loop/loop.h"
#include "../loop/notify.h"
#include "../net/listen.h"
#include "../policy/rules.h"

#define DOORS_MAX 64

struct door {
	struct listener listener;
	char *name; /* of the listener of the rules */
	char *where; /* its socket, as configured */
	bool is_tcp;
	_Atomic size_t n; /* connections through it */
	struct loop_watch *watch; /* the daemon's */
	void *data; /* the daemon */
};

struct doors {
	struct door at[DOORS_MAX];
	size_t n;
	struct listener metrics; /* fd -1: none */
	char *metrics_where;
};

/* What the service manager handed over. */
struct doors_inherited {
	char names[NOTIFY_SOCKETS][NOTIFY_NAME];
	size_t n;
	bool taken[NOTIFY_SOCKETS];
};

void doors_init(struct doors *d);
/* `metrics` NULL: none.  Unix sockets are given to `user`.  False after a line in `error`; doors_close() even then. */
bool doors_open(struct doors *d, const struct rules *rules, const char *metrics, const struct confine_user *user,
                struct doors_inherited *inherited, struct buf *error);
/* The door closes; who is inside stays. */
void door_close(struct door *door);
void doors_close(struct doors *d);
/* The first open door of a listener, or NULL. */
struct door *doors_find(struct doors *d, const char *name);

#endif
