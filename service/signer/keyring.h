/* SPDX-License-Identifier: Apache-2.0 */
/* keyring: the private keys that are in use, opened when somebody first asks for them.
 *
 *     struct keyring *ring = keyring_new(signet, "/etc/signet/keys", 1000, &log);
 *     if (keyring_find(ring, S("example.com"), S("s1"), now_ms, &key) == SIGNER_OK) ...
 *     keyring_free(ring);                     // wipes them all
 *
 * The key of a domain and selector is KEYDIR/<domain>/<selector>.pem.  At most `most` keys are kept; the one that was not
 * used for longest gives way and is wiped.  A key that is in use is looked for on disk once a second: if it was removed it is
 * forgotten at once (no-key), if it was replaced, under the same name or in the same file, the new one is opened.  So what
 * is taken off the disk signs for one more second at most.  Keys that nobody asks for any more are found by keyring_sweep(),
 * so that what is taken off the disk does not stay in memory either. */
#ifndef SIGNET_SERVICE_SIGNER_KEYRING_H
#define SIGNET_SERVICE_SIGNER_KEYRING_H

#include "../keys/signer_protocol.h"
#include "../log/log.h"

#define KEYRING_LOOK_MS 1000
#define KEYRING_SWEEP_MS 5000 /* between two sweeps */
#define KEYRING_SWEEP_TURN 64 /* keys of a sweep before others have their turn */

struct keyring;

/* `folder` is an absolute path that lives as long as the ring.  NULL if memory is short. */
struct keyring *keyring_new(struct signet *signet, const char *folder, size_t most, struct log *log);
void keyring_free(struct keyring *ring);

/* SIGNER_OK, SIGNER_NO_KEY, SIGNER_BAD_KEY (after a line in the log) or SIGNER_FAILED.  Both names are as the protocol lets
 * them through.  The key belongs to the ring and lives until the next call. */
enum signer_status keyring_find(struct keyring *ring, slice domain, slice selector, int64_t now_ms,
                                struct signet_privkey **ret);
/* What everybody may know of the keys of a domain, ordered by selector; bad ones are left out.  The answer points into the
 * ring until the next call. */
enum signer_status keyring_list(struct keyring *ring, slice domain, slice selector, int64_t now_ms,
                                struct signer_reply *ret);
/* Looks for the next KEYRING_SWEEP_TURN keys on disk, forgets and wipes those that are gone or changed.  True: every key has
 * been looked for, and the next call begins again. */
bool keyring_sweep(struct keyring *ring, int64_t now_ms);
/* Forgets and wipes every key. */
void keyring_clear(struct keyring *ring);
/* How many are open now. */
size_t keyring_count(const struct keyring *ring);

#endif
