/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/ip.h"
#include "../support/rows.h"

static const struct {
	const char *clause, *what, *text, *want;
} forms[] = {
	{ "7208:12", "a dotted quad", "192.0.2.1", "192.0.2.1" },
	{ "7208:12", "three numbers are no address", "192.0.2", "" },
	{ "7208:12", "a leading zero is refused", "192.0.02.1", "" },
	{ "7208:12", "256 is refused", "192.0.2.256", "" },
	{ "7208:12", "a sign is refused", "192.0.2.+1", "" },
	{ "7208:12", "text behind is refused", "192.0.2.1 ", "" },
	{ "4291:2.2", "compressed IPv6", "2001:DB8::1", "2001:db8::1" },
	{ "4291:2.2", "embedded dotted quad", "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "4291:2.2", "a zone id is refused", "fe80::1%eth0", "" },
	{ "7208:5", "IPv4-mapped counts as IPv4", "::ffff:192.0.2.1", "192.0.2.1" },
};

static const struct {
	const char *what, *network, *ip;
	bool want;
} networks[] = {
	{ "first of a /24", "192.0.2.0/24", "192.0.2.0", true },
	{ "last of a /24", "192.0.2.0/24", "192.0.2.255", true },
	{ "after a /24", "192.0.2.0/24", "192.0.3.0", false },
	{ "odd prefix inside", "192.0.2.128/25", "192.0.2.200", true },
	{ "odd prefix outside", "192.0.2.128/25", "192.0.2.1", false },
	{ "/0 has every address of its family", "0.0.0.0/0", "203.0.113.9", true },
	{ "/0 has none of the other", "0.0.0.0/0", "2001:db8::1", false },
	{ "a bare address is a /128", "2001:db8::1", "2001:db8::2", false },
};

int main(void)
{
	for (size_t i = 0; i < ROWS(forms); i++) {
		struct signet_ip ip;
		struct buf b;
		buf_init(&b, 64);
		if (signet_ip_parse(guarded(slice_of(forms[i].text), false), &ip)) {
			ip_put(&b, &ip);
		}
		row_text(forms[i].clause, forms[i].what, buf_slice(&b), forms[i].want);
		buf_finish(&b);
	}
	for (size_t i = 0; i < ROWS(networks); i++) {
		struct signet_network n;
		struct signet_ip ip;
		bool ok = signet_network_parse(slice_of(networks[i].network), &n) &&
			  signet_ip_parse(slice_of(networks[i].ip), &ip) && ip_network_has(&n, &ip);
		row_bool("4632:3.1", networks[i].what, ok, networks[i].want);
	}
	return rows_end();
}
