/* SPDX-License-Identifier: Apache-2.0 */
/* signet key: the life of DKIM keys.  The table of its actions, and what they share. */
#include "key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../service/keys/selector.h"
#include "../src/base/cursor.h"
#include "../src/base/date.h"
#include "../src/base/name.h"
#include "answers.h"
#include "key_table.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define OUT_BYTES ((size_t)256 << 20)
#define ERROR_BYTES 2048

static enum exit_status table(struct key_run *r)
{
	return key_table(r->o);
}

static const struct key_action {
	const char *name;
	const char *operands;
	const char *summary;
	size_t needs; /* operands */
	bool takes_all; /* --all instead of them */
	enum exit_status (*run)(struct key_run *r);
} actions[] = {
	{ "new", "DOMAIN...", "make keys; they sign nothing yet", 1, false, key_new },
	{ "list", "[DOMAIN]...", "every key, its state, its age and its next step", 0, true, key_list },
	{ "zone", "DOMAIN [SELECTOR]...", "the records as a zone snippet", 1, false, key_zone },
	{ "publish", "DOMAIN [SELECTOR]...", "give the records to the zone (--tsig, --hook)", 1, false, key_publish },
	{ "check", "DOMAIN [SELECTOR]...", "what every server shows, beside the private keys", 1, true, key_check },
	{ "rotate", "DOMAIN...", "do what is due, say what comes next", 1, true, key_rotate },
	{ "table", "--from ADDRESS", "which key signs for whom, and why none", 0, false, table },
	{ "retire", "DOMAIN SELECTOR...", "sign no more with a key; its record stays for a while", 2, false,
	  key_retire },
	{ "revoke", "DOMAIN SELECTOR...", "destroy a key and publish an empty p= at once", 2, false, key_revoke },
};

#define N_ACTIONS (sizeof(actions) / sizeof(actions[0]))

/* ---- what the actions share ---- */

static int64_t clock_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t key_now(const struct key_run *r)
{
	return r->o->now + (clock_ms() - r->began_ms) / 1000;
}

void key_complain(const struct key_run *r, const char *format, ...)
{
	char text[4096];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	complain(r->o, "%s", n < 0 ? "" : text);
}

void key_say(struct key_run *r, const char *format, ...)
{
	char line[4096];
	va_list arguments;
	if (r->o->quiet || r->o->json) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	buf_put_text(&r->out, line);
	buf_put_char(&r->out, '\n');
}

void key_flush(struct key_run *r)
{
	if (!r->o->quiet) {
		(void)write_out(buf_slice(&r->out));
		(void)fflush(stdout);
	}
	buf_clear(&r->out);
}

bool key_domain(struct key_run *r, const char *text, slice *ret)
{
	if (name_normalize(name_without_dot(slice_of(text)), r->arena, ret) != NAME_GOOD ||
	    ret->len + sizeof("._domainkey.") > NAME_OCTETS || slice_find_char(*ret, '.') == SLICE_NONE) {
		key_complain(r, "\"%s\" is not a domain", text);
		return false;
	}
	return true;
}

/* Programs are told of each domain, of one that cannot be read as well. */
void key_put_refusal(struct key_run *r, slice domain, slice why)
{
	struct json_writer w = json_writer_of(&r->out);
	json_open(&w, '{');
	json_member_text(&w, "domain", domain);
	json_member_bool(&w, "ok", false);
	json_member_text(&w, "error", why);
	json_close(&w, '}');
	buf_put_char(&r->out, '\n');
}

static enum exit_status status_of(enum store_fault fault)
{
	return fault == STORE_GOOD                        ? EXIT_FINE
	       : fault == STORE_BUSY || fault == STORE_IO ? EXIT_UNFINISHED
	                                                  : EXIT_BAD_INPUT;
}

enum exit_status key_open(struct key_run *r, slice domain, enum store_use use, struct store_domain *ret)
{
	struct buf error;
	buf_init(&error, ERROR_BYTES);
	r->no_authority = (slice) { 0 };
	enum store_fault fault = store_open(r->keydir, domain, use, key_now(r), r->signet, r->arena, ret, &error);
	if (fault != STORE_GOOD) {
		key_complain(r, "%.*s", (int)error.len, error.at ? error.at : "");
		if (r->o->json && !r->o->ical) {
			key_put_refusal(r, domain, buf_slice(&error));
		}
	} else if (ret->n_adopted) {
		key_complain(r,
		             "%s: %zu key file%s without a line in the state file taken up as new: none signs before "
		             "every server shows its record",
		             ret->path, ret->n_adopted, ret->n_adopted == 1 ? "" : "s");
	}
	buf_finish(&error);
	return status_of(fault);
}

static enum exit_status all_domains(struct key_run *r, struct signet_arena *a, slice **ret, size_t *ret_n)
{
	struct buf error;
	buf_init(&error, ERROR_BYTES);
	enum store_fault fault = store_domains(r->keydir, a, ret, ret_n, &error);
	if (fault != STORE_GOOD) {
		key_complain(r, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return status_of(fault);
}

enum exit_status key_domains(struct key_run *r, bool all, struct signet_arena *a, slice **ret, size_t *ret_n)
{
	if (r->o->all || (all && r->n_operands == 0)) {
		return all_domains(r, a, ret, ret_n);
	}
	*ret = arena_array(a, r->n_operands + 1, sizeof(**ret));
	*ret_n = *ret ? r->n_operands : 0;
	if (r->n_operands == 0) {
		key_complain(r, "a domain is needed, or --all");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < *ret_n; i++) {
		if (!key_domain(r, r->operands[i], &(*ret)[i])) {
			return EXIT_USAGE;
		}
		(*ret)[i] = arena_copy(a, (*ret)[i]);
	}
	return *ret ? EXIT_FINE : EXIT_UNFINISHED;
}

void key_put_kind(struct buf *to, enum signet_algorithm algorithm, unsigned bits)
{
	if (algorithm == SIGNET_ED25519_SHA256) {
		buf_put(to, S("Ed25519"));
	} else {
		buf_put(to, S("RSA "));
		buf_put_number(to, bits);
	}
}

slice key_record(struct key_run *r, const struct store_domain *d, const struct key_entry *key)
{
	struct signet_privkey *private = NULL;
	struct buf error;
	slice record = { 0 };
	if (!store_has_private(key)) {
		return signet_dkim_key_record(key->algorithm, S(""), r->arena);
	}
	buf_init(&error, ERROR_BYTES);
	if (store_key(d, r->signet, key, &private, &error)) {
		record = signet_dkim_key_record(key->algorithm, signet_privkey_public(private), r->arena);
	} else {
		key_complain(r, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	signet_privkey_free(private);
	buf_finish(&error);
	return record;
}

static void put_time(struct json_writer *w, const char *key, int64_t at)
{
	char room[64];
	struct signet_arena a;
	struct buf text;
	arena_init(&a, sizeof(room) * 16);
	buf_init_arena(&text, &a, sizeof(room));
	date_put_iso(&text, at);
	json_member_text(w, key, buf_slice(&text));
	arena_finish(&a);
}

void key_put_json(struct json_writer *w, const struct store_domain *d, const struct key_entry *key, int64_t now)
{
	json_member_text(w, "domain", d->domain);
	json_member_text(w, "selector", key->selector);
	json_member_name(w, "algorithm", signet_algorithm_name(key->algorithm));
	json_member_number(w, "bits", key->bits);
	json_member_name(w, "state", key_stage_name(key->stage));
	put_time(w, "since", key->at[key->stage]);
	json_member_number(w, "age_s", key->at[KEY_GENERATED] == KEY_NEVER ? 0 : now - key->at[KEY_GENERATED]);
	json_key(w, "times");
	json_open(w, '{');
	for (size_t i = 0; i < KEY_STAGES; i++) {
		if (key->at[i] != KEY_NEVER) {
			put_time(w, key_stage_name((enum key_stage)i), key->at[i]);
		}
	}
	json_close(w, '}');
}

struct key_policy key_policy_for(const struct key_run *r, const struct key_state *s)
{
	struct key_policy policy = r->policy;
	bool used[PLAN_ALGORITHMS] = { false };
	if (r->o->algorithm || (r->conf && r->conf->keys_algorithm)) {
		return policy;
	}
	for (size_t i = 0; i < s->n; i++) {
		used[s->at[i].algorithm] |= s->at[i].stage <= KEY_ACTIVE;
	}
	if (used[SIGNET_RSA_SHA256] || used[SIGNET_ED25519_SHA256]) {
		memcpy(policy.wanted, used, sizeof(used));
	}
	return policy;
}

slice key_selector(const struct key_run *r, const struct store_domain *d, enum signet_algorithm algorithm,
                   struct buf *error)
{
	slice selector = selector_next(r->policy.selector[algorithm], &d->state, key_now(r));
	if (!selector.len || selector.len + strlen("._domainkey.") + d->domain.len > NAME_OCTETS) {
		buf_put_text(error, "no selector is left, or the name of the record would be too long");
		return (slice) { 0 };
	}
	return selector;
}

void key_put_step(struct buf *to, const struct plan_step *step)
{
	static const char *const words[] = {
		[PLAN_MAKE] = "make the next key",
		[PLAN_PUBLISH] = "publish",
		[PLAN_SEE] = "wait until every server shows",
		[PLAN_LOSE] = "publish again",
		[PLAN_ACTIVATE] = "sign with",
		[PLAN_DESTROY] = "destroy the private half of",
		[PLAN_REVOKE] = "revoke",
	};
	buf_put_text(to, words[step->action]);
	if (step->selector.len) {
		buf_put_char(to, ' ');
		buf_put(to, step->selector);
	} else {
		buf_put_text(to, step->algorithm == SIGNET_RSA_SHA256 ? " (RSA)" : " (Ed25519)");
	}
}

/* ---- options and configuration ---- */

static bool read_conf(struct key_run *r)
{
	struct buf error;
	if (!r->o->config) {
		return true;
	}
	buf_init(&error, ERROR_BYTES);
	r->conf = conf_read(r->o->config, &error);
	if (!r->conf) {
		key_complain(r, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return r->conf;
}

static const char *either(const char *option, const char *conf, const char *otherwise)
{
	return option ? option : conf ? conf : otherwise;
}

static const char *path_of_conf(struct key_run *r, const char *value, char to[static STORE_PATH_OCTETS])
{
	return value && conf_path(r->o->config, value, to, STORE_PATH_OCTETS) ? to : value;
}

static int64_t span_of(int64_t option, const char *conf, int64_t otherwise)
{
	int64_t span = otherwise;
	if (option >= 0) {
		return option;
	}
	(void)(conf && span_parse(slice_of(conf), &span));
	return span;
}

static bool read_algorithm(struct key_run *r, const char *name)
{
	bool both = strcmp(name, "both") == 0;
	r->policy.wanted[SIGNET_RSA_SHA256] = both || strcmp(name, "rsa") == 0;
	r->policy.wanted[SIGNET_ED25519_SHA256] = both || strcmp(name, "ed25519") == 0;
	if (!r->policy.wanted[SIGNET_RSA_SHA256] && !r->policy.wanted[SIGNET_ED25519_SHA256]) {
		key_complain(r, "--algorithm: \"%s\" is not rsa, ed25519 or both", name);
		return false;
	}
	return true;
}

/* One template for both algorithms is told apart at the end; a key that is imported is alone. */
static bool read_selectors(struct key_run *r)
{
	static const struct conf none;
	const struct conf *conf = r->conf ? r->conf : &none;
	const char *given = r->o->selector_template;
	const char **selector = r->policy.selector;
	selector[SIGNET_RSA_SHA256] = either(given, conf->keys_selector_rsa, SELECTOR_RSA);
	selector[SIGNET_ED25519_SHA256] = either(given, conf->keys_selector_ed25519, SELECTOR_ED25519);
	bool makes_both = r->policy.wanted[SIGNET_RSA_SHA256] && r->policy.wanted[SIGNET_ED25519_SHA256];
	if (given && makes_both && !r->o->import) {
		int n = snprintf(r->template_ed25519, sizeof(r->template_ed25519), "%s-ed", given);
		selector[SIGNET_ED25519_SHA256] = r->template_ed25519;
		if ((size_t)n >= sizeof(r->template_ed25519) || !selector_template_is_good(r->template_ed25519)) {
			key_complain(r,
			             "--selector: with \"-ed\" behind it, for the Ed25519 key, \"%s\" is no selector",
			             given);
			return false;
		}
	}
	for (int i = 0; i < PLAN_ALGORITHMS; i++) {
		if (!selector_template_is_good(selector[i])) {
			key_complain(r, "\"%s\" in the configuration is no template for selectors", selector[i]);
			return false;
		}
	}
	return true;
}

static bool read_policy(struct key_run *r)
{
	static const struct conf none;
	const struct conf *conf = r->conf ? r->conf : &none;
	const struct options *o = r->o;
	uint64_t bits = o->bits ? o->bits : PLAN_BITS;
	if (!o->bits && conf->keys_bits) {
		(void)number_parse(slice_of(conf->keys_bits), KEY_BITS_MAX, &bits);
	}
	if (bits < KEY_BITS_MIN || bits > KEY_BITS_MAX) {
		key_complain(r, "--bits: RSA keys have %d to %d bits (RFC 8301 3.2), not %llu", KEY_BITS_MIN,
		             KEY_BITS_MAX, (unsigned long long)bits);
		return false;
	}
	r->keydir = either(o->keys, path_of_conf(r, conf->keys_directory, r->conf_keydir), STORE_FOLDER);
	r->tsig = either(o->tsig, o->hook ? NULL : path_of_conf(r, conf->keys_tsig, r->conf_tsig), NULL);
	r->hook = either(o->hook, o->tsig ? NULL : path_of_conf(r, conf->keys_hook, r->conf_hook), NULL);
	r->resolver = either(o->resolver, conf->dns_resolver, NULL);
	r->policy.bits = (unsigned)bits;
	r->policy.begin = o->begin;
	r->policy.ttl_s = span_of(o->ttl_s, conf->keys_ttl, PLAN_TTL_S);
	r->policy.grace_s = span_of(o->grace_s, conf->keys_grace, PLAN_GRACE_S);
	r->policy.period_s = span_of(o->period_s, conf->keys_period, PLAN_PERIOD_S);
	if (r->policy.ttl_s > INT32_MAX) {
		key_complain(r, "--ttl: a TTL is at most 2^31-1 seconds (RFC 2181 8)");
		return false;
	}
	if (r->tsig && r->hook) {
		key_complain(r, "--tsig and --hook: records are published by one of them");
		return false;
	}
	return read_algorithm(r, either(o->algorithm, conf->keys_algorithm, "both")) && read_selectors(r);
}

/* ---- the command ---- */

static const struct key_action *find_action(const char *name)
{
	for (size_t i = 0; name && i < N_ACTIONS; i++) {
		if (strcmp(actions[i].name, name) == 0) {
			return &actions[i];
		}
	}
	return NULL;
}

static enum exit_status usage(const struct options *o)
{
	if (o->n_operands) {
		complain(o, "there is no action \"%s\"", o->operands[0]);
	}
	fputs("usage: signet key ACTION [OPTION]...\n\n", stderr);
	for (size_t i = 0; i < N_ACTIONS; i++) {
		fprintf(stderr, "  %-8s %-22s %s\n", actions[i].name, actions[i].operands, actions[i].summary);
	}
	fputs("\nsignet key --help lists the options.\n", stderr);
	return EXIT_USAGE;
}

/* They are read again for each look, for they may change while somebody waits; told is once. */
static bool zones_are_good(const struct key_run *r)
{
	struct signet_zones *zones;
	bool good = answers_open_zones(r->o, &zones);
	signet_zones_free(zones);
	return good;
}

static enum exit_status run_action(const struct key_action *action, struct key_run *r)
{
	if (!r->arena || !r->signet) {
		key_complain(r, "no memory");
		return EXIT_UNFINISHED;
	}
	if (!read_conf(r)) {
		return EXIT_BAD_INPUT;
	}
	if (!read_policy(r)) {
		return EXIT_USAGE;
	}
	if (r->o->import && action->run != key_new) {
		key_complain(r, "--import is for signet key new");
		return EXIT_USAGE;
	}
	if (r->o->all && (!action->takes_all || r->n_operands)) {
		key_complain(r, action->takes_all ? "--all is every domain of the store: no DOMAIN beside it"
		                                  : "--all is for list, check and rotate");
		return EXIT_USAGE;
	}
	if (r->n_operands < action->needs && !r->o->all) {
		key_complain(r, "usage: signet key %s %s", action->name, action->operands);
		return EXIT_USAGE;
	}
	return zones_are_good(r) ? action->run(r) : EXIT_BAD_INPUT;
}

static enum exit_status run(const struct options *o)
{
	const struct key_action *action = find_action(o->n_operands ? o->operands[0] : NULL);
	if (!action) {
		return usage(o);
	}
	struct options named = *o; /* complaints name the action */
	char name[32];
	snprintf(name, sizeof(name), "%s %s", o->command, action->name);
	named.command = name;
	struct key_run r = {
		.o = &named,
		.signet = signet_new(),
		.arena = signet_arena_new(ARENA_BYTES),
		.began_ms = clock_ms(),
		.operands = o->operands + 1,
		.n_operands = o->n_operands - 1,
	};
	buf_init(&r.out, OUT_BYTES);
	enum exit_status status = run_action(action, &r);
	key_flush(&r);
	buf_finish(&r.out);
	signet_arena_free(r.arena);
	signet_free(r.signet);
	conf_free(r.conf);
	return status;
}

const struct command cmd_key = {
	.name = "key",
	.synopsis = "new|list|zone|publish|check|rotate|retire|revoke|table [DOMAIN [SELECTOR]...]",
	.summary = "the life of DKIM keys, from birth to revocation",
	.options = OPTIONS_COMMON | OPTIONS_KEY | OPTIONS_KEY_TABLE,
	.run = run,
};
