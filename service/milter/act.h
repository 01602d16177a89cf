/* SPDX-License-Identifier: Apache-2.0 */
/* act: from a dossier to what is done with the message.  Pure: nothing here waits, logs or counts.
 *
 *     act_decide(&(struct act_case){ .dossier = d, .dmarc_code = "5.7.1" }, arena, &act);
 *     n = act_edits(&fields, edits);
 *
 * The decision is the engine's (check.h: owner's policy, mode, softening).  On top of it stand, in this order:
 *     the postmaster's word for this author or client     a rule of the configuration
 *     a forwarder seen before                              a reject by the published policy alone becomes a quarantine
 *     a signature that comes too often                     what would be accepted goes into quarantine (replay.h)
 *     recipients that want no enforcement                 all of them: nothing is done.  Some: it is marked at most, so that
 *                                                          they hear of it and no sender frees himself by naming one more
 *     the listener                                         mark or hold; dry-run
 * Each of them is told apart in the result, for the log and for reports (RFC 9990: policy_override). */
#ifndef SIGNET_SERVICE_MILTER_ACT_H
#define SIGNET_SERVICE_MILTER_ACT_H

#include "../policy/rules.h"
#include "../spool/verdict_row.h"
#include "outcome.h"
#include "strip.h"

#define ACT_REPLY_OCTETS 480 /* RFC 5321 4.5.3.1.5 allows a line of 512 */
#define ACT_HOLD_OCTETS 100 /* Postfix keeps no more of a reason */

/* Why a message is refused or deferred; each is a row of one table of codes and sentences. */
enum act_why {
	ACT_NO_WHY,
	ACT_DMARC, /* the policy of the Author Domain */
	ACT_FROM_MISSING, /* RFC 9989 11.5 and our default for it */
	ACT_FROM_SEVERAL,
	ACT_FROM_INVALID,
	ACT_LOCAL, /* the postmaster's order */
	ACT_SPF_FAIL, /* single mechanisms: RFC 7372 */
	ACT_REVERSE_NAME,
	ACT_SEVERAL_CHECKS,
	ACT_DEFER_SPF, /* an answer is lost that could have been a pass */
	ACT_DEFER_DKIM,
	ACT_DEFER_LOCAL,
	ACT_OWN_FAULT, /* ours: memory, spool */
	ACT_NOT_SIGNED, /* ours: no signature could be made */
	ACT_HEADER_TOO_LARGE,
};

/* "550 5.7.23 SPF: 192.0.2.1 ...", one line of printable ASCII of at most ACT_REPLY_OCTETS; lives in `a`, empty if that is
 * full.  What stands in the sentence is `domain` and `detail`, whatever octets they have.  `code` replaces the enhanced
 * status code of the table; NULL: the table's. */
slice act_reply(enum act_why why, const char *code, slice domain, slice detail, struct signet_arena *a);
bool act_why_is_permanent(enum act_why why);

/* Recipients that want no enforcement. */
enum act_exempt {
	ACT_EXEMPT_NONE,
	ACT_EXEMPT_SOME,
	ACT_EXEMPT_ALL,
};

struct act_case {
	const struct signet_dossier *dossier;
	struct rules_override override;
	bool seen_forwarder; /* a forwarder seen before handed it over (forwarding.h) */
	bool replayed; /* its signature came too often, and that is a reason to quarantine it */
	enum rules_single spf, reverse; /* what these two ask for by themselves; ACCEPT: nothing */
	slice client; /* its address as text */
	bool header_cut; /* there is more of the header than the engine reads */
	enum act_exempt exempt;
	enum rules_quarantine quarantine;
	bool can_hold; /* the mail server has a quarantine; else what is to be held is marked */
	const char *dmarc_code; /* enhanced status code of a reject by DMARC; NULL: "5.7.1" */
};

struct act {
	enum verdict_deed deed;
	enum outcome_reply reply;
	slice text; /* of a reject or tempfail */
	slice reason; /* of a quarantine: printable ASCII */
	slice rule; /* what decided */
	slice override; /* local policy that changed it; empty: none */
	enum signet_decision decision; /* after all of them */
};

/* Texts live in `a`, in the dossier and in the rules. */
void act_decide(const struct act_case *c, struct signet_arena *a, struct act *ret);

/* The fields that a message gets, from the top: seal, signatures, results, Received-SPF, quarantine. */
struct act_fields {
	const struct strip *strip; /* what goes; NULL: nothing */
	slice seal; /* whole fields with CRLF, as <signet/seal.h> makes them; empty: none */
	slice signatures; /* the same of <signet/sign.h> */
	slice results; /* values, folded with CRLF; empty: none */
	slice received_spf;
	slice quarantine_field; /* its name, and its value */
	slice quarantine;
};

/* At most so many edits come of it. */
size_t act_count(const struct act_fields *f);
/* Writes them in the order in which they are to be sent: deletions from the highest index down, then insertions at index 0,
 * the lowest field first.  Returns their number; SIZE_MAX if `a` is full. */
size_t act_edits(const struct act_fields *f, struct signet_arena *a, struct outcome_edit *ret);

#endif
