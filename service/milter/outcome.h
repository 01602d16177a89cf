/* SPDX-License-Identifier: Apache-2.0 */
/* outcome: what the mail server shall do with a message.  Made by the station that judges (message.h), put on the wire by the
 * session.  Texts live until the message is ended. */
#ifndef SIGNET_SERVICE_MILTER_OUTCOME_H
#define SIGNET_SERVICE_MILTER_OUTCOME_H

#include "../../src/base/slice.h"

enum outcome_reply {
	OUTCOME_CONTINUE, /* as far as we are concerned it may be delivered, and later filters see it */
	OUTCOME_REJECT, /* 5yz */
	OUTCOME_TEMPFAIL, /* 4yz */
};

enum outcome_change {
	OUTCOME_DELETE, /* the `index`-th field of that name as received, from 1 */
	OUTCOME_INSERT, /* at `index` of all fields as delivered, 0: on top */
};

struct outcome_edit {
	enum outcome_change change;
	uint32_t index;
	slice name;
	slice value; /* begins with what follows the colon, a blank included; folded with LF and without CR */
};

struct outcome {
	enum outcome_reply reply;
	slice text; /* "550 5.7.1 why", one line, of the class of `reply`; empty: the mail server's own words */
	slice hold; /* put it into quarantine with this reason; empty: no */
	const struct outcome_edit
		*edits; /* in the order in which they are to be sent; left out on reject and tempfail */
	size_t n_edits;
};

#endif
