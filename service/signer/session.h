/* SPDX-License-Identifier: Apache-2.0 */
/* session: one connection of a peer.
 *
 *              READ            frame            sent
 *     waiting ------> reading ------> answering ----> waiting
 *        |               |                |
 *        | idle          | half a frame   | nobody takes the answers
 *        v               v                v                            and, from everywhere: garbage, the end
 *      closed          closed           closed
 *
 * Bounded in all directions: octets in, octets out, time for each, and a few requests a turn. */
#ifndef SIGNET_SERVICE_SIGNER_SESSION_H
#define SIGNET_SERVICE_SIGNER_SESSION_H

#include "../loop/loop.h"
#include "signer.h"

struct session;

/* What all sessions share; the server's. */
struct session_shared {
	struct loop *loop;
	struct keyring *keyring;
	struct log *log;
	struct log_limit limit;
	int64_t idle_ms;
	void (*closed)(void *data, struct session *session); /* it frees itself afterwards */
	void *data;
};

/* Takes over `fd` and waits for requests.  NULL: memory is short, and `fd` is closed. */
struct session *session_new(struct session_shared *shared, int fd, const struct peer *peer);
/* Answers what was received and closes. */
void session_drain(struct session *session);
/* Whose it is; and since when it waits for its peer: for a request, the rest of one, or that answers are taken; -1: it has
 * work. */
uid_t session_user(const struct session *session);
int64_t session_waits_since(const struct session *session);
/* Ends it for another connection; it is told in the log. */
void session_yield(struct session *session);
/* Closes at once, without `closed`. */
void session_free(struct session *session);

/* The list of all; for the server. */
struct session *session_next(const struct session *session);
void session_link(struct session **head, struct session *session);
void session_unlink(struct session **head, struct session *session);

#endif
