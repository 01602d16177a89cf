/* SPDX-License-Identifier: Apache-2.0 */
/* A key record; what is found good is used for a verification, which must end in a plain "wrong". */
#include "../src/dkim/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signet *engine;
	static const uint8_t digest[DIGEST_OCTETS] = { 1 };
	struct signet_arena a;
	struct signet_findings notes;
	struct dkim_key key;
	bool good = false;
	engine = engine ? engine : signet_new();
	arena_init(&a, (size_t)64 << 20);
	findings_init(&notes, &a);
	if (key_parse(slice_make((const char *)data, size), &a, &notes, &key) == SIGNET_OK &&
	    key.fault.result == SIGNET_DKIM_NONE) {
		char *signature = arena_alloc(&a, 1024);
		slice octets =
			slice_make(signature, key.kind == PUBKEY_RSA ? (key.bits + 7) / 8 : ED25519_SIGNATURE_OCTETS);
		if (pubkey_verify(engine, key.kind, key.octets, digest, octets, &good) != SIGNET_OK || good) {
			__builtin_trap();
		}
	}
	arena_finish(&a);
	return 0;
}
