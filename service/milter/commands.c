/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "session.h"
#include "session_inner.h"

#define TEXT_FRAME_OCTETS ((size_t)4 << 10) /* connect, HELO, MAIL, RCPT: mail servers take lines of 2,048 octets */
#define MACRO_FRAME_OCTETS ((size_t)16 << 10)
#define SPARE_OCTETS ((size_t)1 << 10) /* of the connection's texts, before they are copied together */
#define FIRST_RECIPIENTS 4

/* ---- texts ---- */

static bool keep(struct session *s, struct texts *texts, slice value, slice *ret)
{
	if (slice_eq(*ret, value) && ret->at) {
		return true; /* the queue id is told again and again */
	}
	if (!texts_put(texts, value, ret)) {
		session_fail(s, "more macros and addresses than are kept");
		return false;
	}
	return true;
}

#define AT(member) offsetof(struct facts, member)
/* Every text of the facts; those that are told as macros have a name. */
static const struct fact {
	const char *macro;
	size_t at;
} fact_table[] = {
	{ "client_ptr", AT(client_ptr) },
	{ "client_resolve", AT(client_resolve) },
	{ "j", AT(server_name) },
	{ "daemon_name", AT(daemon_name) },
	{ "daemon_addr", AT(daemon_addr) },
	{ "daemon_port", AT(daemon_port) },
	{ "tls_version", AT(tls_version) },
	{ "cipher", AT(tls_cipher) },
	{ "auth_authen", AT(login) },
	{ "auth_type", AT(login_type) },
	{ "i", AT(queue_id) },
	{ "", AT(client_name) },
	{ "", AT(helo) },
	{ "", AT(mail_from) },
};
#define FACTS (sizeof(fact_table) / sizeof(fact_table[0]))

static slice *fact_at(struct facts *facts, const struct fact *fact)
{
	return (slice *)((char *)facts + fact->at);
}

/* What a client said again and again leaves old texts behind; the last ones are copied together. */
static void compact(struct session *s)
{
	struct texts fresh = { .max = SESSION_FACTS_OCTETS };
	struct facts base = s->base;
	for (size_t i = 0; i < FACTS; i++) {
		slice *text = fact_at(&base, &fact_table[i]);
		if (text->len && !texts_put(&fresh, *text, text)) {
			texts_clear(&fresh);
			return;
		}
	}
	texts_clear(&s->base_texts);
	s->base_texts = fresh;
	s->base = base;
}

void session_drop_message(struct session *s)
{
	if (s->message) {
		s->calls->close(s->message);
	}
	s->message = NULL;
	s->has_message = s->early_asked = false;
	s->waits = WAITS_NOT;
	s->facts = s->base;
	free(s->recipients);
	s->recipients = NULL;
	s->recipients_room = 0;
	texts_clear(&s->texts);
	texts_clear(&s->recipient_texts);
	if (s->stage > IDLE) {
		s->stage = IDLE;
	}
}

/* Before a text of the connection changes.  HELO in the middle of an envelope resets it (RFC 5321 4.1.4). */
static void change_base(struct session *s)
{
	session_drop_message(s);
	if (s->base_texts.octets > SPARE_OCTETS) {
		compact(s);
	}
}

/* ---- commands ---- */

/* Macros that we need, asked for so that nobody has to configure the mail server. */
static const struct codec_symbols symbols[] = {
	{ CODEC_AT_CONNECT, "j {daemon_name} {daemon_addr} {daemon_port} {client_ptr} {client_resolve}" },
	{ CODEC_AT_HELO, "{tls_version} {cipher}" },
	{ CODEC_AT_MAIL, "i {auth_authen} {auth_type} {tls_version} {cipher}" },
	{ CODEC_AT_RCPT, "i" },
	{ CODEC_AT_DATA, "i" },
	{ CODEC_AT_END_OF_MESSAGE, "i" },
	{ CODEC_AT_END_OF_HEADER, "i" },
};
#define ACTIONS (CODEC_ADD_FIELDS | CODEC_CHANGE_FIELDS | CODEC_QUARANTINE | CODEC_SYMBOLS)
#define NEEDED (CODEC_ADD_FIELDS | CODEC_CHANGE_FIELDS)
#define PROTOCOL                                                                                                       \
	(CODEC_NO_UNKNOWN | CODEC_NO_DATA | CODEC_QUIET_FIELD | CODEC_QUIET_CONNECT | CODEC_QUIET_HELO |               \
	 CODEC_QUIET_MAIL | CODEC_QUIET_DATA | CODEC_QUIET_UNKNOWN | CODEC_QUIET_END_OF_HEADER | CODEC_QUIET_BODY |    \
	 CODEC_LEADING_SPACE)

static void take_options(struct session *s, slice data)
{
	struct codec_options o;
	if (!codec_options_read(data, &o) || o.version < CODEC_VERSION_LEAST) {
		session_fail(s, "no options of a version from 2 on");
		return;
	}
	if ((o.actions & NEEDED) != NEEDED) {
		session_fail(s, "the mail server does not let header fields be changed");
		return;
	}
	o.version = o.version > CODEC_VERSION ? CODEC_VERSION : o.version;
	o.actions &= ACTIONS;
	o.protocol &= PROTOCOL | (s->settings->early ? 0 : CODEC_QUIET_RCPT);
	codec_put_options(&s->out, &o, symbols, o.actions & CODEC_SYMBOLS ? sizeof(symbols) / sizeof(symbols[0]) : 0);
	s->actions = o.actions;
	s->protocol = o.protocol;
	s->base.leading_space = o.protocol & CODEC_LEADING_SPACE;
	s->base.can_hold = o.actions & CODEC_QUARANTINE;
	s->facts = s->base;
	s->stage = AGREED;
}

/* Sendmail gives the name in the reverse zone even where it is forged, and says so in a macro. */
static bool is_confirmed(const struct session *s, slice host)
{
	slice resolve = s->base.client_resolve;
	bool denied = resolve.len && !slice_eq_nocase(resolve, S("OK"));
	return !denied && !slice_starts(host, S("[")) && !slice_eq_nocase(host, S("unknown"));
}

static void take_connect(struct session *s, slice data)
{
	struct codec_connect c;
	if (!codec_connect_read(data, &c)) {
		session_fail(s, "no address of a client");
		return;
	}
	s->base.client = c.ip;
	s->base.client_port = c.port;
	keep(s, &s->base_texts, is_confirmed(s, c.host) ? c.host : S(""), &s->base.client_name);
	s->facts = s->base;
	s->stage = IDLE;
}

static void take_helo(struct session *s, slice data)
{
	slice helo;
	if (!codec_text_read(data, &helo)) {
		session_fail(s, "HELO without its end");
		return;
	}
	change_base(s);
	keep(s, &s->base_texts, helo, &s->base.helo);
	s->facts = s->base;
}

static void take_macro(struct session *s, bool of_connection, slice name, slice value)
{
	for (size_t i = 0; i < FACTS; i++) {
		const struct fact *fact = &fact_table[i];
		if (!slice_eq(name, slice_of(fact->macro)) || name.len == 0) {
			continue;
		}
		if (of_connection) {
			keep(s, &s->base_texts, value, fact_at(&s->base, fact));
		} else {
			keep(s, &s->texts, value, fact_at(&s->facts, fact));
		}
	}
}

/* They belong to the command that follows: to the connection if that is connect or HELO, else to the message. */
static void take_macros(struct session *s, slice data)
{
	char command;
	slice pairs, name, value;
	if (!codec_macros_read(data, &command, &pairs)) {
		session_fail(s, "macros without their end");
		return;
	}
	bool of_connection = command == 'C' || command == 'H';
	if (of_connection) {
		if (s->stage > ENVELOPE) {
			session_fail(s, "macros of a client in the middle of a message");
			return;
		}
		change_base(s);
	} else if (command == 'M' && s->stage == ENVELOPE) {
		session_drop_message(s); /* it was refused, and nobody said that it is over */
	}
	while (codec_macro_take(&pairs, &name, &value)) {
		take_macro(s, of_connection, name, value);
	}
	if (of_connection) {
		s->facts = s->base;
	}
}

static void take_mail(struct session *s, slice data)
{
	slice path, arguments, argument;
	if (!codec_envelope_read(data, &path, &arguments)) {
		session_fail(s, "MAIL without its end");
		return;
	}
	if (s->has_message) {
		session_drop_message(s);
	}
	if (!keep(s, &s->texts, codec_address(path), &s->facts.mail_from)) {
		return;
	}
	while (codec_text_take(&arguments, &argument)) {
		s->facts.body_8bit |= slice_eq_nocase(argument, S("BODY=8BITMIME"));
		s->facts.smtputf8 |= slice_eq_nocase(argument, S("SMTPUTF8"));
	}
	s->message = s->calls->begin(s->data, s, &s->facts);
	s->has_message = true;
	s->stage = ENVELOPE;
}

/* ---- commands of a message ---- */

/* False: not kept, it only counts. */
static bool keep_recipient(struct session *s, slice address)
{
	if (s->facts.n_recipients < s->facts.all_recipients || s->facts.n_recipients == SESSION_RECIPIENTS) {
		return false;
	}
	if (s->facts.n_recipients == s->recipients_room) {
		size_t room = s->recipients_room ? 2 * s->recipients_room : FIRST_RECIPIENTS;
		slice *recipients = realloc(s->recipients, room * sizeof(slice));
		if (!recipients) {
			return false;
		}
		s->facts.recipients = s->recipients = recipients;
		s->recipients_room = room;
	}
	return texts_put(&s->recipient_texts, address, &s->recipients[s->facts.n_recipients]);
}

static void take_rcpt(struct session *s, slice data)
{
	slice path, arguments;
	if (!codec_envelope_read(data, &path, &arguments)) {
		session_fail(s, "RCPT without its end");
		return;
	}
	s->facts.n_recipients += keep_recipient(s, codec_address(path));
	s->facts.all_recipients++;
	if (!s->settings->early) {
		if (!(s->protocol & CODEC_QUIET_RCPT)) {
			codec_put_reply(&s->out, s->message ? 'c' : 't');
		}
		return;
	}
	if (s->message && !s->early_asked) {
		s->early_asked = true;
		if (!s->calls->early(s->message)) {
			s->waits = WAITS_EARLY;
			return;
		}
	}
	session_answer_recipient(s);
}

static void take_data(struct session *s, slice data)
{
	(void)data;
	s->stage = FIELDS;
}

static void take_field(struct session *s, slice data)
{
	slice name, value;
	if (!codec_field_read(data, &name, &value)) {
		session_fail(s, "a header field without its end");
		return;
	}
	s->stage = FIELDS;
	if (s->message) {
		s->calls->field(s->message, name, value);
	}
}

static void take_end_of_header(struct session *s, slice data)
{
	(void)data;
	s->stage = BODY;
	if (s->message) {
		s->calls->end_of_header(s->message);
	}
}

static void stream_body(struct session *s, slice octets)
{
	if (s->message) {
		s->calls->body(s->message, octets);
	}
}

static void take_end(struct session *s, slice data)
{
	(void)data;
	if (s->message && !s->calls->end(s->message)) {
		s->waits = WAITS_END;
		return;
	}
	session_answer_end(s);
}

static void stream_nothing(struct session *s, slice octets)
{
	(void)s;
	(void)octets;
}

static void take_nothing(struct session *s, slice data)
{
	(void)s;
	(void)data;
}

static void take_abort(struct session *s, slice data)
{
	(void)data;
	s->aborts += s->has_message;
	session_drop_message(s);
}

static void take_quit(struct session *s, slice data)
{
	(void)data;
	session_drop_message(s);
	s->ended = true;
}

/* Another client, on the terms that are agreed. */
static void take_quit_and_connect(struct session *s, slice data)
{
	(void)data;
	session_drop_message(s);
	s->base = (struct facts) { .leading_space = s->base.leading_space, .can_hold = s->base.can_hold };
	s->facts = s->base;
	texts_clear(&s->base_texts);
	s->stage = AGREED;
}

static const struct command commands[] = {
	/* letter, where it may come, what spares its reply, octets */
	{ 'O', OPENED | AGREED, 0, TEXT_FRAME_OCTETS, take_options, NULL },
	{ 'D', ANY, 0, MACRO_FRAME_OCTETS, take_macros, NULL },
	{ 'C', AGREED, CODEC_QUIET_CONNECT, TEXT_FRAME_OCTETS, take_connect, NULL },
	{ 'H', IDLE | ENVELOPE, CODEC_QUIET_HELO, TEXT_FRAME_OCTETS, take_helo, NULL },
	{ 'M', IDLE | ENVELOPE, CODEC_QUIET_MAIL, TEXT_FRAME_OCTETS, take_mail, NULL },
	{ 'R', ENVELOPE, 0, TEXT_FRAME_OCTETS, take_rcpt, NULL },
	{ 'T', ENVELOPE, CODEC_QUIET_DATA, EMPTY_FRAME_OCTETS, take_data, NULL },
	{ 'L', ENVELOPE | FIELDS, CODEC_QUIET_FIELD, 0, take_field, NULL },
	{ 'N', ENVELOPE | FIELDS, CODEC_QUIET_END_OF_HEADER, EMPTY_FRAME_OCTETS, take_end_of_header, NULL },
	{ 'B', BODY, CODEC_QUIET_BODY, 0, take_nothing, stream_body },
	{ 'E', BODY, 0, 0, take_end, stream_body },
	{ 'U', ANY, CODEC_QUIET_UNKNOWN, 0, take_nothing, stream_nothing },
	{ 'A', ANY, 0, EMPTY_FRAME_OCTETS, take_abort, NULL },
	{ 'Q', OPENED | ANY, 0, EMPTY_FRAME_OCTETS, take_quit, NULL },
	{ 'K', ANY, 0, EMPTY_FRAME_OCTETS, take_quit_and_connect, NULL },
};

const struct command *session_command(char letter)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].letter == letter) {
			return &commands[i];
		}
	}
	return NULL;
}
