/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one message under way: check.c reads it in, judge.c makes the dossier. */
#ifndef SIGNET_CHECK_STATE_H
#define SIGNET_CHECK_STATE_H

#include <signet/check.h>

#include "../arc/verify.h"
#include "../base/buf.h"
#include "../dkim/verify.h"
#include "../dns/book.h"
#include "../mail/identity.h"

#define MAX_AUTHOR_DOMAINS 10 /* evaluated for each message: RFC 9989 11.5 leaves it to us */

typedef enum signet_status feed_fn(struct signet_check *c, slice octets);

/* `feed` says where in the message we are; a stage ends by storing its successor:
 *
 *     feed_header --(empty line, or the cap)--> feed_body --signet_check_end()--> feed_ended */
struct signet_check {
	struct signet *engine;
	struct signet_settings settings;
	struct signet_envelope envelope; /* as given */
	struct signet_arena arena;
	struct signet_book *book;
	feed_fn *feed;
	enum signet_status broken; /* not OK: the stream cannot go on */
	struct buf octets;	   /* of the header, until it is complete */
	struct mail_header header;
	struct mail_identity identity;
	struct body_hashes hashes;
	struct dkim *dkim;
	struct arc *arc;
	struct signet_findings findings; /* of the header, once */
	struct arena_mark mark;		 /* what is behind it step() makes again */
	struct signet_dossier dossier;
	bool has_spf, has_dkim, has_arc; /* made, and kept: answers that come later change nothing in them */
	bool is_open;  /* the header is complete */
	bool is_ended; /* and so is the body */
	bool is_done;  /* the dossier is whole */
};

/* SPF of the envelope: entry 0 is MAIL FROM, a HELO check may follow. */
enum signet_status check_spf(struct signet_check *c);
/* Sends the questions of SPF off while the body still comes. */
enum signet_status check_ask_ahead(struct signet_check *c);

#endif
