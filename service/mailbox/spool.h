/* SPDX-License-Identifier: Apache-2.0 */
/* spool: what comes from a pipe is kept, because a message is read more than once. */
#ifndef SIGNET_SERVICE_MAILBOX_SPOOL_H
#define SIGNET_SERVICE_MAILBOX_SPOOL_H

#include <stdint.h>

#define SPOOL_MEMORY (4 * 1024 * 1024) /* octets kept in memory; past it a temporary file takes them */

/* Copies everything that can be read from `in` into a descriptor that can be read at any offset: anonymous memory, or
 * an unlinked file in TMPDIR (else /tmp).  -1: errno says why. */
int spool_all(int in, uint64_t *ret_size);

#endif
