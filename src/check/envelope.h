/* SPDX-License-Identifier: Apache-2.0 */
/* What a message file still tells of its SMTP session.
 *
 * Return-Path is written by the server that delivered the message (RFC 5321 4.4).  A Received field tells the client's
 * address only if one of our own servers wrote it: reading from the top, fields whose client is one of our relays lead
 * on to the next; the first other client delivered the message to us.  Without a list of our relays nothing counts. */
#ifndef SIGNET_CHECK_ENVELOPE_H
#define SIGNET_CHECK_ENVELOPE_H

#include <signet/check.h>

#include "../mail/header.h"

/* Completes `*envelope` in place; texts point into the header or live in `a`. */
void envelope_complete(const struct mail_header *h, const struct signet_settings *settings, struct signet_arena *a,
		       struct signet_envelope *envelope);

/* How many of the topmost Received fields our own hosts wrote: as far as each was handed over by one of our relays, and
 * the one that took it from elsewhere.  0 without a list of relays. */
size_t envelope_count_own_hops(const struct mail_header *h, const struct signet_settings *settings);

/* Enough to judge SPF: who delivered the message, and a name to judge it by (RFC 7208 2.3, 2.4).  A null sender without
 * a HELO name is not: the name that could have passed is missing. */
bool envelope_is_known(const struct signet_envelope *envelope);

#endif
