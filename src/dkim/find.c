/* SPDX-License-Identifier: Apache-2.0 */
#include "find.h"

#define RECORDS_MAX 16 /* a cap of ours: two are already an error of the domain owner */

slice key_name(slice selector, slice domain, struct signet_arena *a)
{
	return ARENA_JOIN(a, selector, S("._domainkey."), domain);
}

slice signet_dkim_key_name(slice selector, slice domain, struct signet_arena *a)
{
	return key_name(selector, domain, a);
}

static void fail(struct dkim_key *ret, enum signet_dkim_result result, const char *label)
{
	*ret = (struct dkim_key){ .fault = { result, label } };
}

/* Among several records the only one that is a key record counts; the kind that a= asks for goes before.  Trying one
 * after the other would let a forgotten key verify (RFC 6376 3.6.2.2: the result is undefined). */
static enum signet_status choose(const struct signet_answer *ans, const struct dkim_signature *s,
				 struct signet_arena *a, struct signet_findings *notes, struct dkim_key *ret)
{
	size_t n = 0, n_fitting = 0;
	slice record = ans->rr[0].data;
	struct signet_findings aside;
	for (size_t i = 0; ans->n > 1 && i < ans->n && i < RECORDS_MAX; i++) {
		struct dkim_key key;
		findings_init(&aside, a);
		TRY(key_parse(ans->rr[i].data, a, &aside, &key));
		bool fits = key.is_record && !key.other_kind && key.kind == s->key_kind;
		n_fitting += fits;
		bool better = fits ? n_fitting == 1 : key.is_record && n == 0;
		if (better) {
			record = key.record;
		}
		n += key.is_record;
	}
	if (RULE("6376:3.6.2.2", n_fitting > 1)) {
		note_with(notes, F_DKIM_KEY_DUPLICATE, ans->rr[1].data, 0, NUMBER(n_fitting));
		fail(ret, SIGNET_DKIM_PERMERROR, "key-duplicate");
		return SIGNET_OK;
	}
	return key_parse(record, a, notes, ret);
}

/* What the key and the signature say of each other (RFC 6376 6.1.2). */
static void compare(const struct dkim_signature *s, struct signet_findings *notes, struct dkim_key *key)
{
	bool sound = key->fault.result == SIGNET_DKIM_NONE;
	if (!sound && !key->is_late_fault) {
		return;
	}
	if (RULE("6376:6.1.2", key->kind != s->key_kind)) {
		note_with(notes, F_DKIM_KEY_KIND, key->record, 0, TEXT(s->algorithm));
		key->fault = (struct dkim_fault){ SIGNET_DKIM_PERMERROR, "key-type-mismatch" };
	} else if (sound && RULE("6376:3.6.1", key->strict && !slice_eq(s->identity_domain, s->domain))) {
		note_with(notes, F_DKIM_IDENTITY_STRICT, key->record, 0, TEXT(s->identity), TEXT(s->domain));
		key->fault = (struct dkim_fault){ SIGNET_DKIM_PERMERROR, "identity-strict" };
	}
}

static void fail_for_dns(const struct signet_answer *ans, slice name, struct signet_findings *notes,
			 struct dkim_key *ret)
{
	note_with(notes, F_DKIM_KEY_UNAVAILABLE, name, 0, TEXT(name),
		  TEXT(slice_of(signet_dns_status_name(ans->status))));
	bool timeout = ans->status == SIGNET_DNS_TIMEOUT;
	fail(ret, SIGNET_DKIM_TEMPERROR, timeout ? "key-timeout" : "key-servfail");
}

enum signet_status key_find(struct signet_book *book, const struct dkim_signature *s, struct signet_arena *a,
			    struct signet_findings *notes, struct dkim_key *ret, bool *ret_secure)
{
	const struct signet_answer *ans;
	slice name = key_name(s->selector, s->domain, a);
	TRY(book_ask(book, name, SIGNET_RR_TXT, &ans));
	*ret_secure = ans->secure;
	if (RULE("6376:6.1.2", signet_answer_is_error(ans))) {
		fail_for_dns(ans, name, notes, ret);
		return SIGNET_OK;
	}
	if (RULE("6376:6.1.2", ans->n == 0)) {
		note_with(notes, F_DKIM_KEY_MISSING, name, 0, TEXT(name));
		fail(ret, SIGNET_DKIM_PERMERROR, "key-missing");
		return SIGNET_OK;
	}
	TRY(choose(ans, s, a, notes, ret));
	compare(s, notes, ret);
	return SIGNET_OK;
}
