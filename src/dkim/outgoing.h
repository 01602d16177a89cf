/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing: a message that is about to be signed or sealed, as a stream.
 *
 *     outgoing_init(&m, engine, header_bytes);
 *     m.open = choose_hashes, m.owner = signer;       // called once, when the header is complete
 *     TRY(outgoing_feed(&m, chunk)); ...
 *     TRY(outgoing_end(&m));
 *     if (!m.refused) ... m.header, m.index, m.hashes ...
 *     outgoing_finish(&m);
 *
 * Keeps the header, hashes the body, and says what stands in the way of any signature: a header that programs read in two
 * ways, or line ends that a relay repairs (RFC 6376 5.3). */
#ifndef SIGNET_DKIM_OUTGOING_H
#define SIGNET_DKIM_OUTGOING_H

#include "../base/buf.h"
#include "../mail/lines.h"
#include "body_hashes.h"
#include "select.h"

#define OUTGOING_HEADER_OCTETS ((size_t)2 << 20) /* a cap of ours, as for messages that are checked */

struct outgoing;
typedef enum signet_status outgoing_feed_fn(struct outgoing *m, slice octets);

/* The stage that takes the next octets; each names its successor:
 *
 *     feed_header --(empty line)--> feed_body --outgoing_end()--> feed_ended
 *          +-------(too long)-----> feed_nothing ------------------^            */
struct outgoing {
	struct signet *engine;
	struct signet_arena arena;
	struct buf octets; /* of the header */
	outgoing_feed_fn *feed;
	enum signet_status broken; /* not OK: the stream cannot go on */
	struct mail_header header;
	struct field_index index;
	struct body_hashes hashes;
	struct body_lines lines;
	struct signet_findings notes; /* of the reader of headers: written for receivers, so told in our own words */
	struct signet_findings findings;
	enum signet_status (*open)(void *owner); /* the header is complete: time to register body hashes */
	void *owner;
	bool is_open, is_ended;
	bool refused;
};

/* `m` must not move afterwards.  `header_bytes` 0: OUTGOING_HEADER_OCTETS. */
void outgoing_init(struct outgoing *m, struct signet *engine, size_t header_bytes);
/* Another message, keeping the memory; `open` and `owner` stay. */
void outgoing_reset(struct outgoing *m, size_t header_bytes);
void outgoing_finish(struct outgoing *m);

enum signet_status outgoing_feed(struct outgoing *m, slice octets);
enum signet_status outgoing_end(struct outgoing *m);

/* Notes why the message is not signed. */
#define outgoing_refuse(m, id, input, offset, ...)                                                                     \
	(note_with(&(m)->findings, (id), (input), (offset), __VA_ARGS__), (void)((m)->refused = true))

/* Notes what a relay will rewrite, so that any signature breaks: 8-bit octets (unless every hop takes them), long lines,
 * NUL.  After outgoing_end(). */
void outgoing_warn(struct outgoing *m, bool eight_bit_path);

/* Some octets of the header are beyond ASCII and all are UTF-8: an internationalised message (RFC 6532 3). */
bool outgoing_is_international(const struct outgoing *m);

#endif
