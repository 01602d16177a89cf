/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../service/conf/schema.h"
#include "../service/keys/selector.h"
#include "../src/base/cursor.h"
#include "../src/base/date.h"
#include "../src/base/escape.h"

#define COMPLAINT_BYTES 8192 /* two paths as long as they can be */

enum option_kind {
	OPTION_FLAG, /* bool */
	OPTION_TEXT, /* const char * */
	OPTION_LIST, /* struct option_list */
	OPTION_TIME, /* int64_t */
	OPTION_COUNT, /* uint64_t, 1 and more */
	OPTION_MODE,
	OPTION_SERVER, /* const char *, an address and maybe a port */
	OPTION_SERVERS, /* struct option_list of them */
	OPTION_BITS, /* uint64_t, of an RSA key */
	OPTION_SPAN, /* int64_t, seconds or 90d... */
	OPTION_TEMPLATE, /* const char *, a template for selectors */
	OPTION_STEP, /* one more of struct option_steps */
	OPTION_DURATION, /* the same, at least a second */
};

#define INTO(member) offsetof(struct options, member)

static const struct option_row {
	const char *name;
	char letter;
	enum option_kind kind;
	unsigned group;
	size_t where;
	const char *argument;
	const char *help;
} rows[] = {
	{ "ip", 0, OPTION_TEXT, OPTIONS_ENVELOPE, INTO(ip), "ADDRESS", "address of the SMTP client" },
	{ "helo", 0, OPTION_TEXT, OPTIONS_ENVELOPE, INTO(helo), "NAME", "name it gave with HELO or EHLO" },
	{ "mail-from", 0, OPTION_TEXT, OPTIONS_ENVELOPE, INTO(mail_from), "ADDRESS",
	  "envelope sender; empty: the null sender; without @: a domain" },
	{ "explain", 0, OPTION_FLAG, OPTIONS_CHECK, INTO(explain), NULL, "tell the story step by step" },
	{ "jobs", 0, OPTION_COUNT, OPTIONS_CHECK, INTO(jobs), "N",
	  "messages checked side by side (default: one per processor)" },
	{ "requirements", 0, OPTION_TEXT, OPTIONS_CHECK, INTO(requirements), "PROVIDER",
	  "list the sender rules of gmail, yahoo, microsoft or apple" },
	{ "dkim", 0, OPTION_LIST, OPTIONS_DMARC, INTO(dkim), "DOMAIN=RESULT",
	  "evidence: a signature of DOMAIN (repeatable)" },
	{ "spf", 0, OPTION_LIST, OPTIONS_DMARC, INTO(spf), "DOMAIN=RESULT",
	  "evidence: SPF of MAIL FROM's domain (repeatable)" },
	{ "psl", 0, OPTION_FLAG, OPTIONS_DMARC, INTO(psl), NULL, "compare with the public suffix list" },
	{ "keys", 0, OPTION_TEXT, OPTIONS_KEY | OPTIONS_SIGNATURE, INTO(keys), "DIR",
	  "the key store (default of signet key: /var/lib/signet/keys)" },
	{ "algorithm", 0, OPTION_TEXT, OPTIONS_KEY, INTO(algorithm), "NAME",
	  "rsa, ed25519 or both (default both: RSA for verifiers that know nothing else)" },
	{ "bits", 0, OPTION_BITS, OPTIONS_KEY, INTO(bits), "N", "size of RSA keys, 2048 to 4096 (default 2048)" },
	{ "selector", 0, OPTION_TEMPLATE, OPTIONS_KEY, INTO(selector_template), "TEMPLATE",
	  "names of new selectors (default s{yyyy}{mm} and ed{yyyy}{mm}; also {dd}, {n})" },
	{ "import", 0, OPTION_TEXT, OPTIONS_KEY, INTO(import), "FILE", "new: take the private key of this file" },
	{ "ttl", 0, OPTION_SPAN, OPTIONS_KEY, INTO(ttl_s), "TIME", "TTL of key records (default 1h)" },
	{ "grace", 0, OPTION_SPAN, OPTIONS_KEY, INTO(grace_s), "TIME",
	  "how long a key stays published after its last use (default 7d, at least 1d)" },
	{ "period", 0, OPTION_SPAN, OPTIONS_KEY, INTO(period_s), "TIME",
	  "how long a key signs before the next rotation begins (default 90d)" },
	{ "server", 0, OPTION_SERVERS, OPTIONS_KEY, INTO(servers), "ADDR[@PORT]",
	  "authoritative server instead of those of NS records (repeatable)" },
	{ "without-server", 0, OPTION_LIST, OPTIONS_KEY, INTO(without_servers), "NAME",
	  "leave this authoritative server out, a name or ADDR[@PORT]: one that is gone for good (repeatable)" },
	{ "primary", 0, OPTION_SERVER, OPTIONS_KEY, INTO(primary), "ADDR[@PORT]",
	  "where DNS UPDATE goes (default: the first --server, or the primary named by SOA)" },
	{ "tsig", 0, OPTION_TEXT, OPTIONS_KEY, INTO(tsig), "FILE",
	  "publish by DNS UPDATE, signed with the TSIG key of this file (BIND's syntax)" },
	{ "hook", 0, OPTION_TEXT, OPTIONS_KEY, INTO(hook), "PROGRAM", "publish by PROGRAM ACTION NAME TYPE TTL VALUE" },
	{ "begin", 0, OPTION_FLAG, OPTIONS_KEY, INTO(begin), NULL, "rotate: begin the next rotation before its time" },
	{ "wait", 0, OPTION_FLAG, OPTIONS_KEY, INTO(wait), NULL, "rotate: stay until the rotation is over" },
	{ "all", 0, OPTION_FLAG, OPTIONS_KEY, INTO(all), NULL, "every domain of the store" },
	{ "dry-run", 0, OPTION_FLAG, OPTIONS_KEY, INTO(dry_run), NULL,
	  "say what would be done and when; change nothing" },
	{ "force", 0, OPTION_FLAG, OPTIONS_KEY, INTO(force), NULL,
	  "retire the last active key, replace a record that is not ours, take a --grace below 1d" },
	{ "ical", 0, OPTION_FLAG, OPTIONS_KEY, INTO(ical), NULL, "list: the steps to come as an iCalendar" },
	{ "from", 0, OPTION_TEXT, OPTIONS_KEY_TABLE, INTO(from), "ADDRESS",
	  "whose message it is: the address in From" },
	{ "login", 0, OPTION_TEXT, OPTIONS_KEY_TABLE | OPTIONS_SIGN, INTO(login), "LOGIN", "who logged in" },
	{ "client", 0, OPTION_TEXT, OPTIONS_KEY_TABLE | OPTIONS_SIGN, INTO(client), "CLIENT",
	  "address or confirmed name of the SMTP client" },
	{ "table", 0, OPTION_LIST, OPTIONS_KEY_TABLE | OPTIONS_SIGN, INTO(tables), "FILE",
	  "file of lines DOMAIN SELECTOR KEYFILE, beside those of the configuration (repeatable)" },
	{ "domain", 0, OPTION_STEP, OPTIONS_SIGNATURE, INTO(steps), "DOMAIN",
	  "signing domain (d=) of the pairs that follow" },
	{ "selector", 0, OPTION_STEP, OPTIONS_SIGNATURE, INTO(steps), "NAME",
	  "selector (s=); with --key a pair, which is a signature (repeatable)" },
	{ "key", 0, OPTION_STEP, OPTIONS_SIGNATURE, INTO(steps), "FILE",
	  "private key of the selector, RSA or Ed25519" },
	{ "signer", 0, OPTION_TEXT, OPTIONS_SIGNATURE, INTO(signer), "PATH",
	  "socket of the signer process: it has the keys, no --key is given" },
	{ "canon", 0, OPTION_STEP, OPTIONS_SIGN, INTO(steps), "HEADER/BODY",
	  "relaxed or simple each (default relaxed/relaxed); given once for all pairs, else for the pair before it" },
	{ "identity", 0, OPTION_STEP, OPTIONS_SIGN, INTO(steps), "ADDRESS", "agent or user (i=); given like --canon" },
	{ "headers", 0, OPTION_LIST, OPTIONS_SIGNATURE, INTO(headers), "NAMES",
	  "fields to sign instead of the usual ones, a:b:c; +NAME and -NAME change the usual list" },
	{ "oversign", 0, OPTION_LIST, OPTIONS_SIGNATURE, INTO(oversign), "NAMES",
	  "fields of which none may be added after signing, beside the usual ones" },
	{ "no-oversign", 0, OPTION_LIST, OPTIONS_SIGNATURE, INTO(no_oversign), "NAMES",
	  "fields a relay may add one of after signing" },
	{ "expire", 0, OPTION_DURATION, OPTIONS_SIGN, INTO(expire_s), "TIME",
	  "the signature expires (x=) so long after now: seconds, or 36h, 7d, 2w" },
	{ "copy-fields", 0, OPTION_FLAG, OPTIONS_SIGN, INTO(copy_fields), NULL,
	  "copy the signed fields into the signature (z=), for diagnosis" },
	{ "body-length", 0, OPTION_FLAG, OPTIONS_SIGN, INTO(body_length), NULL,
	  "write l=; better not: anybody may then append to the body, and many receivers refuse it" },
	{ "allow-from-mismatch", 0, OPTION_FLAG, OPTIONS_SIGN, INTO(allow_from_mismatch), NULL,
	  "sign although From is not of the signing domain" },
	{ "8bit-path", 0, OPTION_FLAG, OPTIONS_SIGNATURE, INTO(eight_bit_path), NULL,
	  "every relay on the way takes 8BITMIME and SMTPUTF8: do not warn of 8-bit octets" },
	{ "trust-ar", 0, OPTION_FLAG, OPTIONS_SEAL, INTO(trust_ar), NULL,
	  "seal the Authentication-Results of --authserv-id above the first foreign Received, not results of our own" },
	{ "spool", 0, OPTION_TEXT, OPTIONS_VERDICT, INTO(spool), "DIR",
	  "the milter's spool of verdicts (default /var/lib/signet/spool)" },
	{ "overrides", 0, OPTION_TEXT, OPTIONS_VERDICT, INTO(overrides), "FILE",
	  "what is let through for a time (default /var/lib/signet/overrides)" },
	{ "from", 0, OPTION_TEXT, OPTIONS_VERDICT, INTO(from), "ADDRESS",
	  "find: envelope sender or author, an address or a domain with all below it; allow: the author's domain" },
	{ "to", 0, OPTION_TEXT, OPTIONS_VERDICT, INTO(to), "ADDRESS", "find: a recipient, address or domain" },
	{ "client", 0, OPTION_TEXT, OPTIONS_VERDICT, INTO(client), "NETWORK", "find, allow: address or network of the client" },
	{ "since", 0, OPTION_TEXT, OPTIONS_VERDICT, INTO(since), "TIME",
	  "find: from this time on, 2026-11-21T09:00:00Z, 2026-11-21, or 2d ago" },
	{ "decision", 0, OPTION_TEXT, OPTIONS_VERDICT, INTO(decision), "WORD",
	  "find: passed, marked, held, rejected, deferred or signed; or accept, quarantine, reject, tempfail" },
	{ "limit", 0, OPTION_COUNT, OPTIONS_VERDICT, INTO(limit), "N", "find: no more than N, the newest" },
	{ "for", 0, OPTION_DURATION, OPTIONS_VERDICT, INTO(for_s), "TIME", "allow: how long, 7d or 12h" },
	{ "defaults", 0, OPTION_FLAG, OPTIONS_CONF, INTO(defaults), NULL, "show: what holds where nothing is said" },
	{ "mode", 0, OPTION_MODE, OPTIONS_JUDGE, INTO(mode), "MODE",
	  "rfc9989 (default), classic or monitor: how the owner's policy is acted on" },
	{ "rfc7489", 0, OPTION_FLAG, OPTIONS_JUDGE | OPTIONS_DMARC, INTO(rfc7489), NULL,
	  "the rules before RFC 9989: public suffix list, pct" },
	{ "psl-file", 0, OPTION_TEXT, OPTIONS_JUDGE | OPTIONS_DMARC, INTO(psl_file), "FILE",
	  "public suffix list to use" },
	{ "trust-sealer", 0, OPTION_LIST, OPTIONS_JUDGE, INTO(trusted_sealers), "DOMAIN",
	  "trusted ARC sealer (repeatable)" },
	{ "trusted-net", 0, OPTION_LIST, OPTIONS_JUDGE, INTO(trusted_nets), "CIDR",
	  "our own relays: their Received fields count (repeatable)" },
	{ "received-spf", 0, OPTION_FLAG, OPTIONS_JUDGE, INTO(received_spf), NULL,
	  "write a Received-SPF field as well" },
	{ "authserv-id", 0, OPTION_TEXT, OPTIONS_JUDGE, INTO(authserv_id), "NAME",
	  "our name in Authentication-Results" },
	{ "json", 'j', OPTION_FLAG, OPTIONS_COMMON, INTO(json), NULL, "one JSON object per line per item" },
	{ "zone", 0, OPTION_LIST, OPTIONS_COMMON, INTO(zones), "FILE",
	  "zone file that answers instead of the network (repeatable)" },
	{ "resolver", 0, OPTION_SERVER, OPTIONS_COMMON, INTO(resolver), "ADDR[@PORT]", "ask this name server" },
	{ "trust-anchor", 0, OPTION_TEXT, OPTIONS_COMMON, INTO(trust_anchor), "FILE", "DNSSEC trust anchor" },
	{ "now", 0, OPTION_TIME, OPTIONS_COMMON, INTO(now), "EPOCH", "seconds since 1970 instead of the clock" },
	{ "config", 'c', OPTION_TEXT, OPTIONS_COMMON, INTO(config), "FILE", "configuration file" },
	{ "quiet", 'q', OPTION_FLAG, OPTIONS_COMMON, INTO(quiet), NULL, "no output but errors" },
	{ "verbose", 'v', OPTION_FLAG, OPTIONS_COMMON, INTO(verbose), NULL, "more detail" },
	{ "help", 'h', OPTION_FLAG, OPTIONS_COMMON, INTO(help), NULL, "this text" },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

void complain(const struct options *o, const char *format, ...)
{
	char text[COMPLAINT_BYTES];
	struct buf line;
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	buf_init(&line, 16 * sizeof(text));
	buf_put_text(&line, "signet ");
	buf_put_text(&line, o->command);
	buf_put_text(&line, ": ");
	escape_put(&line, slice_of(n < 0 ? "" : text));
	buf_put_char(&line, '\n');
	fwrite(line.at, 1, line.len, stderr);
	buf_finish(&line);
}

static const struct option_row *find_row(unsigned groups, slice name, char letter)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!(rows[i].group & groups)) {
			continue;
		}
		if (letter ? rows[i].letter == letter : slice_eq(name, slice_of(rows[i].name))) {
			return &rows[i];
		}
	}
	return NULL;
}

static bool add(struct option_list *list, const char *value)
{
	const char **at = realloc(list->at, (list->n + 1) * sizeof(*at));
	if (!at) {
		return false;
	}
	list->at = at;
	list->at[list->n++] = value;
	return true;
}

static bool add_step(struct option_steps *steps, const char *name, const char *value)
{
	struct option_step *at = realloc(steps->at, (steps->n + 1) * sizeof(*at));
	if (!at) {
		return false;
	}
	steps->at = at;
	steps->at[steps->n++] = (struct option_step) { name, value };
	return true;
}

/* Stores the value of one option; false if it cannot be read as what it should be. */
static bool store(struct options *o, const struct option_row *row, const char *value)
{
	void *to = (char *)o + row->where;
	uint64_t number;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return true;
	case OPTION_TEXT:
		*(const char **)to = value;
		return true;
	case OPTION_LIST:
		return add(to, value);
	case OPTION_TIME:
		if (!number_parse(slice_of(value), INT64_MAX, &number)) {
			return false;
		}
		*(int64_t *)to = (int64_t)number;
		return true;
	case OPTION_COUNT:
		if (!number_parse(slice_of(value), 1024, &number) || number == 0) {
			return false;
		}
		*(uint64_t *)to = number;
		return true;
	case OPTION_MODE:
		o->has_mode = true;
		return signet_mode_parse(slice_of(value), to);
	case OPTION_SERVER:
		*(const char **)to = value;
		return conf_is_server(value);
	case OPTION_SERVERS:
		return conf_is_server(value) && add(to, value);
	case OPTION_BITS:
		return number_parse(slice_of(value), 65536, to);
	case OPTION_SPAN:
		return span_parse(slice_of(value), to);
	case OPTION_TEMPLATE:
		*(const char **)to = value;
		return selector_template_is_good(value);
	case OPTION_STEP:
		return add_step(to, row->name, value);
	case OPTION_DURATION:
		return span_parse(slice_of(value), to) && *(int64_t *)to > 0;
	}
	return false;
}

/* What a value must be. */
static const char *rule_of(enum option_kind kind)
{
	static const char *const rules[] = {
		[OPTION_TIME] = "seconds since 1970",
		[OPTION_COUNT] = "a number from 1 to 1024",
		[OPTION_MODE] = "rfc9989, classic or monitor",
		[OPTION_SERVER] = "an address, or ADDRESS@PORT",
		[OPTION_SERVERS] = "an address, or ADDRESS@PORT",
		[OPTION_BITS] = "a number from 2048 to 4096",
		[OPTION_SPAN] = "seconds, or a number with s, m, h, d or w behind it, up to 100 years",
		[OPTION_TEMPLATE] = "labels of a-z, 0-9 and - (RFC 6376 3.1); {yyyy}, {mm}, {dd} and {n} are filled in",
		[OPTION_DURATION] = "seconds, or a number with s, m, h, d or w behind it, from one second to 100 years",
	};
	return (size_t)kind < sizeof(rules) / sizeof(rules[0]) && rules[kind] ? rules[kind] : "memory is short";
}

struct arguments {
	int argc;
	char **argv;
	int i;
};

/* The value of an option: what stands behind it in the same argument, or the next argument. */
static bool take_value(struct options *o, const struct option_row *row, struct arguments *args, const char *attached)
{
	const char *value = attached;
	if (row->kind != OPTION_FLAG && !value) {
		if (++args->i >= args->argc) {
			complain(o, "option --%s needs %s", row->name, row->argument);
			return false;
		}
		value = args->argv[args->i];
	}
	if (!store(o, row, value)) {
		complain(o, "option --%s: cannot use \"%s\" as %s: %s", row->name, value, row->argument,
		         rule_of(row->kind));
		return false;
	}
	return true;
}

static bool is_known(const struct options *o, const struct option_row *row, const char *text)
{
	if (!row) {
		complain(o, "unknown option %s (signet %s --help lists them)", text, o->command);
	}
	return row != NULL;
}

/* --name, --name=value */
static bool take_long(unsigned groups, struct options *o, struct arguments *args)
{
	const char *text = args->argv[args->i];
	slice rest = slice_from(slice_of(text), 2);
	slice name = slice_split(&rest, '=');
	const struct option_row *row = find_row(groups, name, 0);
	if (!is_known(o, row, text)) {
		return false;
	}
	if (row->kind == OPTION_FLAG && rest.at) {
		complain(o, "option --%s takes no value", row->name);
		return false;
	}
	return take_value(o, row, args, rest.at);
}

/* -j, -jq, -c FILE, -cFILE */
static bool take_letters(unsigned groups, struct options *o, struct arguments *args)
{
	const char *text = args->argv[args->i];
	for (const char *at = text + 1; *at; at++) {
		const struct option_row *row = find_row(groups, (slice) { 0 }, *at);
		if (!is_known(o, row, text)) {
			return false;
		}
		if (row->kind != OPTION_FLAG) {
			return take_value(o, row, args, at[1] ? at + 1 : NULL);
		}
		(void)store(o, row, NULL);
	}
	return true;
}

bool options_parse(const char *command, unsigned groups, int argc, char **argv, struct options *ret)
{
	*ret = (struct options) {
		.command = command, .now = (int64_t)time(NULL), .ttl_s = -1, .grace_s = -1, .period_s = -1
	};
	struct arguments args = { .argc = argc, .argv = argv, .i = 2 };
	struct option_list operands = { 0 };
	bool only_operands = false;
	bool ok = true;
	for (; ok && args.i < argc; args.i++) {
		const char *text = argv[args.i];
		if (only_operands || text[0] != '-' || text[1] == 0) {
			ok = add(&operands, text);
		} else if (text[1] == '-' && text[2] == 0) {
			only_operands = true;
		} else {
			ok = text[1] == '-' ? take_long(groups, ret, &args) : take_letters(groups, ret, &args);
		}
	}
	ret->operands = operands.at;
	ret->n_operands = operands.n;
	return ok;
}

void options_finish(struct options *o)
{
	free(o->zones.at);
	free(o->trusted_sealers.at);
	free(o->trusted_nets.at);
	free(o->dkim.at);
	free(o->spf.at);
	free(o->servers.at);
	free(o->without_servers.at);
	free(o->tables.at);
	free(o->steps.at);
	free(o->headers.at);
	free(o->oversign.at);
	free(o->no_oversign.at);
	free(o->operands);
}

void options_help(unsigned groups)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!(rows[i].group & groups)) {
			continue;
		}
		char name[64];
		snprintf(name, sizeof(name), "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
		         rows[i].argument ? rows[i].argument : "");
		if (rows[i].letter) {
			printf("  -%c, %-24s %s\n", rows[i].letter, name, rows[i].help);
		} else {
			printf("      %-24s %s\n", name, rows[i].help);
		}
	}
}
