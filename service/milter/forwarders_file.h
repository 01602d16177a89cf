/* SPDX-License-Identifier: Apache-2.0 */
/* forwarders_file: what is remembered of forwarders, over restarts: one file beside the verdicts, in the spool's folder. */
#ifndef SIGNET_SERVICE_MILTER_FORWARDERS_FILE_H
#define SIGNET_SERVICE_MILTER_FORWARDERS_FILE_H

#include "../../src/base/buf.h"
#include "../policy/forwarders.h"

#define FORWARDERS_FILE "forwarders"

/* A file that is not there is empty; one that somebody else could have written is not believed.  False after a line in
 * `error`: nothing is remembered. */
bool forwarders_file_load(struct forwarders *f, const char *folder, struct buf *error);
/* By temporary name, fsync, rename, fsync of the folder.  False after a line in `error`: the file is what it was. */
bool forwarders_file_save(struct forwarders *f, const char *folder, struct buf *error);

#endif
