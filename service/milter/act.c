/* SPDX-License-Identifier: Apache-2.0 */
#include "act.h"

#include "../../src/base/buf.h"
#include "../../src/base/escape.h"

#define SPF_FAILS "SPF does not allow the client"
#define NO_REVERSE "the client has no name that leads back to it"
#define SEEN_FORWARDER "the policy is reject, but a forwarder seen before handed it over"
#define REPLAYED "the same signature came for too many recipients"

/* ---- replies ---- */

struct reply_row {
	const char *code; /* RFC 5321 4.2 */
	const char *status; /* RFC 3463, RFC 7372 */
	const char *sentence; /* {0}: the domain, {1}: the detail */
};

static const struct reply_row replies[] = {
	[ACT_DMARC] = { "550", "5.7.1", "DMARC policy of {0} is reject and this message fails it ({1}); see RFC 9989" },
	[ACT_FROM_MISSING] = { "550", "5.7.1",
	                       "this message names no author in From; see RFC 5322 3.6.2, RFC 9989 11.5" },
	[ACT_FROM_SEVERAL] = { "550", "5.7.1",
	                       "this message has more than one From field; see RFC 5322 3.6, RFC 9989 11.5" },
	[ACT_FROM_INVALID] = { "550", "5.7.1",
	                       "the author in From has no domain that can be judged; see RFC 9989 11.5" },
	[ACT_LOCAL] = { "550", "5.7.1", "mail of {0} is refused here by local policy" },
	[ACT_SPF_FAIL] = { "550", "5.7.23", "SPF of {0} does not allow {1} to send for it; see RFC 7208" },
	[ACT_REVERSE_NAME] = { "550", "5.7.25", "{1} has no name that leads back to it" },
	[ACT_SEVERAL_CHECKS] = { "550", "5.7.26", "several checks of this message fail ({1})" },
	[ACT_DEFER_SPF] = { "451", "4.7.24",
	                    "SPF of {0} cannot be looked up now, and its policy asks for it; try again" },
	[ACT_DEFER_DKIM] = { "451", "4.7.5", "the DKIM key of {0} cannot be looked up now; try again" },
	[ACT_DEFER_LOCAL] = { "451", "4.7.1", "mail of {0} is deferred here by local policy" },
	[ACT_OWN_FAULT] = { "451", "4.3.0", "this message cannot be checked now; try again" },
	[ACT_NOT_SIGNED] = { "451", "4.3.0", "this message cannot be signed now; try again" },
	[ACT_HEADER_TOO_LARGE] = { "552", "5.3.4", "the header of this message is too large" },
};

bool act_why_is_permanent(enum act_why why)
{
	return replies[why].code && replies[why].code[0] == '5';
}

/* Nothing but printable ASCII goes into an SMTP reply (RFC 5321 4.2). */
static void put_printable(struct buf *b, slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		buf_put_char(b, (char)(c >= ' ' && c <= '~' ? c : '?'));
	}
}

static void put_sentence(struct buf *b, const char *sentence, slice domain, slice detail)
{
	for (const char *at = sentence; *at; at++) {
		if (at[0] == '{') {
			put_printable(b, at[1] == '0' ? domain : detail);
			at += 2;
		} else {
			buf_put_char(b, *at);
		}
	}
}

/* A text that would be too long is cut. */
static slice cut(struct buf *b, size_t octets)
{
	return buf_ok(b) ? slice_first(buf_slice(b), octets) : (slice) { 0 };
}

slice act_reply(enum act_why why, const char *code, slice domain, slice detail, struct signet_arena *a)
{
	const struct reply_row *row = &replies[why];
	struct buf b;
	if (!row->code) {
		return (slice) { 0 };
	}
	buf_init_arena(&b, a, (size_t)8 * ACT_REPLY_OCTETS);
	buf_put_text(&b, row->code);
	buf_put_char(&b, ' ');
	buf_put_text(&b, code ? code : row->status);
	buf_put_char(&b, ' ');
	put_sentence(&b, row->sentence, slice_first(domain, ACT_REPLY_OCTETS), slice_first(detail, ACT_REPLY_OCTETS));
	return cut(&b, ACT_REPLY_OCTETS);
}

/* ---- what failed, in few words ---- */

static void put_spf(struct buf *b, const struct signet_dossier *d)
{
	const struct signet_spf *spf = d->n_spf ? &d->spf[0] : NULL;
	if (!spf) {
		buf_put_text(b, "no SPF");
		return;
	}
	buf_put_text(b, "SPF ");
	buf_put_text(b, signet_spf_result_name(spf->result));
	if (spf->result == SIGNET_SPF_PASS) {
		buf_put_text(b, " for another domain, ");
		buf_put(b, slice_first(spf->domain, 100));
	}
}

/* The one that tells most: what passes for another domain, then what is by the author, then the first. */
static const struct signet_dkim *telling_signature(const struct signet_dossier *d)
{
	const struct signet_dkim *best = NULL;
	for (size_t i = 0; i < d->n_dkim; i++) {
		const struct signet_dkim *s = &d->dkim[i];
		if (!best || (s->aligned && !best->aligned) ||
		    (s->result == SIGNET_DKIM_PASS && best->result != SIGNET_DKIM_PASS && !best->aligned)) {
			best = s;
		}
	}
	return best;
}

static void put_dkim(struct buf *b, const struct signet_dossier *d)
{
	const struct signet_dkim *s = telling_signature(d);
	if (!s) {
		buf_put_text(b, "no DKIM signature");
		return;
	}
	buf_put_text(b, "DKIM ");
	buf_put_text(b, signet_dkim_result_name(s->result));
	buf_put_text(b, s->aligned ? " for " : " for another domain, ");
	buf_put(b, slice_first(s->domain, 100));
}

static slice evidence(const struct signet_dossier *d, struct signet_arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 1024);
	put_spf(&b, d);
	buf_put_text(&b, ", ");
	put_dkim(&b, d);
	return buf_slice(&b);
}

/* ---- the decision ---- */

static slice author_of(const struct signet_dossier *d)
{
	return d->dmarc.domain.len ? d->dmarc.domain : d->n_from ? d->from[0].domain : S("this author");
}

static enum act_why why_rejected(const struct act_case *c)
{
	const struct signet_dossier *d = c->dossier;
	bool spf = c->spf == RULES_SINGLE_REJECT, reverse = c->reverse == RULES_SINGLE_REJECT;
	if (d->decision != SIGNET_REJECT) { /* it takes one of these two, then */
		return spf && reverse ? ACT_SEVERAL_CHECKS : spf ? ACT_SPF_FAIL : ACT_REVERSE_NAME;
	}
	if (d->n_from_fields > 1) {
		return ACT_FROM_SEVERAL;
	}
	if (c->header_cut && d->dmarc.result != SIGNET_DMARC_FAIL) {
		return ACT_HEADER_TOO_LARGE;
	}
	if (d->n_from == 0) {
		return ACT_FROM_MISSING;
	}
	return d->dmarc.result == SIGNET_DMARC_FAIL ? ACT_DMARC : ACT_FROM_INVALID;
}

static enum act_why why_deferred(const struct signet_dossier *d, slice *ret_domain)
{
	for (size_t i = 0; i < d->n_dkim; i++) {
		if (d->dkim[i].aligned && d->dkim[i].result == SIGNET_DKIM_TEMPERROR) {
			*ret_domain = d->dkim[i].domain;
			return ACT_DEFER_DKIM;
		}
	}
	*ret_domain = d->n_spf ? d->spf[0].domain : author_of(d);
	return ACT_DEFER_SPF;
}

static void refuse(const struct act_case *c, struct signet_arena *a, struct act *ret)
{
	const struct signet_dossier *d = c->dossier;
	enum act_why why = c->override.has_decision ? ACT_LOCAL : why_rejected(c);
	slice detail = why == ACT_DMARC            ? evidence(d, a)
	               : why == ACT_SEVERAL_CHECKS ? S(SPF_FAILS " and " NO_REVERSE)
	                                           : c->client;
	slice domain = why == ACT_SPF_FAIL ? d->spf[0].domain : author_of(d);
	const char *code = why == ACT_DMARC ? c->dmarc_code : NULL;
	ret->deed = VERDICT_REJECTED;
	ret->reply = OUTCOME_REJECT;
	ret->text = act_reply(why, code, domain, detail, a);
	if (why == ACT_HEADER_TOO_LARGE) {
		ret->rule = S("the header is too large"); /* what the engine missed may stand in the rest */
	}
}

static void defer(const struct act_case *c, struct signet_arena *a, struct act *ret)
{
	slice domain = author_of(c->dossier);
	enum act_why why = c->override.has_decision ? ACT_DEFER_LOCAL : why_deferred(c->dossier, &domain);
	ret->deed = VERDICT_DEFERRED;
	ret->reply = OUTCOME_TEMPFAIL;
	ret->text = act_reply(why, NULL, domain, (slice) { 0 }, a);
}

static void quarantine(const struct act_case *c, struct signet_arena *a, struct act *ret)
{
	const struct signet_dossier *d = c->dossier;
	bool holds = c->quarantine == RULES_HOLD && c->can_hold && c->exempt == ACT_EXEMPT_NONE;
	struct buf b;
	buf_init_arena(&b, a, 4096);
	if (c->override.has_decision) {
		buf_put_text(&b, "local policy: ");
		put_printable(&b, slice_of(c->override.rule));
	} else if (d->decision == SIGNET_ACCEPT) { /* one of the reasons that settle() adds */
		put_printable(&b, ret->rule);
	} else if (d->dmarc.result == SIGNET_DMARC_FAIL) {
		buf_put_text(&b, "DMARC fails for ");
		put_printable(&b, author_of(d));
		buf_put_text(&b, ": ");
		put_printable(&b, evidence(d, a));
	} else {
		put_printable(&b, slice_of(d->rule));
	}
	ret->deed = holds ? VERDICT_HELD : VERDICT_MARKED;
	ret->reason = cut(&b, holds ? ACT_HOLD_OCTETS : ACT_REPLY_OCTETS);
	if (!ret->reason.len) {
		ret->reason = S("quarantine"); /* memory is short: the deed stands, the words do not */
	}
}

static void raise(struct act *ret, enum signet_decision *decision, enum rules_single asked, const char *rule)
{
	static const enum signet_decision decisions[] = { [RULES_SINGLE_ACCEPT] = SIGNET_ACCEPT,
		                                          [RULES_SINGLE_MARK] = SIGNET_QUARANTINE,
		                                          [RULES_SINGLE_REJECT] = SIGNET_REJECT };
	/* what is deferred is judged when it comes again */
	if (*decision != SIGNET_TEMPFAIL && decisions[asked] > *decision) {
		*decision = decisions[asked];
		ret->rule = slice_of(rule);
		ret->override = ret->rule;
	}
}

/* What is not DMARC's; the postmaster's word for this author or client goes before it. */
static void raise_all(const struct act_case *c, struct act *ret, enum signet_decision *decision)
{
	if (!c->override.has_decision) {
		raise(ret, decision, c->spf, SPF_FAILS);
		raise(ret, decision, c->reverse, NO_REVERSE);
	}
	if (c->replayed && *decision == SIGNET_ACCEPT && !c->override.has_decision) {
		*decision = SIGNET_QUARANTINE;
		ret->rule = S(REPLAYED);
	}
}

/* A reject by the published policy alone; the word is for log and report. */
static void soften(const struct act_case *c, struct act *ret, enum signet_decision *decision)
{
	if (c->seen_forwarder && !c->override.has_decision && *decision == SIGNET_REJECT &&
	    why_rejected(c) == ACT_DMARC) {
		*decision = SIGNET_QUARANTINE;
		ret->rule = S(SEEN_FORWARDER);
		ret->override = S("seen-forwarder");
	}
}

/* The postmaster's word, then the recipients: what is left of the engine's decision. */
static enum signet_decision settle(const struct act_case *c, struct act *ret)
{
	enum signet_decision decision = c->dossier->decision;
	ret->rule = slice_of(c->dossier->rule);
	if (c->override.has_decision) {
		decision = c->override.decision;
		ret->rule = slice_of(c->override.rule);
		ret->override = ret->rule;
	} else if (c->override.rule) {
		ret->override = slice_of(c->override.rule);
	}
	soften(c, ret, &decision);
	raise_all(c, ret, &decision);
	if (decision == SIGNET_ACCEPT || c->exempt == ACT_EXEMPT_NONE) {
		return decision;
	}
	ret->rule = c->exempt == ACT_EXEMPT_ALL ? S("the recipients are exempt from enforcement")
	                                        : S("some recipients are exempt from enforcement");
	ret->override = ret->rule;
	return c->exempt == ACT_EXEMPT_ALL ? SIGNET_ACCEPT : SIGNET_QUARANTINE;
}

void act_decide(const struct act_case *c, struct signet_arena *a, struct act *ret)
{
	*ret = (struct act) { .deed = VERDICT_PASSED, .reply = OUTCOME_CONTINUE };
	ret->decision = settle(c, ret);
	switch (ret->decision) {
	case SIGNET_ACCEPT:
		break;
	case SIGNET_QUARANTINE:
		quarantine(c, a, ret);
		break;
	case SIGNET_REJECT:
		refuse(c, a, ret);
		break;
	case SIGNET_TEMPFAIL:
		defer(c, a, ret);
		break;
	}
}

/* ---- edits ---- */

static size_t count_fields(slice fields)
{
	size_t n = 0;
	for (size_t at; (at = slice_find(fields, S("\r\n"))) != SLICE_NONE; fields = slice_from(fields, at + 2)) {
		bool folded = at + 2 < fields.len && (fields.at[at + 2] == ' ' || fields.at[at + 2] == '\t');
		n += !folded;
	}
	return n;
}

size_t act_count(const struct act_fields *f)
{
	size_t strip = f->strip ? f->strip->n : 0;
	return strip + count_fields(f->seal) + count_fields(f->signatures) + (f->results.len > 0) +
	       (f->received_spf.len > 0) + (f->quarantine.len > 0);
}

/* As the mail server wants it: LF between the lines, a blank in front. */
static slice wire_value(slice value, struct signet_arena *a)
{
	bool blank = value.len && (value.at[0] == ' ' || value.at[0] == '\t');
	char *at = arena_octets(a, value.len + 1);
	size_t n = 0;
	if (!at) {
		return (slice) { 0 };
	}
	if (!blank) {
		at[n++] = ' ';
	}
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] != '\r') {
			at[n++] = value.at[i];
		}
	}
	return slice_make(at, n);
}

static bool insert(slice name, slice value, struct signet_arena *a, struct outcome_edit *ret)
{
	*ret = (struct outcome_edit) { .change = OUTCOME_INSERT, .name = name, .value = wire_value(value, a) };
	return ret->value.len > 0;
}

/* The last field of `*fields`, taken off its end. */
static bool take_last(slice *fields, slice *ret_name, slice *ret_value)
{
	slice rest = slice_first(*fields, fields->len < 2 ? 0 : fields->len - 2);
	size_t start = rest.len;
	while (start > 0 && (rest.at[start - 1] != '\n' || rest.at[start] == ' ' || rest.at[start] == '\t')) {
		start--;
	}
	slice value = slice_from(rest, start);
	*ret_name = slice_split(&value, ':');
	*ret_value = value;
	*fields = slice_first(*fields, start);
	return value.at != NULL;
}

static bool insert_fields(slice fields, struct signet_arena *a, struct outcome_edit *ret, size_t *n)
{
	slice name, value;
	while (fields.len) {
		if (!take_last(&fields, &name, &value) || !insert(name, value, a, &ret[*n])) {
			return false;
		}
		++*n;
	}
	return true;
}

static bool insert_one(slice name, slice value, struct signet_arena *a, struct outcome_edit *ret, size_t *n)
{
	if (!value.len) {
		return true;
	}
	return insert(name, value, a, &ret[(*n)++]);
}

size_t act_edits(const struct act_fields *f, struct signet_arena *a, struct outcome_edit *ret)
{
	size_t n = f->strip ? strip_edits(f->strip, ret) : 0;
	bool good = insert_one(f->quarantine_field, f->quarantine, a, ret, &n) &&
	            insert_one(S("Received-SPF"), f->received_spf, a, ret, &n) &&
	            insert_one(S("Authentication-Results"), f->results, a, ret, &n) &&
	            insert_fields(f->signatures, a, ret, &n) && insert_fields(f->seal, a, ret, &n);
	return good ? n : SIZE_MAX;
}
