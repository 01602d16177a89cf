/* SPDX-License-Identifier: Apache-2.0 */
/* signer_client: asks the signer process for signatures.
 *
 * On somebody's loop, any number of requests on their way at once; nothing here waits:
 *
 *     struct signer_client *c = signer_client_new("/run/signet/signer.sock", 2000);
 *     signer_client_ask(c, &request, now_ms, 5000, message);
 *     for (;;) {
 *             poll(signer_client_fd(c), signer_client_wants(c), until signer_client_deadline(c));
 *             signer_client_event(c, now_ms);
 *             while (signer_client_next(c, &answer)) ...    // answer.owner is `message`
 *     }
 *
 * A command that has nothing else to do calls signer_client_wait() instead.
 *
 * Every request gets exactly one answer.  A connection that breaks (the signer was restarted) is made again, and what was
 * not answered is asked again: signing twice does no harm.  If the signer cannot be reached for `patience_ms`, what waits is
 * answered SIGNER_UNREACHABLE, and SIGNER_TIMEOUT past its own time.  A signer that closes the connection without a word
 * does not count as reached: it answers its peers only. */
#ifndef SIGNET_SERVICE_KEYS_SIGNER_CLIENT_H
#define SIGNET_SERVICE_KEYS_SIGNER_CLIENT_H

#include "signer_protocol.h"

#define SIGNER_CLIENT_REQUESTS 1024 /* on their way at once */

struct signer_client;

struct signer_answer {
	void *owner;
	struct signer_reply reply; /* its slices live until the next signer_client_event(); the id is of no use */
};

/* `path` is that of the socket.  Nothing is connected yet.  `patience_ms` 0: one failure is enough.  NULL if memory is short
 * or the path too long for a socket. */
struct signer_client *signer_client_new(const char *path, int64_t patience_ms);
/* What was asked is forgotten; accepts NULL. */
void signer_client_free(struct signer_client *client);

/* Asks; the id of `request` is set by the client, its names may be those of the message in any case (they are sent in lower
 * case).  `now_ms` is the caller's clock, which never goes back.  SIGNET_LIMIT: SIGNER_CLIENT_REQUESTS are on their way;
 * SIGNET_MISUSE: a name that no key can have. */
enum signet_status signer_client_ask(struct signer_client *client, const struct signer_request *request, int64_t now_ms,
                                     int64_t timeout_ms, void *owner);

/* What to wait for: the descriptor (-1: only for the deadline), POLLIN and POLLOUT, and the time at which
 * signer_client_event() wants to be called at the latest (INT64_MAX: never).  All three may change with every call. */
int signer_client_fd(const struct signer_client *client);
short signer_client_wants(const struct signer_client *client);
int64_t signer_client_deadline(const struct signer_client *client);

/* Connects, writes, reads, as far as it goes without waiting. */
void signer_client_event(struct signer_client *client, int64_t now_ms);
/* The next answer; false: none for now. */
bool signer_client_next(struct signer_client *client, struct signer_answer *ret);

/* Why the signer cannot be reached, for a person: "No such file or directory"...; NULL: it can. */
const char *signer_client_trouble(const struct signer_client *client);

/* Asks and waits for the answer, `timeout_ms` at most, by poll().  For a client that is used in no other way.  What
 * `ret` holds lives until the next call. */
void signer_client_wait(struct signer_client *client, const struct signer_request *request, int64_t timeout_ms,
                        struct signer_reply *ret);

#endif
