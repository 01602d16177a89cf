/* SPDX-License-Identifier: Apache-2.0 */
#include "../base/chars.h"
#include "../base/ip.h"
#include "../base/name.h"
#include "requirements.h"

static bool is_public(const struct signet_ip *ip)
{
	/* not reachable from outside: a hop from there is internal (RFC 6890) */
	static const char *const networks[] = { "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10",  "127.0.0.0/8",
						"169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::/127",
						"fc00::/7",       "fe80::/10" };
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		struct signet_network network;
		if (signet_network_parse(slice_of(networks[i]), &network) && ip_network_has(&network, ip)) {
			return false;
		}
	}
	return true;
}

void hop_find(struct sender_message *m)
{
	const struct signet_ip *client = &m->dossier->envelope.ip;
	for (size_t i = 0; i < m->header->n; i++) {
		const struct mail_field *field = &m->header->fields[i];
		struct received hop;
		if (!slice_eq_nocase(field->name, S("Received"))) {
			continue;
		}
		received_parse(field->value, &hop);
		bool right = hop.has_ip && (client->family ? ip_eq(&hop.ip, client) : is_public(&hop.ip));
		if (right) {
			m->hop_field = field;
			m->hop = hop;
			return;
		}
	}
}

static void tell(struct buf *seen, slice a, const char *between, slice b)
{
	buf_put(seen, slice_first(a, 300));
	buf_put_text(seen, between);
	buf_put(seen, slice_first(b, 300));
}

static enum signet_met no_hop(struct buf *seen)
{
	tell(seen, (slice) { 0 }, "no Received field shows the hop from outside", (slice) { 0 });
	return SIGNET_MET_UNKNOWN;
}

static slice address_of(const struct sender_message *m)
{
	struct buf b;
	buf_init_arena(&b, m->arena, 64);
	ip_put(&b, &m->hop.ip);
	return buf_slice(&b);
}

/* Servers write the name only if it leads back to the address; Sendmail says "may be forged" where it does not, Postfix
 * and others "unknown". */
enum signet_met judge_reverse_dns(const struct sender_message *m, struct buf *seen)
{
	if (!m->hop_field) {
		return no_hop(seen);
	}
	slice value = m->hop_field->value;
	if (slice_find_nocase(value, S("may be forged")) != SLICE_NONE ||
	    slice_find_nocase(value, S("(unknown [")) != SLICE_NONE) {
		tell(seen, address_of(m), " has no name that leads back to it, says ", m->hop.by);
		return SIGNET_NOT_MET;
	}
	if (!m->hop.rdns.len) {
		tell(seen, m->hop.by, " did not write down the name of ", address_of(m));
		return SIGNET_MET_UNKNOWN;
	}
	tell(seen, address_of(m), " is ", m->hop.rdns);
	return SIGNET_MET;
}

/* The octets of an IPv4 address with this separator, in this order. */
static slice spelled(const struct sender_message *m, char separator, bool reverse)
{
	struct buf b;
	buf_init_arena(&b, m->arena, 64);
	for (unsigned i = 0; i < 4; i++) {
		if (i) {
			buf_put_char(&b, separator);
		}
		buf_put_number(&b, m->hop.ip.octets[reverse ? 3 - i : i]);
	}
	return buf_slice(&b);
}

static bool holds_address(const struct sender_message *m, slice name)
{
	if (m->hop.ip.family != 4) {
		return false;
	}
	struct buf hex;
	buf_init_arena(&hex, m->arena, 16);
	buf_put_hex(&hex, slice_make((const char *)m->hop.ip.octets, 4), false);
	const slice forms[] = { spelled(m, '.', false), spelled(m, '.', true), spelled(m, '-', false),
				spelled(m, '-', true), buf_slice(&hex) };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (slice_find_nocase(name, forms[i]) != SLICE_NONE) {
			return true;
		}
	}
	return false;
}

/* A word of its own between dots, hyphens and digits: "dyn-192-0-2-1.pool3.example.net". */
static bool has_word(slice name, slice word)
{
	for (size_t at = 0; at + word.len <= name.len; at++) {
		bool begins = at == 0 || !char_is(name.at[at - 1], C_ALPHA);
		bool ends = at + word.len == name.len || !char_is(name.at[at + word.len], C_ALPHA);
		if (begins && ends && slice_eq_nocase(slice_make(name.at + at, word.len), word)) {
			return true;
		}
	}
	return false;
}

static bool looks_rented(slice name)
{
	static const char *const words[] = { "dynamic",  "dyn",       "dhcp",      "pool",  "dial",   "dialup",
					     "ppp",      "adsl",      "dsl",       "cable", "client", "clients",
					     "customer", "customers", "broadband", "res",   "vps" };
	static const char *const clouds[] = { "amazonaws.com",         "bc.googleusercontent.com", "cloudapp.azure.com",
					      "cloudapp.net",          "ip.linodeusercontent.com", "members.linode.com",
					      "clients.your-server.de" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (has_word(name, slice_of(words[i]))) {
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++) {
		if (name_is_at_or_below(name, slice_of(clouds[i]))) {
			return true;
		}
	}
	return false;
}

enum signet_met judge_reverse_dns_own(const struct sender_message *m, struct buf *seen)
{
	if (!m->hop_field || !m->hop.rdns.len) {
		return judge_reverse_dns(m, seen) == SIGNET_NOT_MET ? SIGNET_NOT_APPLICABLE : SIGNET_MET_UNKNOWN;
	}
	bool generic = holds_address(m, m->hop.rdns) || looks_rented(name_without_dot(m->hop.rdns));
	const char *verdict = generic ? " looks like the name of a dynamic or rented address" : " looks like its own";
	tell(seen, m->hop.rdns, verdict, (slice) { 0 });
	return generic ? SIGNET_NOT_MET : SIGNET_MET;
}

enum signet_met judge_tls(const struct sender_message *m, struct buf *seen)
{
	if (!m->hop_field) {
		return no_hop(seen);
	}
	tell(seen, m->hop.by, " received it with ", m->hop.with.len ? m->hop.with : S("an unnamed protocol"));
	if (m->hop.tls) {
		return SIGNET_MET;
	}
	return slice_find_nocase(m->hop.with, S("SMTP")) != SLICE_NONE ? SIGNET_NOT_MET : SIGNET_MET_UNKNOWN;
}
