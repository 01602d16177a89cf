/* SPDX-License-Identifier: Apache-2.0 */
#include "doubts.h"

#include <signet/types.h>
#include <stdlib.h>

#include "../../src/base/ip.h"
#include "../conf/conf.h"

#define PATH_OCTETS 4096
#define WIDE_BITS 8 /* a network of fewer is half a world */

struct doubts {
	const struct conf *conf;
	const char *path;
	struct buf *to;
};

static void doubt(struct doubts *d, size_t line, const char *what, const char *value)
{
	struct buf *b = d->to;
	buf_put_text(b, b->len ? "\n" : "");
	buf_put_text(b, d->path);
	if (line) {
		buf_put_char(b, ':');
		buf_put_number(b, line);
	}
	buf_put_text(b, ": ");
	if (value) {
		buf_put_text(b, value);
		buf_put_text(b, ": ");
	}
	buf_put_text(b, what);
}

static bool is_word(const char *value, const char *word)
{
	return value && strcmp(value, word) == 0;
}

/* ---- networks ---- */

static bool overlaps_loopback(const char *text)
{
	struct signet_network n;
	if (strcmp(text, "localhost") == 0) {
		return true;
	}
	return signet_network_parse(slice_of(text), &n) &&
	       (ip_network_has(&n, &(struct signet_ip) { 4, { 127, 0, 0, 1 } }) ||
	        ip_network_has(&n, &(struct signet_ip) { 6, { [15] = 1 } }) ||
	        (n.ip.family == 4 && n.ip.octets[0] == 127));
}

static bool is_wide(const char *text)
{
	struct signet_network n;
	return signet_network_parse(slice_of(text), &n) && n.bits < WIDE_BITS;
}

static void look_at_nets(struct doubts *d, const struct conf_list *list, size_t line, const char *key)
{
	for (size_t i = 0; i < list->n; i++) {
		if (is_wide(list->at[i])) {
			doubt(d, line,
			      "nearly everybody is in this network: a message of any forger is treated as one of "
			      "yours",
			      key);
		}
	}
}

static void look_at_forwarder(struct doubts *d, const char *net, size_t line)
{
	if (overlaps_loopback(net)) {
		doubt(d, line,
		      "this host is named a forwarder: what a content filter hands back to the mail server comes "
		      "from here, and its SPF failures would count for nothing",
		      net);
	}
}

static void look_at_all_nets(struct doubts *d)
{
	const struct conf *c = d->conf;
	look_at_nets(d, &c->trusted_nets, conf_line(c, NULL, NULL, "trusted_nets"), "trusted_nets");
	look_at_nets(d, &c->forwarders, conf_line(c, NULL, NULL, "forwarders"), "forwarders");
	look_at_nets(d, &c->milter_sign_nets, conf_line(c, NULL, "milter", "sign_nets"), "sign_nets");
	for (size_t i = 0; i < c->forwarders.n; i++) {
		look_at_forwarder(d, c->forwarders.at[i], conf_line(c, NULL, NULL, "forwarders"));
	}
	for (size_t i = 0; i < c->client.n; i++) {
		const struct conf_client *one = conf_client_at(c, i);
		const struct conf_list title = { .at = &one->place.title, .n = 1 };
		bool softens = one->forwarder || is_word(one->decision, "accept") || is_word(one->mode, "monitor");
		if (softens) {
			look_at_nets(d, &title, one->place.line, "client");
		}
		if (one->forwarder) {
			look_at_forwarder(d, one->place.title, conf_line(c, &one->place, "client", "forwarder"));
		}
	}
}

/* ---- listeners ---- */

static size_t line_of(const struct doubts *d, const struct conf_listen *l, const char *key)
{
	size_t line = conf_line(d->conf, &l->place, "listen", key);
	return line ? line : l->place.line;
}

static bool is_unix(const char *socket)
{
	return *socket == '/' || strncmp(socket, "unix:", 5) == 0 || strncmp(socket, "local:", 6) == 0;
}

/* Of an Internet socket: can others than this host reach it? */
static bool is_open(const char *socket)
{
	bool is_inherited = strncmp(socket, "inherited:", 10) == 0;
	return !is_unix(socket) && !is_inherited && !strstr(socket, "127.") && !strstr(socket, "::1") &&
	       !strstr(socket, "localhost");
}

static void look_at_socket(struct doubts *d, const struct conf_listen *l)
{
	unsigned long mode = l->socket_mode ? strtoul(l->socket_mode, NULL, 8) : 0;
	if (!l->socket) {
		return;
	}
	if (is_unix(l->socket) && (mode & 2)) {
		doubt(d, line_of(d, l, "socket_mode"),
		      "every user of this host may connect, and have messages judged or "
		      "signed: give the socket the group of the mail server",
		      "socket_mode");
	} else if (is_unix(l->socket) && l->socket_group && !(mode & 020)) {
		doubt(d, line_of(d, l, "socket_mode"), "the group cannot connect: it may not write", "socket_mode");
	}
	if (is_open(l->socket)) {
		doubt(d, line_of(d, l, "socket"),
		      "other hosts may connect, and the milter protocol knows no password: let "
		      "a firewall admit the mail servers only",
		      "socket");
	}
}

static bool has_keys(const struct conf *c)
{
	return c->sign.n || c->keys_tables.n || c->keys_opendkim_signing_table;
}

static void look_at_signing(struct doubts *d, const struct conf_listen *l)
{
	const struct conf *c = d->conf;
	if (!c->signer_socket) {
		doubt(d, l->place.line, "mail is to be signed here, and there is no signer.socket: nobody has the keys",
		      l->place.title);
	} else if (!has_keys(c)) {
		doubt(d, l->place.line,
		      "mail is to be signed here, and no section sign and no key table says with which key",
		      l->place.title);
	}
	if (is_word(l->sign_fault, "pass")) {
		doubt(d, line_of(d, l, "sign_fault"),
		      "while the signer is away mail leaves unsigned, and is lost where "
		      "your policy is reject",
		      "sign_fault");
	}
}

static void look_at_verifying(struct doubts *d, const struct conf_listen *l)
{
	if (!d->conf->authserv_id) {
		doubt(d, l->place.line,
		      "mail is verified here, and there is no authserv_id: the mail server's name is written, and "
		      "forged "
		      "results in names of other hosts of yours are not recognized",
		      l->place.title);
	}
	if (l->seal && !d->conf->signer_socket) {
		doubt(d, line_of(d, l, "seal"), "there is no signer.socket: nobody has the key of the seal", "seal");
	}
	if (l->early_spf && !l->dry_run) {
		doubt(d, line_of(d, l, "early_spf"), "forwarded mail with a good signature is refused by this",
		      "early_spf");
	}
	if (is_word(l->spf_fail, "reject") && !l->dry_run) {
		doubt(d, line_of(d, l, "spf_fail"), "forwarded mail with a good signature is refused by this",
		      "spf_fail");
	}
}

static void look_at_listeners(struct doubts *d)
{
	const struct conf *c = d->conf;
	for (size_t i = 0; i < c->listen.n; i++) {
		const struct conf_listen *l = conf_listen_at(c, i);
		look_at_socket(d, l);
		if (is_word(l->role, "sign") || is_word(l->role, "both")) {
			look_at_signing(d, l);
		}
		if (is_word(l->role, "verify") || is_word(l->role, "both")) {
			look_at_verifying(d, l);
		}
	}
}

/* ---- the rest ---- */

static void look_at_milter(struct doubts *d)
{
	const struct conf *c = d->conf;
	if (c->listen.n && is_word(c->milter_spool, "none")) {
		doubt(d, conf_line(c, NULL, "milter", "spool"),
		      "no verdict is kept: signet verdict has nothing to tell", "spool");
	}
	if (c->milter_metrics && is_open(c->milter_metrics)) {
		doubt(d, conf_line(c, NULL, "milter", "metrics"), "other hosts may read the counters", "metrics");
	}
	if (c->milter_body_kept > c->milter_body_kept_all) {
		doubt(d, conf_line(c, NULL, "milter", "body_kept"), "more than body_kept_all: that is what counts",
		      "body_kept");
	}
	if (is_word(c->milter_replay_action, "quarantine") && c->milter_replay_limit == 0) {
		doubt(d, conf_line(c, NULL, "milter", "replay_action"), "without a replay_limit it never happens",
		      "replay_action");
	}
}

static void look_at_domains(struct doubts *d)
{
	const struct conf *c = d->conf;
	for (size_t i = 0; i < c->domain.n; i++) {
		const struct conf_domain *one = conf_domain_at(c, i);
		if (!one->mode && !one->order && !one->decision) {
			doubt(d, one->place.line, "the section says nothing", one->place.title);
		}
		if (is_word(one->mode, "monitor") || is_word(one->decision, "accept")) {
			look_at_nets(d, &one->clients, conf_line(c, &one->place, "domain", "clients"), "clients");
		}
		if (is_word(one->mode, "monitor") && one->clients.n == 0) {
			doubt(d, conf_line(c, &one->place, "domain", "mode"),
			      "forgers of this domain are not kept out either; say which clients are meant",
			      one->place.title);
		}
	}
}

/* The milter may read the folder of its configuration, which it reads again by SIGHUP. */
static void look_at_keys(struct doubts *d)
{
	const struct conf *c = d->conf;
	char keys[PATH_OCTETS];
	size_t slash = slice_find_last_char(slice_of(d->path), '/');
	if (c->listen.n == 0 || !c->keys_directory || slash == SLICE_NONE ||
	    !conf_path(d->path, c->keys_directory, keys, sizeof(keys))) {
		return;
	}
	if (slice_starts(slice_of(keys), slice_make(d->path, slash + 1))) {
		doubt(d, conf_line(c, NULL, "keys", "directory"),
		      "below the folder of the configuration, which the milter may read; keys belong elsewhere",
		      c->keys_directory);
	}
}

void doubts_find(const struct conf *conf, const char *path, struct buf *to)
{
	struct doubts d = { .conf = conf, .path = path, .to = to };
	look_at_listeners(&d);
	look_at_all_nets(&d);
	look_at_milter(&d);
	look_at_domains(&d);
	look_at_keys(&d);
}
