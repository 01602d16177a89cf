/* SPDX-License-Identifier: Apache-2.0 */
#include "gate.h"

#include <pthread.h>
#include <stdlib.h>

#include "../../src/base/ip.h"

#define CHAINS 1024

struct gate_client {
	struct gate_client *next;
	struct signet_ip ip;
	size_t n;
};

struct gate {
	pthread_mutex_t lock;
	size_t all;
	struct gate_client *chains[CHAINS];
};

struct gate *gate_new(void)
{
	struct gate *g = calloc(1, sizeof(*g));
	if (g) {
		pthread_mutex_init(&g->lock, NULL);
	}
	return g;
}

void gate_free(struct gate *g)
{
	if (g) {
		pthread_mutex_destroy(&g->lock);
		free(g);
	}
}

static struct gate_client **chain_of(struct gate *g, const struct signet_ip *ip)
{
	uint32_t hash = ip->family;
	for (size_t i = 0; i < sizeof(ip->octets); i++) {
		hash = (hash ^ (ip->family == 4 && i >= 4 ? 0 : ip->octets[i])) * 16777619u;
	}
	return &g->chains[hash % CHAINS];
}

static struct gate_client *find_client(struct gate *g, const struct signet_ip *ip)
{
	struct gate_client **chain = chain_of(g, ip);
	struct gate_client *c = *chain;
	while (c && !ip_eq(&c->ip, ip)) {
		c = c->next;
	}
	if (!c && (c = calloc(1, sizeof(*c)))) {
		c->ip = *ip;
		c->next = *chain;
		*chain = c;
	}
	return c;
}

static void drop_client(struct gate *g, struct gate_client *c)
{
	struct gate_client **at = chain_of(g, &c->ip);
	while (*at != c) {
		at = &(*at)->next;
	}
	*at = c->next;
	free(c);
}

static bool is_full(size_t n, size_t cap)
{
	return cap && n >= cap;
}

static const char *enter(struct gate *g, const struct gate_caps *caps, _Atomic size_t *at_listener,
                         const struct signet_ip *client, struct gate_seat *ret)
{
	struct gate_client *c = NULL;
	if (is_full(g->all, caps->all)) {
		return "there are too many connections";
	}
	if (is_full(*at_listener, caps->per_listener)) {
		return "there are too many connections to this listener";
	}
	if (client->family && !(c = find_client(g, client))) {
		return "memory is short";
	}
	if (c && is_full(c->n, caps->per_client)) {
		return "this client has too many connections";
	}
	if (c) {
		c->n++;
	}
	g->all++;
	++*at_listener;
	*ret = (struct gate_seat) { .client = c, .at_listener = at_listener };
	return NULL;
}

const char *gate_enter(struct gate *g, const struct gate_caps *caps, _Atomic size_t *at_listener,
                       const struct signet_ip *client, struct gate_seat *ret)
{
	pthread_mutex_lock(&g->lock);
	const char *why = enter(g, caps, at_listener, client, ret);
	pthread_mutex_unlock(&g->lock);
	return why;
}

void gate_leave(struct gate *g, struct gate_seat *seat)
{
	pthread_mutex_lock(&g->lock);
	g->all--;
	--*seat->at_listener;
	if (seat->client && --seat->client->n == 0) {
		drop_client(g, seat->client);
	}
	pthread_mutex_unlock(&g->lock);
	*seat = (struct gate_seat) { 0 };
}

size_t gate_count(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	size_t n = g->all;
	pthread_mutex_unlock(&g->lock);
	return n;
}
