/* SPDX-License-Identifier: Apache-2.0 */
/* store: a directory of DKIM keys, safe against a crash at any point.
 *
 *     KEYDIR/example.com/s202611.pem     a private key, PKCS#8, 0600
 *     KEYDIR/example.com/state           the life of every selector of the domain (state.h)
 *     KEYDIR/example.com/lock            held by whoever changes the folder
 *
 * Who signs only reads, and needs no lock:
 *
 *     struct store_domain d;
 *     struct signet_privkey *key;
 *     if (store_open(keydir, domain, STORE_READ, arena, &d, &error)) {
 *             for (size_t i = 0; i < d.state.n; i++) {
 *                     if (d.state.at[i].stage == KEY_ACTIVE && store_key(&d, signet, &d.state.at[i], &key, &error)) ...
 *             }
 *             store_close(&d);
 *     }
 *
 * There is at most one active key of each algorithm; all of them sign.  A reader sees the state before a change or after it,
 * never half of it.
 *
 * Who changes opens with STORE_CHANGE, which takes the lock and puts in order what a killed process left behind: files under
 * temporary names go; a key file without a line is adopted as generated; the private half of a key whose line says retired
 * or revoked is destroyed.  Hence the order of every step: a key file is written before its line, a line changes before a
 * key file goes. */
#ifndef SIGNET_SERVICE_KEYS_STORE_H
#define SIGNET_SERVICE_KEYS_STORE_H

#include "key_file.h"
#include "state.h"

#define STORE_LOCK_MS 10000 /* how long a change waits for another one to end */
#define STORE_FOLDER "/var/lib/signet/keys" /* unless somebody says another */
#define STORE_PATH_OCTETS 4096

enum store_use {
	STORE_READ, /* no lock, nothing is changed; the domain must be there */
	STORE_CHANGE, /* the lock; the domain must be there */
	STORE_MAKE, /* the lock; store and domain are made if they are not there */
};

enum store_fault {
	STORE_GOOD,
	STORE_ABSENT, /* no such store, or it has no keys of this domain */
	STORE_UNSAFE, /* somebody else may write in it or in the state file, owns it... */
	STORE_BROKEN, /* the state file cannot be read */
	STORE_BUSY, /* another command changes it */
	STORE_IO,
};

struct store_domain {
	char path[STORE_PATH_OCTETS]; /* KEYDIR/domain, for messages */
	slice domain;
	int folder;
	int lock; /* -1: not held */
	struct key_state state;
	bool has_state; /* the file; without it no key has a line */
	size_t n_adopted; /* key files that had no line */
};

/* Opens the folder of a domain (in normal form) and reads its state into `a`.  Other than STORE_GOOD: `error` has a line and
 * there is nothing to close.  `now` is when an adopted key counts as generated. */
enum store_fault store_open(const char *keydir, slice domain, enum store_use use, int64_t now, struct signet *signet,
                            struct signet_arena *a, struct store_domain *ret, struct buf *error);
void store_close(struct store_domain *d);

/* Makes a key, writes its file, then its line.  NULL after a line in `error`. */
struct key_entry *store_make_key(struct store_domain *d, struct signet *signet, slice selector,
                                 enum signet_algorithm algorithm, unsigned bits, int64_t now, struct buf *error);
/* Takes a key made elsewhere: the same with a given private key. */
struct key_entry *store_add_key(struct store_domain *d, const struct signet_privkey *key, slice selector, int64_t now,
                                struct buf *error);
/* Writes the state file, then destroys the private halves of what is retired.  False after a line in `error`; what is on disk
 * is then the old state. */
bool store_save(struct store_domain *d, struct buf *error);
/* Reads the private half; false after a line in `error`.  The caller frees it. */
bool store_key(const struct store_domain *d, struct signet *signet, const struct key_entry *key,
               struct signet_privkey **ret, struct buf *error);
/* True if the private half of the key is (or should be) in the store. */
bool store_has_private(const struct key_entry *key);

/* How many key files have no line in the state file. */
size_t store_count_unlisted(const struct store_domain *d);

/* The domains of a store, sorted; they live in `a`.  Folders that are no domain are passed over. */
enum store_fault store_domains(const char *keydir, struct signet_arena *a, slice **ret, size_t *ret_n,
                               struct buf *error);

#endif
