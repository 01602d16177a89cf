/* SPDX-License-Identifier: Apache-2.0 */
#include "forwarding.h"

#include "../policy/forwarders.h"
#include "state.h"

/* An order of the postmaster stands above what others have published, and so does what mode rfc9989 asks for. */
static bool may_soften(const struct message *m)
{
	const struct signet_settings *settings = &m->listener->check;
	enum signet_mode mode = m->override.has_mode ? m->override.mode : settings->mode;
	return m->limits->seen_forwarders && mode == SIGNET_MODE_CLASSIC && !m->override.order &&
	       !settings->facts.order;
}

bool forwarding_look(const struct message *m)
{
	struct forwarders *f = m->world->forwarders;
	if (!f || m->from_relay || m->is_local) {
		return false; /* the client is one of ours */
	}
	slice client = m->facts->client_name;
	enum forwarders_sight what = forwarders_sight_of(m->dossier);
	bool seen = what == FORWARDERS_FAILED && may_soften(m) && forwarders_is_seen(f, client, m->now);
	forwarders_note(f, what, client, m->dossier->dmarc.organizational_domain, m->now);
	return seen;
}
