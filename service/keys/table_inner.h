/* SPDX-License-Identifier: Apache-2.0 */
/* table_inner: what a table is made of.  For the table_*.c alone. */
#ifndef SIGNET_SERVICE_KEYS_TABLE_INNER_H
#define SIGNET_SERVICE_KEYS_TABLE_INNER_H

#include "../../src/base/map.h"
#include "table_build.h"

/* One key as written. */
struct key {
	slice domain; /* d=; empty: the domain of From */
	slice selector;
	slice path; /* of TABLE_FILE */
	slice file; /* where it stands */
	uint32_t line;
	enum table_place place;
	enum signet_algorithm algorithm;
	bool has_algorithm;
	bool path_has_author; /* "%" in the path stands for the domain of From */
};

/* Who is signed for, by which key. */
struct rule {
	const struct key *key; /* NULL: the key of OpenDKIM's KeyTable that is called like the domain of From */
	slice identity; /* i=, "%" in it stands for the domain of From; empty: none */
	slice file;
	uint32_t line;
	bool third_party;
	struct rule *next; /* the same rule with another key */
};

/* A line of a refile:. */
struct pattern {
	slice text; /* lower case */
	struct rule rule;
	struct pattern *next; /* with the same ending */
};

/* The patterns with one ending, the first line of the file first. */
struct ending {
	struct pattern *first, *last;
};

/* OpenDKIM's tables. */
struct opendkim {
	struct map names; /* KeyTable: name -> struct key */
	struct map exact; /* SigningTable of file: and csl: -> struct rule */
	struct map endings; /* SigningTable of refile: "@domain" or ".parent" or nothing -> struct ending */
	bool multiple; /* all matches sign, not the first alone */
};

struct table {
	struct signet_arena arena;
	struct map rules; /* "joe@example.com", "example.com", ".example.com", "*" -> struct rule */
	size_t n_rules;
	struct opendkim opendkim;
	/* Bindings (table_bind.c) */
	struct map bound; /* "l" login or "c" client -> struct holder */
	struct map froms; /* number of the binding in four octets, then a form of a rule or "%" -> any pointer */
	uint8_t prefixes[2][129]; /* of IPv4 and IPv6: which lengths networks have */
	uint32_t n_bindings;
	bool binds;
};

/* Domain in normal form, in the table's memory; false (after an error with `what`) if it is none. */
bool table_domain(struct table *t, slice domain, slice *ret);
/* True if d= may hold it: letters, digits and hyphens, two labels (RFC 6376 3.5, 3.1). */
bool table_is_signing_domain(slice normal);
bool table_is_selector(slice selector);
/* The local part as compared: without its quotes, ASCII lower case.  Lives in `a`. */
slice table_local(slice local, struct signet_arena *a);
/* Cuts at the last "@"; false if there is none. */
bool table_split_address(slice address, slice *ret_local, slice *ret_domain);
/* "joe@example.com", "example.com", ".example.com" or "*" in the form that maps hold; false if it is none of these. */
bool table_form(struct table *t, slice who, slice *ret);
/* False after an error once there are too many rules or no memory is left. */
bool table_has_room(const struct table *t, const struct table_source *at);
/* `path`, below `folder` if it is relative, with a NUL behind it. */
slice table_path(struct table *t, slice folder, slice path);

/* The rules of OpenDKIM for this address, first match first; at most `room`. */
size_t opendkim_find(const struct table *t, slice local, slice domain, struct signet_arena *a, const struct rule **ret,
                     size_t room);

/* May the sender of `q` write from local@domain (both as compared)?  TABLE_SIGNS: yes. */
enum table_why bindings_judge(const struct table *t, const struct table_query *q, slice local, slice domain,
                              struct signet_arena *a);

#endif
