/* SPDX-License-Identifier: Apache-2.0 */
/* The options of all subcommands in one table: parser and --help read the same rows. */
#ifndef SIGNET_CMD_OPTIONS_H
#define SIGNET_CMD_OPTIONS_H

#include <signet/check.h>

/* Groups of options; a command takes some of them. */
enum option_group {
	OPTIONS_COMMON = 1 << 0, /* -j -q -v -c, zone, resolver, trust anchor, clock */
	OPTIONS_ENVELOPE = 1 << 1, /* --ip --helo --mail-from */
	OPTIONS_JUDGE = 1 << 2, /* mode, rfc7489, sealers, own relays... */
	OPTIONS_CHECK = 1 << 3,
	OPTIONS_DMARC = 1 << 4,
	OPTIONS_KEY = 1 << 12,
	OPTIONS_KEY_TABLE = 1 << 13, /* which key signs for whom */
	OPTIONS_SIGNATURE = 1 << 5, /* --domain, then --selector --key in pairs, and what they cover */
	OPTIONS_SIGN = 1 << 6,
	OPTIONS_SEAL = 1 << 7,
	OPTIONS_VERDICT = 1 << 8,
	OPTIONS_CONF = 1 << 9,
};

/* Values of a repeatable option, in the order given. */
struct option_list {
	const char **at;
	size_t n;
};

/* Options whose order counts: what stands behind --selector belongs to that selector. */
struct option_step {
	const char *name; /* of the option */
	const char *value;
};

struct option_steps {
	struct option_step *at;
	size_t n;
};

struct options {
	const char *command;
	/* common */
	bool json, quiet, verbose, help;
	const char *config;
	struct option_list zones;
	const char *resolver;
	const char *trust_anchor;
	int64_t now; /* --now, else the clock */
	/* envelope */
	const char *ip, *helo, *mail_from; /* NULL: not given */
	/* judging */
	enum signet_mode mode;
	bool has_mode;
	bool rfc7489;
	bool received_spf;
	const char *psl_file;
	struct option_list trusted_sealers;
	struct option_list trusted_nets;
	const char *authserv_id;
	/* check, dmarc */
	bool explain, psl;
	uint64_t jobs; /* 0: one per processor */
	const char *requirements;
	struct option_list dkim, spf; /* D=RESULT */
	/* keys */
	const char *keys; /* NULL: as the configuration says */
	const char *algorithm, *selector_template, *import; /* NULL: not given */
	uint64_t bits; /* 0: not given */
	int64_t ttl_s, grace_s, period_s; /* -1: not given */
	struct option_list servers; /* ADDR[@PORT] */
	struct option_list without_servers; /* names or ADDR[@PORT] */
	const char *primary, *tsig, *hook;
	bool begin, wait, all, dry_run, force, ical;
	/* key table */
	const char *from, *login, *client; /* NULL: not given */
	struct option_list tables;
	/* signing */
	const char *signer;
	struct option_steps steps; /* domain, selector, key, canon, identity */
	struct option_list headers, oversign, no_oversign; /* lists of field names */
	int64_t expire_s; /* 0: never */
	bool copy_fields, body_length, allow_from_mismatch, eight_bit_path;
	/* sealing */
	bool trust_ar;
	/* stored verdicts */
	const char *spool, *overrides, *to, *since, *decision; /* NULL: not given */
	int64_t for_s; /* 0: not given */
	uint64_t limit; /* 0: not given */
	/* configuration */
	bool defaults;
	/* operands */
	const char **operands;
	size_t n_operands;
};

/* Reads argv[2..] for a command that takes these groups; false (after a line on standard error) if it is not usable. */
bool options_parse(const char *command, unsigned groups, int argc, char **argv, struct options *ret);
void options_finish(struct options *o);
/* The options of these groups, a line each, on standard output. */
void options_help(unsigned groups);

/* "signet COMMAND: text" on standard error, in one piece and escaped: it may quote names and files from outside. */
void complain(const struct options *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
