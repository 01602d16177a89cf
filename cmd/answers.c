/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

bool answers_open_zones(const struct options *o, struct signet_zones **ret)
{
	char error[SIGNET_RESOLVE_ERROR];
	*ret = NULL;
	if (o->zones.n == 0) {
		return true;
	}
	*ret = signet_zones_load(o->zones.at, o->zones.n, error, sizeof(error));
	if (!*ret) {
		complain(o, "%s", error);
	}
	return *ret;
}

const char *answers_trust_anchor(const struct options *o, const struct conf *conf)
{
	return o->trust_anchor ? o->trust_anchor : conf ? conf->dns_trust_anchor : NULL;
}

struct signet_resolver *answers_open(const struct options *o, const struct conf *conf, const struct signet_zones *zones,
				     enum exit_status *ret_status)
{
	char error[SIGNET_RESOLVE_ERROR];
	const struct signet_resolver_options options = {
		.zones = zones,
		.forward = o->resolver ? o->resolver : conf ? conf->dns_resolver : NULL,
		.trust_anchor = answers_trust_anchor(o, conf),
	};
	struct signet_resolver *resolver = signet_resolver_new(&options, error, sizeof(error));
	if (!resolver) {
		complain(o, "%s", error);
		/* nothing else is a file of the user's */
		*ret_status = options.trust_anchor ? EXIT_BAD_INPUT : EXIT_UNFINISHED;
	}
	return resolver;
}

void answers_fill(struct signet_resolver *resolver, struct signet_book *book)
{
	if (signet_resolver_fill(resolver, book, signet_resolver_clock_ms() + DEADLINE_MS) != SIGNET_OK) {
		signet_book_expire(book);
	}
}
