/* SPDX-License-Identifier: Apache-2.0 */
/* The signer: the one process that holds private keys.
 *
 * It listens on a Unix socket and answers "sign this digest with the key of this domain and selector"
 * (service/keys/signer_protocol.h) to the users and groups it was told of, whom the kernel names; everybody else is closed
 * and logged.  It may use its socket, read below the key directory and write its log; it has no network socket, opens no
 * other file and starts no program (service/loop/confine.h).  Keys are opened on first use and kept while their
 * files are there (keyring.h), in memory that is locked as far as the limit allows, never dumped, and overwritten when it is
 * freed.
 *
 *     bytes -> session.c   one connection: frames in, frames out, its deadlines
 *           -> keyring.c   which key
 *           -> libsignet   the signature
 *     server.c owns sockets, signals and the loop; main.c reads options and configuration, confines, runs.
 *
 * One thread.  An RSA signature of 2048 bits takes a millisecond or less and nothing else happens meanwhile: a client waits
 * for those in front of it, and each connection gets four signatures before the next one has its turn.  Measured
 * (bench/signer): 0.95 of what `openssl speed` signs in the same CPU time, so the socket costs a twentieth and one core makes
 * about a thousand RSA signatures a second, more than a mail host sends; who needs more starts a second signer with a
 * socket of its own.  Threads would share one address space with the keys and the parser of everybody.
 */
#ifndef SIGNET_SERVICE_SIGNER_SIGNER_H
#define SIGNET_SERVICE_SIGNER_SIGNER_H

#include "../log/log.h"
#include "../loop/confine.h"
#include "../loop/notify.h"
#include "../net/listen.h"
#include "keyring.h"
#include "peers.h"

#define SIGNER_CONNECTIONS 256
#define SIGNER_IN_OCTETS 4096 /* of a connection, received and not yet answered */
#define SIGNER_OUT_OCTETS (64 << 10) /* of a connection, answered and not yet taken */
#define SIGNER_OUT_HIGH (16 << 10) /* from here on no more is read from it */
#define SIGNER_TURN 4 /* requests of a connection before the next one has its turn */
#define SIGNER_STALL_MS 10000 /* half a request, or answers that are not taken */
#define SIGNER_DRAIN_MS 5000 /* after SIGTERM */

struct signer_settings {
	const char *keys; /* the key directory, an absolute path */
	struct peers peers;
	int64_t idle_ms;
	size_t most_keys;
};

/* What the role keeps of its rights.  `socket_folder`: where its socket is removed at the end; NULL: it is the service
 * manager's. */
struct confine signer_confinement(const struct confine_user *user, const char *keys, const char *socket_folder);

/* Serves until SIGTERM or SIGINT, answers what was received, and returns.  SIGHUP drops the open keys.  `listener` is closed
 * at the end. */
struct signer_server;
struct signer_server *signer_server_new(const struct signer_settings *settings, struct signet *signet,
                                        struct listener *listener, struct notify *notify, struct log *log);
enum signet_status signer_server_run(struct signer_server *server);
void signer_server_free(struct signer_server *server);

#endif
