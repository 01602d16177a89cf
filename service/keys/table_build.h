/* SPDX-License-Identifier: Apache-2.0 */
/* table_build: how a table (table.h) is filled, and what is said of lines that are wrong.
 *
 *     struct table *t = table_new();
 *     struct table_source at = { table_keep(t, S("/etc/signet/keys.table")), 7, &problems };
 *     table_add_rule(t, &(struct table_rule_text){ .who = S("example.com"), .selector = S("s1"), .place = S("/k.pem") }, &at);
 *
 * The readers of files (table_text.h, table_opendkim.h) and of the configuration (table_load.h) end here. */
#ifndef SIGNET_SERVICE_KEYS_TABLE_BUILD_H
#define SIGNET_SERVICE_KEYS_TABLE_BUILD_H

#include "table.h"

/* A table without rules; NULL if memory is short. */
struct table *table_new(void);

/* What is wrong with a source: lines "file:line: what" for a person, the first hundred of them, then their number.  A line
 * that is wrong is left out; the others stand. */
struct table_problems {
	struct buf *lines;
	size_t errors; /* lines that were left out, files that were not read */
	size_t unread; /* files among them: whoever reloads keeps the old table */
	size_t notes; /* lines that stand but deserve a look */
};

/* A place in a source. */
struct table_source {
	slice file; /* lives as long as the table: table_keep() */
	size_t line;
	struct table_problems *problems;
};

/* A copy in the table's own memory, with a NUL behind it; the empty slice if memory is short. */
slice table_keep(struct table *t, slice text);

/* "file:line: WHAT" where {0} and {1} of `what` stand for quoted texts.  The value of a key never goes in. */
void table_error(const struct table_source *at, const char *what, slice text0, slice text1);
void table_note(const struct table_source *at, const char *what, slice text0, slice text1);

/* One rule as written.  Slices live as long as the table (table_keep). */
struct table_rule_text {
	slice who; /* joe@example.com, example.com, .example.com, *.example.com, * */
	slice sign_as; /* d=; "%": the domain of From; empty: as the rule says */
	slice selector; /* empty: of TABLE_STORE only */
	slice place; /* "store" or empty, "signer", or a path; "%" in it is the domain of From */
	slice folder; /* what a relative path is relative to; empty: as it is */
	slice algorithm; /* empty: not known */
	bool third_party;
};

/* Adds it, or tells what is wrong.  The same rule with another selector adds a key; with the same selector the first one
 * stands and the second is an error. */
void table_add_rule(struct table *t, const struct table_rule_text *rule, const struct table_source *at);

/* From now on only who is bound may sign, even if no binding can be read. */
void table_expect_bindings(struct table *t);

/* Begins a binding and returns its number, 0 if there are too many. */
uint32_t table_add_binding(struct table *t, const struct table_source *at);
/* "user", "user@domain", "@domain" (every login of it), "*" (everybody who logged in).  Logins are compared octet by octet,
 * their domains in normal form. */
void table_bind_login(struct table *t, uint32_t binding, slice login, const struct table_source *at);
/* An address, a network, a name, or ".name" (the names below it). */
void table_bind_client(struct table *t, uint32_t binding, slice client, const struct table_source *at);
/* What may stand in From: the four forms of a rule, and "%": the domain of the login itself. */
void table_bind_from(struct table *t, uint32_t binding, slice from, const struct table_source *at);

#endif
