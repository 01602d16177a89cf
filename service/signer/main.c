/* SPDX-License-Identifier: Apache-2.0 */
/* signet-signer: reads options and configuration, opens the socket, gives up everything else, serves. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../conf/flags.h"
#include "../keys/key_file.h"
#include "../keys/store.h"
#include "signer.h"

#define ERROR_BYTES 2048
#define DEFAULT_IDLE_S 300
#define DEFAULT_KEYS 1000

/* As cmd/command.h has them. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_USAGE = 2,
	EXIT_UNFINISHED = 3,
	EXIT_BAD_INPUT = 4,
};

struct wanted {
	const char *config;
	const char *socket;
	const char *keys;
	const char *user;
	struct flag_list peers;
	uint64_t idle_s;
	uint64_t most_keys;
	bool syslog, verbose, help;
};

#define INTO(member) offsetof(struct wanted, member)

static const struct flag flags[] = {
	{ "socket", 0, FLAG_TEXT, INTO(socket), "PATH", "Unix socket to listen at" },
	{ "keys", 0, FLAG_TEXT, INTO(keys), "FOLDER", "the key store (default: " STORE_FOLDER ")" },
	{ "user", 0, FLAG_TEXT, INTO(user), "USER", "who to become when started as root" },
	{ "peer", 0, FLAG_LIST, INTO(peers), "USER|@GROUP",
	  "who is answered (default: the same user and root; repeatable)" },
	{ "idle", 0, FLAG_COUNT, INTO(idle_s), "SECONDS", "after which an idle connection is closed (default: 300)" },
	{ "most-keys", 0, FLAG_COUNT, INTO(most_keys), "N", "keys kept open (default: 1000)" },
	{ "syslog", 0, FLAG_BOOL, INTO(syslog), NULL, "log to syslog instead of standard error" },
	{ "config", 'c', FLAG_TEXT, INTO(config), "FILE", "configuration file" },
	{ "verbose", 'v', FLAG_BOOL, INTO(verbose), NULL, "log more" },
	{ "help", 'h', FLAG_BOOL, INTO(help), NULL, "this text" },
};

#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

/* Everything the process owns. */
struct role {
	struct wanted wanted;
	struct conf *conf;
	struct log log;
	struct notify notify;
	size_t inherited; /* sockets of the service manager */
	struct listener listener;
	struct confine_user user;
	bool has_user;
	char keys[PATH_MAX];
	char socket_folder[PATH_MAX];
	struct signer_settings settings;
	struct signet *signet;
	struct signer_server *server;
};

static void help(void)
{
	puts("usage: signet signer [OPTION]...\n\nhold the private keys and sign for those who may ask\n");
	flags_help(flags, N_FLAGS);
	puts("\nexit status: 0 stopped by a signal, 2 usage, 3 could not start or go on, 4 bad configuration file");
}

static bool complain(const char *text, const char *value)
{
	fprintf(stderr, "signet signer: %s%s%s\n", text, value ? " " : "", value ? value : "");
	return false;
}

static bool read_conf(struct role *r)
{
	struct buf error;
	if (!r->wanted.config) {
		return true;
	}
	buf_init(&error, ERROR_BYTES);
	r->conf = conf_read(r->wanted.config, &error);
	if (!r->conf) {
		fprintf(stderr, "signet signer: %.*s\n", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return r->conf;
}

/* Options over configuration. */
static void merge(struct role *r)
{
	struct wanted *w = &r->wanted;
	const struct conf *conf = r->conf;
	w->socket = w->socket ? w->socket : conf ? conf->signer_socket : NULL;
	w->user = w->user ? w->user : conf ? conf->signer_user : NULL;
	r->settings.idle_ms = (int64_t)(w->idle_s ? w->idle_s : DEFAULT_IDLE_S) * 1000;
	r->settings.most_keys = w->most_keys ? w->most_keys : DEFAULT_KEYS;
}

/* Who we will be: root becomes the user of the option; anybody else stays. */
static bool find_user(struct role *r)
{
	const char *name = r->wanted.user;
	r->has_user = name != NULL;
	if (name && !confine_user_find(name, &r->user)) {
		return complain("there is no user", name);
	}
	if (!name) {
		r->user = (struct confine_user) { .uid = geteuid(), .gid = getegid() };
	}
	return true;
}

static bool find_peers(struct role *r)
{
	struct peers *peers = &r->settings.peers;
	const struct flag_list *options = &r->wanted.peers;
	const struct conf_list none = { 0 };
	const struct conf_list *list = r->conf ? &r->conf->signer_peers : &none;
	size_t n = options->n ? options->n : list->n;
	for (size_t i = 0; i < n; i++) {
		const char *text = options->n ? options->at[i] : list->at[i];
		if (!peers_add(peers, text)) {
			return complain("there is no user or group (or they are too many)", text);
		}
	}
	if (n == 0) {
		peers_add_user(peers, r->user.uid);
		peers_add_user(peers, 0);
	}
	return true;
}

/* A directory that is not there may come, as a disk that is mounted late. */
static enum exit_status find_keys(struct role *r)
{
	const char *conf = r->conf ? r->conf->keys_directory : NULL;
	const char *keys = r->wanted.keys ? r->wanted.keys : conf ? r->keys : STORE_FOLDER;
	if (conf && !conf_path(r->wanted.config, conf, r->keys, sizeof(r->keys))) {
		complain("keys.directory in the configuration is too long", NULL);
		return EXIT_BAD_INPUT;
	}
	char path[PATH_MAX];
	if (!realpath(keys, path)) {
		fprintf(stderr, "signet signer: %s: %s\n", keys, strerror(errno));
		return EXIT_UNFINISHED;
	}
	memcpy(r->keys, path, sizeof(path));
	r->settings.keys = r->keys;
	return EXIT_FINE;
}

/* The socket of the service manager, or our own.  Others than us may reach it only if there are other peers: whom the
 * process answers is decided by who they are. */
static bool open_socket(struct role *r)
{
	struct buf error;
	const char *path = r->wanted.socket;
	if (r->inherited > 0) {
		return (r->inherited == 1 && listen_inherited(&r->listener, NOTIFY_FIRST_FD)) ||
		       complain("the service manager's socket is not one Unix stream socket that listens", NULL);
	}
	if (!path) {
		return complain("--socket (or signer.socket in the configuration) is needed", NULL);
	}
	bool only_us = r->wanted.peers.n == 0 && (!r->conf || r->conf->signer_peers.n == 0);
	buf_init(&error, ERROR_BYTES);
	bool good = listen_unix(&r->listener, path, only_us ? 0600 : 0666, r->user.uid, r->user.gid, &error);
	if (!good) {
		fprintf(stderr, "signet signer: %.*s\n", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return good;
}

/* Where the socket is removed at the end. */
static const char *socket_folder(struct role *r)
{
	char path[PATH_MAX];
	if (!r->listener.is_ours) {
		return NULL;
	}
	snprintf(path, sizeof(path), "%s", r->listener.path);
	char *slash = strrchr(path, '/');
	*(slash == path ? slash + 1 : slash ? slash : path) = 0;
	return realpath(slash ? path : ".", r->socket_folder);
}

/* The right to remove the socket is one to remove files of its folder and of what lies in it. */
static void warn_of_folder(struct role *r)
{
	size_t n = strlen(r->socket_folder);
	if (r->listener.is_ours && strncmp(r->keys, r->socket_folder, n) == 0 && (r->keys[n] == '/' || n == 1)) {
		LOG(&r->log, LOG_LEVEL_WARNING, "keys-below-socket", LOG_TEXT("folder", slice_of(r->socket_folder)),
		    LOG_TEXT("reason", S("the signer keeps the right to remove files there: give the socket a folder "
		                         "of its own")));
	}
}

/* With the rights that are left. */
static bool look_at_keys(struct role *r)
{
	struct buf error;
	enum key_file_fault fault;
	buf_init(&error, ERROR_BYTES);
	int fd = key_folder_open(r->keys, &fault, &error);
	if (fd >= 0) {
		close(fd);
	} else {
		LOG(&r->log, LOG_LEVEL_ERROR, "no-keys", LOG_TEXT("reason", buf_slice(&error)));
	}
	buf_finish(&error);
	return fd >= 0;
}

static enum exit_status serve(struct role *r)
{
	r->signet = signet_new();
	r->server = r->signet ? signer_server_new(&r->settings, r->signet, &r->listener, &r->notify, &r->log) : NULL;
	if (!r->server) {
		complain("memory or descriptors are short", NULL);
		return EXIT_UNFINISHED;
	}
	if (r->user.uid == 0) {
		LOG(&r->log, LOG_LEVEL_WARNING, "runs-as-root",
		    LOG_TEXT("reason", S("no other user was named (--user)")));
	}
	const struct confine keeps = signer_confinement(r->has_user ? &r->user : NULL, r->keys, socket_folder(r));
	warn_of_folder(r);
	if (confine(&keeps, &r->log) != SIGNET_OK || !look_at_keys(r)) {
		return EXIT_UNFINISHED;
	}
	LOG(&r->log, LOG_LEVEL_NOTICE, "ready",
	    LOG_TEXT("socket", r->listener.path ? slice_of(r->listener.path) : S("inherited")),
	    LOG_TEXT("keys", slice_of(r->keys)), LOG_NUMBER("peers", r->settings.peers.n),
	    LOG_NUMBER("most_keys", r->settings.most_keys));
	notify_send(&r->notify, "READY=1");
	enum exit_status status = signer_server_run(r->server) == SIGNET_OK ? EXIT_FINE : EXIT_UNFINISHED;
	LOG(&r->log, LOG_LEVEL_NOTICE, "stopped", LOG_NUMBER("status", status));
	return status;
}

static enum exit_status start(struct role *r)
{
	if (!read_conf(r)) {
		return EXIT_BAD_INPUT;
	}
	merge(r);
	if (!find_user(r) || !find_peers(r)) {
		return EXIT_USAGE;
	}
	enum exit_status status = find_keys(r);
	if (status != EXIT_FINE) {
		return status;
	}
	log_open(&r->log, "signer", r->wanted.syslog ? LOG_TO_SYSLOG : LOG_TO_STDERR);
	r->log.most = r->wanted.verbose ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE;
	notify_open(&r->notify);
	return open_socket(r) ? serve(r) : EXIT_UNFINISHED;
}

int main(int argc, char **argv)
{
	static struct role r = { .log = { .syslog = -1 }, .notify = { .fd = -1 }, .listener = { .fd = -1 } };
	if (!flags_parse("signer", flags, N_FLAGS, argc, argv, &r.wanted)) {
		return EXIT_USAGE;
	}
	if (r.wanted.help) {
		help();
		return EXIT_FINE;
	}
	r.inherited = notify_take_sockets();
	/* What else was left open is not ours and would outlive every right that is given up. */
	close_range(NOTIFY_FIRST_FD + (unsigned)r.inherited, UINT_MAX, 0);
	signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
	enum exit_status status = start(&r);
	if (r.server) {
		signer_server_free(r.server);
	} else {
		listen_close(&r.listener);
	}
	signet_free(r.signet);
	conf_free(r.conf);
	notify_close(&r.notify);
	log_close(&r.log);
	return status;
}
