/* SPDX-License-Identifier: Apache-2.0 */
#include "signers.h"

#include <poll.h>
#include <stdlib.h>

#include "../keys/state.h"
#include "../loop/loop.h"

#define BUCKETS 1024

struct signer_errand {
	struct signer_errand *next; /* of all that are on their way, or of the spare ones */
	struct signer_errand **before;
	struct signer_desk *desk;
	signer_done *done; /* NULL: dropped */
	void *data;
	size_t index;
	bool asks_keys;
	size_t domain_octets, selector_octets; /* of `name` */
	char name[SIGNER_DOMAIN_OCTETS + SIGNER_SELECTOR_OCTETS];
};

/* What the signer said of a domain and selector. */
struct memory {
	struct memory *next;
	int64_t until_ms;
	struct signer_keys keys;
	size_t domain_octets, selector_octets;
	char octets[]; /* domain, selector, then the selectors of the keys */
};

struct signer_desk {
	struct loop *loop;
	struct signer_client *client;
	struct loop_watch *watch; /* of the connection; made again with it */
	int watched; /* its descriptor */
	struct loop_watch *timer;
	struct signer_errand *open;
	struct signer_errand *spare;
	struct memory *buckets[BUCKETS];
	size_t n_memories;
};

/* ---- what is remembered ---- */

static struct memory **bucket_of(struct signer_desk *desk, slice domain)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < domain.len; i++) {
		hash = (hash ^ (unsigned char)domain.at[i]) * 16777619u;
	}
	return &desk->buckets[hash % BUCKETS];
}

static slice domain_of(const struct memory *m)
{
	return slice_make(m->octets, m->domain_octets);
}

static slice selector_of(const struct memory *m)
{
	return slice_make(m->octets + m->domain_octets, m->selector_octets);
}

static void forget(struct signer_desk *desk, struct memory **at)
{
	struct memory *m = *at;
	*at = m->next;
	free(m);
	desk->n_memories--;
}

void signer_desk_forget(struct signer_desk *desk, slice domain)
{
	struct memory **at = bucket_of(desk, domain);
	while (*at) {
		if (slice_eq(domain_of(*at), domain)) {
			forget(desk, at);
		} else {
			at = &(*at)->next;
		}
	}
}

/* What was told of this selector before; the others of the domain are asked for on their own. */
static void forget_selector(struct signer_desk *desk, slice domain, slice selector)
{
	for (struct memory **at = bucket_of(desk, domain); *at; at = &(*at)->next) {
		if (slice_eq(domain_of(*at), domain) && slice_eq(selector_of(*at), selector)) {
			forget(desk, at);
			return;
		}
	}
}

static void forget_all(struct signer_desk *desk)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (desk->buckets[i]) {
			forget(desk, &desk->buckets[i]);
		}
	}
}

bool signer_desk_known(struct signer_desk *desk, slice domain, slice selector, const struct signer_keys **ret)
{
	int64_t now_ms = loop_now_ms(desk->loop);
	for (struct memory **at = bucket_of(desk, domain); *at; at = &(*at)->next) {
		if (slice_eq(domain_of(*at), domain) && slice_eq(selector_of(*at), selector)) {
			if ((*at)->until_ms <= now_ms) {
				forget(desk, at);
				return false;
			}
			*ret = &(*at)->keys;
			return true;
		}
	}
	return false;
}

/* An empty selector asks for the keys that sign; who names one gets it, whatever its state. */
static bool is_wanted(const struct signer_key *key, slice selector)
{
	return selector.len ? slice_eq(key->selector, selector) : key->state == 1 + KEY_ACTIVE;
}

static void remember(struct signer_desk *desk, slice domain, slice selector, const struct signer_reply *reply)
{
	size_t octets = domain.len + selector.len;
	for (size_t i = 0; i < reply->n_keys; i++) {
		octets += reply->keys[i].selector.len;
	}
	if (desk->n_memories >= SIGNERS_KEYS_MAX) {
		forget_all(desk); /* rare and harmless: it is asked again */
	}
	struct memory *m = malloc(sizeof(*m) + octets);
	if (!m) {
		return;
	}
	*m = (struct memory) { .until_ms = loop_now_ms(desk->loop) + SIGNERS_KEYS_MS,
		               .keys = { .status = SIGNER_OK },
		               .domain_octets = domain.len,
		               .selector_octets = selector.len };
	char *to = m->octets;
	memcpy(to, domain.at, domain.len);
	to += domain.len;
	if (selector.len) {
		memcpy(to, selector.at, selector.len);
		to += selector.len;
	}
	for (size_t i = 0; i < reply->n_keys && m->keys.n < SIGNERS_ACTIVE; i++) {
		const struct signer_key *key = &reply->keys[i];
		if (is_wanted(key, selector)) {
			memcpy(to, key->selector.at, key->selector.len);
			m->keys.at[m->keys.n++] =
				(struct signer_active) { slice_make(to, key->selector.len), key->algorithm };
			to += key->selector.len;
		}
	}
	forget_selector(desk, domain, selector);
	m->next = *bucket_of(desk, domain);
	*bucket_of(desk, domain) = m;
	desk->n_memories++;
}

/* ---- errands ---- */

static struct signer_errand *take_errand(struct signer_desk *desk)
{
	struct signer_errand *e = desk->spare;
	if (e) {
		desk->spare = e->next;
	} else {
		e = malloc(sizeof(*e));
	}
	if (e) {
		e->desk = desk;
		e->next = desk->open;
		e->before = &desk->open;
		if (e->next) {
			e->next->before = &e->next;
		}
		desk->open = e;
	}
	return e;
}

static void give_back(struct signer_errand *e)
{
	struct signer_desk *desk = e->desk;
	*e->before = e->next;
	if (e->next) {
		e->next->before = e->before;
	}
	e->next = desk->spare;
	desk->spare = e;
}

void signer_errand_drop(struct signer_errand *errand)
{
	if (errand) {
		errand->done = NULL;
	}
}

static void finish(struct signer_errand *e, const struct signer_reply *reply)
{
	struct signer_desk *desk = e->desk;
	slice domain = slice_make(e->name, e->domain_octets);
	slice selector = slice_make(e->name + e->domain_octets, e->selector_octets);
	if (e->asks_keys && (reply->status == SIGNER_OK || reply->status == SIGNER_NO_KEY)) {
		remember(desk, domain, selector, reply);
	} else if (reply->status == SIGNER_NO_KEY) {
		signer_desk_forget(desk, domain);
	}
	if (e->done) {
		e->done(e->data, e->index, reply);
	}
	give_back(e);
}

/* ---- the loop ---- */

static void on_connection(void *data, unsigned what);

/* Descriptor, directions and deadline may all have changed. */
static void arm(struct signer_desk *desk)
{
	int fd = signer_client_fd(desk->client);
	short wants = signer_client_wants(desk->client);
	int64_t deadline = signer_client_deadline(desk->client);
	int64_t left = deadline - loop_now_ms(desk->loop);
	if (fd != desk->watched) {
		loop_watch_free(desk->watch);
		desk->watch = fd < 0 ? NULL : loop_watch_new(desk->loop, fd, on_connection, desk);
		desk->watched = desk->watch ? fd : -1;
	}
	if (desk->watch) {
		unsigned both = (wants & POLLIN ? LOOP_READ : 0u) | (wants & POLLOUT ? LOOP_WRITE : 0u);
		(void)loop_watch_arm(desk->watch, both, LOOP_FOREVER);
	}
	(void)loop_watch_arm(desk->timer, 0, deadline == INT64_MAX ? LOOP_FOREVER : left > 0 ? left : 0);
}

static void serve(struct signer_desk *desk)
{
	struct signer_answer answer;
	int before = signer_client_fd(desk->client);
	signer_client_event(desk->client, loop_now_ms(desk->loop));
	if (signer_client_fd(desk->client) != before && desk->watch) { /* its number may come back at once */
		loop_watch_free(desk->watch);
		desk->watch = NULL;
		desk->watched = -1;
	}
	while (signer_client_next(desk->client, &answer)) {
		finish(answer.owner, &answer.reply);
	}
	arm(desk);
}

static void on_connection(void *data, unsigned what)
{
	(void)what;
	serve(data);
}

static void on_timer(void *data, unsigned what)
{
	struct signer_desk *desk = data;
	(void)what;
	serve(desk);
}

struct signer_desk *signer_desk_new(struct loop *loop, const char *socket_path)
{
	struct signer_desk *desk = calloc(1, sizeof(*desk));
	if (!desk) {
		return NULL;
	}
	desk->loop = loop;
	desk->watched = -1;
	desk->client = signer_client_new(socket_path, SIGNERS_PATIENCE_MS);
	desk->timer = loop_watch_new(loop, -1, on_timer, desk);
	if (!desk->client || !desk->timer) {
		signer_desk_free(desk);
		return NULL;
	}
	return desk;
}

static void free_errands(struct signer_errand *e)
{
	while (e) {
		struct signer_errand *next = e->next;
		free(e);
		e = next;
	}
}

void signer_desk_free(struct signer_desk *desk)
{
	if (desk) {
		loop_watch_free(desk->watch);
		loop_watch_free(desk->timer);
		signer_client_free(desk->client);
		forget_all(desk);
		free_errands(desk->open);
		free_errands(desk->spare);
		free(desk);
	}
}

const char *signer_desk_trouble(const struct signer_desk *desk)
{
	return signer_client_trouble(desk->client);
}

/* ---- asking ---- */

static struct signer_errand *send_off(struct signer_desk *desk, const struct signer_request *request,
                                      const struct signer_errand *errand)
{
	struct signer_errand *e = NULL;
	if (request->domain.len <= SIGNER_DOMAIN_OCTETS && request->selector.len <= SIGNER_SELECTOR_OCTETS) {
		e = take_errand(desk);
	}
	if (!e) {
		return NULL;
	}
	e->done = errand->done;
	e->data = errand->data;
	e->index = errand->index;
	e->asks_keys = request->ask == SIGNER_KEYS;
	e->domain_octets = request->domain.len;
	e->selector_octets = request->selector.len;
	memcpy(e->name, request->domain.at, request->domain.len);
	if (request->selector.len) {
		memcpy(e->name + request->domain.len, request->selector.at, request->selector.len);
	}
	if (signer_client_ask(desk->client, request, loop_now_ms(desk->loop), SIGNERS_TIMEOUT_MS, e) != SIGNET_OK) {
		give_back(e);
		return NULL;
	}
	/* soon, but from the loop: several requests of one round go out in one write */
	(void)loop_watch_arm(desk->timer, 0, 0);
	return e;
}

struct signer_errand *signer_desk_sign(struct signer_desk *desk, const struct signet_sign_request *request,
                                       signer_done *done, void *data)
{
	struct signer_request r = { .ask = SIGNER_SIGN,
		                    .domain = request->domain,
		                    .selector = request->selector,
		                    .algorithm = request->algorithm };
	memcpy(r.digest, request->digest, sizeof(r.digest));
	return send_off(desk, &r, &(struct signer_errand) { .done = done, .data = data, .index = request->index });
}

struct signer_errand *signer_desk_ask(struct signer_desk *desk, slice domain, slice selector, signer_done *done,
                                      void *data, size_t index)
{
	const struct signer_request r = { .ask = SIGNER_KEYS, .domain = domain, .selector = selector };
	return send_off(desk, &r, &(struct signer_errand) { .done = done, .data = data, .index = index });
}
