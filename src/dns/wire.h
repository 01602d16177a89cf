/* SPDX-License-Identifier: Apache-2.0 */
/* wire: the answer in a DNS message (RFC 1035 4.1).
 *
 * Input is hostile.  A message that breaks the format anywhere, is truncated, or answers another question gives
 * MALFORMED, never a part of an answer: a record that could not be read might be the one that counts.  CNAMEs are
 * followed through the answer section in whatever order they stand. */
#ifndef SIGNET_DNS_WIRE_H
#define SIGNET_DNS_WIRE_H

#include <signet/resolver.h>

#include "../base/arena.h"

/* CNAMEs followed before the chain counts as a loop (SERVFAIL): BIND follows 16, Unbound 11. */
#define WIRE_CNAMES 16

/* Memory wire_read may take for a packet: a two-octet compressed name can become 1,020 octets of text. */
#define WIRE_BYTES(packet_len) (((size_t)64 << 10) + 128 * (packet_len))

/* The answer to `q` in `packet`.  SIGNET_OK, even if the packet is unreadable (`ret->status` says so); `*ret` lives in
 * `a` and in `packet`.  SIGNET_NO_MEMORY: `a` is full. */
enum signet_status wire_read(slice packet, const struct signet_question *q, struct signet_arena *a,
                             struct signet_answer *ret);

#endif
