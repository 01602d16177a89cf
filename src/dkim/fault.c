/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the way of signing whatever the message is: signet_sign_fault(). */
#include "fault.h"

#include "../base/chars.h"
#include "../base/name.h"
#include "names.h"
#include "signature.h"

#define ARENA_BYTES ((size_t)16 << 10) /* room for the normal forms of one signature */

const char *fault_of_names(slice domain, slice selector, struct signet_arena *a, struct sign_names *ret)
{
	if (!signature_read_domain(domain, a, &ret->domain) || RULE("6376:3.5", name_count_labels(ret->domain) < 2)) {
		return "the signing domain is not a domain name of two labels or more";
	}
	bool dot = selector.len && selector.at[selector.len - 1] == '.';
	if (RULE("6376:3.1", dot || name_normalize(selector, a, &ret->selector) != NAME_GOOD)) {
		return "the selector is not one or more labels of a domain name";
	}
	if (ret->domain.len + ret->selector.len + strlen("._domainkey.") > NAME_OCTETS) {
		return "selector and domain together are too long for a name in DNS";
	}
	return NULL;
}

/* sig-i-tag = [ Local-part ] "@" domain-name, which is d= or below it */
static const char *fault_of_identity(slice identity, slice domain, struct signet_arena *a)
{
	slice normal;
	size_t at = slice_find_last_char(identity, '@');
	if (identity.len == 0) {
		return NULL;
	}
	if (at == SLICE_NONE || !signature_read_domain(slice_from(identity, at + 1), a, &normal)) {
		return "the identity (i=) is not an address, or \"@\" and a domain";
	}
	if (RULE("6376:3.5", !name_is_at_or_below(normal, domain))) {
		return "the identity (i=) is neither of the signing domain nor below it";
	}
	return NULL;
}

static const char *fault_of_signature(const struct signet_signature *s)
{
	struct signet_arena a;
	struct sign_names names;
	arena_init(&a, ARENA_BYTES);
	const char *fault = fault_of_names(s->domain, s->selector, &a, &names);
	if (!fault) {
		fault = fault_of_identity(s->identity, names.domain, &a);
	}
	if (!fault && s->algorithm != SIGNET_RSA_SHA256 && s->algorithm != SIGNET_ED25519_SHA256) {
		fault = "the algorithm is neither rsa-sha256 nor ed25519-sha256";
	}
	arena_finish(&a);
	return fault;
}

static const char *fault_of_rule(const struct signet_coverage_rule *rule)
{
	for (size_t i = 0; i < rule->name.len; i++) {
		/* RFC 6376 3.5: in h= a ";" would end the tag */
		if (!char_is(rule->name.at[i], C_FTEXT) || rule->name.at[i] == ';') {
			return "that is not the name of a header field";
		}
	}
	if (rule->name.len == 0 || rule->name.len > HEADER_LINE_OCTETS - 2) {
		return "that is not the name of a header field";
	}
	bool is_from = slice_eq_nocase(rule->name, S("from"));
	if (RULE("6376:5.4", is_from && rule->coverage == SIGNET_COVER_NOT)) {
		return "From is always signed";
	}
	if (rule->coverage != SIGNET_COVER_NOT && names_is_never(rule->name)) {
		return "a field that is written or removed on the way cannot be signed";
	}
	return NULL;
}

const char *fault_of_rules(const struct signet_coverage_rule *rules, size_t n, size_t *ret_index)
{
	const char *fault = NULL;
	*ret_index = SIZE_MAX;
	if (n > SIGNET_COVERAGE_RULES) {
		return "there are too many rules about header fields";
	}
	for (size_t i = 0; i < n && !fault; i++) {
		fault = fault_of_rule(&rules[i]);
		*ret_index = fault ? i : SIZE_MAX;
	}
	return fault;
}

bool fault_is_in_times(int64_t now, int64_t expires_after_s)
{
	return now < 0 || now >= SIGNATURE_TIME_MAX || expires_after_s < 0 || expires_after_s >= SIGNATURE_TIME_MAX ||
	       RULE("6376:3.5", now + expires_after_s >= SIGNATURE_TIME_MAX);
}

const char *signet_sign_fault(const struct signet_sign_settings *settings, const struct signet_signature signatures[],
                              size_t n, size_t *ret_index)
{
	size_t ignored = SIZE_MAX;
	size_t *index = ret_index ? ret_index : &ignored;
	*index = SIZE_MAX;
	if (n == 0 || n > SIGNET_SIGNATURES) {
		return "a message gets 1 to 16 signatures";
	}
	if (fault_is_in_times(settings->now, settings->expires_after_s)) {
		return "the time of signing or of expiry has more than twelve digits";
	}
	for (size_t i = 0; i < n; i++) {
		const char *fault = fault_of_signature(&signatures[i]);
		if (fault) {
			*index = i;
			return fault;
		}
	}
	const char *fault = fault_of_rules(settings->rules, settings->n_rules, index);
	*index += fault && *index != SIZE_MAX ? n : 0;
	return fault;
}
