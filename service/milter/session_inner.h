/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a session share: session.c has the frames and the states, commands.c what each command does, answers.c
 * what is replied to a recipient and to a message. */
#ifndef SIGNET_SERVICE_MILTER_SESSION_INNER_H
#define SIGNET_SERVICE_MILTER_SESSION_INNER_H

#include "../policy/facts.h"
#include "codec.h"
#include "texts.h"

struct session_calls;
struct session_settings;

#define EMPTY_FRAME_OCTETS ((size_t)16) /* abort, quit...: nothing is in them */

/* Where the dialogue is.  Bits, so that a command can say where it may come. */
enum stage {
	OPENED = 1, /* no options yet */
	AGREED = 2, /* wants the client to be told */
	IDLE = 4,
	ENVELOPE = 8, /* MAIL came */
	FIELDS = 16, /* DATA or a field came */
	BODY = 32, /* end of header came */
};
#define ANY (AGREED | IDLE | ENVELOPE | FIELDS | BODY)

enum waiting {
	WAITS_NOT,
	WAITS_EARLY, /* for what to say to a recipient */
	WAITS_END, /* for what to say to the end of the message */
};

struct session {
	const struct session_settings *settings;
	const struct session_calls *calls;
	void *data;
	const char *fault;
	bool ended;
	bool has_kept; /* `in` is what came while we waited */
	bool early_asked; /* of this message */
	uint8_t stage; /* enum stage */
	uint8_t waits; /* enum waiting */
	bool has_message; /* begun, though perhaps in vain */
	void *message; /* of calls->begin() */
	uint32_t actions, protocol; /* that are agreed */
	const struct command *streams; /* the frame whose octets go on as they come, or NULL */
	size_t left; /* of it */
	uint64_t frames; /* that were whole */
	uint64_t answers; /* at the end of a message */
	uint64_t aborts; /* of messages */
	slice *recipients;
	size_t recipients_room;
	struct facts base; /* of the connection; facts start from it */
	struct facts facts;
	struct texts base_texts, texts, recipient_texts;
	struct buf in; /* half a frame, or what came while we wait */
	struct buf out;
};

struct command {
	char letter;
	uint8_t stages; /* in which it may come */
	uint32_t quiet; /* the flag that spares the reply; 0: there is none */
	size_t octets; /* at most; 0: those of any frame */
	void (*take)(struct session *s, slice data); /* the whole frame */
	void (*stream)(struct session *s, slice octets); /* or some of it; `take` is then told its end */
};

/* The session ends; the first reason stays. */
void session_fail(struct session *s, const char *why);

/* NULL: there is none of this letter. */
const struct command *session_command(char letter);
/* The message is over, whatever came of it: the facts are those of the connection again. */
void session_drop_message(struct session *s);

/* The answer to the end of the message, which is over then. */
void session_answer_end(struct session *s);
/* A recipient that is refused was not taken. */
void session_answer_recipient(struct session *s);

#endif
