/* SPDX-License-Identifier: Apache-2.0 */
#include "confined.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rows.h"

static const char *const outcome_names[] = { "works", "denied", "fails", "killed", "broken" };

/* ---- deeds ---- */

long deed_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	return fd < 0 ? fd : close(fd);
}

long deed_socket(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);
	return fd < 0 ? fd : close(fd);
}

long deed_read_passwd(void)
{
	return deed_open("/etc/passwd", O_RDONLY);
}

long deed_read_memory(void)
{
	return deed_open("/proc/self/mem", O_RDONLY);
}

long deed_list_root(void)
{
	return deed_open("/", O_RDONLY | O_DIRECTORY);
}

long deed_netlink(void)
{
	return deed_socket(AF_NETLINK, SOCK_RAW, 0);
}

long deed_execute(void)
{
	char *const argv[] = { "true", NULL };
	return execve("/bin/true", argv, argv + 1);
}

long deed_fork(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		_exit(0);
	}
	return pid < 0 ? -1 : 0;
}

static void *idle(void *data)
{
	return data;
}

long deed_thread(void)
{
	pthread_t thread;
	errno = pthread_create(&thread, NULL, idle, NULL);
	return errno ? -1 : pthread_join(thread, NULL);
}

long deed_ask_to_be_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

long deed_trace(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

long deed_read_other(void)
{
	char octet, other = 0;
	struct iovec here = { &octet, 1 }, there = { &other, 1 };
	return process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

long deed_signal(void)
{
	return kill(getppid(), 0);
}

long deed_make_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? -1 : 0;
}

long deed_become_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

long deed_unshare(void)
{
	return syscall(SYS_unshare, 0x10000000);
}

long deed_make_ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

long deed_accept(int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return fd < 0 && errno != EAGAIN ? -1 : 0;
}

/* ---- rows ---- */

static enum outcome judge(const struct confined_role *role, const struct deed *deed, bool confined,
                          const struct confine_user *user)
{
	int status;
	role->prepare();
	if (user) {
		role->give(user);
	}
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (confined && !role->confine(user)) {
			_exit(BROKEN);
		}
		errno = 0;
		_exit(deed->try() >= 0 ? WORKS : errno == EPERM || errno == EACCES || errno == EAGAIN ? DENIED : FAILS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return BROKEN;
	}
	if (WIFSIGNALED(status)) {
		return WTERMSIG(status) == SIGSYS ? KILLED : BROKEN;
	}
	return WEXITSTATUS(status) < BROKEN ? (enum outcome)WEXITSTATUS(status)
	                                    : BROKEN; /* or another's: a sanitizer's */
}

static void try_confined(const struct confined_role *role, const char *who, const struct confine_user *user, bool can,
                         const struct deed *deeds, size_t n)
{
	long abi = syscall(444, NULL, 0, 1);
	for (size_t i = 0; i < n; i++) {
		const struct deed *deed = &deeds[i];
		char what[160];
		snprintf(what, sizeof(what), "%s, it %s", who, deed->what);
		if (!can || (deed->landlock && abi < deed->landlock)) {
			row_skip("-", what, "not root, or this kernel has no such Landlock");
			continue;
		}
		row_text("-", what, slice_of(outcome_names[judge(role, deed, true, user)]), outcome_names[deed->want]);
	}
}

void confined_run(const struct confined_role *role, const struct deed *deeds, size_t n)
{
	struct confine_user nobody;
	for (size_t i = 0; i < n; i++) {
		char what[160];
		snprintf(what, sizeof(what), "not confined, it %s", deeds[i].what);
		if (deeds[i].works_outside) {
			row_text("-", what, slice_of(outcome_names[judge(role, &deeds[i], false, NULL)]), "works");
		}
	}
	try_confined(role, "confined", NULL, true, deeds, n);
	bool is_root = geteuid() == 0 && confine_user_find("nobody", &nobody);
	try_confined(role, "as another user", &nobody, is_root, deeds, n);
}
