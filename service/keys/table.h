/* SPDX-License-Identifier: Apache-2.0 */
/* table: which key signs for whom.
 *
 *     struct table_problems problems = { .lines = &text };
 *     struct table *t = table_load(&sources, &problems);              // table_load.h
 *     struct table_choice c;
 *     TRY(table_choose(t, &(struct table_query){ .local = S("joe"), .domain = S("example.com") }, arena, &c));
 *     for (size_t i = 0; i < c.n; i++) ... sign with c.keys[i] ...
 *     if (c.why != TABLE_SIGNS) table_put_reason(&line, &query, &c);  // unsigned: login "x" is not bound to example.com
 *
 * A table is built once and never changed: a reload builds a new one and puts it in the place of the old.  It holds no key
 * and opens no key file: that is for whoever signs, on first use.
 *
 * Rules.  A rule speaks for
 *     joe@example.com     this address
 *     example.com         every address of this domain
 *     .example.com        every address below it, not of it ("*.example.com" is the same)
 *     *                   everybody; there is no such rule unless somebody writes one
 * The most exact rule wins: address, domain, nearest parent, then what OpenDKIM's tables say, then "*".  A rule may name
 * several keys (RSA and Ed25519): all of them sign.  The local part of an address is compared without regard to ASCII case,
 * domains in their normal form (name.h).
 *
 * What d= is.  Unless it is said, d= is the domain of the rule: example.com for ".example.com".  "%" says: the domain of From
 * itself, so that ".example.com" signs as news.example.com; a key record must stand there then.  "*" means "%".  d= is the
 * domain of From or a parent of it; another is used only if the rule says "third-party" (DMARC would not count it).
 *
 * Bindings.  Where there are any, a key is chosen only for the From domains that the sender is bound to, so that one tenant
 * never signs as another (VU#244112).  Whoever logged in is judged by the login alone, everybody else by the client's address
 * and name.  Several bindings of one login add up.  Where there are none, everybody who may sign may use all.
 *
 * The From field alone decides: DMARC looks at no other, so that a key for Sender would help nobody. */
#ifndef SIGNET_SERVICE_KEYS_TABLE_H
#define SIGNET_SERVICE_KEYS_TABLE_H

#include <signet/privkey.h>

#include "../../src/base/buf.h"

#define TABLE_KEYS_MAX 8 /* signatures of one message: a cap of ours; verifiers look at ten (standard practice) */
#define TABLE_RULES_MAX 1000000 /* of rules, keys and bindings together: a cap of ours */
#define TABLE_BYTES ((size_t)768 << 20) /* of memory; a domain takes about 400 octets */

#define TABLE_LOCAL_OCTETS                                                                                             \
	1024 /* RFC 5321 4.5.3.1.1 allows 64; a longer local part counts as empty: no address is like it */

struct table;

/* Accepts NULL. */
void table_free(struct table *t);
/* Rules and lines of OpenDKIM's SigningTable; bindings. */
size_t table_count_rules(const struct table *t);
size_t table_count_bindings(const struct table *t);
size_t table_bytes(const struct table *t);

/* Where a private key is.  Whoever signs opens it. */
enum table_place {
	TABLE_STORE, /* the key store, below KEYDIR/<domain>: <selector>.pem, or all active keys */
	TABLE_FILE, /* a file of its own */
	TABLE_SIGNER, /* the signer process knows: ask it for domain and selector */
};

/* One signature to make. */
struct table_key {
	slice domain; /* d=, normal form */
	slice selector; /* s=; empty only with TABLE_STORE: every active key of the domain signs */
	slice identity; /* i=; empty: none.  At or below d= (RFC 6376 3.5) */
	enum table_place place;
	slice path; /* of TABLE_FILE; a NUL follows it in memory */
	bool has_algorithm;
	enum signet_algorithm algorithm; /* if somebody said it; else the key itself tells */
	slice file; /* where the rule stands */
	size_t line;
};

/* A message to be signed.  Texts need no normal form. */
struct table_query {
	slice local, domain; /* the address in From; local as written, quoted or not */
	slice login; /* of SMTP AUTH; empty: nobody logged in */
	struct signet_ip client; /* family 0: not known */
	slice client_name; /* only a name that was confirmed by the address (forward look-up); else empty */
};

/* Why a message is signed or not. */
enum table_why {
	TABLE_SIGNS,
	TABLE_NO_AUTHOR, /* From has no domain that a signature can name */
	TABLE_NO_RULE, /* no rule for this address */
	TABLE_NO_KEY_NAME, /* OpenDKIM's SigningTable says "%", and the KeyTable has no key of that name */
	TABLE_THIRD_PARTY, /* d= would be neither the domain of From nor a parent, and nothing allows that */
	TABLE_LOGIN_NOT_BOUND, /* the login is bound, but to other domains */
	TABLE_LOGIN_UNKNOWN, /* there are bindings, and none speaks of this login */
	TABLE_CLIENT_NOT_BOUND, /* the same of client and name */
	TABLE_CLIENT_UNKNOWN,
};

/* A stable word for logs: "signs", "no-rule", "login-not-bound"... */
const char *table_why_name(enum table_why why);

struct table_choice {
	enum table_why why;
	struct table_key keys[TABLE_KEYS_MAX]; /* n of them, 0 unless `why` is TABLE_SIGNS */
	size_t n;
	slice domain; /* the normal form of the From domain; empty if it has none */
	slice other; /* TABLE_THIRD_PARTY: the d= that was refused; TABLE_NO_KEY_NAME: the name */
	slice file; /* the rule that was refused for one of these two */
	size_t line;
};

/* Which keys sign this message.  Pure; looks a name up once for each of its labels (a refile: of OpenDKIM whose pattern ends
 * in a wildcard costs a comparison for each such line).  On SIGNET_OK `*ret` points into the table, the query and `a`. */
enum signet_status table_choose(const struct table *t, const struct table_query *q, struct signet_arena *a,
                                struct table_choice *ret);
/* Do both sign with the same keys in the same name? */
bool table_is_same_choice(const struct table_choice *a, const struct table_choice *b);

/* One line for log and person, everything from outside escaped:
 *     signs: example.com/s1 (/etc/keys/s1.pem)
 *     unsigned: login "x" is not bound to example.com */
void table_put_reason(struct buf *to, const struct table_query *q, const struct table_choice *c);

#endif
