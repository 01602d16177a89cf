/* SPDX-License-Identifier: Apache-2.0 */
/* The first two octets choose method and cut, the rest is a body: cut or whole, and by the slow reference, it is the same. */
#include "../src/dkim/canon.h"
#include "../tests/support/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(void *data, slice run)
{
	buf_put(data, run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf want, got;
	struct canon_body c;
	if (size < 2) {
		return 0;
	}
	bool relaxed = data[0] & 1;
	slice body = slice_make((const char *)data + 2, size - 2);
	size_t cut = body.len * data[1] / 255;
	buf_init(&want, 1 << 24);
	buf_init(&got, 1 << 24);
	reference_body(&want, relaxed, body);
	canon_body_init(&c, relaxed, put, &got);
	canon_body_feed(&c, slice_first(body, cut));
	canon_body_feed(&c, slice_from(body, cut));
	canon_body_end(&c);
	if (!slice_eq(buf_slice(&got), buf_slice(&want))) {
		__builtin_trap();
	}
	buf_finish(&got);
	buf_finish(&want);
	return 0;
}
