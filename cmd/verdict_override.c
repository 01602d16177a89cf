/* SPDX-License-Identifier: Apache-2.0 */
/* signet verdict allow, overrides, disallow: what is let through for a time, in the file the milter reads. */
#include <stdlib.h>
#include <unistd.h>

#include "../src/base/cursor.h"
#include "../src/base/date.h"
#include "../src/base/name.h"
#include "verdicts.h"

#define ERROR_BYTES 2048
#define FOR_MAX ((int64_t)366 * 86400) /* what is to stay belongs into the configuration */
#define BITS_LEAST_V4 8 /* a wider network is half of the Internet */
#define BITS_LEAST_V6 16

static enum exit_status refuse(const struct verdicts *v, struct buf *error)
{
	complain(v->o, "%.*s", (int)error->len, error->at ? error->at : "");
	return EXIT_UNFINISHED;
}

/* Who asks, for the file: not a proof. */
static slice who(struct signet_arena *a)
{
	const char *name = getenv("SUDO_USER");
	struct buf uid;
	if (!name || !*name) {
		name = getenv("LOGNAME");
	}
	if (name && *name) {
		return slice_of(name);
	}
	buf_init_arena(&uid, a, 32);
	buf_put_text(&uid, "uid:");
	buf_put_number(&uid, getuid());
	return buf_slice(&uid);
}

/* ---- telling ---- */

static void put_time(struct json_writer *w, const char *key, int64_t epoch)
{
	struct buf text;
	buf_init(&text, 64);
	date_put_iso(&text, epoch);
	json_member_text(w, key, buf_slice(&text));
	buf_finish(&text);
}

static void put_json(struct verdicts *v, const struct override *one)
{
	struct json_writer w = json_writer_of(&v->out);
	struct buf network;
	buf_init(&network, 128);
	overrides_put_network(&network, &one->client);
	json_open(&w, '{');
	json_member_number(&w, "override", (int64_t)one->number);
	json_member_optional(&w, "author", one->author);
	json_member_text(&w, "client", buf_slice(&network));
	put_time(&w, "until", one->until);
	put_time(&w, "made", one->made);
	json_member_optional(&w, "by", one->by);
	json_member_optional(&w, "message", one->message);
	json_close(&w, '}');
	buf_put_char(&v->out, '\n');
	buf_finish(&network);
}

static void tell_one(struct verdicts *v, const struct override *one)
{
	struct tell *t = &v->tell;
	tell_put(t, "override ");
	tell_number(t, one->number);
	tell_put(t, ": accept mail of ");
	tell_outside(t, one->author.len ? one->author : S("any author"), 0);
	tell_put(t, " from ");
	overrides_put_network(t->to, &one->client);
	tell_put(t, " until ");
	date_put_iso(t->to, one->until);
	if (one->until > v->o->now) {
		tell_put(t, " (");
		span_put(t->to, one->until - v->o->now);
		tell_put(t, ")");
	}
	if (one->by.len) {
		tell_put(t, ", by ");
		tell_outside(t, one->by, 0);
	}
	if (one->message.len) {
		tell_put(t, ", for ");
		tell_outside(t, one->message, 0);
	}
	tell_put(t, "\n");
}

static void put(struct verdicts *v, const struct override *one)
{
	if (v->o->json) {
		put_json(v, one);
	} else {
		tell_one(v, one);
	}
}

/* ---- allow ---- */

static bool read_client(const struct verdicts *v, struct override *to)
{
	if (!signet_network_parse(slice_of(v->o->client), &to->client)) {
		complain(v->o, "--client: \"%s\" is no address and no network", v->o->client);
		return false;
	}
	unsigned least = to->client.ip.family == 4 ? BITS_LEAST_V4 : BITS_LEAST_V6;
	if (to->client.bits < least) {
		complain(v->o, "--client: %s is too much of the Internet; /%u is the most", v->o->client, least);
		return false;
	}
	return true;
}

static bool read_from(const struct verdicts *v, struct signet_arena *a, struct override *to)
{
	if (name_normalize(slice_of(v->o->from), a, &to->author) != NAME_GOOD) {
		complain(v->o, "--from: \"%s\" is no domain", v->o->from);
		return false;
	}
	return true;
}

/* Of the message: its client alone, its author alone. */
static bool read_message(struct verdicts *v, struct signet_arena *a, struct override *to, enum exit_status *ret_status)
{
	struct spool_reader *r;
	struct spool_verdict one;
	bool good = verdicts_find_id(v, v->operands[0], &r, &one, ret_status);
	if (good) {
		to->client.ip = verdicts_envelope(one.row)->ip;
		to->client.bits = to->client.ip.family == 4 ? 32 : 128;
		to->author = arena_copy(a, verdicts_author(one.row));
		to->message = slice_of(v->operands[0]);
	}
	spool_reader_free(r);
	if (good && !v->o->client && !to->client.ip.family) {
		complain(v->o, "the client of %s is not known: give --client", v->operands[0]);
	} else if (good && !to->author.len && !v->o->from) {
		complain(v->o, "%s has no author that can be named: give --from", v->operands[0]);
	} else {
		return good;
	}
	*ret_status = EXIT_BAD;
	return false;
}

static bool read_wanted(struct verdicts *v, struct signet_arena *a, struct override *to, enum exit_status *ret_status)
{
	*ret_status = EXIT_USAGE;
	if (v->o->for_s <= 0 || v->o->for_s > FOR_MAX) {
		complain(v->o, v->o->for_s <= 0
		                       ? "say --for how long, 7d or 12h"
		                       : "--for: a year at most; what is to stay belongs into the configuration");
		return false;
	}
	if (!v->n_operands && !v->o->client) {
		complain(v->o,
		         "name a QUEUEID, or --client NETWORK: a domain alone is what anybody can write into From");
		return false;
	}
	if (v->n_operands && !read_message(v, a, to, ret_status)) {
		return false;
	}
	*ret_status = EXIT_USAGE;
	if ((v->o->client && !read_client(v, to)) || (v->o->from && !read_from(v, a, to))) {
		return false;
	}
	to->made = v->o->now;
	to->until = v->o->now + v->o->for_s;
	to->by = who(a);
	*ret_status = EXIT_FINE;
	return true;
}

static enum exit_status add(struct verdicts *v, const struct override *wanted)
{
	struct overrides_edit e = { .lock = -1 };
	struct buf error;
	enum exit_status status = EXIT_FINE;
	buf_init(&error, ERROR_BYTES);
	if (!overrides_edit_begin(v->overrides, &e, &error)) {
		status = refuse(v, &error);
		buf_finish(&error);
		return status;
	}
	const struct override *one = overrides_add(&e.overrides, wanted);
	if (!one) {
		buf_put_text(&error, "there are as many overrides as there may be");
	}
	if (!one || !overrides_edit_save(&e, v->o->now, &error)) {
		status = refuse(v, &error);
	} else {
		put(v, one);
	}
	overrides_edit_end(&e);
	buf_finish(&error);
	return status;
}

enum exit_status verdict_allow(struct verdicts *v)
{
	struct override wanted = { 0 };
	enum exit_status status;
	struct signet_arena *a = signet_arena_new((size_t)1 << 16);
	if (!a) {
		complain(v->o, "no memory");
		return EXIT_UNFINISHED;
	}
	if (read_wanted(v, a, &wanted, &status)) {
		status = add(v, &wanted);
	}
	signet_arena_free(a);
	return status;
}

/* ---- overrides, disallow ---- */

enum exit_status verdict_overrides(struct verdicts *v)
{
	struct signet_arena *a = signet_arena_new(OVERRIDES_BYTES);
	struct overrides all;
	struct buf error;
	enum exit_status status = EXIT_FINE;
	buf_init(&error, ERROR_BYTES);
	if (!a || !overrides_file_read(v->overrides, a, &all, &error)) {
		status = worse(refuse(v, &error), EXIT_BAD_INPUT);
		all.n = 0;
	}
	for (size_t i = 0; i < all.n; i++) {
		if (all.at[i].until > v->o->now || v->o->verbose) {
			put(v, &all.at[i]);
		}
	}
	signet_arena_free(a);
	buf_finish(&error);
	return status;
}

static enum exit_status remove_all(struct verdicts *v, struct overrides *all)
{
	enum exit_status status = EXIT_FINE;
	for (size_t i = 0; i < v->n_operands; i++) {
		uint64_t number;
		if (!number_parse(slice_of(v->operands[i]), UINT32_MAX, &number)) {
			complain(v->o, "\"%s\" is not the number of an override", v->operands[i]);
			status = EXIT_USAGE;
		} else if (!overrides_remove(all, number)) {
			complain(v->o, "there is no override %s (signet verdict overrides lists them)", v->operands[i]);
			status = worse(status, EXIT_BAD);
		}
	}
	return status;
}

enum exit_status verdict_disallow(struct verdicts *v)
{
	struct overrides_edit e = { .lock = -1 };
	struct buf error;
	enum exit_status status;
	buf_init(&error, ERROR_BYTES);
	if (!overrides_edit_begin(v->overrides, &e, &error)) {
		status = refuse(v, &error);
		buf_finish(&error);
		return status;
	}
	status = remove_all(v, &e.overrides);
	if (status != EXIT_USAGE && !overrides_edit_save(&e, v->o->now, &error)) {
		status = refuse(v, &error);
	}
	overrides_edit_end(&e);
	buf_finish(&error);
	return status;
}
