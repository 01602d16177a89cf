/* SPDX-License-Identifier: Apache-2.0 */
/* zone: a table of names and records that answers like an authoritative server.
 *
 * Built once (zone_file.c), then never written: many threads look names up at the same time.  Keys are names as on the wire
 * in lower case (dname.h), so the parent of a name is a suffix of its key.  Records are kept in the form the book takes. */
#ifndef SIGNET_SERVICE_DNS_ZONE_H
#define SIGNET_SERVICE_DNS_ZONE_H

#include <signet/resolve.h>

#include "../../src/base/dname.h"
#include "../../src/base/map.h"

#define ZONE_BYTES ((size_t)4 << 30) /* memory of all zones: some ten million records */

struct zone_set { /* the records of one name and type */
	struct zone_set *next;
	struct signet_rr *rr;
	size_t n;
	size_t room;
	uint32_t ttl_s;
	uint16_t type;
	bool fails;
	enum signet_dns_status status; /* if it fails: of questions for this type */
	slice target; /* CNAME and DNAME: as on the wire, lower case */
};

struct zone_node { /* a name that exists; without sets it has only names below it */
	struct zone_set *sets;
	bool fails;
	enum signet_dns_status status; /* if it fails: of every question for the name */
};

struct signet_zones {
	struct signet_arena arena;
	struct map nodes;
	size_t n_records;
	bool has_dname;
};

#define ZONE_DNAME 39 /* RFC 6672 */
#define ZONE_CNAMES 16 /* as src/dns/wire.h */
#define ZONE_SET_RECORDS 4096 /* an answer holds no more: 64 KiB, 16 octets for each A record */

struct signet_zones *zone_new(void);
/* The node of the name, made if need be together with the names above it.  NULL: memory is short. */
struct zone_node *zone_node(struct signet_zones *z, const struct dname *lower_name);
/* The set of the type, made if need be. */
struct zone_set *zone_set(struct signet_zones *z, struct zone_node *node, uint16_t type);
/* Adds a record; its data is copied.  One that is there already is dropped (RFC 2181 5; TXT records that differ only in
 * how the text is cut into strings count as one).  `target`: CNAME and DNAME, else empty. */
enum signet_status zone_add(struct signet_zones *z, const struct dname *lower_name, uint16_t type, uint32_t ttl_s,
                            struct signet_rr rr, slice target);

#endif
