/* SPDX-License-Identifier: Apache-2.0 */
#include "find.h"

#include "record.h"

/* Says why a domain that seems to have a record has none: what its owner meant is in these texts. */
static void note_lookalikes(slice domain, const struct signet_answer *txt, struct signet_findings *notes)
{
	for (size_t i = 0; i < txt->n; i++) {
		slice text = txt->rr[i].data;
		if (slice_starts_nocase(text, S("spf2.0/"))) {
			note_with(notes, F_SPF_SENDER_ID, text, 0, TEXT(domain));
		} else if (slice_find_nocase(slice_first(text, 12), S("v=spf")) != SLICE_NONE) {
			note_with(notes, F_SPF_NEAR_RECORD, text, 0, TEXT(domain));
		}
	}
}

enum spf_found spf_find(slice domain, const struct signet_answer *txt, struct signet_findings *notes, slice *ret)
{
	slice record = { 0 };
	size_t n = 0;
	if (RULE("7208:4.4", signet_answer_is_error(txt))) {
		note_with(notes, F_SPF_DNS_ERROR, (slice) { 0 }, 0, TEXT(domain), TEXT(S("TXT")),
		          TEXT(slice_of(signet_dns_status_name(txt->status))));
		return SPF_FOUND_ERROR;
	}
	for (size_t i = 0; i < txt->n; i++) {
		if (spf_record_is(txt->rr[i].data)) {
			record = txt->rr[i].data;
			n++;
		}
	}
	if (RULE("7208:4.5", n == 0)) {
		note_lookalikes(domain, txt, notes);
		return SPF_FOUND_NONE;
	}
	if (RULE("7208:4.5", n > 1)) {
		note_with(notes, F_SPF_SEVERAL_RECORDS, record, 0, TEXT(domain), NUMBER(n));
		return SPF_FOUND_SEVERAL;
	}
	*ret = record;
	return SPF_FOUND_ONE;
}
