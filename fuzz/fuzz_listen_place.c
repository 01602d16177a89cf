/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "../service/net/listen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listen_place place;
	char text[256];
	size = size < sizeof(text) ? size : sizeof(text) - 1;
	memcpy(text, size ? (const char *)data : "", size);
	text[size] = 0;
	if (listen_parse(text, &place) && place.kind != LISTEN_INET && !*place.path) {
		abort();
	}
	return 0;
}
