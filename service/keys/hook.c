/* SPDX-License-Identifier: Apache-2.0 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAP_MS 10
#define WORD_OCTETS 4096
#define NOT_FOUND 127 /* as the shell says it */

static bool fail(struct buf *error, const char *program, const char *why, int number)
{
	buf_put_text(error, program);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	if (number) {
		buf_put_char(error, ' ');
		buf_put_number(error, (uint64_t)number);
	}
	return false;
}

/* What it prints is for people; standard output is ours. */
static void become(char *const words[])
{
	int nothing = open("/dev/null", O_RDONLY);
	(void)setpgid(0, 0);
	if (nothing >= 0) {
		(void)dup2(nothing, STDIN_FILENO);
	}
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	(void)execvp(words[0], words);
	_exit(NOT_FOUND);
}

static bool wait_for(pid_t child, int timeout_ms, int *ret_status)
{
	for (int waited = 0; waited <= timeout_ms; waited += NAP_MS) {
		pid_t got = waitpid(child, ret_status, WNOHANG);
		if (got == child || (got < 0 && errno != EINTR)) {
			return got == child;
		}
		nanosleep(&(struct timespec) { .tv_nsec = NAP_MS * 1000000L }, NULL);
	}
	(void)kill(-child, SIGKILL);
	(void)waitpid(child, ret_status, 0);
	return false;
}

bool hook_run(const char *program, const char *action, slice name, uint32_t ttl_s, slice value, int timeout_ms,
              struct buf *error)
{
	char path[WORD_OCTETS], act[32], owner[WORD_OCTETS], type[] = "TXT", ttl[16], text[WORD_OCTETS];
	char *words[] = { path, act, owner, type, ttl, text, NULL };
	if (strlen(program) >= sizeof(path) || name.len >= sizeof(owner) || value.len >= sizeof(text)) {
		return fail(error, program, "its words would be too long", 0);
	}
	snprintf(path, sizeof(path), "%s", program);
	snprintf(act, sizeof(act), "%s", action);
	snprintf(owner, sizeof(owner), "%.*s", (int)name.len, name.at);
	snprintf(ttl, sizeof(ttl), "%u", (unsigned)ttl_s);
	snprintf(text, sizeof(text), "%.*s", (int)value.len, value.at);
	/* ignored, as some that start us leave it, it would take the exit status away from us */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		return fail(error, program, strerror(errno), 0);
	}
	if (child == 0) {
		become(words);
	}
	int status = 0;
	if (!wait_for(child, timeout_ms, &status)) {
		return fail(error, program, "it did not end in time and was killed", 0);
	}
	if (WIFSIGNALED(status)) {
		return fail(error, program, "it was ended by signal", WTERMSIG(status));
	}
	if (WEXITSTATUS(status) == NOT_FOUND) {
		return fail(error, program, "it cannot be run", 0);
	}
	return WEXITSTATUS(status) == 0 || fail(error, program, "it ended with exit status", WEXITSTATUS(status));
}
