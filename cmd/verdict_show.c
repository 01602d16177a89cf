/* SPDX-License-Identifier: Apache-2.0 */
/* signet verdict show: the story of one message, from the verdict that is kept of it. */
#include "../src/base/date.h"
#include "../src/base/ip.h"
#include "verdicts.h"

#define LABEL_COLUMNS 14
#define RECIPIENTS_SHOWN 20
#define SENDER_COLUMNS 200

static void label(struct tell *t, const char *name)
{
	tell_put(t, "   ");
	tell_put(t, name);
	for (size_t i = strlen(name); i < LABEL_COLUMNS; i++) {
		tell_put(t, " ");
	}
}

static void fact(struct tell *t, const char *name, slice value)
{
	if (value.len) {
		label(t, name);
		tell_outside(t, value, 500);
		tell_put(t, "\n");
	}
}

static void tell_client(struct tell *t, const struct verdict_row *row)
{
	const struct signet_envelope *e = verdicts_envelope(row);
	label(t, "client");
	tell_outside(t, row->client_name, SENDER_COLUMNS);
	tell_put(t, row->client_name.len ? " [" : "[");
	if (e->ip.family) {
		ip_put(t->to, &e->ip);
	} else {
		tell_put(t, "not known");
	}
	tell_put(t, "]\n");
	fact(t, "login", row->login);
	if (e->has_mail_from) {
		label(t, "sender");
		tell_put(t, "<");
		tell_outside(t, e->mail_from, SENDER_COLUMNS);
		tell_put(t, ">\n");
	}
	fact(t, "author", verdicts_author(row));
}

static void tell_recipients(struct tell *t, const struct verdict_row *row)
{
	size_t shown = row->n_recipients < RECIPIENTS_SHOWN ? row->n_recipients : RECIPIENTS_SHOWN;
	for (size_t i = 0; i < shown; i++) {
		label(t, "recipient");
		tell_put(t, "<");
		tell_outside(t, row->recipients[i], SENDER_COLUMNS);
		tell_put(t, ">\n");
	}
	if (row->all_recipients > shown) {
		label(t, "recipients");
		tell_number(t, row->all_recipients - shown);
		tell_put(t, " more\n");
	}
}

static void tell_signatures(struct tell *t, const struct verdict_row *row)
{
	for (size_t i = 0; i < row->n_signatures; i++) {
		const struct verdict_signature *s = &row->signatures[i];
		label(t, s->is_seal ? "sealed as" : "signed as");
		tell_outside(t, s->domain, 0);
		tell_put(t, ", selector ");
		tell_outside(t, s->selector, 0);
		tell_put(t, ", ");
		tell_outside(t, s->algorithm, 0);
		if (s->trouble.len) {
			tell_put(t, ": not done, ");
			tell_outside(t, s->trouble, 0);
		}
		tell_put(t, "\n");
	}
}

static void tell_release(struct tell *t, const struct verdict_row *row)
{
	struct buf text;
	buf_init(&text, 128);
	if (verdicts_put_release(&text, row, false)) {
		fact(t, "release it", buf_slice(&text));
		buf_clear(&text);
		(void)verdicts_put_release(&text, row, true);
		label(t, "");
		tell_outside(t, buf_slice(&text), 0);
		tell_put(t, " (Sendmail)\n");
	}
	buf_finish(&text);
}

static void tell_replay(struct tell *t, const struct verdict_row *row)
{
	if (row->replay_messages > 1) {
		label(t, "replayed");
		tell_put(t, "its signature came with ");
		tell_number(t, row->replay_messages);
		tell_put(t, " messages for about ");
		tell_number(t, row->replay_recipients);
		tell_put(t, " recipients\n");
	}
}

static void tell_row(struct tell *t, const struct spool_verdict *v)
{
	const struct verdict_row *row = v->row;
	tell_paint_outside(t, PAINT_STRONG, row->queue_id);
	tell_put(t, row->dry_run ? ": would have been " : ": ");
	tell_paint(t, PAINT_STRONG, verdict_deed_name(row->deed));
	tell_put(t, ", ");
	date_put_iso(t->to, row->time_ms / 1000);
	tell_put(t, row->dry_run ? " (dry run)\n" : "\n");
	fact(t, "server", row->server_name);
	fact(t, "listener", row->listener);
	fact(t, "because", row->reason);
	tell_client(t, row);
	tell_recipients(t, row);
	fact(t, "rule", row->rule);
	fact(t, "local policy", row->override);
	fact(t, "reply", row->reply);
	tell_signatures(t, row);
	for (size_t i = 0; i < row->n_removed; i++) {
		fact(t, "removed", row->removed[i]);
	}
	tell_replay(t, row);
	tell_release(t, row);
}

static void tell_dossier(struct tell *t, const struct spool_verdict *v)
{
	const struct signet_dossier *d = v->row->dossier;
	if (!d) {
		tell_put(t, v->kept == DOSSIER_ROW ? "\nThe message was too large a story to be kept: only this is.\n"
		                                   : "\nThe message was not verified.\n");
		return;
	}
	tell_put(t, "\n");
	tell_verdict(t, d);
	tell_table(t, d);
	tell_story(t, d, v->row->book);
	if (v->kept == DOSSIER_CUT) {
		tell_put(t, "\nLong texts and lists have lost their end: too large a story to be kept whole.\n");
	}
}

/* The field as we wrote it. */
static void tell_results(struct tell *t, slice value)
{
	if (!value.len) {
		return;
	}
	tell_put(t, "\nAuthentication-Results: ");
	for (slice rest = value; rest.at;) {
		slice line = slice_split(&rest, '\n');
		tell_outside(t, slice_trim_fws(line), 0);
		tell_put(t, rest.at ? "\n    " : "\n");
	}
}

static void put_json(struct verdicts *v, const struct spool_verdict *one)
{
	const struct verdict_row *row = one->row;
	const struct tell_extras extras = { .authentication_results = row->authentication_results };
	struct json_writer w = json_writer_of(&v->out);
	json_open(&w, '{');
	verdicts_put_json(&w, one);
	json_key(&w, "dossier");
	if (row->dossier) {
		tell_json_dossier(&w, v->operands[0], row->dossier, &extras, row->book);
	} else {
		json_nothing(&w);
	}
	json_close(&w, '}');
	buf_put_char(&v->out, '\n');
}

enum exit_status verdict_show(struct verdicts *v)
{
	struct spool_reader *r;
	struct spool_verdict one;
	enum exit_status status;
	if (verdicts_find_id(v, v->operands[0], &r, &one, &status)) {
		if (v->o->json) {
			put_json(v, &one);
		} else {
			tell_row(&v->tell, &one);
			tell_dossier(&v->tell, &one);
			tell_results(&v->tell, one.row->authentication_results);
		}
	}
	spool_reader_free(r);
	return status;
}
