/* SPDX-License-Identifier: Apache-2.0 */
/* key_file: private keys on disk, read and written so that nobody else can have read or exchanged them.
 *
 *     struct signet_privkey *key;
 *     if (key_file_open(signet, "/etc/dkimkeys/mail.private", &key, &error) != KEY_FILE_GOOD) {
 *             complain("%.*s", error);        // "/etc/dkimkeys/mail.private: its group may read it (mode 0640)"
 *     }
 *
 * A file is taken only if it is a regular file of ours or of root's without any right for group and others, and if nobody
 * else may exchange it: each directory on the way belongs to us or to root and only its owner may write there.  Further up a
 * sticky directory such as /tmp is no harm: what lies in it belongs to us or to root, so nobody else can rename it.  Symbolic
 * links on the way are followed under the same law; the file itself must not be one.
 *
 * "We" is the effective user.  Access control lists need no look of their own: their mask stands in the bits of the group. */
#ifndef SIGNET_SERVICE_KEYS_KEY_FILE_H
#define SIGNET_SERVICE_KEYS_KEY_FILE_H

#include <signet/privkey.h>

#include "../../src/base/buf.h"

enum key_file_fault {
	KEY_FILE_GOOD,
	KEY_FILE_ABSENT,
	KEY_FILE_UNREADABLE, /* the system says no; disk trouble */
	KEY_FILE_LINK, /* a symbolic link */
	KEY_FILE_KIND, /* a directory, device, pipe... */
	KEY_FILE_OWNER, /* neither us nor root */
	KEY_FILE_MODE, /* group or others have a right to it */
	KEY_FILE_FOLDER_OWNER, /* a directory on the way belongs to somebody else */
	KEY_FILE_FOLDER_MODE, /* a directory on the way may be written by somebody else */
	KEY_FILE_LARGE, /* more than SIGNET_PRIVKEY_TEXT octets */
	KEY_FILE_NO_KEY, /* safe, but no usable private key (enum signet_privkey_fault has the sentence) */
	KEY_FILE_NO_MEMORY,
};

/* Opens the directory `path` (from the working directory if it is relative) after looking at each directory on the way and
 * at it: a descriptor, or -1 after a line in `error`.  `*ret` tells why. */
int key_folder_open(const char *path, enum key_file_fault *ret, struct buf *error);

/* Reads `name` in an open directory that was looked at.  `path` is how the directory is called in errors.  Fills
 * `at[0..*ret_octets)`; the caller wipes it (signet_wipe).  After a fault `at` holds nothing and `error` has a line. */
enum key_file_fault key_file_read_at(int folder, const char *path, const char *name,
                                     char at[static SIGNET_PRIVKEY_TEXT], size_t *ret_octets, struct buf *error);

/* The same for a whole path. */
enum key_file_fault key_file_read(const char *path, char at[static SIGNET_PRIVKEY_TEXT], size_t *ret_octets,
                                  struct buf *error);

/* Reads the file and the key in it; `*ret` is written only if all is good. */
enum key_file_fault key_file_open(struct signet *signet, const char *path, struct signet_privkey **ret,
                                  struct buf *error);
enum key_file_fault key_file_open_at(struct signet *signet, int folder, const char *path, const char *name,
                                     struct signet_privkey **ret, struct buf *error);

/* The names of files that are being written: ".NAME.tmp".  A process that was killed leaves one behind; whoever holds the
 * lock of the directory may remove it. */
bool key_file_is_temporary(const char *name);

/* Writes `octets` as `name` with mode 0600, or not at all: a temporary name, fsync, rename, fsync of the directory.  Whoever
 * reads sees the old file or the new one, whole, whenever we are killed.  False after a line in `error`. */
bool key_file_write(int folder, const char *path, const char *name, slice octets, struct buf *error);

/* Overwrites, then removes the file: what the disk or the file system kept elsewhere we cannot reach.  No such file is fine.
 * False after a line in `error`. */
bool key_file_destroy(int folder, const char *path, const char *name, struct buf *error);

#endif
