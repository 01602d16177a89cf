/* SPDX-License-Identifier: Apache-2.0 */
/* undo: one failed signature under examination, and trials against it.
 *
 * An attempt lists edits that would undo a change; a trial applies them, hashes the outcome and compares it with what was
 * signed.  The first trial that fits ends the search, with the label it was tried under.
 *
 *     struct edits e = edits_of(u);
 *     edits_add(&e, at, 1, S(""));              // delete one octet
 *     return undo_any(u, "nul-inserted", &e);   // all of them, each of them, ...
 *
 * The budget counts octets hashed and signatures verified; when it is spent every trial says no. */
#ifndef SIGNET_TRANSIT_UNDO_H
#define SIGNET_TRANSIT_UNDO_H

#include "subject.h"

/* What may be spent on one signature.  Octets of body hashed: some thousand trials of a short message, about a tenth of a
 * second; the least and the most, and for large bodies a dozen trials, for the largest some fewer. */
#define UNDO_TRIALS 12000
#define UNDO_OCTETS_MIN ((uint64_t)4 << 20)
#define UNDO_OCTETS_MAX ((uint64_t)48 << 20)
#define UNDO_BODIES 12
#define UNDO_OCTETS_LARGE ((uint64_t)64 << 20)
#define UNDO_HEADERS 12000 /* header trials against a known digest, about 10 us each */
#define UNDO_SIGNATURES 2000 /* header trials that cost a verification of their own, about 70 us each */

/* Replace `len` octets at `at` by `with`. */
struct edit {
	size_t at;
	size_t len;
	slice with;
};

/* Edits in order of place, not overlapping. */
struct edits {
	struct signet_arena *arena;
	struct edit *at;
	size_t n;
	size_t room;
};

#define EDITS_MAX 200000 /* more places than this are no pattern worth the memory */

enum field_action {
	FIELD_REPLACE, /* field `index` by `raw` */
	FIELD_REMOVE, /* field `index` */
	FIELD_ADD, /* `raw` above field `index`; index == n: at the end */
};

struct field_edit {
	enum field_action action;
	size_t index;
	slice raw; /* a whole field with its CRLF */
};

#define FIELD_EDITS_MAX 64 /* per trial */

/* Headers larger than these are hostile or hopeless: no change is looked for. */
#define UNDO_FIELDS_MAX 1000
#define UNDO_HEADER_OCTETS_MAX ((size_t)256 << 10)
#define AMBIENT_MAX 24

struct parts;

struct undo {
	struct signet *engine;
	struct signet_arena *arena;
	const struct mail_header *header;
	slice body;
	const struct dkim_signature *signature;
	slice key;
	size_t own; /* the number of the signature's field */
	slice own_bare; /* the field without the value of b= */

	unsigned share; /* the effort is halved so many times */
	uint64_t octets_left;
	unsigned trials_left; /* of headers */
	unsigned effort; /* 0: the likely forms, 1: each place alone, 2: pairs and ranges, 3: of many */

	bool digest_known; /* the signature could be opened (RSA): */
	uint8_t digest[DIGEST_OCTETS]; /* the digest of the header that was signed */

	/* which fields h= means */
	slice *names; /* the distinct names of h=, lower case */
	size_t n_names;
	uint16_t *n_listed; /* how often h= lists each name, less the fields found */
	uint16_t *order; /* h= as numbers of names */
	size_t n_order;
	bool *is_signed; /* for each field: it is one of those that h= means now */
	uint16_t *name_of; /* for each field the number of its name + 1, 0: not signed */
	struct mail_field *scratch_fields;
	uint16_t *scratch_names;
	char *scratch_text;
	size_t scratch_room;

	struct parts *parts; /* of the body as it came */

	/* fields that the undone body needs: part of every header trial */
	struct field_edit ambient[AMBIENT_MAX];
	size_t n_ambient;

	const char *label; /* what was found */
};

/* Octets that may be hashed for a body of this length. */
uint64_t undo_budget(size_t body);

/* Prepares; false if memory is short. */
bool undo_init(struct undo *u, struct signet *engine, const struct mail_header *header, slice body,
               const struct transit_subject *subject, struct signet_arena *a);

struct edits edits_of(struct undo *u);
/* Appends; does nothing past EDITS_MAX. */
void edits_add(struct edits *e, size_t at, size_t len, slice with);

/* ---- trials of the body ---- */

/* Charges work on so many octets that is no trial by itself; false: the budget is spent. */
bool undo_spend(struct undo *u, size_t octets);

/* Does the body with these edits have the signed hash? */
bool undo_try(struct undo *u, const char *label, const struct edit *edits, size_t n);
/* All of them; with more effort each alone, all but one, ranges, pairs, every choice of a few. */
bool undo_any(struct undo *u, const char *label, const struct edits *e);
/* Is this, as a whole, the signed body? */
bool undo_try_whole(struct undo *u, const char *label, slice body);

/* ---- trials of the header ---- */

/* Does the signature verify with these edits of fields (and the ambient ones)? */
bool undo_try_fields(struct undo *u, const char *label, const struct field_edit *edits, size_t n);
/* The value of one field replaced: name, colon and spacing stay as they are. */
bool undo_try_value(struct undo *u, const char *label, const struct mail_field *field, slice value);
/* All of them, each of them, and with more effort ranges. */
bool undo_any_fields(struct undo *u, const char *label, const struct field_edit *edits, size_t n);
/* The signature's own field in another form (still without the value of b=). */
bool undo_try_own(struct undo *u, const char *label, slice bare);

/* What a change of white space and folds alone is called; NULL if the words differ.  Both are whole fields. */
const char *shape_label(struct undo *u, slice was, slice now);

/* Is the field one of those that were signed now?  (Of several of one name h= may mean only the lowest.) */
static inline bool undo_is_signed(const struct undo *u, size_t field)
{
	return u->is_signed[field];
}
/* The number of a field. */
static inline size_t undo_index(const struct undo *u, const struct mail_field *field)
{
	return (size_t)(field - u->header->fields);
}

/* The octets of a body with edits applied; the empty slice if memory is short. */
slice edits_apply(struct signet_arena *a, slice text, const struct edit *edits, size_t n);

#endif
