/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../src/base/name.h"
#include "answers.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define ERROR_BYTES 1024

/* The elements of an option and of a key of the configuration, one after the other. */
struct both {
	const char *const *options;
	size_t n_options;
	const struct conf_list *conf;
};

static size_t count(const struct both *b)
{
	return b->n_options + (b->conf ? b->conf->n : 0);
}

static const char *element(const struct both *b, size_t i)
{
	return i < b->n_options ? b->options[i] : b->conf->at[i - b->n_options];
}

static bool read_networks(const struct options *o, struct signet_arena *arena, const struct both *from,
			  const struct signet_network **ret, size_t *ret_n)
{
	struct signet_network *list = arena_array(arena, count(from) + 1, sizeof(*list));
	for (size_t i = 0; list && i < count(from); i++) {
		if (!signet_network_parse(slice_of(element(from, i)), &list[i])) {
			complain(o, "\"%s\" is not an address or a network", element(from, i));
			return false;
		}
	}
	*ret = list;
	*ret_n = list ? count(from) : 0;
	return list;
}

static bool read_domains(const struct options *o, struct signet_arena *arena, const struct both *from,
			 const slice **ret, size_t *ret_n)
{
	slice *list = arena_array(arena, count(from) + 1, sizeof(*list));
	for (size_t i = 0; list && i < count(from); i++) {
		if (name_normalize(slice_of(element(from, i)), arena, &list[i]) != NAME_GOOD) {
			complain(o, "\"%s\" is not a domain", element(from, i));
			return false;
		}
	}
	*ret = list;
	*ret_n = list ? count(from) : 0;
	return list;
}

static bool read_lists(const struct options *o, struct settings *s)
{
	const struct conf *conf = s->conf;
	const struct both nets = { o->trusted_nets.at, o->trusted_nets.n, conf ? &conf->trusted_nets : NULL };
	const struct both sealers = { o->trusted_sealers.at, o->trusted_sealers.n, conf ? &conf->trusted_sealers : NULL };
	const struct both lists = { NULL, 0, conf ? &conf->trusted_lists : NULL };
	const struct both forwarders = { NULL, 0, conf ? &conf->forwarders : NULL };
	return read_networks(o, s->arena, &nets, &s->check.trusted_nets, &s->check.n_trusted_nets) &&
	       read_domains(o, s->arena, &sealers, &s->check.trusted_sealers, &s->check.n_trusted_sealers) &&
	       read_domains(o, s->arena, &lists, &s->check.trusted_lists, &s->check.n_trusted_lists) &&
	       read_networks(o, s->arena, &forwarders, &s->check.forwarders, &s->check.n_forwarders);
}

static bool read_envelope(const struct options *o, struct signet_envelope *e)
{
	if (o->ip && !signet_ip_parse(slice_of(o->ip), &e->ip)) {
		complain(o, "\"%s\" is not an IP address", o->ip);
		return false;
	}
	e->helo = slice_of(o->helo);
	e->has_mail_from = o->mail_from != NULL;
	e->mail_from = slice_of(o->mail_from);
	if (e->mail_from.len >= 2 && e->mail_from.at[0] == '<' && e->mail_from.at[e->mail_from.len - 1] == '>') {
		e->mail_from = slice_make(e->mail_from.at + 1, e->mail_from.len - 2);
	}
	e->source = o->ip || o->helo || o->mail_from ? "options" : NULL;
	return true;
}

static bool read_conf(const struct options *o, struct settings *s)
{
	struct buf error;
	buf_init(&error, ERROR_BYTES);
	s->conf = conf_read(o->config, &error);
	if (!s->conf) {
		complain(o, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return s->conf;
}

static bool open_psl(const struct options *o, struct settings *s)
{
	const char *path = o->psl_file ? o->psl_file : s->conf ? s->conf->psl_file : NULL;
	if (!path && !s->check.rfc7489 && !o->psl) {
		return true;
	}
	s->psl = signet_psl_open(path);
	s->check.psl = s->psl;
	if (!s->psl) {
		complain(o, "cannot read the public suffix list %s", path ? path : "of the system");
	}
	return s->psl;
}

/* Said once and at once, although it is the resolver of each worker that reads the file. */
static bool check_anchor(const struct options *o, const struct settings *s)
{
	const char *path = answers_trust_anchor(o, s->conf);
	struct stat st;
	if (!path || !*path || (access(path, R_OK) == 0 && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))) {
		return true;
	}
	complain(o, "cannot read the trust anchor %s", path);
	return false;
}

static bool read_provider(const struct options *o, struct settings *s)
{
	s->wants_requirements = o->requirements != NULL;
	if (o->requirements && !signet_provider_parse(slice_of(o->requirements), &s->provider)) {
		complain(o, "\"%s\" is not a provider (gmail, yahoo, microsoft, apple)", o->requirements);
		return false;
	}
	return true;
}

bool settings_open(const struct options *o, struct settings *ret, enum exit_status *ret_status)
{
	*ret = (struct settings){ .arena = signet_arena_new(ARENA_BYTES), .received_spf = o->received_spf };
	*ret_status = EXIT_UNFINISHED;
	if (!ret->arena) {
		complain(o, "no memory");
		return false;
	}
	*ret_status = EXIT_BAD_INPUT;
	if (o->config && !read_conf(o, ret)) {
		return false;
	}
	const struct conf *conf = ret->conf;
	ret->check.now = o->now;
	ret->check.rfc7489 = o->rfc7489 || (conf && conf->rfc7489);
	ret->check.mode = o->mode;
	if (!o->has_mode && conf && conf->mode) {
		(void)signet_mode_parse(slice_of(conf->mode), &ret->check.mode);
	}
	ret->check.authserv_id = slice_of(o->authserv_id ? o->authserv_id : conf ? conf->authserv_id : NULL);
	if (!open_psl(o, ret) || !check_anchor(o, ret)) {
		return false;
	}
	*ret_status = EXIT_USAGE;
	return read_envelope(o, &ret->envelope) && read_lists(o, ret) && read_provider(o, ret);
}

void settings_finish(struct settings *s)
{
	conf_free(s->conf);
	signet_psl_close(s->psl);
	signet_arena_free(s->arena);
}
