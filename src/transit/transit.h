/* SPDX-License-Identifier: Apache-2.0 */
/* transit: what happened to a signed message on its way?
 *
 *     TRY(transit_diagnose_dkim(dkim, body, true, arena));        // after dkim_finish()
 *     // dkim->results[i].transformation, .evidence
 *
 * A failed signature still says much: bh= is the hash of the body that was signed, b= tells whether a header is the one
 * that was signed.  So a change that is known is undone and the outcome compared: if it fits, the change is proved, for
 * nobody can make other octets with that hash.  What cannot be undone (octets that are gone) is at best hinted at by
 * its traces.
 *
 *     body.c     table of body changes     body_*.c    one file a family
 *     header.c   table of header changes   header_*.c  one file a family
 *     undo.c     trials: octets with edits, hashed and compared; the budget
 *     leaf.c     the parts of the body with their text     encode.c   the encoders of other people
 *     hints.c    traces
 *
 * Purely a matter of octets: nothing is asked, nothing is stored, and the effort is bounded whatever the input. */
#ifndef SIGNET_TRANSIT_TRANSIT_H
#define SIGNET_TRANSIT_TRANSIT_H

#include "subject.h"

/* One message. */
struct transit {
	struct signet *engine;
	const struct mail_header *header;
	slice body; /* all that follows the empty line */
	struct transit_subject *subjects;
	size_t n;
	struct signet_arena *arena; /* for the work; nothing is left in it */
	unsigned thrift; /* the effort is halved so many times; 0: all that is reasonable for one message; past 12: none */
};

/* Looks into each subject that has no transformation yet.  Where memory or effort runs out the word is the bare
 * header-changed or body-changed. */
void transit_diagnose(const struct transit *t);

/* The same for all signatures of a message, after dkim_finish(): the results get their words.  Without the whole body only
 * the headers are looked into.  Fails only for want of memory. */
enum signet_status transit_diagnose_dkim(const struct dkim *dkim, slice body, bool is_whole, unsigned thrift,
                                         struct signet_arena *a);

#endif
