/* SPDX-License-Identifier: Apache-2.0 */
/* reader: the verdicts of a spool, one after the other, while others write it.
 *
 *     struct spool_reader *r = spool_read("/var/spool/signet", SPOOL_NEWEST_FIRST, NULL, &error);
 *     while (spool_next(r, &v) == SPOOL_FOUND) use(v.row);
 *     spool_reader_free(r);
 *
 * Files that are no segments, torn entries and bad spots are passed over and counted.  Memory is bounded, whatever the files
 * hold.  Oldest first, the end is not for ever: a later call goes on with what was written meanwhile.  A place says where to go
 * on another time, so that whoever moves verdicts elsewhere does it exactly once; with several writers a segment that was
 * left behind may still grow: whoever needs all of it waits until it is complete (segment.h). */
#ifndef SIGNET_SERVICE_SPOOL_READER_H
#define SIGNET_SERVICE_SPOOL_READER_H

#include "dossier.h"
#include "segment.h"

enum spool_order {
	SPOOL_OLDEST_FIRST,
	SPOOL_NEWEST_FIRST,
};

struct spool_place {
	struct segment_name segment;
	uint64_t offset;
};

struct spool_verdict {
	struct spool_place place; /* where it stands */
	uint64_t end; /* offset behind it: with the same segment where to go on, oldest first */
	int64_t time_ms;
	enum dossier_kept kept;
	const struct verdict_row *row; /* with dossier and book, if it has them */
};

enum spool_found {
	SPOOL_FOUND,
	SPOOL_END,
	SPOOL_FAILED, /* memory is short */
};

/* What was passed over. */
struct spool_trouble {
	uint64_t foreign; /* files that are no segments of ours, or cannot be opened */
	uint64_t unreadable; /* whole entries that say what we do not know */
	uint64_t lost_octets; /* of torn entries and bad spots */
};

struct spool_reader;

/* `from`: oldest first the place to begin with, newest first the place to begin before; NULL: all.  NULL after a line in
 * `error`. */
struct spool_reader *spool_read(const char *directory, enum spool_order order, const struct spool_place *from,
                                struct buf *error);
void spool_reader_free(struct spool_reader *r);
/* From now on verdicts before this time are passed over, cheaply. */
void spool_reader_since(struct spool_reader *r, int64_t time_ms);
/* `*ret` is written with SPOOL_FOUND and lives until the next call. */
enum spool_found spool_next(struct spool_reader *r, struct spool_verdict *ret);
struct spool_trouble spool_reader_trouble(const struct spool_reader *r);

/* What is kept in a whole entry, as spool_next() makes it: for fuzzing and for those who have entries elsewhere.
 * `inflated` has room for SEGMENT_ENTRY_OCTETS and must live as long as the result. */
bool spool_entry_read(const struct segment_entry *entry, slice what, char *inflated, struct signet_arena *a,
                      struct dossier_read *ret);

#endif
