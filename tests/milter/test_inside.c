/* SPDX-License-Identifier: Apache-2.0 */
/* The milter's own confinement, tried from inside: each thing it may and may not in a process of its own that has confined
 * itself with the milter's description; and the same thing unconfined, so that a row does not pass because it never works. */
#include "../../service/milter/rights.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../keys/folder.h"
#include "../support/rows.h"

enum ending {
	WORKS,
	DENIED, /* EPERM, EACCES */
	FAILS, /* another error */
	KILLED, /* by the filter */
	BROKEN, /* confine() failed, or the child died of something else */
};

static const char *const ending_names[] = { "works", "denied", "fails", "killed", "broken" };

static char spool[128], conf_folder[128], run_folder[128];
static int listening = -1; /* a Unix socket of ours */
static int elsewhere = -1; /* a TCP socket of somebody else */
static in_port_t dns_port, other_port; /* in network order */

/* Each returns what the call returned: negative is a failure with its errno. */
static long opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	return fd < 0 ? fd : close(fd);
}

static long append_to_spool(void)
{
	int fd = open(path_of("spool/segment"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return fd < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) != 0 ? -1 : close(fd);
}
static long remove_old_segment(void)
{
	return unlink(path_of("spool/victim"));
}
static long read_conf(void)
{
	return opens(path_of("conf/signet.conf"), O_RDONLY);
}
static long write_conf(void)
{
	return opens(path_of("conf/signet.conf"), O_WRONLY);
}
static long remove_socket(void)
{
	return unlink(path_of("run/victim"));
}
static long make_beside_socket(void)
{
	return opens(path_of("run/new"), O_WRONLY | O_CREAT);
}
static long read_key(void)
{
	return opens(path_of("keys/s1.pem"), O_RDONLY);
}
static long list_keys(void)
{
	return opens(path_of("keys"), O_RDONLY | O_DIRECTORY);
}
static long read_passwd(void)
{
	return opens("/etc/passwd", O_RDONLY);
}
static long read_memory(void)
{
	return opens("/proc/self/mem", O_RDONLY);
}
static long list_root(void)
{
	return opens("/", O_RDONLY | O_DIRECTORY);
}
static long write_elsewhere(void)
{
	return opens(path_of("elsewhere"), O_WRONLY | O_CREAT);
}
static long symlinks(void)
{
	return symlink("/etc/passwd", path_of("spool/link"));
}
static long links(void)
{
	return link(path_of("keys/s1.pem"), path_of("spool/key"));
}
static long moves_out(void)
{
	return rename(path_of("spool/victim"), path_of("elsewhere"));
}

static long connects_tcp(in_port_t port)
{
	struct sockaddr_in where = { .sin_family = AF_INET,
		                     .sin_port = port,
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&where, sizeof(where));
}

static long asks_dns_by_tcp(void)
{
	return connects_tcp(dns_port);
}
static long connects_elsewhere(void)
{
	return connects_tcp(other_port);
}

static long listens_on_tcp(void)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof(where)) != 0 ? -1 : listen(fd, 1);
}

static long asks_dns_by_udp(void)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, where = { .sin_family = AF_INET,
		                                                       .sin_port = htons(53),
		                                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0) {
		return -1;
	}
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&where, sizeof(where)) == 1 ? 0 : -1;
}

static long connects_unix(void)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	snprintf(where.sun_path, sizeof(where.sun_path), "%s", path_of("run/s"));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&where, sizeof(where));
}

static long socket_of(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);
	return fd < 0 ? fd : close(fd);
}

static long netlink(void)
{
	return socket_of(AF_NETLINK, SOCK_RAW, 0);
}
static long vsock(void)
{
	return socket_of(AF_VSOCK, SOCK_STREAM, 0);
}
static long kernel_crypto(void)
{
	return socket_of(AF_ALG, SOCK_SEQPACKET, 0);
}

static long accepts(void)
{
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return fd < 0 && errno != EAGAIN ? -1 : 0;
}

static long executes(void)
{
	char *const argv[] = { "true", NULL };
	return execve("/bin/true", argv, argv + 1);
}

static long forks(void)
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

static long starts_thread(void)
{
	pthread_t thread;
	errno = pthread_create(&thread, NULL, idle, NULL);
	return errno ? -1 : pthread_join(thread, NULL);
}

static void *executes_there(void *data)
{
	*(long *)data = executes();
	return NULL;
}

static long executes_in_thread(void)
{
	pthread_t thread;
	long result = 0;
	errno = pthread_create(&thread, NULL, executes_there, &result);
	return errno || pthread_join(thread, NULL) != 0 ? -1 : result;
}

static long traces(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static long attaches(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static long reads_other(void)
{
	char octet;
	struct iovec here = { &octet, 1 }, there = { &listening, 1 };
	return process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

static long signals_parent(void)
{
	return kill(getppid(), 0);
}

static long makes_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? -1 : 0;
}

static long becomes_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static long becomes_root(void)
{
	return setresuid(0, 0, 0);
}
static long unshares(void)
{
	return syscall(SYS_unshare, 0x10000000);
}
static long makes_ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static const struct row {
	const char *what;
	long (*try)(void);
	enum ending want;
	bool works_outside; /* in this process it works: then the row above is worth something */
	int landlock; /* nothing else stands in the way, from this ABI on */
} rows[] = {
	{ "appends to its spool and syncs it", append_to_spool, WORKS, true },
	{ "removes an old segment", remove_old_segment, WORKS, true },
	{ "reads its configuration", read_conf, WORKS, true },
	{ "removes its socket", remove_socket, WORKS, true },
	{ "accepts on the socket that listens", accepts, WORKS, true },
	{ "connects to a Unix socket", connects_unix, WORKS, true },
	{ "asks the DNS by UDP", asks_dns_by_udp, WORKS, true },
	{ "asks the DNS by TCP", asks_dns_by_tcp, WORKS, true },
	{ "starts a thread", starts_thread, WORKS, true },
	{ "opens its configuration to write", write_conf, DENIED, true, 1 },
	{ "makes a file beside its socket", make_beside_socket, DENIED, true, 1 },
	{ "reads a private key", read_key, DENIED, true, 1 },
	{ "lists the keys", list_keys, DENIED, true, 1 },
	{ "opens /etc/passwd", read_passwd, DENIED, true, 1 },
	{ "opens its own memory", read_memory, DENIED, true, 1 },
	{ "lists the root", list_root, DENIED, true, 1 },
	{ "makes a file elsewhere", write_elsewhere, DENIED, true, 1 },
	{ "makes a symbolic link in its spool", symlinks, DENIED, true },
	{ "links a key into its spool", links, DENIED, true },
	{ "moves a segment out of its spool", moves_out, DENIED, true, 1 },
	{ "connects to another TCP port", connects_elsewhere, DENIED, true, 4 },
	{ "listens on TCP", listens_on_tcp, DENIED, true, 4 },
	{ "makes a netlink socket", netlink, DENIED, true },
	{ "makes a socket to the host of a virtual machine", vsock, DENIED, false },
	{ "makes a socket of the kernel's cryptography", kernel_crypto, DENIED, false },
	{ "starts another program", executes, KILLED, true },
	{ "starts another program from a thread", executes_in_thread, KILLED, true },
	{ "forks", forks, DENIED, true },
	{ "asks to be traced", traces, KILLED, true },
	{ "traces another process", attaches, KILLED, false },
	{ "reads memory by process_vm_readv", reads_other, KILLED, true },
	{ "sends a signal to another process", signals_parent, DENIED, true },
	{ "maps memory for code", makes_code, DENIED, true },
	{ "becomes dumpable again", becomes_dumpable, DENIED, true },
	{ "becomes root again", becomes_root, KILLED, false },
	{ "makes a namespace", unshares, KILLED, false },
	{ "makes an io_uring", makes_ring, KILLED, false },
};

static void prepare(void)
{
	static const char *const folders[] = { "spool", "conf", "run", "keys" };
	for (size_t i = 0; i < ROWS(folders); i++) {
		(void)mkdir(path_of(folders[i]), 0755);
	}
	unlink(path_of("spool/link"));
	unlink(path_of("spool/key"));
	unlink(path_of("elsewhere"));
	unlink(path_of("run/new"));
	file_write("spool/victim", S("x"), 0600);
	file_write("run/victim", S("x"), 0600);
	file_write("conf/signet.conf", S("x"), 0644);
	file_write("keys/s1.pem", S("x"), 0644);
}

static enum ending judge(const struct row *row, bool confined, const struct confine_user *user)
{
	int status;
	prepare();
	if (user) {
		char command[256];
		snprintf(command, sizeof(command), "chown -R %u:%u '%s'", (unsigned)user->uid, (unsigned)user->gid,
		         folder);
		if (system(command) != 0) {
			abort();
		}
	}
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct log log = { .role = "test", .syslog = -1, .most = 0 };
		const char *const reads[] = { conf_folder, NULL }, *const removes[] = { run_folder, NULL };
		const uint16_t ports[] = { ntohs(dns_port), 0 };
		const struct role_rights rights = { .user = user,
			                            .spool = spool,
			                            .reads = reads,
			                            .removes = removes,
			                            .dns_ports = ports,
			                            .connections = 100,
			                            .workers = 2 };
		const struct confine keeps = role_confinement(&rights);
		if (confined && confine(&keeps, &log) != SIGNET_OK) {
			_exit(BROKEN);
		}
		errno = 0;
		_exit(row->try() >= 0 ? WORKS : errno == EPERM || errno == EACCES || errno == EAGAIN ? DENIED : FAILS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return BROKEN;
	}
	if (WIFSIGNALED(status)) {
		return WTERMSIG(status) == SIGSYS ? KILLED : BROKEN;
	}
	return WEXITSTATUS(status) < BROKEN ? (enum ending)WEXITSTATUS(status)
	                                    : BROKEN; /* or another's: a sanitizer's */
}

static int listens(in_port_t *ret_port)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(where);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&where, n) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&where, &n) != 0) {
		abort();
	}
	*ret_port = where.sin_port;
	return fd;
}

static void set_up(void)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	folder_make();
	if (chmod(folder, 0755) != 0) {
		abort();
	}
	prepare();
	snprintf(spool, sizeof(spool), "%s", path_of("spool"));
	snprintf(conf_folder, sizeof(conf_folder), "%s", path_of("conf"));
	snprintf(run_folder, sizeof(run_folder), "%s", path_of("run"));
	snprintf(where.sun_path, sizeof(where.sun_path), "%s", path_of("run/s"));
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listening, (struct sockaddr *)&where, sizeof(where)) != 0 || listen(listening, 64) != 0) {
		abort();
	}
	(void)listens(&dns_port);
	elsewhere = listens(&other_port);
}

static void try_rows(const char *who, const struct confine_user *user, bool can)
{
	long abi = syscall(444, NULL, 0, 1);
	for (size_t i = 0; i < ROWS(rows); i++) {
		char what[160];
		snprintf(what, sizeof(what), "%s, it %s", who, rows[i].what);
		if (!can || (rows[i].landlock && abi < rows[i].landlock)) {
			row_skip("-", what, "not root, or this kernel has no such Landlock");
			continue;
		}
		row_text("-", what, slice_of(ending_names[judge(&rows[i], true, user)]), ending_names[rows[i].want]);
	}
}

int main(void)
{
	struct confine_user nobody;
	set_up();
	for (size_t i = 0; i < ROWS(rows); i++) {
		char what[160];
		snprintf(what, sizeof(what), "not confined, it %s", rows[i].what);
		if (rows[i].works_outside) {
			row_text("-", what, slice_of(ending_names[judge(&rows[i], false, NULL)]), "works");
		}
	}
	try_rows("confined", NULL, true);
	bool is_root = geteuid() == 0 && confine_user_find("nobody", &nobody);
	try_rows("as another user", &nobody, is_root);
	close(elsewhere);
	folder_remove();
	return rows_end();
}
