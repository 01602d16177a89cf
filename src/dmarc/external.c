/* SPDX-License-Identifier: Apache-2.0 */
/* May reports about one domain go to an address in another (RFC 9990 4)?  The answer is a TXT record of the receiving
 * domain; without it anybody could direct a flood of reports at anybody. */
#include <signet/dmarc.h>

#include "../base/finding.h"
#include "../base/name.h"
#include "../dns/book.h"
#include "find.h"
#include "record.h"
#include "uri.h"

const char *signet_consent_name(enum signet_consent consent)
{
	static const char names[][11] = { "not needed", "given", "refused", "unknown" };
	return consent <= SIGNET_CONSENT_UNKNOWN ? names[consent] : "?";
}

/* A consenting record may name another address, but only at the same host (step 9); else nobody gets the report. */
static void read_override(slice text, slice host, struct signet_arena *a, struct signet_external *ret)
{
	struct signet_dmarc_record record;
	struct signet_findings ignored;
	findings_init(&ignored, a);
	if (!signet_dmarc_record_parse(text, a, &ignored, &record) || record.n_rua == 0) {
		return;
	}
	for (size_t i = 0; i < record.n_rua; i++) {
		if (RULE("9990:4", !name_eq(dmarc_uri_host(record.rua[i], a), host))) {
			ret->consent = SIGNET_CONSENT_REFUSED;
			return;
		}
	}
	ret->instead = record.rua;
	ret->n_instead = record.n_rua;
}

static enum signet_status ask(slice policy_domain, slice host, struct signet_book *b, struct signet_arena *a,
			      struct signet_external *ret)
{
	const struct signet_answer *ans;
	ret->question = ARENA_JOIN(a, policy_domain, S("._report._dmarc."), host);
	TRY(book_ask(b, ret->question, SIGNET_RR_TXT, &ans));
	if (RULE("9990:4", signet_answer_is_error(ans))) {
		ret->consent = SIGNET_CONSENT_UNKNOWN;
		return SIGNET_OK;
	}
	ret->consent = SIGNET_CONSENT_REFUSED;
	for (size_t i = 0; i < ans->n; i++) { /* more than one is as good as one */
		if (RULE("9990:4", dmarc_record_is(ans->rr[i].data)) && ret->n_instead == 0) {
			ret->consent = SIGNET_CONSENT_GIVEN;
			read_override(ans->rr[i].data, host, a, ret);
			if (ret->consent == SIGNET_CONSENT_REFUSED) {
				break;
			}
		}
	}
	return SIGNET_OK;
}

enum signet_status signet_dmarc_external(signet_slice policy_domain, signet_slice uri, struct signet_book *book,
					 struct signet_arena *arena, struct signet_external *ret)
{
	struct dmarc_walk ours;
	struct dmarc_walk theirs;
	slice host = dmarc_uri_host(uri, arena);
	*ret = (struct signet_external){ .host = host, .consent = SIGNET_CONSENT_REFUSED };
	if (host.len == 0 || !name_is_askable(policy_domain)) {
		return SIGNET_OK;
	}
	if (RULE("9990:4", name_eq(host, policy_domain))) {
		ret->consent = SIGNET_CONSENT_NOT_NEEDED;
		return SIGNET_OK;
	}
	dmarc_walk_want(book, host);
	TRY(dmarc_walk(book, policy_domain, NULL, &ours));
	TRY(dmarc_walk(book, host, NULL, &theirs));
	if (ours.has_error || theirs.has_error) {
		ret->consent = SIGNET_CONSENT_UNKNOWN;
		return SIGNET_OK;
	}
	if (RULE("9990:4", name_eq(dmarc_organization(&ours), dmarc_organization(&theirs)))) {
		ret->consent = SIGNET_CONSENT_NOT_NEEDED;
		return SIGNET_OK;
	}
	TRY(ask(policy_domain, host, book, arena, ret));
	return arena->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}
