/* SPDX-License-Identifier: Apache-2.0 */
/* gate: how many connections there may be, in all, at one listener and from one client.
 *
 *     struct gate_seat seat;
 *     const char *why = gate_enter(gate, &caps, &at_this_listener, &client, &seat);
 *     if (why) ... close it, and log why ...
 *     gate_leave(gate, &seat);            // from any thread
 *
 * A client is the mail server's address; over a Unix socket there is none, and only the other two count. */
#ifndef SIGNET_SERVICE_MILTER_GATE_H
#define SIGNET_SERVICE_MILTER_GATE_H

#include <stdatomic.h>
#include <stddef.h>

#include <signet/types.h>

struct gate_caps {
	size_t all, per_listener, per_client; /* 0: no cap of that kind */
};

/* Taken by one connection. */
struct gate_seat {
	struct gate_client *client; /* NULL: it has no address */
	_Atomic size_t *at_listener;
};

struct gate;

/* NULL: memory is short. */
struct gate *gate_new(void);
/* When nobody is inside; accepts NULL. */
void gate_free(struct gate *g);
/* NULL: it may come in, and `*ret` is its seat.  Otherwise why not, static text.  `client` has family 0 if there is none. */
const char *gate_enter(struct gate *g, const struct gate_caps *caps, _Atomic size_t *at_listener,
                       const struct signet_ip *client, struct gate_seat *ret);
void gate_leave(struct gate *g, struct gate_seat *seat);
size_t gate_count(struct gate *g);

#endif
