/* SPDX-License-Identifier: Apache-2.0 */
/* segment: the file format of the spool, and the names of its files.
 *
 *     segment = head *entry                                    numbers: the lowest octet first
 *
 *     head      0  "signet spool\r\n\x1a\n"   16 octets: a text file, a cut or converted one is none
 *              16  version                     4
 *              20  octets of the head          4   later versions may have more
 *              24  made, ms since 1970         8
 *              32  host id                    16   /etc/machine-id; zero: not known
 *              48  boot id                    16
 *              64  process                     4
 *              68  check                       4   CRC-32 of octets 0..67
 *
 *     entry     0  mark                        4
 *               4  octets of what is kept      4   1 .. SEGMENT_ENTRY_OCTETS
 *               8  octets when inflated        4   0: it is not deflated
 *              12  kept whole, cut, row only   4
 *              16  time, ms since 1970         8
 *              24  check                       4   CRC-32 of octets 0..23 and of what is kept
 *              28  what is kept
 *
 * An entry is whole if its mark, its lengths and its check are right.  Whoever reads looks for the next whole entry from any
 * place on: a torn one at the end, or a bad spot of the disk, costs itself and nothing else.
 *
 * Names sort by their time: "verdicts-", 16 hex digits of ms since 1970, "-", process and a number, ".segment".  The name
 * is the id of a segment; none is used twice.  While a process writes a segment it holds a lock on it (flock): a segment
 * without one is complete. */
#ifndef SIGNET_SERVICE_SPOOL_SEGMENT_H
#define SIGNET_SERVICE_SPOOL_SEGMENT_H

#include "../../src/base/buf.h"

#define SEGMENT_HEAD_OCTETS 72
#define SEGMENT_ENTRY_HEAD 28
#define SEGMENT_ENTRY_OCTETS ((uint32_t)1 << 20)
#define SEGMENT_NAME_OCTETS 64 /* with the final NUL */
#define SEGMENTS_MAX 100000 /* of a directory */

struct segment_head {
	int64_t made_ms;
	char host_id[16], boot_id[16];
	uint32_t process;
};

struct segment_entry {
	uint32_t octets; /* of what is kept */
	uint32_t inflated; /* 0: it is not deflated */
	uint32_t kept; /* enum dossier_kept */
	int64_t time_ms;
};

void segment_write_head(const struct segment_head *head, char to[static SEGMENT_HEAD_OCTETS]);
/* False: no segment, or of a version that we cannot read.  `*ret_octets` is where its entries begin. */
bool segment_read_head(slice octets, struct segment_head *ret, size_t *ret_octets);

/* The head of an entry with `what` behind it. */
void segment_write_entry(const struct segment_entry *entry, slice what, char to[static SEGMENT_ENTRY_HEAD]);

enum segment_found {
	SEGMENT_WHOLE, /* an entry at `*ret_at` */
	SEGMENT_SHORT, /* `octets` end before it is known whether one is at `*ret_at` */
	SEGMENT_NOTHING, /* none up to the end, where `*ret_at` is */
};

/* Looks for the next whole entry from `from` on. */
enum segment_found segment_find_entry(slice octets, size_t from, size_t *ret_at, struct segment_entry *ret);

struct segment_name {
	char at[SEGMENT_NAME_OCTETS];
};

void segment_make_name(int64_t made_ms, uint32_t process, uint32_t number, struct segment_name *ret);
bool segment_is_name(const char *name);
/* The names in an open directory, oldest first.  False: `*ret_error` is errno.  The caller frees `*ret`. */
bool segment_list(int folder, struct segment_name **ret, size_t *ret_n, int *ret_error);

#endif
