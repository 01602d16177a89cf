/* SPDX-License-Identifier: Apache-2.0 */
/* exp=: the domain's own words for a refusal (RFC 7208 6.2).  Nothing here changes a result or a counter. */
#include "run.h"

static bool cannot(struct spf_run *r, slice name, slice why)
{
	spf_note(r, F_SPF_EXP_UNUSABLE, TEXT(name), TEXT(why));
	return true;
}

bool spf_explain(struct spf_run *r, const struct spf_term *exp)
{
	const struct signet_answer *txt;
	unsigned letters;
	size_t flaw;
	slice name;
	enum spf_target kind;
	r->place.term = exp->text;
	if (!spf_target(r, exp, &name, &kind)) {
		return false;
	}
	if (kind != SPF_TARGET_GOOD) {
		return true;
	}
	if (!spf_ask(r, name, SIGNET_RR_TXT, &txt)) {
		return false;
	}
	slice text = txt->n ? txt->rr[0].data : S("");
	spf_step(r, exp->text, name, signet_answer_is_error(txt) ? "lost" : txt->n ? "text" : "no text");
	if (RULE("7208:6.2", signet_answer_is_error(txt))) {
		return cannot(r, name, slice_of(signet_dns_status_name(txt->status)));
	}
	if (RULE("7208:6.2", txt->n != 1)) {
		return cannot(r, name, txt->n ? S("there are several TXT records") : S("there is no TXT record"));
	}
	if (RULE("7208:6.2", !spf_macro_check(text, SPF_IN_EXPLANATION, &letters, &flaw))) {
		return cannot(r, name, S("its text is not plain ASCII with correct macros"));
	}
	if (letters & SPF_LETTERS_OF_SENDER) {
		r->out->cacheable = false;
	}
	if ((letters & SPF_LETTER('p')) && !spf_validate_name(r, true)) {
		return false;
	}
	return spf_macro_text(text, &r->values, r->arena, &r->out->explanation) || spf_fail(r, SIGNET_NO_MEMORY);
}
