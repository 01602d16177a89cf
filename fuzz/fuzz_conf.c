/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration of any octets: it is read, and makes rules, or it is refused with a line. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../service/conf/conf.h"
#include "../service/policy/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	struct buf error;
	int fd = memfd_create("conf", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		abort();
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	buf_init(&error, 1 << 20);
	struct conf *conf = conf_read_all(path, &error);
	struct rules *rules =
		conf && !conf->keys_tables.n && !conf->keys_bindings.n ? rules_new(conf, path, &error) : NULL;
	if (!conf && !error.len) {
		__builtin_trap();
	}
	rules_drop(rules);
	conf_free(conf);
	buf_finish(&error);
	close(fd);
	return 0;
}
