/* SPDX-License-Identifier: Apache-2.0 */
/* signet key: what its actions share.  Each action is a row of the table in key.c and a function here. */
#ifndef SIGNET_CMD_KEY_H
#define SIGNET_CMD_KEY_H

#include <signet/dkim.h>

#include "../service/conf/conf.h"
#include "../service/keys/plan.h"
#include "../service/keys/store.h"
#include "../src/format/json_write.h"
#include "command.h"

#define KEY_BITS_MIN 2048 /* RFC 8301 3.2: signers SHOULD use at least this; new keys have no excuse */
#define KEY_BITS_MAX 4096 /* RFC 8301 3.2: verifiers need not take more */

/* Options, configuration and defaults, made one; lives as long as the command. */
struct key_run {
	const struct options *o;
	struct conf *conf; /* NULL: none */
	struct signet *signet;
	struct signet_arena *arena; /* reset for each domain */
	const char *keydir;
	const char *tsig, *hook, *resolver; /* NULL: not given */
	struct key_policy policy;
	char template_ed25519[2 * SELECTOR_OCTETS]; /* made of --selector */
	int64_t began_ms; /* of the monotonic clock: options.now is the time then */
	char conf_keydir[STORE_PATH_OCTETS], conf_tsig[STORE_PATH_OCTETS], conf_hook[STORE_PATH_OCTETS];
	struct buf out; /* written out by key_flush() */
	slice no_authority; /* why nobody can be asked for the records of the domain in hand; in the arena */
	bool warned; /* of a TSIG key that others may read */
	bool replaces; /* a record that is not ours (--force) */
	bool told_by_hand; /* what is to be published by hand */
	const char *const *operands; /* behind the action */
	size_t n_operands;
};

/* The time: --now, or the clock, and what has gone by since. */
int64_t key_now(const struct key_run *r);
/* "signet key ACTION: text" on standard error. */
void key_complain(const struct key_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line for a person on standard output, unless -q or -j. */
void key_say(struct key_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void key_flush(struct key_run *r);

/* The normal form of a domain, with room for a selector before it; false after a complaint. */
bool key_domain(struct key_run *r, const char *text, slice *ret);
/* Opens the folder of a domain; anything but EXIT_FINE comes after a complaint. */
enum exit_status key_open(struct key_run *r, slice domain, enum store_use use, struct store_domain *ret);
/* A line of JSON for a domain that cannot be read. */
void key_put_refusal(struct key_run *r, slice domain, slice why);
/* The domains that the command is about: its operands, or all of the store (--all; with `all` also if no operand is given). */
enum exit_status key_domains(struct key_run *r, bool all, struct signet_arena *a, slice **ret, size_t *ret_n);

/* "RSA 2048", "Ed25519" */
void key_put_kind(struct buf *to, enum signet_algorithm algorithm, unsigned bits);
/* The text of the key's record: its public half, or an empty p= if it is retired or revoked.  Empty after a complaint. */
slice key_record(struct key_run *r, const struct store_domain *d, const struct key_entry *key);
/* Members of a JSON object that say which key it is and where it stands. */
void key_put_json(struct json_writer *w, const struct store_domain *d, const struct key_entry *key, int64_t now);
/* The policy with the algorithms that the domain uses, if none was asked for. */
struct key_policy key_policy_for(const struct key_run *r, const struct key_state *s);
/* The selector of the next key; empty after a line in `error`: none is left, or the name of its record would be too long. */
slice key_selector(const struct key_run *r, const struct store_domain *d, enum signet_algorithm algorithm,
                   struct buf *error);
/* A sentence about a step: "activate s202612 (2026-12-01T...), it is not due yet". */
void key_put_step(struct buf *to, const struct plan_step *step);

enum exit_status key_new(struct key_run *r);
enum exit_status key_list(struct key_run *r);
enum exit_status key_zone(struct key_run *r);
enum exit_status key_publish(struct key_run *r);
enum exit_status key_check(struct key_run *r);
enum exit_status key_rotate(struct key_run *r);
enum exit_status key_retire(struct key_run *r);
enum exit_status key_revoke(struct key_run *r);

/* The steps to come of all domains, as an iCalendar (RFC 5545). */
void key_calendar(struct key_run *r, const slice *domains, size_t n, enum exit_status *status);

#endif
