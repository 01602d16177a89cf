/* SPDX-License-Identifier: Apache-2.0 */
/* The signer's own confinement, tried from inside. */
#include "../../service/signer/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../service/loop/loop.h"
#include "../keys/folder.h"
#include "../support/confined.h"
#include "../support/rows.h"

static char keys_path[128], socket_path[128];
static int listening = -1;

/* Each returns what the call returned: negative is a failure with its errno. */
static long read_key(void)
{
	return deed_open(path_of("keys/example.com/s1.pem"), O_RDONLY);
}
static long list_keys(void)
{
	return deed_open(path_of("keys/example.com"), O_RDONLY | O_DIRECTORY);
}
static long write_key(void)
{
	return deed_open(path_of("keys/example.com/s1.pem"), O_WRONLY);
}
static long append_key(void)
{
	return deed_open(path_of("keys/example.com/s1.pem"), O_WRONLY | O_APPEND);
}
static long make_key(void)
{
	return deed_open(path_of("keys/example.com/new.pem"), O_WRONLY | O_CREAT);
}
static long unlink_key(void)
{
	return unlink(path_of("keys/example.com/victim.pem"));
}
static long read_maps(void)
{
	return deed_open("/proc/self/maps", O_RDONLY);
}
static long read_beside_socket(void)
{
	return deed_open(path_of("run/file"), O_RDONLY);
}
static long make_beside_socket(void)
{
	return deed_open(path_of("run/new"), O_WRONLY | O_CREAT);
}
static long unlink_socket(void)
{
	return unlink(path_of("run/victim"));
}
static long write_tmp(void)
{
	return deed_open(path_of("elsewhere"), O_WRONLY | O_CREAT);
}
static long renames(void)
{
	return rename(path_of("keys/example.com/victim.pem"), path_of("keys/example.com/other.pem"));
}
static long links(void)
{
	return link(path_of("keys/example.com/victim.pem"), path_of("keys/example.com/other.pem"));
}
static long symlinks(void)
{
	return symlink("/etc/passwd", path_of("keys/example.com/l.pem"));
}
static long makes_folder(void)
{
	return mkdir(path_of("keys/example.org"), 0700);
}
static long changes_mode(void)
{
	return chmod(path_of("keys/example.com/victim.pem"), 0644);
}
static long truncates(void)
{
	return truncate(path_of("keys/example.com/victim.pem"), 0);
}

static long inet_stream(void)
{
	return deed_socket(AF_INET, SOCK_STREAM, 0);
}
static long inet_datagram(void)
{
	return deed_socket(AF_INET, SOCK_DGRAM, 0);
}
static long inet6_stream(void)
{
	return deed_socket(AF_INET6, SOCK_STREAM, 0);
}
static long unix_stream(void)
{
	return deed_socket(AF_UNIX, SOCK_STREAM, 0);
}
static long accepts(void)
{
	return deed_accept(listening);
}
static long socket_pair(void)
{
	int pair[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long turns_to_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? -1 : mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

static long maps_data(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? -1 : munmap(at, 4096);
}

static long becomes_root(void)
{
	return (long)syscall(SYS_setuid, 0);
}
static long loads_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}
static long asks_keyring(void)
{
	return syscall(SYS_keyctl, 0, 0, 0);
}
static long raises_core(void)
{
	const struct rlimit core = { 4096, 4096 };
	return setrlimit(RLIMIT_CORE, &core);
}

static long chdirs(void)
{
	return chdir("/");
}

static long signs(void)
{
	static struct keyring *ring;
	struct signet_privkey *key;
	struct log log = { .role = "test", .syslog = -1 };
	uint8_t digest[SIGNET_DIGEST_OCTETS] = { 1 }, signature[SIGNET_SIGNATURE_OCTETS];
	size_t n = 0;
	struct signet *signet = signet_new();
	ring = signet ? keyring_new(signet, keys_path, 4, &log) : NULL;
	enum signer_status found = ring ? keyring_find(ring, S("example.com"), S("s1"), 0, &key) : SIGNER_FAILED;
	errno = ENOENT;
	return found == SIGNER_OK && signet_privkey_sign(key, digest, signature, &n) == SIGNET_OK && n == 256 ? 0 : -1;
}

static long tells_time(void)
{
	return time(NULL) > 0 ? 0 : -1;
}

static const struct deed deeds[] = {
	{ "reads a key", read_key, WORKS, true },
	{ "lists the keys of a domain", list_keys, WORKS, true },
	{ "opens a key through the key ring and signs with it", signs, WORKS, true },
	{ "accepts on the socket that listens", accepts, WORKS, true },
	{ "maps memory for data", maps_data, WORKS, true },
	{ "knows the time", tells_time, WORKS, true },
	{ "removes its socket", unlink_socket, WORKS, true },
	{ "opens a key to write", write_key, DENIED, true },
	{ "opens a key to append", append_key, DENIED, true },
	{ "makes a file among the keys", make_key, DENIED, true },
	{ "removes a key", unlink_key, DENIED, true, 1 },
	{ "opens /etc/passwd", deed_read_passwd, DENIED, true, 1 },
	{ "opens its own memory map", read_maps, DENIED, true, 1 },
	{ "opens its own memory", deed_read_memory, DENIED, true, 1 },
	{ "lists the root", deed_list_root, DENIED, true, 1 },
	{ "reads a file beside its socket", read_beside_socket, DENIED, true, 1 },
	{ "makes a file beside its socket", make_beside_socket, DENIED, true },
	{ "makes a file elsewhere", write_tmp, DENIED, true },
	{ "renames a key", renames, DENIED, true },
	{ "links a key", links, DENIED, true },
	{ "makes a symbolic link", symlinks, DENIED, true },
	{ "makes a folder", makes_folder, DENIED, true },
	{ "changes the mode of a key", changes_mode, DENIED, true },
	{ "truncates a key", truncates, DENIED, true },
	{ "makes an IPv4 stream socket", inet_stream, DENIED, true },
	{ "makes an IPv4 datagram socket", inet_datagram, DENIED, true },
	{ "makes an IPv6 stream socket", inet6_stream, DENIED, false },
	{ "makes a Unix socket", unix_stream, DENIED, true },
	{ "makes a netlink socket", deed_netlink, DENIED, true },
	{ "makes a pair of sockets", socket_pair, DENIED, true },
	{ "starts another program", deed_execute, KILLED, true },
	{ "forks", deed_fork, DENIED, true },
	{ "starts a thread", deed_thread, DENIED, true },
	{ "asks to be traced", deed_ask_to_be_traced, KILLED, true },
	{ "traces another process", deed_trace, KILLED, false },
	{ "reads memory by process_vm_readv", deed_read_other, KILLED, true },
	{ "sends a signal to another process", deed_signal, DENIED, true },
	{ "maps memory for code", deed_make_code, DENIED, true },
	{ "turns data into code", turns_to_code, DENIED, true },
	{ "becomes dumpable again", deed_become_dumpable, DENIED, true },
	{ "becomes root again", becomes_root, KILLED, false },
	{ "makes a namespace", deed_unshare, KILLED, false },
	{ "loads a BPF program", loads_bpf, KILLED, false },
	{ "asks the kernel's keyring", asks_keyring, KILLED, false },
	{ "makes an io_uring", deed_make_ring, KILLED, false },
	{ "allows itself a core file", raises_core, DENIED, false },
	{ "changes its directory", chdirs, DENIED, true },
};

static void prepare(void)
{
	(void)mkdir(path_of("keys"), 0700);
	(void)mkdir(path_of("keys/example.com"), 0700);
	(void)mkdir(path_of("run"), 0700);
	unlink(path_of("keys/example.com/new.pem"));
	unlink(path_of("keys/example.com/other.pem"));
	unlink(path_of("keys/example.com/l.pem"));
	unlink(path_of("run/new"));
	rmdir(path_of("keys/example.org"));
	file_write("keys/example.com/victim.pem", S("x"), 0600);
	file_write("run/victim", S("x"), 0600);
	file_write("run/file", S("x"), 0600);
}

static void give(const struct confine_user *user)
{
	char command[256];
	snprintf(command, sizeof(command), "chown -R %u:%u '%s/keys' '%s/run'", (unsigned)user->uid,
	         (unsigned)user->gid, folder, folder);
	if (system(command) != 0) {
		abort();
	}
}

static bool confine_as_signer(const struct confine_user *user)
{
	struct log log = { .role = "test", .syslog = -1, .most = 0 };
	const struct confine keeps = signer_confinement(user, keys_path, socket_path);
	return confine(&keeps, &log) == SIGNET_OK;
}

static void write_keys(void)
{
	static char text[SIGNET_PRIVKEY_TEXT];
	struct signet *signet = signet_new();
	struct signet_privkey *key;
	if (!signet || signet_privkey_new(signet, SIGNET_RSA_SHA256, 2048, &key) != SIGNET_OK) {
		abort();
	}
	size_t n = signet_privkey_write(key, text, sizeof(text));
	file_write("keys/example.com/s1.pem", slice_make(text, n), 0600);
	signet_privkey_free(key);
	signet_free(signet);
}

static void filters(void)
{
	static const char *const machines[] = { "x86_64", "aarch64" };
	for (size_t i = 0; i < ROWS(machines); i++) {
		char what[80];
		FILE *file = tmpfile();
		const struct confine keeps = signer_confinement(NULL, "/", "/");
		snprintf(what, sizeof(what), "the filter can be made for %s", machines[i]);
		row_number("-", what, calls_export(keeps.calls, machines[i], fileno(file)), 0);
		snprintf(what, sizeof(what), "and is more than a frame for %s", machines[i]);
		row_bool("-", what, lseek(fileno(file), 0, SEEK_END) > 8 * 50, true);
		fclose(file);
	}
}

int main(void)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	folder_make();
	if (chmod(folder, 0711) != 0) {
		abort();
	}
	prepare();
	write_keys();
	snprintf(keys_path, sizeof(keys_path), "%s", path_of("keys"));
	snprintf(socket_path, sizeof(socket_path), "%s", path_of("run"));
	snprintf(where.sun_path, sizeof(where.sun_path), "%s", path_of("run/s"));
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listening, (struct sockaddr *)&where, sizeof(where)) != 0 || listen(listening, 4) != 0) {
		abort();
	}
	confined_run(&(struct confined_role) { prepare, give, confine_as_signer }, deeds, ROWS(deeds));
	filters();
	folder_remove();
	return rows_end();
}
