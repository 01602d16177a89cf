/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one message under way: message.c conducts, the stations beside it read and fill their part. */
#ifndef SIGNET_SERVICE_MILTER_STATE_H
#define SIGNET_SERVICE_MILTER_STATE_H

#include "act.h"
#include "early.h"
#include "incoming.h"
#include "replay.h"
#include "signing.h"
#include "world.h"

/* What has happened so far. */
struct message_progress {
	size_t fields; /* of the header */
	bool has_header; /* the header is complete */
	bool body_lost; /* the body is not kept, or not to its end */
	bool is_ended; /* all of it came */
	bool is_judged; /* the dossier is there, or will not be */
	bool is_decided;
	bool is_known; /* the outcome is */
	bool in_call; /* inside a call of the session: it sees the outcome itself */
	bool header_lost; /* memory was short for a field: nothing of the message is judged */
	bool own_fault; /* something of ours failed */
	bool spool_failed;
	bool is_replay; /* its signature came too often */
};

struct message {
	struct message *next; /* among the spare ones */
	struct message_world *world;
	const struct message_source *source;
	struct session *session;
	const struct facts *facts;
	/* how it is treated */
	struct rules *rules; /* kept */
	const struct rules_listener *listener;
	const struct rules_milter *limits;
	struct rules_choice choice;
	struct rules_override override;
	bool from_relay, seals;
	bool is_local; /* handed in on this host: it is not the client that sent it */
	int64_t now;
	slice own_id; /* if the configuration names none */
	const slice *ids;
	size_t n_ids;
	/* octets */
	struct signet_arena arena;
	struct buf header; /* as on the wire; with its empty line once it is complete, and not moved any more */
	struct buf body; /* its beginning */
	size_t header_cost, header_paid; /* what the header needs of memory, and what of it is in the common account */
	/* stations */
	struct message_progress progress;
	struct strip strip;
	struct incoming in;
	struct signing out;
	struct sealing seal;
	struct early early;
	/* what came of it */
	const struct signet_dossier *dossier; /* NULL: not verified */
	struct replay_count replay;
	slice results, received_spf; /* values of the fields, folded with CRLF */
	struct act act;
	const struct outcome_edit *edits;
	size_t n_edits;
	struct verdict_signature signatures[SIGNET_SIGNATURES + 1];
	size_t n_signatures;
	struct outcome outcome;
};

#endif
