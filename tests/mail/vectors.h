/* SPDX-License-Identifier: Apache-2.0 */
/* Reading tests/vectors. */
#ifndef SIGNET_TESTS_MAIL_VECTORS_H
#define SIGNET_TESTS_MAIL_VECTORS_H

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../src/base/buf.h"

/* The octets of a file below the source; freed by buf_finish.  Line ends other than CRLF become CRLF if `crlf`. */
static inline struct buf vector_file(const char *path, bool crlf)
{
	struct buf name, all;
	char octets[4096];
	size_t n;
	buf_init(&name, 4096);
	buf_init(&all, 16 << 20);
	buf_put_text(&name, getenv("SIGNET_SOURCE") ? getenv("SIGNET_SOURCE") : ".");
	buf_put_text(&name, "/tests/vectors/");
	buf_put_text(&name, path);
	buf_put_char(&name, '\0');
	FILE *file = fopen(name.at, "rb");
	char last = 0;
	while (file && (n = fread(octets, 1, sizeof(octets), file)) > 0) {
		for (size_t i = 0; i < n; i++) {
			if (crlf && octets[i] == '\n' && last != '\r') {
				buf_put_char(&all, '\r');
			}
			buf_put_char(&all, octets[i]);
			last = octets[i];
		}
	}
	if (file) {
		fclose(file);
	}
	buf_finish(&name);
	return all;
}

/* The member "cases" of a JSON file; NULL: not there. */
static inline json_t *vector_cases(const char *path)
{
	struct buf all = vector_file(path, false);
	json_t *file = json_loadb(all.at, all.len, JSON_ALLOW_NUL, NULL);
	json_t *cases = json_incref(json_object_get(file, "cases"));
	json_decref(file);
	buf_finish(&all);
	return cases;
}

static inline slice vector_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_string(value) ? slice_make(json_string_value(value), json_string_length(value)) : (slice) { 0 };
}

/* A field value with its line ends as CRLF and without the last one. */
static inline struct buf vector_value(const json_t *object, const char *key)
{
	struct buf b;
	slice text = vector_text(object, key);
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\n' && (i == 0 || text.at[i - 1] != '\r')) {
			buf_put_char(&b, '\r');
		}
		buf_put_char(&b, text.at[i]);
	}
	b.len -= b.len >= 2 && b.at[b.len - 1] == '\n' ? 2 : 0;
	return b;
}

#endif
