/* SPDX-License-Identifier: Apache-2.0 */
/* relay: what a role writes to its standard error becomes lines of one log.
 *
 * A line of the log of a role (service/log/log.h) goes on as it is, or, to the journal, with its level in front and without
 * its time.  Anything else it says (a library's word, an assertion) becomes an event of its own that names the role. */
#ifndef SIGNET_SERVICE_SERVE_RELAY_H
#define SIGNET_SERVICE_SERVE_RELAY_H

#include "../log/log.h"

#define RELAY_LINE_OCTETS 8192 /* longer ones are cut */

/* The level of a line of the role's log, and in `*ret_rest` what follows it, "event key=value..."; false: it is none. */
bool relay_read(slice line, const char *role, enum log_level *ret_level, slice *ret_rest);

struct relay {
	const char *role;
	struct log *log;
	size_t len;
	char line[RELAY_LINE_OCTETS];
};

/* Octets of any split; whole lines go to the log. */
void relay_feed(struct relay *r, slice octets);
/* Nothing more comes: what is half a line goes too. */
void relay_end(struct relay *r);

#endif
