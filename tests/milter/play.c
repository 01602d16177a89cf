/* SPDX-License-Identifier: Apache-2.0 */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <signet/resolve.h>

#include "../../service/loop/loop.h"
#include "../../service/milter/signers.h"
#include "../../service/spool/writer.h"
#include "../../src/base/arena.h"
#include "../../src/base/ip.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define FIELDS_MAX 20000

static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "play: %s\n", what);
		abort();
	}
}

/* ---- doubles: rules ---- */

struct rules *rules_keep(struct rules *rules)
{
	rules->users++;
	return rules;
}

void rules_drop(struct rules *rules)
{
	rules->users--;
}

struct rules_choice rules_choose(const struct rules *rules, const struct rules_listener *listener,
                                 const struct facts *facts)
{
	(void)listener;
	(void)facts;
	return rules->choice;
}

const struct table *rules_table(const struct rules *rules)
{
	return rules->table;
}

const slice *rules_authserv_ids(const struct rules *rules, size_t *ret_n)
{
	*ret_n = rules->n_ids;
	return rules->ids;
}

const struct rules_milter *rules_milter(const struct rules *rules)
{
	return &rules->limits;
}

struct rules_override rules_override(const struct rules *rules, slice author_domain, const struct facts *facts,
                                     int64_t now_ms, struct buf *notice)
{
	struct signet_ip client;
	(void)now_ms;
	(void)notice;
	bool hit = !rules->override_domain.len || slice_eq(author_domain, rules->override_domain);
	if (rules->override_client) {
		hit &= signet_ip_parse(slice_of(rules->override_client), &client) && ip_eq(&client, &facts->client);
	}
	return hit ? rules->override : (struct rules_override) { 0 };
}

bool rules_enforces_for(const struct rules *rules, slice recipient)
{
	return !rules->exempt || !slice_eq(recipient, slice_of(rules->exempt));
}

/* ---- doubles: the spool ---- */

static slice list_findings(struct play *p, const struct signet_findings *f)
{
	struct buf b;
	buf_init_arena(&b, p->arena, 1 << 16);
	for (size_t i = 0; i < f->n; i++) {
		buf_put_char(&b, ' ');
		buf_put_text(&b, signet_finding_kind(f->at[i].id)->name);
	}
	return buf_slice(&b);
}

struct spool_writer {
	struct play *play;
};

bool spool_put(struct spool_writer *w, const struct verdict_row *row, int *ret_error)
{
	struct play *p = w->play;
	struct play_result *r = p->result;
	if (p->spool_is_full) {
		*ret_error = 28; /* ENOSPC */
		return false;
	}
	r->rows++;
	r->deed = row->deed;
	r->rule = arena_copy(p->arena, row->rule);
	r->override = arena_copy(p->arena, row->override);
	r->client_name = arena_copy(p->arena, row->client_name);
	r->results = arena_copy(p->arena, row->authentication_results);
	r->removed = row->n_removed;
	r->signatures = row->n_signatures;
	r->has_dossier = row->dossier != NULL;
	r->findings = row->dossier ? list_findings(p, &row->dossier->findings) : S("");
	r->spf_findings =
		row->dossier && row->dossier->n_spf ? list_findings(p, &row->dossier->spf[0].findings) : S("");
	r->dkim_findings =
		row->dossier && row->dossier->n_dkim ? list_findings(p, &row->dossier->dkim[0].findings) : S("");
	must((row->dossier == NULL) == (row->book == NULL), "a dossier has its book");
	return true;
}

/* ---- the world ---- */

struct play *play_new(const char *zone)
{
	char error[SIGNET_RESOLVE_ERROR] = "";
	int log_ends[2];
	struct play *p = calloc(1, sizeof(*p));
	must(p && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, log_ends) == 0, "no socket");
	struct signet_zones *zones = signet_zones_parse(slice_of(zone), "zone", error, sizeof(error));
	must(zones, error);
	p->zones = zones;
	p->loop = loop_new();
	p->arena = signet_arena_new(ARENA_BYTES);
	p->log = (struct log) { .role = "milter", .most = LOG_LEVEL_INFO, .syslog = log_ends[0] };
	p->log_end = log_ends[1];
	p->rules.listener = (struct rules_listener) { .name = "inbound", .check = { .mode = SIGNET_MODE_CLASSIC } };
	p->rules.limits = (struct rules_milter) { .quarantine_field = S("X-Signet-Quarantine"),
		                                  .dmarc_code = "5.7.1",
		                                  .dns_ms = 20000,
		                                  .body_kept = 1 << 20,
		                                  .body_kept_all = 64 << 20,
		                                  .header_kept_all = 64 << 20 };
	p->rules.choice = (struct rules_choice) { .verify = true, .rule = "listener" };
	p->rules.ids[0] = S("mx.example.net");
	p->rules.n_ids = 1;
	p->world = (struct message_world) {
		.signet = signet_new(), .loop = p->loop, .log = &p->log, .counters = &p->counters, .now = 1780000000
	};
	p->world.resolver =
		signet_resolver_new(&(struct signet_resolver_options) { .zones = zones }, error, sizeof(error));
	p->world.spool = malloc(sizeof(*p->world.spool));
	must(p->world.signet && p->world.resolver && p->world.spool && p->loop, "no world");
	p->world.spool->play = p;
	return p;
}

void play_use_dns(struct play *p, const char *address, unsigned question_ms)
{
	char error[SIGNET_RESOLVE_ERROR] = "";
	const struct signet_resolver_options options = {
		.forward = address, .trust_anchor = "", .question_ms = question_ms, .base = loop_base(p->loop)
	};
	message_world_finish(&p->world); /* the books hang on the old one */
	signet_resolver_free(p->world.resolver);
	p->world.resolver = signet_resolver_new(&options, error, sizeof(error));
	must(p->world.resolver, error);
}

void play_use_signer(struct play *p, const char *socket_path)
{
	signer_desk_free(p->world.signers);
	p->world.signers = socket_path ? signer_desk_new(p->loop, socket_path) : NULL;
}

void play_free(struct play *p)
{
	message_world_finish(&p->world);
	signer_desk_free(p->world.signers);
	signet_resolver_free(p->world.resolver);
	signet_zones_free(p->zones);
	signet_free(p->world.signet);
	loop_free(p->loop);
	signet_arena_free(p->arena);
	close(p->log.syslog);
	close(p->log_end);
	free(p->world.spool);
	must(p->rules.users == 0, "rules are dropped as often as they are kept");
	free(p);
}

/* ---- the mail server ---- */

struct field {
	slice name, value; /* value: LF between its lines */
	bool gone;
};

struct letter {
	struct field fields[FIELDS_MAX];
	size_t n, received;
	slice body;
};

static slice crlf(struct play *p, slice text)
{
	struct buf b;
	if (slice_find(text, S("\r\n")) != SLICE_NONE) {
		return text;
	}
	buf_init_arena(&b, p->arena, ARENA_BYTES);
	while (text.len) {
		size_t lf = slice_find_char(text, '\n');
		buf_put(&b, slice_first(text, lf == SLICE_NONE ? text.len : lf));
		if (lf == SLICE_NONE) {
			break;
		}
		buf_put(&b, S("\r\n"));
		text = slice_from(text, lf + 1);
	}
	must(buf_ok(&b), "message too large");
	return buf_slice(&b);
}

static slice without_cr(struct play *p, slice text)
{
	char *at = arena_octets(p->arena, text.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '\r' || i + 1 == text.len || text.at[i + 1] != '\n') {
			at[n++] = text.at[i];
		}
	}
	at[n] = 0;
	return slice_make(at, n);
}

static void split(struct play *p, slice message, struct letter *ret)
{
	ret->n = 0;
	while (message.len && !slice_starts(message, S("\r\n"))) {
		size_t end = 0;
		do {
			size_t n = slice_find(slice_from(message, end), S("\r\n"));
			end = n == SLICE_NONE ? message.len : end + n + 2;
		} while (end < message.len && (message.at[end] == ' ' || message.at[end] == '\t'));
		slice raw = slice_first(message, end);
		raw.len -= raw.len >= 2 && raw.at[raw.len - 1] == '\n' ? 2 : 0;
		struct field *f = &ret->fields[ret->n++];
		must(ret->n < FIELDS_MAX, "too many fields");
		f->value = raw;
		f->name = slice_split(&f->value, ':');
		f->value = without_cr(p, f->value);
		f->gone = false;
		message = slice_from(message, end);
	}
	ret->received = ret->n;
	ret->body = slice_from(message, 2);
}

/* product facts: an index counts the fields of a name as received, from 1; an insertion is at a place of all. */
static void apply(struct letter *l, const struct outcome_edit *e)
{
	if (e->change == OUTCOME_INSERT) {
		must(e->index == 0, "insertions are on top");
		memmove(l->fields + 1, l->fields, l->n * sizeof(l->fields[0]));
		l->fields[0] = (struct field) { e->name, e->value, false };
		l->n++;
		return;
	}
	uint32_t index = 0;
	for (size_t i = 0; i < l->n; i++) { /* deletions renumber, as mail servers do */
		if (!l->fields[i].gone && slice_eq_nocase(slice_trim_wsp(l->fields[i].name), e->name) &&
		    ++index == e->index) {
			l->fields[i].gone = true;
			return;
		}
	}
	must(false, "a deletion names a field that is there");
}

static slice join(struct play *p, const struct letter *l)
{
	struct buf b;
	buf_init_arena(&b, p->arena, ARENA_BYTES);
	for (size_t i = 0; i < l->n; i++) {
		if (!l->fields[i].gone) {
			must(slice_find_char(l->fields[i].value, '\r') == SLICE_NONE, "no CR in a value");
			buf_put(&b, l->fields[i].name);
			buf_put_char(&b, ':');
			buf_put(&b, crlf(p, l->fields[i].value));
			buf_put(&b, S("\r\n"));
		}
	}
	buf_put(&b, S("\r\n"));
	buf_put(&b, l->body);
	must(buf_ok(&b), "message too large");
	return buf_slice(&b);
}

/* ---- one message ---- */

static void on_wake(void *data, struct session *s)
{
	(void)s;
	loop_stop(data);
}

static void wait_for(struct play *p, bool known)
{
	if (!known) {
		p->result->waits++;
		loop_run(p->loop);
	}
}

static slice read_log(struct play *p)
{
	struct buf b;
	char line[8192];
	ssize_t n;
	buf_init_arena(&b, p->arena, 1 << 20);
	while ((n = recv(p->log_end, line, sizeof(line), MSG_DONTWAIT)) > 0) {
		buf_put(&b, slice_make(line, (size_t)n));
		buf_put_char(&b, '\n');
	}
	return buf_slice(&b);
}

static void feed_header(const struct play_mail *mail, void *m, const struct letter *l)
{
	for (size_t i = 0; i < l->n; i++) {
		slice value = l->fields[i].value;
		bool eaten = mail->no_leading_space && value.len && value.at[0] == ' ';
		message_calls.field(m, l->fields[i].name, slice_from(value, eaten));
	}
	message_calls.end_of_header(m);
}

static void feed_body(const struct play_mail *mail, void *m, slice body)
{
	size_t piece = mail->piece ? mail->piece : 65535;
	for (; body.len; body = slice_from(body, piece)) {
		message_calls.body(m, slice_first(body, piece));
	}
}

static void take_outcome(struct play *p, void *m, struct letter *l, struct play_result *ret)
{
	const struct outcome *o = message_calls.outcome(m);
	ret->reply = o->reply;
	ret->text = arena_copy(p->arena, o->text);
	ret->hold = arena_copy(p->arena, o->hold);
	ret->edits = o->n_edits;
	for (size_t i = 0; o->reply == OUTCOME_CONTINUE && i < o->n_edits; i++) {
		apply(l, &o->edits[i]);
	}
	if (o->reply == OUTCOME_CONTINUE) {
		ret->message = join(p, l);
	}
}

/* With `early` each is answered, after the first made known what there is to know. */
static void take_recipients(struct play *p, const struct play_mail *mail, void *m, struct facts *facts, slice *to,
                            struct play_result *ret)
{
	for (size_t i = 0; i < PLAY_RECIPIENTS && mail->recipients[i]; i++) {
		to[facts->n_recipients++] = slice_of(mail->recipients[i]);
		if (!mail->early) {
			continue;
		}
		if (i == 0) {
			wait_for(p, message_calls.early(m));
		}
		const struct outcome *o = message_calls.outcome(m);
		if (o->reply != OUTCOME_CONTINUE) {
			ret->early = o->reply;
			ret->early_text = arena_copy(p->arena, o->text);
			ret->refused++;
			facts->n_recipients--;
		}
	}
	facts->all_recipients = facts->n_recipients;
}

void play_message(struct play *p, const struct play_mail *mail, struct play_result *ret)
{
	static struct letter letter;
	struct facts facts = { .client_name = slice_of(mail->client_name),
		               .client_ptr = slice_of(mail->client_ptr),
		               .client_resolve = slice_of(mail->client_resolve),
		               .can_hold = !mail->cannot_hold,
		               .helo = slice_of(mail->helo),
		               .server_name = S("mx.example.net"),
		               .login = slice_of(mail->login),
		               .mail_from = slice_of(mail->mail_from),
		               .queue_id = S("4QABC"),
		               .leading_space = !mail->no_leading_space };
	struct message_source source = {
		.world = &p->world, .rules = &p->rules, .listener = &p->rules.listener, .wake = on_wake, .data = p->loop
	};
	slice recipients[PLAY_RECIPIENTS];
	facts.recipients = recipients;
	if (mail->ip) {
		must(signet_ip_parse(slice_of(mail->ip), &facts.client), "no address");
	}
	signet_arena_reset(p->arena);
	*ret = (struct play_result) { 0 };
	p->result = ret;
	split(p, crlf(p, mail->message ? slice_of(mail->message) : mail->octets), &letter);
	void *m = message_calls.begin(&source, NULL, &facts);
	must(m, "no message");
	take_recipients(p, mail, m, &facts, recipients, ret);
	feed_header(mail, m, &letter);
	feed_body(mail, m, letter.body);
	if (mail->abort_late) {
		must(!message_calls.end(m), "it is known at once");
	} else if (!mail->abort) {
		wait_for(p, message_calls.end(m));
		take_outcome(p, m, &letter, ret);
	}
	message_calls.close(m);
	ret->log = read_log(p);
}

/* ---- looking at a message ---- */

slice play_field(const struct play *p, slice message, const char *name)
{
	struct buf b;
	while (message.len && !slice_starts(message, S("\r\n"))) {
		slice line = message;
		size_t end = 0;
		do {
			end += slice_find(slice_from(message, end), S("\r\n")) + 2;
		} while (end < message.len && (message.at[end] == ' ' || message.at[end] == '\t'));
		line = slice_first(message, end - 2);
		slice value = line;
		if (slice_eq_nocase(slice_split(&value, ':'), slice_of(name))) {
			buf_init_arena(&b, p->arena, 1 << 20);
			for (size_t i = 0; i < value.len; i++) {
				bool skip = value.at[i] == '\r' || value.at[i] == '\n';
				if (!skip) {
					buf_put_char(&b, value.at[i] == '\t' ? ' ' : value.at[i]);
				}
			}
			return slice_trim_wsp(buf_slice(&b));
		}
		message = slice_from(message, end);
	}
	return (slice) { 0 };
}

slice play_name(slice message, size_t n)
{
	while (message.len && !slice_starts(message, S("\r\n"))) {
		slice rest = message;
		bool folded = message.at[0] == ' ' || message.at[0] == '\t';
		if (!folded && n-- == 0) {
			return slice_split(&rest, ':');
		}
		message = slice_from(message, slice_find(message, S("\r\n")) + 2);
	}
	return (slice) { 0 };
}

size_t play_count(slice message, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; play_name(message, i).len; i++) {
		n += slice_eq_nocase(play_name(message, i), slice_of(name));
	}
	return n;
}
