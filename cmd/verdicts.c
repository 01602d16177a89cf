/* SPDX-License-Identifier: Apache-2.0 */
/* signet verdict: what the milter decided, why, and what is let through for a time.  The table of its actions, and what they
 * share. */
#include "verdicts.h"

#include <unistd.h>

#include "../service/spool/writer.h"
#include "../src/base/chars.h"
#include "../src/base/date.h"
#include "../src/base/ip.h"

#define OUT_BYTES ((size_t)64 << 20)
#define ERROR_BYTES 2048

static const struct action {
	const char *name;
	enum exit_status (*run)(struct verdicts *v);
	size_t least, most; /* operands */
	const char *wants;
} actions[] = {
	{ "show", verdict_show, 1, 1, "QUEUEID" },
	{ "find", verdict_find, 0, 0, "no operand" },
	{ "allow", verdict_allow, 0, 1, "QUEUEID, or --client NETWORK" },
	{ "overrides", verdict_overrides, 0, 0, "no operand" },
	{ "disallow", verdict_disallow, 1, 1000, "the NUMBER of an override" },
};

#define N_ACTIONS (sizeof(actions) / sizeof(actions[0]))

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < N_ACTIONS; i++) {
		if (strcmp(name, actions[i].name) == 0) {
			return &actions[i];
		}
	}
	return NULL;
}

void verdicts_flush(struct verdicts *v)
{
	if (!v->o->quiet) {
		(void)write_out(buf_slice(&v->out));
	}
	buf_clear(&v->out);
}

/* ---- the spool ---- */

struct spool_reader *verdicts_open(struct verdicts *v, enum spool_order order)
{
	struct buf error;
	if (!v->o->spool && v->conf && v->conf->milter_spool && strcmp(v->conf->milter_spool, "none") == 0) {
		complain(v->o, "%s: milter.spool is none: no verdicts are kept", v->o->config);
		return NULL;
	}
	buf_init(&error, ERROR_BYTES);
	struct spool_reader *r = spool_read(v->spool, order, NULL, &error);
	if (!r) {
		complain(v->o, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return r;
}

void verdicts_tell_trouble(struct verdicts *v, const struct spool_reader *r)
{
	struct spool_trouble t = spool_reader_trouble(r);
	if (t.foreign) {
		complain(v->o, "%s: passed over %llu files that are no segments, or cannot be read", v->spool,
		         (unsigned long long)t.foreign);
	}
	if (t.unreadable) {
		complain(v->o, "%s: passed over %llu verdicts of another version", v->spool,
		         (unsigned long long)t.unreadable);
	}
	if (t.lost_octets && v->o->verbose) {
		complain(v->o, "%s: passed over %llu octets of torn or damaged entries", v->spool,
		         (unsigned long long)t.lost_octets);
	}
}

bool verdicts_find_id(struct verdicts *v, const char *queue_id, struct spool_reader **ret_reader,
                      struct spool_verdict *ret, enum exit_status *ret_status)
{
	enum spool_found found;
	struct spool_reader *r = verdicts_open(v, SPOOL_NEWEST_FIRST);
	*ret_reader = r;
	*ret_status = EXIT_UNFINISHED;
	if (!r) {
		return false;
	}
	do {
		found = spool_next(r, ret);
	} while (found == SPOOL_FOUND && !slice_eq(ret->row->queue_id, slice_of(queue_id)));
	if (found == SPOOL_FOUND) {
		*ret_status = EXIT_FINE;
		return true;
	}
	verdicts_tell_trouble(v, r);
	if (found == SPOOL_FAILED) {
		complain(v->o, "no memory");
	} else {
		complain(v->o, "%s: there is no verdict of %s", v->spool, queue_id);
		*ret_status = EXIT_BAD;
	}
	return false;
}

/* ---- verdicts ---- */

const struct signet_envelope *verdicts_envelope(const struct verdict_row *row)
{
	return row->dossier ? &row->dossier->envelope : &row->envelope;
}

slice verdicts_author(const struct verdict_row *row)
{
	const struct signet_dossier *d = row->dossier;
	if (!d) {
		return row->author;
	}
	return d->dmarc.domain.len ? d->dmarc.domain : d->n_from ? d->from[0].domain : (slice) { 0 };
}

/* Only what no shell takes for anything else. */
static bool is_plain_id(slice id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (!char_is(id.at[i], C_ALPHA | C_DIGIT)) {
			return false;
		}
	}
	return id.len > 0 && id.len < 64;
}

bool verdicts_put_release(struct buf *to, const struct verdict_row *row, bool sendmail)
{
	if (row->deed != VERDICT_HELD || row->dry_run || !is_plain_id(row->queue_id)) {
		return false;
	}
	buf_put_text(to, sendmail ? "sendmail -qQ -Q -qI" : "postsuper -H ");
	buf_put(to, row->queue_id);
	return true;
}

static void put_texts(struct json_writer *w, const char *key, const slice *texts, size_t n)
{
	json_key(w, key);
	json_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		json_text(w, texts[i]);
	}
	json_close(w, ']');
}

static void put_signatures(struct json_writer *w, const struct verdict_row *row)
{
	json_key(w, "signatures");
	json_open(w, '[');
	for (size_t i = 0; i < row->n_signatures; i++) {
		const struct verdict_signature *s = &row->signatures[i];
		json_open(w, '{');
		json_member_text(w, "domain", s->domain);
		json_member_text(w, "selector", s->selector);
		json_member_text(w, "algorithm", s->algorithm);
		json_member_bool(w, "seal", s->is_seal);
		json_member_optional(w, "trouble", s->trouble);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_envelope(struct json_writer *w, const struct verdict_row *row)
{
	const struct signet_envelope *e = verdicts_envelope(row);
	struct buf ip;
	buf_init(&ip, 64);
	if (e->ip.family) {
		ip_put(&ip, &e->ip);
	}
	json_member_optional(w, "client", buf_slice(&ip));
	json_member_optional(w, "client_name", row->client_name);
	json_member_optional(w, "login", row->login);
	json_key(w, "mail_from");
	if (e->has_mail_from) {
		json_text(w, e->mail_from);
	} else {
		json_nothing(w);
	}
	json_member_optional(w, "author", verdicts_author(row));
	put_texts(w, "recipients", row->recipients, row->n_recipients);
	json_member_number(w, "all_recipients", (int64_t)row->all_recipients);
	buf_finish(&ip);
}

static void put_release(struct json_writer *w, const struct verdict_row *row)
{
	static const char *const keys[] = { "postfix", "sendmail" };
	struct buf text;
	buf_init(&text, 128);
	json_key(w, "release");
	if (!verdicts_put_release(&text, row, false)) {
		json_nothing(w);
		buf_finish(&text);
		return;
	}
	json_open(w, '{');
	for (size_t i = 0; i < 2; i++) {
		buf_clear(&text);
		(void)verdicts_put_release(&text, row, i == 1);
		json_member_text(w, keys[i], buf_slice(&text));
	}
	json_close(w, '}');
	buf_finish(&text);
}

void verdicts_put_json(struct json_writer *w, const struct spool_verdict *v)
{
	static const char kept[][6] = { "whole", "cut", "row" };
	const struct verdict_row *row = v->row;
	struct buf time;
	buf_init(&time, 64);
	date_put_iso(&time, row->time_ms / 1000);
	json_member_text(w, "id", row->queue_id);
	json_member_text(w, "time", buf_slice(&time));
	json_member_number(w, "time_ms", row->time_ms);
	json_member_optional(w, "listener", row->listener);
	json_member_optional(w, "server", row->server_name);
	json_member_optional(w, "daemon", row->daemon_name);
	put_envelope(w, row);
	json_member_name(w, "deed", verdict_deed_name(row->deed));
	json_member_bool(w, "dry_run", row->dry_run);
	json_member_name(w, "decision", row->dossier ? signet_decision_name(row->dossier->decision) : NULL);
	json_member_optional(w, "reason", row->reason);
	json_member_optional(w, "rule", row->rule);
	json_member_optional(w, "override", row->override);
	json_member_optional(w, "reply", row->reply);
	put_texts(w, "removed", row->removed, row->n_removed);
	put_signatures(w, row);
	json_member_number(w, "replay_messages", row->replay_messages);
	json_member_number(w, "replay_recipients", row->replay_recipients);
	put_release(w, row);
	json_member_name(w, "kept", kept[v->kept]);
	json_member_name(w, "segment", v->place.segment.at);
	json_member_number(w, "offset", (int64_t)v->place.offset);
	buf_finish(&time);
}

/* ---- the command ---- */

static bool read_conf(struct verdicts *v)
{
	struct buf error;
	if (!v->o->config) {
		return true;
	}
	buf_init(&error, ERROR_BYTES);
	v->conf = conf_read(v->o->config, &error);
	if (!v->conf) {
		complain(v->o, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return v->conf;
}

static const char *either(const struct verdicts *v, const char *option, const char *conf,
                          char path[static OVERRIDES_PATH_OCTETS], const char *otherwise)
{
	if (option || !conf) {
		return option ? option : otherwise;
	}
	return conf_path(v->o->config, conf, path, OVERRIDES_PATH_OCTETS) ? path : conf;
}

static enum exit_status run_action(struct verdicts *v, const struct action *a)
{
	if (!read_conf(v)) {
		return EXIT_BAD_INPUT;
	}
	v->spool = either(v, v->o->spool, v->conf ? v->conf->milter_spool : NULL, v->spool_path, SPOOL_FOLDER);
	v->overrides = either(v, v->o->overrides, v->conf ? v->conf->milter_overrides : NULL, v->overrides_path,
	                      OVERRIDES_PATH);
	return a->run(v);
}

static enum exit_status run(const struct options *o)
{
	struct verdicts v = { .o = o };
	const struct action *a = o->n_operands ? find_action(o->operands[0]) : NULL;
	if (!a) {
		complain(o, "the action is show, find, allow, overrides or disallow");
		return EXIT_USAGE;
	}
	v.operands = o->operands + 1;
	v.n_operands = o->n_operands - 1;
	if (v.n_operands < a->least || v.n_operands > a->most) {
		complain(o, "%s wants %s", a->name, a->wants);
		return EXIT_USAGE;
	}
	buf_init(&v.out, OUT_BYTES);
	v.tell = (struct tell) { .to = &v.out, .colour = isatty(STDOUT_FILENO) };
	enum exit_status status = run_action(&v, a);
	if (!buf_ok(&v.out)) {
		complain(o, "there is more to tell than memory allows");
		status = worse(status, EXIT_UNFINISHED);
	}
	verdicts_flush(&v);
	buf_finish(&v.out);
	conf_free(v.conf);
	return status;
}

const struct command cmd_verdict = {
	.name = "verdict",
	.synopsis = "show QUEUEID | find | allow [QUEUEID] | overrides | disallow NUMBER...",
	.summary = "show what the milter decided and why; let mail through for a time",
	.options = OPTIONS_COMMON | OPTIONS_VERDICT,
	.run = run,
};
