/* SPDX-License-Identifier: Apache-2.0 */
/* writer: appends verdicts to the spool, one write(2) each, from any thread.
 *
 * The spool is a directory of segments, each written by one process and read by whoever moves them into the store
 * (segment id + offset: exactly once).  What spool_put() returned true for survives the death of the process; it is on the
 * disk at most a second later (spool_sync()), so that a crash of the machine may cost the last second. */
#ifndef SIGNET_SERVICE_SPOOL_WRITER_H
#define SIGNET_SERVICE_SPOOL_WRITER_H

#include "../../src/base/buf.h"
#include "verdict_row.h"

#define SPOOL_FOLDER "/var/lib/signet/spool" /* unless somebody says another */
#define SPOOL_SEGMENT_OCTETS ((uint64_t)64 << 20) /* then the next one begins */

struct spool_writer;

/* Opens the directory (before confine(); the right to write below it is needed later on).  `most_octets`: the
 * oldest complete segments are removed when all of them are more than this, if nobody took them; 0: never.  NULL after a
 * line in `error`. */
struct spool_writer *spool_open(const char *directory, uint64_t most_octets, struct buf *error);
/* Also ends the segment; accepts NULL. */
void spool_close(struct spool_writer *w);
/* False: it is not kept (disk full, an error); `*ret_error` is errno.  Half an entry is never left before a whole one. */
bool spool_put(struct spool_writer *w, const struct verdict_row *row, int *ret_error);
/* fdatasync() of what is not on the disk yet, and the oldest segments go; to be called once a second, from any thread.  0, or
 * errno: the disk lost something. */
int spool_sync(struct spool_writer *w);

#endif
