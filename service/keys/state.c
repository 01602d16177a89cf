/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include "../../src/base/date.h"
#include "../../src/base/name.h"
#include "../file/lines.h"

static const char *const stage_names[KEY_STAGES] = {
	[KEY_GENERATED] = "generated", [KEY_PUBLISHED] = "published", [KEY_VISIBLE] = "visible",
	[KEY_ACTIVE] = "active",       [KEY_RETIRING] = "retiring",   [KEY_RETIRED] = "retired",
	[KEY_REVOKED] = "revoked",
};

const char *key_stage_name(enum key_stage stage)
{
	return stage_names[stage];
}

bool selector_is_good(slice selector)
{
	struct signet_arena arena;
	slice normal;
	if (selector.len > SELECTOR_OCTETS || selector.len == 0) {
		return false;
	}
	arena_init(&arena, 16 * SELECTOR_OCTETS);
	bool good = name_normalize(selector, &arena, &normal) == NAME_GOOD && slice_eq(normal, selector);
	arena_finish(&arena);
	return good;
}

void state_init(struct key_state *s, struct signet_arena *a)
{
	*s = (struct key_state) { .arena = a };
}

struct key_entry *state_find(const struct key_state *s, slice selector)
{
	for (size_t i = 0; i < s->n; i++) {
		if (slice_eq(s->at[i].selector, selector)) {
			return &s->at[i];
		}
	}
	return NULL;
}

struct key_entry *state_active(const struct key_state *s, enum signet_algorithm algorithm)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i].stage == KEY_ACTIVE && s->at[i].algorithm == algorithm) {
			return &s->at[i];
		}
	}
	return NULL;
}

static struct key_entry *append(struct key_state *s)
{
	if (s->n >= STATE_KEYS_MAX) {
		return NULL;
	}
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 8;
		struct key_entry *at = arena_array(s->arena, room, sizeof(*at));
		if (!at) {
			return NULL;
		}
		if (s->n) {
			memcpy(at, s->at, s->n * sizeof(*at));
		}
		s->at = at;
		s->room = room;
	}
	struct key_entry *key = &s->at[s->n];
	*key = (struct key_entry) { .ttl_s = KEY_NEVER, .hold_s = KEY_NEVER };
	for (size_t i = 0; i < KEY_STAGES; i++) {
		key->at[i] = KEY_NEVER;
	}
	return key;
}

struct key_entry *state_add(struct key_state *s, slice selector, enum signet_algorithm algorithm, unsigned bits,
                            int64_t now)
{
	struct key_entry *key = append(s);
	if (!key) {
		return NULL;
	}
	key->selector = arena_copy(s->arena, selector);
	key->algorithm = algorithm;
	key->bits = bits;
	key_reach(key, KEY_GENERATED, now);
	s->n += key->selector.len != 0;
	return key->selector.len ? key : NULL;
}

void key_reach(struct key_entry *key, enum key_stage stage, int64_t now)
{
	for (size_t i = stage; i < KEY_STAGES; i++) {
		key->at[i] = KEY_NEVER;
	}
	key->at[stage] = now;
	key->stage = stage;
}

/* ---- reading ---- */

/* The stage of this name, or KEY_STAGES. */
static size_t stage_of(slice name)
{
	size_t i = 0;
	while (i < KEY_STAGES && !slice_eq(name, slice_of(stage_names[i]))) {
		i++;
	}
	return i;
}

static bool read_seconds(struct lines *lines, slice word, slice value, int64_t *to)
{
	uint64_t n;
	if (*to != KEY_NEVER) {
		return lines_refuse(lines, "said twice:", word);
	}
	if (!number_parse(value, INT32_MAX, &n)) {
		return lines_refuse(lines, "not a number of seconds:", word);
	}
	*to = (int64_t)n;
	return true;
}

static bool read_stage(struct lines *lines, slice word, slice name, slice value, struct key_entry *key, bool first)
{
	size_t stage = stage_of(name);
	if (stage == KEY_STAGES) {
		return lines_refuse(lines, "unknown word", word);
	}
	if (!first && stage <= key->stage) {
		return lines_refuse(lines, "a stage that goes before the last one:", word);
	}
	if (!date_parse_iso(value, &key->at[stage])) {
		return lines_refuse(lines, "not a time such as 2026-11-21T09:00:00Z:", word);
	}
	key->stage = (enum key_stage)stage;
	return true;
}

/* word = "ttl=" seconds / "hold=" seconds / stage "=" time */
static bool read_words(struct lines *lines, struct cursor *c, struct key_entry *key)
{
	bool first = true;
	for (slice word = lines_word(c); word.len; word = lines_word(c)) {
		slice value = word;
		slice name = slice_split(&value, '=');
		bool good;
		if (slice_eq(name, S("ttl"))) {
			good = read_seconds(lines, word, value, &key->ttl_s);
		} else if (slice_eq(name, S("hold"))) {
			good = read_seconds(lines, word, value, &key->hold_s);
		} else {
			good = read_stage(lines, word, name, value, key, first);
			first = false;
		}
		if (!good) {
			return false;
		}
	}
	if (!cursor_is_end(c)) {
		return lines_refuse(lines, "an octet that has no place here, behind the selector", key->selector);
	}
	return first ? lines_refuse(lines, "no stage for the selector", key->selector) : true;
}

static bool read_key(struct lines *lines, struct cursor *c, struct key_state *s)
{
	slice selector = lines_word(c), algorithm = lines_word(c), bits = lines_word(c);
	uint64_t n = 0;
	if (!selector_is_good(selector)) {
		return lines_refuse(lines, "not a selector:", selector);
	}
	if (state_find(s, selector)) {
		return lines_refuse(lines, "a selector has one line, not two:", selector);
	}
	struct key_entry *key = append(s);
	if (!key) {
		return lines_refuse(lines, "more selectors than a store takes, or no memory", S(""));
	}
	key->selector = arena_copy(s->arena, selector);
	if (!signet_algorithm_parse(algorithm, &key->algorithm)) {
		return lines_refuse(lines, "not an algorithm (rsa-sha256, ed25519-sha256):", algorithm);
	}
	if (!number_parse(bits, SIGNET_PRIVKEY_BITS_MAX, &n) || n == 0) {
		return lines_refuse(lines, "not a size of a key:", bits);
	}
	key->bits = (unsigned)n;
	if (!read_words(lines, c, key)) {
		return false;
	}
	if (key->stage == KEY_ACTIVE && state_active(s, key->algorithm)) {
		return lines_refuse(lines, "a second active key of the algorithm", algorithm);
	}
	s->n++;
	return true;
}

bool state_parse(slice text, const char *path, struct signet_arena *a, struct key_state *ret, struct buf *error)
{
	struct lines lines = { .rest = text, .path = path, .error = error, .most = STATE_LINE_OCTETS };
	struct cursor c;
	state_init(ret, a);
	if (text.len > STATE_OCTETS) {
		return lines_refuse(&lines, "too large for a state file", S(""));
	}
	while (lines_next(&lines, &c) && read_key(&lines, &c, ret)) {
	}
	return !lines.refused;
}

/* ---- writing ---- */

static void put_seconds(struct buf *to, const char *word, int64_t seconds)
{
	if (seconds != KEY_NEVER) {
		buf_put_text(to, word);
		buf_put_number(to, (uint64_t)seconds);
	}
}

static void put_key(struct buf *to, const struct key_entry *key)
{
	buf_put(to, key->selector);
	buf_put_char(to, ' ');
	buf_put_text(to, signet_algorithm_name(key->algorithm));
	buf_put_char(to, ' ');
	buf_put_number(to, key->bits);
	put_seconds(to, " ttl=", key->ttl_s);
	put_seconds(to, " hold=", key->hold_s);
	for (size_t i = 0; i < KEY_STAGES; i++) {
		if (key->at[i] != KEY_NEVER) {
			buf_put_char(to, ' ');
			buf_put_text(to, stage_names[i]);
			buf_put_char(to, '=');
			date_put_iso(to, key->at[i]);
		}
	}
	buf_put_char(to, '\n');
}

void state_write(const struct key_state *s, slice domain, struct buf *to)
{
	buf_put(to, S("# The DKIM keys of "));
	buf_put(to, domain);
	buf_put(to, S(".  Written by signet key; one line a selector.\n"));
	for (size_t i = 0; i < s->n; i++) {
		put_key(to, &s->at[i]);
	}
}
