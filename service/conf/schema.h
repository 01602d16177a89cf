/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys. */
#ifndef SIGNET_SERVICE_CONF_SCHEMA_H
#define SIGNET_SERVICE_CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

enum conf_kind {
	CONF_TEXT,
	CONF_BOOL,
	CONF_LIST,
};

/* A section with a title, which may stand any number of times: sign "example.com" { ... }.  A title stands once. */
struct conf_section {
	const char *name;
	size_t where; /* the struct conf_titled of struct conf */
	size_t size; /* of its elements, each of which begins with a struct conf_place */
	const char *sentence;
};

struct conf_key {
	const char *section; /* NULL: top level */
	const char *name;
	enum conf_kind kind;
	size_t where; /* the member of struct conf, or of the element of a section with a title */
	bool (*is_valid)(const char *value); /* of a text or of each element; NULL: any text */
	const char *wants; /* what a valid value is, for the error */
	const char *sentence;
};

/* "192.0.2.1", "192.0.2.1@5353", "fe80::1%eth0": the same for the key dns.resolver and the option --resolver. */
bool conf_is_server(const char *value);

extern const struct conf_key conf_keys[];
extern const size_t conf_n_keys;
extern const struct conf_section conf_sections[];
extern const size_t conf_n_sections;

#endif
