/* SPDX-License-Identifier: Apache-2.0 */
/* overrides_file: the file of overrides on disk; changed by commands, read by a daemon while it runs.
 *
 *     struct overrides_edit e;
 *     if (overrides_edit_begin(path, &e, &error)) {       // holds PATH.lock
 *             overrides_add(&e.overrides, &one);
 *             overrides_edit_save(&e, now, &error);       // temporary name, fsync, rename, fsync of the folder
 *             overrides_edit_end(&e);
 *     }
 *
 *     struct overrides_watch *w = overrides_watch_new(path);                   // shared by all threads
 *     number = overrides_watch_find(w, author, &client, now_ms, &error);       // 0: none
 *
 * A daemon asks whether the file is another one at most once a second.  One that cannot be read, or that somebody else than
 * its owner, us or root, could have written, is not believed: what was known before counts until it ends. */
#ifndef SIGNET_SERVICE_POLICY_OVERRIDES_FILE_H
#define SIGNET_SERVICE_POLICY_OVERRIDES_FILE_H

#include "overrides.h"

#define OVERRIDES_PATH "/var/lib/signet/overrides" /* unless somebody says another */
#define OVERRIDES_PATH_OCTETS 4096
#define OVERRIDES_LOCK_MS 10000 /* how long a change waits for another one to end */

struct overrides_edit {
	char path[OVERRIDES_PATH_OCTETS];
	int lock;
	struct signet_arena arena;
	struct overrides overrides;
};

/* Reads the file; one that is not there is empty.  Nothing has to be ended.  False after a line in `error`. */
bool overrides_file_read(const char *path, struct signet_arena *a, struct overrides *ret, struct buf *error);

/* False after a line in `error`: there is nothing to end. */
bool overrides_edit_begin(const char *path, struct overrides_edit *ret, struct buf *error);
/* False after a line in `error`: the file is what it was. */
bool overrides_edit_save(struct overrides_edit *e, int64_t now, struct buf *error);
void overrides_edit_end(struct overrides_edit *e);

struct overrides_watch;

/* NULL: memory is short. */
struct overrides_watch *overrides_watch_new(const char *path);
void overrides_watch_free(struct overrides_watch *w);
/* The number of the override that counts for this message, 0: none.  `author` in normal form; `now_ms` since 1970.  A line in
 * `error` each time the file has changed and cannot be believed.  From any thread. */
uint64_t overrides_watch_find(struct overrides_watch *w, slice author, const struct signet_ip *client, int64_t now_ms,
                              struct buf *error);

#endif
