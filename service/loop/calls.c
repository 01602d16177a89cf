/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sanitizer.h"

#define EVERYBODY 0u /* every role needs it */
#define SANITIZER (1u << 31) /* only the run-time library of a sanitizer does */

/* A call that is allowed whatever its arguments are. */
struct plain_call {
	unsigned classes; /* any of these; EVERYBODY */
	int number;
};

static const struct plain_call plain_calls[] = {
	{ EVERYBODY, SCMP_SYS(read) },
	{ EVERYBODY, SCMP_SYS(readv) },
	{ EVERYBODY, SCMP_SYS(pread64) },
	{ EVERYBODY, SCMP_SYS(write) },
	{ EVERYBODY, SCMP_SYS(writev) },
	{ EVERYBODY, SCMP_SYS(close) },
	{ EVERYBODY, SCMP_SYS(lseek) },
	{ EVERYBODY, SCMP_SYS(fstat) },
	{ EVERYBODY, SCMP_SYS(newfstatat) },
	{ EVERYBODY, SCMP_SYS(brk) },
	{ EVERYBODY, SCMP_SYS(munmap) },
	{ EVERYBODY, SCMP_SYS(mremap) },
	{ EVERYBODY, SCMP_SYS(madvise) },
	{ EVERYBODY, SCMP_SYS(mlock) },
	{ EVERYBODY, SCMP_SYS(munlock) },
	{ EVERYBODY, SCMP_SYS(futex) },
	{ EVERYBODY, SCMP_SYS(rt_sigaction) },
	{ EVERYBODY, SCMP_SYS(rt_sigprocmask) },
	{ EVERYBODY, SCMP_SYS(rt_sigreturn) },
	{ EVERYBODY, SCMP_SYS(restart_syscall) },
	{ EVERYBODY, SCMP_SYS(exit) },
	{ EVERYBODY, SCMP_SYS(exit_group) },
	{ EVERYBODY, SCMP_SYS(epoll_ctl) },
	{ EVERYBODY, SCMP_SYS(epoll_wait) },
	{ EVERYBODY, SCMP_SYS(epoll_pwait) },
	{ EVERYBODY, SCMP_SYS(epoll_pwait2) },
	{ EVERYBODY, SCMP_SYS(poll) },
	{ EVERYBODY, SCMP_SYS(ppoll) },
	{ EVERYBODY, SCMP_SYS(clock_gettime) },
	{ EVERYBODY, SCMP_SYS(gettimeofday) },
	{ EVERYBODY, SCMP_SYS(getrandom) },
	{ EVERYBODY, SCMP_SYS(getpid) },
	{ EVERYBODY, SCMP_SYS(gettid) },
	{ EVERYBODY, SCMP_SYS(getuid) },
	{ EVERYBODY, SCMP_SYS(geteuid) },
	{ EVERYBODY, SCMP_SYS(getgid) },
	{ EVERYBODY, SCMP_SYS(getegid) },
	/* the socket of syslog and that of the service manager are open */
	{ EVERYBODY, SCMP_SYS(sendto) },
	{ EVERYBODY, SCMP_SYS(sendmsg) },
	{ CONFINE_ACCEPT, SCMP_SYS(accept) },
	{ CONFINE_ACCEPT, SCMP_SYS(accept4) },
	{ CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(recvfrom) },
	{ CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(recvmsg) },
	{ CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(getsockopt) },
	{ CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(setsockopt) },
	{ CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(shutdown) },
	{ CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(getsockname) },
	{ CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(getpeername) },
	{ CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS, SCMP_SYS(connect) },
	{ CONFINE_INET_SOCKETS, SCMP_SYS(bind) },
	{ CONFINE_INET_SOCKETS, SCMP_SYS(sendmmsg) },
	{ CONFINE_INET_SOCKETS, SCMP_SYS(recvmmsg) },
	{ CONFINE_READ_FILES | CONFINE_WRITE_FILES, SCMP_SYS(statx) },
	{ CONFINE_READ_FILES | CONFINE_WRITE_FILES, SCMP_SYS(readlinkat) },
	{ CONFINE_READ_FILES | CONFINE_WRITE_FILES, SCMP_SYS(getdents64) },
	{ CONFINE_READ_FILES | CONFINE_WRITE_FILES, SCMP_SYS(getcwd) },
	{ CONFINE_READ_FILES | CONFINE_WRITE_FILES, SCMP_SYS(flock) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(openat) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(faccessat2) }, /* faccessat() with AT_EACCESS: is the spool ours? */
	{ CONFINE_WRITE_FILES, SCMP_SYS(mkdirat) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(renameat) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(renameat2) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(rename) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(ftruncate) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(fallocate) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(fsync) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(fdatasync) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(pwrite64) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(pwritev) },
	{ CONFINE_WRITE_FILES, SCMP_SYS(fchmod) },
	{ CONFINE_WRITE_FILES | CONFINE_REMOVE_FILES, SCMP_SYS(unlink) },
	{ CONFINE_WRITE_FILES | CONFINE_REMOVE_FILES, SCMP_SYS(unlinkat) },
	{ CONFINE_THREADS, SCMP_SYS(set_robust_list) },
	{ CONFINE_THREADS, SCMP_SYS(rseq) },
	{ CONFINE_THREADS, SCMP_SYS(sched_yield) },
	{ CONFINE_THREADS, SCMP_SYS(membarrier) },
	/* a library's thread makes its loop when it begins: descriptors that lead nowhere */
	{ CONFINE_THREADS, SCMP_SYS(epoll_create1) },
	{ CONFINE_THREADS, SCMP_SYS(pipe2) },
	{ SANITIZER, SCMP_SYS(sigaltstack) },
	{ SANITIZER, SCMP_SYS(sched_yield) },
	{ SANITIZER, SCMP_SYS(sched_getaffinity) }, /* a thread finds its own stack */
};

/* What no role has any business with, and somebody who runs code in one would try first. */
static const int deadly_calls[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(setuid),
	SCMP_SYS(setgid),
	SCMP_SYS(setreuid),
	SCMP_SYS(setregid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setresgid),
	SCMP_SYS(setgroups),
	SCMP_SYS(capset),
	SCMP_SYS(personality),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(modify_ldt),
	SCMP_SYS(acct),
	SCMP_SYS(quotactl),
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* The filter that is being made: after the first error nothing more is added. */
struct making {
	scmp_filter_ctx filter;
	unsigned classes;
	size_t allowed;
	int error;
};

/* A call that this machine does not have (open, fork on aarch64) needs no rule. */
static bool exists(int number)
{
	return number >= 0;
}

static void allow(struct making *m, int number, unsigned n_conditions, const struct scmp_arg_cmp *conditions)
{
	if (m->error == 0) {
		m->error = seccomp_rule_add_array(m->filter, SCMP_ACT_ALLOW, number, n_conditions, conditions);
		m->error = m->error == -EDOM ? 0 : m->error;
		m->allowed++;
	}
}

static void add_plain(struct making *m)
{
	unsigned classes = m->classes | (UNDER_SANITIZER ? SANITIZER : 0);
	for (size_t i = 0; i < N(plain_calls); i++) {
		if (plain_calls[i].classes == EVERYBODY || (plain_calls[i].classes & classes)) {
			allow(m, plain_calls[i].number, 0, NULL);
		}
	}
}

/* Memory is for data: nothing becomes code after the start. */
static void add_memory(struct making *m)
{
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	allow(m, SCMP_SYS(mmap), 1, &no_code);
	allow(m, SCMP_SYS(mprotect), 1, &no_code);
}

static void add_descriptors(struct making *m)
{
	static const int commands[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };
	for (size_t i = 0; i < N(commands); i++) {
		const struct scmp_arg_cmp command = SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i]);
		allow(m, SCMP_SYS(fcntl), 1, &command);
	}
}

/* abort() and assert() end this process and reach no other. */
static void add_abort(struct making *m)
{
	const struct scmp_arg_cmp us = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
	allow(m, SCMP_SYS(tgkill), 1, &us);
}

static void add_reading(struct making *m)
{
	const struct scmp_arg_cmp reads =
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND, O_RDONLY);
	if (m->classes & CONFINE_READ_FILES && !(m->classes & CONFINE_WRITE_FILES)) {
		allow(m, SCMP_SYS(openat), 1, &reads);
	}
}

static void add_sockets(struct making *m)
{
	static const struct {
		unsigned class;
		int family;
	} families[] = { { CONFINE_UNIX_SOCKETS, AF_UNIX },
		         { CONFINE_INET_SOCKETS, AF_INET },
		         { CONFINE_INET_SOCKETS, AF_INET6 } };
	for (size_t i = 0; i < N(families); i++) {
		const struct scmp_arg_cmp family = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i].family);
		if (m->classes & families[i].class) {
			allow(m, SCMP_SYS(socket), 1, &family);
		}
	}
}

/* clone3 hides its flags in memory, where no filter sees them: the C library falls back to clone when there is none. */
static void add_threads(struct making *m)
{
	const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
	if (m->classes & CONFINE_THREADS) {
		allow(m, SCMP_SYS(clone), 1, &thread);
		if (m->error == 0) {
			m->error = seccomp_rule_add(m->filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
		}
	}
}

static void add_deadly(struct making *m)
{
	for (size_t i = 0; i < N(deadly_calls) && m->error == 0; i++) {
		if (exists(deadly_calls[i])) {
			m->error = seccomp_rule_add(m->filter, SCMP_ACT_KILL_PROCESS, deadly_calls[i], 0);
			m->error = m->error == -EDOM ? 0 : m->error;
		}
	}
}

static void add_all(struct making *m)
{
	add_plain(m);
	add_memory(m);
	add_descriptors(m);
	add_abort(m);
	add_reading(m);
	add_sockets(m);
	add_threads(m);
	add_deadly(m);
}

int calls_confine(unsigned classes, size_t *ret_allowed)
{
	struct making m = { .filter = seccomp_init(SCMP_ACT_ERRNO(EPERM)), .classes = classes };
	if (!m.filter) {
		return -ENOMEM;
	}
	add_all(&m);
	if (m.error == 0) {
		m.error = seccomp_attr_set(m.filter, SCMP_FLTATR_CTL_TSYNC, 1);
	}
	if (m.error == 0) {
		m.error =
			seccomp_attr_set(m.filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: signing makes many calls */
	}
	if (m.error == 0) {
		m.error = seccomp_load(m.filter);
	}
	seccomp_release(m.filter);
	*ret_allowed = m.allowed;
	return m.error;
}

/* What a supervisor does, and its roles on their way to their own filters. */
static bool is_of_birth(int number)
{
	static const int calls[] = { SCMP_SYS(execve),    SCMP_SYS(fork),      SCMP_SYS(vfork),    SCMP_SYS(setuid),
		                     SCMP_SYS(setgid),    SCMP_SYS(setreuid),  SCMP_SYS(setregid), SCMP_SYS(setresuid),
		                     SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(capset) };
	for (size_t i = 0; i < N(calls); i++) {
		if (calls[i] == number) {
			return true;
		}
	}
	return false;
}

int calls_restrain(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error = filter ? 0 : -ENOMEM;
	for (size_t i = 0; i < N(deadly_calls) && error == 0; i++) {
		if (exists(deadly_calls[i]) && !is_of_birth(deadly_calls[i])) {
			error = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly_calls[i], 0);
			error = error == -EDOM ? 0 : error;
		}
	}
	error = error == 0 ? seccomp_load(filter) : error;
	if (filter) {
		seccomp_release(filter);
	}
	return error;
}

int calls_export(unsigned classes, const char *machine, int fd)
{
	struct making m = { .filter = seccomp_init(SCMP_ACT_ERRNO(EPERM)), .classes = classes };
	uint32_t arch = seccomp_arch_resolve_name(machine);
	if (!m.filter) {
		return -ENOMEM;
	}
	if (arch == 0) {
		m.error = -EINVAL;
	} else if (arch != seccomp_arch_native()) {
		m.error = seccomp_arch_add(m.filter, arch);
		if (m.error == 0) {
			m.error = seccomp_arch_remove(m.filter, seccomp_arch_native());
		}
	}
	if (m.error == 0) {
		add_all(&m);
	}
	if (m.error == 0) {
		m.error = seccomp_export_bpf(m.filter, fd);
	}
	seccomp_release(m.filter);
	return m.error;
}
