/* SPDX-License-Identifier: Apache-2.0 */
/* hook: a program of the owner's that publishes records, for zones that take no DNS UPDATE.
 *
 *     PROGRAM publish|revoke s202611._domainkey.example.com TXT 3600 "v=DKIM1; k=rsa; p=..."
 *
 * The RRset of that name and type is to be exactly that one record, whatever was there before; the program may be called more
 * than once for the same record.  Exit status 0 means done.  No shell is between, so nothing in the words can be a command. */
#ifndef SIGNET_SERVICE_KEYS_HOOK_H
#define SIGNET_SERVICE_KEYS_HOOK_H

#include "../../src/base/buf.h"

#define HOOK_MS 60000 /* then it is killed */

/* False after a line in `error`. */
bool hook_run(const char *program, const char *action, slice name, uint32_t ttl_s, slice value, int timeout_ms,
              struct buf *error);

#endif
