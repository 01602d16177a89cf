/* SPDX-License-Identifier: Apache-2.0 */
/* rules: what a configuration says about messages, ready for use.  Built once, never changed; a reload builds new ones and
 * the old ones go with the last message that uses them. */
#ifndef SIGNET_SERVICE_POLICY_RULES_H
#define SIGNET_SERVICE_POLICY_RULES_H

#include <signet/check.h>

#include "../../src/base/buf.h"
#include "../keys/table.h"
#include "facts.h"

struct conf;

enum rules_role { /* of a listener */
	          RULES_VERIFY,
	          RULES_SIGN,
	          RULES_BOTH, /* decided for each message: rules_choose() */
};

/* What we do when it is our own fault that a message cannot be handled (signer away, memory, spool full). */
enum rules_fault {
	RULES_DEFER, /* 451: it comes again */
	RULES_PASS, /* let it go as it is */
};

enum rules_quarantine {
	RULES_MARK, /* a header field; the mail store files it as junk */
	RULES_HOLD, /* the mail server's quarantine */
};

struct rules_listener {
	const char *name;
	const char *socket; /* "unix:/path", "inet:ADDRESS:PORT", "inet6:[ADDRESS]:PORT", "inherited:NAME" */
	unsigned socket_mode;
	const char *socket_group; /* NULL: none */
	enum rules_role role;
	bool dry_run; /* changes nothing, counts what it would have done */
	bool seal; /* ARC on what is verified */
	slice seal_domain, seal_selector; /* with this key */
	bool early_spf; /* an SPF fail is answered at the first recipient */
	enum rules_quarantine quarantine;
	enum rules_fault verify_fault,
		sign_fault; /* defaults: pass what cannot be verified, defer what cannot be signed */
	struct signet_settings check; /* mode, trusted nets...; `now` and `facts` are set for each message */
};

/* Why a message is signed, verified or left alone; the word is for the log. */
struct rules_choice {
	bool verify, sign;
	const char *rule; /* static: "listener", "daemon-name", "daemon-port", "login", "client", "nothing-says-so" */
};

/* What holds for every message, whichever listener took it. */
struct rules_milter {
	slice quarantine_field; /* name of the field that marks */
	const char *dmarc_code; /* "5.7.1" or "5.7.26" */
	bool received_spf; /* write a Received-SPF field too */
	int64_t dns_ms; /* for all DNS questions of a message */
	uint64_t body_kept; /* octets of a body that are kept for the diagnosis of a broken signature */
	uint64_t body_kept_all; /* of all bodies together */
};

struct rules;

/* Builds them from a configuration.  Errors go to `error`, a line each; NULL: it cannot be used. */
struct rules *rules_new(const struct conf *conf, const char *conf_path, struct buf *error);
/* Counted: safe from many threads. */
struct rules *rules_keep(struct rules *rules);
void rules_drop(struct rules *rules);

size_t rules_count_listeners(const struct rules *rules);
const struct rules_listener *rules_listener(const struct rules *rules, size_t i);
/* The same listener after a reload, by its name; NULL: it is gone. */
const struct rules_listener *rules_find_listener(const struct rules *rules, const char *name);

const struct rules_milter *rules_milter(const struct rules *rules);

/* In this order of trust: the listener, {daemon_name}, {daemon_port}, the login, the client's address. */
struct rules_choice rules_choose(const struct rules *rules, const struct rules_listener *listener,
                                 const struct facts *facts);
/* Which key signs for whom. */
const struct table *rules_table(const struct rules *rules);
/* Our names in Authentication-Results: the first is written, all are removed from what comes in. */
const slice *rules_authserv_ids(const struct rules *rules, size_t *ret_n);

/* What the postmaster says of a message of this Author Domain (normal form) from this client: only what differs from the
 * listener's settings. */
struct rules_override {
	bool has_mode;
	enum signet_mode mode;
	bool order; /* struct signet_facts */
	bool forwarder;
	bool has_decision; /* whatever comes out, do this */
	enum signet_decision decision;
	const char *
		rule; /* for log and report: where it stands, "client 192.0.2.0/24", "domain example.com"; NULL: nothing */
};
struct rules_override rules_override(const struct rules *rules, slice author_domain, const struct facts *facts);
/* False: this recipient wants no enforcement (default: postmaster and abuse of every domain). */
bool rules_enforces_for(const struct rules *rules, slice recipient);

#endif
