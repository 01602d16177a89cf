/* SPDX-License-Identifier: Apache-2.0 */
/* The milter's own confinement, tried from inside. */
#include "../../service/milter/rights.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../keys/folder.h"
#include "../support/confined.h"
#include "../support/rows.h"

static char spool[128], conf_folder[128], run_folder[128];
static int listening = -1; /* a Unix socket of ours */
static int elsewhere = -1; /* a TCP socket of somebody else */
static in_port_t dns_port, other_port; /* in network order */

/* Each returns what the call returned: negative is a failure with its errno. */
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
	return deed_open(path_of("conf/signet.conf"), O_RDONLY);
}
static long write_conf(void)
{
	return deed_open(path_of("conf/signet.conf"), O_WRONLY);
}
static long remove_socket(void)
{
	return unlink(path_of("run/victim"));
}
static long make_beside_socket(void)
{
	return deed_open(path_of("run/new"), O_WRONLY | O_CREAT);
}
static long read_key(void)
{
	return deed_open(path_of("keys/s1.pem"), O_RDONLY);
}
static long list_keys(void)
{
	return deed_open(path_of("keys"), O_RDONLY | O_DIRECTORY);
}
static long write_elsewhere(void)
{
	return deed_open(path_of("elsewhere"), O_WRONLY | O_CREAT);
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

static long accepts(void)
{
	return deed_accept(listening);
}
static long vsock(void)
{
	return deed_socket(AF_VSOCK, SOCK_STREAM, 0);
}
static long kernel_crypto(void)
{
	return deed_socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static void *executes_there(void *data)
{
	*(long *)data = deed_execute();
	return NULL;
}

static long executes_in_thread(void)
{
	pthread_t thread;
	long result = 0;
	errno = pthread_create(&thread, NULL, executes_there, &result);
	return errno || pthread_join(thread, NULL) != 0 ? -1 : result;
}

static long becomes_root(void)
{
	return setresuid(0, 0, 0);
}
static const struct deed deeds[] = {
	{ "appends to its spool and syncs it", append_to_spool, WORKS, true },
	{ "removes an old segment", remove_old_segment, WORKS, true },
	{ "reads its configuration", read_conf, WORKS, true },
	{ "removes its socket", remove_socket, WORKS, true },
	{ "accepts on the socket that listens", accepts, WORKS, true },
	{ "connects to a Unix socket", connects_unix, WORKS, true },
	{ "asks the DNS by UDP", asks_dns_by_udp, WORKS, true },
	{ "asks the DNS by TCP", asks_dns_by_tcp, WORKS, true },
	{ "starts a thread", deed_thread, WORKS, true },
	{ "opens its configuration to write", write_conf, DENIED, true, 1 },
	{ "makes a file beside its socket", make_beside_socket, DENIED, true, 1 },
	{ "reads a private key", read_key, DENIED, true, 1 },
	{ "lists the keys", list_keys, DENIED, true, 1 },
	{ "opens /etc/passwd", deed_read_passwd, DENIED, true, 1 },
	{ "opens its own memory", deed_read_memory, DENIED, true, 1 },
	{ "lists the root", deed_list_root, DENIED, true, 1 },
	{ "makes a file elsewhere", write_elsewhere, DENIED, true, 1 },
	{ "makes a symbolic link in its spool", symlinks, DENIED, true },
	{ "links a key into its spool", links, DENIED, true },
	{ "moves a segment out of its spool", moves_out, DENIED, true, 1 },
	{ "connects to another TCP port", connects_elsewhere, DENIED, true, 4 },
	{ "listens on TCP", listens_on_tcp, DENIED, true, 4 },
	{ "makes a netlink socket", deed_netlink, DENIED, true },
	{ "makes a socket to the host of a virtual machine", vsock, DENIED, false },
	{ "makes a socket of the kernel's cryptography", kernel_crypto, DENIED, false },
	{ "starts another program", deed_execute, KILLED, true },
	{ "starts another program from a thread", executes_in_thread, KILLED, true },
	{ "forks", deed_fork, DENIED, true },
	{ "asks to be traced", deed_ask_to_be_traced, KILLED, true },
	{ "traces another process", deed_trace, KILLED, false },
	{ "reads memory by process_vm_readv", deed_read_other, KILLED, true },
	{ "sends a signal to another process", deed_signal, DENIED, true },
	{ "maps memory for code", deed_make_code, DENIED, true },
	{ "becomes dumpable again", deed_become_dumpable, DENIED, true },
	{ "becomes root again", becomes_root, KILLED, false },
	{ "makes a namespace", deed_unshare, KILLED, false },
	{ "makes an io_uring", deed_make_ring, KILLED, false },
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

static void give(const struct confine_user *user)
{
	char command[256];
	snprintf(command, sizeof(command), "chown -R %u:%u '%s'", (unsigned)user->uid, (unsigned)user->gid, folder);
	if (system(command) != 0) {
		abort();
	}
}

static bool confine_as_milter(const struct confine_user *user)
{
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
	return confine(&keeps, &log) == SIGNET_OK;
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

int main(void)
{
	set_up();
	confined_run(&(struct confined_role) { prepare, give, confine_as_milter }, deeds, ROWS(deeds));
	close(elsewhere);
	folder_remove();
	return rows_end();
}
