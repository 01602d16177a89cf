/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/keys/state.h"

#include <stdlib.h>

#include "../support/rows.h"

#define LIFE                                                                                                           \
	"generated=2026-01-01T00:00:00Z published=2026-01-01T00:00:01Z visible=2026-01-01T00:00:02Z "                  \
	"active=2026-01-02T00:00:00Z retiring=2026-03-01T00:00:00Z retired=2026-03-08T00:00:00Z "                      \
	"revoked=2026-03-08T00:00:01Z"

static const struct {
	const char *what, *text;
	size_t n;
	const char *error; /* "": it is good */
} rows[] = {
	{ "nothing", "", 0, "" },
	{ "a comment and empty lines", "# hello\n\n \t\n", 0, "" },
	{ "a key just made", "s1 rsa-sha256 2048 generated=2026-01-01T00:00:00Z\n", 1, "" },
	{ "a whole life", "s1 rsa-sha256 2048 ttl=3600 hold=3600 " LIFE "\n", 1, "" },
	{ "no line end at the end", "s1 ed25519-sha256 256 generated=2026-01-01T00:00:00Z", 1, "" },
	{ "stages that were skipped",
	  "s1 ed25519-sha256 256 generated=2026-01-01T00:00:00Z revoked=2026-01-01T00:00:00Z", 1, "" },
	{ "two algorithms may be active",
	  "a rsa-sha256 2048 active=2026-01-01T00:00:00Z\nb ed25519-sha256 256 active=2026-01-01T00:00:00Z\n", 2, "" },
	{ "a clock that was set back",
	  "s1 ed25519-sha256 256 generated=2026-01-01T00:00:00Z published=2025-01-01T00:00:00Z", 1, "" },
	{ "a selector of two labels", "s1.eu rsa-sha256 2048 generated=2026-01-01T00:00:00Z\n", 1, "" },
	{ "words apart by tabs", "\ts1\trsa-sha256  2048\tgenerated=2026-01-01T00:00:00Z \n", 1, "" },
	{ "two active keys of one algorithm",
	  "a rsa-sha256 2048 active=2026-01-01T00:00:00Z\n#\nb rsa-sha256 2048 active=2026-01-01T00:00:00Z\n", 0,
	  "f:3: a second active key of the algorithm \"rsa-sha256\"" },
	{ "a selector twice",
	  "a rsa-sha256 2048 generated=2026-01-01T00:00:00Z\na ed25519-sha256 256 generated=2026-01-01T00:00:00Z", 0,
	  "f:2: a selector has one line, not two: \"a\"" },
	{ "an unknown word", "\na rsa-sha256 2048 generated=2026-01-01T00:00:00Z flags=1\n", 0,
	  "f:2: unknown word \"flags=1\"" },
	{ "a word without value", "a rsa-sha256 2048 generated\n", 0, "f:1: not a time such as" },
	{ "a time in another form", "a rsa-sha256 2048 generated=2026-01-01\n", 0, "f:1: not a time such as" },
	{ "a stage that goes back", "a rsa-sha256 2048 active=2026-01-01T00:00:00Z visible=2026-01-01T00:00:00Z\n", 0,
	  "f:1: a stage that goes before the last one: \"visible=2026-01-01T00:00:00Z\"" },
	{ "a stage twice", "a rsa-sha256 2048 active=2026-01-01T00:00:00Z active=2026-01-01T00:00:00Z\n", 0,
	  "f:1: a stage that goes before" },
	{ "no stage", "a rsa-sha256 2048 ttl=3600\n", 0, "f:1: no stage for the selector \"a\"" },
	{ "ttl twice", "a rsa-sha256 2048 ttl=1 ttl=1 active=2026-01-01T00:00:00Z", 0, "f:1: said twice: \"ttl=1\"" },
	{ "ttl of 2^31", "a rsa-sha256 2048 ttl=2147483648 active=2026-01-01T00:00:00Z", 0,
	  "f:1: not a number of sec" },
	{ "an algorithm that is none", "a rsa-sha1 2048 active=2026-01-01T00:00:00Z", 0,
	  "f:1: not an algorithm (rsa-sha256, ed25519-sha256): \"rsa-sha1\"" },
	{ "a size that is none", "a rsa-sha256 0 active=2026-01-01T00:00:00Z", 0, "f:1: not a size of a key: \"0\"" },
	{ "a selector alone", "a", 0, "f:1: not an algorithm" },
	{ "a way out of the folder", "../a rsa-sha256 2048 active=2026-01-01T00:00:00Z", 0,
	  "f:1: not a selector: \"../a\"" },
	{ "a selector in upper case", "A rsa-sha256 2048 active=2026-01-01T00:00:00Z", 0, "f:1: not a selector" },
	{ "terminal controls are shown, not sent", "a\x9b\x31 rsa-sha256 2048", 0, "f:1: not a selector: \"a\\x9b1\"" },
	{ "a control octet", "a rsa-sha256 2048 active=2026-01-01T00:00:00Z\r\n", 0,
	  "f:1: an octet that has no place" },
};

/* Text in, text out, in again: the second must say the same. */
static void again(const char *what, const struct key_state *state)
{
	struct signet_arena a;
	struct key_state twice;
	struct buf one, two, error;
	arena_init(&a, 1 << 20);
	buf_init(&one, 1 << 20), buf_init(&two, 1 << 20), buf_init(&error, 1 << 10);
	state_write(state, S("example.com"), &one);
	if (state_parse(buf_slice(&one), "f", &a, &twice, &error)) {
		state_write(&twice, S("example.com"), &two);
	}
	row_slice("-", what, buf_slice(&two), buf_slice(&one));
	buf_finish(&one), buf_finish(&two), buf_finish(&error);
	arena_finish(&a);
}

static void parse_prefix(slice prefix, void *data)
{
	struct signet_arena a;
	struct key_state state;
	struct buf error;
	(void)data;
	arena_init(&a, 1 << 20);
	buf_init(&error, 1 << 10);
	bool good = state_parse(prefix, "f", &a, &state, &error);
	if (good != (error.len == 0)) {
		abort();
	}
	buf_finish(&error);
	arena_finish(&a);
}

static void texts(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct key_state state;
		struct buf error;
		arena_init(&a, 1 << 20);
		buf_init(&error, 1 << 10);
		bool good = state_parse(guarded(slice_of(rows[i].text), false), "f", &a, &state, &error);
		row_bool("-", rows[i].what, good, !*rows[i].error);
		row_bool("-", *rows[i].error ? rows[i].error : "no error",
		         *rows[i].error ? slice_starts(buf_slice(&error), slice_of(rows[i].error)) : !error.len, true);
		if (good) {
			row_number("-", "with so many selectors", (int64_t)state.n, (int64_t)rows[i].n);
			again("what is written reads the same", &state);
		}
		each_prefix(slice_of(rows[i].text), parse_prefix, NULL);
		buf_finish(&error);
		arena_finish(&a);
	}
}

static void caps(void)
{
	struct signet_arena a;
	struct key_state state;
	struct buf text, error;
	arena_init(&a, (size_t)16 << 20);
	buf_init(&text, (size_t)4 << 20), buf_init(&error, 1 << 10);
	for (size_t i = 0; i <= STATE_KEYS_MAX; i++) {
		buf_put(&text, S("s"));
		buf_put_number(&text, i);
		buf_put(&text, S(" rsa-sha256 2048 generated=2026-01-01T00:00:00Z\n"));
	}
	row_bool("-", "one selector too many", state_parse(buf_slice(&text), "f", &a, &state, &error), false);
	row_bool("-", "in its line", slice_starts(buf_slice(&error), S("f:1025: more selectors")), true);
	slice last = slice_make(text.at, slice_find_last_char(slice_first(buf_slice(&text), text.len - 1), '\n'));
	row_bool("-", "as many as there may be", state_parse(last, "f", &a, &state, &error), true);
	buf_clear(&error);
	row_bool("-", "and none more is added", state_add(&state, S("x"), SIGNET_RSA_SHA256, 2048, 1) == NULL, true);
	buf_clear(&text);
	for (size_t i = 0; i <= STATE_LINE_OCTETS; i++) {
		buf_put_char(&text, '#');
	}
	row_bool("-", "a line too long", state_parse(buf_slice(&text), "f", &a, &state, &error), false);
	buf_clear(&error);
	buf_clear(&text);
	for (size_t i = 0; i <= STATE_OCTETS; i++) {
		buf_put_char(&text, '\n');
	}
	row_bool("-", "a file too large", state_parse(buf_slice(&text), "f", &a, &state, &error), false);
	struct signet_arena small;
	arena_init(&small, 64);
	buf_clear(&error);
	row_bool("-", "no memory", state_parse(slice_of(rows[2].text), "f", &small, &state, &error), false);
	arena_finish(&small);
	buf_finish(&text), buf_finish(&error);
	arena_finish(&a);
}

static void lives(void)
{
	struct signet_arena a;
	struct key_state state;
	struct buf text;
	arena_init(&a, 1 << 20);
	buf_init(&text, 1 << 20);
	state_init(&state, &a);
	struct key_entry *key = state_add(&state, S("s1"), SIGNET_RSA_SHA256, 2048, 1767225600);
	key->ttl_s = 60;
	key_reach(key, KEY_PUBLISHED, 1767225601);
	key_reach(key, KEY_VISIBLE, 1767225602);
	key_reach(key, KEY_PUBLISHED, 1767225603);
	state_write(&state, S("example.com"), &text);
	row_text("-", "a key that is no longer visible is published again", buf_slice(&text),
	         "# The DKIM keys of example.com.  Written by signet key; one line a selector.\n"
	         "s1 rsa-sha256 2048 ttl=60 generated=2026-01-01T00:00:00Z published=2026-01-01T00:00:03Z\n");
	row_bool("-", "none is active", state_active(&state, SIGNET_RSA_SHA256) == NULL, true);
	key_reach(key, KEY_ACTIVE, 1767225604);
	row_bool("-", "one is active", state_active(&state, SIGNET_RSA_SHA256) == key, true);
	row_bool("-", "of its algorithm only", state_active(&state, SIGNET_ED25519_SHA256) == NULL, true);
	row_bool("-", "it is found", state_find(&state, S("s1")) == key && !state_find(&state, S("s2")), true);
	static const struct {
		const char *selector;
		bool good;
	} selectors[] = {
		{ "s202611", true },
		{ "a.b", true },
		{ "a_b", true },
		{ "", false },
		{ ".a", false },
		{ "a.", false },
		{ "a..b", false },
		{ "a/b", false },
		{ "..", false },
		{ "A", false },
		{ "a b", false },
		{ "b\xc3\xbc"
		  "cher",
		  false },
		{ "*", false },
	};
	for (size_t i = 0; i < ROWS(selectors); i++) {
		row_bool("6376:3.1", *selectors[i].selector ? selectors[i].selector : "the empty selector",
		         selector_is_good(guarded(slice_of(selectors[i].selector), false)), selectors[i].good);
	}
	buf_finish(&text);
	arena_finish(&a);
}

int main(void)
{
	texts();
	caps();
	lives();
	return rows_end();
}
