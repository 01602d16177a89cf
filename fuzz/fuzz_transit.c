/* SPDX-License-Identifier: Apache-2.0 */
/* A message whose signatures all failed; the first octet says in which way. */
#include <stdint.h>
#include <stdlib.h>

#include "../src/transit/transit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice message = slice_from(slice_make((const char *)data, size), 1);
	size_t end = header_find_end(message, 0);
	struct signet_arena *a = signet_arena_new((size_t)64 << 20);
	static struct signet *engine; /* made once: the libraries take long to start */
	engine = engine ? engine : signet_new();
	struct signet_findings notes;
	struct mail_header h;
	findings_init(&notes, a);
	if (size && end != SLICE_NONE && header_parse(slice_first(message, end), a, &notes, &h) == SIGNET_OK) {
		const struct mail_field *f = header_find(&h, S("DKIM-Signature"), 0);
		struct dkim_signature s;
		const char *label = NULL;
		enum signet_evidence evidence = SIGNET_EVIDENCE_NONE;
		struct transit_subject subject = { .signature = &s,
			                           .key = S("an Ed25519 key has 32 octets ...."),
			                           .header_ok = data[0] & 1 ? SIGNET_FALSE : SIGNET_TRUE,
			                           .body_ok = data[0] & 2 ? SIGNET_FALSE : SIGNET_TRUE,
			                           .transformation = &label,
			                           .evidence = &evidence };
		subject.key.len = 32;
		const struct transit t = { .engine = engine,
			                   .header = &h,
			                   .body = slice_from(message, end),
			                   .subjects = &subject,
			                   .n = 1,
			                   .arena = a,
			                   .thrift = 7 };
		if (f && signature_parse(SIGNATURE_DKIM, f, a, &s) == SIGNET_OK) {
			transit_diagnose(&t);
		}
	}
	signet_arena_free(a);
	return 0;
}
