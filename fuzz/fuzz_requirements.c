/* SPDX-License-Identifier: Apache-2.0 */
/* A header and nothing known about its message: every rule of every provider finds words for it. */
#include "../src/audit/requirements.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_arena a;
	struct signet_findings notes;
	struct mail_header header;
	struct signet_dkim dkim = { .result = SIGNET_DKIM_PASS, .signed_names = S("list-unsubscribe:list-unsubscribe-post") };
	const struct signet_dossier dossier = { .dkim = &dkim, .n_dkim = 1 };
	bool ok = true;
	arena_init(&a, 1 << 24);
	findings_init(&notes, &a);
	if (header_parse(slice_make((const char *)data, size), &a, &notes, &header) == SIGNET_OK) {
		for (unsigned i = SIGNET_GMAIL; i <= SIGNET_APPLE; i++) {
			struct signet_requirements r = { .n = 0 };
			enum signet_status status = requirements_eval((enum signet_provider)i, &header, &dossier, &a, &r);
			ok = ok && (status == SIGNET_NO_MEMORY || r.n > 0);
			for (size_t k = 0; k < r.n; k++) {
				ok = ok && r.at[k].evidence.len > 0;
			}
		}
	}
	arena_finish(&a);
	if (!ok) {
		__builtin_trap();
	}
	return 0;
}
