/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of mail (RFC 5322 3.3 and the obsolete forms of 4.3) as seconds since 1970, and back. */
#ifndef SIGNET_BASE_DATE_H
#define SIGNET_BASE_DATE_H

#include "buf.h"

/* "Sat, 21 Nov 2026 10:00:00 +0100 (CET)"; day of week, seconds and zone may be missing, comments are skipped. */
bool date_parse(slice text, int64_t *ret);
/* "Sat, 21 Nov 2026 09:00:00 +0000" */
void date_put(struct buf *b, int64_t epoch);
/* "2026-11-21T09:00:00Z" */
void date_put_iso(struct buf *b, int64_t epoch);

#endif
