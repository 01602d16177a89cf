/* SPDX-License-Identifier: Apache-2.0 */
/* state: the life of the keys of one domain, as a file that people can read.  Pure: text in, struct out, and back.
 *
 *     # The DKIM keys of example.com.  Written by signet key; one line a selector.
 *     s202611 rsa-sha256 2048 ttl=3600 hold=3600 generated=2026-11-01T09:00:00Z published=2026-11-01T09:00:01Z visible=...
 *
 *     generated -> published -> visible -> active -> retiring -> retired -> revoked
 *         |            ^___________|                               ^          ^
 *         |_____________ who is in a hurry may skip stages ________|__________|
 *
 * A line names a selector, its algorithm, the size of its key, and each stage that was reached with its time.  The stage of a
 * key is the last one of its line.  All selectors stand in one file so that signing changes from one key to the next by one
 * rename.  A selector stays in the file for ever: none is used twice. */
#ifndef SIGNET_SERVICE_KEYS_STATE_H
#define SIGNET_SERVICE_KEYS_STATE_H

#include <signet/privkey.h>

#include "../../src/base/buf.h"

enum key_stage {
	KEY_GENERATED, /* the private key is in the store */
	KEY_PUBLISHED, /* the record was given to the zone */
	KEY_VISIBLE, /* every authoritative server and the resolver show it */
	KEY_ACTIVE, /* it signs */
	KEY_RETIRING, /* it signs no more; its record stays for messages on their way */
	KEY_RETIRED, /* its private half is destroyed */
	KEY_REVOKED, /* the record has an empty p= */
	KEY_STAGES,
};

/* "generated", "published"... */
const char *key_stage_name(enum key_stage stage);

#define STATE_KEYS_MAX 1024 /* selectors of one domain: two a month are 42 years */
#define STATE_LINE_OCTETS 1024
#define STATE_OCTETS ((size_t)STATE_KEYS_MAX * STATE_LINE_OCTETS)
#define SELECTOR_OCTETS 128 /* of a selector in a store; it is also a file name */
#define KEY_NEVER ((int64_t)-1)

struct key_entry {
	slice selector; /* normal form (name.h) */
	enum signet_algorithm algorithm;
	unsigned bits;
	enum key_stage stage;
	int64_t at[KEY_STAGES]; /* seconds since 1970; KEY_NEVER: not reached, or skipped */
	int64_t ttl_s; /* of the record as it was published; KEY_NEVER: not known */
	int64_t hold_s; /* from visible until every cache must know it; KEY_NEVER: not known */
};

/* Lives in the arena. */
struct key_state {
	struct key_entry *at;
	size_t n;
	size_t room;
	struct signet_arena *arena;
};

void state_init(struct key_state *s, struct signet_arena *a);
/* False after a line in `error` ("PATH:LINE: why"); `path` is only for that.  Texts in `*ret` live in `a`. */
bool state_parse(slice text, const char *path, struct signet_arena *a, struct key_state *ret, struct buf *error);
void state_write(const struct key_state *s, slice domain, struct buf *to);

/* True if a store can hold such a selector: normal form, SELECTOR_OCTETS at most (RFC 6376 3.1). */
bool selector_is_good(slice selector);
/* NULL: there is none. */
struct key_entry *state_find(const struct key_state *s, slice selector);
/* A new line, generated at `now`.  The selector is copied.  NULL: memory is short, or there are STATE_KEYS_MAX. */
struct key_entry *state_add(struct key_state *s, slice selector, enum signet_algorithm algorithm, unsigned bits,
                            int64_t now);
/* The key that signs, or NULL. */
struct key_entry *state_active(const struct key_state *s, enum signet_algorithm algorithm);
/* From now on the key is at this stage; later stages it may have reached before are forgotten. */
void key_reach(struct key_entry *key, enum key_stage stage, int64_t now);

#endif
