/* SPDX-License-Identifier: Apache-2.0 */
#include "overrides.h"

#include "../../src/base/cursor.h"
#include "../../src/base/date.h"
#include "../../src/base/escape.h"
#include "../../src/base/ip.h"
#include "../../src/base/name.h"

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

struct reader {
	const char *path;
	uint64_t line;
	struct buf *error;
};

static bool refuse(const struct reader *r, const char *why, slice word)
{
	buf_put_text(r->error, r->path);
	buf_put_char(r->error, ':');
	buf_put_number(r->error, r->line);
	buf_put_text(r->error, ": ");
	buf_put_text(r->error, why);
	if (word.len) {
		buf_put_text(r->error, " \"");
		escape_put(r->error, slice_first(word, 80));
		buf_put_char(r->error, '"');
	}
	return false;
}

static slice take_word(struct cursor *c)
{
	(void)cursor_take(c, C_WSP);
	return cursor_take(c, C_VCHAR | C_8BIT);
}

static bool read_author(const struct reader *r, slice value, struct signet_arena *a, struct override *to)
{
	slice normal;
	if (name_normalize(value, a, &normal) != NAME_GOOD || !slice_eq(normal, value)) {
		return refuse(r, "not a domain in normal form:", value);
	}
	to->author = arena_copy(a, value);
	return true;
}

static bool read_client(const struct reader *r, slice value, struct override *to)
{
	return signet_network_parse(value, &to->client) || refuse(r, "not an address or a network:", value);
}

static bool read_time(const struct reader *r, slice value, int64_t *to)
{
	return date_parse_iso(value, to) || refuse(r, "not a time such as 2026-11-21T09:00:00Z:", value);
}

static bool read_note(const struct reader *r, slice value, struct signet_arena *a, slice *to)
{
	if (value.len > OVERRIDES_WORD_OCTETS) {
		return refuse(r, "a word that is too long:", value);
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

static bool read_word(const struct reader *r, enum word word, slice value, struct signet_arena *a, struct override *to)
{
	switch (word) {
	case WORD_AUTHOR:
		return read_author(r, value, a, to);
	case WORD_CLIENT:
		return read_client(r, value, to);
	case WORD_UNTIL:
		return read_time(r, value, &to->until);
	case WORD_MADE:
		return read_time(r, value, &to->made);
	case WORD_BY:
		return read_note(r, value, a, &to->by);
	case WORD_FOR:
		return read_note(r, value, a, &to->message);
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

static bool read_words(const struct reader *r, struct cursor *c, struct signet_arena *a, struct override *to)
{
	unsigned seen = 0;
	for (slice text = take_word(c); text.len; text = take_word(c)) {
		slice value = text;
		size_t word = word_of(slice_split(&value, '='));
		if (word == WORDS || !value.at) {
			return refuse(r, "unknown word", text);
		}
		if (seen & 1u << word) {
			return refuse(r, "said twice:", text);
		}
		seen |= 1u << word;
		if (!read_word(r, (enum word)word, value, a, to)) {
			return false;
		}
	}
	if (!cursor_is_end(c)) {
		return refuse(r, "an octet that has no place here", S(""));
	}
	if (!(seen & 1u << WORD_CLIENT)) {
		return refuse(r, "no client=: anybody could use it", S(""));
	}
	return seen & 1u << WORD_UNTIL ? true : refuse(r, "no until=: it would never end", S(""));
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
static bool read_override(const struct reader *r, struct cursor *c, struct overrides *o)
{
	slice number = take_word(c), deed = take_word(c);
	struct override *to = append(o);
	if (!to) {
		return refuse(r, "more overrides than there may be, or no memory", S(""));
	}
	if (!number_parse(number, UINT32_MAX, &to->number) || to->number == 0) {
		return refuse(r, "not the number of an override:", number);
	}
	if (has_number(o, to->number)) {
		return refuse(r, "a number that stands there already:", number);
	}
	if (!slice_eq(deed, S("accept"))) {
		return refuse(r, "not what an override does (accept):", deed);
	}
	if (!read_words(r, c, o->arena, to)) {
		return false;
	}
	o->n++;
	return true;
}

bool overrides_parse(slice text, const char *path, struct signet_arena *a, struct overrides *ret, struct buf *error)
{
	struct reader r = { .path = path, .error = error };
	overrides_init(ret, a);
	if (text.len > OVERRIDES_OCTETS) {
		return refuse(&r, "too large for a file of overrides", S(""));
	}
	while (text.at && text.len) {
		slice line = slice_split(&text, '\n');
		r.line++;
		if (line.len > OVERRIDES_LINE_OCTETS) {
			return refuse(&r, "the line is too long", S(""));
		}
		struct cursor c = cursor_of(line);
		(void)cursor_take(&c, C_WSP);
		if (!cursor_is_end(&c) && cursor_peek(&c) != '#' && !read_override(&r, &c, ret)) {
			return false;
		}
	}
	return !a->failed || refuse(&r, "no memory", S(""));
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
