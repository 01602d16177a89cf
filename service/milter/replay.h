/* SPDX-License-Identifier: Apache-2.0 */
/* replay: how often the same DKIM signature came of late, and for how many people.
 *
 *     struct replay *r = replay_new(&(struct replay_settings){ .limit = 500 });          // shared by all threads
 *     uint64_t print = replay_print(r, domain, selector, b);
 *     struct replay_count c = replay_note(r, print, recipients, n, now);
 *     if (replay_is_too_often(r, c)) finding, metric, and what the setting says
 *
 * Who has one message of a good sender with a signature that passes can send it to everybody, and everybody sees a pass: the
 * signature covers no envelope (RFC 6376 8.6).  What gives it away is the number of recipients.  A mailing list does the same
 * with a good purpose, one signature for all of its members: so this is no verdict of its own, and the limit is off unless
 * somebody sets it.
 *
 * Note only signatures that pass and only one of a message (the aligned one); anything else is for free, and would fill the
 * table.
 *
 * Recipients are counted without being kept: a bit map of what their hashes begin with, good to about 15 in 100 (HyperLogLog
 * of 64 registers; up to a hundred or so nearly exact).  The window slides in quarters: a count covers the last
 * three to four of them.  Memory is given at birth; a signature that has no room takes that of the least busy one among
 * WAYS, so that a flood of single messages does not push out one that comes often. */
#ifndef SIGNET_SERVICE_MILTER_REPLAY_H
#define SIGNET_SERVICE_MILTER_REPLAY_H

#include "../../src/base/slice.h"

#define REPLAY_WINDOW_S 3600
#define REPLAY_SIGNATURES 16384 /* some 3 MB */

/* Zeroed is the default. */
struct replay_settings {
	int64_t window_s; /* 0: REPLAY_WINDOW_S */
	size_t signatures; /* remembered at a time; 0: REPLAY_SIGNATURES */
	uint32_t limit; /* recipients in the window, more is too often; 0: no limit */
	uint64_t seed; /* secret, random: nobody shall choose what falls together */
};

struct replay_count {
	uint32_t messages; /* with this one */
	uint32_t recipients; /* distinct ones, about */
};

struct replay;

/* The settings are copied.  NULL: memory is short. */
struct replay *replay_new(const struct replay_settings *settings);
void replay_free(struct replay *r);
/* The same for the same signature, whatever the letters' case of its domain.  `b`: b= as written, or its beginning; white
 * space in it does not count (RFC 6376 3.5). */
uint64_t replay_print(const struct replay *r, slice domain, slice selector, slice b);
/* One more message with this signature.  `now`: seconds, of a clock that does not run backwards by much.  From any thread. */
struct replay_count replay_note(struct replay *r, uint64_t print, const slice *recipients, size_t n, int64_t now);
bool replay_is_too_often(const struct replay *r, struct replay_count count);

#endif
