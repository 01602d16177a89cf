/* SPDX-License-Identifier: Apache-2.0 */
/* zone_file: master files (RFC 1035 5) into a zone table.  What is accepted stands in signet/resolve.h. */
#ifndef SIGNET_SERVICE_DNS_ZONE_FILE_H
#define SIGNET_SERVICE_DNS_ZONE_FILE_H

#include "zone.h"

/* Adds all records of `text`.  False: `error` (of `error_size` octets, NUL-terminated) is "NAME:LINE: what is wrong"; the
 * table holds what stood before. */
bool zone_file_read(struct signet_zones *z, slice text, const char *name, char *error, size_t error_size);

#endif
