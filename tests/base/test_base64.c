/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/base64.h"
#include "../support/rows.h"

static const struct {
	const char *clause, *what, *text;
	enum base64_padding padding;
	const char *want; /* NULL: refused */
} rows[] = {
	{ "4648:10", "empty", "", BASE64_PADDED, "" },
	{ "4648:10", "f", "Zg==", BASE64_PADDED, "f" },
	{ "4648:10", "fo", "Zm8=", BASE64_PADDED, "fo" },
	{ "4648:10", "foo", "Zm9v", BASE64_PADDED, "foo" },
	{ "4648:10", "foob", "Zm9vYg==", BASE64_PADDED, "foob" },
	{ "4648:10", "fooba", "Zm9vYmE=", BASE64_PADDED, "fooba" },
	{ "4648:10", "foobar", "Zm9vYmFy", BASE64_PADDED, "foobar" },
	{ "6376:2.10", "white space inside is skipped", "Zm9v\r\n\tYm Fy", BASE64_PADDED, "foobar" },
	{ "6376:2.10", "missing padding is refused", "Zg", BASE64_PADDED, NULL },
	{ "6376:2.10", "missing padding where that is allowed", "Zg", BASE64_LENIENT, "f" },
	{ "6376:2.10", "half of the padding is refused", "Zg=", BASE64_LENIENT, NULL },
	{ "6376:2.10", "padding in the middle is refused", "Zg==Zg==", BASE64_LENIENT, NULL },
	{ "6376:2.10", "a lone digit is refused", "Zm9vY", BASE64_LENIENT, NULL },
	{ "6376:2.10", "a foreign octet is refused", "Zm9_", BASE64_LENIENT, NULL },
	{ "6376:2.10", "three pads are refused", "Z===", BASE64_LENIENT, NULL },
};

int main(void)
{
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ROWS(rows); i++) {
		slice got = { 0 };
		bool ok = base64_decode(guarded(slice_of(rows[i].text), false), rows[i].padding, &a, &got);
		if (rows[i].want) {
			row_text(rows[i].clause, rows[i].what, ok ? got : S("(refused)"), rows[i].want);
		} else {
			row_bool(rows[i].clause, rows[i].what, ok, false);
		}
	}
	for (size_t n = 0; n < 7; n++) {
		struct buf b;
		slice got = { 0 };
		buf_init(&b, 100);
		base64_put(&b, slice_first(S("\x00\xff\x80sig"), n));
		(void)base64_decode(buf_slice(&b), BASE64_PADDED, &a, &got);
		row_slice("4648:4", "what is written is read back", got, slice_first(S("\x00\xff\x80sig"), n));
		buf_finish(&b);
	}
	arena_finish(&a);
	return rows_end();
}
