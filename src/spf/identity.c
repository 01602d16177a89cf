/* SPDX-License-Identifier: Apache-2.0 */
/* Who is checked: sender and HELO as given become the values of one evaluation (RFC 7208 2.3, 2.4, 4.3). */
#include "../base/ip.h"
#include "../base/name.h"
#include "run.h"

/* A name as macros show it: as given, but as A-labels if it has any letter that is not ASCII (RFC 8616 4). */
static slice shown_name(struct spf_run *r, slice given)
{
	slice normal;
	if (RULE("8616:4", slice_is_ascii(given))) {
		return name_without_dot(given);
	}
	return name_normalize(given, r->arena, &normal) == NAME_GOOD ? normal : S("unknown");
}

/* Splits the sender and fills in what is missing.  Returns the domain as given. */
static slice read_sender(struct spf_run *r)
{
	const struct signet_spf_query *q = r->query;
	slice sender = q->mail_from;
	if (sender.len >= 2 && sender.at[0] == '<' && sender.at[sender.len - 1] == '>') {
		sender = slice_make(sender.at + 1, sender.len - 2);
	}
	slice local = { 0 };
	slice domain = q->helo;
	if (RULE("7208:2.4", q->identity == SIGNET_SPF_MAILFROM && sender.len > 0)) {
		size_t at = slice_find_last_char(sender, '@');
		local = at == SLICE_NONE ? local : slice_first(sender, at);
		domain = at == SLICE_NONE ? sender : slice_from(sender, at + 1);
	} else {
		r->out->null_sender = q->identity == SIGNET_SPF_MAILFROM;
	}
	if (RULE("7208:4.3", local.len == 0)) {
		local = S("postmaster");
	}
	r->local_is_ascii = slice_is_ascii(local);
	r->values.local = local;
	r->values.origin = shown_name(r, domain);
	r->values.sender = ARENA_JOIN(r->arena, local, S("@"), r->values.origin);
	return domain;
}

slice spf_identify(struct spf_run *r)
{
	const struct signet_spf_query *q = r->query;
	r->values.ip = q->ip;
	ip_unmap(&r->values.ip);
	r->values.now = q->now;
	r->values.helo = q->helo.len ? shown_name(r, q->helo) : S("unknown");
	r->values.receiver = q->receiver.len ? q->receiver : S("unknown");
	return read_sender(r);
}
