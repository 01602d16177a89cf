/* SPDX-License-Identifier: Apache-2.0 */
/* Negates one rule for the mutants build: SIGNET_MUTANT=src/spf/eval.c:123 in the environment.
 *
 * Part of a build with -Dmutants=true only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/slice.h"

bool rule_is_negated(const char *file, int line, const char *clause)
{
	static const char *mutant;
	static bool read;
	(void)clause;
	if (!read) {
		read = true;
		mutant = getenv("SIGNET_MUTANT");
	}
	if (!mutant) {
		return false;
	}
	const char *colon = strrchr(mutant, ':');
	const char *base = strstr(file, "src/");
	return colon && base && strtol(colon + 1, NULL, 10) == line && strlen(base) == (size_t)(colon - mutant) &&
	       strncmp(base, mutant, (size_t)(colon - mutant)) == 0;
}
