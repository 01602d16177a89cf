/* SPDX-License-Identifier: Apache-2.0 */
/* signet: the table of commands. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "role.h"

static const struct command *const commands[] = {
	&cmd_check, &cmd_spf, &cmd_dmarc, &cmd_sign, &cmd_seal, &cmd_key, &cmd_verdict, &cmd_conf, &cmd_explain, &cmd_milter,
	&cmd_signer, &cmd_serve,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum exit_status worse(enum exit_status a, enum exit_status b)
{
	static const int rank[] = {
		[EXIT_FINE] = 0, [EXIT_BAD] = 1, [EXIT_UNFINISHED] = 2, [EXIT_BAD_INPUT] = 3, [EXIT_USAGE] = 4,
	};
	return rank[a] >= rank[b] ? a : b;
}

bool write_out(slice text)
{
	return !text.len || fwrite(text.at, 1, text.len, stdout) == text.len;
}

static void usage(FILE *to)
{
	fputs("usage: signet COMMAND [OPTION]... [OPERAND]...\n\n", to);
	for (size_t i = 0; i < N_COMMANDS; i++) {
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	}
	fputs("\nsignet COMMAND --help lists the options of a command.\n", to);
}

static void help(const struct command *command)
{
	printf("usage: signet %s [OPTION]... %s\n\n%s\n\n", command->name, command->synopsis, command->summary);
	options_help(command->options);
	puts("\nexit status: 0 fine, 1 the thing checked is bad, 2 usage, 3 could not finish (DNS, I/O), 4 bad input "
	     "file");
}

static enum exit_status run(const struct command *command, int argc, char **argv)
{
	struct options o;
	enum exit_status status = EXIT_USAGE;
	if (options_parse(command->name, command->options, argc, argv, &o)) {
		if (o.help) {
			help(command);
			status = EXIT_FINE;
		} else {
			status = command->run(&o);
		}
	}
	options_finish(&o);
	return status;
}

static enum exit_status run_named(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0) {
			return commands[i]->is_role ? role_start(name, argv) : run(commands[i], argc, argv);
		}
	}
	if (strcmp(name, "--version") == 0) {
		puts("signet " SIGNET_VERSION);
		return EXIT_FINE;
	}
	bool asked = strcmp(name, "--help") == 0 || strcmp(name, "help") == 0 || strcmp(name, "-h") == 0;
	if (!asked && *name) {
		fprintf(stderr, "signet: there is no command \"%s\"\n", name);
	}
	usage(asked ? stdout : stderr);
	return asked ? EXIT_FINE : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	enum exit_status status = run_named(argc > 1 ? argv[1] : "", argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("signet: standard output");
		status = worse(status, EXIT_UNFINISHED);
	}
	return status;
}
