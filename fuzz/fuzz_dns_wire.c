/* SPDX-License-Identifier: Apache-2.0 */
/* The first two octets of the input choose the type asked for; the rest is the message. */
#include "../src/dns/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signet_question q = { .name = S("example.com"), .type = SIGNET_RR_TXT };
	struct signet_answer ans;
	struct signet_arena a;
	if (size < 2) {
		return 0;
	}
	q.type = (enum signet_rrtype)(data[0] << 8 | data[1]);
	slice packet = slice_make((const char *)data + 2, size - 2);
	arena_init(&a, WIRE_BYTES(packet.len));
	if (wire_read(packet, &q, &a, &ans) != SIGNET_OK) {
		__builtin_trap(); /* WIRE_BYTES promises room for every packet */
	}
	arena_finish(&a);
	return 0;
}
