/* SPDX-License-Identifier: Apache-2.0 */
/* rights: what the milter keeps (service/loop/confine.h): its sockets, DNS, the signer's socket, writing below its spool,
 * reading where its configuration lies.  Tried from inside by a test. */
#ifndef SIGNET_SERVICE_MILTER_RIGHTS_H
#define SIGNET_SERVICE_MILTER_RIGHTS_H

#include "../loop/confine.h"

#define ROLE_WORKER_FILES 320 /* descriptors of a worker: the sockets of its resolver, see service/dns/context.c */
#define ROLE_FILES 128 /* of everything else */

struct role_rights {
	const struct confine_user *user; /* NULL: stay who we are */
	const char *spool; /* directory that is written to; NULL: none */
	const char *const *reads; /* directories of the configuration, for a reload; NULL ends the list */
	const char *const *removes; /* directories of sockets that are removed at the end; NULL ends the list */
	const uint16_t *dns_ports; /* of name servers, for TCP; 0 ends the list */
	size_t connections, workers;
};

struct confine role_confinement(const struct role_rights *rights);

#endif
