/* SPDX-License-Identifier: Apache-2.0 */
/* update: makes the TXT record of a name what it should be, by DNS UPDATE (RFC 2136) signed with TSIG (RFC 8945).
 *
 *     struct update_txt change = { .zone = S("example.com"), .name = S("s1._domainkey.example.com"), .ttl_s = 3600,
 *                                  .value = record, .is_ours = is_ours, .data = key };
 *     fault = update_txt(&primary, &tsig_key, &change, 0, &error);
 *
 * The primary is asked what is there.  If it is what it should be nothing is sent; if it is something that `is_ours` does not
 * know, it is left alone.  Else the RRset is replaced, under the condition that it is still what was read (RFC 2136 2.4):
 * somebody else's change in between makes the update fail, not vanish.  Doing it twice does it once. */
#ifndef SIGNET_SERVICE_DNS_UPDATE_H
#define SIGNET_SERVICE_DNS_UPDATE_H

#include "ask.h"
#include "tsig_key.h"

enum update_fault {
	UPDATE_DONE,
	UPDATE_NOTHING, /* it is so already */
	UPDATE_FOREIGN, /* something that is not ours stands there */
	UPDATE_ALIAS, /* the name is a CNAME: the record belongs where it leads */
	UPDATE_REFUSED, /* the server says no: REFUSED, NOTAUTH, NOTZONE... */
	UPDATE_TSIG, /* it does not take our key, or we not its answer: BADKEY, BADSIG, BADTIME... */
	UPDATE_CHANGED, /* somebody else changed it meanwhile, again and again */
	UPDATE_UNREACHABLE, /* no answer, or none that can be read; the change may have been made */
	UPDATE_NO_MEMORY,
};

struct update_txt {
	slice zone, name; /* normal form */
	slice value; /* any length; cut into strings of 255 octets */
	uint32_t ttl_s;
	bool (*is_ours)(slice value, void *data); /* NULL: whatever is there may be replaced */
	void *data;
};

/* `key` NULL: not signed.  `timeout_ms` for each answer, 0: EXCHANGE_MS.  Other than DONE and NOTHING: `error` has a line. */
enum update_fault update_txt(const struct dns_server *primary, const struct tsig_key *key,
                             const struct update_txt *change, int timeout_ms, struct signet_arena *a,
                             struct buf *error);

#endif
