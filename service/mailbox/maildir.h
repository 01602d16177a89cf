/* SPDX-License-Identifier: Apache-2.0 */
/* maildir: the names of the files a directory stands for. */
#ifndef SIGNET_SERVICE_MAILBOX_MAILDIR_H
#define SIGNET_SERVICE_MAILBOX_MAILDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The files in cur/ and new/ (a Maildir) or in the directory itself, without those whose name begins with a dot, in the
 * order of their names; a Maildir's cur/ comes first.  Paths are complete and belong to the list. */
struct maildir {
	char **paths;
	size_t n;
	size_t room;
	uint64_t octets; /* of all files together */
};

/* False: errno says why; the list then holds what was found so far. */
bool maildir_list(const char *path, struct maildir *ret);
void maildir_finish(struct maildir *list);

#endif
