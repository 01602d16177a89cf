/* SPDX-License-Identifier: Apache-2.0 */
/* inner: what rules are made of; for the files of this folder. */
#ifndef SIGNET_SERVICE_POLICY_INNER_H
#define SIGNET_SERVICE_POLICY_INNER_H

#include <stdatomic.h>

#include "../../src/base/map.h"
#include "../conf/conf.h"
#include "overrides_file.h"
#include "rules.h"

/* Addresses of clients.  "localhost" is both loopback networks, and whoever hands mail in without a network at all. */
struct nets {
	const struct signet_network *at;
	size_t n;
	bool local;
};

/* A section "domain" or "client". */
struct local_rule {
	bool has_mode;
	enum signet_mode mode;
	bool order, forwarder;
	bool has_decision;
	enum signet_decision decision;
	struct nets clients; /* for these only; n 0 and not local: for all */
	const char *rule; /* where it stands, for log and report */
	unsigned bits; /* of a section "client": the longest prefix comes first */
};

/* For whom mail is signed where the role is both. */
struct signs_for {
	const slice *daemons;
	size_t n_daemons;
	const slice *ports;
	size_t n_ports;
	bool logins;
	struct nets nets;
};

struct rules {
	_Atomic unsigned users;
	struct signet_arena arena;
	struct rules_listener *listeners;
	size_t n_listeners;
	struct rules_milter milter;
	struct rules_process process;
	struct signs_for signs_for;
	struct table *table;
	struct signet_psl *psl; /* NULL: nobody asked for it */
	slice *ids;
	size_t n_ids;
	struct map domains, below; /* normal form -> struct local_rule */
	struct local_rule *clients; /* the smallest networks first */
	size_t n_clients;
	struct map recipients; /* "joe@example.com", "postmaster@", "@example.com" -> &yes or &no */
	struct overrides_watch *overrides; /* NULL: no file of them */
};

/* While they are made. */
struct making {
	struct rules *rules;
	const struct conf *conf;
	const char *path; /* of the configuration, for errors */
	struct buf *error;
	bool is_bad; /* they cannot be used */
};

/* A line in `error`; the rules cannot be used.  `line` 0: not known.  `value` may be NULL, else it is quoted behind `what`. */
void making_refuse(struct making *m, size_t line, const char *what, const char *value);
/* A copy that lives as long as the rules; NULL stays NULL. */
const char *making_text(struct making *m, const char *text);
slice making_slice(struct making *m, const char *text);
/* A domain in normal form; empty (and refused) if it is none. */
slice making_domain(struct making *m, const char *text, size_t line);

/* Each part of it, from the configuration. */
void listeners_make(struct making *m);
void local_rules_make(struct making *m);
void recipients_make(struct making *m);
void signs_for_make(struct making *m);
void nets_make(struct making *m, const struct conf_list *list, struct nets *ret);

bool nets_have(const struct nets *nets, const struct facts *facts);

#endif
