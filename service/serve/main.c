/* SPDX-License-Identifier: Apache-2.0 */
/* signet-serve: which roles does the configuration turn on?  They are started, and kept running. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../conf/flags.h"
#include "../loop/confine.h"
#include "supervisor.h"

#define ERROR_BYTES 2048
#define DEFAULT_CONFIG "/etc/signet/signet.conf"

/* As cmd/command.h has them. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_USAGE = 2,
	EXIT_UNFINISHED = 3,
	EXIT_BAD_INPUT = 4,
};

struct wanted {
	const char *config;
	bool syslog, verbose, help;
};

#define INTO(member) offsetof(struct wanted, member)

static const struct flag flags[] = {
	{ "config", 'c', FLAG_TEXT, INTO(config), "FILE", "configuration file (default: " DEFAULT_CONFIG ")" },
	{ "syslog", 0, FLAG_BOOL, INTO(syslog), NULL, "log to syslog instead of standard error" },
	{ "verbose", 'v', FLAG_BOOL, INTO(verbose), NULL, "log more" },
	{ "help", 'h', FLAG_BOOL, INTO(help), NULL, "this text" },
};

#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

/* Everything the process owns. */
struct serve {
	struct wanted wanted;
	struct conf *conf;
	struct log log;
	struct notify notify;
	char programs[SUPERVISOR_ROLES][PATH_MAX];
	struct supervisor_role roles[SUPERVISOR_ROLES];
	size_t n;
};

static void help(void)
{
	puts("usage: signet serve [OPTION]...\n\nstart the roles that the configuration turns on, and keep them "
	     "running\n");
	flags_help(flags, N_FLAGS);
	puts("\nexit status: 0 stopped by a signal, 2 usage, 3 could not start or go on, 4 bad configuration file");
}

/* ---- which roles ---- */

static bool wants_signer(const struct conf *conf)
{
	return conf->signer_socket;
}

static bool wants_milter(const struct conf *conf)
{
	return conf->listen.n > 0;
}

/* In the order in which they are started: who answers before who asks. */
static const struct {
	const char *name;
	bool (*is_wanted)(const struct conf *conf);
} known[] = {
	{ "signer", wants_signer },
	{ "milter", wants_milter },
};

/* Beside this program, as installed, or in its build tree. */
static bool find_program(const char *role, char ret[static PATH_MAX])
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	own[n > 0 ? n : 0] = 0;
	char *slash = strrchr(own, '/');
	if (!slash) {
		return false;
	}
	*slash = 0;
	for (int built = 0; built <= 1; built++) {
		int len = built ? snprintf(ret, PATH_MAX, "%s/../%s/signet-%s", own, role, role)
		                : snprintf(ret, PATH_MAX, "%s/signet-%s", own, role);
		if (len > 0 && len < PATH_MAX && access(ret, X_OK) == 0) {
			return true;
		}
	}
	fprintf(stderr, "signet serve: there is no program signet-%s beside %s\n", role, own);
	return false;
}

static bool add_role(struct serve *s, const char *name)
{
	struct supervisor_role *role = &s->roles[s->n];
	size_t n = 0;
	if (!find_program(name, s->programs[s->n])) {
		return false;
	}
	role->name = name;
	role->program = s->programs[s->n++];
	role->arguments[n++] = "--config";
	role->arguments[n++] = s->wanted.config;
	if (s->wanted.verbose) {
		role->arguments[n++] = "--verbose";
	}
	if (s->wanted.syslog) {
		role->arguments[n++] = "--syslog";
	}
	return true;
}

static enum exit_status find_roles(struct serve *s)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].is_wanted(s->conf) && !add_role(s, known[i].name)) {
			return EXIT_UNFINISHED;
		}
	}
	if (s->n == 0) {
		fprintf(stderr,
		        "signet serve: %s turns no role on: a section listen (milter) or signer.socket is needed\n",
		        s->wanted.config);
		return EXIT_BAD_INPUT;
	}
	return EXIT_FINE;
}

static bool read_conf(struct serve *s)
{
	struct buf error;
	buf_init(&error, ERROR_BYTES);
	s->wanted.config = s->wanted.config ? s->wanted.config : DEFAULT_CONFIG;
	s->conf = conf_read(s->wanted.config, &error);
	if (!s->conf) {
		fprintf(stderr, "signet serve: %.*s\n", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return s->conf;
}

static enum exit_status serve(struct serve *s)
{
	if (!read_conf(s)) {
		return EXIT_BAD_INPUT;
	}
	enum exit_status status = find_roles(s);
	if (status != EXIT_FINE) {
		return status;
	}
	log_open(&s->log, "serve", s->wanted.syslog ? LOG_TO_SYSLOG : LOG_TO_STDERR);
	notify_open(&s->notify);
	struct supervisor *supervisor = supervisor_new(s->roles, s->n, &s->notify, &s->log);
	if (!supervisor || confine_supervisor(&s->log) != SIGNET_OK) {
		supervisor_free(supervisor);
		return EXIT_UNFINISHED;
	}
	status = (enum exit_status)supervisor_run(supervisor);
	supervisor_free(supervisor);
	LOG(&s->log, LOG_LEVEL_NOTICE, "stopped", LOG_NUMBER("status", status));
	return status;
}

int main(int argc, char **argv)
{
	static struct serve s = { .log = { .syslog = -1 }, .notify = { .fd = -1 } };
	if (!flags_parse("serve", flags, N_FLAGS, argc, argv, &s.wanted)) {
		return EXIT_USAGE;
	}
	if (s.wanted.help) {
		help();
		return EXIT_FINE;
	}
	(void)notify_take_sockets(); /* the roles open their own */
	close_range(NOTIFY_FIRST_FD, UINT_MAX, 0);
	signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
	enum exit_status status = serve(&s);
	conf_free(s.conf);
	notify_close(&s.notify);
	log_close(&s.log);
	return status;
}
