/* SPDX-License-Identifier: Apache-2.0 */
#include "ip.h"

#include <arpa/inet.h>

#include "cursor.h"

static unsigned address_bits(const struct signet_ip *ip)
{
	return ip->family == 4 ? 32 : 128;
}

/* One number of a dotted quad: 0..255 without leading zero. */
static bool take_octet(struct cursor *c, uint8_t *ret)
{
	unsigned n = 0;
	const char *from = c->at;
	while (c->at < c->end && char_is(*c->at, C_DIGIT) && c->at - from < 4) {
		n = n * 10 + (unsigned)(*c->at++ - '0');
	}
	*ret = (uint8_t)n;
	return c->at > from && n <= 255 && (*from != '0' || c->at - from == 1);
}

bool ip_parse_v4(slice text, struct signet_ip *ret)
{
	struct cursor c = cursor_of(text);
	struct signet_ip ip = { .family = 4 };
	for (int i = 0; i < 4; i++) {
		if ((i && !cursor_take_char(&c, '.')) || !take_octet(&c, &ip.octets[i])) {
			return false;
		}
	}
	if (!cursor_is_end(&c)) {
		return false;
	}
	*ret = ip;
	return true;
}

bool ip_parse_v6(slice text, struct signet_ip *ret)
{
	char copy[INET6_ADDRSTRLEN];
	struct signet_ip ip = { .family = 6 };
	if (text.len == 0 || text.len >= sizeof(copy)) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is(text.at[i], C_HEXDIG) && text.at[i] != ':' && text.at[i] != '.') {
			return false;
		}
	}
	memcpy(copy, text.at, text.len);
	copy[text.len] = 0;
	if (inet_pton(AF_INET6, copy, ip.octets) != 1) {
		return false;
	}
	*ret = ip;
	return true;
}

void ip_unmap(struct signet_ip *ip)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	if (ip->family == 6 && memcmp(ip->octets, mapped, sizeof(mapped)) == 0) {
		struct signet_ip v4 = { .family = 4 };
		memcpy(v4.octets, ip->octets + 12, 4);
		*ip = v4;
	}
}

bool ip_in_prefix(const struct signet_ip *ip, const struct signet_ip *network, unsigned bits)
{
	if (ip->family != network->family || ip->family == 0 || bits > address_bits(ip)) {
		return false;
	}
	unsigned whole = bits / 8;
	if (memcmp(ip->octets, network->octets, whole) != 0) {
		return false;
	}
	unsigned left = bits % 8;
	return left == 0 || (ip->octets[whole] ^ network->octets[whole]) >> (8 - left) == 0;
}

bool ip_eq(const struct signet_ip *a, const struct signet_ip *b)
{
	return ip_in_prefix(a, b, address_bits(a));
}

void ip_put(struct buf *b, const struct signet_ip *ip)
{
	char text[INET6_ADDRSTRLEN];
	if (inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->octets, text, sizeof(text))) {
		buf_put_text(b, text);
	}
}

void ip_put_reverse(struct buf *b, const struct signet_ip *ip)
{
	if (ip->family == 4) {
		for (int i = 3; i >= 0; i--) {
			buf_put_number(b, ip->octets[i]);
			buf_put_char(b, '.');
		}
		buf_put(b, S("in-addr.arpa"));
		return;
	}
	for (int i = 15; i >= 0; i--) {
		buf_put_char(b, "0123456789abcdef"[ip->octets[i] & 15]);
		buf_put_char(b, '.');
		buf_put_char(b, "0123456789abcdef"[ip->octets[i] >> 4]);
		buf_put_char(b, '.');
	}
	buf_put(b, S("ip6.arpa"));
}

bool signet_network_parse(signet_slice text, struct signet_network *ret)
{
	slice rest = text;
	slice address = slice_split(&rest, '/');
	struct signet_network network;
	if (!ip_parse_v4(address, &network.ip) && !ip_parse_v6(address, &network.ip)) {
		return false;
	}
	network.bits = address_bits(&network.ip);
	if (rest.at) {
		uint64_t bits;
		if (!number_parse(rest, network.bits, &bits)) {
			return false;
		}
		network.bits = (unsigned)bits;
	}
	*ret = network;
	return true;
}

bool ip_network_has(const struct signet_network *network, const struct signet_ip *ip)
{
	return ip_in_prefix(ip, &network->ip, network->bits);
}

bool signet_ip_parse(signet_slice text, struct signet_ip *ret)
{
	struct signet_ip ip;
	if (!ip_parse_v4(text, &ip) && !ip_parse_v6(text, &ip)) {
		return false;
	}
	ip_unmap(&ip);
	*ret = ip;
	return true;
}
