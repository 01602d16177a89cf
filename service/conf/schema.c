/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <signet/types.h>
#include <stdio.h>
#include <string.h>

#include "../../src/base/cursor.h"
#include "../../src/base/date.h"
#include "good.h"
#include "values.h"

bool conf_is_server(const char *value)
{
	slice port = slice_of(value);
	slice address = slice_split(&port, '@');
	slice scope = address;
	uint64_t number = 53;
	struct signet_ip ignored;
	return signet_ip_parse(slice_split(&scope, '%'), &ignored) &&
	       (!port.at || (number_parse(port, UINT16_MAX, &number) && number > 0));
}

#define INTO(member) offsetof(struct conf, member)
#define SIGN(member) offsetof(struct conf_sign, member)
#define BIND(member) offsetof(struct conf_bind, member)
#define LISTEN(member) offsetof(struct conf_listen, member)
#define DOMAIN(member) offsetof(struct conf_domain, member)
#define CLIENT(member) offsetof(struct conf_client, member)
#define RECIPIENT(member) offsetof(struct conf_recipient, member)

const struct conf_section conf_sections[] = {
	{ "sign", INTO(sign), sizeof(struct conf_sign),
	  "Who is signed for: an address, a domain, .domain (all below it), or * (everybody)." },
	{ "bind", INTO(bind), sizeof(struct conf_bind),
	  "Who may use which From domains; where there is one, nobody else may use any." },
	{ "listen", INTO(listen), sizeof(struct conf_listen),
	  "A socket at which mail servers hand messages over, and what is done with them.", good_listener,
	  "a name of letters, digits, \"-\", \"_\" and \".\"" },
	{ "domain", INTO(domain), sizeof(struct conf_domain),
	  "How mail is treated whose From field names this domain, or .domain for all below it.", good_domain_or_below,
	  "a domain" },
	{ "client", INTO(client), sizeof(struct conf_client), "How mail of this client is treated.", good_client,
	  "an address, a network or localhost" },
	{ "recipient", INTO(recipient), sizeof(struct conf_recipient),
	  "Whose mail is never rejected or quarantined: an address, local part@, @domain.", good_recipient,
	  "an address, a local part with @, or a domain" },
};

const size_t conf_n_sections = sizeof(conf_sections) / sizeof(conf_sections[0]);

const struct conf_key conf_keys[] = {
	{ NULL, "authserv_id", CONF_TEXT, INTO(authserv_id), NULL, "a name",
	  "Our name in Authentication-Results fields; one per administrative domain." },
	{ NULL, "authserv_ids", CONF_LIST, INTO(authserv_ids), NULL, "a name",
	  "Further names of ours, @domain for all below it: fields that claim one of them are removed too." },
	{ NULL, "mode", CONF_TEXT, INTO(mode), good_mode, "rfc9989, classic or monitor",
	  "How the owner's policy is acted on.", .preset = "rfc9989", .is_unfilled = true },
	{ NULL, "rfc7489", CONF_BOOL, INTO(rfc7489), NULL, "true or false",
	  "The rules before RFC 9989: public suffix list, pct.", .preset = "false", .is_unfilled = true },
	{ NULL, "psl_file", CONF_TEXT, INTO(psl_file), NULL, "a file", "Public suffix list to use." },
	{ NULL, "trusted_nets", CONF_LIST, INTO(trusted_nets), good_network, "an address or a network",
	  "Our own relays: their Received fields count." },
	{ NULL, "trusted_sealers", CONF_LIST, INTO(trusted_sealers), good_domain, "a domain",
	  "ARC sealers whose word may soften a DMARC failure." },
	{ NULL, "trusted_lists", CONF_LIST, INTO(trusted_lists), good_domain, "a domain",
	  "Mailing-list domains whose own DKIM or SPF pass softens a DMARC failure." },
	{ NULL, "forwarders", CONF_LIST, INTO(forwarders), good_network, "an address or a network",
	  "Forwarders whose mail is not judged by SPF alone." },
	{ "dns", "resolver", CONF_TEXT, INTO(dns_resolver), conf_is_server, "ADDR[@PORT]", "Name server to ask.",
	  .is_fixed = true },
	{ "dns", "trust_anchor", CONF_TEXT, INTO(dns_trust_anchor), NULL, "a file", "DNSSEC trust anchor.",
	  .is_fixed = true },
	{ "keys", "directory", CONF_TEXT, INTO(keys_directory), NULL, "a directory", "The store of DKIM keys.",
	  .preset = "/var/lib/signet/keys", .is_unfilled = true },
	{ "keys", "algorithm", CONF_TEXT, INTO(keys_algorithm), good_key_algorithm, "rsa, ed25519 or both",
	  "Which keys each domain has.", .preset = "both", .is_unfilled = true },
	{ "keys", "bits", CONF_TEXT, INTO(keys_bits), good_key_bits, "2048 to 4096", "Size of new RSA keys.",
	  .preset = "2048", .is_unfilled = true },
	{ "keys", "selector_rsa", CONF_TEXT, INTO(keys_selector_rsa), NULL, "a template", "Selectors of new RSA keys.",
	  .preset = "s{yyyy}{mm}", .is_unfilled = true },
	{ "keys", "selector_ed25519", CONF_TEXT, INTO(keys_selector_ed25519), NULL, "a template",
	  "Selectors of new Ed25519 keys.", .preset = "ed{yyyy}{mm}", .is_unfilled = true },
	{ "keys", "ttl", CONF_TEXT, INTO(keys_ttl), good_span, "a time such as 1h", "TTL of key records.",
	  .preset = "1h", .is_unfilled = true },
	{ "keys", "grace", CONF_TEXT, INTO(keys_grace), good_span, "a time such as 7d",
	  "How long a key stays published after its last use.", .preset = "7d", .is_unfilled = true },
	{ "keys", "period", CONF_TEXT, INTO(keys_period), good_span, "a time such as 90d",
	  "How long a key signs before the next rotation begins.", .preset = "90d", .is_unfilled = true },
	{ "keys", "tsig", CONF_TEXT, INTO(keys_tsig), NULL, "a file",
	  "TSIG key with which records are published by DNS UPDATE." },
	{ "keys", "hook", CONF_TEXT, INTO(keys_hook), NULL, "a program", "Program that publishes records." },
	{ "keys", "tables", CONF_LIST, INTO(keys_tables), NULL, "a file",
	  "Files of lines DOMAIN SELECTOR KEYFILE: which key signs for whom." },
	{ "keys", "bindings", CONF_LIST, INTO(keys_bindings), NULL, "a file",
	  "Files of lines login:NAME or client:NETWORK and the From domains they may use." },
	{ "keys", "opendkim_key_table", CONF_TEXT, INTO(keys_opendkim_key_table), NULL, "a data set of OpenDKIM",
	  "OpenDKIM's KeyTable as it is: file:PATH, refile:PATH, csl:PAIRS." },
	{ "keys", "opendkim_signing_table", CONF_TEXT, INTO(keys_opendkim_signing_table), NULL,
	  "a data set of OpenDKIM", "OpenDKIM's SigningTable as it is: file:PATH, refile:PATH, csl:PAIRS." },
	{ "keys", "opendkim_multiple_signatures", CONF_BOOL, INTO(keys_opendkim_multiple_signatures), NULL,
	  "true or false", "OpenDKIM's MultipleSignatures: all lines that match sign, not the first alone.",
	  .preset = "false", .is_unfilled = true },
	{ "keys", "opendkim_third_party", CONF_BOOL, INTO(keys_opendkim_third_party), NULL, "true or false",
	  "OpenDKIM's tables may sign as a domain that is no parent of the From domain.", .preset = "false",
	  .is_unfilled = true },
	{ "sign", "selector", CONF_LIST, SIGN(selector), NULL, "a selector",
	  "Selectors, one for each key; without one: all active keys of the store." },
	{ "sign", "key", CONF_LIST, SIGN(key), NULL, "a file, store or signer",
	  "Where the private key of each selector is; without one: the store." },
	{ "sign", "algorithm", CONF_LIST, SIGN(algorithm), good_signature_algorithm, "rsa-sha256 or ed25519-sha256",
	  "The algorithm of each key, if it should be known before the key is opened." },
	{ "sign", "sign_as", CONF_TEXT, SIGN(sign_as), NULL, "a domain or %",
	  "The d= of the signature; % is the domain of From." },
	{ "sign", "third_party", CONF_BOOL, SIGN(third_party), NULL, "true or false",
	  "sign_as need not be the From domain or a parent of it.", .preset = "false", .is_unfilled = true },
	{ "bind", "login", CONF_LIST, BIND(login), NULL, "a login",
	  "Logins: user, user@domain, @domain, or * for all." },
	{ "bind", "client", CONF_LIST, BIND(client), NULL, "an address, a network or a name",
	  "Clients that do not log in: addresses, networks, names, .name for all below it." },
	{ "bind", "from", CONF_LIST, BIND(from), NULL, "an address or a domain",
	  "What may stand in From: addresses, domains, .domain, * for all, % for the domain of the login." },
	{ "signer", "socket", CONF_TEXT, INTO(signer_socket), good_absolute, "an absolute path",
	  "Unix socket of the signer process.", .is_fixed = true },
	{ "signer", "user", CONF_TEXT, INTO(signer_user), NULL, "a user",
	  "Whom the signer becomes when it is started as root." },
	{ "signer", "peers", CONF_LIST, INTO(signer_peers), NULL, "a user or @group",
	  "Whom the signer answers; without it the user it runs as, and root." },
	{ "listen", "socket", CONF_TEXT, LISTEN(socket), good_socket, "unix:/PATH, inet:ADDRESS:PORT or inherited:NAME",
	  "Where to listen.", .is_fixed = true },
	{ "listen", "socket_mode", CONF_TEXT, LISTEN(socket_mode), good_socket_mode,
	  "a mode such as 0660, of reading and writing", "Who may connect to a Unix socket.", .preset = "0660",
	  .is_fixed = true },
	{ "listen", "socket_group", CONF_TEXT, LISTEN(socket_group), NULL, "a group",
	  "Group of a Unix socket: that of the mail server.", .is_fixed = true },
	{ "listen", "connections", CONF_NUMBER, LISTEN(connections), NULL, "a number",
	  "Most connections at this socket; 0: as many as milter.connections.", .preset = "0", .most = 1000000 },
	{ "listen", "role", CONF_TEXT, LISTEN(role), good_role, "verify, sign or both",
	  "What is done with the messages; both: what milter.sign_... say for each." },
	{ "listen", "mode", CONF_TEXT, LISTEN(mode), good_mode, "rfc9989, classic or monitor",
	  "How the owner's policy is acted on here, instead of the mode above." },
	{ "listen", "rfc7489", CONF_SWITCH, LISTEN(rfc7489), NULL, "true or false",
	  "The rules before RFC 9989 here, instead of what rfc7489 above says." },
	{ "listen", "dry_run", CONF_BOOL, LISTEN(dry_run), NULL, "true or false",
	  "Change nothing; log, count and keep what would have been done.", .preset = "false" },
	{ "listen", "quarantine", CONF_TEXT, LISTEN(quarantine), good_quarantine, "mark or hold",
	  "Quarantine is a field for the mail store, or the mail server's hold queue.", .preset = "mark" },
	{ "listen", "early_spf", CONF_BOOL, LISTEN(early_spf), NULL, "true or false",
	  "Refuse an SPF fail at the first recipient, before DKIM could say something else.", .preset = "false" },
	{ "listen", "spf_fail", CONF_TEXT, LISTEN(spf_fail), good_single, "accept, mark or reject",
	  "What an SPF fail alone does at the end of the message, whatever DKIM and DMARC say.", .preset = "accept" },
	{ "listen", "no_reverse_name", CONF_TEXT, LISTEN(no_reverse_name), good_single, "accept, mark or reject",
	  "What becomes of mail from a client without a name that leads back to it.", .preset = "accept" },
	{ "listen", "seal", CONF_BOOL, LISTEN(seal), NULL, "true or false",
	  "Put an ARC seal on what was verified (for mail that goes on).", .preset = "false" },
	{ "listen", "seal_as", CONF_TEXT, LISTEN(seal_as), good_domain, "a domain", "The d= of the seal." },
	{ "listen", "seal_selector", CONF_TEXT, LISTEN(seal_selector), good_domain, "a selector",
	  "The s= of the seal; its key is the signer's." },
	{ "listen", "verify_fault", CONF_TEXT, LISTEN(verify_fault), good_fault, "pass or defer",
	  "What becomes of a message that cannot be verified by a fault of ours.", .preset = "pass" },
	{ "listen", "sign_fault", CONF_TEXT, LISTEN(sign_fault), good_fault, "pass or defer",
	  "What becomes of a message that cannot be signed by a fault of ours.", .preset = "defer" },
	{ "listen", "temperror", CONF_TEXT, LISTEN(temperror), good_temperror, "defer or accept",
	  "What becomes of a message whose verdict a DNS error hides, if the policy is quarantine or reject.",
	  .preset = "defer" },
	{ "listen", "accept_body_length", CONF_BOOL, LISTEN(accept_body_length), NULL, "true or false",
	  "Let a signature pass that leaves the end of the body unsigned (l=).", .preset = "false" },
	{ "listen", "accept_no_author", CONF_BOOL, LISTEN(accept_no_author), NULL, "true or false",
	  "Do not reject a message without exactly one From field.", .preset = "false" },
	{ "milter", "user", CONF_TEXT, INTO(milter_user), NULL, "a user",
	  "Whom the milter becomes when it is started as root.", .is_fixed = true },
	{ "milter", "workers", CONF_NUMBER, INTO(milter_workers), NULL, "a number",
	  "Threads; 0: one for each processor.", .preset = "0", .most = 64, .is_fixed = true },
	{ "milter", "connections", CONF_NUMBER, INTO(milter_connections), NULL, "a number",
	  "Most connections of mail servers.", .preset = "10000", .least = 1, .most = 1000000, .is_fixed = true },
	{ "milter", "connections_per_client", CONF_NUMBER, INTO(milter_connections_per_client), NULL, "a number",
	  "Most connections of one mail server's address; 0: any number.", .preset = "2500", .most = 1000000,
	  .is_fixed = true },
	{ "milter", "idle", CONF_SPAN, INTO(milter_idle), NULL, "a time such as 1h",
	  "How long a connection may stay without a message.", .preset = "2h", .least = 1, .most = 604800,
	  .is_fixed = true },
	{ "milter", "stall", CONF_SPAN, INTO(milter_stall), NULL, "a time such as 2h",
	  "How long nothing may come inside a message.", .preset = "2h", .least = 1, .most = 86400, .is_fixed = true },
	{ "milter", "spool", CONF_TEXT, INTO(milter_spool), good_absolute_or_none, "an absolute path or none",
	  "Where the verdicts are kept.", .preset = "/var/lib/signet/spool", .is_fixed = true },
	{ "milter", "spool_size", CONF_OCTETS, INTO(milter_spool_size), NULL, "a size such as 2G",
	  "The oldest verdicts go when all are more than this; 0: never.", .preset = "2G", .most = 1ull << 50,
	  .is_fixed = true },
	{ "milter", "overrides", CONF_TEXT, INTO(milter_overrides), NULL, "a file",
	  "What is let through for a time (signet verdict allow).", .preset = "/var/lib/signet/overrides" },
	{ "milter", "metrics", CONF_TEXT, INTO(milter_metrics), good_socket, "unix:/PATH or inet:ADDRESS:PORT",
	  "Where Prometheus may ask for the counters.", .is_fixed = true },
	{ "milter", "quarantine_field", CONF_TEXT, INTO(milter_quarantine_field), good_field_name,
	  "the name of a field of your own, such as X-Junk", "The field that marks a message for the mail store.",
	  .preset = "X-Signet-Quarantine" },
	{ "milter", "dmarc_code", CONF_TEXT, INTO(milter_dmarc_code), good_dmarc_code, "5.7.1 or 5.7.26",
	  "Enhanced status code of a DMARC reject.", .preset = "5.7.1" },
	{ "milter", "received_spf", CONF_BOOL, INTO(milter_received_spf), NULL, "true or false",
	  "Write a Received-SPF field as well.", .preset = "false" },
	{ "milter", "sign_daemons", CONF_LIST, INTO(milter_sign_daemons), NULL, "a name",
	  "Services of the mail server ({daemon_name}) whose mail is signed, where the role is both.",
	  .presets = (const char *const[]) { "ORIGINATING", NULL } },
	{ "milter", "sign_ports", CONF_LIST, INTO(milter_sign_ports), good_port, "a port",
	  "Ports of the mail server ({daemon_port}) whose mail is signed, where the role is both.",
	  .presets = (const char *const[]) { "587", "465", NULL } },
	{ "milter", "sign_logins", CONF_BOOL, INTO(milter_sign_logins), NULL, "true or false",
	  "Mail of everybody who logged in is signed, where the role is both.", .preset = "true" },
	{ "milter", "sign_nets", CONF_LIST, INTO(milter_sign_nets), good_client, "an address, a network or localhost",
	  "Clients whose mail is signed, where the role is both.",
	  .presets = (const char *const[]) { "localhost", NULL } },
	{ "milter", "dns_deadline", CONF_SPAN, INTO(milter_dns_deadline), NULL, "a time such as 20s",
	  "Time for all DNS questions of a message.", .preset = "20s", .least = 1, .most = 240 },
	{ "milter", "body_kept", CONF_OCTETS, INTO(milter_body_kept), NULL, "a size such as 1M",
	  "Beginning of a body that is kept to find out why a signature failed.", .preset = "1M", .most = 1ull << 30 },
	{ "milter", "body_kept_all", CONF_OCTETS, INTO(milter_body_kept_all), NULL, "a size such as 64M",
	  "The same of all messages together.", .preset = "64M", .most = 1ull << 40 },
	{ "milter", "header_kept_all", CONF_OCTETS, INTO(milter_header_kept_all), NULL, "a size such as 64M",
	  "Memory for the headers of all messages together; a large one past it is asked for again.", .preset = "64M",
	  .least = 16 << 20, .most = 1ull << 40 },
	{ "milter", "seen_forwarders", CONF_BOOL, INTO(milter_seen_forwarders), NULL, "true or false",
	  "What a forwarder seen before hands over is quarantined where the policy alone would have it refused.",
	  .preset = "true" },
	{ "milter", "replay_limit", CONF_NUMBER, INTO(milter_replay_limit), NULL, "a number",
	  "Recipients one signature may have within replay_window; 0: any number.", .preset = "0", .most = 1000000000,
	  .is_fixed = true },
	{ "milter", "replay_window", CONF_SPAN, INTO(milter_replay_window), NULL, "a time such as 1h",
	  "How long a signature is remembered.", .preset = "1h", .least = 60, .most = 604800, .is_fixed = true },
	{ "milter", "replay_action", CONF_TEXT, INTO(milter_replay_action), good_replay_action, "none or quarantine",
	  "What is done beyond replay_limit, besides counting.", .preset = "none", .is_fixed = true },
	{ "domain", "clients", CONF_LIST, DOMAIN(clients), good_client, "an address, a network or localhost",
	  "The section holds for mail of these clients only." },
	{ "domain", "mode", CONF_TEXT, DOMAIN(mode), good_mode, "rfc9989, classic or monitor",
	  "How the policy of this domain is acted on." },
	{ "domain", "order", CONF_BOOL, DOMAIN(order), NULL, "true or false",
	  "The postmaster's order to reject: what mode rfc9989 asks for besides a failure.", .preset = "false" },
	{ "domain", "decision", CONF_TEXT, DOMAIN(decision), good_decision, "accept, quarantine, reject or tempfail",
	  "What is done whatever comes out; accept needs clients." },
	{ "client", "mode", CONF_TEXT, CLIENT(mode), good_mode, "rfc9989, classic or monitor",
	  "How policies are acted on for mail of this client." },
	{ "client", "forwarder", CONF_BOOL, CLIENT(forwarder), NULL, "true or false",
	  "The client forwards mail: it is not judged by SPF alone.", .preset = "false" },
	{ "client", "decision", CONF_TEXT, CLIENT(decision), good_decision, "accept, quarantine, reject or tempfail",
	  "What is done whatever comes out." },
	{ "recipient", "enforce", CONF_BOOL, RECIPIENT(enforce), NULL, "true or false",
	  "False: mail for this recipient is delivered, with the results on it.", .preset = "true" },
};

const size_t conf_n_keys = sizeof(conf_keys) / sizeof(conf_keys[0]);

const struct conf_key *conf_find_key(const char *section, const char *name)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const char *of = conf_keys[i].section ? conf_keys[i].section : "";
		if (strcmp(conf_keys[i].name, name) == 0 && strcmp(of, section ? section : "") == 0) {
			return &conf_keys[i];
		}
	}
	return NULL;
}

const struct conf_section *conf_find_section(const char *name)
{
	for (size_t i = 0; name && i < conf_n_sections; i++) {
		if (strcmp(conf_sections[i].name, name) == 0) {
			return &conf_sections[i];
		}
	}
	return NULL;
}

static bool is_in_range(const struct conf_key *key, uint64_t n)
{
	return key->most == 0 || (n >= key->least && n <= key->most);
}

bool conf_is_good(const struct conf_key *key, const char *value)
{
	uint64_t n;
	int64_t seconds;
	bool ignored;
	switch (key->kind) {
	case CONF_TEXT:
	case CONF_LIST:
		return !key->is_valid || key->is_valid(value);
	case CONF_BOOL:
	case CONF_SWITCH:
		return good_bool(value, &ignored);
	case CONF_NUMBER:
		return good_number(value, &n) && is_in_range(key, n);
	case CONF_OCTETS:
		return good_octets(value, &n) && is_in_range(key, n);
	case CONF_SPAN:
		return span_parse(slice_of(value), &seconds) && is_in_range(key, (uint64_t)seconds);
	}
	return false;
}

void conf_put_wants(char *to, size_t room, const struct conf_key *key)
{
	if (key->most) {
		snprintf(to, room, "%s, from %llu to %llu%s%s", key->wants, (unsigned long long)key->least,
		         (unsigned long long)key->most, conf_unit(key->kind) ? " " : "",
		         conf_unit(key->kind) ? conf_unit(key->kind) : "");
	} else {
		snprintf(to, room, "%s", key->wants);
	}
}

const char *conf_unit(enum conf_kind kind)
{
	return kind == CONF_SPAN ? "seconds" : kind == CONF_OCTETS ? "octets" : NULL;
}
