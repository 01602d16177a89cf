/* SPDX-License-Identifier: Apache-2.0 */
/* signing: the signing side of a message, and the seal.
 *
 *     signing_begin(&out, &how);                                // MAIL FROM: the keys of its domain are asked for ahead
 *     signing_header(&out, block);                              // From chooses the keys
 *     signing_body(&out, octets)...   signing_end(&out);
 *     if (signing_is_pending(&out)) ... how.ready(how.data) is called from the loop ...
 *
 *               keys not known                    end of message           signatures asked for
 *     OFF   ,--------------------> KEYS --.    .--------------------> ASKS ----------------------> DONE
 *           '-----------------------------+--> FEEDS                                               ^
 *             nobody signs, refused, a fault of ours ----------------------------------------------'
 *
 * Which keys are active is asked of the signer and remembered (signers.h).  In the rare case that they are not known when
 * the header is complete, the octets that come meanwhile are fed by `how.catch_up` once they are. */
#ifndef SIGNET_SERVICE_MILTER_SIGNING_H
#define SIGNET_SERVICE_MILTER_SIGNING_H

#include <stdatomic.h>

#include <signet/seal.h>
#include <signet/sign.h>

#include "../keys/table.h"
#include "../policy/facts.h"
#include "../spool/verdict_row.h"
#include "signers.h"

struct signet_author;

struct signing_how {
	struct signet *signet;
	struct signer_desk *desk; /* NULL: nothing can be signed */
	const struct table *table;
	const struct facts *facts;
	struct signet_arena *arena; /* of the message */
	int64_t now;
	void (*catch_up)(void *data); /* feed what has come so far, header and all */
	void (*ready)(void *data);
	void *data;
};

enum signing_state { SIGNING_OFF, SIGNING_KEYS, SIGNING_FEEDS, SIGNING_ASKS, SIGNING_DONE };

enum signing_outcome {
	SIGNING_UNSIGNED, /* nobody signs for this author, or the message must not be signed */
	SIGNING_SIGNED, /* at least one signature was made; `why` tells whether all were */
	SIGNING_FAULT, /* it should be signed, and we could not */
};

struct signing {
	struct signet_sign *sign; /* kept from message to message; NULL: not yet needed */
	struct signing_how how;
	enum signing_state state;
	bool is_ended;
	enum signing_outcome outcome;
	slice why; /* a word for the log: "signs", "no-rule", "sign.from-none", "unreachable"... */
	slice reason; /* the same for a person */
	struct table_choice choice;
	bool third_party;
	struct signer_errand *errands[SIGNET_SIGNATURES];
	size_t waits; /* errands that are on their way */
	struct verdict_signature made[SIGNET_SIGNATURES];
	size_t n_made; /* that were asked for */
	size_t n_told; /* and behind them the chosen ones without a key: `trouble` says so */
	slice fields; /* whole fields with CRLF; empty: none */
};

void signing_begin(struct signing *out, const struct signing_how *how);
void signing_header(struct signing *out, signet_slice block);
void signing_body(struct signing *out, signet_slice octets);
void signing_end(struct signing *out);
bool signing_is_pending(const struct signing *out);
/* No octets can be fed any more: they were not kept. */
void signing_fail(struct signing *out, slice why, slice reason);
void signing_drop(struct signing *out);
void signing_finish(struct signing *out);

/* ---- the seal: the last act on what is handed on ---- */

struct sealing_how {
	struct signet *signet;
	struct signer_desk *desk;
	struct signet_arena *arena;
	slice domain, selector;
	int64_t now;
	uint64_t
		kept_each; /* octets that may wait for the signer's word, of a message; and of all, with what is kept already */
	uint64_t kept_all;
	_Atomic uint64_t *kept;
	void (*ready)(void *data);
	void *data;
};

struct sealing {
	struct signet_seal *seal; /* kept from message to message */
	struct sealing_how how;
	bool is_waiting; /* the key's algorithm is not known yet: octets are kept */
	bool is_open; /* octets are taken */
	bool is_asking; /* and all of them came: the seal is made */
	struct buf late; /* what is kept */
	enum signet_arc_result cv;
	slice results;
	struct signer_errand *errand;
	slice trouble; /* why there is no seal; empty: there is one, or none was asked for */
	slice fields; /* whole fields with CRLF; empty: none */
};

/* The algorithm is that of the key, asked of the signer; until it is known octets are kept. */
void sealing_begin(struct sealing *s, const struct sealing_how *how);
/* The message as it goes: without the fields that were removed. */
void sealing_feed(struct sealing *s, signet_slice octets);
/* Asks for the seal; then `ready` is called, unless sealing_is_pending() is false at once. */
void sealing_end(struct sealing *s, enum signet_arc_result cv, slice results);
bool sealing_is_pending(const struct sealing *s);
void sealing_drop(struct sealing *s);
void sealing_finish(struct sealing *s);

#endif
