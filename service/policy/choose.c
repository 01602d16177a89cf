/* SPDX-License-Identifier: Apache-2.0 */
/* Who is one of ours: the question that decides between signing and verifying. */
#include "../../src/base/ip.h"
#include "inner.h"

/* A list of clients, of which one may be "localhost".  A loopback network of one family stands for that of the other too:
 * whether a mail server reaches itself by 127.0.0.1 or by ::1 is not what the list is about. */
void nets_make(struct making *m, const struct conf_list *list, struct nets *ret)
{
	struct signet_network *at = arena_array(&m->rules->arena, list->n + 1, sizeof(*at));
	*ret = (struct nets) { .at = at };
	for (size_t i = 0; at && i < list->n; i++) {
		if (strcmp(list->at[i], "localhost") == 0) {
			ret->local = true;
		} else if (signet_network_parse(slice_of(list->at[i]), &at[ret->n])) {
			const struct signet_network *one = &at[ret->n++];
			ret->local |= one->ip.family == 4 && one->ip.octets[0] == 127 && one->bits >= 8;
			ret->local |= one->bits == 128 && ip_eq(&one->ip, &(struct signet_ip) { 6, { [15] = 1 } });
		} else {
			making_refuse(m, 0, "not a network:", list->at[i]);
		}
	}
}

/* 127.0.0.0/8, ::1, and Sendmail's local submission, which has no address but this name.  Who comes over a network has an
 * address, so that a reverse record that says "localhost" opens nothing. */
static bool is_local(const struct facts *f)
{
	const struct signet_ip *ip = &f->client;
	return ip->family == 4   ? ip->octets[0] == 127
	       : ip->family == 6 ? ip_eq(ip, &(struct signet_ip) { 6, { [15] = 1 } })
	                         : slice_eq_nocase(f->client_name, S("localhost"));
}

bool nets_have(const struct nets *nets, const struct facts *facts)
{
	for (size_t i = 0; facts->client.family && i < nets->n; i++) {
		if (ip_network_has(&nets->at[i], &facts->client)) {
			return true;
		}
	}
	return nets->local && is_local(facts);
}

static const slice *make_texts(struct making *m, const struct conf_list *list, size_t *ret_n)
{
	slice *at = arena_array(&m->rules->arena, list->n + 1, sizeof(*at));
	for (size_t i = 0; at && i < list->n; i++) {
		at[i] = making_slice(m, list->at[i]);
	}
	*ret_n = at ? list->n : 0;
	return at;
}

void signs_for_make(struct making *m)
{
	const struct conf *c = m->conf;
	struct signs_for *to = &m->rules->signs_for;
	to->daemons = make_texts(m, &c->milter_sign_daemons, &to->n_daemons);
	to->ports = make_texts(m, &c->milter_sign_ports, &to->n_ports);
	to->logins = c->milter_sign_logins;
	nets_make(m, &c->milter_sign_nets, &to->nets);
}

static bool is_one_of(slice text, const slice *list, size_t n)
{
	for (size_t i = 0; text.len && i < n; i++) {
		if (slice_eq(list[i], text)) {
			return true;
		}
	}
	return false;
}

struct rules_choice rules_choose(const struct rules *rules, const struct rules_listener *listener,
                                 const struct facts *facts)
{
	static const struct rules_choice signs = { .sign = true }, verifies = { .verify = true };
	const struct signs_for *ours = &rules->signs_for;
	struct rules_choice c = signs;
	if (listener->role != RULES_BOTH) {
		c = listener->role == RULES_SIGN ? signs : verifies;
		c.rule = "listener";
	} else if (is_one_of(facts->daemon_name, ours->daemons, ours->n_daemons)) {
		c.rule = "daemon-name";
	} else if (is_one_of(facts->daemon_port, ours->ports, ours->n_ports)) {
		c.rule = "daemon-port";
	} else if (ours->logins && facts->login.len) {
		c.rule = "login";
	} else if (nets_have(&ours->nets, facts)) {
		c.rule = "client";
	} else {
		c = verifies;
		c.rule = "nothing-says-so";
	}
	return c;
}
