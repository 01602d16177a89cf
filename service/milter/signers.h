/* SPDX-License-Identifier: Apache-2.0 */
/* signers: requests to the signer process on a worker's loop.
 *
 *     struct signer_desk *desk = signer_desk_new(loop, "/run/signet/signer.sock");
 *     struct signer_errand *e = signer_desk_sign(desk, &request, on_answer, message, index);
 *     ...                                              // on_answer(message, index, reply), once, from the loop
 *     signer_errand_drop(e);                           // or: nobody waits for it any more
 *
 * Which keys of a domain sign is asked of the signer and remembered for a minute: that is how long a switch of keys may
 * take to be seen (the old key stays good for much longer).  An errand is answered from the loop only, never before the
 * call that gave it returned. */
#ifndef SIGNET_SERVICE_MILTER_SIGNERS_H
#define SIGNET_SERVICE_MILTER_SIGNERS_H

#include <signet/sign.h>

#include "../keys/signer_client.h"

#define SIGNERS_PATIENCE_MS 2000 /* the signer may be away so long: it is being restarted */
#define SIGNERS_TIMEOUT_MS 5000 /* for one answer */
#define SIGNERS_KEYS_MS 60000 /* which keys there are is believed */
#define SIGNERS_KEYS_MAX 4096 /* domains that are remembered */
#define SIGNERS_ACTIVE 8 /* keys of one answer */

struct loop;
struct signer_desk;
struct signer_errand;

/* `reply` and its texts live during the call. */
typedef void signer_done(void *data, size_t index, const struct signer_reply *reply);

/* Nothing is connected yet.  NULL: memory is short, or the path too long for a socket. */
struct signer_desk *signer_desk_new(struct loop *loop, const char *socket_path);
/* Errands are forgotten; accepts NULL. */
void signer_desk_free(struct signer_desk *desk);

/* NULL: memory is short, too many are on their way, or no key can have this name. */
struct signer_errand *signer_desk_sign(struct signer_desk *desk, const struct signet_sign_request *request,
                                       signer_done *done, void *data);
/* Nobody waits for it; accepts NULL. */
void signer_errand_drop(struct signer_errand *errand);

/* A key that signs. */
struct signer_active {
	slice selector;
	enum signet_algorithm algorithm;
};

/* The keys of a domain that sign now: those in state "active", or the one called `selector` if that is not empty. */
struct signer_keys {
	enum signer_status status; /* SIGNER_OK, also if there is none; else why it is not known */
	size_t n;
	struct signer_active at[SIGNERS_ACTIVE];
};

/* True: it is known, and `**ret` lives until the loop goes on. */
bool signer_desk_known(struct signer_desk *desk, slice domain, slice selector, const struct signer_keys **ret);
/* Asks; then signer_desk_known(), or the reply says why not (SIGNER_UNREACHABLE...). */
struct signer_errand *signer_desk_ask(struct signer_desk *desk, slice domain, slice selector, signer_done *done,
                                      void *data, size_t index);
/* What is remembered of a domain was wrong: a key is gone. */
void signer_desk_forget(struct signer_desk *desk, slice domain);
/* Why the signer cannot be reached, for the log; NULL: it can. */
const char *signer_desk_trouble(const struct signer_desk *desk);

#endif
