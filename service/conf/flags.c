/* SPDX-License-Identifier: Apache-2.0 */
#include "flags.h"

#include <getopt.h>
#include <stdio.h>

#include "../../src/base/cursor.h"

#define COUNT_MAX 1000000
#define LONG_ONLY 256 /* the value of an option without a letter: no octet has it */

static bool store(const struct flag *flag, const char *value, void *into)
{
	void *to = (char *)into + flag->where;
	uint64_t number = 0;
	switch (flag->kind) {
	case FLAG_BOOL:
		*(bool *)to = true;
		return true;
	case FLAG_TEXT:
		*(const char **)to = value;
		return true;
	case FLAG_COUNT:
		if (!number_parse(slice_of(value), COUNT_MAX, &number) || number == 0) {
			return false;
		}
		*(uint64_t *)to = number;
		return true;
	case FLAG_LIST:
		break;
	}
	struct flag_list *list = to;
	if (list->n == FLAG_LIST_MAX) {
		return false;
	}
	list->at[list->n++] = value;
	return true;
}

static const struct flag *flag_of(const struct flag flags[], size_t n, int found)
{
	for (size_t i = 0; i < n; i++) {
		if (found == LONG_ONLY + (int)i || (flags[i].letter && found == flags[i].letter)) {
			return &flags[i];
		}
	}
	return NULL;
}

bool flags_parse(const char *role, const struct flag flags[], size_t n, int argc, char **argv, void *into)
{
	struct option names[FLAGS_MAX + 1] = { 0 };
	char letters[2 * FLAGS_MAX + 1] = "";
	size_t n_letters = 0;
	for (size_t i = 0; i < n && i < FLAGS_MAX; i++) {
		bool has_value = flags[i].kind != FLAG_BOOL;
		names[i] = (struct option) { .name = flags[i].name, .has_arg = has_value, .val = LONG_ONLY + (int)i };
		if (flags[i].letter) {
			letters[n_letters++] = flags[i].letter;
			if (has_value) {
				letters[n_letters++] = ':';
			}
		}
	}
	for (int found; (found = getopt_long(argc, argv, letters, names, NULL)) != -1;) {
		const struct flag *flag = flag_of(flags, n, found);
		if (!flag) {
			return false; /* getopt said it */
		}
		if (!store(flag, optarg, into)) {
			fprintf(stderr, "signet %s: option --%s: cannot use \"%s\" as %s\n", role, flag->name, optarg,
			        flag->argument);
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "signet %s: there is no use for \"%s\"\n", role, argv[optind]);
	}
	return optind == argc;
}

void flags_help(const struct flag flags[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char name[64], letter[8] = "    ";
		snprintf(name, sizeof(name), "--%s%s%s", flags[i].name, flags[i].argument ? " " : "",
		         flags[i].argument ? flags[i].argument : "");
		if (flags[i].letter) {
			snprintf(letter, sizeof(letter), "-%c, ", flags[i].letter);
		}
		printf("  %s%-24s %s\n", letter, name, flags[i].help);
	}
}
