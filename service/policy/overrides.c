/* SPDX-License-Identifier: Apache-2.0 */
#include "overrides.h"

#include "../../src/base/date.h"
#include "../../src/base/ip.h"
#include "../../src/base/name.h"
#include "../file/lines.h"

void overrides_init(struct overrides *o, struct signet_arena *a)
{
	*o = (struct overrides) { .arena = a };
}

static struct override *append(struct overrides *o)
{
	if (o->n >= OVERRIDES_MAX) {
		return NULL;
	}
	if (o->n == o->room) {
		size_t room = o->room ? 2 * o->room : 16;
		struct override *at = arena_array(o->arena, room, sizeof(*at));
		if (!at) {
			return NULL;
		}
		if (o->n) {
			memcpy(at, o->at, o->n * sizeof(*at));
		}
		o->at = at;
		o->room = room;
	}
	o->at[o->n] = (struct override) { 0 };
	return &o->at[o->n];
}

/* ---- reading ---- */

static bool read_author(struct lines *lines, slice value, struct signet_arena *a, struct override *to)
{
	slice normal;
	if (name_normalize(value, a, &normal) != NAME_GOOD || !slice_eq(normal, value)) {
		return lines_refuse(lines, "not a domain in normal form:", value);
	}
	to->author = arena_copy(a, value);
	return true;
}

static bool read_client(struct lines *lines, slice value, struct override *to)
{
	return signet_network_parse(value, &to->client) || lines_refuse(lines, "not an address or a network:", value);
}

static bool read_time(struct lines *lines, slice value, int64_t *to)
{
	return date_parse_iso(value, to) || lines_refuse(lines, "not a time such as 2026-11-21T09:00:00Z:", value);
}

static bool read_note(struct lines *lines, slice value, struct signet_arena *a, slice *to)
{
	if (value.len > OVERRIDES_WORD_OCTETS) {
		return lines_refuse(lines, "a word that is too long:", value);
	}
	*to = arena_copy(a, value);
	return true;
}

enum word {
	WORD_AUTHOR,
	WORD_CLIENT,
	WORD_UNTIL,
	WORD_MADE,
	WORD_BY,
	WORD_FOR,
	WORDS,
};

static const char words[WORDS][8] = { "author", "client", "until", "made", "by", "for" };

static bool read_word(struct lines *lines, enum word word, slice value, struct signet_arena *a, struct override *to)
{
	switch (word) {
	case WORD_AUTHOR:
		return read_author(lines, value, a, to);
	case WORD_CLIENT:
		return read_client(lines, value, to);
	case WORD_UNTIL:
		return read_time(lines, value, &to->until);
	case WORD_MADE:
		return read_time(lines, value, &to->made);
	case WORD_BY:
		return read_note(lines, value, a, &to->by);
	case WORD_FOR:
		return read_note(lines, value, a, &to->message);
	case WORDS:
		break;
	}
	return false;
}

static size_t word_of(slice name)
{
	size_t i = 0;
	while (i < WORDS && !slice_eq(name, slice_of(words[i]))) {
		i++;
	}
	return i;
}

static bool read_words(struct lines *lines, struct cursor *c, struct signet_arena *a, struct override *to)
{
	unsigned seen = 0;
	for (slice text = lines_word(c); text.len; text = lines_word(c)) {
		slice value = text;
		size_t word = word_of(slice_split(&value, '='));
		if (word == WORDS || !value.at) {
			return lines_refuse(lines, "unknown word", text);
		}
		if (seen & 1u << word) {
			return lines_refuse(lines, "said twice:", text);
		}
		seen |= 1u << word;
		if (!read_word(lines, (enum word)word, value, a, to)) {
			return false;
		}
	}
	if (!cursor_is_end(c)) {
		return lines_refuse(lines, "an octet that has no place here", S(""));
	}
	if (!(seen & 1u << WORD_CLIENT)) {
		return lines_refuse(lines, "no client=: anybody could use it", S(""));
	}
	return seen & 1u << WORD_UNTIL ? true : lines_refuse(lines, "no until=: it would never end", S(""));
}

static bool has_number(const struct overrides *o, uint64_t number)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->at[i].number == number) {
			return true;
		}
	}
	return false;
}

/* override = number "accept" 2*(word "=" value) */
static bool read_override(struct lines *lines, struct cursor *c, struct overrides *o)
{
	slice number = lines_word(c), deed = lines_word(c);
	struct override *to = append(o);
	if (!to) {
		return lines_refuse(lines, "more overrides than there may be, or no memory", S(""));
	}
	if (!number_parse(number, UINT32_MAX, &to->number) || to->number == 0) {
		return lines_refuse(lines, "not the number of an override:", number);
	}
	if (has_number(o, to->number)) {
		return lines_refuse(lines, "a number that stands there already:", number);
	}
	if (!slice_eq(deed, S("accept"))) {
		return lines_refuse(lines, "not what an override does (accept):", deed);
	}
	if (!read_words(lines, c, o->arena, to)) {
		return false;
	}
	o->n++;
	return true;
}

bool overrides_parse(slice text, const char *path, struct signet_arena *a, struct overrides *ret, struct buf *error)
{
	struct lines lines = { .rest = text, .path = path, .error = error, .most = OVERRIDES_LINE_OCTETS };
	struct cursor c;
	overrides_init(ret, a);
	if (text.len > OVERRIDES_OCTETS) {
		return lines_refuse(&lines, "too large for a file of overrides", S(""));
	}
	while (lines_next(&lines, &c) && read_override(&lines, &c, ret)) {
	}
	return !lines.refused && (!a->failed || lines_refuse(&lines, "no memory", S("")));
}

/* ---- writing ---- */

void overrides_put_network(struct buf *to, const struct signet_network *network)
{
	ip_put(to, &network->ip);
	if (network->bits < (network->ip.family == 4 ? 32u : 128u)) {
		buf_put_char(to, '/');
		buf_put_number(to, network->bits);
	}
}

static void put_word(struct buf *to, const char *word, slice value)
{
	if (value.len) {
		buf_put_text(to, word);
		buf_put(to, value);
	}
}

static void put_override(struct buf *to, const struct override *one)
{
	buf_put_number(to, one->number);
	buf_put_text(to, " accept");
	put_word(to, " author=", one->author);
	buf_put_text(to, " client=");
	overrides_put_network(to, &one->client);
	buf_put_text(to, " until=");
	date_put_iso(to, one->until);
	buf_put_text(to, " made=");
	date_put_iso(to, one->made);
	put_word(to, " by=", one->by);
	put_word(to, " for=", one->message);
	buf_put_char(to, '\n');
}

void overrides_write(const struct overrides *o, int64_t now, struct buf *to)
{
	buf_put_text(to, "# What is let through for a time.  Written by signet verdict allow; one line each.\n");
	for (size_t i = 0; i < o->n; i++) {
		if (o->at[i].until > now) {
			put_override(to, &o->at[i]);
		}
	}
}

/* ---- use ---- */

const struct override *overrides_find(const struct overrides *o, slice author, const struct signet_ip *client,
                                      int64_t now)
{
	const struct override *best = NULL;
	for (size_t i = 0; client->family && i < o->n; i++) {
		const struct override *one = &o->at[i];
		if (one->until > now && (one->author.len == 0 || slice_eq(one->author, author)) &&
		    ip_network_has(&one->client, client) && (!best || one->until > best->until)) {
			best = one;
		}
	}
	return best;
}

/* Printable, and no longer than a word may be. */
static slice word_from(struct signet_arena *a, slice text)
{
	text = arena_copy(a, slice_first(text, OVERRIDES_WORD_OCTETS));
	char *at = (char *)text.at;
	for (size_t i = 0; i < text.len; i++) {
		at[i] = at[i] > ' ' && at[i] < 0x7f ? at[i] : '?';
	}
	return text;
}

struct override *overrides_add(struct overrides *o, const struct override *one)
{
	uint64_t number = 0;
	for (size_t i = 0; i < o->n; i++) {
		number = o->at[i].number > number ? o->at[i].number : number;
	}
	struct override *to = number < UINT32_MAX ? append(o) : NULL;
	if (!to) {
		return NULL;
	}
	*to = *one;
	to->number = number + 1;
	to->author = arena_copy(o->arena, one->author);
	to->by = word_from(o->arena, one->by);
	to->message = word_from(o->arena, one->message);
	if (o->arena->failed) {
		return NULL;
	}
	o->n++;
	return to;
}

bool overrides_remove(struct overrides *o, uint64_t number)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->at[i].number == number) {
			memmove(&o->at[i], &o->at[i + 1], (o->n - i - 1) * sizeof(*o->at));
			o->n--;
			return true;
		}
	}
	return false;
}
