/* SPDX-License-Identifier: Apache-2.0 */
/* A Received field: who handed the message to whom (RFC 5321 4.4, and what servers really write).
 *
 *     struct received hop;
 *     received_parse(header_find(&header, S("Received"), 0)->value, &hop);
 *     if (hop.has_ip && we_trust(hop.by)) ... hop.ip, hop.helo ...
 *
 * Only a field our own server wrote says the truth, and even in it the HELO name is the client's word: an address the
 * client put there never becomes `ip` as long as the server wrote its own in a comment. */
#ifndef SIGNET_MAIL_RECEIVED_H
#define SIGNET_MAIL_RECEIVED_H

#include "../base/slice.h"

/* Slices point into the value; empty: not there. */
struct received {
	slice from; /* the word behind "from", as written */
	slice helo; /* what the client said in HELO or EHLO, as far as the form tells; may be "[192.0.2.1]" */
	slice rdns; /* the name of the client's address as the server looked it up; "unknown" counts as none */
	bool has_ip;
	struct signet_ip ip; /* the client; IPv4-mapped IPv6 is IPv4 */
	slice by;
	slice via;
	slice with; /* "ESMTPS"; of "Microsoft SMTP Server" the second word */
	slice id;
	slice recipient; /* behind "for", without < > */
	bool tls; /* the hop was encrypted: by the name of the protocol (RFC 3848), or by a remark of the server */
	bool authenticated; /* the client logged in, by the name of the protocol */
	bool has_date;
	int64_t date; /* seconds since 1970 */
};

/* Reads the value (folded or not).  Never fails: what is not understood stays empty.  Linear. */
void received_parse(slice value, struct received *ret);

#endif
