/* SPDX-License-Identifier: Apache-2.0 */
/* All results of our own in one value, as an ARC sealer wants them (RFC 8617 4.1.1). */
#include "../base/finding.h"
#include "../check/check.h"
#include "../mail/token.h"
#include "fold.h"
#include "trust.h"

/* What stands behind authserv-id and version, without the last ";" that some servers write. */
static slice results_of(slice value)
{
	struct lexer lexer = lexer_of(value);
	struct token token;
	while ((token = lexer_next(&lexer)).kind != TOKEN_END && token.special != ';') {
	}
	if (token.kind == TOKEN_END) {
		return (slice) { 0 };
	}
	slice rest = slice_trim_fws(slice_from(value, (size_t)(token.text.at - value.at) + 1));
	if (rest.len && rest.at[rest.len - 1] == ';') {
		rest = slice_trim_fws(slice_first(rest, rest.len - 1));
	}
	return rest;
}

static slice merge(const struct authres_believed *believed, slice id, struct signet_arena *a)
{
	struct buf b;
	size_t n = 0;
	buf_init_arena(&b, a, FOLD_FIELD_MAX);
	fold_put_value(&b, id, FOLD_TOKEN);
	for (size_t i = 0; i < believed->n; i++) {
		slice results = results_of(believed->values[i]);
		if (RULE("8617:4.1.1", believed->fields[i].n_results && results.len)) {
			buf_put(&b, n++ ? S(";\r\n\t") : S("; "));
			buf_put(&b, results);
		}
	}
	buf_put(&b, n ? (slice) { 0 } : S("; none"));
	return buf_ok(&b) ? buf_slice(&b) : (slice) { 0 };
}

static enum signet_status find_believed(const struct signet_check *check, const slice ids[], size_t n_ids,
                                        struct signet_arena *a, struct authres_believed *ret)
{
	const struct mail_header *header = check_header(check);
	struct signet_findings aside;
	if (!header || n_ids == 0) {
		return SIGNET_MISUSE;
	}
	const struct authres_trust trust = {
		.ids = ids, .n_ids = n_ids, .mode = SIGNET_AUTHRES_STRICT, .own_hops = check_own_hops(check)
	};
	findings_init(&aside, a);
	return authres_believed(header, &trust, a, &aside, ret);
}

enum signet_status signet_authres_count(const struct signet_check *check, const signet_slice ids[], size_t n_ids,
                                        struct signet_arena *a, size_t *ret)
{
	struct authres_believed believed;
	TRY(find_believed(check, ids, n_ids, a, &believed));
	*ret = believed.n;
	return SIGNET_OK;
}

enum signet_status signet_authres_merged(const struct signet_check *check, const signet_slice ids[], size_t n_ids,
                                         struct signet_arena *a, signet_slice *ret)
{
	struct authres_believed believed;
	TRY(find_believed(check, ids, n_ids, a, &believed));
	slice value = merge(&believed, believed.n ? believed.fields[0].authserv_id : ids[0], a);
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	if (!value.at) {
		return SIGNET_LIMIT;
	}
	*ret = value;
	return SIGNET_OK;
}
