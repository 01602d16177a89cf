/* SPDX-License-Identifier: Apache-2.0 */
/* flags: the options of a role, in a table: parser and --help read the same rows.
 *
 *     static const struct flag flags[] = {
 *             { "socket", 0, FLAG_TEXT, offsetof(struct wanted, socket), "PATH", "where to listen" },
 *     };
 *     if (!flags_parse("signer", flags, n, argc, argv, &wanted)) return 2;
 *
 * The subcommands of `signet` have a table of their own (cmd/options.h): what a role takes is its own business, and it links
 * nothing of cmd. */
#ifndef SIGNET_SERVICE_CONF_FLAGS_H
#define SIGNET_SERVICE_CONF_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flag_kind {
	FLAG_BOOL, /* bool */
	FLAG_TEXT, /* const char * */
	FLAG_LIST, /* struct flag_list */
	FLAG_COUNT, /* uint64_t, 1 and more */
};

#define FLAG_LIST_MAX 64

/* Values of a repeatable option, in the order given. */
struct flag_list {
	const char *at[FLAG_LIST_MAX];
	size_t n;
};

struct flag {
	const char *name;
	char letter; /* 0: none */
	enum flag_kind kind;
	size_t where; /* the member of the struct that is filled */
	const char *argument;
	const char *help;
};

#define FLAGS_MAX 32

/* Fills `into` from argv[1..]; a role takes no operands.  False (after a line on standard error) if it is not usable. */
bool flags_parse(const char *role, const struct flag flags[], size_t n, int argc, char **argv, void *into);
/* A line for each, on standard output. */
void flags_help(const struct flag flags[], size_t n);

#endif
