/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor over any programs:  supervise NAME PROGRAM ARGUMENT [NAME PROGRAM ARGUMENT]... */
#include <signal.h>
#include <stdio.h>

#include "../../service/loop/confine.h"
#include "../../service/serve/supervisor.h"

int main(int argc, char **argv)
{
	struct log log;
	struct notify notify;
	struct supervisor_role roles[SUPERVISOR_ROLES] = { 0 };
	size_t n = 0;
	for (int i = 1; i + 2 < argc && n < SUPERVISOR_ROLES; i += 3) {
		roles[n++] = (struct supervisor_role) { argv[i], argv[i + 1], { argv[i + 2] } };
	}
	signal(SIGPIPE, SIG_IGN);
	log_open(&log, "serve", LOG_TO_STDERR);
	notify_open(&notify);
	struct supervisor *s = supervisor_new(roles, n, &notify, &log);
	int status = s && confine_supervisor(&log) == SIGNET_OK ? supervisor_run(s) : 3;
	supervisor_free(s);
	notify_close(&notify);
	log_close(&log);
	return status;
}
