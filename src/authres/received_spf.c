/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/authres.h>
#include <signet/check.h>
#include <signet/spf.h>

#include "../base/ip.h"
#include "fold.h"

#define VALUE_OCTETS 320 /* of one value: no honest name or mailbox is longer (RFC 5321 4.5.3.1), and escaped it fits a line */

/* header-field-value = result FWS [comment FWS] [ key-value-list ]
 * key-value-pair     = key [CFWS] "=" ( dot-atom / quoted-string )            (RFC 7208 9.1) */
struct pair {
	slice key, value;
};

struct pairs {
	struct pair at[8];
	size_t n;
};

static void add(struct pairs *pairs, slice key, slice value)
{
	pairs->at[pairs->n++] = (struct pair) { key, slice_first(value, VALUE_OCTETS) };
}

static slice address_text(const struct signet_ip *ip, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 64);
	ip_put(&b, ip);
	return buf_slice(&b);
}

static slice first_problem(const struct signet_spf *spf)
{
	for (size_t i = 0; i < spf->findings.n; i++) {
		const struct signet_finding_kind *kind = signet_finding_kind(spf->findings.at[i].id);
		if (kind->severity >= SIGNET_ERROR) {
			return slice_of(kind->name);
		}
	}
	return (slice) { 0 };
}

static bool is_error(enum signet_spf_result result)
{
	return result == SIGNET_SPF_TEMPERROR || result == SIGNET_SPF_PERMERROR;
}

static void list_pairs(const struct signet_spf *spf, const struct signet_envelope *e, slice receiver,
		       struct signet_arena *a, struct pairs *pairs)
{
	if (RULE("7208:9.1", e->ip.family != 0)) {
		add(pairs, S("client-ip"), address_text(&e->ip, a));
	}
	if (RULE("7208:9.1", e->has_mail_from && spf->identity == SIGNET_SPF_MAILFROM)) {
		add(pairs, S("envelope-from"), e->mail_from);
	}
	if (RULE("7208:9.1", e->helo.len > 0)) {
		add(pairs, S("helo"), e->helo);
	}
	if (receiver.len) {
		add(pairs, S("receiver"), receiver);
	}
	add(pairs, S("identity"), spf->identity == SIGNET_SPF_HELO ? S("helo") : S("mailfrom"));
	if (RULE("7208:9.1", spf->matched.len > 0)) {
		add(pairs, S("mechanism"), spf->matched);
	}
	slice problem = first_problem(spf);
	if (RULE("7208:9.1", is_error(spf->result) && problem.len > 0)) {
		add(pairs, S("problem"), problem);
	}
}

/* "example.com: domain of 192.0.2.1 ..." in the words of RFC 7208 9.1's examples. */
static slice comment_of(const struct signet_spf *spf, slice receiver, slice client, struct signet_arena *a)
{
	static const char *const words[] = {
		[SIGNET_SPF_NONE] = " has no policy for ",
		[SIGNET_SPF_NEUTRAL] = " says nothing about ",
		[SIGNET_SPF_PASS] = " designates as sender ",
		[SIGNET_SPF_FAIL] = " does not designate as sender ",
		[SIGNET_SPF_SOFTFAIL] = " discourages as sender ",
		[SIGNET_SPF_TEMPERROR] = " could not be asked about ",
		[SIGNET_SPF_PERMERROR] = " has a broken policy for ",
	};
	slice prefix = receiver.len ? ARENA_JOIN(a, slice_first(receiver, 64), S(": ")) : (slice) { 0 };
	return ARENA_JOIN(a, prefix, slice_first(spf->domain, 128), slice_of(words[spf->result]), client);
}

signet_slice signet_received_spf_write(const struct signet_spf *spf, const struct signet_envelope *envelope,
				       signet_slice receiver, struct signet_arena *a)
{
	struct pairs pairs = { .n = 0 };
	struct fold f;
	list_pairs(spf, envelope, receiver, a, &pairs);
	fold_init(&f, a, S("Received-SPF"), 0);
	fold_word(&f, slice_of(signet_spf_result_name(spf->result)));
	if (envelope->ip.family && spf->domain.len) {
		fold_comment(&f, comment_of(spf, receiver, pairs.at[0].value, a), (slice) { 0 });
	}
	for (size_t i = 0; i < pairs.n; i++) {
		fold_pair(&f, pairs.at[i].key, pairs.at[i].value, FOLD_DOT_ATOM,
			  i + 1 < pairs.n ? S(";") : (slice) { 0 });
	}
	return fold_end(&f);
}
