/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/utf8.h"
#include "../../src/format/json_write.h"
#include "../support/rows.h"

static const struct {
	const char *what, *text;
	size_t len, want;
	uint32_t character;
} rows[] = {
	{ "ASCII", "a", 1, 1, 'a' },
	{ "NUL is a character", "", 1, 1, 0 },
	{ "two octets", "\xc3\xbc", 2, 2, 0xfc },
	{ "three octets", "\xe2\x82\xac", 3, 3, 0x20ac },
	{ "four octets", "\xf0\x9f\x93\xa7", 4, 4, 0x1f4e7 },
	{ "cut short", "\xf0\x9f\x93", 3, 0, 0 },
	{ "overlong", "\xc0\xaf", 2, 0, 0 },
	{ "overlong in three octets", "\xe0\x80\xaf", 3, 0, 0 },
	{ "a surrogate", "\xed\xa0\x80", 3, 0, 0 },
	{ "past U+10FFFF", "\xf4\x90\x80\x80", 4, 0, 0 },
	{ "a lone continuation", "\x80", 1, 0, 0 },
	{ "nothing", "", 0, 0, 0 },
};

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t c = 0;
		slice text = guarded(slice_make(rows[i].text, rows[i].len), false);
		row_number("3629:3", rows[i].what, (int64_t)utf8_decode(text, &c), (int64_t)rows[i].want);
		row_number("3629:3", "and the character", c, rows[i].character);
		if (rows[i].want) {
			struct buf b;
			buf_init(&b, 8);
			utf8_put(&b, c);
			row_slice("3629:3", "what is written is read back", buf_slice(&b), text);
			buf_finish(&b);
		}
	}
	struct buf b;
	buf_init(&b, 1000);
	struct json_writer w = json_writer_of(&b);
	json_open(&w, '{');
	json_member_text(&w, "a\"", S("q\"\\\n\x01\x7f\xff\xc3\xbc"));
	json_key(&w, "list");
	json_open(&w, '[');
	json_number(&w, INT64_MIN);
	json_bool(&w, true);
	json_nothing(&w);
	json_open(&w, '{');
	json_close(&w, '}');
	json_close(&w, ']');
	json_member_optional(&w, "none", (slice){ 0 });
	json_close(&w, '}');
	row_text("8259:7", "every octet gives valid JSON", buf_slice(&b),
		 "{\"a\\\"\":\"q\\\"\\\\\\n\\u0001\\u007f\xef\xbf\xbd\xc3\xbc\","
		 "\"list\":[-9223372036854775808,true,null,{}],\"none\":null}");
	buf_clear(&b);
	json_text(&w, S("\xc2\x9b\xe2\x80\xae\xe2\x80\x8b\xf3\xa0\x81\x81\xf0\x9f\x93\xa7"));
	row_text("8259:7", "what turns or hides text is escaped", buf_slice(&b),
	         ",\"\\u009b\\u202e\\u200b\\udb40\\udc41\xf0\x9f\x93\xa7\"");
	buf_finish(&b);
	row_bool("3629:4", "text is valid", utf8_is_valid(S("Pel\xc3\xa9")), true);
	row_bool("3629:4", "one octet of junk makes text invalid", utf8_is_valid(S("Pel\xe9")), false);
	return rows_end();
}
