/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_row: everything that is kept of one message that went through a milter. */
#ifndef SIGNET_SERVICE_SPOOL_VERDICT_ROW_H
#define SIGNET_SERVICE_SPOOL_VERDICT_ROW_H

#include <signet/check.h>

#include "../../src/base/slice.h"

/* What was really done; for a dry run what would have been. */
enum verdict_deed {
	VERDICT_PASSED, /* delivered as it is, or with our fields on it */
	VERDICT_MARKED, /* delivered, marked as junk */
	VERDICT_HELD, /* in the mail server's quarantine */
	VERDICT_REJECTED,
	VERDICT_DEFERRED,
	VERDICT_SIGNED,
};

/* "passed", "marked"... */
const char *verdict_deed_name(enum verdict_deed deed);

/* A signature or a seal that was made, or why not. */
struct verdict_signature {
	slice domain, selector, algorithm;
	bool is_seal;
	slice trouble; /* empty: it was made */
};

struct verdict_row {
	int64_t time_ms; /* since 1970 */
	slice queue_id, listener, server_name; /* the mail server's */
	slice client_name, login, daemon_name;
	bool dry_run;
	enum verdict_deed deed;
	slice reason; /* why it was verified, signed or left alone: a word of rules_choose() */
	slice rule; /* which rule decided */
	slice override; /* local policy that changed it; empty: none (for reports: policy_override local_policy) */
	slice reply; /* "550 5.7.1 ..." as sent; empty: none */
	slice authentication_results; /* value of the field we wrote; empty: none */
	const slice *recipients;
	size_t n_recipients;
	size_t all_recipients; /* there may be more than are kept */
	const slice *removed; /* values of forged fields that were taken away, evidence */
	size_t n_removed;
	const struct verdict_signature *signatures;
	size_t n_signatures;
	struct signet_envelope envelope; /* of a message that was not verified; else that of the dossier counts */
	slice author; /* the same: the domain of From, normal form */
	uint32_t replay_messages,
		replay_recipients; /* how often its signature came of late (milter/replay.h); 0: not counted */
	const struct signet_dossier *dossier; /* NULL: nothing was verified */
	const struct signet_book *book; /* its questions and answers; NULL with it */
};

#endif
