/* SPDX-License-Identifier: Apache-2.0 */
/* table_load: the table of a configuration.
 *
 *     struct table_problems problems = { .lines = &text };
 *     struct table *fresh = table_load(&(struct table_sources){ .conf = conf, .conf_path = path }, &problems);
 *     log(text);                                    // one line for each thing that is wrong
 *     if (fresh && !problems.unread) swap(fresh);   // a reload: wrong lines do not take the good ones down
 *
 * Read in this order, so that an earlier line stands where two say the same: the sections sign "..." and bind "...", the
 * files of keys.tables, the files given beside the configuration, keys.bindings, OpenDKIM's tables.  No key is opened. */
#ifndef SIGNET_SERVICE_KEYS_TABLE_LOAD_H
#define SIGNET_SERVICE_KEYS_TABLE_LOAD_H

#include "table_build.h"

struct conf;

struct table_sources {
	const struct conf *conf; /* NULL: no configuration */
	const char *conf_path; /* for errors; relative paths of the configuration are below its folder */
	const char *const *files; /* further files of DOMAIN SELECTOR KEYFILE */
	size_t n_files;
};

/* NULL if memory is short.  Whatever else is wrong is told in `problems`, and the rest stands.  table_free() it; it does not
 * need the configuration any more. */
struct table *table_load(const struct table_sources *sources, struct table_problems *problems);

#endif
