/* SPDX-License-Identifier: Apache-2.0 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same numbers on every machine. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_REMOVE_FILE (1ull << 5)
/* execute, write, read (2), remove (2), make (7): ABI 1 */
#define FS_ABI_1 ((1ull << 13) - 1)
#define FS_REFER (1ull << 13) /* ABI 2 */
#define FS_TRUNCATE (1ull << 14) /* ABI 3 */
#define FS_IOCTL_DEV (1ull << 15) /* ABI 5 */
#define FS_EXECUTE (1ull << 0)
#define FS_MAKE_CHAR (1ull << 6)
#define FS_MAKE_BLOCK (1ull << 11)
#define NET_CONNECT (1ull << 1)
#define NET_TCP ((1ull << 0) | NET_CONNECT) /* bind, connect: ABI 4 */
#define SCOPES ((1ull << 0) | (1ull << 1)) /* abstract Unix sockets, signals: ABI 6 */

struct ruleset {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

/* The kernel reads 12 octets: this is packed. */
struct path_rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed;
	uint64_t port;
};

static struct ruleset strictest(int abi, bool any_tcp)
{
	struct ruleset r = { .handled_fs = FS_ABI_1 };
	r.handled_fs |= abi >= 2 ? FS_REFER : 0;
	r.handled_fs |= abi >= 3 ? FS_TRUNCATE : 0;
	r.handled_fs |= abi >= 5 ? FS_IOCTL_DEV : 0;
	r.handled_net = abi >= 4 && !any_tcp ? NET_TCP : 0;
	r.scoped = abi >= 6 ? SCOPES : 0;
	return r;
}

/* How much of the struct the kernel knows. */
static size_t ruleset_octets(int abi)
{
	return abi >= 6 ? sizeof(struct ruleset) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static int allow_below(int ruleset, const char *folder, uint64_t rights)
{
	if (!folder) {
		return 0;
	}
	struct path_rule rule = { .allowed = rights, .parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	if (rule.parent_fd < 0) {
		return -errno;
	}
	int error = syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0 ? -errno : 0;
	close(rule.parent_fd);
	return error;
}

static int allow_each(int ruleset, const char *const *folders, uint64_t rights, const char **ret_path)
{
	int error = 0;
	for (; error == 0 && folders && *folders; folders++) {
		error = allow_below(ruleset, *folders, rights);
		*ret_path = error ? *folders : *ret_path;
	}
	return error;
}

static int allow_port(int ruleset, uint16_t port)
{
	const struct port_rule rule = { .allowed = NET_CONNECT, .port = port };
	return syscall(CALL_ADD_RULE, ruleset, RULE_NET_PORT, &rule, 0) != 0 ? -errno : 0;
}

static int allow_all(int ruleset, const struct landlock_rules *keeps, uint64_t writes, const char **ret_path)
{
	const struct {
		const char *folder;
		uint64_t rights;
	} rules[] = {
		{ keeps->read_below, FS_READ_FILE | FS_READ_DIR },
		{ keeps->write_below, writes },
		{ keeps->remove_in, FS_REMOVE_FILE },
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int error = allow_below(ruleset, rules[i].folder, rules[i].rights);
		if (error != 0) {
			*ret_path = rules[i].folder;
			return error;
		}
	}
	int error = allow_each(ruleset, keeps->also_read, FS_READ_FILE | FS_READ_DIR, ret_path);
	if (error == 0) {
		error = allow_each(ruleset, keeps->also_remove, FS_REMOVE_FILE, ret_path);
	}
	return error;
}

int landlock_confine(const struct landlock_rules *keeps, int *ret_abi, const char **ret_path)
{
	long abi = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
	*ret_abi = abi > 0 ? (int)abi : 0;
	if (abi <= 0) {
		return 0;
	}
	const struct ruleset law = strictest((int)abi, keeps->uses_tcp && !keeps->connect_ports);
	const uint64_t writes = law.handled_fs & ~(FS_EXECUTE | FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_IOCTL_DEV);
	int ruleset = (int)syscall(CALL_CREATE_RULESET, &law, ruleset_octets((int)abi), 0);
	if (ruleset < 0) {
		return -errno;
	}
	int error = allow_all(ruleset, keeps, writes, ret_path);
	for (const uint16_t *port = keeps->connect_ports; error == 0 && law.handled_net && port && *port; port++) {
		error = allow_port(ruleset, *port);
	}
	if (error == 0 && syscall(CALL_RESTRICT_SELF, ruleset, 0) != 0) {
		error = -errno;
	}
	close(ruleset);
	return error;
}
