/* SPDX-License-Identifier: Apache-2.0 */
/* session: the milter protocol of one connection as a state machine; version 6, without a socket.
 *
 *              negotiate         MAIL            end of header        end of message
 *     opened ------------> idle ------> envelope ------> body ------------> judging
 *                            ^                                                 |
 *                            |  ABORT (from everywhere), or answered           |
 *                            +-------------------------------------------------+
 *
 * Octets of any split go in, replies come out; whoever owns the socket moves both (connection.h):
 *
 *     struct session *s = session_new(&settings, &calls, data);
 *     enum session_state state = session_feed(s, octets);     // session_out(s) holds what is to be written
 *     if (state == SESSION_WAITS) ... somebody calls session_wake(s) when the message is judged ...
 *
 * What is done with messages is not its business: it calls `struct session_calls` with what the mail server says, in that
 * order, and puts the outcome on the wire.  While a message is being judged what comes in is kept, a bounded number of octets
 * of it.
 *
 * Bounded: a frame, the macros, the recipients, the octets that wait.  What is past a cap, or no frame of the protocol, or not
 * in its turn ends the connection: the mail server then does what its own default action says, and loses nothing.  Only the
 * body is never kept: it goes on as it comes.
 *
 * Taken are the replies that can be left out, all of them but that to recipients if `early`; leading blanks of values; the
 * list of macros.  A mail server that lets nobody change header fields is turned away. */
#ifndef SIGNET_SERVICE_MILTER_SESSION_H
#define SIGNET_SERVICE_MILTER_SESSION_H

#include "../../src/base/buf.h"
#include "../policy/facts.h"
#include "outcome.h"

#define SESSION_RECIPIENTS 1000 /* kept of a message; RFC 5321 4.5.3.1.8 asks for 100 at least */
#define SESSION_RECIPIENT_OCTETS                                                                                       \
	((size_t)288 << 10) /* of all of them: 1000 paths of the 256 octets of RFC 5321 4.5.3.1.3 */
#define SESSION_FACTS_OCTETS ((size_t)64 << 10) /* of macros and envelope together, recipients not counted */
#define SESSION_WAITING_OCTETS                                                                                         \
	((size_t)128 << 10) /* that came while a message is judged: none, but from a hasty peer */
#define SESSION_OUT_OCTETS ((size_t)4 << 20)

struct session;

enum session_state {
	SESSION_READS, /* wants octets */
	SESSION_WAITS, /* for the message to be judged; session_wake() will be called */
	SESSION_ENDS, /* write what is there, then close: the mail server said so, or it does not speak the protocol */
};

/* What is done with messages.  Every begin() that made one is followed by exactly one close().  None of these may call
 * session_wake() before it has returned. */
struct session_calls {
	/* MAIL FROM: a message.  `facts` lives as long as the message and grows (queue id, recipients).  NULL: memory is
	 * short; the message is then deferred. */
	void *(*begin)(void *data, struct session *s, const struct facts *facts);
	/* The first recipient, only with settings.early: an answer may be wanted now.  False: not known yet, wait for
	 * session_wake().  A recipient that is refused is no longer among those of the facts. */
	bool (*early)(void *message);
	/* A field; `value` is what follows the colon, with bare LF inside.  Without facts->leading_space one blank after the
	 * colon is missing.  The slices live during the call. */
	void (*field)(void *message, slice name, slice value);
	void (*end_of_header)(void *message);
	/* Some of the body, CRLF as on the wire, in pieces of any size. */
	void (*body)(void *message, slice octets);
	/* All of it came.  False: wait for session_wake(). */
	bool (*end)(void *message);
	/* Once it is known: after early() for each recipient, which is the last of the facts then; its reply alone is looked
	 * at.  After end() for the message: a reply, or what is to be changed.  NULL: a fault of ours, try again later. */
	const struct outcome *(*outcome)(void *message);
	/* The message is over: answered, or dropped by the mail server. */
	void (*close)(void *message);
};

struct session_settings {
	bool early; /* recipients are answered, after early() */
	size_t frame_octets; /* 0: SESSION_FRAME_OCTETS */
};

#define SESSION_FRAME_OCTETS ((size_t)1 << 20) /* Postfix sends 64 KiB, libmilter up to 1 MiB */

/* `settings` and `calls` must outlive the session.  NULL: memory is short. */
struct session *session_new(const struct session_settings *settings, const struct session_calls *calls, void *data);
/* An open message is closed.  Accepts NULL. */
void session_free(struct session *s);

/* Takes all of `octets`. */
enum session_state session_feed(struct session *s, slice octets);
/* What waited is known: goes on, with the octets that came meanwhile. */
enum session_state session_wake(struct session *s);
/* What is to be written; the owner of the socket takes from its front, and may buf_finish() it when it is empty. */
struct buf *session_out(struct session *s);
/* Keeps the mail server patient while a message is judged (SMFIR_PROGRESS); does nothing at any other time. */
void session_progress(struct session *s);
/* True between messages, with no frame half read: the connection may be closed without harm to a message. */
bool session_is_idle(const struct session *s);
/* True: a frame has begun and is not whole. */
bool session_is_within_frame(const struct session *s);
/* How many frames were whole so far: as long as this stands still, octets that come make no progress. */
uint64_t session_frames(const struct session *s);
/* How many messages were answered so far, and how many were given up by the mail server before. */
uint64_t session_answers(const struct session *s);
uint64_t session_aborts(const struct session *s);
/* Of the connection, and of the message if there is one. */
const struct facts *session_facts(const struct session *s);
/* Why it ended, static text for the log; NULL: the mail server said good-bye. */
const char *session_fault(const struct session *s);
/* Octets of memory that it holds. */
size_t session_octets(const struct session *s);

#endif
