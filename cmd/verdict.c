/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

#include <stdlib.h>

#include <signet/authres.h>

#include "../service/tell/tell.h"

#define READ_BYTES ((size_t)256 << 10)
#define TEXT_BYTES ((size_t)16 << 20)
#define DIAGNOSE_BYTES ((size_t)16 << 20) /* larger messages are not looked through for what changed in transit */
#define LABEL_BYTES 4096
#define EXTRAS_BYTES ((size_t)1 << 20)

struct verdict {
	const struct options *options;
	const struct settings *settings;
	const struct signet_zones *zones;
	struct signet *engine; /* this and what follows: NULL before the first message */
	struct signet_resolver *resolver;
	struct signet_check *check;
	struct signet_arena *arena; /* of what is told beside the dossier of the last message */
	struct tell_extras extras;
	struct signet_requirements requirements;
	char *octets; /* READ_BYTES */
	struct buf text;
	struct buf label; /* path, or path:number */
	bool colour;
};

struct verdict *verdict_new(const struct options *o, const struct settings *settings, const struct signet_zones *zones,
                            bool colour)
{
	struct verdict *v = calloc(1, sizeof(*v));
	if (!v) {
		complain(o, "no memory");
		return NULL;
	}
	v->options = o;
	v->settings = settings;
	v->zones = zones;
	v->colour = colour;
	buf_init(&v->text, TEXT_BYTES);
	buf_init(&v->label, LABEL_BYTES);
	return v;
}

enum exit_status verdict_start(struct verdict *v)
{
	enum exit_status status = EXIT_UNFINISHED;
	if (v->resolver) {
		return EXIT_FINE;
	}
	v->octets = v->octets ? v->octets : malloc(READ_BYTES);
	v->arena = v->arena ? v->arena : signet_arena_new(EXTRAS_BYTES);
	v->engine = v->engine ? v->engine : signet_new();
	if (v->engine && !v->check) {
		v->check = signet_check_new(v->engine, &v->settings->check, &v->settings->envelope);
	}
	if (!v->check || !v->octets || !v->arena) {
		complain(v->options, "no memory");
		return status;
	}
	v->resolver = answers_open(v->options, v->settings->conf, v->zones, &status);
	if (!v->resolver) {
		return status;
	}
	signet_resolver_attach(v->resolver, signet_check_book(v->check));
	return EXIT_FINE;
}

void verdict_free(struct verdict *v)
{
	if (v) {
		signet_check_free(v->check);
		signet_resolver_free(v->resolver);
		signet_free(v->engine);
		signet_arena_free(v->arena);
		buf_finish(&v->text);
		buf_finish(&v->label);
		free(v->octets);
		free(v);
	}
}

slice verdict_text(const struct verdict *v)
{
	return buf_slice(&v->text);
}

static const char *label_of(struct verdict *v, const struct mailbox_item *item)
{
	buf_clear(&v->label);
	buf_put_text(&v->label, item->path);
	if (item->number) {
		buf_put_char(&v->label, ':');
		buf_put_number(&v->label, item->number);
	}
	buf_put_char(&v->label, 0);
	return buf_ok(&v->label) ? v->label.at : item->path;
}

/* One line that says why there is no verdict, in either form. */
static void put_failure(struct verdict *v, const char *label, const char *code, const char *why)
{
	complain(v->options, "%s: %s", label, why);
	buf_clear(&v->text);
	if (v->options->json && !v->options->quiet) {
		struct json_writer w = json_writer_of(&v->text);
		tell_json_failure(&w, "path", label, code, why);
		buf_put_char(&v->text, '\n');
	}
}

static enum signet_status feed(struct verdict *v, struct mailbox_item *item)
{
	size_t n;
	TRY(mailbox_read(item, v->octets, READ_BYTES, &n));
	while (n) {
		TRY(signet_check_feed(v->check, slice_make(v->octets, n)));
		TRY(mailbox_read(item, v->octets, READ_BYTES, &n));
	}
	return signet_check_end(v->check);
}

/* Reads the whole message once more: something failed that looking at it may explain. */
static enum signet_status diagnose(struct verdict *v, struct mailbox_item *item)
{
	struct buf message;
	enum signet_status status;
	size_t n;
	buf_init(&message, DIAGNOSE_BYTES);
	mailbox_rewind(item);
	while ((status = mailbox_read(item, v->octets, READ_BYTES, &n)) == SIGNET_OK && n && buf_ok(&message)) {
		buf_put(&message, slice_make(v->octets, n));
	}
	if (status == SIGNET_OK) {
		status = signet_check_diagnose(v->check, buf_slice(&message), buf_ok(&message));
	}
	buf_finish(&message);
	return status;
}

static enum signet_status write_extras(struct verdict *v, const struct signet_dossier *d)
{
	const struct signet_settings *s = &v->settings->check;
	struct signet_authres model;
	signet_arena_reset(v->arena);
	v->extras = (struct tell_extras) { .requirements = NULL };
	TRY(signet_authres_from(d, s->authserv_id.len ? s->authserv_id : S("localhost"), v->arena, &model));
	v->extras.authentication_results = signet_authres_write(&model, NULL, v->arena);
	if (v->settings->received_spf) {
		v->extras.received_spf = signet_received_spf_write(&d->spf[0], &d->envelope, s->receiver, v->arena);
	}
	if (v->settings->wants_requirements) {
		TRY(signet_requirements_eval(v->settings->provider, v->check, v->arena, &v->requirements));
		v->extras.requirements = &v->requirements;
	}
	return v->extras.authentication_results.len ? SIGNET_OK : SIGNET_NO_MEMORY;
}

static enum signet_status judge(struct verdict *v, struct mailbox_item *item)
{
	enum signet_status status = feed(v, item);
	while (status == SIGNET_OK && (status = signet_check_step(v->check)) == SIGNET_PENDING) {
		answers_fill(v->resolver, signet_check_book(v->check));
		status = SIGNET_OK;
	}
	if (status == SIGNET_OK && signet_check_wants_message(v->check)) {
		status = diagnose(v, item);
	}
	return status == SIGNET_OK ? write_extras(v, signet_check_dossier(v->check)) : status;
}

/* A folded field as it would stand in the message: the line breaks are ours. */
static void put_field(struct tell *t, const char *name, slice value)
{
	tell_put(t, name);
	tell_put(t, ": ");
	for (slice rest = value; rest.at;) {
		slice line = slice_split(&rest, '\n');
		slice text = slice_trim_fws(line);
		tell_outside(t, text, 0);
		tell_put(t, rest.at ? "\n    " : "\n");
	}
}

static void put_text(struct verdict *v, const char *label, const struct signet_dossier *d)
{
	struct tell t = { .to = &v->text, .colour = v->colour };
	tell_paint_outside(&t, PAINT_DIM, slice_of(label)); /* who sends mail may name its file */
	tell_put(&t, ": ");
	tell_verdict(&t, d);
	tell_table(&t, d);
	if (v->options->explain) {
		tell_story(&t, d, signet_check_book(v->check));
		tell_put(&t, "\n");
	}
	if (v->options->verbose || v->options->explain) {
		put_field(&t, "Authentication-Results", v->extras.authentication_results);
	}
	if (v->extras.received_spf.len) {
		put_field(&t, "Received-SPF", v->extras.received_spf);
	}
	if (v->extras.requirements) {
		tell_requirements(&t, v->extras.requirements);
	}
	tell_put(&t, "\n");
}

static void put(struct verdict *v, const char *label, const struct signet_dossier *d)
{
	buf_clear(&v->text);
	if (v->options->json) {
		struct json_writer w = json_writer_of(&v->text);
		tell_json_dossier(&w, label, d, &v->extras, signet_check_book(v->check));
		buf_put_char(&v->text, '\n');
	} else {
		put_text(v, label, d);
	}
	if (v->options->quiet) {
		buf_clear(&v->text);
	}
}

/* Bad if any DMARC result is fail or permerror, or the decision is reject or quarantine. */
static enum exit_status status_of(const struct signet_dossier *d)
{
	bool bad = d->decision == SIGNET_REJECT || d->decision == SIGNET_QUARANTINE ||
	           d->dmarc.result == SIGNET_DMARC_FAIL || d->dmarc.result == SIGNET_DMARC_PERMERROR;
	for (size_t i = 0; i < d->n_dmarc_all; i++) {
		bad |= d->dmarc_all[i].result == SIGNET_DMARC_FAIL || d->dmarc_all[i].result == SIGNET_DMARC_PERMERROR;
	}
	if (d->dmarc.result == SIGNET_DMARC_TEMPERROR || d->decision == SIGNET_TEMPFAIL) {
		return EXIT_UNFINISHED;
	}
	return bad ? EXIT_BAD : EXIT_FINE;
}

enum exit_status verdict_of(struct verdict *v, struct mailbox_item *item)
{
	const char *label = label_of(v, item);
	if (item->error) {
		put_failure(v, label, "unreadable", item->error);
		return EXIT_BAD_INPUT;
	}
	if (verdict_start(v) != EXIT_FINE) {
		put_failure(v, label, "unfinished", "the checker cannot start");
		return EXIT_UNFINISHED;
	}
	signet_check_reset(v->check, &v->settings->check, &v->settings->envelope);
	enum signet_status status = judge(v, item);
	if (status != SIGNET_OK) {
		put_failure(v, label, item->error ? "unreadable" : "unfinished",
		            item->error ? item->error : signet_status_name(status));
		return status == SIGNET_IO ? EXIT_BAD_INPUT : EXIT_UNFINISHED;
	}
	put(v, label, signet_check_dossier(v->check));
	if (!buf_ok(&v->text)) {
		put_failure(v, label, "unfinished", "there is more to tell than memory allows");
		return EXIT_UNFINISHED;
	}
	return status_of(signet_check_dossier(v->check));
}
