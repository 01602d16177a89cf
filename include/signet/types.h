/* SPDX-License-Identifier: Apache-2.0 */
/* The words every other header of libsignet uses: slice, status, finding, arena.
 *
 * Three kinds of outcome are never mixed:
 *   status   could the library do its work?  Returned by functions.
 *   result   what the standard says: pass, permerror...  A value in a struct.
 *   finding  what was seen, for a person: which rule, where, with which values.  A list beside the result.
 *
 * The library opens no file and no socket, reads no clock, keeps no global, prints nothing and never ends the
 * process.  First-time set-up of the libraries below it (sodium_init()) is done by signet_new(); a program with
 * threads calls signet_new() once before it starts them.  One `struct signet` belongs to one thread at a time. */
#ifndef SIGNET_TYPES_H
#define SIGNET_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SIGNET_PUBLIC __attribute__((visibility("default")))
#else
#define SIGNET_PUBLIC
#endif

/* Some octets of somebody else's memory: not NUL-terminated, may hold any octet. */
typedef struct signet_slice {
	const char *at;
	size_t len;
} signet_slice;

/* Could we do our work? */
enum signet_status {
	SIGNET_OK,
	SIGNET_PENDING,   /* answer the questions of the book, then call again */
	SIGNET_NO_MEMORY,
	SIGNET_LIMIT,     /* a cap of ours was reached */
	SIGNET_MISUSE,    /* the caller broke the contract */
	SIGNET_IO,        /* used by the machinery around the library only */
};

/* Static text: "ok", "pending"... */
SIGNET_PUBLIC const char *signet_status_name(enum signet_status status);

/* An IP address.  `family` is 4, 6 or 0 (none).  An IPv4 address uses octets 0..3.  IPv4-mapped IPv6 addresses are
 * stored as IPv4 by signet_ip_parse (RFC 7208 5). */
struct signet_ip {
	uint8_t family;
	uint8_t octets[16];
};

/* Strict text form (RFC 4291 2.2, dotted quad without leading zeros); false leaves `*ret` untouched. */
SIGNET_PUBLIC bool signet_ip_parse(signet_slice text, struct signet_ip *ret);

/* A network: the first `bits` bits of an address. */
struct signet_network {
	struct signet_ip ip;
	unsigned bits;
};

/* An address, or address "/" bits; host bits may be set.  False leaves `*ret` untouched. */
SIGNET_PUBLIC bool signet_network_parse(signet_slice text, struct signet_network *ret);

enum signet_severity {
	SIGNET_GOOD,
	SIGNET_NOTICE,
	SIGNET_WARNING,
	SIGNET_ERROR,
	SIGNET_CRITICAL,
};

/* "good", "notice", "warning", "error", "critical" */
SIGNET_PUBLIC const char *signet_severity_name(enum signet_severity severity);

/* One typed argument of a finding: a text from the input, or a number. */
struct signet_arg {
	bool is_number;
	uint64_t number;
	signet_slice text;
};

#define SIGNET_FINDING_ARGS 3

/* One thing seen.  `input` is the text it was seen in (a record, a header field; may be empty) and `offset` the octet
 * of that text a caret should point at.  Both live as long as the message or the arena they came from. */
struct signet_finding {
	uint16_t id;
	signet_slice input;
	size_t offset;
	struct signet_arg args[SIGNET_FINDING_ARGS];
};

struct signet_arena;

/* A list of findings.  Read `at[0] .. at[n-1]`; the other members belong to the library. */
struct signet_findings {
	struct signet_finding *at;
	size_t n;
	size_t room;
	struct signet_arena *arena;
};

/* What the catalogue says of one kind of finding; all texts are static.  In `sentence`, `why` and `fix` a {0}, {1} or
 * {2} stands for the argument of that number. */
struct signet_finding_kind {
	const char *name;     /* stable: "dkim.key-weak" */
	enum signet_severity severity;
	const char *clause;   /* "RFC 8301 3.2" */
	const char *sentence; /* what was seen */
	const char *why;      /* why it matters */
	const char *fix;      /* what to do */
};

/* The entry for `id`, never NULL (an unknown id gets an entry that says so). */
SIGNET_PUBLIC const struct signet_finding_kind *signet_finding_kind(uint16_t id);
/* The id of the entry called `name`, or 0 if there is none. */
SIGNET_PUBLIC uint16_t signet_finding_id(signet_slice name);
/* Ids are 1 .. signet_finding_count(). */
SIGNET_PUBLIC size_t signet_finding_count(void);

/* Memory that is freed as a whole; what evaluations return lives in one.  `limit_bytes` caps it: past the cap
 * evaluations return SIGNET_NO_MEMORY.  signet_arena_free accepts NULL. */
SIGNET_PUBLIC struct signet_arena *signet_arena_new(size_t limit_bytes);
SIGNET_PUBLIC void signet_arena_reset(struct signet_arena *arena);
SIGNET_PUBLIC void signet_arena_free(struct signet_arena *arena);

/* One engine: the fetched algorithms and the cache of decoded public keys.  NULL if memory is short or the crypto
 * libraries cannot start.  signet_free accepts NULL. */
struct signet;
SIGNET_PUBLIC struct signet *signet_new(void);
SIGNET_PUBLIC void signet_free(struct signet *signet);

#endif
