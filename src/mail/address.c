/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include "../base/chars.h"
#include "guess.h"
#include "token.h"
#include "words.h"

struct parser {
	slice value;
	struct lexer lexer;
	struct token now;
	const char *last; /* end of the token before it */
	struct signet_arena *a;
	struct signet_findings *notes;
	size_t first_note; /* findings from here on are about this value */
	struct address_list list;
	size_t room;
	size_t parsed; /* mailboxes found by the grammar; guesses follow them */
	size_t guesses;
	bool in_group;
	bool after_mailbox; /* no comma since the last mailbox */
};

static void advance(struct parser *p)
{
	p->last = p->now.text.at + p->now.text.len;
	p->now = lexer_next(&p->lexer);
}

static bool is_at(const struct parser *p, char special)
{
	return p->now.special == special;
}

static size_t offset_of(const struct parser *p, const char *at)
{
	return (size_t)(at - p->value.at);
}

/* Each kind is noted once a value, at its first place. */
static void say(struct parser *p, enum finding_id id, const char *at, slice what)
{
	for (size_t i = p->first_note; i < p->notes->n; i++) {
		if (p->notes->at[i].id == id) {
			return;
		}
	}
	note_with(p->notes, id, p->value, offset_of(p, at), TEXT(what));
}

/* The grammar breaks at this token.  The first place is told, the rest follows from it. */
static void fault_at(struct parser *p, enum finding_id id, slice token)
{
	if (!p->list.malformed) {
		slice rest = slice_between(token.at, p->value.at + p->value.len);
		say(p, id, token.at, slice_first(rest, token.len > 1 ? token.len : 20));
	}
	p->list.malformed = true;
}

static void fault(struct parser *p, enum finding_id id)
{
	fault_at(p, id, p->now.text);
}

static bool add(struct parser *p, struct mailbox mailbox)
{
	if (p->list.n == ADDRESS_MAILBOXES_MAX) {
		if (!p->list.capped) {
			say(p, F_MAIL_ADDRESS_TOO_MANY, p->value.at + mailbox.offset, mailbox.address);
		}
		p->list.capped = true;
		return false;
	}
	if (p->list.n == p->room) {
		size_t room = p->room ? p->room * 2 : 4;
		struct mailbox *at = arena_array(p->a, room, sizeof(*at));
		if (!at) {
			return false;
		}
		if (p->list.n) {
			memcpy(at, p->list.at, p->list.n * sizeof(*at));
		}
		p->list.at = at;
		p->room = room;
	}
	p->list.at[p->list.n++] = mailbox;
	return true;
}

/* A run of words and dots.  It is a phrase, or its last part that holds together by dots is a local-part. */
struct words {
	const char *begin;
	const char *end;
	const char *run; /* begin of the last part */
	size_t n;
	const char *odd_dot; /* a dot no word stands before, or the last token is one; NULL: none */
};

/* phrase = 1*word / obs-phrase; local-part = word *("." word), with dots as people write them (RFC 5322 4.1, 4.4) */
static struct words take_words(struct parser *p)
{
	struct words w = { .begin = p->now.text.at, .run = p->now.text.at, .end = p->now.text.at };
	bool after_dot = true;
	for (;
	     p->now.kind == TOKEN_ATOM || p->now.kind == TOKEN_QUOTED || p->now.kind == TOKEN_LITERAL || is_at(p, '.');
	     advance(p)) {
		bool is_dot = is_at(p, '.');
		if (p->now.kind == TOKEN_LITERAL) {
			fault(p, F_MAIL_ADDRESS_MALFORMED);
		}
		if (!is_dot && !after_dot) {
			w.run = p->now.text.at;
			w.odd_dot = NULL;
		} else if (is_dot && after_dot && w.n) {
			w.odd_dot = p->now.text.at;
		}
		after_dot = is_dot;
		w.end = p->now.text.at + p->now.text.len;
		w.n++;
	}
	if (w.n && after_dot) {
		w.odd_dot = w.end - 1;
	}
	return w;
}

/* Appends the token to the name: without a copy as long as nothing stands between the tokens. */
static void put_token(struct parser *p, struct buf *b, slice *name, slice token)
{
	if (!b->len && (!name->len || name->at + name->len == token.at)) {
		*name = name->len ? slice_make(name->at, name->len + token.len) : token;
		return;
	}
	if (!b->len) {
		buf_init_arena(b, p->a, SIZE_MAX);
		buf_put(b, *name);
	}
	buf_put(b, token);
	*name = buf_slice(b);
}

/* domain = dot-atom / domain-literal / obs-domain; a final dot is let pass with a finding (RFC 5322 3.4.1, 4.4) */
static slice take_domain(struct parser *p)
{
	slice name = { 0 };
	struct buf b = { 0 };
	bool after_dot = true;
	if (p->now.kind == TOKEN_LITERAL) {
		name = p->now.text;
		advance(p);
		return name;
	}
	for (; is_at(p, '.') || (p->now.kind == TOKEN_ATOM && after_dot); advance(p)) {
		if (is_at(p, '.') && after_dot) {
			fault(p, F_MAIL_ADDRESS_MALFORMED);
		}
		if (name.len && p->now.spaced) {
			say(p, F_MAIL_ADDRESS_SPACED_DOMAIN, p->now.text.at, p->now.text);
		}
		after_dot = is_at(p, '.');
		put_token(p, &b, &name, p->now.text);
	}
	if (name.len && after_dot) {
		say(p, F_MAIL_DOMAIN_FINAL_DOT, name.at, name);
	}
	return name;
}

/* addr-spec = local-part "@" domain, with the "@" at hand. */
static void take_address(struct parser *p, slice display, const struct words *w, bool angled)
{
	struct mailbox mailbox = { .display = display, .local = slice_between(w->run, w->end), .angled = angled };
	if (!mailbox.local.len) {
		fault(p, F_MAIL_ADDRESS_MALFORMED);
	} else if (w->odd_dot) {
		say(p, F_MAIL_LOCAL_PART_DOTS, w->odd_dot, mailbox.local);
	}
	mailbox.offset = offset_of(p, p->now.text.at);
	const char *begin = mailbox.local.len ? mailbox.local.at : p->now.text.at;
	advance(p);
	mailbox.domain = take_domain(p);
	if (!mailbox.domain.len) {
		fault(p, F_MAIL_ADDRESS_MALFORMED);
	}
	mailbox.address = slice_between(begin, p->last);
	add(p, mailbox);
	p->after_mailbox = true;
}

/* obs-route = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain]) ":" (RFC 5322 4.4): understood and ignored */
static void skip_route(struct parser *p)
{
	const char *begin = p->now.text.at;
	while (is_at(p, '@') || is_at(p, ',') || is_at(p, '.') || p->now.kind == TOKEN_ATOM ||
	       p->now.kind == TOKEN_LITERAL) {
		advance(p);
	}
	if (!is_at(p, ':')) {
		fault(p, F_MAIL_ADDRESS_MALFORMED);
		return;
	}
	say(p, F_MAIL_ADDRESS_ROUTE, begin, slice_between(begin, p->now.text.at));
	advance(p);
}

static void add_words(struct parser *p, slice display, slice words, bool angled)
{
	add(p, (struct mailbox) {
		       .display = display, .address = words, .offset = offset_of(p, words.at), .angled = angled });
}

/* angle-addr = [CFWS] "<" [obs-route] addr-spec ">" [CFWS] */
static void take_angle(struct parser *p, slice display)
{
	slice open = p->now.text;
	advance(p);
	if (is_at(p, '@') || is_at(p, ',')) {
		skip_route(p);
	}
	struct words w = take_words(p);
	if (is_at(p, '@')) {
		if (w.run != w.begin) {
			fault(p, F_MAIL_ADDRESS_MALFORMED);
		}
		take_address(p, display, &w, true);
	} else {
		add_words(p, display, slice_between(w.begin, w.end), true);
		p->after_mailbox = true;
	}
	if (!is_at(p, '>')) {
		fault_at(p, p->now.kind == TOKEN_END ? F_MAIL_ADDRESS_UNBALANCED : F_MAIL_ADDRESS_MALFORMED,
			 p->now.kind == TOKEN_END ? open : p->now.text);
	}
	while (p->now.kind != TOKEN_END && !is_at(p, '>') && !is_at(p, ',') && !is_at(p, ';') && !is_at(p, '<')) {
		advance(p);
	}
	if (is_at(p, '>')) {
		advance(p);
	}
}

/* group = display-name ":" [group-list] ";" (RFC 5322 3.4, RFC 6854 2.1) */
static void open_group(struct parser *p, const struct words *w)
{
	if (p->in_group || w->n == 0) {
		fault(p, F_MAIL_ADDRESS_MALFORMED);
	}
	say(p, F_MAIL_ADDRESS_GROUP, w->begin, slice_between(w->begin, w->end));
	p->in_group = p->list.has_group = true;
	advance(p);
}

static void take_element(struct parser *p)
{
	struct words w = take_words(p);
	slice words = slice_between(w.begin, w.end);
	if (is_at(p, '<')) {
		take_angle(p, words);
	} else if (is_at(p, '@')) {
		if (w.run != w.begin) {
			fault(p, F_MAIL_ADDRESS_TEXT_BEFORE);
		}
		take_address(p, slice_trim_fws(slice_between(w.begin, w.run)), &w, false);
	} else if (is_at(p, ':')) {
		open_group(p, &w);
	} else {
		if (w.n && !p->after_mailbox) {
			add_words(p, (slice) { 0 }, words, false);
		}
		if (p->now.kind != TOKEN_END && !is_at(p, ',') && !is_at(p, ';')) {
			fault(p, is_at(p, '>') ? F_MAIL_ADDRESS_UNBALANCED : F_MAIL_ADDRESS_MALFORMED);
			advance(p);
		}
	}
}

/* address-list = (address *("," address)) / obs-addr-list: empty members are let pass (RFC 5322 4.4) */
static void take_list(struct parser *p)
{
	advance(p);
	while (p->now.kind != TOKEN_END) {
		if (is_at(p, ',')) {
			p->after_mailbox = false;
			advance(p);
			continue;
		}
		if (p->after_mailbox && !is_at(p, ';')) {
			fault(p, is_at(p, '>') ? F_MAIL_ADDRESS_UNBALANCED : F_MAIL_ADDRESS_TEXT_AFTER);
		}
		if (is_at(p, ';')) {
			if (!p->in_group) {
				fault(p, F_MAIL_ADDRESS_MALFORMED);
			}
			p->in_group = false;
			p->after_mailbox = true; /* a comma must come */
			advance(p);
			continue;
		}
		take_element(p);
	}
	if (p->in_group) {
		fault(p, F_MAIL_ADDRESS_GROUP_OPEN);
	}
}

/* A guess counts only if it shows a name nobody has shown yet. */
static bool add_guess(void *data, struct guess guess)
{
	struct parser *p = data;
	if (p->guesses++ >= ADDRESS_MAILBOXES_MAX) {
		p->list.capped = true;
		return false;
	}
	for (size_t i = 0; i < p->list.n; i++) {
		if (slice_eq_nocase(p->list.at[i].domain, guess.domain)) {
			return true;
		}
	}
	struct mailbox mailbox = {
		.local = guess.local, .domain = guess.domain, .address = guess.address, .guessed = true
	};
	mailbox.offset = guess.offset < p->value.len ? guess.offset : 0; /* a text made from the value may be longer */
	say(p, F_MAIL_ADDRESS_READINGS, p->value.at + mailbox.offset, mailbox.domain);
	return add(p, mailbox);
}

/* The first control character that is neither HTAB nor part of a fold; SLICE_NONE: none. */
static size_t find_control(slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is(s.at[i], C_CTL) || s.at[i] == '\t') {
			continue;
		}
		if (s.at[i] != '\r' || i + 2 >= s.len || s.at[i + 1] != '\n' || !char_is(s.at[i + 2], C_WSP)) {
			return i;
		}
		i++;
	}
	return SLICE_NONE;
}

/* Nobody drops an LF: it ends a line or stays. */
static slice without_controls(slice s, struct signet_arena *a)
{
	char *at = arena_octets(a, s.len);
	size_t len = 0;
	for (size_t i = 0; at && i < s.len; i++) {
		if (!char_is(s.at[i], C_CTL) || s.at[i] == '\t' || s.at[i] == '\n') {
			at[len++] = s.at[i];
		}
	}
	return slice_make(at, len);
}

/* Who ends a text at NUL or starts a line at a bare CR sees what stands before or behind; who drops such octets sees
 * both joined. */
static void read_without_controls(struct parser *p, size_t control)
{
	say(p, F_MAIL_ADDRESS_CONTROL, p->value.at + control, slice_make(p->value.at + control, 1));
	p->list.malformed = true;
	guess_addresses(p->value, true, p->a, (struct guess_sink) { add_guess, p });
	guess_addresses(without_controls(p->value, p->a), true, p->a, (struct guess_sink) { add_guess, p });
}

/* An encoded-word must not stand in an addr-spec (RFC 2047 5); who decodes first and parses then sees another address.
 * Only where no address is due, or in the address itself: in a phrase the grammar's reading is the one (RFC 2047 6.2). */
static void read_decoded(struct parser *p)
{
	for (size_t i = 0; i < p->parsed; i++) {
		slice text = p->list.at[i].address;
		slice decoded = words_has(text) ? words_decode(text, p->a) : text;
		if (!slice_eq(decoded, text)) {
			say(p, F_MAIL_ADDRESS_ENCODED, text.at, decoded);
			p->list.malformed = true;
			guess_addresses(decoded, true, p->a, (struct guess_sink) { add_guess, p });
		}
	}
}

/* Words where an address is due; who takes off the quotes sees one in them: "ceo@victim.example", joe@evil.example */
static void read_words(struct parser *p)
{
	for (size_t i = 0; i < p->parsed; i++) {
		slice text = p->list.at[i].address;
		if (!p->list.at[i].domain.len && slice_find_char(text, '@') != SLICE_NONE) {
			p->list.malformed = true;
			guess_addresses(text, true, p->a, (struct guess_sink) { add_guess, p });
		}
	}
}

struct shown {
	slice domain; /* the real one */
	slice other; /* an address of another domain */
};

static bool find_other(void *data, struct guess guess)
{
	struct shown *shown = data;
	if (slice_find_char(guess.domain, '.') != SLICE_NONE && !slice_eq_nocase(guess.domain, shown->domain)) {
		shown->other = guess.address;
	}
	return shown->other.len == 0;
}

/* Valid, but made to deceive the reader's eye: said, never judged (RFC 9989 11.5). */
static void note_deceptions(struct parser *p)
{
	for (size_t i = 0; i < p->parsed; i++) {
		const struct mailbox *m = &p->list.at[i];
		struct shown shown = { .domain = m->domain };
		if (slice_find_char(m->local, '"') != SLICE_NONE && slice_find_char(m->local, '@') != SLICE_NONE) {
			say(p, F_MAIL_LOCAL_PART_AT, m->local.at, m->local);
		}
		if (m->display.len) {
			guess_addresses(words_decode(m->display, p->a), true, p->a,
					(struct guess_sink) { find_other, &shown });
		}
		if (shown.other.len) {
			say(p, F_MAIL_DISPLAY_NAME_ADDRESS, m->display.at, shown.other);
		}
	}
}

enum signet_status address_parse(slice value, struct signet_arena *a, struct signet_findings *notes,
				 struct address_list *ret)
{
	value = value.at ? value : S("");
	struct parser p = { .value = value, .lexer = lexer_of(value), .a = a, .notes = notes, .first_note = notes->n };
	p.now.text = slice_first(value, 0);
	take_list(&p);
	p.parsed = p.list.n;
	size_t control = find_control(slice_trim_fws(value));
	if (control != SLICE_NONE) {
		read_without_controls(&p, control + (size_t)(slice_trim_fws(value).at - value.at));
	}
	read_decoded(&p);
	read_words(&p);
	if (p.list.malformed) {
		bool everywhere = p.lexer.open_comment || p.lexer.open_quote || p.lexer.stray;
		guess_addresses(value, everywhere, a, (struct guess_sink) { add_guess, &p });
		if (words_has(value)) { /* outside of what the grammar took for addresses too */
			guess_addresses(words_decode(value, a), true, a, (struct guess_sink) { add_guess, &p });
		}
	}
	note_deceptions(&p);
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	*ret = p.list;
	return SIGNET_OK;
}
