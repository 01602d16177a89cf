/* SPDX-License-Identifier: Apache-2.0 */
#include "results.h"

#include <signet/authres.h>

#include "../../src/base/ip.h"
#include "state.h"

/* The mail server has looked the client's name up, there and back (RFC 8601 3). */
enum reverse_result reverse_of(const struct facts *f)
{
	bool has_name = f->client_ptr.len && !slice_eq_nocase(f->client_ptr, S("unknown"));
	if (f->client_name.len) {
		return REVERSE_PASS;
	}
	if (slice_eq_nocase(f->client_resolve, S("TEMP"))) {
		return REVERSE_TEMPERROR;
	}
	if (slice_eq_nocase(f->client_resolve, S("FAIL")) || f->client_ptr.len) {
		return has_name ? REVERSE_FAIL : REVERSE_PERMERROR;
	}
	return REVERSE_FAIL; /* a forged name; and from old mail servers, which tell no more */
}

/* RFC 8601 2.7.3 */
static slice reverse_name_of(enum reverse_result result)
{
	static const char *const names[] = { [REVERSE_PASS] = "pass",
		                             [REVERSE_FAIL] = "fail",
		                             [REVERSE_TEMPERROR] = "temperror",
		                             [REVERSE_PERMERROR] = "permerror" };
	return slice_of(names[result]);
}

static bool add_reverse_name(struct message *m, struct signet_authres *model)
{
	const struct facts *f = m->facts;
	struct signet_authres_result *all = arena_array(&m->arena, model->n_results + 1, sizeof(*all));
	struct signet_authres_prop *prop = arena_alloc(&m->arena, sizeof(*prop));
	struct buf ip;
	buf_init_arena(&ip, &m->arena, 64);
	ip_put(&ip, &f->client);
	if (!all || !prop || !buf_ok(&ip)) {
		return false;
	}
	if (model->n_results) {
		memcpy(all, model->results, model->n_results * sizeof(*all));
	}
	*prop = (struct signet_authres_prop) { S("policy"), S("iprev"), buf_slice(&ip) };
	all[model->n_results++] = (struct signet_authres_result) {
		.method = S("iprev"),
		.method_version = 1,
		.result = reverse_name_of(reverse_of(f)),
		.comment = f->client_name,
		.props = prop,
		.n_props = 1,
	};
	model->results = all;
	return true;
}

bool results_write(struct message *m)
{
	struct signet_authres model;
	if (signet_authres_from(m->dossier, m->ids[0], &m->arena, &model) != SIGNET_OK) {
		return false;
	}
	if (m->facts->client.family != 0 && !m->from_relay && !m->is_local && !add_reverse_name(m, &model)) {
		return false;
	}
	m->results = signet_authres_write(&model, NULL, &m->arena);
	if (m->limits->received_spf && m->dossier->n_spf) {
		m->received_spf = signet_received_spf_write(&m->dossier->spf[0], &m->dossier->envelope,
		                                            m->facts->server_name, &m->arena);
	}
	return m->results.len && !m->arena.failed;
}
