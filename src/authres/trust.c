/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include "../base/name.h"
#include "../base/utf8.h"
#include "read.h"

#define NAME_MEMORY 8192 /* octets: room to bring one id into normal form */

/* Domain names compare in normal form, everything else without regard to ASCII case. */
static bool is_same_id(slice id, slice listed, struct signet_arena *a)
{
	slice x = id, y = listed;
	if (name_normalize(id, a, &x) == NAME_GOOD) {
		bool below = slice_starts(listed, S("@"));
		if (name_normalize(slice_from(listed, below), a, &y) == NAME_GOOD) {
			return below ? name_is_at_or_below(x, y) : slice_eq(x, y);
		}
	}
	return slice_eq_nocase(id, listed);
}

bool signet_authres_id_matches(signet_slice authserv_id, const signet_slice *ids, size_t n_ids)
{
	struct signet_arena a;
	bool found = false;
	arena_init(&a, NAME_MEMORY);
	for (size_t i = 0; i < n_ids && !found; i++) {
		found = RULE("8601:2.5", is_same_id(authserv_id, ids[i], &a));
		arena_reset(&a);
	}
	arena_finish(&a);
	return found;
}

/* OpenDKIM can write "host/job", and readers that know this look at the host alone. */
static bool is_claimed(slice id, const slice *own_ids, size_t n)
{
	size_t slash = slice_find_char(id, '/');
	return signet_authres_id_matches(id, own_ids, n) ||
	       (slash != SLICE_NONE && signet_authres_id_matches(slice_first(id, slash), own_ids, n));
}

/* What follows the authserv-id is read as real servers write it, the id itself is not: an octet that a token may not have
 * ends the name for one reader and belongs to it for another. */
bool signet_authres_is_forged(signet_slice value, const signet_slice *own_ids, size_t n_own_ids)
{
	struct signet_arena a;
	struct signet_authres model;
	slice id;
	arena_init(&a, 4 * AUTHRES_OCTETS);
	bool eai = utf8_is_valid(value);
	bool read = signet_authres_read(value, SIGNET_AUTHRES_LENIENT, eai, &a, NULL, &model) &&
	            authres_read_id(value, SIGNET_AUTHRES_STRICT, eai, &a, &id);
	bool forged = RULE("8601:5", !read || is_claimed(id, own_ids, n_own_ids));
	arena_finish(&a);
	return forged;
}

/* Fields at and below this index were not written by us. */
static size_t find_border(const struct mail_header *h, size_t own_hops)
{
	const struct mail_field *foreign = header_find(h, S("Received"), own_hops);
	return foreign ? (size_t)(foreign - h->fields) : h->n;
}

enum signet_status authres_believed(const struct mail_header *h, const struct authres_trust *trust,
				    struct signet_arena *a, struct signet_findings *notes, struct authres_believed *ret)
{
	size_t n = 0, border = find_border(h, trust->own_hops);
	struct signet_authres *fields = arena_array(a, header_count(h, S("Authentication-Results")), sizeof(*fields));
	slice *values = arena_array(a, header_count(h, S("Authentication-Results")), sizeof(*values));
	for (size_t i = 0; i < h->n && !a->failed; i++) {
		slice value = h->fields[i].value;
		bool eai = utf8_is_valid(value);
		slice id = { 0 };
		if (!slice_eq_nocase(h->fields[i].name, S("Authentication-Results")) || RULE("8601:4.1", i >= border)) {
			continue;
		}
		bool named = authres_read_id(value, trust->mode, eai, a, &id) || trust->mode == SIGNET_AUTHRES_LENIENT;
		if (RULE("8601:7.1", !named || !signet_authres_id_matches(id, trust->ids, trust->n_ids))) {
			continue;
		}
		if (signet_authres_read(value, trust->mode, eai, a, notes, &fields[n]) &&
		    RULE("8601:4.1", slice_eq(fields[n].authserv_id, id))) {
			values[n] = value;
			n++;
		}
	}
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	*ret = (struct authres_believed) { fields, values, n };
	return SIGNET_OK;
}
