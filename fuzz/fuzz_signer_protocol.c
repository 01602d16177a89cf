/* SPDX-License-Identifier: Apache-2.0 */
/* What is read is written again, octet for octet: every frame has one form. */
#include "../service/keys/signer_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice in = { (const char *)data, size };
	struct signer_request request;
	struct signer_reply reply;
	struct buf again;
	buf_init(&again, SIGNER_REPLY_OCTETS);
	ptrdiff_t n = signer_request_read(in, &request);
	if (n > 0) {
		signer_request_write(&again, &request);
	} else if ((n = signer_reply_read(in, &reply)) > 0) {
		signer_reply_write(&again, &reply);
	}
	if (n > 0 && !slice_eq(buf_slice(&again), slice_first(in, (size_t)n))) {
		__builtin_trap();
	}
	buf_finish(&again);
	return 0;
}
