/* SPDX-License-Identifier: Apache-2.0 */
#include "split.h"

#include <errno.h>
#include <unistd.h>

#include "../../src/base/chars.h"

static slice take_word(slice *rest)
{
	*rest = slice_trim_wsp(*rest);
	size_t len = 0;
	while (len < rest->len && !char_is(rest->at[len], C_WSP)) {
		len++;
	}
	slice word = slice_first(*rest, len);
	*rest = slice_from(*rest, len);
	return word;
}

static bool is_one_of(slice word, slice list)
{
	if (slice_ends_nocase(word, S(","))) {
		word.len--;
	}
	size_t at = word.len == 3 ? slice_find_nocase(list, word) : SLICE_NONE;
	return at != SLICE_NONE && at % 3 == 0;
}

static bool is_weekday(slice word)
{
	return is_one_of(word, S("MonTueWedThuFriSatSun"));
}

static bool is_month(slice word)
{
	return is_one_of(word, S("JanFebMarAprMayJunJulAugSepOctNovDec"));
}

static bool is_number(slice word, size_t least, size_t most)
{
	for (size_t i = 0; i < word.len; i++) {
		if (!char_is(word.at[i], C_DIGIT)) {
			return false;
		}
	}
	return word.len >= least && word.len <= most;
}

/* H:MM or HH:MM[:SS] */
static bool is_time(slice word)
{
	slice hour = slice_split(&word, ':');
	slice minute = slice_split(&word, ':');
	return is_number(hour, 1, 2) && is_number(minute, 2, 2) && (!word.at || is_number(word, 2, 2));
}

/* What follows the day of the week: "Jan  3 01:05:34 [UTC] 1996" (ctime) or "3 Jan 1996 01:05:34" (a mail date). */
static bool is_date(slice rest)
{
	slice first = take_word(&rest);
	slice second = take_word(&rest);
	slice third = take_word(&rest);
	if (is_month(second)) {
		return is_number(first, 1, 2) && is_number(third, 4, 4) && is_time(take_word(&rest));
	}
	if (!is_month(first) || !is_number(second, 1, 2) || !is_time(third)) {
		return false;
	}
	while ((rest = slice_trim_wsp(rest)).len) {
		if (is_number(take_word(&rest), 4, 4)) {
			return true;
		}
	}
	return false;
}

bool split_is_from_line(slice line)
{
	if (!slice_starts(line, S("From "))) {
		return false;
	}
	slice rest = slice_trim_fws(slice_from(line, 5));
	while (rest.len) {
		if (is_weekday(take_word(&rest)) && is_date(rest)) {
			return true;
		}
		rest = slice_trim_wsp(rest);
	}
	return false;
}

bool split_is_mbox(slice begin)
{
	if (!slice_starts(begin, S("From "))) {
		return false;
	}
	slice rest = slice_from(begin, 5);
	while (rest.len && char_is(*rest.at, C_WSP)) {
		rest = slice_from(rest, 1);
	}
	return !slice_starts(rest, S(":"));
}

/* Moves the window so that it begins at `offset` and holds as much of the file as it can. */
static enum signet_status load(struct split *s, uint64_t offset)
{
	s->at = offset;
	s->len = 0;
	while (s->len < SPLIT_WINDOW && s->at + s->len < s->size) {
		uint64_t left = s->size - s->at - s->len;
		size_t room = SPLIT_WINDOW - s->len;
		ssize_t n =
			pread(s->fd, s->window + s->len, left < room ? (size_t)left : room, (off_t)(s->at + s->len));
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			errno = n ? errno : ESTALE; /* the file became shorter */
			return SIGNET_IO;
		}
		s->len += (size_t)n;
	}
	return SIGNET_OK;
}

static bool is_last_window(const struct split *s)
{
	return s->at + s->len >= s->size;
}

/* Sees to it that `n` octets from `offset` on (or all up to the end) are in the window. */
static enum signet_status cover(struct split *s, uint64_t offset, size_t n)
{
	if (offset >= s->at && offset <= s->at + s->len && (offset + n <= s->at + s->len || is_last_window(s))) {
		return SIGNET_OK;
	}
	return load(s, offset);
}

/* The octets of the separator that end at `at` (the LF before "From "): LF LF or LF CR LF, of which the first LF is the
 * message's; 0 if that line is not empty. */
static size_t separator_length(const char *window, size_t at)
{
	if (at >= 1 && window[at - 1] == '\n') {
		return 1;
	}
	return at >= 2 && window[at - 1] == '\r' && window[at - 2] == '\n' ? 2 : 0;
}

static slice line_at(const struct split *s, size_t at)
{
	slice rest = slice_first(slice_make(s->window + at, s->len - at), SPLIT_LINE);
	size_t end = slice_find_char(rest, '\n');
	return end == SLICE_NONE ? rest : slice_first(rest, end);
}

/* Looks for the end of the message in the window from `from` on.  True: found.  False: `*from` is where to go on, with
 * the octets before it that matter. */
static bool find_end(const struct split *s, size_t *from, struct split_message *ret)
{
	size_t at = *from;
	for (;;) {
		size_t found = slice_find(slice_make(s->window + at, s->len - at), S("\nFrom "));
		if (found == SLICE_NONE) {
			break;
		}
		at += found;
		if (at + 1 + SPLIT_LINE > s->len && !is_last_window(s)) {
			*from = at;
			return false;
		}
		size_t separator = separator_length(s->window, at);
		if (separator && split_is_from_line(line_at(s, at + 1))) {
			ret->end = s->at + at + 1 - separator;
			ret->next = s->at + at + 1;
			return true;
		}
		at++;
	}
	*from = s->len - (s->len < 6 ? s->len : 6); /* "\nFrom " may be cut in two */
	if (*from < at) {
		*from = at;
	}
	return false;
}

/* Past the line at `offset`, however long it is. */
static enum signet_status skip_line(struct split *s, uint64_t offset, uint64_t *ret)
{
	while (offset < s->size) {
		TRY(cover(s, offset, SPLIT_LINE));
		size_t from = (size_t)(offset - s->at);
		size_t end = slice_find_char(slice_make(s->window + from, s->len - from), '\n');
		if (end != SLICE_NONE) {
			*ret = offset + end + 1;
			return SIGNET_OK;
		}
		offset = s->at + s->len;
	}
	*ret = s->size;
	return SIGNET_OK;
}

enum signet_status split_next(struct split *s, struct split_message *ret)
{
	struct split_message m = { .end = s->size, .next = s->size };
	TRY(skip_line(s, s->next, &m.begin));
	/* the LF of the "From " line may be the first half of a separator; two octets before it tell nothing more */
	uint64_t search = m.begin - 1;
	for (;;) {
		uint64_t keep = search < 2 ? search : 2;
		TRY(cover(s, search - keep, 2 + 1 + SPLIT_LINE));
		size_t from = (size_t)(search - s->at);
		if (find_end(s, &from, &m) || is_last_window(s)) {
			break;
		}
		search = s->at + from;
	}
	s->next = m.next;
	*ret = m;
	return SIGNET_OK;
}
