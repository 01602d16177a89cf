/* SPDX-License-Identifier: Apache-2.0 */
#include "key_dns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <signet/resolve.h>

#include "../service/dns/update.h"
#include "../service/keys/hook.h"
#include "../src/base/name.h"
#include "answers.h"

#define ERROR_BYTES 2048
#define BLAME_BYTES ((size_t)32 << 10)

static struct authority_options options_of(const struct key_run *r)
{
	return (struct authority_options) {
		.resolver = r->resolver,
		.servers = r->o->servers.at,
		.n_servers = r->o->servers.n,
		.without = r->o->without_servers.at,
		.n_without = r->o->without_servers.n,
		.primary = r->o->primary,
	};
}

/* ---- looking ---- */

static enum key_shown shown_of_asked(const struct asked *asked, enum ask_how how, const struct signet_privkey *private,
                                     struct signet_arena *a, struct signet_dkim_key *ret)
{
	slice records[ASK_RECORDS_MAX];
	*ret = (struct signet_dkim_key) { 0 };
	if (asked->fault != EXCHANGE_GOOD) {
		return asked->no_route ? SHOWN_NO_ROUTE : SHOWN_NO_ANSWER;
	}
	if (asked->status != SIGNET_DNS_NOERROR && asked->status != SIGNET_DNS_NXDOMAIN) {
		return SHOWN_NO_ANSWER;
	}
	if (how == ASK_DIRECTLY && !asked->authoritative) {
		return SHOWN_NO_AUTHORITY; /* whatever it says comes from somewhere else */
	}
	for (size_t i = 0; i < asked->n; i++) {
		records[i] = asked->records[i].data;
	}
	return key_shown_of(records, asked->n, private, a, ret);
}

static void set_server(struct key_run *r, struct key_server *to, const struct dns_server *server, struct asked *asked,
                       enum ask_how how, const struct signet_privkey *private)
{
	to->name = server->name;
	to->address = server->text;
	to->asked = asked;
	to->shown = shown_of_asked(asked, how, private, r->arena, &to->record);
}

static void look_at_resolver(struct key_run *r, const struct authority *who, const struct signet_privkey *private,
                             struct key_view *ret)
{
	struct asked *asked = arena_array(r->arena, 1, sizeof(*asked));
	ret->asked_resolver = asked != NULL;
	if (asked) {
		ask(&who->resolver, ret->name, SIGNET_RR_TXT, ASK_RESOLVER, EXCHANGE_MS, r->arena, asked);
		set_server(r, &ret->resolver, &who->resolver, asked, ASK_RESOLVER, private);
	}
}

static void conclude(struct key_view *v, const struct key_entry *key)
{
	enum key_shown shown[ASK_SERVERS_MAX];
	v->fact = (struct key_fact) { .selector = key->selector, .cached_s = v->negative_s };
	for (size_t i = 0; i < v->n; i++) {
		shown[i] = v->servers[i].shown;
		if (v->servers[i].asked && (int64_t)v->servers[i].asked->longest_s > v->fact.cached_s) {
			v->fact.cached_s = v->servers[i].asked->longest_s;
		}
	}
	v->sight = key_sight_of(shown, v->n, v->asked_resolver ? &v->resolver.shown : NULL, !store_has_private(key));
	v->fact.sight = v->sight;
}

static bool all_show_key(const struct key_view *v)
{
	bool any = false;
	for (size_t i = 0; i < v->n; i++) {
		if (v->servers[i].shown != SHOWN_KEY && v->servers[i].shown != SHOWN_NO_ROUTE) {
			return false;
		}
		any |= v->servers[i].shown == SHOWN_KEY;
	}
	return any;
}

static void ask_everybody(struct key_run *r, const struct authority *who, const struct key_entry *key,
                          const struct signet_privkey *private, struct key_view *ret)
{
	struct asked *asked = arena_array(r->arena, who->n, sizeof(*asked));
	ret->servers = arena_array(r->arena, who->n, sizeof(*ret->servers));
	ret->zone = who->zone;
	ret->negative_s = who->negative_s;
	ret->has_resolver = who->has_resolver;
	if (!asked || !ret->servers) {
		return;
	}
	ret->n = who->n;
	ask_all(who->servers, who->n, ret->name, SIGNET_RR_TXT, ASK_DIRECTLY, EXCHANGE_MS, r->arena, asked);
	for (size_t i = 0; i < who->n; i++) {
		set_server(r, &ret->servers[i], &who->servers[i], &asked[i], ASK_DIRECTLY, private);
	}
	if (who->has_resolver && (all_show_key(ret) || key->stage >= KEY_ACTIVE)) {
		look_at_resolver(r, who, private, ret);
	}
}

/* --zone: one server that shows what the files say. */
static void look_at_zones(struct key_run *r, const struct signet_privkey *private, struct key_view *ret)
{
	struct signet_zones *zones = NULL;
	struct asked *asked = arena_array(r->arena, 1, sizeof(*asked));
	ret->servers = arena_array(r->arena, 1, sizeof(*ret->servers));
	if (!asked || !ret->servers || !answers_open_zones(r->o, &zones)) {
		ret->trouble = S("the zone files cannot be read");
		return;
	}
	struct signet_question question = { .name = ret->name, .type = SIGNET_RR_TXT };
	struct signet_answer answer = signet_zones_lookup(zones, &question);
	*asked = (struct asked) { .status = answer.status, .ttl_s = answer.ttl_s, .authoritative = true };
	asked->longest_s = asked->ttl_s;
	asked->fault = answer.status == SIGNET_DNS_TIMEOUT ? EXCHANGE_TIMEOUT : EXCHANGE_GOOD;
	for (size_t i = 0; i < answer.n && i < ASK_RECORDS_MAX; i++) {
		asked->records[asked->n++].data = arena_copy(r->arena, answer.rr[i].data);
	}
	signet_zones_free(zones);
	static const struct dns_server here = { .text = "zone files" };
	set_server(r, &ret->servers[0], &here, asked, ASK_DIRECTLY, private);
	ret->n = 1;
}

void key_look(struct key_run *r, const struct store_domain *d, const struct key_entry *key, struct key_view *ret)
{
	struct signet_privkey *private = NULL;
	struct authority *who = arena_array(r->arena, 1, sizeof(*who));
	struct buf error;
	*ret = (struct key_view) { .name = signet_dkim_key_name(key->selector, d->domain, r->arena) };
	ret->sight = ret->fact.sight = SIGHT_UNREACHABLE;
	ret->fact.selector = key->selector;
	buf_init_arena(&error, r->arena, ERROR_BYTES);
	const struct authority_options options = options_of(r);
	if (store_has_private(key) && !store_key(d, r->signet, key, &private, &error)) {
		ret->trouble = buf_slice(&error);
		ret->unusable = ret->fact.unusable = true;
	} else if (r->o->zones.n) {
		look_at_zones(r, private, ret);
	} else if (r->no_authority.len) {
		ret->trouble = r->no_authority; /* who waits in vain once does not wait for each key */
	} else if (!who || !authority_find(&options, ret->name, d->domain, r->arena, who, &error)) {
		ret->trouble = r->no_authority = who ? buf_slice(&error) : S("no memory");
	} else {
		ask_everybody(r, who, key, private, ret);
	}
	if (ret->n) {
		conclude(ret, key);
	}
	signet_privkey_free(private);
}

const char *key_server_status(const struct key_server *s)
{
	return s->asked->fault != EXCHANGE_GOOD ? exchange_fault_text(s->asked->fault)
	                                        : signet_dns_status_name(s->asked->status);
}

static void put_blame(struct buf *to, const char *role, const struct key_server *s, bool gone)
{
	if (s->shown == SHOWN_NO_ROUTE || s->shown == (gone ? SHOWN_REVOKED : SHOWN_KEY) ||
	    (gone && s->shown == SHOWN_NOTHING)) {
		return;
	}
	buf_put_text(to, to->len ? ", " : "");
	buf_put_text(to, role);
	buf_put_text(to, s->name);
	buf_put_text(to, *s->name ? " " : "");
	buf_put_text(to, s->address);
	buf_put_text(to, s->shown == SHOWN_NO_ANSWER ? ": " : " shows ");
	buf_put_text(to, s->shown == SHOWN_NO_ANSWER ? key_server_status(s) : key_shown_text(s->shown));
}

slice key_blame(struct key_run *r, const struct key_entry *key, const struct key_view *v)
{
	struct buf text;
	bool gone = !store_has_private(key);
	buf_init_arena(&text, r->arena, BLAME_BYTES);
	for (size_t i = 0; i < v->n; i++) {
		put_blame(&text, "", &v->servers[i], gone);
	}
	if (v->asked_resolver && !gone) {
		put_blame(&text, "the resolver ", &v->resolver, gone);
	}
	return buf_slice(&text);
}

/* ---- publishing ---- */

bool key_can_give(const struct key_run *r)
{
	return r->tsig || r->hook;
}

static bool read_file(const char *path, char *at, size_t room, size_t *ret_n, struct buf *error)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 && fstat(fd, &st) == 0 ? read(fd, at, room) : -1;
	int number = errno;
	if (fd >= 0) {
		close(fd);
	}
	buf_put_text(error, n < 0 ? path : "");
	buf_put_text(error, n < 0 ? ": " : "");
	buf_put_text(error, n < 0 ? strerror(number) : "");
	if (n >= 0 && (st.st_mode & (S_IWGRP | S_IWOTH))) {
		buf_put_text(error, path);
		buf_put_text(error, ": others may write this key of TSIG; make it 0600");
		return false;
	}
	*ret_n = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

static bool read_tsig(struct key_run *r, struct tsig_key *ret, struct buf *error)
{
	char text[TSIG_FILE_OCTETS + 1];
	struct stat st;
	size_t n = 0;
	bool ok = read_file(r->tsig, text, sizeof(text), &n, error) &&
	          tsig_key_parse(slice_make(text, n), r->tsig, ret, error);
	signet_wipe(text, sizeof(text));
	if (ok && stat(r->tsig, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) && !r->warned) {
		key_complain(r, "warning: %s: others may read this key of TSIG; make it 0600", r->tsig);
		r->warned = true;
	}
	return ok;
}

/* A record that we may have written: the key, whatever its flags, or an empty p=.  When the private half is gone every DKIM
 * key under this name of ours goes. */
struct ours {
	struct key_run *r;
	struct signet_privkey *private;
};

static bool is_ours(slice value, void *data)
{
	const struct ours *ours = data;
	struct signet_dkim_key key;
	if (signet_dkim_key_read(value, ours->r->arena, &key) != SIGNET_OK || !key.is_record) {
		return false;
	}
	return key.revoked || !ours->private || signet_dkim_key_is_of(&key, ours->private);
}

static enum exit_status status_of(enum update_fault fault)
{
	switch (fault) {
	case UPDATE_DONE:
	case UPDATE_NOTHING:
		return EXIT_FINE;
	case UPDATE_FOREIGN:
	case UPDATE_ALIAS:
		return EXIT_BAD;
	default:
		return EXIT_UNFINISHED;
	}
}

static enum exit_status give_by_update(struct key_run *r, const struct store_domain *d, const struct key_entry *key,
                                       slice name, slice record, struct buf *error)
{
	struct tsig_key tsig = { 0 };
	struct ours ours = { .r = r };
	struct authority *who = arena_array(r->arena, 1, sizeof(*who));
	const struct authority_options options = options_of(r);
	if (!read_tsig(r, &tsig, error)) {
		signet_wipe(&tsig, sizeof(tsig));
		return EXIT_BAD_INPUT;
	}
	enum exit_status status = EXIT_UNFINISHED;
	if (who && authority_find(&options, name, d->domain, r->arena, who, error)) {
		struct update_txt change = { .zone = who->zone,
			                     .name = name,
			                     .value = record,
			                     .ttl_s = (uint32_t)r->policy.ttl_s,
			                     .data = &ours };
		change.is_ours = r->replaces ? NULL : is_ours;
		if (!who->has_primary) {
			buf_put(error, who->zone);
			buf_put_text(error, ": its primary server has no address; name it with --primary");
		} else if (!store_has_private(key) || store_key(d, r->signet, key, &ours.private, error)) {
			status = status_of(update_txt(&who->primary, &tsig, &change, 0, r->arena, error));
		}
	}
	signet_privkey_free(ours.private);
	signet_wipe(&tsig, sizeof(tsig));
	return status;
}

enum exit_status key_give(struct key_run *r, const struct store_domain *d, const struct key_entry *key)
{
	slice name = signet_dkim_key_name(key->selector, d->domain, r->arena);
	slice record = key_record(r, d, key);
	struct buf error;
	if (!record.len) {
		return EXIT_BAD_INPUT;
	}
	buf_init(&error, ERROR_BYTES);
	enum exit_status status = EXIT_FINE;
	if (r->hook) {
		bool done = hook_run(r->hook, store_has_private(key) ? "publish" : "revoke", name,
		                     (uint32_t)r->policy.ttl_s, record, HOOK_MS, &error);
		status = done ? EXIT_FINE : EXIT_UNFINISHED;
	} else {
		status = give_by_update(r, d, key, name, record, &error);
	}
	if (status != EXIT_FINE) {
		key_complain(r, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return status;
}

void key_put_by_hand(struct key_run *r, const struct store_domain *d, const struct key_entry *key)
{
	slice name = signet_dkim_key_name(key->selector, d->domain, r->arena);
	slice record = key_record(r, d, key);
	key_say(r, "%.*s: to be published by hand (signet key zone), or give --tsig or --hook: %.*s TXT \"%.*s\"",
	        (int)d->domain.len, d->domain.at, (int)name.len, name.at, (int)record.len, record.at);
}
