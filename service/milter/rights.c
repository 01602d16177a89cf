/* SPDX-License-Identifier: Apache-2.0 */
#include "rights.h"

struct confine role_confinement(const struct role_rights *r)
{
	return (struct confine) {
		.user = r->user,
		.calls = CONFINE_ACCEPT | CONFINE_UNIX_SOCKETS | CONFINE_INET_SOCKETS | CONFINE_THREADS |
		         (r->reads && *r->reads ? CONFINE_READ_FILES : 0) |
		         (r->removes && *r->removes ? CONFINE_REMOVE_FILES : 0) | (r->spool ? CONFINE_WRITE_FILES : 0),
		.also_read = r->reads,
		.write_below = r->spool,
		.also_remove = r->removes,
		.connect_ports = r->dns_ports,
		.open_files = r->connections + r->workers * ROLE_WORKER_FILES + ROLE_FILES,
		/* of addresses: the heap of each thread takes many that it never touches */
		.memory_bytes = ((uint64_t)2 << 30) + r->workers * ((uint64_t)512 << 20) +
		                r->connections * ((uint64_t)128 << 10),
	};
}
