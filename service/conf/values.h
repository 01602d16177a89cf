/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a configuration: what schema.c fills and everybody reads. */
#ifndef SIGNET_SERVICE_CONF_VALUES_H
#define SIGNET_SERVICE_CONF_VALUES_H

#include <stdbool.h>
#include <stddef.h>

/* Values of a key that holds a list. */
struct conf_list {
	const char *const *at;
	size_t n;
};

/* Where a section with a title stands. */
struct conf_place {
	const char *title;
	size_t line; /* of its end; 0: not known */
};

/* The sections of one name, in the order of the file. */
struct conf_titled {
	void *at;
	size_t n;
};

/* sign "example.com" { ... } */
struct conf_sign {
	struct conf_place place;
	struct conf_list selector;
	struct conf_list key;
	struct conf_list algorithm;
	const char *sign_as;
	bool third_party;
};

/* bind "a name of ours" { ... } */
struct conf_bind {
	struct conf_place place;
	struct conf_list login;
	struct conf_list client;
	struct conf_list from;
};

/* Every value as read; texts are NULL where the key is absent.  Belongs to conf_read's caller until conf_free. */
struct conf {
	const char *authserv_id;
	const char *mode;
	bool rfc7489;
	const char *psl_file;
	struct conf_list trusted_nets;
	struct conf_list trusted_sealers;
	struct conf_list trusted_lists;
	struct conf_list forwarders;
	const char *dns_resolver;
	const char *dns_trust_anchor;
	const char *keys_directory;
	const char *keys_algorithm;
	const char *keys_bits;
	const char *keys_selector_rsa;
	const char *keys_selector_ed25519;
	const char *keys_ttl;
	const char *keys_grace;
	const char *keys_period;
	const char *keys_tsig;
	const char *keys_hook;
	struct conf_list keys_tables;
	struct conf_list keys_bindings;
	const char *keys_opendkim_key_table;
	const char *keys_opendkim_signing_table;
	bool keys_opendkim_multiple_signatures;
	bool keys_opendkim_third_party;
	struct conf_titled sign; /* struct conf_sign */
	struct conf_titled bind; /* struct conf_bind */
	const char *signer_socket;
	const char *signer_user;
	struct conf_list signer_peers;
	const char *milter_spool;
	const char *milter_overrides;
};

static inline const struct conf_sign *conf_sign_at(const struct conf *c, size_t i)
{
	return (const struct conf_sign *)c->sign.at + i;
}

static inline const struct conf_bind *conf_bind_at(const struct conf *c, size_t i)
{
	return (const struct conf_bind *)c->bind.at + i;
}

#endif
