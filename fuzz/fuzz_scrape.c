/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for the metrics: once a prefix is a request or none, more octets change nothing but in a line that is not whole. */
#include <stdlib.h>

#include "../service/milter/scrape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice all = slice_make((const char *)data, size);
	enum scrape_request whole = scrape_read(all);
	for (size_t n = 0; n < size && n < 256; n++) {
		enum scrape_request half = scrape_read(slice_first(all, n));
		if (half != SCRAPE_MORE && half != whole) {
			abort();
		}
	}
	return 0;
}
