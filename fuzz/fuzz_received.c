/* SPDX-License-Identifier: Apache-2.0 */
/* A Received field: all slices lie in the value. */
#include <stdlib.h>

#include "../src/mail/received.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct received r;
	slice value = slice_make((const char *)data, size);
	received_parse(value, &r);
	const slice all[] = { r.from, r.helo, r.rdns, r.by, r.via, r.with, r.id, r.recipient };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].len && (all[i].at < value.at || all[i].at + all[i].len > value.at + value.len)) {
			abort();
		}
	}
	return 0;
}
