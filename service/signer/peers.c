/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"

#include <grp.h>
#include <pwd.h>

#include "../../src/base/cursor.h"

static bool add(struct peers *p, bool is_group, uint64_t id)
{
	if (p->n == PEERS_MAX) {
		return false;
	}
	p->at[p->n].is_group = is_group;
	p->at[p->n++].id = (uint32_t)id;
	return true;
}

void peers_add_user(struct peers *p, uid_t uid)
{
	(void)add(p, false, uid);
}

bool peers_add(struct peers *p, const char *text)
{
	bool is_group = *text == '@';
	const char *name = text + is_group;
	uint64_t number;
	if (number_parse(slice_of(name), UINT32_MAX - 1, &number)) {
		return add(p, is_group, number);
	}
	const struct group *group = is_group ? getgrnam(name) : NULL;
	const struct passwd *user = is_group ? NULL : getpwnam(name);
	return (group || user) && add(p, is_group, group ? group->gr_gid : user->pw_uid);
}

bool peers_have(const struct peers *p, int fd, const struct peer *peer)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->at[i].is_group ? peer_is_in_group(fd, peer, p->at[i].id) : p->at[i].id == peer->uid) {
			return true;
		}
	}
	return false;
}
