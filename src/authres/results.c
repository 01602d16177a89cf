/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/authres.h>
#include <signet/check.h>

#include "../base/chars.h"
#include "../base/finding.h"
#include "../base/ip.h"

/* A longer value is no domain, selector or mailbox (RFC 5321 4.5.3.1) and is left out. */
#define VALUE_OCTETS 320
/* Of all properties and comments of dkim: a sender must not push the field past its cap. */
#define SIGNATURES_OCTETS 10000
#define COMMENT_OCTETS 100 /* a longer sentence is replaced by its stable name */

/* Our own results are plain ASCII and need no backslash: a sender must not be able to make the results about his message
 * unreadable.  Octets beyond ASCII may stand in internationalized messages only (RFC 8601 2.2): readers refuse the field
 * elsewhere (python3-authres 1.2.0, and our own), and names are A-labels here anyhow.  Readers that know no escapes are
 * common (Mail::AuthenticationResults 2.20230112). */

/* The model while it grows: room for everything was counted before. */
struct growing {
	struct signet_arena *arena;
	struct signet_authres_result *results;
	size_t n;
	size_t left; /* octets that signatures may still take */
};

/* One result while it grows. */
struct entry {
	struct signet_authres_result *result;
	struct signet_authres_prop *props;
};

#define PROPS_MAX 8

static struct entry begin(struct growing *g, slice method, const char *result)
{
	struct entry e = { &g->results[g->n++], arena_array(g->arena, PROPS_MAX, sizeof(*e.props)) };
	*e.result = (struct signet_authres_result) {
		.method = method, .method_version = 1, .result = slice_of(result), .props = e.props
	};
	return e;
}

static bool is_plain(slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		bool escaped = value.at[i] == '"' || value.at[i] == '\\';
		if (escaped || RULE("8601:2.2", char_is(value.at[i], C_8BIT))) {
			return false;
		}
	}
	return true;
}

/* What is empty was not there; what is absurdly long or not plain is no domain and no selector. */
static void add(struct entry *e, slice ptype, slice property, slice value)
{
	if (e->props && value.len && value.len <= VALUE_OCTETS && is_plain(value)) {
		e->props[e->result->n_props++] = (struct signet_authres_prop) { ptype, property, value };
	}
}

static slice number_text(struct signet_arena *a, const char *before, uint64_t n, const char *after)
{
	struct buf b;
	buf_init_arena(&b, a, 128);
	buf_put_text(&b, before);
	buf_put_number(&b, n);
	buf_put_text(&b, after);
	return buf_slice(&b);
}

/* The text without what would have to be escaped in a comment; "?" for each octet beyond ASCII. */
static slice plain(struct signet_arena *a, slice text)
{
	static const char to[] = "[]/";
	char *at = arena_octets(a, text.len ? text.len : 1);
	for (size_t i = 0; at && i < text.len; i++) {
		size_t which = slice_find_char(S("()\\"), text.at[i]);
		at[i] = which == SLICE_NONE ? text.at[i] : to[which];
		if (RULE("8601:2.2", char_is(text.at[i], C_8BIT))) {
			at[i] = '?';
		}
	}
	return slice_make(at, at ? text.len : 0);
}

/* The first serious finding as a short sentence. */
static slice first_trouble(struct signet_arena *a, const struct signet_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct signet_finding_kind *kind = signet_finding_kind(findings->at[i].id);
		if (kind->severity < SIGNET_WARNING) {
			continue;
		}
		struct buf b;
		buf_init_arena(&b, a, COMMENT_OCTETS);
		finding_put(&b, kind->sentence, &findings->at[i]);
		return buf_ok(&b) ? plain(a, buf_slice(&b)) : slice_of(kind->name);
	}
	return (slice) { 0 };
}

static void put_spf(struct growing *g, const struct signet_spf *spf)
{
	struct entry e = begin(g, S("spf"), signet_spf_result_name(spf->result));
	if (RULE("8601:2.7.2", spf->identity == SIGNET_SPF_HELO)) {
		add(&e, S("smtp"), S("helo"), spf->domain);
	} else {
		/* the domain only: nobody checked the local part */
		add(&e, S("smtp"), S("mailfrom"), spf->domain);
	}
	if (spf->null_sender) {
		e.result->comment = S("null sender, the HELO name was checked");
	} else if (spf->result != SIGNET_SPF_PASS) {
		e.result->comment = first_trouble(g->arena, &spf->findings);
	}
}

static slice dkim_comment(struct signet_arena *a, const struct signet_dkim *d)
{
	switch (d->result) {
	case SIGNET_DKIM_PASS:
		return number_text(a, "", d->key_bits, d->testing ? "-bit key in test mode" : "-bit key");
	case SIGNET_DKIM_POLICY:
		return number_text(a, "", d->uncovered, " octets at the end are not signed");
	case SIGNET_DKIM_FAIL:
		if (d->transformation && d->evidence != SIGNET_EVIDENCE_NONE) {
			return ARENA_JOIN(a, S("changed in transit: "), slice_of(d->transformation));
		}
		if (d->body_ok == SIGNET_FALSE) {
			return S("the body was changed");
		}
		if (d->header_ok == SIGNET_FALSE) {
			return S("the signature does not fit the header");
		}
		break;
	default:
		break;
	}
	return first_trouble(a, &d->findings);
}

/* Past the budget a signature keeps its result only; those that pass were told before. */
static void spend(struct growing *g, struct signet_authres_result *result)
{
	size_t octets = result->comment.len + 4; /* "(", ")" and a fold */
	for (size_t i = 0; i < result->n_props; i++) {
		const struct signet_authres_prop *prop = &result->props[i];
		octets += prop->ptype.len + prop->property.len + prop->value.len + 7; /* ".", "=", quotes and a fold */
	}
	if (RULE("8601:7.8", octets > g->left)) {
		result->n_props = 0;
		result->comment = (slice) { 0 };
		g->left = 0;
		return;
	}
	g->left -= octets;
}

static void put_signature(struct growing *g, const struct signet_dkim *d)
{
	struct entry e = begin(g, S("dkim"), signet_dkim_result_name(d->result));
	add(&e, S("header"), S("d"), d->domain);
	add(&e, S("header"), S("i"), d->identity);
	add(&e, S("header"), S("s"), d->selector);
	add(&e, S("header"), S("a"), d->algorithm);
	add(&e, S("header"), S("b"), d->b_prefix);
	if (RULE("8601:2.4", d->result == SIGNET_DKIM_POLICY)) {
		add(&e, S("policy"), S("dkim-rules"), d->has_length ? S("unsigned-body") : S("local"));
	}
	e.result->comment = dkim_comment(g->arena, d);
	spend(g, e.result);
}

/* Those that pass come first: there are readers that stop at the first result. */
static void put_dkim(struct growing *g, const struct signet_dossier *d)
{
	if (RULE("8601:2.7.1", d->n_dkim == 0)) {
		begin(g, S("dkim"), "none");
	}
	for (int pass = 1; pass >= 0; pass--) {
		for (size_t i = 0; i < d->n_dkim; i++) {
			if (RULE("8601:2.7.1", (d->dkim[i].result == SIGNET_DKIM_PASS) == (pass == 1))) {
				put_signature(g, &d->dkim[i]);
			}
		}
	}
}

static void put_arc(struct growing *g, const struct signet_dossier *d)
{
	const struct signet_arc *arc = &d->arc;
	struct entry e = begin(g, S("arc"), signet_arc_result_name(arc->result));
	if (arc->result == SIGNET_ARC_NONE) {
		return;
	}
	if (RULE("8617:5.2", d->envelope.ip.family != 0)) {
		struct buf b;
		buf_init_arena(&b, g->arena, 64);
		ip_put(&b, &d->envelope.ip);
		add(&e, S("smtp"), S("remote-ip"), buf_slice(&b));
	}
	if (RULE("8617:5.2", arc->result == SIGNET_ARC_PASS && arc->has_oldest_pass)) {
		add(&e, S("header"), S("oldest-pass"), number_text(g->arena, "", arc->oldest_pass, ""));
	}
	if (arc->result == SIGNET_ARC_PASS) {
		slice sealer = arc->sealer.len <= VALUE_OCTETS ? arc->sealer : (slice) { 0 };
		e.result->comment = ARENA_JOIN(g->arena, number_text(g->arena, "i=", arc->instances, " "), sealer);
	} else {
		e.result->comment = first_trouble(g->arena, &arc->findings);
	}
}

static slice dmarc_comment(struct signet_arena *a, const struct signet_dossier *d)
{
	const struct signet_dmarc *dmarc = &d->dmarc;
	if (dmarc->result == SIGNET_DMARC_PASS) {
		if (dmarc->aligned_by_dkim) {
			return dmarc->aligned_by_spf ? S("aligned by dkim and spf") : S("aligned by dkim");
		}
		return S("aligned by spf");
	}
	/* what we did against the owner's policy is told here and never by the result (RFC 9989 9.1); with a policy at hand
	 * it was not the question for it that got no answer */
	bool lost_evidence = dmarc->result == SIGNET_DMARC_TEMPERROR && signet_policy_name(dmarc->published);
	if ((dmarc->result == SIGNET_DMARC_FAIL || lost_evidence) && d->cause) {
		return d->rule ? ARENA_JOIN(a, slice_of(d->cause), S(": "), slice_of(d->rule)) : slice_of(d->cause);
	}
	return first_trouble(a, &dmarc->findings);
}

static void put_dmarc(struct growing *g, const struct signet_dossier *d)
{
	const struct signet_dmarc *dmarc = &d->dmarc;
	struct entry e = begin(g, S("dmarc"), signet_dmarc_result_name(dmarc->result));
	const char *policy = signet_policy_name(dmarc->published);
	add(&e, S("header"), S("from"), dmarc->domain);
	if (RULE("9989:9.1", dmarc->result != SIGNET_DMARC_NONE && policy)) {
		add(&e, S("policy"), S("dmarc"), slice_of(policy));
	}
	e.result->comment = dmarc_comment(g->arena, d);
}

enum signet_status signet_authres_from(const struct signet_dossier *d, signet_slice authserv_id, struct signet_arena *a,
				       struct signet_authres *ret)
{
	struct growing g = { .arena = a,
			     .left = SIGNATURES_OCTETS,
			     .results = arena_array(a, d->n_spf + d->n_dkim + 3, sizeof(*g.results)) };
	if (!g.results) {
		return SIGNET_NO_MEMORY;
	}
	for (size_t i = 0; i < d->n_spf; i++) {
		put_spf(&g, &d->spf[i]);
	}
	put_dkim(&g, d);
	put_arc(&g, d);
	put_dmarc(&g, d);
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	*ret = (struct signet_authres) {
		.authserv_id = authserv_id, .version = 1, .results = g.results, .n_results = g.n
	};
	return SIGNET_OK;
}
