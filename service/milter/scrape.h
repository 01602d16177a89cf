/* SPDX-License-Identifier: Apache-2.0 */
/* scrape: answers whoever asks for the metrics, by as much of HTTP/1.1 as that takes (RFC 9112).
 *
 * Its own listener, on the daemon's loop.  A few connections at a time, one request each, a few seconds, a small buffer:
 * whoever comes with anything else gets 400 and is closed. */
#ifndef SIGNET_SERVICE_MILTER_SCRAPE_H
#define SIGNET_SERVICE_MILTER_SCRAPE_H

#include "../../src/base/buf.h"
#include "../loop/loop.h"
#include "../net/listen.h"

#define SCRAPE_CONNECTIONS 16
#define SCRAPE_REQUEST_OCTETS 4096
#define SCRAPE_TIME_MS 5000 /* for all of a request and its answer */

enum scrape_request {
	SCRAPE_MORE, /* not whole yet */
	SCRAPE_GET,
	SCRAPE_HEAD,
	SCRAPE_NOT_FOUND, /* another path than / and /metrics */
	SCRAPE_METHOD, /* another method */
	SCRAPE_BAD,
};

/* What the octets that came ask for. */
enum scrape_request scrape_read(slice octets);

struct scrape;

/* Listens at `listener`, which is closed at the end.  `put` writes the metrics.  NULL: memory is short. */
struct scrape *scrape_new(struct loop *loop, struct listener *listener, void (*put)(void *data, struct buf *b),
                          void *data);
/* Accepts NULL. */
void scrape_free(struct scrape *s);

#endif
