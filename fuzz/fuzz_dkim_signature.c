/* SPDX-License-Identifier: Apache-2.0 */
/* The first octet chooses the kind of field, the rest is its value. */
#include "../src/dkim/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena a;
	struct dkim_signature s;
	if (size == 0) {
		return 0;
	}
	slice value = slice_make((const char *)data + 1, size - 1), name;
	struct mail_field field = { .raw = value, .name = S("x"), .value = value };
	arena_init(&a, (size_t)64 << 20);
	enum signet_status status = signature_parse((enum signature_kind)(data[0] % 3), &field, &a, &s);
	bool good = status == SIGNET_OK && s.fault.result == SIGNET_DKIM_NONE;
	if (good && (s.octets.len == 0 || s.b_given.at < value.at ||
		     s.b_given.at + s.b_given.len > value.at + value.len || s.domain.len == 0 || s.selector.len == 0)) {
		__builtin_trap();
	}
	for (slice rest = s.copied; status == SIGNET_OK && signature_take_copied(&rest, &a, &name, &value);) {
	}
	arena_finish(&a);
	return 0;
}
