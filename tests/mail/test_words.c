/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/words.h"
#include "../support/rows.h"

#include "../../src/base/chars.h"
#include "vectors.h"

#define V(literal)                                                                                                     \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}

static const struct {
	const char *clause, *what;
	slice text, want;
} rows[] = {
	{ "2047:2", "no encoded-word", V("plain text"), V("plain text") },
	{ "2047:2", "the Q encoding", V("=?utf-8?Q?J=C3=B6?="), V("J\xC3\xB6") },
	{ "2047:2", "the B encoding", V("=?UTF-8?b?SsO2?="), V("J\xC3\xB6") },
	{ "2047:4.2", "an underscore is a space", V("=?us-ascii?q?a_b=5F?="), V("a b_") },
	{ "2047:4.2", "a broken escape stays", V("=?us-ascii?q?a=zz?="), V("a=zz") },
	{ "2047:4.1", "broken base64 stays as it is", V("x =?utf-8?B?!!!!?= y"), V("x =?utf-8?B?!!!!?= y") },
	{ "2047:4.1", "missing padding is let pass", V("=?utf-8?B?SsO2Cg?="), V("J\xC3\xB6\n") },
	{ "2047:6.2", "white space between two words goes", V("=?utf-8?q?a?= \r\n =?utf-8?q?b?="), V("ab") },
	{ "2047:6.2", "white space to other text stays", V("x =?utf-8?q?a?= y"), V("x a y") },
	{ "2047:6.2", "a character split over two words", V("=?utf-8?q?=C3?= =?utf-8?q?=B6?="), V("\xC3\xB6") },
	{ "2047:5", "a word that touches text", V("x=?utf-8?q?a?=y"), V("xay") },
	{ "2047:3", "ISO-8859-1", V("=?iso-8859-1?q?=F6=E9?="), V("\xC3\xB6\xC3\xA9") },
	{ "2047:3", "ISO-8859-15", V("=?iso-8859-15?q?=A4=BD=F6?="), V("\xE2\x82\xAC\xC5\x93\xC3\xB6") },
	{ "2047:3", "Windows-1252", V("=?windows-1252?q?=80=93=81?="), V("\xE2\x82\xAC\xE2\x80\x9C\xEF\xBF\xBD") },
	{ "2047:3", "US-ASCII has no eighth bit", V("=?us-ascii?q?a=FF?="), V("a\xEF\xBF\xBD") },
	{ "2047:6.2", "an unknown charset stays as it is", V("=?koi8-r?q?=C1?="), V("=?koi8-r?q?=C1?=") },
	{ "2231:5", "a language is ignored", V("=?US-ASCII*EN?Q?Keith_Moore?="), V("Keith Moore") },
	{ "2047:2", "an unknown encoding stays", V("=?utf-8?x?a?="), V("=?utf-8?x?a?=") },
	{ "2047:2", "no end", V("=?utf-8?q?abc"), V("=?utf-8?q?abc") },
	{ "2047:2", "an empty text",
	  V("a =?utf-8?q?"
	    "?= b"),
	  V("a  b") },
	{ "2047:2", "a word in a word", V("=?utf-8?q?a =?utf-8?q?b?="), V("=?utf-8?q?a b") },
	{ "2047:2", "an equals sign before the end", V("=?utf-8?q?a=?="), V("a=") },
	{ "2047:2", "folded in the middle, as some do", V("=?utf-8?Q?Hello\r\n _there!?="), V("Hello there!") },
	{ "3629:4", "octets that are no UTF-8", V("a\xFF\xC3(\xE2\x82"),
	  V("a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD") },
	{ "3629:3", "surrogates and overlong forms", V("\xED\xA0\x80\xC0\x80"),
	  V("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") },
	{ "3629:3", "four octets", V("\xF0\x9F\x98\x80"), V("\xF0\x9F\x98\x80") },
	{ "2047:2", "NUL and line ends come out as they are", V("=?utf-8?q?a=00=0D=0A?="), V("a\0\r\n") },
};

static struct signet_arena arena;

static void decode_only(slice text, void *data)
{
	size_t *longest = data;
	arena_reset(&arena);
	size_t len = words_decode(text, &arena).len;
	*longest = text.len * 3 >= len ? *longest : len;
}

static void check_rows(void)
{
	size_t too_long = 0;
	for (size_t i = 0; i < ROWS(rows); i++) {
		arena_reset(&arena);
		row_slice(rows[i].clause, rows[i].what, words_decode(guarded(rows[i].text, false), &arena),
			  rows[i].want);
		each_prefix(rows[i].text, decode_only, &too_long);
	}
	row_number("2047:2", "no text grows to more than three times its length", (int64_t)too_long, 0);
}

/* Trimmed, each run of white space as one space. */
static slice one_space(slice text)
{
	struct buf b;
	text = slice_trim_fws(text);
	buf_init_arena(&b, &arena, 1 << 16);
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is(text.at[i], C_WSP | C_CRLF)) {
			buf_put_char(&b, text.at[i]);
		} else if (!char_is(text.at[i - 1], C_WSP | C_CRLF)) {
			buf_put_char(&b, ' ');
		}
	}
	return buf_slice(&b);
}

/* mail-parser unfolds and puts a space where a word touches other text. */
static void check_vectors(void)
{
	json_t *cases = vector_cases("mime/fields/unstructured.json");
	json_t *one;
	size_t i;
	row_number("-", "the vectors are there", (int64_t)json_array_size(cases), 15);
	json_array_foreach(cases, i, one) {
		const char *id = json_string_value(json_object_get(one, "id"));
		struct buf value = vector_value(one, "header");
		arena_reset(&arena);
		slice got = one_space(words_decode(buf_slice(&value), &arena));
		rows_case("fields", id, 0);
		slice want = one_space(vector_text(one, "expect"));
		if (slice_eq(slice_of(id), S("mail-parser-unstructured-22")) ||
		    slice_eq(slice_of(id), S("mail-parser-unstructured-28"))) {
			row_contested("2047:6.2", "text", slice_eq(got, want),
				      "mail-parser adds a space where a word touches text");
		} else {
			row_slice("2047:6.2", "text", got, want);
		}
		buf_finish(&value);
	}
	rows_case(NULL, NULL, 0);
	json_decref(cases);
}

static void check_size(void)
{
	static const slice units[] = { V("=?"), V("=?utf-8?q?"), V("=?utf-8?b?YQ=="), V("=?utf-8?q?a?= "),
				       V("?="), V("\xFF") };
	for (size_t i = 0; i < ROWS(units); i++) {
		struct buf b;
		buf_init(&b, 2 << 20);
		while (b.len < 1 << 20) {
			buf_put(&b, units[i]);
		}
		arena_reset(&arena);
		row_bool("-", "a megabyte of the same", words_decode(buf_slice(&b), &arena).at != NULL && !arena.failed,
			 true);
		buf_finish(&b);
	}
}

int main(void)
{
	arena_init(&arena, (size_t)64 << 20);
	check_rows();
	check_vectors();
	check_size();
	arena_finish(&arena);
	return rows_end();
}
