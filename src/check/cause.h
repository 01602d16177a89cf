/* SPDX-License-Identifier: Apache-2.0 */
/* cause: the one main reason for the DMARC result of a message, in a word that people, scripts and reports share.
 *
 *     struct cause_facts facts;
 *     cause_facts_read(&header, dossier, &facts);
 *     dossier->cause = cause_find(dossier, &facts);
 *
 * Several things may have gone wrong at once; the word is for what has to change to make the message pass: first what
 * makes a judgement impossible (From, the record, DNS), then the author's own signature, for it survives forwarding, then
 * the envelope.  Header fields nobody vouches for decide only between names for the same failure; nothing acts on them. */
#ifndef SIGNET_CHECK_CAUSE_H
#define SIGNET_CHECK_CAUSE_H

#include <signet/check.h>

#include "../mail/header.h"

/* What the header tells besides the evidence. */
struct cause_facts {
	bool list; /* the fields of a mailing list that is not of the author's organization */
	bool forwarded; /* it was at a host of somebody else before it came to us */
	bool author_helo; /* the client gave a name of the author's organization */
	bool author_traces; /* Message-ID, Reply-To, Sender, a hop or the envelope mentions the author's organization */
};

void cause_facts_read(const struct mail_header *h, const struct signet_dossier *d, struct cause_facts *ret);

/* Static, never NULL. */
const char *cause_find(const struct signet_dossier *d, const struct cause_facts *facts);

#endif
