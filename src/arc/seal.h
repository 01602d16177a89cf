/* SPDX-License-Identifier: Apache-2.0 */
/* seal: the part of the sealer (<signet/seal.h>) that is not public. */
#ifndef SIGNET_ARC_SEAL_H
#define SIGNET_ARC_SEAL_H

#include <signet/seal.h>

/* Tags in the order of the alphabet and without folding, no DKIM-Signature in h=: the layout the public signing suite was
 * made with.  For tests; before signet_seal_end(). */
void seal_set_sorted(struct signet_seal *seal);

#endif
