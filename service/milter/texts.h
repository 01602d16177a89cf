/* SPDX-License-Identifier: Apache-2.0 */
/* texts: copies of strings that are given back together, in as little memory as they need: a connection that does nothing
 * holds some hundred octets.  A copy has a NUL behind its end and does not move. */
#ifndef SIGNET_SERVICE_MILTER_TEXTS_H
#define SIGNET_SERVICE_MILTER_TEXTS_H

#include "../../src/base/slice.h"

struct texts {
	struct texts_block *last;
	size_t octets; /* allocated */
	size_t max; /* of `octets`; as the owner sets it */
};

/* False, and `*ret` is untouched: past `max`, or memory is short. */
bool texts_put(struct texts *t, slice s, slice *ret);
/* Gives everything back; accepts a zeroed one. */
void texts_clear(struct texts *t);

#endif
