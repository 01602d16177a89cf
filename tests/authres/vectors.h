/* SPDX-License-Identifier: Apache-2.0 */
/* The cases of tests/vectors/authres as JSON. */
#ifndef SIGNET_TESTS_AUTHRES_VECTORS_H
#define SIGNET_TESTS_AUTHRES_VECTORS_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/rows.h"

/* "" for a member that is not there. */
static inline slice json_text(const json_t *object, const char *key)
{
	return slice_of(json_string_value(json_object_get(object, key)));
}

/* The file below tests/vectors/authres; ends the program if it cannot be read. */
static inline json_t *vectors_load(const char *name)
{
	char path[4096];
	const char *root = getenv("SIGNET_SOURCE");
	snprintf(path, sizeof(path), "%s/tests/vectors/authres/%s", root ? root : ".", name);
	json_error_t error;
	json_t *all = json_load_file(path, JSON_ALLOW_NUL, &error);
	if (!all) {
		printf("Bail out! %s: %s\n", path, error.text);
		exit(1);
	}
	return all;
}

#endif
