/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: one table of keys (schema.c), read by libConfuse.
 *
 *     # /etc/signet/signet.conf
 *     authserv_id = "mx.example.net"
 *     trusted_nets = { "192.0.2.0/24" }
 *     dns { resolver = "127.0.0.1@53" }
 *     sign "example.com" { selector = { "s1", "ed1" } key = { "/etc/signet/s1.pem", "/etc/signet/ed1.pem" } }
 *
 * An unknown key, a value of the wrong type or out of its range is an error that names file and line. */
#ifndef SIGNET_SERVICE_CONF_CONF_H
#define SIGNET_SERVICE_CONF_CONF_H

#include "../../src/base/buf.h"
#include "values.h"

/* Reads `path`.  NULL after a line in `error` ("file:line: what"), which may quote any octet of the file. */
struct conf *conf_read(const char *path, struct buf *error);
void conf_free(struct conf *conf);

/* Paths in a configuration are relative to its folder: writes the path that `value`, read from the file `config`, means,
 * and returns it.  False if it has no room. */
bool conf_path(const char *config, const char *value, char *ret, size_t room);

#endif
