/* SPDX-License-Identifier: Apache-2.0 */
/* sign: the parts of the signer (<signet/sign.h>) that are not public.  */
#ifndef SIGNET_DKIM_SIGN_H
#define SIGNET_DKIM_SIGN_H

#include <signet/sign.h>

/* A field as somebody else laid it out, to make the published examples of the standards again: for tests.  `text` is the
 * whole field without CRLF; {bh} and {b} stand for the values. */
struct sign_layout {
	signet_slice text;
	signet_slice names; /* h= as `text` has it */
	signet_slice b_fold; /* what breaks the lines of b=; empty: it is not broken */
	size_t b_columns;
	size_t b_first; /* of the first line; 0: b_columns */
};

/* For signature `index`, before signet_sign_end().  `layout` must outlive the signer. */
void sign_set_layout(struct signet_sign *sign, size_t index, const struct sign_layout *layout);

#endif
