/* SPDX-License-Identifier: Apache-2.0 */
/* Address lists (RFC 5322 3.4 with the obsolete forms of 4.4, groups by RFC 6854, UTF-8 by RFC 6532).
 *
 *     struct address_list list;
 *     TRY(address_parse(field->value, arena, notes, &list));
 *     for (size_t i = 0; i < list.n; i++) ... list.at[i].domain ...
 *
 * The rule: a value that follows the grammar has ONE reading, the grammar's, however odd it looks; findings tell of
 * what is likely to deceive a person.  A value that breaks the grammar has as many readings as there are programs, so
 * every domain that any of them could see is listed: the grammar's with error recovery first, then the rest as
 * `guessed`.  Ambiguity gives more domains, never fewer. */
#ifndef SIGNET_MAIL_ADDRESS_H
#define SIGNET_MAIL_ADDRESS_H

#include "../base/finding.h"

struct mailbox {
	slice display; /* the phrase before the angle bracket as written; empty: none */
	slice local; /* as written, with its quotes */
	slice domain; /* without comments and white space; "[...]" for a literal; empty: none */
	slice address; /* local-part, "@" and domain as written; the words themselves where there is no "@" */
	size_t offset; /* of the "@" in the value (of the words, if there is none) */
	bool angled; /* stood in < > */
	bool guessed; /* only another reading of a malformed value shows its domain */
};

struct address_list {
	struct mailbox *at; /* as written from left to right; guessed ones behind the others */
	size_t n;
	bool malformed; /* the value breaks the grammar */
	bool has_group;
	bool capped; /* more mailboxes than ADDRESS_MAILBOXES_MAX: some are not listed */
};

#define ADDRESS_MAILBOXES_MAX 1000 /* a cap of ours: no author field needs more, and each costs a name's normal form */

/* Parses the value of From, Sender, Reply-To, To, Cc... (what follows the colon, folded or not).  Slices point into
 * `value` or live in `a`.  Never fails on the value's account. */
enum signet_status address_parse(slice value, struct signet_arena *a, struct signet_findings *notes,
				 struct address_list *ret);

#endif
