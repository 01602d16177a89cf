/* SPDX-License-Identifier: Apache-2.0 */
#include "../service/dns/tsig_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tsig_key key;
	struct buf error;
	buf_init(&error, 1 << 12);
	(void)tsig_key_parse(slice_make((const char *)data, size), "f", &key, &error);
	buf_finish(&error);
	return 0;
}
