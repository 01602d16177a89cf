/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdlib.h>

#include "codec.h"
#include "texts.h"

#define TEXT_FRAME_OCTETS ((size_t)4 << 10) /* connect, HELO, MAIL, RCPT: mail servers take lines of 2,048 octets */
#define MACRO_FRAME_OCTETS ((size_t)16 << 10)
#define EMPTY_FRAME_OCTETS ((size_t)16) /* abort, quit...: nothing is in them */
#define SPARE_OCTETS ((size_t)1 << 10) /* of the connection's texts, before they are copied together */
#define FIRST_RECIPIENTS 4

/* Where the dialogue is.  Bits, so that a command can say where it may come. */
enum stage {
	OPENED = 1, /* no options yet */
	AGREED = 2, /* wants the client to be told */
	IDLE = 4,
	ENVELOPE = 8, /* MAIL came */
	FIELDS = 16, /* DATA or a field came */
	BODY = 32, /* end of header came */
};
#define ANY (AGREED | IDLE | ENVELOPE | FIELDS | BODY)

enum waiting {
	WAITS_NOT,
	WAITS_EARLY, /* for what to say to a recipient */
	WAITS_END, /* for what to say to the end of the message */
};

struct session {
	const struct session_settings *settings;
	const struct session_calls *calls;
	void *data;
	const char *fault;
	bool ended;
	bool has_kept; /* `in` is what came while we waited */
	bool early_asked; /* of this message */
	uint8_t stage; /* enum stage */
	uint8_t waits; /* enum waiting */
	bool has_message; /* begun, though perhaps in vain */
	void *message; /* of calls->begin() */
	uint32_t actions, protocol; /* that are agreed */
	const struct command *streams; /* the frame whose octets go on as they come, or NULL */
	size_t left; /* of it */
	uint64_t frames; /* that were whole */
	uint64_t answers; /* at the end of a message */
	uint64_t aborts; /* of messages */
	slice *recipients;
	size_t recipients_room;
	struct facts base; /* of the connection; facts start from it */
	struct facts facts;
	struct texts base_texts, texts, recipient_texts;
	struct buf in; /* half a frame, or what came while we wait */
	struct buf out;
};

struct command {
	char letter;
	uint8_t stages; /* in which it may come */
	uint32_t quiet; /* the flag that spares the reply; 0: there is none */
	size_t octets; /* at most; 0: those of any frame */
	void (*take)(struct session *s, slice data); /* the whole frame */
	void (*stream)(struct session *s, slice octets); /* or some of it; `take` is then told its end */
};

static void fail(struct session *s, const char *why)
{
	s->fault = s->ended ? s->fault : why;
	s->ended = true;
}

/* ---- texts ---- */

static bool keep(struct session *s, struct texts *texts, slice value, slice *ret)
{
	if (slice_eq(*ret, value) && ret->at) {
		return true; /* the queue id is told again and again */
	}
	if (!texts_put(texts, value, ret)) {
		fail(s, "more macros and addresses than are kept");
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

/* The message is over, whatever came of it: the facts are those of the connection again. */
static void drop_message(struct session *s)
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
	drop_message(s);
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
		fail(s, "no options of a version from 2 on");
		return;
	}
	if ((o.actions & NEEDED) != NEEDED) {
		fail(s, "the mail server does not let header fields be changed");
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
		fail(s, "no address of a client");
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
		fail(s, "HELO without its end");
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
		fail(s, "macros without their end");
		return;
	}
	bool of_connection = command == 'C' || command == 'H';
	if (of_connection) {
		if (s->stage > ENVELOPE) {
			fail(s, "macros of a client in the middle of a message");
			return;
		}
		change_base(s);
	} else if (command == 'M' && s->stage == ENVELOPE) {
		drop_message(s); /* it was refused, and nobody said that it is over */
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
		fail(s, "MAIL without its end");
		return;
	}
	if (s->has_message) {
		drop_message(s);
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

/* ---- answers ---- */

static void put_refusal(struct session *s, const struct outcome *o)
{
	char class = o && o->reply == OUTCOME_REJECT ? '5' : '4';
	if (!o || !codec_put_reply_text(&s->out, o->text, class)) {
		codec_put_reply(&s->out, class == '5' ? 'r' : 't');
	}
}

static void put_edits(struct session *s, const struct outcome *o)
{
	for (size_t i = 0; i < o->n_edits; i++) {
		const struct outcome_edit *edit = &o->edits[i];
		if (edit->change == OUTCOME_DELETE) {
			codec_put_delete(&s->out, edit->index, edit->name);
		} else {
			codec_put_insert(&s->out, edit->index, edit->name, edit->value, s->facts.leading_space);
		}
	}
}

/* What cannot be held, because this mail server does not know how to, is not delivered as if nothing were. */
static void answer_end(struct session *s)
{
	const struct outcome *o = s->message ? s->calls->outcome(s->message) : NULL;
	if (!o || o->reply != OUTCOME_CONTINUE) {
		put_refusal(s, o);
	} else if (o->hold.len && !(s->actions & CODEC_QUARANTINE)) {
		put_refusal(s, NULL);
	} else {
		size_t before = s->out.len;
		if (o->hold.len) {
			codec_put_quarantine(&s->out, o->hold);
		}
		put_edits(s, o);
		codec_put_reply(&s->out, 'c');
		if (!buf_ok(&s->out)) { /* half of the edits would be worse than none: it comes again */
			s->out.len = before;
			s->out.bad = false;
			put_refusal(s, NULL);
		}
	}
	s->answers++;
	drop_message(s);
}

/* A recipient that is refused was not taken. */
static void answer_recipient(struct session *s)
{
	const struct outcome *o = s->message ? s->calls->outcome(s->message) : NULL;
	s->waits = WAITS_NOT;
	if (o && o->reply == OUTCOME_CONTINUE) {
		codec_put_reply(&s->out, 'c');
		return;
	}
	put_refusal(s, o);
	s->facts.n_recipients -= s->facts.n_recipients == s->facts.all_recipients;
	s->facts.all_recipients--;
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
		fail(s, "RCPT without its end");
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
	answer_recipient(s);
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
		fail(s, "a header field without its end");
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
	answer_end(s);
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
	drop_message(s);
}

static void take_quit(struct session *s, slice data)
{
	(void)data;
	drop_message(s);
	s->ended = true;
}

/* Another client, on the terms that are agreed. */
static void take_quit_and_connect(struct session *s, slice data)
{
	(void)data;
	drop_message(s);
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

/* ---- frames ---- */

static const struct command *command_of(char letter)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].letter == letter) {
			return &commands[i];
		}
	}
	return NULL;
}

/* The command of the frame at the front of `in`, which holds its head; NULL: the session has failed. */
static const struct command *read_head(struct session *s, slice in, size_t *ret_octets)
{
	char letter;
	size_t most = s->settings->frame_octets ? s->settings->frame_octets : SESSION_FRAME_OCTETS;
	if (!codec_head_read(in, &letter, ret_octets)) {
		fail(s, "a frame without a command");
		return NULL;
	}
	const struct command *c = command_of(letter);
	if (!c) {
		fail(s, "an unknown command");
	} else if (!(c->stages & s->stage)) {
		fail(s, "a command out of its turn");
	} else if (*ret_octets > (c->octets ? c->octets : most)) {
		fail(s, "a frame that is too long");
	}
	return s->ended ? NULL : c;
}

/* A message for which there was no memory is put off as soon as there is something to answer. */
static void take(struct session *s, const struct command *c, slice data)
{
	s->frames++;
	c->take(s, data);
	if (!s->ended && c->quiet && !(s->protocol & c->quiet)) {
		codec_put_reply(&s->out, s->has_message && !s->message ? 't' : 'c');
	}
	if (!buf_ok(&s->out)) {
		fail(s, "replies that nobody reads");
	}
}

static void stream(struct session *s, slice *octets)
{
	const struct command *c = s->streams;
	slice some = slice_first(*octets, s->left);
	*octets = slice_from(*octets, some.len);
	s->left -= some.len;
	if (some.len) {
		c->stream(s, some);
	}
	if (s->left == 0) {
		s->streams = NULL;
		take(s, c, S(""));
	}
}

/* Moves octets into `in` until it holds `n`; false: it does not. */
static bool top_up(struct session *s, slice *octets, size_t n)
{
	slice some = slice_first(*octets, n > s->in.len ? n - s->in.len : 0);
	*octets = slice_from(*octets, some.len);
	buf_put(&s->in, some);
	if (!buf_ok(&s->in)) {
		fail(s, "no memory for a frame");
	}
	return !s->ended && s->in.len >= n;
}

/* One frame, or as much of it as there is. */
static void step(struct session *s, slice *octets)
{
	size_t n;
	bool split = s->in.len > 0 || octets->len < CODEC_HEAD_OCTETS;
	if (split && !top_up(s, octets, CODEC_HEAD_OCTETS)) {
		return;
	}
	const struct command *c = read_head(s, split ? buf_slice(&s->in) : *octets, &n);
	if (!c) {
		return;
	}
	size_t whole = CODEC_HEAD_OCTETS + n;
	if (c->stream) {
		*octets = split ? *octets : slice_from(*octets, CODEC_HEAD_OCTETS);
		buf_clear(&s->in);
		s->streams = c;
		s->left = n;
		stream(s, octets);
	} else if (!split && octets->len >= whole) {
		slice data = slice_make(octets->at + CODEC_HEAD_OCTETS, n);
		*octets = slice_from(*octets, whole);
		take(s, c, data);
	} else if (top_up(s, octets, whole)) {
		take(s, c, slice_from(buf_slice(&s->in), CODEC_HEAD_OCTETS));
		buf_clear(&s->in);
	}
}

static void keep_waiting(struct session *s, slice octets)
{
	if (octets.len == 0 || s->ended) {
		return;
	}
	buf_put(&s->in, octets);
	s->has_kept = true;
	if (!buf_ok(&s->in) || s->in.len > SESSION_WAITING_OCTETS) {
		fail(s, "more octets while an answer is due");
	}
}

static void run(struct session *s, slice octets)
{
	while (octets.len && !s->ended && s->waits == WAITS_NOT) {
		if (s->streams) {
			stream(s, &octets);
		} else {
			step(s, &octets);
		}
	}
	keep_waiting(s, octets);
}

/* Abort and quit do not wait for the answer: it is no longer wanted. */
static bool has_urgent(const struct session *s)
{
	char letter;
	size_t n;
	slice in = buf_slice(&s->in);
	return in.len >= CODEC_HEAD_OCTETS && codec_head_read(in, &letter, &n) &&
	       (letter == 'A' || letter == 'Q' || letter == 'K') && n <= EMPTY_FRAME_OCTETS &&
	       in.len - CODEC_HEAD_OCTETS >= n;
}

/* What came while we waited, once we do not, or need not. */
static void run_kept(struct session *s)
{
	while (!s->ended && s->has_kept && (s->waits == WAITS_NOT || has_urgent(s))) {
		struct buf kept = s->in;
		buf_init(&s->in, kept.max);
		s->has_kept = false;
		s->waits = WAITS_NOT; /* an urgent frame drops the message */
		run(s, buf_slice(&kept));
		buf_finish(&kept);
	}
	if (s->in.len == 0 && !s->has_message) {
		buf_finish(&s->in);
	}
}

/* ---- the session ---- */

struct session *session_new(const struct session_settings *settings, const struct session_calls *calls, void *data)
{
	struct session *s = calloc(1, sizeof(*s));
	if (!s) {
		return NULL;
	}
	size_t frame = settings->frame_octets ? settings->frame_octets : SESSION_FRAME_OCTETS;
	*s = (struct session) { .settings = settings, .calls = calls, .data = data, .stage = OPENED };
	s->base_texts.max = s->texts.max = SESSION_FACTS_OCTETS;
	s->recipient_texts.max = SESSION_RECIPIENT_OCTETS;
	buf_init(&s->in, 2 * SESSION_WAITING_OCTETS + CODEC_HEAD_OCTETS + frame);
	buf_init(&s->out, SESSION_OUT_OCTETS);
	return s;
}

void session_free(struct session *s)
{
	if (!s) {
		return;
	}
	drop_message(s);
	texts_clear(&s->base_texts);
	buf_finish(&s->in);
	buf_finish(&s->out);
	free(s);
}

static enum session_state state_of(const struct session *s)
{
	return s->ended ? SESSION_ENDS : s->waits != WAITS_NOT ? SESSION_WAITS : SESSION_READS;
}

enum session_state session_feed(struct session *s, slice octets)
{
	if (s->waits != WAITS_NOT) {
		keep_waiting(s, octets);
	} else {
		run(s, octets);
	}
	run_kept(s);
	return state_of(s);
}

enum session_state session_wake(struct session *s)
{
	if (!s->ended && s->waits != WAITS_NOT) {
		if (s->waits == WAITS_EARLY) {
			answer_recipient(s);
		} else {
			answer_end(s);
		}
		if (!buf_ok(&s->out)) {
			fail(s, "replies that nobody reads");
		}
		run_kept(s);
	}
	return state_of(s);
}

struct buf *session_out(struct session *s)
{
	return &s->out;
}

void session_progress(struct session *s)
{
	if (!s->ended && s->waits == WAITS_END) {
		codec_put_reply(&s->out, 'p');
	}
}

bool session_is_idle(const struct session *s)
{
	return !s->has_message && s->in.len == 0 && !s->streams;
}

bool session_is_within_frame(const struct session *s)
{
	return s->in.len > 0 || s->streams;
}

uint64_t session_frames(const struct session *s)
{
	return s->frames;
}

uint64_t session_answers(const struct session *s)
{
	return s->answers;
}

uint64_t session_aborts(const struct session *s)
{
	return s->aborts;
}

const struct facts *session_facts(const struct session *s)
{
	return &s->facts;
}

const char *session_fault(const struct session *s)
{
	return s->fault;
}

size_t session_octets(const struct session *s)
{
	return sizeof(*s) + s->base_texts.octets + s->texts.octets + s->recipient_texts.octets +
	       s->recipients_room * sizeof(slice) + s->in.room + s->out.room;
}
