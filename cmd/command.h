/* SPDX-License-Identifier: Apache-2.0 */
/* A subcommand is one file that exports one const struct. */
#ifndef SIGNET_CMD_COMMAND_H
#define SIGNET_CMD_COMMAND_H

#include "../src/base/slice.h"
#include "options.h"

/* Exit statuses; of many items the worst in the order BAD_INPUT, UNFINISHED, BAD. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_BAD = 1,        /* the thing checked is bad */
	EXIT_USAGE = 2,
	EXIT_UNFINISHED = 3, /* DNS, I/O */
	EXIT_BAD_INPUT = 4,
};

struct command {
	const char *name;
	const char *synopsis; /* operands */
	const char *summary;  /* one line */
	unsigned options;     /* which groups of options it takes */
	enum exit_status (*run)(const struct options *o);
	bool is_role;         /* a program of its own reads the options: the rest is empty (role.h) */
};

extern const struct command cmd_check, cmd_conf, cmd_dmarc,
	cmd_explain, cmd_key, cmd_milter, cmd_seal, cmd_serve, cmd_sign, cmd_signer, cmd_spf, cmd_verdict;

/* The whole text on standard output, which may be empty.  False if that is broken: there is nobody left to tell. */
bool write_out(slice text);

/* Of two statuses the one a caller should hear of. */
enum exit_status worse(enum exit_status a, enum exit_status b);

#endif
