/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses and networks: strict text forms, prefixes, reverse names. */
#ifndef SIGNET_BASE_IP_H
#define SIGNET_BASE_IP_H

#include "buf.h"

/* Dotted quad: four numbers 0..255, no leading zeros, nothing else (RFC 7208 12 ip4-network). */
bool ip_parse_v4(slice text, struct signet_ip *ret);
/* Any form of RFC 4291 2.2, no zone id, no brackets; ::ffff:a.b.c.d stays IPv6 here. */
bool ip_parse_v6(slice text, struct signet_ip *ret);
/* Turns an IPv4-mapped IPv6 address into the IPv4 address it means (RFC 7208 5). */
void ip_unmap(struct signet_ip *ip);
/* True if both are of one family and the first `bits` bits are equal. */
bool ip_in_prefix(const struct signet_ip *ip, const struct signet_ip *network, unsigned bits);
bool ip_eq(const struct signet_ip *a, const struct signet_ip *b);
/* "192.0.2.1", or the RFC 5952 form of IPv6. */
void ip_put(struct buf *b, const struct signet_ip *ip);
/* "1.2.0.192.in-addr.arpa", nibbles and "ip6.arpa" for IPv6. */
void ip_put_reverse(struct buf *b, const struct signet_ip *ip);

bool ip_network_has(const struct signet_network *network, const struct signet_ip *ip);

#endif
