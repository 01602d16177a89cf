/* SPDX-License-Identifier: Apache-2.0 */
/* What comes out is harmless: escaping it again changes nothing but the backslashes of its escapes. */
#include "../src/base/escape.h"
#include "../src/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice text = slice_make((const char *)data, size);
	struct buf b;
	buf_init(&b, 1 << 24);
	escape_put(&b, text);
	slice out = buf_slice(&b);
	bool ok = buf_ok(&b) && utf8_is_valid(out) && escape_fit(text, SIZE_MAX).len == size;
	for (size_t i = 0; i < out.len; i++) {
		ok = ok && (unsigned char)out.at[i] >= 0x20 && out.at[i] != 0x7F;
	}
	ok = ok && escape_columns(text) <= out.len;
	buf_finish(&b);
	if (!ok) {
		__builtin_trap();
	}
	return 0;
}
