/* SPDX-License-Identifier: Apache-2.0 */
/* strip: fields of a message that claim to be ours and are not (RFC 8601 5).
 *
 *     strip_init(&strip, &rules, arena);
 *     for each field, from the top:  strip_field(&strip, name, value);      // true: it goes
 *     n = strip_edits(&strip, edits);                                       // from the highest index down
 *
 * What goes: every Authentication-Results that claims one of our ids or cannot be read for certain, our own quarantine
 * field, and the fields of BIMI, which only a receiver may write.  Whoever hands the message over decides nothing about it,
 * with one exception: what a relay of ours put above its own Received field stays.
 *
 * Deletions count per name and over the fields as received; from the highest index down, or the second of two forged fields
 * survives the first deletion (CVE-2022-48521). */
#ifndef SIGNET_SERVICE_MILTER_STRIP_H
#define SIGNET_SERVICE_MILTER_STRIP_H

#include "../../src/base/arena.h"
#include "outcome.h"

#define STRIP_EVIDENCE 64 /* values that are kept */
#define STRIP_EVIDENCE_OCTETS 1024 /* of each */
#define STRIP_NAMES 5
#define STRIP_MARKS 500 /* a cap of ours: Postfix reads its queue file again for each, and gives up at some thousands */

/* Slices live as long as the strip. */
struct strip_rules {
	const slice *ids; /* ours, as signet_authres_is_forged() takes them */
	size_t n_ids;
	slice quarantine_field; /* name; empty: there is none */
	bool from_relay; /* the client is one of our own relays */
};

struct strip_mark {
	uint8_t name;
	uint32_t index; /* among the fields of that name, from 1 */
};

struct strip {
	struct strip_rules rules;
	struct signet_arena *arena;
	uint32_t seen[STRIP_NAMES];
	bool past_relay; /* a Received field came: what follows is not the relay's */
	struct strip_mark *marks; /* in the order of the message */
	size_t n, room;
	slice evidence[STRIP_EVIDENCE]; /* values of the first of them, unfolded as they were */
	size_t n_evidence;
	bool is_full; /* there are more than STRIP_MARKS: not all of them are known */
	bool failed; /* memory is short: the same */
};

void strip_init(struct strip *s, const struct strip_rules *rules, struct signet_arena *arena);
/* True if this field goes.  `value` is what follows the colon, folded with CRLF. */
bool strip_field(struct strip *s, slice name, slice value);
/* Writes the deletions, `s->n` of them, in the order in which they are to be sent; returns their number. */
size_t strip_edits(const struct strip *s, struct outcome_edit *ret);

#endif
