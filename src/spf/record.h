/* SPDX-License-Identifier: Apache-2.0 */
/* One SPF record (RFC 7208 4.5, 4.6, 12): text in, terms out.  Knows syntax only; nothing is asked or expanded.
 *
 *     struct spf_record record;
 *     TRY(spf_record_parse(text, arena, notes, &record));
 *     if (!record.valid) ...   // permerror; `notes` says what and where
 *     for (size_t i = 0; i < record.n; i++) { use(&record.terms[i]); } */
#ifndef SIGNET_SPF_RECORD_H
#define SIGNET_SPF_RECORD_H

#include <signet/spf.h>

#include "../base/finding.h"

enum spf_kind {
	SPF_UNKNOWN, /* a modifier nobody defined, or a broken term */
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_EXP,
};

struct spf_term {
	slice text; /* as published, with qualifier */
	slice target; /* domain-spec before expansion, or the value of a modifier; empty: the domain of the record */
	enum spf_kind kind;
	enum signet_spf_result result; /* of a match, by the qualifier (RFC 7208 4.6.2) */
	unsigned letters; /* macro letters of target: SPF_LETTER bits */
	uint8_t bits4, bits6; /* prefix lengths of a, mx, ip4, ip6 */
	struct signet_ip network; /* ip4, ip6 */
};

struct spf_record {
	bool valid;
	slice text;
	const struct spf_term *terms; /* mechanisms and modifiers in their order */
	size_t n;
	const struct spf_term *redirect; /* NULL: none */
	const struct spf_term *exp;
	const struct spf_term *all; /* the first */
};

/* True if the text of a TXT record is an SPF record at all: "v=spf1" and SP or the end (RFC 7208 4.5). */
bool spf_record_is(slice text);
/* Reads a text for which spf_record_is() holds.  Every term is looked at, so all errors are noted with their offsets
 * in `text` (RFC 7208 4.6).  Points into `text`; terms live in `a`.  SIGNET_OK or SIGNET_NO_MEMORY. */
enum signet_status spf_record_parse(slice text, struct signet_arena *a, struct signet_findings *notes,
                                    struct spf_record *ret);

#endif
