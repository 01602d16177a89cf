/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/file/lines.h"

#include <stdio.h>

#include "../support/rows.h"

static char told[256];

/* The words of all lines, "/" between lines; what is refused behind "! ". */
static const char *words_of(slice text)
{
	static char at[256];
	struct buf out, error;
	struct cursor c;
	buf_init(&out, sizeof(at) - 1);
	buf_init(&error, sizeof(told) - 1);
	struct lines lines = { .rest = text, .path = "f", .error = &error, .most = 20 };
	while (lines_next(&lines, &c)) {
		for (slice word = lines_word(&c); word.len; word = lines_word(&c)) {
			buf_put_char(&out, ' ');
			buf_put(&out, word);
		}
		if (!cursor_is_end(&c)) {
			(void)lines_refuse(&lines, "no word here, behind", S("a\tb"));
			break;
		}
		buf_put_text(&out, " /");
	}
	buf_put_text(&out, lines.refused ? " ! " : "");
	buf_put(&out, buf_slice(&error));
	snprintf(at, sizeof(at), "%.*s", (int)out.len, buf_slice(&out).at);
	buf_finish(&out);
	buf_finish(&error);
	return at;
}

static const struct row {
	const char *what;
	const char *text;
	const char *want;
} rows[] = {
	{ "a line of two words", "a b\n", " a b /" },
	{ "the last line needs no end", "a\nb", " a / b /" },
	{ "white space around words", " \ta  b\t \n", " a b /" },
	{ "empty lines and comments hold nothing", "\n  \n# x\n\t#y\na\n", " a /" },
	{ "a # behind a word is one of its octets", "a#b #c\n", " a#b #c /" },
	{ "octets above 127 are a word's", "\xc3\xa9\n", " \xc3\xa9 /" },
	{ "20 octets are a line", "12345678901234567890\n", " 12345678901234567890 /" },
	{ "21 are too long, even of a comment", "a\n#12345678901234567890\nb\n", " a / ! f:2: the line is too long" },
	{ "an octet that no word has", "a\n\nb \x01\n", " a / b ! f:3: no word here, behind \"a\\x09b\"" },
	{ "CR is none either", "a\r\n", " a ! f:1: no word here, behind \"a\\x09b\"" },
};

static void take(slice prefix, void *data)
{
	(void)data;
	(void)words_of(prefix);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		row_text("-", rows[i].what, slice_of(words_of(guarded(slice_of(rows[i].text), false))), rows[i].want);
		each_prefix(slice_of(rows[i].text), take, NULL);
	}
	row_text("-", "no octet at all", slice_of(words_of((slice) { 0 })), "");
	return rows_end();
}
