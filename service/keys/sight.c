/* SPDX-License-Identifier: Apache-2.0 */
#include "sight.h"

static const struct {
	const char *name, *text;
} words[] = {
	[SHOWN_NO_ANSWER] = { "no-answer", "no answer" },
	[SHOWN_NO_ROUTE] = { "no-route", "cannot be reached from here" },
	[SHOWN_NO_AUTHORITY] = { "no-authority", "an answer without authority" },
	[SHOWN_KEY] = { "key", "the key" },
	[SHOWN_NOTHING] = { "nothing", "nothing" },
	[SHOWN_REVOKED] = { "revoked", "a revoked key (empty p=)" },
	[SHOWN_OTHER] = { "other", "another key" },
	[SHOWN_BROKEN] = { "broken", "a record that no verifier can use" },
	[SHOWN_SEVERAL] = { "several", "more than one record" },
};

const char *key_shown_text(enum key_shown shown)
{
	return words[shown].text;
}

const char *key_shown_name(enum key_shown shown)
{
	return words[shown].name;
}

enum key_shown key_shown_of(const slice *records, size_t n, const struct signet_privkey *private,
                            struct signet_arena *a, struct signet_dkim_key *ret)
{
	*ret = (struct signet_dkim_key) { 0 };
	if (n == 0) {
		return SHOWN_NOTHING;
	}
	if (signet_dkim_key_read(records[0], a, ret) != SIGNET_OK) {
		return SHOWN_NO_ANSWER;
	}
	if (n > 1) {
		return SHOWN_SEVERAL;
	}
	if (ret->revoked) {
		return SHOWN_REVOKED;
	}
	if (ret->fault) {
		return SHOWN_BROKEN;
	}
	return !private || signet_dkim_key_is_of(ret, private) ? SHOWN_KEY : SHOWN_OTHER;
}

struct tally {
	size_t asked, key, nothing, revoked, strange, silent;
};

static void count(struct tally *t, enum key_shown shown)
{
	t->asked += shown != SHOWN_NO_ROUTE;
	t->key += shown == SHOWN_KEY;
	t->nothing += shown == SHOWN_NOTHING;
	t->revoked += shown == SHOWN_REVOKED;
	t->strange += shown == SHOWN_OTHER || shown == SHOWN_BROKEN || shown == SHOWN_SEVERAL;
	t->silent += shown == SHOWN_NO_ANSWER || shown == SHOWN_NO_AUTHORITY;
}

/* Of a key that nobody has any more. */
static enum key_sight sight_of_gone(const struct tally *t)
{
	if (t->silent || t->asked == 0) {
		return SIGHT_UNREACHABLE;
	}
	return t->revoked + t->nothing == t->asked ? SIGHT_REVOKED
	       : t->key == t->asked                ? SIGHT_EVERYWHERE
	                                           : SIGHT_SOMEWHERE;
}

enum key_sight key_sight_of(const enum key_shown *shown, size_t n_servers, const enum key_shown *resolver, bool gone)
{
	struct tally t = { 0 };
	for (size_t i = 0; i < n_servers; i++) {
		count(&t, shown[i]);
	}
	if (gone) {
		return sight_of_gone(&t);
	}
	if (t.asked == 0) {
		return SIGHT_UNREACHABLE;
	}
	if (resolver) {
		count(&t, *resolver == SHOWN_NO_ROUTE ? SHOWN_NO_ANSWER : *resolver);
	}
	if (t.strange || t.revoked) {
		return t.revoked == t.asked ? SIGHT_REVOKED : SIGHT_OTHER;
	}
	if (t.silent) {
		return SIGHT_UNREACHABLE;
	}
	return t.key == t.asked ? SIGHT_EVERYWHERE : t.key ? SIGHT_SOMEWHERE : SIGHT_NOWHERE;
}
