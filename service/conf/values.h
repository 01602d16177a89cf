/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a configuration: what schema.c fills and everybody reads. */
#ifndef SIGNET_SERVICE_CONF_VALUES_H
#define SIGNET_SERVICE_CONF_VALUES_H

#include <stdbool.h>
#include <stddef.h>

/* Values of a key that holds a list. */
struct conf_list {
	const char *const *at;
	size_t n;
};

/* Every value as read; texts are NULL where the key is absent.  Belongs to conf_read's caller until conf_free. */
struct conf {
	const char *authserv_id;
	const char *mode;
	bool rfc7489;
	const char *psl_file;
	struct conf_list trusted_nets;
	struct conf_list trusted_sealers;
	struct conf_list trusted_lists;
	struct conf_list forwarders;
	const char *dns_resolver;
	const char *dns_trust_anchor;
	const char *signer_socket;
	const char *signer_keys;
	const char *signer_user;
	struct conf_list signer_peers;
};

#endif
