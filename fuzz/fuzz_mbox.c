/* SPDX-License-Identifier: Apache-2.0 */
/* An mbox in anonymous memory: the messages lie one after the other and end with the file. */
#include <sys/mman.h>
#include <unistd.h>

#include "../service/mailbox/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char window[SPLIT_WINDOW];
	struct split s = { .fd = memfd_create("mbox", 0), .size = size, .window = window };
	bool ok = s.fd >= 0 && write(s.fd, data, size) == (ssize_t)size;
	while (ok && s.next < size) {
		uint64_t before = s.next;
		struct split_message m;
		ok = split_next(&s, &m) == SIGNET_OK && m.begin > before && m.begin <= m.end && m.end <= m.next &&
		     m.next > before && m.next <= size;
	}
	close(s.fd);
	if (!ok) {
		__builtin_trap();
	}
	return 0;
}
