/* SPDX-License-Identifier: Apache-2.0 */
#include "guess.h"

#include "../base/buf.h"
#include "../base/chars.h"
#include "token.h"

static bool is_name_char(char c)
{
	return char_is(c, C_LDH | C_UNDERSCORE | C_8BIT) || c == '.';
}

static size_t name_length(slice s)
{
	size_t n = 0;
	while (n < s.len && is_name_char(s.at[n])) {
		n++;
	}
	return n;
}

static size_t fws_length(slice s)
{
	size_t n = 0;
	while (n < s.len && char_is(s.at[n], C_WSP | C_CRLF)) {
		n++;
	}
	return n;
}

static size_t cfws_length(slice s)
{
	size_t n = fws_length(s);
	while (n < s.len && s.at[n] == '(') {
		size_t len = comment_length(slice_from(s, n));
		if (len == SLICE_NONE) {
			break;
		}
		n += len;
		n += fws_length(slice_from(s, n));
	}
	return n;
}

static slice domain_after(slice rest)
{
	rest = slice_from(rest, cfws_length(rest));
	if (rest.len && rest.at[0] == '[') {
		size_t end = slice_find_char(slice_first(rest, 256), ']');
		return slice_first(rest, end == SLICE_NONE ? 0 : end + 1);
	}
	return slice_first(rest, name_length(rest));
}

/* Folds: "exam\r\n ple.com" as one reads it who joins the lines, white space and all. */
static bool is_fold(slice gap, slice first)
{
	(void)first;
	return slice_find(gap, S("\r\n")) != SLICE_NONE;
}

/* Comments and white space: "exam(x)ple.com", "exam ple.com" as one reads it who skips them wherever they stand
 * (Python's email.utils).  Behind a name with a dot white space ends it: "joe@a.example Joe" is read as it is meant. */
static bool is_skipped(slice gap, slice first)
{
	bool is_whole = slice_find_char(first, '.') != SLICE_NONE;
	return gap.len && (!is_whole || slice_find_char(gap, '(') != SLICE_NONE);
}

/* The same in brackets, where no name of a person can follow: "<joe@a.exam ple>". */
static bool is_skipped_in_brackets(slice gap, slice first)
{
	(void)first;
	return gap.len;
}

/* The name without the gaps in it that `joins` has; empty if no such gap follows the first piece. */
static slice joined(slice rest, slice first, bool (*joins)(slice gap, slice first), struct signet_arena *a)
{
	struct buf b = { 0 };
	const char *end = rest.at + rest.len;
	slice piece = first;
	for (;;) {
		slice after = slice_between(piece.at + piece.len, end);
		slice gap = slice_first(after, joins == is_fold ? fws_length(after) : cfws_length(after));
		after = slice_from(after, gap.len);
		size_t n = name_length(after);
		if (n == 0 || !joins(gap, first)) {
			break;
		}
		if (!b.len) {
			buf_init_arena(&b, a, 1024); /* past any name */
			buf_put(&b, first);
		}
		piece = slice_first(after, n);
		buf_put(&b, piece);
	}
	return buf_ok(&b) ? buf_slice(&b) : (slice) { 0 };
}

/* What stands before the "@": back to white space or a special, not before `floor`. */
static slice local_before(const char *floor, const char *at_sign)
{
	const char *begin = at_sign;
	if (begin > floor && begin[-1] == '"') {
		begin--;
		while (begin > floor && begin[-1] != '"') {
			begin--;
		}
		return begin > floor ? slice_between(begin - 1, at_sign) : slice_between(at_sign, at_sign);
	}
	while (begin > floor && (char_is(begin[-1], C_ATEXT | C_8BIT) || begin[-1] == '.')) {
		begin--;
	}
	return slice_between(begin, at_sign);
}

/* The octets of a quoted-string or comment that starts `rest`; 0: neither does, or it does not end.  `open` remembers
 * what did not end, so that nothing is looked at to the end twice. */
static size_t opaque_length(slice rest, bool open[static 2])
{
	bool is_comment = rest.at[0] == '(';
	if ((!is_comment && rest.at[0] != '"') || open[is_comment]) {
		return 0;
	}
	size_t len = is_comment ? comment_length(rest) : quoted_length(rest);
	open[is_comment] = len == SLICE_NONE;
	return len == SLICE_NONE ? 0 : len;
}

/* Reports the "@" at `offset`; false: the sink has enough. */
static bool report(slice text, size_t offset, const char *floor, bool in_brackets, struct signet_arena *a,
                   struct guess_sink sink)
{
	slice rest = slice_from(text, offset + 1);
	slice domain = domain_after(rest);
	struct guess guess = { .domain = domain, .offset = offset };
	if (!domain.len) {
		return true;
	}
	guess.local = local_before(floor, text.at + offset);
	guess.address = slice_between(guess.local.at, domain.at + domain.len);
	if (!sink.seen(sink.data, guess)) {
		return false;
	}
	guess.domain = joined(rest, domain, is_fold, a);
	if (guess.domain.len && !sink.seen(sink.data, guess)) {
		return false;
	}
	guess.domain = joined(rest, domain, in_brackets ? is_skipped_in_brackets : is_skipped, a);
	return !guess.domain.len || sink.seen(sink.data, guess);
}

void guess_addresses(slice text, bool everywhere, struct signet_arena *a, struct guess_sink sink)
{
	const char *floor = text.at;
	bool open[2] = { everywhere, everywhere };
	bool in_brackets = false;
	for (size_t i = 0; i < text.len;) {
		slice rest = slice_from(text, i);
		size_t skip = opaque_length(rest, open);
		if (!skip && (rest.at[0] == '<' || rest.at[0] == '>')) {
			in_brackets = rest.at[0] == '<';
		}
		if (!skip && rest.at[0] == '@') {
			if (!report(text, i, floor, in_brackets, a, sink)) {
				return;
			}
			floor = rest.at + 1;
		}
		i += skip ? skip : 1;
	}
}
