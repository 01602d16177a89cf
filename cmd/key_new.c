/* SPDX-License-Identifier: Apache-2.0 */
/* signet key new: keys that sign nothing yet. */
#include <stdio.h>

#include "key.h"

#define ERROR_BYTES 2048

static enum exit_status refuse(struct key_run *r, struct buf *error, enum exit_status status)
{
	key_complain(r, "%.*s", (int)error->len, error->at ? error->at : "");
	return status;
}

static void tell(struct key_run *r, const struct store_domain *d, const struct key_entry *key)
{
	if (r->o->json) {
		struct json_writer w = json_writer_of(&r->out);
		json_open(&w, '{');
		key_put_json(&w, d, key, key_now(r));
		json_member_text(&w, "name", signet_dkim_key_name(key->selector, d->domain, r->arena));
		json_member_text(&w, "record", key_record(r, d, key));
		json_close(&w, '}');
		buf_put_char(&r->out, '\n');
		return;
	}
	struct buf kind;
	buf_init(&kind, 64);
	key_put_kind(&kind, key->algorithm, key->bits);
	key_say(r, "%.*s: made %.*s (%.*s)", (int)d->domain.len, d->domain.at, (int)key->selector.len, key->selector.at,
	        (int)kind.len, kind.at);
	buf_finish(&kind);
}

/* Each key takes its turn: the one that is made now begins when the one before it is through. */
static void warn_of_waiting(struct key_run *r, const struct store_domain *d, enum signet_algorithm algorithm)
{
	for (size_t i = 0; i < d->state.n; i++) {
		const struct key_entry *key = &d->state.at[i];
		if (key->algorithm == algorithm && key->stage < KEY_ACTIVE) {
			key_complain(
				r,
				"warning: %.*s: %.*s is %s and does not sign yet; with another key of its kind two "
				"rotations follow (signet key retire gives one up)",
				(int)d->domain.len, d->domain.at, (int)key->selector.len, key->selector.at,
				key_stage_name(key->stage));
			return;
		}
	}
}

/* The key of a file, or a new one. */
static struct key_entry *make(struct key_run *r, struct store_domain *d, enum signet_algorithm algorithm,
                              const struct signet_privkey *given, struct buf *error)
{
	slice selector = key_selector(r, d, algorithm, error);
	if (!selector.len) {
		return NULL;
	}
	warn_of_waiting(r, d, algorithm);
	return given ? store_add_key(d, given, selector, key_now(r), error)
	             : store_make_key(d, r->signet, selector, algorithm, r->policy.bits, key_now(r), error);
}

/* Is the key of the file one that we would make, and the one that was asked for? */
static bool judge_import(const struct key_run *r, const struct signet_privkey *given)
{
	const struct options *o = r->o;
	enum signet_algorithm algorithm = signet_privkey_algorithm(given);
	unsigned bits = signet_privkey_bits(given);
	bool is_rsa = algorithm == SIGNET_RSA_SHA256;
	if (o->algorithm && !r->policy.wanted[algorithm]) {
		key_complain(r, "%s: --algorithm asks for %s, the key of the file is for %s", o->import, o->algorithm,
		             signet_algorithm_name(algorithm));
		return false;
	}
	if (is_rsa && (bits < KEY_BITS_MIN || bits > KEY_BITS_MAX)) {
		key_complain(r,
		             "%s: the RSA key has %u bits, and one that is to sign from now on has %d to %d: receivers "
		             "begin to refuse shorter ones, and need not take longer ones (RFC 8301 3.2)",
		             o->import, bits, KEY_BITS_MIN, KEY_BITS_MAX);
		return false;
	}
	if (is_rsa && o->bits && o->bits != bits) {
		key_complain(r, "%s: --bits asks for %u bits, the key of the file has %u", o->import, (unsigned)o->bits,
		             bits);
		return false;
	}
	return true;
}

static enum exit_status import(struct key_run *r, struct store_domain *d, struct buf *error)
{
	struct signet_privkey *given = NULL;
	if (key_file_open(r->signet, r->o->import, &given, error) != KEY_FILE_GOOD) {
		return refuse(r, error, EXIT_BAD_INPUT);
	}
	if (!judge_import(r, given)) {
		signet_privkey_free(given);
		return EXIT_BAD_INPUT;
	}
	struct key_entry *key = make(r, d, signet_privkey_algorithm(given), given, error);
	signet_privkey_free(given);
	if (!key) {
		return refuse(r, error, EXIT_UNFINISHED);
	}
	tell(r, d, key);
	return EXIT_FINE;
}

static enum exit_status fill(struct key_run *r, struct store_domain *d, struct buf *error)
{
	if (r->o->import) {
		return import(r, d, error);
	}
	for (int i = 0; i < PLAN_ALGORITHMS; i++) {
		struct key_entry *key = r->policy.wanted[i] ? make(r, d, (enum signet_algorithm)i, NULL, error) : NULL;
		if (r->policy.wanted[i] && !key) {
			return refuse(r, error, EXIT_UNFINISHED);
		}
		if (key) {
			tell(r, d, key);
		}
	}
	return EXIT_FINE;
}

enum exit_status key_new(struct key_run *r)
{
	enum exit_status status = EXIT_FINE;
	if (r->o->dry_run) {
		key_complain(r, "--dry-run is for publish, rotate, retire and revoke");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < r->n_operands; i++) {
		struct store_domain d;
		struct buf error;
		slice domain;
		signet_arena_reset(r->arena);
		if (!key_domain(r, r->operands[i], &domain)) {
			return EXIT_USAGE;
		}
		enum exit_status this = key_open(r, domain, STORE_MAKE, &d);
		if (this == EXIT_FINE) {
			buf_init(&error, ERROR_BYTES);
			this = fill(r, &d, &error);
			buf_finish(&error);
			store_close(&d);
		}
		status = worse(status, this);
	}
	if (status == EXIT_FINE) {
		key_say(r, "next: signet key publish, or put the lines of signet key zone into your zone; then signet "
		           "key rotate");
	}
	return status;
}
