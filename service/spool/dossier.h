/* SPDX-License-Identifier: Apache-2.0 */
/* dossier: everything that is kept of one message, as octets and back (pack.h). */
#ifndef SIGNET_SERVICE_SPOOL_DOSSIER_H
#define SIGNET_SERVICE_SPOOL_DOSSIER_H

#include "pack.h"
#include "verdict_row.h"

#define DOSSIER_OCTETS ((size_t)1 << 20) /* of one packed; a common one has two thousand */
#define DOSSIER_BYTES ((size_t)32 << 20) /* of memory to read one */

/* How much of it was kept.  The texts of a hostile message are as long as its header may be. */
enum dossier_kept {
	DOSSIER_WHOLE,
	DOSSIER_CUT, /* long texts and long lists have lost their end */
	DOSSIER_ROW, /* nothing but the row */
};

/* Clears and fills `to`, which should have a maximum of DOSSIER_OCTETS.  buf_ok() is false only if memory is short. */
enum dossier_kept dossier_pack(struct packer *p, const struct verdict_row *row, struct buf *to);

/* What is read: `row` points to the rest, which lives in an arena, but for the texts, which point into the octets. */
struct dossier_read {
	struct verdict_row row; /* `book` is NULL */
	struct signet_dossier dossier;
	const struct dossier_answer *answers; /* what the book held */
	size_t n_answers;
};

/* False: these are no octets of dossier_pack(), or of a version that says what we do not know, or the arena is full. */
bool dossier_unpack(slice octets, struct signet_arena *a, struct dossier_read *ret);
/* Questions and answers into an empty book. */
enum signet_status dossier_fill_book(const struct dossier_read *from, struct signet_book *book);

#endif
