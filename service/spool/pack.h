/* SPDX-License-Identifier: Apache-2.0 */
/* pack: structs into octets and back, by tables.
 *
 *     #define AT(member) offsetof(struct thing, member)
 *     static const struct pack_row rows[] = {
 *             { 1, PACK_TEXT, AT(name) },
 *             { 2, PACK_NUMBER, AT(hits), .size = sizeof(uint32_t) },
 *             { 3, PACK_LIST, AT(parts), .count_at = AT(n_parts), .of = &part_table },
 *     };
 *     static const struct pack_table thing_table = { rows, sizeof(rows) / sizeof(rows[0]), sizeof(struct thing) };
 *
 *     pack_write(packer, &thing_table, &thing, &buf);          // packer: memory that is used again and again
 *     if (pack_read(octets, &thing_table, arena, &thing)) ...
 *
 * What is zero, empty or NULL is not written.  A reader passes over numbers it does not know, and leaves members zero that it
 * does not find: so tables grow at their end, and a number once given is never given to anything else.
 *
 *     struct = *field
 *     field  = key value               key = number x 4 + wire
 *     value  = number                  wire 0: seven bits an octet, the lowest first; the high bit says that more follow
 *            / number *OCTET           wire 1: a text behind its length
 *            / number number           wire 2: place and length of a text that stands in these octets already
 *            / struct %x00             wire 3
 *
 * A list is its number as often as it has elements.  The texts of a dossier repeat each other (a domain, a record), hence
 * wire 2. */
#ifndef SIGNET_SERVICE_SPOOL_PACK_H
#define SIGNET_SERVICE_SPOOL_PACK_H

#include "../../src/base/buf.h"

#define PACK_NUMBER_MAX 1000 /* of a row */
#define PACK_DEPTH 16 /* of structs in structs */
#define PACK_ITEMS 4096 /* of a list, unless its row says another cap */

enum pack_kind {
	PACK_NUMBER, /* unsigned of `size` octets, bool and enum included; `most`: the largest valid value, 0: what fits */
	PACK_SIGNED, /* int64_t */
	PACK_TEXT, /* slice */
	PACK_WORD, /* const char *, never NULL: read as "" if it is absent */
	PACK_WORD_OR_NULL, /* const char * */
	PACK_ADDRESS, /* struct signet_ip */
	PACK_FINDING, /* uint16_t, the id of a finding; written as its name; 0 if nobody knows that any more */
	PACK_STRUCT, /* of the table `of`, inside this one */
	PACK_LIST, /* pointer to elements of the table `of`, their number (size_t) at `count_at`; `most` of them */
	PACK_TEXTS, /* the same for slices */
};

struct pack_table;

struct pack_row {
	unsigned number; /* 1 .. PACK_NUMBER_MAX, of its own in its table */
	enum pack_kind kind;
	size_t at;
	size_t size;
	size_t count_at;
	uint64_t most;
	const struct pack_table *of;
};

struct pack_table {
	const struct pack_row *rows;
	size_t n;
	size_t size; /* of the struct */
};

/* What is left out so that the octets are fewer; 0: nothing. */
struct pack_cut {
	size_t text_octets; /* longer texts lose their end */
	size_t items; /* longer lists lose their end */
};

struct packer;

struct packer *packer_new(void);
void packer_free(struct packer *p);
/* Clears `to` and fills it; buf_ok() says whether it had room.  `cut` may be NULL.  True if something was cut. */
bool pack_write(struct packer *p, const struct pack_table *table, const struct pack_cut *cut, const void *from,
                struct buf *to);

/* False: these are not the octets of such a struct, a value is none we know, or the arena is full.  Texts of `*ret` point
 * into `octets`; lists and words live in `a`.  `*ret` is written in any case and not to be used after false. */
bool pack_read(slice octets, const struct pack_table *table, struct signet_arena *a, void *ret);

#endif
