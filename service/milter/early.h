/* SPDX-License-Identifier: Apache-2.0 */
/* early: SPF before the message is sent, for who wants to refuse recipients by it (RFC 7208 8.4).  Only where a listener says
 * so: a message that DKIM would have saved is lost by it. */
#ifndef SIGNET_SERVICE_MILTER_EARLY_H
#define SIGNET_SERVICE_MILTER_EARLY_H

#include <signet/resolve.h>
#include <signet/spf.h>

#include "../policy/facts.h"

struct early_how {
	struct signet_resolver *resolver;
	const struct facts *facts;
	int64_t now;
	int64_t dns_ms;
	void (*ready)(void *data); /* from the loop */
	void *data;
};

struct early {
	struct signet_book *book; /* kept from message to message; NULL: not yet needed */
	struct signet_arena *arena;
	struct early_how how;
	int64_t deadline_ms;
	struct signet_fill *fill;
	struct signet_spf spf;
	bool is_evaluated; /* for want of memory it is not, and nothing is said of recipients */
};

/* True: done.  False: `ready` is called. */
bool early_begin(struct early *e, const struct early_how *how);
/* SPF says fail. */
bool early_fails(const struct early *e);
void early_drop(struct early *e);
void early_finish(struct early *e);

#endif
