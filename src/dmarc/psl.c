/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libpsl: the organizational domain of RFC 7489 3.2, for that mode and for comparison. */
#include <signet/dmarc.h>

#include <libpsl.h>
#include <stdlib.h>

#include "../base/name.h"

struct signet_psl {
	psl_ctx_t *list;
};

struct signet_psl *signet_psl_open(const char *path)
{
	struct signet_psl *psl = calloc(1, sizeof(*psl));
	if (!psl) {
		return NULL;
	}
	psl->list = path ? psl_load_file(path) : psl_latest(NULL);
	if (!psl->list) {
		free(psl);
		return NULL;
	}
	return psl;
}

void signet_psl_close(struct signet_psl *psl)
{
	if (psl) {
		psl_free(psl->list);
		free(psl);
	}
}

signet_slice signet_psl_organizational_domain(const struct signet_psl *psl, signet_slice domain,
					      struct signet_arena *arena)
{
	slice name;
	if (name_normalize(domain, arena, &name) != NAME_GOOD) {
		return (slice){ 0 };
	}
	char *text = arena_octets(arena, name.len + 1); /* libpsl takes C strings */
	if (!text) {
		return (slice){ 0 };
	}
	memcpy(text, name.at, name.len);
	text[name.len] = 0;
	return slice_of(psl_registrable_domain(psl->list, text)); /* a part of `text`, or NULL */
}
