/* SPDX-License-Identifier: Apache-2.0 */
/* rules: what a configuration says about messages, ready for use.  Built once, never changed; a reload builds new ones and
 * the old ones go with the last message that uses them.
 *
 *     struct rules *rules = rules_new(conf, path, &error);
 *     struct rules_choice c = rules_choose(rules, listener, facts);             // sign or verify, and why
 *     struct rules_override o = rules_override(rules, author, facts, now_ms, &notice);
 *     rules_drop(rules);
 *
 * Who is one of ours is told by where a message came in, by who logged in and by the client's address, in this order; never by
 * the From field and never by a HELO, which anybody can write. */
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

/* What is done about one mechanism alone, whatever the others say. */
enum rules_single {
	RULES_SINGLE_ACCEPT, /* nothing */
	RULES_SINGLE_MARK, /* as the policy "quarantine" asks */
	RULES_SINGLE_REJECT,
};

struct rules_listener {
	const char *name;
	const char *socket; /* as service/net/listen.h reads it */
	unsigned socket_mode;
	const char *socket_group; /* NULL: none */
	uint64_t connections; /* cap of this listener; 0: only those of the process */
	enum rules_role role;
	bool dry_run; /* changes nothing, counts what it would have done */
	bool seal; /* ARC on what is verified */
	slice seal_domain, seal_selector; /* with this key */
	bool early_spf; /* an SPF fail is answered at the first recipient */
	enum rules_single spf_fail; /* RFC 7208 8.4, at the end of the message */
	enum rules_single no_reverse_name; /* iprev is fail or permerror (RFC 8601 2.7.3) */
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

/* What is done about a signature that comes too often. */
enum rules_replay {
	RULES_REPLAY_NOTHING, /* a finding and a metric */
	RULES_REPLAY_QUARANTINE,
};

/* What holds for every message, whichever listener took it. */
struct rules_milter {
	slice quarantine_field; /* name of the field that marks */
	const char *dmarc_code; /* "5.7.1" or "5.7.26" */
	bool received_spf; /* write a Received-SPF field too */
	bool seen_forwarders; /* what one of them hands over is not refused by the published policy alone */
	int64_t dns_ms; /* for all DNS questions of a message */
	uint64_t body_kept; /* octets of a body that are kept for the diagnosis of a broken signature */
	uint64_t body_kept_all; /* of all bodies together */
	uint64_t header_kept_all; /* octets of memory for the headers of all messages that are on their way */
};

/* What the process is made with: who, sockets, files, memory.  Those of the start count; a reload does not change them
 * (rules_process_differs()). */
struct rules_process {
	const char *user; /* whom it becomes when it is started as root; NULL: stays who it is */
	size_t workers; /* threads; 0: one for each processor */
	uint64_t connections, connections_per_client; /* 0: no cap of that kind */
	int64_t idle_ms; /* between messages */
	int64_t stall_ms; /* inside a message */
	const char *spool; /* NULL: no verdicts are kept */
	uint64_t spool_octets; /* 0: no end */
	const char *overrides; /* the file of signet verdict allow */
	const char *metrics; /* socket, as that of a listener; NULL: none */
	const char *signer; /* socket of the signer process; NULL: nothing is signed */
	const char *resolver, *trust_anchor; /* as in the section dns; NULL: not said */
	int64_t replay_window_s;
	uint32_t replay_limit; /* recipients of one signature in that time; 0: any number */
	enum rules_replay replay_action;
};

struct rules;

/* `conf` NULL: no configuration, all defaults and no listener; relative paths are below the folder of `conf_path`.  The
 * configuration is not needed any more afterwards.  What is wrong goes to `error`, a line each ("PATH:LINE: what"); NULL: it
 * cannot be used.  Not NULL although there are lines: wrong lines of key tables, which are left out, and others stand. */
struct rules *rules_new(const struct conf *conf, const char *conf_path, struct buf *error);
/* Counted: safe from many threads. */
struct rules *rules_keep(struct rules *rules);
/* Accepts NULL. */
void rules_drop(struct rules *rules);

size_t rules_count_listeners(const struct rules *rules);
const struct rules_listener *rules_listener(const struct rules *rules, size_t i);
/* The same listener after a reload, by its name; NULL: it is gone. */
const struct rules_listener *rules_find_listener(const struct rules *rules, const char *name);

const struct rules_milter *rules_milter(const struct rules *rules);
const struct rules_process *rules_process(const struct rules *rules);
/* The name of a key that a reload cannot bring about and that is another one in `fresh` ("milter.workers"); NULL: none. */
const char *rules_process_differs(const struct rules *rules, const struct rules *fresh);

/* In this order of trust: the listener, {daemon_name}, {daemon_port}, the login, the client's address. */
struct rules_choice rules_choose(const struct rules *rules, const struct rules_listener *listener,
                                 const struct facts *facts);
/* Which key signs for whom. */
const struct table *rules_table(const struct rules *rules);
/* Our names in Authentication-Results: the first is written, all are removed from what comes in.  None are configured:
 * `*ret_n` is 0, and the mail server's name will do. */
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
		rule; /* for log and report: where it stands, "client 192.0.2.0/24", "domain example.com"; NULL: nothing.
		       * Lives as long as the rules */
	uint64_t number; /* of the override for a time (signet verdict allow); 0: none */
};

/* The first that says something wins, member by member: the overrides for a time, the section of the domain (the nearest one),
 * the section of the client (the smallest network).  `now_ms` since 1970.  `notice` (may be NULL) gets a line for the log when
 * the file of overrides has become one that cannot be believed. */
struct rules_override rules_override(const struct rules *rules, slice author_domain, const struct facts *facts,
                                     int64_t now_ms, struct buf *notice);
/* False: this recipient wants no enforcement (default: postmaster and abuse of every domain). */
bool rules_enforces_for(const struct rules *rules, slice recipient);

#endif
