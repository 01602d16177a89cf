/* SPDX-License-Identifier: Apache-2.0 */
/* canon: the two canonicalisations of RFC 6376 3.4, for header fields and for bodies.
 *
 *     char *end = canon_field(at, true, raw_field);          // one whole field
 *
 *     struct canon_body c;
 *     canon_body_init(&c, true, put, data);                  // a body, in chunks of any size
 *     canon_body_feed(&c, chunk); ...
 *     canon_body_end(&c);
 *
 * Both work in runs: octets that stay as they are are found sixteen at a time and passed on where they lie. */
#ifndef SIGNET_DKIM_CANON_H
#define SIGNET_DKIM_CANON_H

#include "../base/slice.h"

/* Writes one header field (name, colon, value, with or without its final CRLF) in canonical form, ended by one CRLF,
 * and returns the end of what was written.  Needs raw.len + CANON_FIELD_MORE octets of room.  A raw text without a colon
 * is written as a value. */
#define CANON_FIELD_MORE 3
char *canon_field(char *at, bool relaxed, slice raw);

/* The body as a stream.  Held back, because only what follows decides about them: a WSP run, a CR at the end of a chunk,
 * and line ends that may be the empty lines at the end of the body.
 *
 *                       +---- content ----+
 *                       v                 |
 *     start --feed--> [ line ] --CRLF--> [ newlines held ] --end--> one CRLF, or none (relaxed and no content)
 *                       |  ^
 *              WSP at the|  |content: one SP and the octet     (relaxed only)
 *             chunk's end|  |CRLF: nothing
 *                       v  |
 *                     [ wsp held ]       CR as the last octet of a chunk: cr held, in either state */
struct canon_body {
	bool relaxed;
	bool content; /* something was put */
	bool wsp; /* a WSP run was read and not put */
	bool cr; /* the last octet was a CR, after the WSP run if there is one */
	uint64_t newlines; /* CRLFs read and not put */
	void (*put)(void *data, slice run);
	void *data;
};

/* `put` gets the canonical octets in order, in runs that live only during the call. */
void canon_body_init(struct canon_body *c, bool relaxed, void (*put)(void *data, slice run), void *data);
void canon_body_feed(struct canon_body *c, slice chunk);
/* The body is over; nothing may be fed after it. */
void canon_body_end(struct canon_body *c);

#endif
