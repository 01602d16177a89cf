/* SPDX-License-Identifier: Apache-2.0 */
/* The case files of tests/vectors/spf. */
#ifndef SIGNET_TESTS_SPF_VECTORS_H
#define SIGNET_TESTS_SPF_VECTORS_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static inline json_t *load_cases(const char *name)
{
	char path[4096];
	const char *root = getenv("SIGNET_SOURCE");
	json_error_t error;
	snprintf(path, sizeof(path), "%s/tests/vectors/spf/%s/cases.json", root ? root : ".", name);
	json_t *file = json_load_file(path, JSON_ALLOW_NUL, &error);
	if (!file) {
		fprintf(stderr, "%s: %s\n", path, error.text);
		abort();
	}
	return file;
}

/* The text of a member, "" if there is none. */
static inline const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

#endif
