/* SPDX-License-Identifier: Apache-2.0 */
/* peers: who is answered.  Users and groups, known by what the kernel says of the other end of the socket, never by what it
 * says itself. */
#ifndef SIGNET_SERVICE_SIGNER_PEERS_H
#define SIGNET_SERVICE_SIGNER_PEERS_H

#include "../net/listen.h"

#define PEERS_MAX 64

struct peers {
	struct {
		bool is_group;
		uint32_t id;
	} at[PEERS_MAX];
	size_t n;
};

/* Adds "name" or "number" of a user, "@name" or "@number" of a group.  False: there is none of that name, or too many. */
bool peers_add(struct peers *p, const char *text);
void peers_add_user(struct peers *p, uid_t uid);
bool peers_have(const struct peers *p, int fd, const struct peer *peer);

#endif
