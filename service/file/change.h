/* SPDX-License-Identifier: Apache-2.0 */
/* change: a file is changed while others read it: under a lock, by a whole new one that takes its place.
 *
 *     change_lock(lock, 10000) &&                                     // who else changes it waits
 *     change_write(folder, ".state.tmp", 0600, octets) &&             // on the disk, under a temporary name
 *     renameat(folder, ".state.tmp", folder, "state") == 0 && fsync(folder) == 0
 *
 * Who reads sees the old one or the new one, also after the power has failed.  All tell why not by errno. */
#ifndef SIGNET_SERVICE_FILE_CHANGE_H
#define SIGNET_SERVICE_FILE_CHANGE_H

#include <sys/types.h>

#include "../../src/base/slice.h"

/* Until `fd` is closed.  EWOULDBLOCK: another has had the lock for `most_ms` milliseconds. */
bool change_lock(int fd, int most_ms);
/* A new file with these octets and this mode, whatever the umask; one that a killed process left under the name is removed
 * first.  False: what is there under the name is for the caller to remove. */
bool change_write(int folder, const char *name, mode_t mode, slice octets);
/* All of it, however often the kernel takes a part. */
bool change_write_all(int fd, slice octets);

#endif
