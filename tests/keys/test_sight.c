/* SPDX-License-Identifier: Apache-2.0 */
/* What servers show, one by one and together. */
#include "../../service/keys/sight.h"

#include "../support/rows.h"

#define ED "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" /* RFC 8463 A.2 */

static const struct {
	const char *clause, *what, *records[3];
	bool gone;
	enum key_shown want;
} single[] = {
	{ "-", "no record", { NULL }, false, SHOWN_NOTHING },
	{ "8463:A.2", "the key", { ED }, false, SHOWN_KEY },
	{ "6376:3.6.1",
	  "the key, testing",
	  { "v=DKIM1; k=ed25519; t=y; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" },
	  false,
	  SHOWN_KEY },
	{ "-",
	  "another key",
	  { "v=DKIM1; k=ed25519; p=3SUqa9UbfciWkk7tlcJ9P1VD5pXAasg0JUn/OgjVbKE=" },
	  false,
	  SHOWN_OTHER },
	{ "-",
	  "any key, if the private half is gone",
	  { "v=DKIM1; k=ed25519; p=3SUqa9UbfciWkk7tlcJ9P1VD5pXAasg0JUn/OgjVbKE=" },
	  true,
	  SHOWN_KEY },
	{ "6376:3.6.1", "a revoked key", { "v=DKIM1; p=" }, false, SHOWN_REVOKED },
	{ "6376:3.6.1", "no key record", { "hello" }, false, SHOWN_BROKEN },
	{ "6376:3.6.1",
	  "a key without k=ed25519",
	  { "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" },
	  false,
	  SHOWN_BROKEN },
	{ "6376:3.6.1",
	  "a key for something else",
	  { "s=x; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" },
	  false,
	  SHOWN_BROKEN },
	{ "6376:3.6.2.2", "the key and something beside it", { ED, "hello" }, false, SHOWN_SEVERAL },
};

#define K SHOWN_KEY
#define N SHOWN_NOTHING
#define R SHOWN_REVOKED
#define O SHOWN_OTHER
#define B SHOWN_BROKEN
#define S_ SHOWN_SEVERAL
#define U SHOWN_NO_ANSWER
#define X SHOWN_NO_ROUTE
#define L SHOWN_NO_AUTHORITY
#define END ((enum key_shown)99)

static const struct {
	const char *what;
	enum key_shown servers[4]; /* up to END */
	enum key_shown resolver; /* END: not asked */
	bool gone;
	enum key_sight want;
} together[] = {
	{ "all show the key", { K, K, END }, K, false, SIGHT_EVERYWHERE },
	{ "no resolver is there", { K, K, END }, END, false, SIGHT_EVERYWHERE },
	{ "one does not", { K, N, END }, END, false, SIGHT_SOMEWHERE },
	{ "the resolver does not yet", { K, K, END }, N, false, SIGHT_SOMEWHERE },
	{ "none does", { N, N, END }, END, false, SIGHT_NOWHERE },
	{ "one shows another key", { K, O, END }, END, false, SIGHT_OTHER },
	{ "the resolver shows another key", { K, K, END }, O, false, SIGHT_OTHER },
	{ "one shows a broken record", { K, B, END }, K, false, SIGHT_OTHER },
	{ "one shows several", { S_, K, END }, K, false, SIGHT_OTHER },
	{ "another key counts more than silence", { U, O, END }, END, false, SIGHT_OTHER },
	{ "one is silent", { K, U, END }, END, false, SIGHT_UNREACHABLE },
	{ "one has no authority", { K, L, END }, END, false, SIGHT_UNREACHABLE },
	{ "one without authority beside another key", { O, L, END }, END, false, SIGHT_OTHER },
	{ "the resolver is silent", { K, K, END }, U, false, SIGHT_UNREACHABLE },
	{ "the resolver cannot be reached", { K, K, END }, X, false, SIGHT_UNREACHABLE },
	{ "all are silent", { U, U, END }, END, false, SIGHT_UNREACHABLE },
	{ "an address that this host cannot reach says nothing", { K, X, END }, K, false, SIGHT_EVERYWHERE },
	{ "if it is the only one nothing is known", { X, X, END }, K, false, SIGHT_UNREACHABLE },
	{ "all show an empty p=", { R, R, END }, END, false, SIGHT_REVOKED },
	{ "one shows an empty p=", { K, R, END }, END, false, SIGHT_OTHER },
	{ "gone: all revoked", { R, R, END }, K, true, SIGHT_REVOKED },
	{ "gone: taken out is as good", { R, N, END }, K, true, SIGHT_REVOKED },
	{ "gone: one still shows it", { R, K, END }, K, true, SIGHT_SOMEWHERE },
	{ "gone: all still show it", { K, K, END }, K, true, SIGHT_EVERYWHERE },
	{ "gone: one is silent", { R, U, END }, K, true, SIGHT_UNREACHABLE },
	{ "gone: one has no authority", { R, L, END }, END, true, SIGHT_UNREACHABLE },
	{ "gone: none can be reached", { X, END }, K, true, SIGHT_UNREACHABLE },
};

int main(void)
{
	struct signet *engine = signet_new();
	struct signet_privkey *key = NULL;
	signet_privkey_read(engine, S("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="), &key);
	for (size_t i = 0; i < ROWS(single); i++) {
		struct signet_arena a;
		struct signet_dkim_key record;
		slice records[3];
		size_t n = 0;
		arena_init(&a, 1 << 20);
		for (; n < 3 && single[i].records[n]; n++) {
			records[n] = slice_of(single[i].records[n]);
		}
		enum key_shown got = key_shown_of(records, n, single[i].gone ? NULL : key, &a, &record);
		row_text(single[i].clause, single[i].what, slice_of(key_shown_name(got)),
		         key_shown_name(single[i].want));
		row_bool("-", "it has words for people", *key_shown_text(got) != 0, true);
		arena_finish(&a);
	}
	for (size_t i = 0; i < ROWS(together); i++) {
		size_t n = 0;
		while (together[i].servers[n] != END) {
			n++;
		}
		enum key_sight got =
			key_sight_of(together[i].servers, n, together[i].resolver == END ? NULL : &together[i].resolver,
		                     together[i].gone);
		row_text("-", together[i].what, slice_of(key_sight_name(got)), key_sight_name(together[i].want));
	}
	signet_privkey_free(key);
	signet_free(engine);
	return rows_end();
}
