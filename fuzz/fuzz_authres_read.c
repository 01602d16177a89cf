/* SPDX-License-Identifier: Apache-2.0 */
/* The first octet chooses how to read, the rest is the value of a field. */
#include "../src/authres/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	enum signet_authres_mode mode = data[0] & 1 ? SIGNET_AUTHRES_LENIENT : SIGNET_AUTHRES_STRICT;
	slice value = slice_make((const char *)data + 1, size - 1);
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	struct signet_findings notes;
	findings_init(&notes, &a);
	struct signet_authres model;
	slice id;
	bool read = signet_authres_read(value, mode, data[0] & 2, &a, &notes, &model);
	if (read && model.authserv_id.len && !authres_read_id(value, mode, data[0] & 2, &a, &id)) {
		__builtin_trap();
	}
	arena_finish(&a);
	return 0;
}
