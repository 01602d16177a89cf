/* SPDX-License-Identifier: Apache-2.0 */
/* A milter in one process: the events of a message go straight to message_calls, and its outcome is applied to the message as
 * a mail server would apply it.  DNS is a zone in text; rules and spool are doubles; the signer is a thread (fake_signer.h).
 *
 *     struct play *p = play_new(zone);
 *     p->rules.choice = (struct rules_choice) { .verify = true, .rule = "listener" };
 *     struct play_result r;
 *     play_message(p, &(struct play_mail) { .message = "From: ...\n\nbody\n", .ip = "192.0.2.1" }, &r);
 *     r.reply, r.message, r.log, r.deed ...
 *     play_free(p);
 */
#ifndef SIGNET_TESTS_MILTER_PLAY_H
#define SIGNET_TESTS_MILTER_PLAY_H

#include "../../service/log/log.h"
#include "../../service/milter/counters.h"
#include "../../service/milter/message.h"
#include "../../service/spool/verdict_row.h"

struct loop;

#define PLAY_RECIPIENTS 8

/* What the configuration would say. */
struct rules {
	struct rules_listener listener;
	struct rules_milter limits;
	struct rules_choice choice;
	const struct table *table;
	slice ids[4];
	size_t n_ids;
	struct rules_override override; /* for `override_domain`, or everybody if that is empty */
	slice override_domain;
	const char *override_client; /* for this client only; NULL: any */
	const char *exempt; /* a recipient that wants no enforcement */
	int users;
};

struct play_mail {
	const char *message; /* LF or CRLF */
	slice octets; /* instead of `message` */
	const char *ip, *client_name, *client_ptr, *client_resolve, *helo, *mail_from, *login;
	const char *recipients[PLAY_RECIPIENTS];
	bool cannot_hold; /* the mail server has no quarantine */
	bool no_leading_space; /* the mail server eats one blank behind each colon */
	bool early; /* the first recipient is answered */
	size_t piece; /* octets of a body chunk; 0: 65535 */
	bool abort; /* dropped before its end */
	bool abort_late; /* dropped while it is being judged */
};

struct play_result {
	enum outcome_reply reply;
	enum outcome_reply early; /* of the last recipient that was refused */
	size_t refused; /* recipients */
	slice text, early_text, hold;
	slice message; /* as delivered, with CRLF */
	slice log; /* the lines of the message */
	size_t edits;
	size_t waits; /* how often it was not known at once */
	/* of the row, if there is one */
	size_t rows;
	enum verdict_deed deed;
	slice rule, override, results, client_name;
	size_t removed, signatures;
	bool has_dossier;
	slice spf_findings; /* of MAIL FROM */
	slice dkim_findings; /* of the first signature */
	slice findings; /* names of the message's, each behind a blank */
};

struct play {
	struct message_world world;
	struct counters counters;
	struct log log;
	struct rules rules;
	struct loop *loop;
	struct signet_arena *arena; /* of the results; reset by play_message() */
	int log_end; /* where the log comes out */
	bool spool_is_full;
	struct play_result *result;
	struct signet_zones *zones;
};

/* Aborts on a zone that cannot be read. */
struct play *play_new(const char *zone);
/* From now on the DNS is a server at "ADDRESS@PORT", with so much patience for a question: answers come on the loop. */
void play_use_dns(struct play *p, const char *address, unsigned question_ms);
/* Requests to a signer at this socket. */
void play_use_signer(struct play *p, const char *socket_path);
void play_free(struct play *p);
/* Texts of `ret` live until the next call. */
void play_message(struct play *p, const struct play_mail *mail, struct play_result *ret);
/* The value of the first field of this name in a message, unfolded; empty: there is none. */
slice play_field(const struct play *p, slice message, const char *name);
size_t play_count(slice message, const char *name);
/* The name of the n-th field from the top. */
slice play_name(slice message, size_t n);

#endif
