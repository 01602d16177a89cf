/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../loop/confine.h"
#include "relay.h"

#define STATUS_USAGE 2
#define STATUS_UNFINISHED 3
#define STATUS_BAD_INPUT 4
#define READ_OCTETS 4096
#define TOLD_OCTETS 512

enum stage {
	UNSTARTED, /* the one before it is not ready yet */
	WAITING, /* for its next start */
	STARTING,
	RUNNING,
	STOPPING,
	GONE, /* and it is not started again */
};

struct child {
	struct supervisor *owner;
	const struct supervisor_role *role;
	enum stage stage;
	pid_t pid; /* 0: there is none */
	bool was_ready; /* ever */
	bool is_to_reload; /* SIGHUP came while it started */
	int64_t started_ms, back_off_ms; /* before its next start; 0: at once */
	struct loop_watch *timer;
	int out; /* its standard error, or -1 */
	struct loop_watch *on_out;
	struct relay relay;
};

struct supervisor {
	struct log *log;
	struct notify *notify;
	struct loop *loop;
	struct loop_watch *hangup, *terminate, *interrupt, *dead, *on_told;
	int told; /* what roles say to the service manager comes here */
	char told_name[32]; /* for $NOTIFY_SOCKET */
	char own_pid[24];
	struct child children[SUPERVISOR_ROLES];
	size_t n, n_started; /* of them */
	bool stops, was_ready;
	int status;
};

/* ---- start ---- */

/* In the new process: only what is safe after fork() of a process with one thread. */
static void become_role(const struct child *c, int out)
{
	char *argv[SUPERVISOR_ARGUMENTS + 2];
	size_t n = 0;
	sigset_t none;
	argv[n++] = (char *)(uintptr_t)c->role->name;
	for (size_t i = 0; i < SUPERVISOR_ARGUMENTS && c->role->arguments[i]; i++) {
		argv[n++] = (char *)(uintptr_t)c->role->arguments[i];
	}
	argv[n] = NULL;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setpgid(0, 0); /* a key at the terminal is for us: roles end in their order */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (dup2(out, STDERR_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    setenv("NOTIFY_SOCKET", c->owner->told_name, 1) != 0 ||
	    setenv(CONFINE_SUPERVISOR, c->owner->own_pid, 1) != 0) {
		_exit(STATUS_UNFINISHED);
	}
	execv(c->role->program, argv);
	dprintf(STDERR_FILENO, "%s: %s\n", c->role->program, strerror(errno));
	_exit(STATUS_UNFINISHED);
}

static void on_out(void *data, unsigned what);

static bool start_process(struct child *c)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return false;
	}
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	c->on_out = loop_watch_new(c->owner->loop, ends[0], on_out, c);
	c->out = ends[0];
	bool good = c->on_out && loop_watch_arm(c->on_out, LOOP_READ, LOOP_FOREVER);
	pid_t pid = good ? fork() : -1;
	if (pid == 0) {
		become_role(c, ends[1]);
	}
	close(ends[1]);
	c->pid = pid > 0 ? pid : 0;
	return pid > 0;
}

static void close_out(struct child *c)
{
	loop_watch_free(c->on_out);
	c->on_out = NULL;
	if (c->out >= 0) {
		close(c->out);
		relay_end(&c->relay);
	}
	c->out = -1;
}

static void wait_for_start(struct child *c)
{
	c->stage = WAITING;
	(void)loop_watch_arm(c->timer, 0, c->back_off_ms);
	int64_t next_ms = c->back_off_ms ? c->back_off_ms * 2 : SUPERVISOR_BACK_OFF_MS;
	c->back_off_ms = next_ms < SUPERVISOR_BACK_OFF_MOST_MS ? next_ms : SUPERVISOR_BACK_OFF_MOST_MS;
}

static void start(struct child *c)
{
	c->started_ms = loop_now_ms(c->owner->loop);
	c->is_to_reload = false;
	if (!start_process(c)) {
		close_out(c);
		LOG(c->owner->log, LOG_LEVEL_ERROR, "not-started", LOG_TEXT("role", slice_of(c->role->name)),
		    LOG_TEXT("reason", S("processes, memory or descriptors are short")),
		    LOG_NUMBER("again_ms", c->back_off_ms));
		wait_for_start(c);
		return;
	}
	c->stage = STARTING;
	(void)loop_watch_arm(c->timer, 0, SUPERVISOR_READY_MS);
	LOG(c->owner->log, LOG_LEVEL_NOTICE, "started", LOG_TEXT("role", slice_of(c->role->name)),
	    LOG_NUMBER("pid", c->pid));
}

/* Starts those that were not started yet, as long as the one before is not about to become ready. */
static void start_more(struct supervisor *s)
{
	while (!s->stops && s->n_started < s->n &&
	       (s->n_started == 0 || s->children[s->n_started - 1].stage != STARTING)) {
		start(&s->children[s->n_started++]);
	}
}

/* ---- stop ---- */

static void stop_next(struct supervisor *s)
{
	for (size_t i = s->n; i-- > 0;) {
		struct child *c = &s->children[i];
		if (c->pid == 0) {
			c->stage = GONE;
			(void)loop_watch_arm(c->timer, 0, LOOP_FOREVER);
			continue;
		}
		if (c->stage != STOPPING) {
			c->stage = STOPPING;
			(void)kill(c->pid, SIGTERM);
			(void)loop_watch_arm(c->timer, 0, SUPERVISOR_STOP_MS);
		}
		return; /* the others come when it is gone */
	}
	loop_stop(s->loop);
}

static void stop_all(struct supervisor *s, int status)
{
	if (!s->stops) {
		s->stops = true;
		s->status = status;
		notify_send(s->notify, "STOPPING=1");
		LOG(s->log, LOG_LEVEL_NOTICE, "stopping", LOG_NUMBER("status", status));
		stop_next(s);
	}
}

static void on_terminate(void *data, unsigned what)
{
	(void)what;
	stop_all(data, 0);
}

/* ---- what happens ---- */

static void on_timer(void *data, unsigned what)
{
	struct child *c = data;
	(void)what;
	(void)loop_watch_arm(c->timer, 0, LOOP_FOREVER);
	if (c->stage == WAITING) {
		start(c);
	} else if (c->pid && (c->stage == STARTING || c->stage == STOPPING)) {
		LOG(c->owner->log, LOG_LEVEL_ERROR, "killed", LOG_TEXT("role", slice_of(c->role->name)),
		    LOG_TEXT("reason", c->stage == STARTING ? S("it does not become ready") : S("it does not stop")));
		(void)kill(c->pid, SIGKILL);
	}
}

static void on_out(void *data, unsigned what)
{
	struct child *c = data;
	char octets[READ_OCTETS];
	(void)what;
	ssize_t n = read(c->out, octets, sizeof(octets));
	if (n > 0) {
		relay_feed(&c->relay, slice_make(octets, (size_t)n));
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_out(c);
	}
}

static void log_end(struct child *c, int status)
{
	if (WIFSIGNALED(status)) {
		LOG(c->owner->log, c->stage == STOPPING ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "ended",
		    LOG_TEXT("role", slice_of(c->role->name)), LOG_NUMBER("pid", c->pid),
		    LOG_NUMBER("signal", WTERMSIG(status)));
	} else {
		LOG(c->owner->log, c->stage == STOPPING ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "ended",
		    LOG_TEXT("role", slice_of(c->role->name)), LOG_NUMBER("pid", c->pid),
		    LOG_NUMBER("status", WEXITSTATUS(status)));
	}
}

/* Only what is there: a process that it left behind may hold the other end open. */
static void hear_last_words(struct child *c)
{
	char octets[READ_OCTETS];
	ssize_t n = 0;
	while (c->out >= 0 && (n = read(c->out, octets, sizeof(octets))) > 0) {
		relay_feed(&c->relay, slice_make(octets, (size_t)n));
	}
	close_out(c);
}

static void on_end(struct child *c, int status)
{
	struct supervisor *s = c->owner;
	hear_last_words(c);
	log_end(c, status);
	c->pid = 0;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (s->stops) {
		stop_next(s);
	} else if (!c->was_ready && (code == STATUS_USAGE || code == STATUS_BAD_INPUT)) {
		c->stage = GONE;
		stop_all(s, code);
	} else {
		if (loop_now_ms(s->loop) - c->started_ms >= SUPERVISOR_BACK_OFF_MOST_MS) {
			c->back_off_ms = 0;
		}
		LOG(s->log, LOG_LEVEL_NOTICE, "restart", LOG_TEXT("role", slice_of(c->role->name)),
		    LOG_NUMBER("after_ms", c->back_off_ms));
		wait_for_start(c);
		start_more(s);
	}
}

static void on_dead(void *data, unsigned what)
{
	struct supervisor *s = data;
	(void)what;
	for (size_t i = 0; i < s->n; i++) {
		int status;
		struct child *c = &s->children[i];
		if (c->pid && waitpid(c->pid, &status, WNOHANG) == c->pid) {
			on_end(c, status);
		}
	}
}

static void on_hangup(void *data, unsigned what)
{
	struct supervisor *s = data;
	(void)what;
	notify_reloading(s->notify);
	for (size_t i = 0; i < s->n; i++) {
		struct child *c = &s->children[i];
		if (c->pid && c->stage == RUNNING) {
			(void)kill(c->pid, SIGHUP);
		}
		/* one that starts does not listen to the signal yet, and may have read the configuration already */
		c->is_to_reload = c->stage == STARTING;
	}
	LOG(s->log, LOG_LEVEL_NOTICE, "reload-passed-on");
	notify_send(s->notify, "READY=1");
}

/* ---- what roles say ---- */

static void look_whether_all_are_ready(struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->children[i].stage != RUNNING) {
			return;
		}
	}
	if (!s->was_ready) {
		s->was_ready = true;
		LOG(s->log, LOG_LEVEL_NOTICE, "ready", LOG_NUMBER("roles", s->n));
		notify_send(s->notify, "READY=1");
	}
}

static void hear(struct supervisor *s, pid_t pid, slice text)
{
	for (size_t i = 0; i < s->n; i++) {
		struct child *c = &s->children[i];
		if (c->pid == pid && c->stage == STARTING && slice_starts(text, S("READY=1"))) {
			c->stage = RUNNING;
			c->was_ready = true;
			(void)loop_watch_arm(c->timer, 0, LOOP_FOREVER);
			if (c->is_to_reload) {
				(void)kill(c->pid, SIGHUP);
			}
			start_more(s);
			look_whether_all_are_ready(s);
		}
	}
}

/* Anybody on this machine may write to an abstract socket: the kernel says who it was. */
static void on_told(void *data, unsigned what)
{
	struct supervisor *s = data;
	char text[TOLD_OCTETS];
	union {
		struct cmsghdr head;
		char octets[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec into = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr m = {
		.msg_iov = &into, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	(void)what;
	ssize_t n = recvmsg(s->told, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_CREDENTIALS) {
		struct ucred who;
		memcpy(&who, CMSG_DATA(head), sizeof(who));
		hear(s, who.pid, slice_make(text, (size_t)n));
	}
}

/* ---- birth, life, end ---- */

/* With a name that the kernel chooses. */
static bool open_told(struct supervisor *s)
{
	const int yes = 1;
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(where);
	s->told = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->told < 0 || setsockopt(s->told, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) != 0 ||
	    bind(s->told, (struct sockaddr *)&where, sizeof(sa_family_t)) != 0 ||
	    getsockname(s->told, (struct sockaddr *)&where, &n) != 0) {
		return false;
	}
	size_t len = n - offsetof(struct sockaddr_un, sun_path);
	if (len < 2 || len >= sizeof(s->told_name)) {
		return false;
	}
	snprintf(s->told_name, sizeof(s->told_name), "@%.*s", (int)(len - 1), where.sun_path + 1);
	return true;
}

static bool set_up(struct supervisor *s, const struct supervisor_role roles[], size_t n)
{
	snprintf(s->own_pid, sizeof(s->own_pid), "%d", (int)getpid());
	s->loop = loop_new();
	if (!s->loop || !open_told(s)) {
		return false;
	}
	s->on_told = loop_watch_new(s->loop, s->told, on_told, s);
	s->hangup = loop_signal_new(s->loop, SIGHUP, on_hangup, s);
	s->terminate = loop_signal_new(s->loop, SIGTERM, on_terminate, s);
	s->interrupt = loop_signal_new(s->loop, SIGINT, on_terminate, s);
	s->dead = loop_signal_new(s->loop, SIGCHLD, on_dead, s);
	bool good = s->on_told && s->hangup && s->terminate && s->interrupt && s->dead &&
	            loop_watch_arm(s->on_told, LOOP_READ, LOOP_FOREVER);
	for (; good && s->n < n; s->n++) {
		struct child *c = &s->children[s->n];
		c->owner = s;
		c->role = &roles[s->n];
		c->out = -1;
		c->relay.role = c->role->name;
		c->relay.log = s->log;
		c->timer = loop_watch_new(s->loop, -1, on_timer, c);
		good = c->timer;
	}
	return good;
}

struct supervisor *supervisor_new(const struct supervisor_role roles[], size_t n, struct notify *notify,
                                  struct log *log)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	if (!s) {
		return NULL;
	}
	s->log = log;
	s->notify = notify;
	s->told = -1;
	if (n > SUPERVISOR_ROLES || !set_up(s, roles, n)) {
		supervisor_free(s);
		return NULL;
	}
	return s;
}

int supervisor_run(struct supervisor *s)
{
	start_more(s);
	if (loop_run(s->loop) != SIGNET_OK) {
		s->status = STATUS_UNFINISHED;
	}
	return s->status;
}

void supervisor_free(struct supervisor *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; i < s->n; i++) {
		close_out(&s->children[i]);
		loop_watch_free(s->children[i].timer);
	}
	loop_watch_free(s->on_told);
	loop_watch_free(s->hangup);
	loop_watch_free(s->terminate);
	loop_watch_free(s->interrupt);
	loop_watch_free(s->dead);
	loop_free(s->loop);
	if (s->told >= 0) {
		close(s->told);
	}
	free(s);
}
