/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"

#define ACCEPT_TURN 16 /* connections before those that are there have their turn */

struct signer_server {
	const struct signer_settings *settings;
	struct log *log;
	struct log_limit refused;
	struct notify *notify;
	struct listener *listener;
	struct loop *loop;
	struct loop_watch *accepting, *sweeping, *hangup, *terminate, *interrupt, *drain_end;
	struct session_shared shared;
	struct session *sessions;
	size_t n_sessions;
	bool is_draining;
};

/* ---- connections ---- */

static void on_closed(void *data, struct session *session)
{
	struct signer_server *server = data;
	session_unlink(&server->sessions, session);
	server->n_sessions--;
	if (server->is_draining && server->n_sessions == 0) {
		loop_stop(server->loop);
	}
}

static void refuse(struct signer_server *server, int fd, const struct peer *peer, const char *why)
{
	uint64_t lost;
	close(fd);
	if (log_limit_take(&server->refused, loop_now_ms(server->loop), &lost)) {
		LOG(server->log, LOG_LEVEL_WARNING, "refused", LOG_NUMBER("pid", peer->pid),
		    LOG_NUMBER("uid", peer->uid), LOG_NUMBER("gid", peer->gid), LOG_TEXT("reason", slice_of(why)),
		    LOG_NUMBER("not_logged", lost));
	}
}

static size_t connections_of(const struct signer_server *server, uid_t user)
{
	size_t n = 0;
	for (const struct session *s = server->sessions; s; s = session_next(s)) {
		n += session_user(s) == user;
	}
	return n;
}

/* One user shall not keep the others out: of who has most connections the one that waits for its peer for longest goes,
 * whether that is idle or stuck.  Clients that find theirs closed connect again. */
static bool make_room(struct signer_server *server, uid_t user)
{
	struct session *victim = NULL;
	size_t most = connections_of(server, user) + 1;
	for (struct session *s = server->sessions; s; s = session_next(s)) {
		size_t n = session_waits_since(s) < 0 ? 0 : connections_of(server, session_user(s));
		if (n > most || (n == most && victim && session_waits_since(s) < session_waits_since(victim))) {
			victim = s;
			most = n;
		}
	}
	if (victim) {
		session_yield(victim);
	}
	return victim;
}

static void welcome(struct signer_server *server, int fd)
{
	struct peer peer = { 0 };
	if (!peer_of(fd, &peer)) {
		refuse(server, fd, &peer, "the system does not say who it is");
	} else if (!peers_have(&server->settings->peers, fd, &peer)) {
		refuse(server, fd, &peer, "it is none of the peers");
	} else if (server->n_sessions == SIGNER_CONNECTIONS && !make_room(server, peer.uid)) {
		refuse(server, fd, &peer, "there are too many connections");
	} else {
		struct session *session = session_new(&server->shared, fd, &peer);
		if (session) {
			session_link(&server->sessions, session);
			server->n_sessions++;
		}
	}
}

static void on_connection(void *data, unsigned what)
{
	struct signer_server *server = data;
	(void)what;
	for (unsigned i = 0; i < ACCEPT_TURN; i++) {
		int fd = accept4(server->listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			return; /* none, or one that is gone already; descriptors suffice by the limit */
		}
		welcome(server, fd);
	}
}

/* ---- keys that nobody asks for any more ---- */

static void on_sweep(void *data, unsigned what)
{
	struct signer_server *server = data;
	(void)what;
	bool done = keyring_sweep(server->shared.keyring, loop_now_ms(server->loop));
	if (!loop_watch_arm(server->sweeping, 0, done ? KEYRING_SWEEP_MS : 0)) {
		LOG(server->log, LOG_LEVEL_WARNING, "not-sweeping", LOG_TEXT("reason", S("memory is short")));
	}
}

/* ---- signals ---- */

static void on_hangup(void *data, unsigned what)
{
	struct signer_server *server = data;
	(void)what;
	notify_reloading(server->notify);
	size_t dropped = keyring_count(server->shared.keyring);
	keyring_clear(server->shared.keyring);
	LOG(server->log, LOG_LEVEL_NOTICE, "reloaded", LOG_NUMBER("keys_dropped", dropped));
	notify_send(server->notify, "READY=1");
}

static void on_drain_end(void *data, unsigned what)
{
	struct signer_server *server = data;
	(void)what;
	LOG(server->log, LOG_LEVEL_WARNING, "not-drained", LOG_NUMBER("connections", server->n_sessions));
	loop_stop(server->loop);
}

static void on_terminate(void *data, unsigned what)
{
	struct signer_server *server = data;
	(void)what;
	if (server->is_draining) {
		return;
	}
	server->is_draining = true;
	notify_send(server->notify, "STOPPING=1");
	LOG(server->log, LOG_LEVEL_NOTICE, "stopping", LOG_NUMBER("connections", server->n_sessions));
	on_connection(server, LOOP_READ); /* whoever connected in time is answered */
	loop_watch_free(server->accepting);
	server->accepting = NULL;
	listen_close(server->listener);
	for (struct session *session = server->sessions, *next; session; session = next) {
		next = session_next(session);
		session_drain(session);
	}
	if (server->n_sessions == 0 || !loop_watch_arm(server->drain_end, 0, SIGNER_DRAIN_MS)) {
		loop_stop(server->loop);
	}
}

/* ---- birth, life, end ---- */

static bool set_up(struct signer_server *server, struct signet *signet)
{
	const struct signer_settings *settings = server->settings;
	server->loop = loop_new();
	server->shared = (struct session_shared) {
		.loop = server->loop,
		.keyring = keyring_new(signet, settings->keys, settings->most_keys, server->log),
		.log = server->log,
		.idle_ms = settings->idle_ms,
		.closed = on_closed,
		.data = server,
	};
	if (!server->loop || !server->shared.keyring) {
		return false;
	}
	server->accepting = loop_watch_new(server->loop, server->listener->fd, on_connection, server);
	server->sweeping = loop_watch_new(server->loop, -1, on_sweep, server);
	server->drain_end = loop_watch_new(server->loop, -1, on_drain_end, server);
	server->hangup = loop_signal_new(server->loop, SIGHUP, on_hangup, server);
	server->terminate = loop_signal_new(server->loop, SIGTERM, on_terminate, server);
	server->interrupt = loop_signal_new(server->loop, SIGINT, on_terminate, server);
	return server->accepting && server->sweeping && server->drain_end && server->hangup && server->terminate &&
	       server->interrupt && loop_watch_arm(server->accepting, LOOP_READ, LOOP_FOREVER) &&
	       loop_watch_arm(server->sweeping, 0, KEYRING_SWEEP_MS);
}

struct signer_server *signer_server_new(const struct signer_settings *settings, struct signet *signet,
                                        struct listener *listener, struct notify *notify, struct log *log)
{
	struct signer_server *server = calloc(1, sizeof(*server));
	if (!server) {
		return NULL;
	}
	server->settings = settings;
	server->listener = listener;
	server->notify = notify;
	server->log = log;
	if (!set_up(server, signet)) {
		signer_server_free(server);
		return NULL;
	}
	return server;
}

enum signet_status signer_server_run(struct signer_server *server)
{
	return loop_run(server->loop);
}

void signer_server_free(struct signer_server *server)
{
	if (!server) {
		return;
	}
	while (server->sessions) {
		struct session *session = server->sessions;
		session_unlink(&server->sessions, session);
		session_free(session);
	}
	loop_watch_free(server->accepting);
	loop_watch_free(server->sweeping);
	loop_watch_free(server->drain_end);
	loop_watch_free(server->hangup);
	loop_watch_free(server->terminate);
	loop_watch_free(server->interrupt);
	listen_close(server->listener);
	keyring_free(server->shared.keyring);
	loop_free(server->loop);
	free(server);
}

struct confine signer_confinement(const struct confine_user *user, const char *keys, const char *socket_folder)
{
	return (struct confine) {
		.user = user,
		.calls = CONFINE_ACCEPT | CONFINE_READ_FILES | (socket_folder ? CONFINE_REMOVE_FILES : 0),
		.read_below = keys,
		.remove_in = socket_folder,
		.open_files = SIGNER_CONNECTIONS + 64,
		.memory_bytes = (uint64_t)512 << 20,
		.lock_memory = true,
	};
}
