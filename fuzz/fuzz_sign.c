/* SPDX-License-Identifier: Apache-2.0 */
/* The first octet chooses how to sign, the rest is a message: what is signed verifies, in whatever pieces it came. */
#include "../tests/dkim/sign_message.h"
#include "../tests/dkim/verify_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signet *engine;
	static struct test_keys keys;
	static struct zone *zone;
	struct signet_arena a;
	struct signed_message got;
	struct verified v;
	if (size == 0) {
		return 0;
	}
	arena_init(&a, (size_t)64 << 20);
	if (!engine) {
		engine = signet_new();
		keys.at[0] = test_key(engine, SIGNET_ED25519_SHA256);
		zone = zone_of_text(
			ARENA_JOIN(&a, test_record(keys.at[0], "s", "d.example", &a), slice_make("", 1)).at);
	}
	slice message = slice_make((const char *)data + 1, size - 1);
	const struct signet_signature signature = { .domain = S("d.example"),
		                                    .selector = S("s"),
		                                    .algorithm = SIGNET_ED25519_SHA256,
		                                    .header_simple = data[0] & 1,
		                                    .body_simple = data[0] & 2 };
	const struct signet_sign_settings settings = {
		.now = 1, .copy_fields = data[0] & 4, .body_length = data[0] & 8, .foreign_author = data[0] & 16
	};
	struct signet_sign *sign = signet_sign_new(engine, &settings, &signature, 1);
	sign_in_chunks(sign, &keys, message, data[0] >> 5, false, &a, &got);
	if (got.refused != (got.fields.len == 0)) {
		__builtin_trap();
	}
	if (!got.refused) {
		verify_message(&v, (struct dkim_query) { .engine = engine, .max_signatures = 128 }, zone, got.whole, 0,
		               0);
		const struct signet_dkim *top = &v.dkim->results[0];
		bool aside = v.status == SIGNET_OK && findings_has(&top->findings, F_DKIM_NOT_EVALUATED);
		if (v.status != SIGNET_OK || (!aside && top->result != SIGNET_DKIM_PASS)) {
			__builtin_trap();
		}
		verified_finish(&v);
	}
	signet_sign_free(sign);
	arena_finish(&a);
	return 0;
}
