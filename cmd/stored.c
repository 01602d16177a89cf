/* SPDX-License-Identifier: Apache-2.0 */
#include "stored.h"

#include <stdio.h>

#include "../service/keys/store.h"
#include "../src/base/name.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define ERROR_BYTES 4096

static size_t take_active(const struct store_domain *d, struct stored_key *ret, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < d->state.n && n < max; i++) {
		const struct key_entry *key = &d->state.at[i];
		if (key->stage == KEY_ACTIVE) {
			snprintf(ret[n].selector, sizeof(ret[n].selector), "%.*s", (int)key->selector.len,
			         key->selector.at);
			snprintf(ret[n].domain, sizeof(ret[n].domain), "%.*s", (int)d->domain.len, d->domain.at);
			int length = snprintf(ret[n].path, sizeof(ret[n].path), "%s/%s.pem", d->path, ret[n].selector);
			n += length > 0 && (size_t)length < sizeof(ret[n].path);
		}
	}
	return n;
}

static size_t read_domain(const struct options *o, const char *keydir, slice domain, struct signet_arena *a,
                          struct stored_key *ret, size_t max, enum exit_status *ret_status)
{
	struct store_domain d;
	struct buf error;
	buf_init_arena(&error, a, ERROR_BYTES);
	enum store_fault fault = store_open(keydir, domain, STORE_READ, o->now, NULL, a, &d, &error);
	if (fault != STORE_GOOD) {
		complain(o, "%.*s", (int)error.len, error.at ? error.at : "");
		*ret_status = fault == STORE_IO ? EXIT_UNFINISHED : EXIT_BAD_INPUT;
		return 0;
	}
	size_t n = take_active(&d, ret, max);
	if (n == 0) {
		complain(o, "%s: no key is active (signet key list shows why)", d.path);
		*ret_status = EXIT_BAD_INPUT;
	}
	store_close(&d);
	return n;
}

size_t stored_active(const struct options *o, const char *keydir, const char *domain, struct stored_key *ret,
                     size_t max, enum exit_status *ret_status)
{
	struct signet_arena arena;
	slice normal;
	size_t n = 0;
	arena_init(&arena, ARENA_BYTES);
	if (name_normalize(name_without_dot(slice_of(domain)), &arena, &normal) == NAME_GOOD) {
		n = read_domain(o, keydir, normal, &arena, ret, max, ret_status);
	} else {
		complain(o, "\"%s\" is not a domain", domain);
		*ret_status = EXIT_USAGE;
	}
	arena_finish(&arena);
	return n;
}
