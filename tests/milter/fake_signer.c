/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_signer.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <signet/dkim.h>

#include "../../service/keys/state.h"

#define KEYS 3
#define PEERS 8

struct fake_signer {
	char path[100];
	const char *domain;
	struct signet *engine;
	struct {
		const char *selector;
		enum signet_algorithm algorithm;
		enum key_stage stage;
		struct signet_privkey *key;
		slice public;
	} keys[KEYS];
	char *zone;
	int listener;
	int stop[2];
	pthread_t thread;
	atomic_int status;
	atomic_uint asked[3];
	struct signet_arena *arena;
};

static void must(bool good)
{
	if (!good) {
		perror("fake signer");
		abort();
	}
}

/* ---- keys ---- */

static void add_key(struct fake_signer *s, size_t i, const char *selector, enum signet_algorithm algorithm,
                    enum key_stage stage)
{
	s->keys[i].selector = selector;
	s->keys[i].algorithm = algorithm;
	s->keys[i].stage = stage;
	must(signet_privkey_new(s->engine, algorithm, 2048, &s->keys[i].key) == SIGNET_OK);
	s->keys[i].public = signet_privkey_public(s->keys[i].key);
}

/* Strings of a zone file hold 255 octets. */
static void put_record(struct buf *b, const struct fake_signer *s, size_t i)
{
	slice text = signet_dkim_key_record(s->keys[i].algorithm, s->keys[i].public, s->arena);
	buf_put_text(b, s->keys[i].selector);
	buf_put_text(b, "._domainkey.");
	buf_put_text(b, s->domain);
	buf_put_text(b, ". TXT");
	for (; text.len; text = slice_from(text, 200)) {
		buf_put_text(b, " \"");
		buf_put(b, slice_first(text, 200));
		buf_put_text(b, "\"");
	}
	buf_put_text(b, "\n");
}

/* ---- answers ---- */

static void answer_keys(const struct fake_signer *s, const struct signer_request *r, struct signer_reply *reply)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (slice_eq(r->domain, slice_of(s->domain)) &&
		    (!r->selector.len || slice_eq(r->selector, slice_of(s->keys[i].selector)))) {
			reply->keys[reply->n_keys++] = (struct signer_key) { .selector = slice_of(s->keys[i].selector),
				                                             .algorithm = s->keys[i].algorithm,
				                                             .state = (uint8_t)(1 + s->keys[i].stage),
				                                             .bits = 2048,
				                                             .public_key = s->keys[i].public };
		}
	}
	reply->status = reply->n_keys ? SIGNER_OK : SIGNER_NO_KEY;
}

static void answer_sign(const struct fake_signer *s, const struct signer_request *r, uint8_t *octets,
                        struct signer_reply *reply)
{
	size_t n;
	reply->status = SIGNER_NO_KEY;
	for (size_t i = 0; i < KEYS; i++) {
		if (slice_eq(r->domain, slice_of(s->domain)) && slice_eq(r->selector, slice_of(s->keys[i].selector))) {
			must(signet_privkey_sign(s->keys[i].key, r->digest, octets, &n) == SIGNET_OK);
			reply->status = r->algorithm == s->keys[i].algorithm ? SIGNER_OK : SIGNER_WRONG_ALGORITHM;
			reply->signature = slice_make((const char *)octets, reply->status == SIGNER_OK ? n : 0);
		}
	}
}

static void answer(struct fake_signer *s, int fd, const struct signer_request *r)
{
	uint8_t octets[SIGNET_SIGNATURE_OCTETS];
	struct signer_reply reply = { .id = r->id, .ask = r->ask };
	struct buf out;
	enum signer_status forced = (enum signer_status)atomic_load(&s->status);
	atomic_fetch_add(&s->asked[r->ask], 1);
	if (forced == SIGNER_TIMEOUT) {
		return;
	}
	if (forced != SIGNER_OK) {
		reply.status = forced;
	} else if (r->ask == SIGNER_KEYS) {
		answer_keys(s, r, &reply);
	} else {
		answer_sign(s, r, octets, &reply);
	}
	buf_init(&out, SIGNER_REPLY_OCTETS);
	signer_reply_write(&out, &reply);
	must(buf_ok(&out));
	(void)!send(fd, out.at, out.len, MSG_NOSIGNAL);
	buf_finish(&out);
}

struct peer {
	int fd;
	size_t n;
	char in[8 * SIGNER_REQUEST_OCTETS];
};

/* False: the peer has gone. */
static bool serve(struct fake_signer *s, struct peer *p)
{
	struct signer_request r;
	ssize_t n = recv(p->fd, p->in + p->n, sizeof(p->in) - p->n, 0);
	if (n <= 0) {
		close(p->fd);
		return false;
	}
	p->n += (size_t)n;
	for (ptrdiff_t used; (used = signer_request_read(slice_make(p->in, p->n), &r)) > 0;) {
		answer(s, p->fd, &r);
		p->n -= (size_t)used;
		memmove(p->in, p->in + used, p->n);
	}
	return true;
}

static void *run(void *data)
{
	struct fake_signer *s = data;
	static _Thread_local struct peer peers[PEERS];
	size_t n = 0;
	for (;;) {
		struct pollfd fds[2 + PEERS] = { { s->stop[0], POLLIN, 0 }, { s->listener, POLLIN, 0 } };
		for (size_t i = 0; i < n; i++) {
			fds[2 + i] = (struct pollfd) { peers[i].fd, POLLIN, 0 };
		}
		must(poll(fds, 2 + n, -1) > 0);
		if (fds[0].revents) {
			break;
		}
		for (size_t i = n; i-- > 0;) {
			if (fds[2 + i].revents && !serve(s, &peers[i])) {
				peers[i] = peers[--n];
			}
		}
		if (fds[1].revents && n < PEERS) {
			peers[n++] = (struct peer) { .fd = accept(s->listener, NULL, NULL) };
		}
	}
	for (size_t i = 0; i < n; i++) {
		close(peers[i].fd);
	}
	return NULL;
}

/* ---- life ---- */

struct fake_signer *fake_signer_start(const char *path, const char *domain)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	struct buf zone;
	struct fake_signer *s = calloc(1, sizeof(*s));
	must(s && strlen(path) < sizeof(s->path));
	memcpy(s->path, path, strlen(path) + 1);
	memcpy(where.sun_path, path, strlen(path) + 1);
	s->domain = domain;
	s->engine = signet_new();
	s->arena = signet_arena_new(1 << 20);
	add_key(s, 0, "s1", SIGNET_RSA_SHA256, KEY_ACTIVE);
	add_key(s, 1, "ed1", SIGNET_ED25519_SHA256, KEY_ACTIVE);
	add_key(s, 2, "old", SIGNET_RSA_SHA256, KEY_RETIRING);
	buf_init(&zone, 1 << 16);
	for (size_t i = 0; i < KEYS; i++) {
		put_record(&zone, s, i);
	}
	buf_put_char(&zone, 0);
	s->zone = zone.at;
	unlink(path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(s->listener, (struct sockaddr *)&where, sizeof(where)) == 0 && listen(s->listener, 5) == 0 &&
	     pipe(s->stop) == 0 && pthread_create(&s->thread, NULL, run, s) == 0);
	return s;
}

void fake_signer_answer(struct fake_signer *s, enum signer_status status)
{
	atomic_store(&s->status, (int)status);
}

const char *fake_signer_zone(const struct fake_signer *s)
{
	return s->zone;
}

unsigned fake_signer_asked(const struct fake_signer *s, enum signer_ask ask)
{
	return atomic_load(&s->asked[ask]);
}

void fake_signer_stop(struct fake_signer *s)
{
	must(write(s->stop[1], "", 1) == 1 && pthread_join(s->thread, NULL) == 0);
	close(s->stop[0]);
	close(s->stop[1]);
	close(s->listener);
	unlink(s->path);
	for (size_t i = 0; i < KEYS; i++) {
		signet_privkey_free(s->keys[i].key);
	}
	signet_arena_free(s->arena);
	signet_free(s->engine);
	free(s->zone);
	free(s);
}
