/* SPDX-License-Identifier: Apache-2.0 */
#include "covered.h"

#include "../dkim/canon.h"
#include "../dkim/verify.h"

/* The fields of set 1, of set 2 ... of set k, each set in the order results, message signature, seal; always relaxed; the
 * last seal without the value of its b= and without CRLF. */
enum signet_status covered_digest(const struct arc_set *set, struct digest *running, struct signet_arena *a,
                                  uint8_t ret[static DIGEST_OCTETS])
{
	slice results = set->results->raw, message = set->message.field->raw, seal = set->seal.field->raw;
	size_t room = results.len + message.len + seal.len + (size_t)3 * CANON_FIELD_MORE;
	char *from = arena_octets(a, room);
	struct digest *digest = NULL;
	if (from) {
		char *at = canon_field(canon_field(from, true, results), true, message);
		digest_add(running, slice_between(from, at));
		digest = digest_copy(running);
		char *end = digest ? dkim_put_own_field(from, true, &set->seal, a) : NULL;
		if (end) {
			digest_add(digest, slice_between(from, end));
			digest_add(running, slice_between(from, canon_field(from, true, seal)));
			return digest_end(digest, ret) ? SIGNET_OK : SIGNET_NO_MEMORY;
		}
	}
	digest_drop(digest);
	return SIGNET_NO_MEMORY;
}
