/* SPDX-License-Identifier: Apache-2.0 */
#include "doors.h"

#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define METRICS_NAME "metrics"

void doors_init(struct doors *d)
{
	*d = (struct doors) { .metrics.fd = -1 };
}

static bool fail(struct buf *error, const char *what, const char *why)
{
	buf_put_text(error, what);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return false;
}

static bool is_tcp(int fd)
{
	int family = 0;
	socklen_t n = sizeof(family);
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n) == 0 && family != AF_UNIX;
}

static struct door *add(struct doors *d, const struct rules_listener *listener, struct buf *error)
{
	struct door *door = d->n < DOORS_MAX ? &d->at[d->n] : NULL;
	if (!door) {
		(void)fail(error, listener->name, "there are too many sockets");
		return NULL;
	}
	*door = (struct door) { .listener.fd = -1,
		                .name = strdup(listener->name),
		                .where = strdup(listener->socket ? listener->socket : "") };
	if (!door->name || !door->where) {
		free(door->name);
		free(door->where);
		(void)fail(error, listener->name, "memory is short");
		return NULL;
	}
	d->n++;
	return door;
}

/* ---- what was handed over ---- */

static bool is_for(const char *inherited, const struct rules_listener *listener, bool is_only_one)
{
	struct listen_place place;
	bool named = listener->socket && listen_parse(listener->socket, &place) && place.kind == LISTEN_INHERITED;
	return strcmp(inherited, listener->name) == 0 || (named && strcmp(inherited, place.path) == 0) ||
	       (is_only_one && strcmp(inherited, METRICS_NAME) != 0);
}

static bool take_inherited(struct doors *d, const struct rules_listener *listener, struct doors_inherited *in,
                           bool is_only_one, bool *ret_any, struct buf *error)
{
	*ret_any = false;
	for (size_t i = 0; i < in->n; i++) {
		if (in->taken[i] || !is_for(in->names[i], listener, is_only_one)) {
			continue;
		}
		struct door *door = add(d, listener, error);
		if (!door) {
			return false;
		}
		in->taken[i] = true;
		if (!listen_inherited_any(&door->listener, NOTIFY_FIRST_FD + (int)i)) {
			return fail(error, listener->name,
			            "the service manager's socket is not a stream socket that listens");
		}
		door->is_tcp = is_tcp(door->listener.fd);
		*ret_any = true;
	}
	return true;
}

/* ---- our own ---- */

static bool find_group(const struct rules_listener *listener, gid_t *ret, struct buf *error)
{
	const struct group *group = listener->socket_group ? getgrnam(listener->socket_group) : NULL;
	if (group) {
		*ret = group->gr_gid;
	}
	return group || !listener->socket_group || fail(error, listener->socket_group, "there is no such group");
}

static bool open_place(struct listener *ret, const char *where, mode_t mode, uid_t uid, gid_t gid, bool *ret_is_tcp,
                       struct buf *error)
{
	struct listen_place place;
	if (!listen_parse(where, &place)) {
		return fail(error, where, "want unix:/PATH, inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT or inherited:NAME");
	}
	*ret_is_tcp = place.kind == LISTEN_INET;
	switch (place.kind) {
	case LISTEN_UNIX:
		return listen_unix(ret, place.path, mode, uid, gid, error);
	case LISTEN_INET:
		return listen_inet(ret, &place, where, error);
	case LISTEN_INHERITED:
		break;
	}
	return fail(error, where, "the service manager handed no socket of this name over");
}

static bool open_listener(struct doors *d, const struct rules_listener *listener, const struct confine_user *user,
                          struct doors_inherited *in, bool is_only_one, struct buf *error)
{
	bool any;
	gid_t gid = user->gid;
	if (!take_inherited(d, listener, in, is_only_one, &any, error) || any) {
		return any;
	}
	struct door *door = add(d, listener, error);
	return door && find_group(listener, &gid, error) &&
	       open_place(&door->listener, door->where, (mode_t)listener->socket_mode, user->uid, gid, &door->is_tcp,
	                  error);
}

static bool open_metrics(struct doors *d, const char *where, const struct confine_user *user,
                         struct doors_inherited *in, struct buf *error)
{
	bool tcp;
	for (size_t i = 0; i < in->n; i++) {
		if (!in->taken[i] && strcmp(in->names[i], METRICS_NAME) == 0) {
			in->taken[i] = true;
			return listen_inherited_any(&d->metrics, NOTIFY_FIRST_FD + (int)i) ||
			       fail(error, METRICS_NAME, "the service manager's socket is none that listens");
		}
	}
	if (!where) {
		return true;
	}
	d->metrics_where = strdup(where);
	return d->metrics_where && open_place(&d->metrics, d->metrics_where, 0660, user->uid, user->gid, &tcp, error);
}

bool doors_open(struct doors *d, const struct rules *rules, const char *metrics, const struct confine_user *user,
                struct doors_inherited *inherited, struct buf *error)
{
	size_t n = rules_count_listeners(rules);
	bool good = open_metrics(d, metrics, user, inherited, error);
	for (size_t i = 0; good && i < n; i++) {
		good = open_listener(d, rules_listener(rules, i), user, inherited, n == 1 && inherited->n == 1, error);
	}
	for (size_t i = 0; i < inherited->n; i++) {
		if (!inherited->taken[i]) {
			close(NOTIFY_FIRST_FD + (int)i);
		}
	}
	return good;
}

void door_close(struct door *door)
{
	loop_watch_free(door->watch);
	door->watch = NULL;
	listen_close(&door->listener);
}

void doors_close(struct doors *d)
{
	for (size_t i = 0; i < d->n; i++) {
		door_close(&d->at[i]);
		free(d->at[i].name);
		free(d->at[i].where);
	}
	listen_close(&d->metrics);
	free(d->metrics_where);
	doors_init(d);
}

struct door *doors_find(struct doors *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->at[i].listener.fd >= 0 && strcmp(d->at[i].name, name) == 0) {
			return &d->at[i];
		}
	}
	return NULL;
}
