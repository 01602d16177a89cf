/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <signet/check.h>

#include "../../src/base/cursor.h"
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

#define INTO(member) offsetof(struct conf, member)

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
	{ "signer", "socket", CONF_TEXT, INTO(signer_socket), is_absolute, "an absolute path",
	  "Unix socket of the signer process." },
	{ "signer", "keys", CONF_TEXT, INTO(signer_keys), is_absolute, "an absolute path",
	  "Key directory: a folder for each domain, a file SELECTOR.pem for each key." },
	{ "signer", "user", CONF_TEXT, INTO(signer_user), NULL, "a user",
	  "Whom the signer becomes when it is started as root." },
	{ "signer", "peers", CONF_LIST, INTO(signer_peers), NULL, "a user or @group",
	  "Whom the signer answers; without it the user it runs as, and root." },
};

const size_t conf_n_keys = sizeof(conf_keys) / sizeof(conf_keys[0]);
