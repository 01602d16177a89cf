/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of mail (RFC 5322 3.3 and the obsolete forms of 4.3) and of our own files as seconds since 1970, and back; spans of
 * time as people write them. */
#ifndef SIGNET_BASE_DATE_H
#define SIGNET_BASE_DATE_H

#include "buf.h"

/* "Sat, 21 Nov 2026 10:00:00 +0100 (CET)"; day of week, seconds and zone may be missing, comments are skipped. */
bool date_parse(slice text, int64_t *ret);
/* "Sat, 21 Nov 2026 09:00:00 +0000" */
void date_put(struct buf *b, int64_t epoch);
/* "2026-11-21T09:00:00Z" */
void date_put_iso(struct buf *b, int64_t epoch);
/* Exactly that form (RFC 3339 5.6, UTC), years 1970 to 9999; false leaves `*ret` untouched. */
bool date_parse_iso(slice text, int64_t *ret);
/* "20261121T090000Z" (RFC 5545 3.3.5) */
void date_put_basic(struct buf *b, int64_t epoch);
/* The day in UTC. */
void date_split(int64_t epoch, int64_t *ret_year, int *ret_month, int *ret_day);

/* "90d", "12h", "30m", "2w", "45s" or plain seconds, up to SPAN_MAX; false leaves `*ret` untouched. */
bool span_parse(slice text, int64_t *ret_seconds);
#define SPAN_MAX ((int64_t)100 * 366 * 86400)
/* The two largest units that say something: "7 days", "1 hour 30 minutes", "0 seconds". */
void span_put(struct buf *b, int64_t seconds);

#endif
