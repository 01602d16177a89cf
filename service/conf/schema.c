/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <signet/check.h>
#include <signet/privkey.h>

#include "../../src/base/cursor.h"
#include "../../src/base/date.h"
#include "../../src/base/name.h"
#include "values.h"

static bool is_mode(const char *value)
{
	enum signet_mode ignored;
	return signet_mode_parse(slice_of(value), &ignored);
}

static bool is_network(const char *value)
{
	struct signet_network ignored;
	return signet_network_parse(slice_of(value), &ignored);
}

static bool is_domain(const char *value)
{
	struct signet_arena arena;
	slice ignored;
	arena_init(&arena, 4096);
	bool good = name_normalize(slice_of(value), &arena, &ignored) == NAME_GOOD;
	arena_finish(&arena);
	return good;
}

static bool is_span(const char *value)
{
	int64_t ignored;
	return span_parse(slice_of(value), &ignored);
}

static bool is_algorithm(const char *value)
{
	return strcmp(value, "rsa") == 0 || strcmp(value, "ed25519") == 0 || strcmp(value, "both") == 0;
}

static bool is_bits(const char *value)
{
	uint64_t bits;
	return number_parse(slice_of(value), 4096, &bits) && bits >= 2048;
}

static bool is_absolute(const char *value)
{
	return *value == '/';
}

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

static bool is_signature_algorithm(const char *value)
{
	enum signet_algorithm ignored;
	return signet_algorithm_parse(slice_of(value), &ignored);
}

#define INTO(member) offsetof(struct conf, member)
#define SIGN(member) offsetof(struct conf_sign, member)
#define BIND(member) offsetof(struct conf_bind, member)

const struct conf_section conf_sections[] = {
	{ "sign", INTO(sign), sizeof(struct conf_sign),
	  "Who is signed for: an address, a domain, .domain (all below it), or * (everybody)." },
	{ "bind", INTO(bind), sizeof(struct conf_bind),
	  "Who may use which From domains; where there is one, nobody else may use any." },
};

const size_t conf_n_sections = sizeof(conf_sections) / sizeof(conf_sections[0]);

const struct conf_key conf_keys[] = {
	{ NULL, "authserv_id", CONF_TEXT, INTO(authserv_id), NULL, "a name",
	  "Our name in Authentication-Results fields; one per administrative domain." },
	{ NULL, "mode", CONF_TEXT, INTO(mode), is_mode, "rfc9989, classic or monitor",
	  "How the owner's policy is acted on." },
	{ NULL, "rfc7489", CONF_BOOL, INTO(rfc7489), NULL, "true or false",
	  "The rules before RFC 9989: public suffix list, pct." },
	{ NULL, "psl_file", CONF_TEXT, INTO(psl_file), NULL, "a file", "Public suffix list to use." },
	{ NULL, "trusted_nets", CONF_LIST, INTO(trusted_nets), is_network, "an address or a network",
	  "Our own relays: their Received fields count." },
	{ NULL, "trusted_sealers", CONF_LIST, INTO(trusted_sealers), is_domain, "a domain",
	  "ARC sealers whose word may soften a DMARC failure." },
	{ NULL, "trusted_lists", CONF_LIST, INTO(trusted_lists), is_domain, "a domain",
	  "Mailing-list domains whose own DKIM or SPF pass softens a DMARC failure." },
	{ NULL, "forwarders", CONF_LIST, INTO(forwarders), is_network, "an address or a network",
	  "Forwarders whose mail is not judged by SPF alone." },
	{ "dns", "resolver", CONF_TEXT, INTO(dns_resolver), conf_is_server, "ADDR[@PORT]", "Name server to ask." },
	{ "dns", "trust_anchor", CONF_TEXT, INTO(dns_trust_anchor), NULL, "a file", "DNSSEC trust anchor." },
	{ "keys", "directory", CONF_TEXT, INTO(keys_directory), NULL, "a directory", "The store of DKIM keys." },
	{ "keys", "algorithm", CONF_TEXT, INTO(keys_algorithm), is_algorithm, "rsa, ed25519 or both",
	  "Which keys each domain has." },
	{ "keys", "bits", CONF_TEXT, INTO(keys_bits), is_bits, "2048 to 4096", "Size of new RSA keys." },
	{ "keys", "selector_rsa", CONF_TEXT, INTO(keys_selector_rsa), NULL, "a template", "Selectors of new RSA keys." },
	{ "keys", "selector_ed25519", CONF_TEXT, INTO(keys_selector_ed25519), NULL, "a template",
	  "Selectors of new Ed25519 keys." },
	{ "keys", "ttl", CONF_TEXT, INTO(keys_ttl), is_span, "a time such as 1h", "TTL of key records." },
	{ "keys", "grace", CONF_TEXT, INTO(keys_grace), is_span, "a time such as 7d",
	  "How long a key stays published after its last use." },
	{ "keys", "period", CONF_TEXT, INTO(keys_period), is_span, "a time such as 90d",
	  "How long a key signs before the next rotation begins." },
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
	  "true or false", "OpenDKIM's MultipleSignatures: all lines that match sign, not the first alone." },
	{ "keys", "opendkim_third_party", CONF_BOOL, INTO(keys_opendkim_third_party), NULL, "true or false",
	  "OpenDKIM's tables may sign as a domain that is no parent of the From domain." },
	{ "sign", "selector", CONF_LIST, SIGN(selector), NULL, "a selector",
	  "Selectors, one for each key; without one: all active keys of the store." },
	{ "sign", "key", CONF_LIST, SIGN(key), NULL, "a file, store or signer",
	  "Where the private key of each selector is; without one: the store." },
	{ "sign", "algorithm", CONF_LIST, SIGN(algorithm), is_signature_algorithm, "rsa-sha256 or ed25519-sha256",
	  "The algorithm of each key, if it should be known before the key is opened." },
	{ "sign", "sign_as", CONF_TEXT, SIGN(sign_as), NULL, "a domain or %",
	  "The d= of the signature; % is the domain of From." },
	{ "sign", "third_party", CONF_BOOL, SIGN(third_party), NULL, "true or false",
	  "sign_as need not be the From domain or a parent of it." },
	{ "bind", "login", CONF_LIST, BIND(login), NULL, "a login",
	  "Logins: user, user@domain, @domain, or * for all." },
	{ "bind", "client", CONF_LIST, BIND(client), NULL, "an address, a network or a name",
	  "Clients that do not log in: addresses, networks, names, .name for all below it." },
	{ "bind", "from", CONF_LIST, BIND(from), NULL, "an address or a domain",
	  "What may stand in From: addresses, domains, .domain, * for all, % for the domain of the login." },
	{ "signer", "socket", CONF_TEXT, INTO(signer_socket), is_absolute, "an absolute path",
	  "Unix socket of the signer process." },
	{ "signer", "user", CONF_TEXT, INTO(signer_user), NULL, "a user",
	  "Whom the signer becomes when it is started as root." },
	{ "signer", "peers", CONF_LIST, INTO(signer_peers), NULL, "a user or @group",
	  "Whom the signer answers; without it the user it runs as, and root." },
	{ "milter", "spool", CONF_TEXT, INTO(milter_spool), NULL, "a directory", "Where the verdicts are kept." },
	{ "milter", "overrides", CONF_TEXT, INTO(milter_overrides), NULL, "a file",
	  "What is let through for a time (signet verdict allow)." },
};

const size_t conf_n_keys = sizeof(conf_keys) / sizeof(conf_keys[0]);
