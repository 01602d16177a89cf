/* SPDX-License-Identifier: Apache-2.0 */
/* early: SPF at the first recipient, for who wants to refuse before the message is sent (RFC 7208 8.4).  Only where a
 * listener says so: a message that DKIM would have saved is lost by it. */
#ifndef SIGNET_SERVICE_MILTER_EARLY_H
#define SIGNET_SERVICE_MILTER_EARLY_H

#include <signet/resolve.h>
#include <signet/spf.h>

struct message;

struct early {
	struct signet_book *book; /* kept from message to message; NULL: not yet needed */
	struct signet_arena *arena;
	struct signet_fill *fill;
	struct signet_spf spf;
	bool is_evaluated;
	void (*ready)(void *data);
};

/* True: known.  False: `ready` is called with the message, from the loop. */
bool early_begin(struct message *m, void (*ready)(void *data));
/* Writes the outcome for the newest recipient into the message. */
void early_decide(struct message *m);
void early_drop(struct early *e);
void early_finish(struct early *e);

#endif
