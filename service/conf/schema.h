/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys: parser, defaults, signet conf show and the test of the manual read the same rows. */
#ifndef SIGNET_SERVICE_CONF_SCHEMA_H
#define SIGNET_SERVICE_CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_kind { /* the member that is filled */
	         CONF_TEXT, /* const char * */
	         CONF_BOOL, /* bool */
	         CONF_LIST, /* struct conf_list */
	         CONF_SWITCH, /* enum conf_switch: a bool that may be absent */
	         CONF_NUMBER, /* uint64_t */
	         CONF_OCTETS, /* uint64_t: a number, or 64k, 16M, 2G */
	         CONF_SPAN, /* int64_t, seconds: a number, or 90m, 12h, 7d */
};

/* A section with a title, which may stand any number of times: sign "example.com" { ... }.  A title stands once. */
struct conf_section {
	const char *name;
	size_t where; /* the struct conf_titled of struct conf */
	size_t size; /* of its elements, each of which begins with a struct conf_place */
	const char *sentence;
	bool (*is_valid)(const char *title); /* NULL: any text */
	const char *wants; /* what a valid title is */
};

struct conf_key {
	const char *section; /* NULL: top level */
	const char *name;
	enum conf_kind kind;
	uint32_t where; /* the member of struct conf, or of the element of a section with a title */
	bool (*is_valid)(const char *value); /* of a text or of each element; NULL: any text */
	const char *wants; /* what a valid value is, for the error */
	const char *sentence;
	const char *preset; /* what holds where it is absent; NULL: nothing */
	const char *const *presets; /* the same of a list, which NULL ends */
	bool is_unfilled; /* whoever reads it fills the preset in, because he must tell absent from said */
	bool is_fixed; /* a change needs a restart */
	uint64_t least, most; /* of a number, octets, a span; most 0: no range */
};

/* "192.0.2.1", "192.0.2.1@5353", "fe80::1%eth0": the same for the key dns.resolver and the option --resolver. */
bool conf_is_server(const char *value);
/* True if `value` may stand for `key`, or be an element of it. */
bool conf_is_good(const struct conf_key *key, const char *value);
/* "a time such as 1h, from 1s to 1d": what a good value is, with its range. */
void conf_put_wants(char *to, size_t room, const struct conf_key *key);
/* What numbers of this kind count: "seconds", "octets"; NULL: nothing in particular. */
const char *conf_unit(enum conf_kind kind);

extern const struct conf_key conf_keys[];
extern const size_t conf_n_keys;
extern const struct conf_section conf_sections[];
extern const size_t conf_n_sections;

const struct conf_key *conf_find_key(const char *section, const char *name);
/* NULL: it has no titles, or is none. */
const struct conf_section *conf_find_section(const char *name);

#endif
