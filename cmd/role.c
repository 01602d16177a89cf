/* SPDX-License-Identifier: Apache-2.0 */
#include "role.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* The folder of this program, without a slash at the end. */
static bool find_own_folder(char at[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", at, PATH_MAX - 1);
	if (n <= 0) {
		return false;
	}
	at[n] = 0;
	char *slash = strrchr(at, '/');
	if (slash) {
		*slash = 0;
	}
	return slash;
}

/* Returns only if there is no such program, or it cannot be started. */
static void try_to_start(const char *folder, const char *below, const char *role, char **argv)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s/signet-%s", folder, below, role);
	if (n > 0 && (size_t)n < sizeof(path)) {
		execv(path, argv);
	}
}

enum exit_status role_start(const char *role, char **argv)
{
	char folder[PATH_MAX], in_build[64];
	char **arguments = argv + 1; /* its name is that of the role */
	if (find_own_folder(folder)) {
		snprintf(in_build, sizeof(in_build), "/../service/%s", role);
		try_to_start(folder, "/../libexec/signet", role, arguments);
		try_to_start(folder, in_build, role, arguments);
	}
	try_to_start(SIGNET_LIBEXEC, "", role, arguments);
	fprintf(stderr, "signet: cannot start the program signet-%s of the role %s: %s\n", role, role, strerror(errno));
	return EXIT_UNFINISHED;
}

const struct command cmd_milter = {
	.name = "milter",
	.summary = "verify, enforce and sign what a mail server hands over",
	.is_role = true,
};

const struct command cmd_serve = {
	.name = "serve",
	.summary = "start the roles that the configuration turns on, and keep them running",
	.is_role = true,
};

const struct command cmd_signer = {
	.name = "signer",
	.summary = "hold the private keys and sign for those who may ask",
	.is_role = true,
};
