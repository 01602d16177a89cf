/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/slice.h"

#include "../support/rows.h"

static const struct row {
	const char *what, *text, *needle;
	size_t want;
} rows[] = {
	{ "a letter in the other case", "xAbc", "aBC", 1 },
	{ "at the start", "Abcx", "abc", 0 },
	{ "at the end", "xxABC", "abc", 2 },
	{ "the whole", "AbC", "aBc", 0 },
	{ "cut off at the end", "xxab", "abc", SLICE_NONE },
	{ "longer than the text", "ab", "abc", SLICE_NONE },
	{ "the first of two", "xabxAB", "ab", 1 },
	{ "behind a false start", "aaab", "AAB", 1 },
	{ "both cases of the first letter before it", "aAaxAb", "ab", 4 },
	{ "found by the octet that is no letter", "x</b</BODY", "</body", 4 },
	{ "that octet alone is not enough", "a/b/c", "x/", SLICE_NONE },
	{ "that octet too near to the start", "/a/b", "aa/b", SLICE_NONE },
	{ "that octet too near to the end", "ab a/", "a/b", SLICE_NONE },
	{ "nothing is everywhere", "abc", "", 0 },
	{ "nothing in nothing", "", "", 0 },
	{ "something in nothing", "", "a", SLICE_NONE },
};

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		slice text = guarded(slice_of(rows[i].text), i % 2);
		size_t got = slice_find_nocase(text, slice_of(rows[i].needle));
		row_number("-", rows[i].what, (int64_t)got, (int64_t)rows[i].want);
	}
	return rows_end();
}
