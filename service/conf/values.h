/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a configuration: what schema.c fills and everybody reads. */
#ifndef SIGNET_SERVICE_CONF_VALUES_H
#define SIGNET_SERVICE_CONF_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values of a key that holds a list. */
struct conf_list {
	const char *const *at;
	size_t n;
};

/* Where a section with a title stands. */
struct conf_place {
	const char *title;
	size_t line; /* of its end; 0: not known */
	const void *mark; /* for conf_line() */
};

/* A bool that may be absent. */
enum conf_switch {
	CONF_UNSAID,
	CONF_OFF,
	CONF_ON,
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

/* listen "inbound" { ... } */
struct conf_listen {
	struct conf_place place;
	const char *socket;
	const char *socket_mode;
	const char *socket_group;
	uint64_t connections;
	const char *role;
	const char *mode;
	enum conf_switch rfc7489;
	bool dry_run;
	const char *quarantine;
	bool early_spf;
	const char *spf_fail;
	const char *no_reverse_name;
	bool seal;
	const char *seal_as;
	const char *seal_selector;
	const char *verify_fault;
	const char *sign_fault;
	const char *temperror;
	bool accept_body_length;
	bool accept_no_author;
};

/* domain "example.com" { ... }: mail whose From field names it */
struct conf_domain {
	struct conf_place place;
	struct conf_list clients;
	const char *mode;
	bool order;
	const char *decision;
};

/* client "192.0.2.0/24" { ... } */
struct conf_client {
	struct conf_place place;
	const char *mode;
	bool forwarder;
	const char *decision;
};

/* recipient "postmaster@" { ... } */
struct conf_recipient {
	struct conf_place place;
	bool enforce;
};

/* Every value as read; texts are NULL where the key is absent.  Belongs to conf_read's caller until conf_free. */
struct conf {
	const char *authserv_id;
	struct conf_list authserv_ids;
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
	const char *milter_user;
	uint64_t milter_workers;
	uint64_t milter_connections;
	uint64_t milter_connections_per_client;
	int64_t milter_idle;
	int64_t milter_stall;
	const char *milter_spool;
	uint64_t milter_spool_size;
	const char *milter_overrides;
	const char *milter_metrics;
	const char *milter_quarantine_field;
	const char *milter_dmarc_code;
	bool milter_received_spf;
	bool milter_seen_forwarders;
	struct conf_list milter_sign_daemons;
	struct conf_list milter_sign_ports;
	bool milter_sign_logins;
	struct conf_list milter_sign_nets;
	int64_t milter_dns_deadline;
	uint64_t milter_body_kept;
	uint64_t milter_body_kept_all;
	uint64_t milter_header_kept_all;
	uint64_t milter_replay_limit;
	int64_t milter_replay_window;
	const char *milter_replay_action;
	struct conf_titled listen; /* struct conf_listen */
	struct conf_titled domain; /* struct conf_domain */
	struct conf_titled client; /* struct conf_client */
	struct conf_titled recipient; /* struct conf_recipient */
};

static inline const struct conf_sign *conf_sign_at(const struct conf *c, size_t i)
{
	return (const struct conf_sign *)c->sign.at + i;
}

static inline const struct conf_bind *conf_bind_at(const struct conf *c, size_t i)
{
	return (const struct conf_bind *)c->bind.at + i;
}

static inline const struct conf_listen *conf_listen_at(const struct conf *c, size_t i)
{
	return (const struct conf_listen *)c->listen.at + i;
}

static inline const struct conf_domain *conf_domain_at(const struct conf *c, size_t i)
{
	return (const struct conf_domain *)c->domain.at + i;
}

static inline const struct conf_client *conf_client_at(const struct conf *c, size_t i)
{
	return (const struct conf_client *)c->client.at + i;
}

static inline const struct conf_recipient *conf_recipient_at(const struct conf *c, size_t i)
{
	return (const struct conf_recipient *)c->recipient.at + i;
}

#endif
