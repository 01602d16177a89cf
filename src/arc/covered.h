/* SPDX-License-Identifier: Apache-2.0 */
/* covered: the octets a seal signs (RFC 8617 5.1.1).
 *
 *     struct digest *running = digest_new(engine);
 *     for each set from instance 1 on: TRY(covered_digest(&set, running, arena, set_digest));
 *     digest_drop(running);
 *
 * What set k covers begins with all that set k-1 covers, so one running digest serves all: the cost grows with the header,
 * not with its square. */
#ifndef SIGNET_ARC_COVERED_H
#define SIGNET_ARC_COVERED_H

#include "../base/arena.h"
#include "../crypto/digest.h"
#include "set.h"

/* The digest for the seal of `set`, which must have all three fields; adds the set to `running`. */
enum signet_status covered_digest(const struct arc_set *set, struct digest *running, struct signet_arena *a,
                                  uint8_t ret[static DIGEST_OCTETS]);

#endif
