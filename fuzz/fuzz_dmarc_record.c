/* SPDX-License-Identifier: Apache-2.0 */
/* One TXT record: what is written of it must be read back and written the same. */
#include "../src/base/finding.h"
#include "../src/dmarc/record.h"
#include "../src/dmarc/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice text = slice_make((const char *)data, size);
	struct signet_arena a;
	struct signet_findings notes;
	struct signet_dmarc_record first, second;
	arena_init(&a, 1 << 24);
	findings_init(&notes, &a);
	if (signet_dmarc_record_parse(text, &a, &notes, &first)) {
		slice written = signet_dmarc_record_write(&first, &a);
		bool read = signet_dmarc_record_parse(written, &a, &notes, &second);
		if (written.len && (!read || !slice_eq(signet_dmarc_record_write(&second, &a), written))) {
			__builtin_trap();
		}
		for (size_t i = 0; i < first.n_rua; i++) {
			(void)dmarc_uri_host(first.rua[i], &a);
		}
	}
	arena_finish(&a);
	return 0;
}
