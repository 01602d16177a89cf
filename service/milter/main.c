/* SPDX-License-Identifier: Apache-2.0 */
/* signet-milter: reads options and configuration, opens sockets, gives up everything else, serves.
 *
 * Without a configuration file the options become the text of one, and are read as such: one table of keys judges both. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/base/cursor.h"
#include "../conf/conf.h"
#include "../conf/flags.h"
#include "../spool/writer.h"
#include "daemon.h"
#include "folders.h"
#include "forwarders_file.h"
#include "rights.h"

#define ERROR_OCTETS 16384
#define TEXT_OCTETS 65536
#define DNS_PORT 53
#define SYSTEM_PSL "/usr/share/publicsuffix/public_suffix_list.dat" /* as libpsl's package has it */
#define DEFAULT_CONNECTIONS 10000
#define MAPPED_OCTETS (64 << 10) /* more than what most messages need in one piece */
#define SPARE_OCTETS (1 << 20) /* at the end of the heap */
#define DEFAULT_IDLE_MS 7200000
#define DEFAULT_STALL_MS 7200000

/* As cmd/command.h has them. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_USAGE = 2,
	EXIT_UNFINISHED = 3,
	EXIT_BAD_INPUT = 4,
};

struct wanted {
	const char *config;
	struct flag_list listen;
	const char *role, *authserv_id, *spool, *signer, *user, *metrics, *resolver, *trust_anchor;
	struct flag_list zones;
	uint64_t workers, connections, per_client, idle_s, stall_s;
	bool dry_run, syslog, verbose, help;
};

#define INTO(member) offsetof(struct wanted, member)

static const struct flag flags[] = {
	{ "config", 'c', FLAG_TEXT, INTO(config), "FILE", "configuration file" },
	{ "listen", 0, FLAG_LIST, INTO(listen), "WHERE",
	  "without a configuration: unix:/PATH, inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT (repeatable)" },
	{ "role", 0, FLAG_TEXT, INTO(role), "ROLE", "of --listen: verify (default), sign or both" },
	{ "dry-run", 0, FLAG_BOOL, INTO(dry_run), NULL, "with --listen: change nothing, tell what would be done" },
	{ "authserv-id", 0, FLAG_TEXT, INTO(authserv_id), "NAME", "with --listen: our name in Authentication-Results" },
	{ "spool", 0, FLAG_TEXT, INTO(spool), "FOLDER", "keep a verdict of every message there" },
	{ "signer", 0, FLAG_TEXT, INTO(signer), "SOCKET", "socket of signet signer" },
	{ "user", 0, FLAG_TEXT, INTO(user), "USER", "who to become when started as root" },
	{ "metrics", 0, FLAG_TEXT, INTO(metrics), "WHERE", "serve metrics there: ADDRESS:PORT or /PATH" },
	{ "workers", 0, FLAG_COUNT, INTO(workers), "N", "threads (default: one for each processor)" },
	{ "connections", 0, FLAG_COUNT, INTO(connections), "N", "at once (default: 10000)" },
	{ "per-client", 0, FLAG_COUNT, INTO(per_client), "N", "of them from one address (default: 2500)" },
	{ "idle", 0, FLAG_COUNT, INTO(idle_s), "SECONDS",
	  "after which a connection without message is closed (default: 7200)" },
	{ "stall", 0, FLAG_COUNT, INTO(stall_s), "SECONDS", "... and one within a message (default: 7200)" },
	{ "resolver", 0, FLAG_TEXT, INTO(resolver), "ADDRESS[@PORT]", "ask this name server" },
	{ "trust-anchor", 0, FLAG_TEXT, INTO(trust_anchor), "FILE", "DNSSEC trust anchor" },
	{ "zone", 0, FLAG_LIST, INTO(zones), "FILE", "answer from this zone file, not from the network (repeatable)" },
	{ "syslog", 0, FLAG_BOOL, INTO(syslog), NULL, "log to syslog instead of standard error" },
	{ "verbose", 'v', FLAG_BOOL, INTO(verbose), NULL, "log more" },
	{ "help", 'h', FLAG_BOOL, INTO(help), NULL, "this text" },
};

#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

/* Everything the process owns. */
struct role {
	struct wanted wanted;
	char absolute[PATH_MAX]; /* the configuration: for a reload it must not depend on where we are */
	char from_options[32]; /* path of the configuration that the options make */
	struct conf *conf;
	struct rules *rules;
	struct log log;
	struct notify notify;
	struct doors_inherited inherited;
	struct doors doors;
	struct confine_user user;
	bool has_user;
	char spool[PATH_MAX];
	struct folders reads, removes;
	uint16_t dns_ports[2];
	struct signet_zones *zones;
	struct daemon_settings settings;
	struct daemon *daemon;
	struct spool_writer *writer;
};

static void help(void)
{
	puts("usage: signet milter [OPTION]...\n\nverify, enforce and sign what a mail server hands over\n");
	flags_help(flags, N_FLAGS);
	puts("\nexit status: 0 stopped by a signal, 2 usage, 3 could not start or go on, 4 bad configuration file");
}

static bool complain(const char *text, const char *value)
{
	fprintf(stderr, "signet milter: %s%s%s\n", text, value ? " " : "", value ? value : "");
	return false;
}

/* A line each. */
static bool complain_of(const struct buf *error)
{
	slice rest = buf_slice(error);
	while (rest.at && rest.len) {
		slice line = slice_split(&rest, '\n');
		fprintf(stderr, "signet milter: %.*s\n", (int)line.len, line.at);
	}
	return false;
}

/* ---- configuration ---- */

static void put_key(struct buf *b, const char *key, const char *value, bool *good)
{
	*good = *good && !strpbrk(value, "\"\\\n$");
	buf_put_text(b, key);
	buf_put_text(b, " = \"");
	buf_put_text(b, value);
	buf_put_text(b, "\"\n");
}

/* The configuration that the options mean. */
static bool put_options(const struct wanted *w, struct buf *b)
{
	bool good = true;
	if (w->authserv_id) {
		put_key(b, "authserv_id", w->authserv_id, &good);
	}
	for (size_t i = 0; i < w->listen.n; i++) {
		buf_put_text(b, "listen \"");
		buf_put_number(b, i + 1);
		buf_put_text(b, "\" {\n");
		put_key(b, "socket", w->listen.at[i], &good);
		put_key(b, "role", w->role ? w->role : "verify", &good);
		buf_put_text(b, w->dry_run ? "dry_run = true\n}\n" : "}\n");
	}
	if (!w->spool) {
		buf_put_text(b, "milter { spool = \"none\" }\n"); /* a first look keeps nothing */
	}
	return good && buf_ok(b);
}

/* libConfuse reads files: this one has no name. */
static bool write_options(struct role *r)
{
	struct buf text;
	buf_init(&text, TEXT_OCTETS);
	int fd = memfd_create("options", MFD_CLOEXEC);
	bool good = put_options(&r->wanted, &text) && fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len;
	snprintf(r->from_options, sizeof(r->from_options), "/proc/self/fd/%d", fd);
	buf_finish(&text);
	return good || complain("the options cannot be used: no quotes or backslashes in them", NULL);
}

static bool find_absolute(struct role *r)
{
	char here[PATH_MAX];
	const char *config = r->wanted.config;
	if (*config != '/' && !getcwd(here, sizeof(here))) {
		return complain("where are we?", strerror(errno));
	}
	int n = snprintf(r->absolute, sizeof(r->absolute), "%s%s%s", *config == '/' ? "" : here,
	                 *config == '/' ? "" : "/", config);
	r->wanted.config = r->absolute;
	return (n > 0 && (size_t)n < sizeof(r->absolute)) || complain("the path is too long:", config);
}

static struct conf *read_conf(struct role *r, struct buf *error)
{
	return conf_read(r->wanted.config ? r->wanted.config : r->from_options, error);
}

/* A reload. */
static struct rules *read_rules(void *data, struct buf *error)
{
	struct role *r = data;
	struct conf *conf = read_conf(r, error);
	struct rules *rules = conf ? rules_new(conf, r->wanted.config, error) : NULL;
	conf_free(conf);
	return rules;
}

static enum exit_status read_all(struct role *r)
{
	struct buf error;
	const struct wanted *w = &r->wanted;
	if (!w->config == !w->listen.n) {
		complain(w->config ? "--listen and --config exclude each other"
		                   : "--config, or --listen for a quick start, is needed",
		         NULL);
		return EXIT_USAGE;
	}
	if (!w->config && !write_options(r)) {
		return EXIT_USAGE;
	}
	if (w->config && !find_absolute(r)) {
		return EXIT_BAD_INPUT;
	}
	buf_init(&error, ERROR_OCTETS);
	r->conf = read_conf(r, &error);
	r->rules = r->conf ? rules_new(r->conf, w->config ? w->config : r->from_options, &error) : NULL;
	complain_of(&error); /* warnings as well */
	buf_finish(&error);
	if (r->rules && rules_count_listeners(r->rules) == 0) {
		fprintf(stderr, "signet milter: %s: there is no section listen\n", w->config);
		return EXIT_BAD_INPUT;
	}
	return r->rules ? EXIT_FINE : w->config ? EXIT_BAD_INPUT : EXIT_USAGE;
}

/* ---- options over configuration ---- */

static const char *either(const char *option, const char *conf)
{
	return option ? option : conf;
}

static uint64_t first_of(uint64_t option, uint64_t conf, uint64_t normal)
{
	return option ? option : conf ? conf : normal;
}

static void merge(struct role *r)
{
	struct wanted *w = &r->wanted;
	const struct rules_process *p = rules_process(r->rules);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	w->user = either(w->user, p->user);
	w->metrics = either(w->metrics, p->metrics);
	w->resolver = either(w->resolver, p->resolver);
	w->trust_anchor = either(w->trust_anchor, p->trust_anchor);
	w->signer = either(w->signer, p->signer);
	/* a first look by options alone leaves nothing where a configuration would */
	w->spool = either(w->spool, w->config ? p->spool : NULL);
	uint64_t workers = first_of(w->workers, p->workers, processors > 0 ? (uint64_t)processors : 1);
	r->settings.workers = workers < DAEMON_WORKERS ? workers : DAEMON_WORKERS;
	r->settings.caps.all = first_of(w->connections, p->connections, DEFAULT_CONNECTIONS);
	r->settings.caps.per_client = first_of(w->per_client, p->connections_per_client, 0);
	r->settings.worker.idle_ms = (int64_t)first_of(w->idle_s * 1000, (uint64_t)p->idle_ms, DEFAULT_IDLE_MS);
	r->settings.worker.stall_ms = (int64_t)first_of(w->stall_s * 1000, (uint64_t)p->stall_ms, DEFAULT_STALL_MS);
	r->settings.worker.replay_quarantines = p->replay_action == RULES_REPLAY_QUARANTINE;
	r->settings.replay = (struct replay_settings) { .window_s = p->replay_window_s, .limit = p->replay_limit };
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

/* Landlock wants an absolute path, and where we are does not matter later on. */
static bool find_spool(struct role *r)
{
	const char *spool = r->wanted.spool;
	if (!spool || realpath(spool, r->spool)) {
		return true;
	}
	fprintf(stderr, "signet milter: %s: %s\n", spool, strerror(errno));
	return false;
}

/* ---- names ---- */

/* The resolver asks over TCP too; at no other port anything is reached. */
static void find_dns_port(struct role *r)
{
	uint64_t port;
	const char *at = r->wanted.resolver ? strchr(r->wanted.resolver, '@') : NULL;
	r->dns_ports[0] = at && number_parse(slice_of(at + 1), UINT16_MAX, &port) && port ? (uint16_t)port : DNS_PORT;
}

static bool open_names(struct role *r)
{
	const struct wanted *w = &r->wanted;
	char error[SIGNET_RESOLVE_ERROR];
	if (w->zones.n) {
		r->zones = signet_zones_load(w->zones.at, w->zones.n, error, sizeof(error));
		if (!r->zones) {
			return complain(error, NULL);
		}
	}
	find_dns_port(r);
	r->settings.worker.resolver = (struct signet_resolver_options) {
		.zones = r->zones,
		.forward = w->resolver,
		.trust_anchor = w->trust_anchor,
	};
	return true;
}

/* ---- sockets and files ---- */

static bool open_sockets(struct role *r)
{
	struct buf error;
	buf_init(&error, ERROR_OCTETS);
	bool good = doors_open(&r->doors, r->rules, r->wanted.metrics, &r->user, &r->inherited, &error);
	complain_of(&error);
	buf_finish(&error);
	for (size_t i = 0; good && i < r->doors.n; i++) {
		const struct listener *l = &r->doors.at[i].listener;
		(void)(l->is_ours && !folders_add_of(&r->removes, l->path)); /* it is left behind, then */
	}
	(void)(good && r->doors.metrics.is_ours && !folders_add_of(&r->removes, r->doors.metrics.path));
	return good;
}

static bool add_read(struct role *r, const char *value)
{
	char path[PATH_MAX], target[PATH_MAX];
	if (!value) {
		return true;
	}
	if (!conf_path(r->wanted.config, value, path, sizeof(path)) || !folders_add_of(&r->reads, path)) {
		return complain("there is no folder of", value);
	}
	(void)(realpath(path, target) && folders_add_of(&r->reads, target)); /* it may be a link */
	return true;
}

static bool add_reads(struct role *r, const struct conf_list *list)
{
	bool good = true;
	for (size_t i = 0; good && i < list->n; i++) {
		good = add_read(r, list->at[i]);
	}
	return good;
}

/* There may be none yet: then a restart is needed once there is. */
static bool find_overrides(struct role *r)
{
	const char *path = rules_process(r->rules)->overrides;
	return !path || folders_add_of(&r->reads, path) || errno != E2BIG;
}

/* What a reload reads. */
static bool find_reads(struct role *r)
{
	const struct conf *c = r->conf;
	if (!r->wanted.config) {
		return true;
	}
	return add_read(r, r->absolute) && add_reads(r, &c->keys_tables) && add_reads(r, &c->keys_bindings) &&
	       add_read(r, c->keys_opendkim_key_table) && add_read(r, c->keys_opendkim_signing_table) &&
	       add_read(r, c->psl_file) && find_overrides(r) && (!c->rfc7489 || c->psl_file || add_read(r, SYSTEM_PSL));
}

/* More connections need more descriptors than a process has by default. */
static void raise_limit(struct role *r)
{
	struct rlimit now;
	const struct daemon_settings *s = &r->settings;
	rlim_t others = s->workers * ROLE_WORKER_FILES + ROLE_FILES, wanted = s->caps.all + others;
	if (getrlimit(RLIMIT_NOFILE, &now) != 0) {
		return;
	}
	struct rlimit then = { .rlim_cur = wanted, .rlim_max = now.rlim_max > wanted ? now.rlim_max : wanted };
	if (now.rlim_cur >= wanted || setrlimit(RLIMIT_NOFILE, &then) == 0) {
		return;
	}
	then = (struct rlimit) { .rlim_cur = now.rlim_max, .rlim_max = now.rlim_max };
	(void)setrlimit(RLIMIT_NOFILE, &then);
	r->settings.caps.all = now.rlim_max > 2 * others ? now.rlim_max - others : now.rlim_max / 2;
	LOG(&r->log, LOG_LEVEL_WARNING, "fewer-connections", LOG_NUMBER("connections", r->settings.caps.all),
	    LOG_TEXT("reason", S("the limit of open files (RLIMIT_NOFILE) is lower")));
}

static bool make_forwarders(struct role *r)
{
	uint64_t seed;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
		return complain("no random numbers", NULL);
	}
	r->settings.worker.forwarders = forwarders_new(seed);
	r->settings.remembers = *r->spool ? r->spool : NULL;
	return r->settings.worker.forwarders || complain("memory is short", NULL);
}

/* With the rights that are left.  What cannot be read is no reason not to serve. */
static void load_forwarders(struct role *r)
{
	struct buf error;
	buf_init(&error, ERROR_OCTETS);
	if (*r->spool && !forwarders_file_load(r->settings.worker.forwarders, r->spool, &error)) {
		LOG(&r->log, LOG_LEVEL_WARNING, "not-remembered", LOG_TEXT("reason", buf_slice(&error)));
	}
	buf_finish(&error);
}

/* With the rights that are left. */
static bool open_spool(struct role *r)
{
	struct buf error;
	if (!*r->spool) {
		return true;
	}
	buf_init(&error, ERROR_OCTETS);
	r->writer = spool_open(r->spool, rules_process(r->rules)->spool_octets, &error);
	if (!r->writer) {
		LOG(&r->log, LOG_LEVEL_ERROR, "no-spool", LOG_TEXT("reason", buf_slice(&error)));
	}
	buf_finish(&error);
	return r->writer;
}

/* ---- life ---- */

static bool make_daemon(struct role *r)
{
	struct buf error;
	r->settings.worker.log = &r->log;
	r->settings.worker.signer = r->wanted.signer;
	if (r->wanted.config) {
		r->settings.read_rules = read_rules;
		r->settings.data = r;
	}
	/* the C library asks the system how many processors there are, when it is too late */
	(void)mallopt(M_ARENA_MAX, (int)r->settings.workers + 2);
	/* Large buffers go back to the system when they are freed; left alone the C library keeps more with each. */
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED_OCTETS);
	(void)mallopt(M_TRIM_THRESHOLD, SPARE_OCTETS);
	buf_init(&error, ERROR_OCTETS);
	r->daemon = daemon_new(&r->settings, &r->doors, &r->notify, &error);
	complain_of(&error);
	buf_finish(&error);
	return r->daemon;
}

static enum exit_status serve(struct role *r)
{
	raise_limit(r);
	if (!make_forwarders(r) || !make_daemon(r)) {
		return EXIT_UNFINISHED;
	}
	if (r->user.uid == 0) {
		LOG(&r->log, LOG_LEVEL_WARNING, "runs-as-root",
		    LOG_TEXT("reason", S("no other user was named (--user)")));
	}
	const struct role_rights rights = {
		.user = r->has_user ? &r->user : NULL,
		.spool = *r->spool ? r->spool : NULL,
		.reads = r->reads.at,
		.removes = r->removes.at,
		.dns_ports = r->dns_ports,
		.connections = r->settings.caps.all,
		.workers = r->settings.workers,
	};
	const struct confine keeps = role_confinement(&rights);
	if (confine(&keeps, &r->log) != SIGNET_OK || !open_spool(r)) {
		return EXIT_UNFINISHED;
	}
	load_forwarders(r);
	enum exit_status status = daemon_run(r->daemon, r->rules, r->writer) == SIGNET_OK ? EXIT_FINE : EXIT_UNFINISHED;
	LOG(&r->log, LOG_LEVEL_NOTICE, "stopped", LOG_NUMBER("status", status));
	return status;
}

static enum exit_status start(struct role *r)
{
	enum exit_status status = read_all(r);
	if (status != EXIT_FINE) {
		return status;
	}
	merge(r);
	if (!find_user(r)) {
		return EXIT_USAGE;
	}
	if (!find_spool(r) || !find_reads(r)) {
		return EXIT_UNFINISHED;
	}
	log_open(&r->log, "milter", r->wanted.syslog ? LOG_TO_SYSLOG : LOG_TO_STDERR);
	r->log.most = LOG_LEVEL_INFO; /* a line for each message */
	notify_open(&r->notify);
	return open_names(r) && open_sockets(r) ? serve(r) : EXIT_UNFINISHED;
}

static void finish(struct role *r)
{
	if (r->daemon) {
		daemon_free(r->daemon);
	} else {
		doors_close(&r->doors);
	}
	replay_free(r->settings.worker.replay);
	forwarders_free(r->settings.worker.forwarders);
	spool_close(r->writer);
	rules_drop(r->rules);
	conf_free(r->conf);
	signet_zones_free(r->zones);
	folders_finish(&r->reads);
	folders_finish(&r->removes);
	notify_close(&r->notify);
	log_close(&r->log);
}

int main(int argc, char **argv)
{
	static struct role r = { .log = { .syslog = -1 }, .notify = { .fd = -1 } };
	doors_init(&r.doors);
	if (!flags_parse("milter", flags, N_FLAGS, argc, argv, &r.wanted)) {
		return EXIT_USAGE;
	}
	if (r.wanted.help) {
		help();
		return EXIT_FINE;
	}
	r.inherited.n = notify_take_named_sockets(r.inherited.names);
	/* What else was left open is not ours and would outlive every right that is given up. */
	close_range(NOTIFY_FIRST_FD + (unsigned)r.inherited.n, UINT_MAX, 0);
	signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
	enum exit_status status = start(&r);
	finish(&r);
	return status;
}
