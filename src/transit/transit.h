/* SPDX-License-Identifier: Apache-2.0 */
/* transit: what happened to a signed message on its way?
 *
 *     struct transit_subject subject = { .signature = &signature, .key = key.octets, .found = &result };
 *     TRY(transit_diagnose(engine, &header, body, &subject, 1, arena));
 *     // result.transformation, result.evidence
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

/* Looks into each subject that has no transformation yet.  `body` is all that follows the empty line.  Memory for the
 * work comes from `a`; fails only for want of it. */
enum signet_status transit_diagnose(struct signet *engine, const struct mail_header *header, slice body,
                                    struct transit_subject *subjects, size_t n, struct signet_arena *a);

/* The same for all signatures of a message, after dkim_finish(): the results get their words.  Without the whole body only
 * the headers are looked into. */
enum signet_status transit_diagnose_dkim(const struct dkim *dkim, slice body, bool is_whole, struct signet_arena *a);

#endif
