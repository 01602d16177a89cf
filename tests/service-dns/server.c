/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

void directory_make(char path[static 64])
{
	snprintf(path, 64, "/tmp/signet-dns-XXXXXX");
	must(mkdtemp(path) != NULL, "mkdtemp");
}

void directory_remove(const char *path)
{
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));) {
		unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d) {
		closedir(d);
	}
	rmdir(path);
}

char *directory_write(const char *path, const char *name, const char *text)
{
	char *file = NULL;
	must(asprintf(&file, "%s/%s", path, name) > 0, "asprintf");
	FILE *f = fopen(file, "w");
	must(f != NULL, file);
	bool written = fputs(text, f) >= 0;
	must(fclose(f) == 0 && written, file);
	return file;
}

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in) { .sin_family = AF_INET,
		                      .sin_port = htons((uint16_t)port),
		                      .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

/* A UDP socket on a port of the kernel's choice. */
static int udp_socket(unsigned *ret_port)
{
	struct sockaddr_in a = loopback(0);
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "bind");
	must(getsockname(fd, (struct sockaddr *)&a, &len) == 0, "getsockname");
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static pid_t start_child(void)
{
	pid_t parent = getpid();
	fflush(NULL);
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent) {
			_exit(1);
		}
	}
	return pid;
}

/* Becomes `tools/peer nsd nsd ARGUMENTS`, without output. */
static void become_nsd(const char *const arguments[])
{
	char path[4096];
	int null = open("/dev/null", O_RDWR);
	const char *argv[16] = { path, "nsd", "nsd" };
	snprintf(path, sizeof(path), "%s/tools/peer", getenv("SIGNET_SOURCE"));
	dup2(null, 0);
	dup2(null, 1);
	if (!getenv("SIGNET_TEST_VERBOSE")) {
		dup2(null, 2);
	}
	for (size_t i = 0; arguments[i]; i++) {
		argv[3 + i] = arguments[i];
	}
	execv(path, (char *const *)(uintptr_t)argv);
	_exit(127);
}

bool server_has_nsd(void)
{
	int status = 0;
	pid_t pid = start_child();
	if (pid == 0) {
		become_nsd((const char *const[]) { "-v", NULL });
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Asks for the SOA of the root until anything comes back. */
static bool wait_for(const struct server *s, unsigned port)
{
	static const char query[] = "\x12\x34\0\0\0\1\0\0\0\0\0\0\0\0\6\0\1";
	struct sockaddr_in a = loopback(port);
	char answer[512];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool heard = false;
	must(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "connect");
	for (int i = 0; i < 600 && !heard && kill(s->pid, 0) == 0; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		(void)!write(fd, query, sizeof(query) - 1);
		heard = poll(&p, 1, 100) > 0 && read(fd, answer, sizeof(answer)) > 0;
		if (!heard) {
			usleep(50000);
		}
	}
	close(fd);
	return heard;
}

static char *write_configuration(const char *directory, unsigned port, const struct zone_file *zones, size_t n)
{
	char text[8192];
	int len = snprintf(text, sizeof(text),
	                   "server:\n ip-address: 127.0.0.1@%u\n server-count: 1\n username: \"\"\n chroot: \"\"\n"
	                   " zonesdir: \"%s\"\n pidfile: \"\"\n xfrdfile: \"%s/xfrd\"\n zonelistfile: \"%s/list\"\n"
	                   " xfrdir: \"%s\"\n database: \"\"\n rrl-ratelimit: 0\n hide-version: yes\n"
	                   "remote-control:\n control-enable: no\n",
	                   port, directory, directory, directory, directory);
	for (size_t i = 0; i < n; i++) {
		len += snprintf(text + len, sizeof(text) - (size_t)len, "zone:\n name: \"%s\"\n zonefile: \"%s\"\n",
		                zones[i].origin, zones[i].file);
	}
	return directory_write(directory, "nsd.conf", text);
}

bool server_start_nsd(const char *directory, const struct zone_file *zones, size_t n, struct server *ret)
{
	unsigned port;
	close(udp_socket(&port));
	char *conf = write_configuration(directory, port, zones, n);
	*ret = (struct server) { .pid = start_child() };
	if (ret->pid == 0) {
		become_nsd((const char *const[]) { "-d", "-c", conf, NULL });
	}
	free(conf);
	snprintf(ret->address, sizeof(ret->address), "127.0.0.1@%u", port);
	return wait_for(ret, port);
}

static size_t end_of_question(const unsigned char *packet, size_t len)
{
	size_t at = 12;
	while (at < len && packet[at]) {
		at += 1u + packet[at];
	}
	return at + 5;
}

static bool label_is(const unsigned char *packet, const char *label)
{
	return packet[12] == strlen(label) && memcmp(packet + 13, label, packet[12]) == 0;
}

static size_t answer_script(unsigned char *packet, size_t len)
{
	static const char address[] = "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\x4d";
	size_t end = end_of_question(packet, len);
	packet[2] = 0x85;
	packet[3] = label_is(packet, "servfail")  ? 0x82
	            : label_is(packet, "refused") ? 0x85
	            : label_is(packet, "notimp")  ? 0x84
	                                          : 0x80;
	memset(packet + 6, 0, 6); /* no OPT either: EDNS is not known here */
	if (packet[3] == 0x80 && packet[end - 3] == 1) {
		packet[7] = 1;
		memcpy(packet + end, address, sizeof(address) - 1);
		end += sizeof(address) - 1;
	}
	return end;
}

void server_start_script(struct server *ret)
{
	unsigned port;
	int fd = udp_socket(&port);
	*ret = (struct server){ 0 };
	snprintf(ret->address, sizeof(ret->address), "127.0.0.1@%u", port);
	pid_t pid = start_child();
	while (pid == 0) {
		unsigned char packet[2048];
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, packet, sizeof(packet) - 64, 0, (struct sockaddr *)&from, &from_len);
		if (n > 16 && !label_is(packet, "drop")) {
			size_t len = answer_script(packet, (size_t)n);
			(void)sendto(fd, packet, len, 0, (struct sockaddr *)&from, from_len);
		}
	}
	ret->pid = pid;
	close(fd);
}

void server_stop(struct server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}
