/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of forwarders: what is read, written and read again is the same. */
#include "../service/policy/forwarders.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct forwarders *f;
	struct buf first, second;
	f = f ? f : forwarders_new(1);
	buf_init(&first, FORWARDERS_OCTETS);
	buf_init(&second, FORWARDERS_OCTETS);
	if (forwarders_read(f, slice_make((const char *)data, size))) {
		forwarders_write(f, &first);
		(void)forwarders_is_seen(f, S("fwd.example"), INT64_MAX);
		if (!forwarders_read(f, buf_slice(&first))) {
			__builtin_trap();
		}
		forwarders_write(f, &second);
		if (!slice_eq(buf_slice(&first), buf_slice(&second))) {
			__builtin_trap();
		}
	}
	buf_finish(&first);
	buf_finish(&second);
	return 0;
}
