/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon with messages that do nothing: what connections, listeners, signals and caps do, without what messages need.
 *
 *     plain LISTENERS [IDLE STALL FRAME TAKE GRACE DRAIN (ms)] [CONNECTIONS PER-LISTENER PER-CLIENT] [METRICS]
 *
 * LISTENERS is a file with a line "NAME SOCKET" for each, read again on SIGHUP; a line "bad" in it is an error.  A message is
 * answered at once, unless its sender says otherwise:
 *
 *     wait-N@x       after N milliseconds        reject@x   with 550
 *     large-N@x      with N octets of header     break@x    never: its worker cannot wait any more
 *
 * Every answer carries a field X-Rules with the number of the reload its rules came from. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../service/milter/daemon.h"
#include "../../service/milter/folders.h"
#include "../../service/milter/rights.h"
#include "../../service/milter/signers.h"
#include "../../service/spool/writer.h"

/* ---- rules ---- */

struct rules {
	_Atomic int count;
	unsigned number;
	size_t n;
	struct rules_listener listeners[16];
	char text[16][2][200];
};

static const char *path;
static _Atomic int alive; /* rules that are in use */
static struct doors doors;

static struct rules *read_listeners(void *data, struct buf *error)
{
	static unsigned number;
	struct rules *r = calloc(1, sizeof(*r));
	FILE *file = fopen(path, "re");
	(void)data;
	if (!r || !file) {
		buf_put_text(error, "cannot read the listeners");
		abort();
	}
	while (r->n < 16 && fscanf(file, "%199s %199s", r->text[r->n][0], r->text[r->n][1]) == 2) {
		r->listeners[r->n] = (struct rules_listener) { .name = r->text[r->n][0],
			                                       .socket = r->text[r->n][1],
			                                       .socket_mode = 0600 };
		r->n++;
	}
	fclose(file);
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->text[i][0], "bad") == 0) {
			buf_put_text(error, "listeners:1: this is bad\nlisteners:2: so is this");
			free(r);
			return NULL;
		}
	}
	r->number = ++number;
	atomic_init(&r->count, 1);
	alive++;
	return r;
}

struct rules *rules_keep(struct rules *r)
{
	r->count++;
	return r;
}

void rules_drop(struct rules *r)
{
	if (r && --r->count == 0) {
		alive--;
		free(r);
	}
}

size_t rules_count_listeners(const struct rules *r)
{
	return r->n;
}

const struct rules_listener *rules_listener(const struct rules *r, size_t i)
{
	return &r->listeners[i];
}

const char *rules_process_differs(const struct rules *r, const struct rules *fresh)
{
	(void)r;
	(void)fresh;
	return NULL;
}

const struct rules_listener *rules_find_listener(const struct rules *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->text[i][0], name) == 0) {
			return &r->listeners[i];
		}
	}
	return NULL;
}

/* ---- messages ---- */

struct plain {
	struct message_source *source;
	struct session *session;
	const struct facts *facts;
	struct loop_watch *timer;
	struct outcome outcome;
	struct outcome_edit edit;
	char number[16];
	char *large;
};

static bool number_after(const struct plain *p, slice word, size_t *ret)
{
	if (!slice_starts(p->facts->mail_from, word)) {
		return false;
	}
	*ret = strtoul(p->facts->mail_from.at + word.len, NULL, 10);
	return true;
}

static void *begin(void *data, struct session *s, const struct facts *facts)
{
	struct plain *p = calloc(1, sizeof(*p));
	p->source = data;
	p->session = s;
	p->facts = facts;
	snprintf(p->number, sizeof(p->number), " %u", p->source->rules->number);
	return p;
}

static void field(void *message, slice name, slice value)
{
	(void)message;
	(void)name;
	(void)value;
}

static void end_of_header(void *message)
{
	(void)message;
}

static void body(void *message, slice octets)
{
	(void)message;
	(void)octets;
}

static void on_time(void *data, unsigned what)
{
	struct plain *p = data;
	(void)what;
	(void)loop_watch_arm(p->timer, 0, LOOP_FOREVER);
	p->source->wake(p->source->data, p->session);
}

/* The loops that do not know the first door: all but the daemon's. */
static void break_workers(void)
{
	struct epoll_event none = { 0 };
	for (int fd = 0; fd < 100; fd++) {
		if (epoll_ctl(fd, EPOLL_CTL_MOD, doors.at[0].listener.fd, &none) != 0 && errno == ENOENT) {
			close(fd);
		}
	}
}

static bool end(void *message)
{
	struct plain *p = message;
	size_t ms;
	if (slice_starts(p->facts->mail_from, S("break@"))) {
		break_workers();
		return false;
	}
	if (!number_after(p, S("wait-"), &ms)) {
		return true;
	}
	p->timer = loop_watch_new(p->source->world->loop, -1, on_time, p);
	return !loop_watch_arm(p->timer, 0, (int64_t)ms);
}

static const struct outcome *outcome(void *message)
{
	struct plain *p = message;
	size_t n;
	count(&p->source->world->counters->messages, 1);
	p->edit = (struct outcome_edit) { OUTCOME_INSERT, 0, S("X-Rules"), slice_of(p->number) };
	p->outcome = (struct outcome) { .edits = &p->edit, .n_edits = 1 };
	if (slice_starts(p->facts->mail_from, S("reject@"))) {
		p->outcome = (struct outcome) { .reply = OUTCOME_REJECT, .text = S("550 5.7.1 no") };
	} else if (number_after(p, S("large-"), &n)) {
		p->large = malloc(n);
		memset(p->large, 'x', n);
		p->edit.value = slice_make(p->large, n);
	}
	return &p->outcome;
}

static void close_message(void *message)
{
	struct plain *p = message;
	loop_watch_free(p->timer);
	free(p->large);
	free(p);
}

const struct session_calls message_calls = {
	.begin = begin,
	.field = field,
	.end_of_header = end_of_header,
	.body = body,
	.end = end,
	.outcome = outcome,
	.close = close_message,
};

/* ---- what is not there ---- */

struct signer_desk *signer_desk_new(struct loop *loop, const char *socket_path)
{
	(void)loop;
	(void)socket_path;
	return NULL;
}

void message_world_finish(struct message_world *world)
{
	(void)world;
}

void signer_desk_free(struct signer_desk *desk)
{
	(void)desk;
}

int spool_sync(struct spool_writer *w)
{
	(void)w;
	return 0;
}

/* ---- the process ---- */

static int run_confined(struct daemon *d, struct rules *rules, const struct daemon_settings *settings, struct log *log)
{
	struct folders reads = { 0 }, removes = { 0 };
	const uint16_t ports[] = { 53, 0 };
	for (size_t i = 0; i < doors.n; i++) {
		if (doors.at[i].listener.is_ours) {
			folders_add_of(&removes, doors.at[i].listener.path);
		}
	}
	folders_add_of(&reads, path);
	const struct role_rights rights = { .reads = reads.at,
		                            .removes = removes.at,
		                            .dns_ports = ports,
		                            .connections = settings->caps.all ? settings->caps.all : 12000,
		                            .workers = 2 };
	const struct confine keeps = role_confinement(&rights);
	int status = confine(&keeps, log) == SIGNET_OK && daemon_run(d, rules, NULL) == SIGNET_OK ? 0 : 3;
	folders_finish(&reads);
	folders_finish(&removes);
	return status;
}

int main(int argc, char **argv)
{
	long n[9] = { 600000, 600000, 0, 0, 0, 0, 0, 0, 0 };
	static struct doors_inherited inherited;
	struct log log;
	struct notify notify;
	struct buf error;
	const struct confine_user user = { .uid = geteuid(), .gid = getegid() };
	for (int i = 0; i < 9 && i + 2 < argc; i++) {
		n[i] = strtol(argv[i + 2], NULL, 10);
	}
	path = argv[1];
	inherited.n = notify_take_named_sockets(inherited.names);
	log_open(&log, "milter", LOG_TO_STDERR);
	notify_open(&notify);
	buf_init(&error, 4096);
	doors_init(&doors);
	struct signet_zones *zones =
		signet_zones_load(NULL, 0, (char[SIGNET_RESOLVE_ERROR]) { 0 }, SIGNET_RESOLVE_ERROR);
	struct rules *rules = read_listeners(NULL, &error);
	const struct daemon_settings settings = {
		.workers = 2,
		.caps = { (size_t)n[6], (size_t)n[7], (size_t)n[8] },
		.grace_ms = n[4],
		.drain_ms = n[5],
		.worker = { .resolver.zones = zones,
		            .idle_ms = n[0],
		            .stall_ms = n[1],
		            .frame_ms = n[2],
		            .take_ms = n[3],
		            .log = &log },
		.read_rules = read_listeners,
	};
	int status = 3;
	struct daemon *d = NULL;
	if (rules && doors_open(&doors, rules, argc > 11 ? argv[11] : NULL, &user, &inherited, &error) &&
	    (d = daemon_new(&settings, &doors, &notify, &error))) {
		status = run_confined(d, rules, &settings, &log);
	}
	fprintf(stderr, "%.*s", (int)error.len, error.at ? error.at : "");
	if (d) {
		daemon_free(d);
	} else {
		doors_close(&doors);
	}
	rules_drop(rules);
	fprintf(stderr, "rules alive %d\n", alive);
	signet_zones_free(zones);
	buf_finish(&error);
	notify_close(&notify);
	log_close(&log);
	return status;
}
