/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: one table of keys (schema.c), read by libConfuse.
 *
 *     # /etc/signet/signet.conf
 *     authserv_id = "mx.example.net"
 *     trusted_nets = { "192.0.2.0/24" }
 *     dns { resolver = "127.0.0.1@53" }
 *     sign "example.com" { selector = { "s1", "ed1" } key = { "/etc/signet/s1.pem", "/etc/signet/ed1.pem" } }
 *
 * An unknown key, a key that stands twice, a value of the wrong type or out of its range is an error that names file and
 * line. */
#ifndef SIGNET_SERVICE_CONF_CONF_H
#define SIGNET_SERVICE_CONF_CONF_H

#include "../../src/base/buf.h"
#include "values.h"

struct conf_key;

/* Reads `path`.  NULL after a line in `error` ("file:line: what"), which may quote any octet of the file but line feed. */
struct conf *conf_read(const char *path, struct buf *error);
/* The same, with a line for each error that can be found, in the order of the file; between them line feeds. */
struct conf *conf_read_all(const char *path, struct buf *error);
/* A configuration in which nothing is said.  NULL: memory is short. */
struct conf *conf_new(void);
/* Accepts NULL. */
void conf_free(struct conf *conf);

/* As if a section listen stood there; the texts must outlive the configuration.  Returns what is not good of it, "socket" or
 * "role"..., "memory" if that is short; NULL: it is added. */
const char *conf_add_listen(struct conf *conf, const char *name, const char *socket, const char *role);

/* An element of a section with a title, zeroed but for its place, as if nothing were said in it. */
void conf_fill(const char *section, void *element);

/* The line in which a key was said, the last one of a list; 0: it was not, or the list is empty.  `place` is that of the
 * section if it has a title, else NULL. */
size_t conf_line(const struct conf *conf, const struct conf_place *place, const char *section, const char *name);

/* The value as it would be written in a configuration, texts in quotation marks; nothing if there is none.  `into` is the
 * struct conf, or the element of a section with a title. */
void conf_put_value(struct buf *to, const struct conf_key *key, const void *into);

/* Paths in a configuration are relative to its folder: writes the path that `value`, read from the file `config`, means,
 * and returns it.  False if it has no room. */
bool conf_path(const char *config, const char *value, char *ret, size_t room);

#endif
