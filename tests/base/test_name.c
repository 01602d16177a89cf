/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/name.h"
#include "../support/rows.h"

static const struct {
	const char *clause, *what, *name, *want; /* want NULL: no name */
} rows[] = {
	{ "4343:3", "letters in lower case", "ExAmple.COM", "example.com" },
	{ "1035:3.1", "one final dot goes", "example.com.", "example.com" },
	{ "1035:3.1", "two final dots are no name", "example.com..", NULL },
	{ "1035:3.1", "an empty label is no name", "a..example", NULL },
	{ "1035:2.3.4", "the root is no domain of mail", ".", NULL },
	{ "8553:1", "underscores stay", "_dmarc.example.com", "_dmarc.example.com" },
	{ "5891:5.3", "a U-label becomes an A-label", "b\xc3\xbc""cher.example", "xn--bcher-kva.example" },
	{ "5891:5.3", "upper case in a U-label", "B\xc3\x9c""CHER.example", "xn--bcher-kva.example" },
	{ "5891:5.4", "a real A-label stays", "XN--bcher-kva.example", "xn--bcher-kva.example" },
	{ "5891:5.4", "an A-label that does not decode is no name", "xn--999999999.example", NULL },
	{ "5891:5.4", "an A-label that decodes to ASCII is no name", "xn--example-.com", NULL },
	{ "3629:3", "invalid UTF-8 is no name", "b\xfc""cher.example", NULL },
	{ "1035:2.3.1", "a space is no name", "exa mple.com", NULL },
	{ "1035:2.3.1", "a parenthesis is no name", "example.net(.example.com", NULL },
	{ "1035:2.3.4", "a label of 63", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example" },
	{ "1035:2.3.4", "a label of 64 is no name",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", NULL },
};

static const struct {
	const char *name, *ancestor;
	bool want;
} below[] = {
	{ "example.com", "example.com", true },  { "a.example.com", "example.com", true },
	{ "a.EXAMPLE.com.", "example.COM", true }, { "bad-example.com", "example.com", false },
	{ "com", "example.com", false },         { "example.com", "", false },
};

int main(void)
{
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ROWS(rows); i++) {
		slice got = S("(no name)");
		(void)name_normalize(guarded(slice_of(rows[i].name), false), &a, &got);
		row_text(rows[i].clause, rows[i].what, got, rows[i].want ? rows[i].want : "(no name)");
	}
	for (size_t i = 0; i < ROWS(below); i++) {
		row_bool("1034:3.1", "at or below", name_is_at_or_below(slice_of(below[i].name), slice_of(below[i].ancestor)),
			 below[i].want);
	}
	row_number("1034:3.1", "labels", (int64_t)name_count_labels(S("a.b.example.com.")), 4);
	row_text("1034:3.1", "parent", name_parent(S("a.b.c")), "b.c");
	row_text("1034:3.1", "parent of a single label", name_parent(S("c")), "");
	row_text("1034:3.1", "last labels", name_last_labels(S("a.b.c.d"), 2), "c.d");
	row_text("5891:4.4", "shown to people", name_display(S("xn--bcher-kva.example"), &a), "b\xc3\xbc""cher.example");
	arena_finish(&a);
	return rows_end();
}
