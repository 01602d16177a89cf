/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/resolve.h>

#include "../src/base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const slice names[] = { { "example.com", 11 }, { "a.b.example.com", 15 }, { "x", 1 } };
	char error[SIGNET_RESOLVE_ERROR];
	struct signet_zones *z = signet_zones_parse(slice_make((const char *)data, size), "f", error, sizeof(error));
	for (size_t i = 0; z && i < 3; i++) {
		(void)signet_zones_lookup(z, &(struct signet_question) { names[i], SIGNET_RR_TXT });
		(void)signet_zones_lookup(z, &(struct signet_question) { names[i], SIGNET_RR_A });
	}
	signet_zones_free(z);
	return 0;
}
