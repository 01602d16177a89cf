/* SPDX-License-Identifier: Apache-2.0 */
/* What signet key knows of the DNS: who shows which record, and how records get there. */
#ifndef SIGNET_CMD_KEY_DNS_H
#define SIGNET_CMD_KEY_DNS_H

#include "../service/dns/authority.h"
#include "../service/keys/sight.h"
#include "key.h"

/* One server beside the key. */
struct key_server {
	const char *name; /* of an NS record; "": none */
	const char *address;
	enum key_shown shown;
	struct asked *asked;
	struct signet_dkim_key record; /* the first one */
};

struct key_view {
	slice name; /* where the key is published */
	enum key_sight sight;
	slice trouble; /* why nobody could be asked; empty: somebody was */
	bool unusable; /* it is the private key: no such file, unsafe, broken */
	slice zone;
	size_t n;
	struct key_server *servers; /* the authoritative ones */
	bool has_resolver, asked_resolver; /* not asked before every server shows the key: it would remember */
	struct key_server resolver;
	uint32_t negative_s; /* of the zone */
	struct key_fact fact;
};

/* Asks everybody.  `key` must stand in the state of `d`.  Lives in the arena of `r`. */
void key_look(struct key_run *r, const struct store_domain *d, const struct key_entry *key, struct key_view *ret);

/* Why a server that did not answer did not. */
const char *key_server_status(const struct key_server *s);
/* The servers that do not show what they should, and what they show: "ns2.example 192.0.2.2@53 shows nothing, ...".  Lives in
 * the arena of `r`; empty: nobody. */
slice key_blame(struct key_run *r, const struct key_entry *key, const struct key_view *v);

/* Gives the record of a key to the zone: its public half, or an empty p= if its private half is gone.  EXIT_FINE: it is there
 * (by word of the primary or of the hook).  Else after a complaint: EXIT_BAD something that is not ours stands there,
 * EXIT_UNFINISHED. */
enum exit_status key_give(struct key_run *r, const struct store_domain *d, const struct key_entry *key);
/* True if there is a way: --tsig, --hook. */
bool key_can_give(const struct key_run *r);
/* The record for somebody who publishes by hand. */
void key_put_by_hand(struct key_run *r, const struct store_domain *d, const struct key_entry *key);

#endif
