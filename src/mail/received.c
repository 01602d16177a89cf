/* SPDX-License-Identifier: Apache-2.0 */
#include "received.h"

#include "../base/chars.h"
#include "../base/date.h"
#include "../base/ip.h"
#include "token.h"

enum item_kind {
	ITEM_END,
	ITEM_WORD,
	ITEM_COMMENT, /* without its parentheses */
	ITEM_DATE, /* the rest behind ";" */
};

struct item {
	enum item_kind kind;
	slice text;
};

struct items {
	struct cursor c;
	bool open_comment;
};

static bool ends_word(char c)
{
	return char_is(c, C_WSP | C_CRLF) || c == '(' || c == ';';
}

static struct item next_item(struct items *items)
{
	for (;;) {
		cursor_skip_fws(&items->c);
		slice rest = cursor_rest(&items->c);
		if (!rest.len) {
			return (struct item) { .kind = ITEM_END };
		}
		if (rest.at[0] == ';') {
			items->c.at = items->c.end;
			return (struct item) { ITEM_DATE, slice_from(rest, 1) };
		}
		if (rest.at[0] == '(') {
			size_t len = items->open_comment ? SLICE_NONE : comment_length(rest);
			items->open_comment = len == SLICE_NONE;
			items->c.at += len == SLICE_NONE ? 1 : len;
			if (len == SLICE_NONE) {
				continue;
			}
			return (struct item) { ITEM_COMMENT, slice_make(rest.at + 1, len - 2) };
		}
		size_t n = 1;
		while (n < rest.len && !ends_word(rest.at[n])) {
			n++;
		}
		items->c.at += n;
		return (struct item) { ITEM_WORD, slice_first(rest, n) };
	}
}

/* "192.0.2.1", "IPv6:2001:db8::1", with ":port" behind an IPv4 address. */
static bool parse_bare_ip(slice text, struct signet_ip *ret)
{
	if (slice_starts_nocase(text, S("IPv6:"))) {
		text = slice_from(text, 5);
	}
	if (signet_ip_parse(text, ret)) {
		return true;
	}
	size_t colon = slice_find_char(text, ':');
	return colon != SLICE_NONE && ip_parse_v4(slice_first(text, colon), ret);
}

/* An address in brackets at the end of the word (a port may follow), or the word itself, or what follows its last "@". */
static bool parse_word_ip(slice word, bool *bracketed, slice *before, struct signet_ip *ret)
{
	size_t open = slice_find_last_char(word, '[');
	size_t close = slice_find_last_char(word, ']');
	*bracketed = open != SLICE_NONE && close != SLICE_NONE && close > open;
	if (*bracketed) {
		slice after = slice_from(word, close + 1);
		*before = slice_first(word, open);
		return (!after.len || after.at[0] == ':') &&
		       parse_bare_ip(slice_make(word.at + open + 1, close - open - 1), ret);
	}
	size_t at_sign = slice_find_last_char(word, '@');
	*before = slice_first(word, 0);
	return parse_bare_ip(at_sign == SLICE_NONE ? word : slice_from(word, at_sign + 1), ret);
}

/* Reading the "from" clause. */
struct client {
	struct received *r;
	bool ip_is_remark; /* the address came from a comment: the server wrote it */
	bool ip_is_bracketed;
	bool helo_is_named;
};

static void set_rdns(struct received *r, slice name)
{
	size_t at_sign = slice_find_last_char(name, '@'); /* "IDENT:user@name" */
	name = at_sign == SLICE_NONE ? name : slice_from(name, at_sign + 1);
	if (slice_starts(name, S("<"))) {
		name = slice_make(name.at + 1, name.len - (name.len > 1 && name.at[name.len - 1] == '>' ? 2 : 1));
	}
	struct signet_ip ip;
	bool is_name = slice_find_char(name, '.') != SLICE_NONE && !parse_bare_ip(name, &ip);
	r->rdns = is_name ? name : slice_first(name, 0);
}

static void take_remark_ip(struct client *client, slice word, slice last)
{
	struct signet_ip ip;
	bool bracketed;
	slice before;
	if (!parse_word_ip(word, &bracketed, &before, &ip) || (client->ip_is_bracketed && !bracketed)) {
		return;
	}
	client->r->ip = ip;
	client->r->has_ip = client->ip_is_remark = true;
	client->ip_is_bracketed = bracketed;
	set_rdns(client->r, before.len ? before : last);
}

static slice take_piece(slice *rest)
{
	size_t n = 0;
	*rest = slice_trim_fws(*rest);
	while (n < rest->len && !char_is(rest->at[n], C_WSP | C_CRLF) && rest->at[n] != ',') {
		n++;
	}
	slice piece = slice_first(*rest, n);
	*rest = slice_from(*rest, n < rest->len && rest->at[n] == ',' ? n + 1 : n);
	return piece;
}

/* A comment of the "from" clause: (rdns [ip]), ([ip]:port helo=x ident=y), (HELO x), (ip), (user@ip)... */
static void take_client_comment(struct client *client, slice comment)
{
	slice last = { 0 };
	bool is_taken = client->ip_is_remark; /* the first comment with an address is the server's word */
	for (slice rest = comment; slice_trim_fws(rest).len;) {
		slice piece = take_piece(&rest);
		if (slice_eq_nocase(piece, S("HELO")) || slice_eq_nocase(piece, S("EHLO"))) {
			client->r->helo = take_piece(&rest);
			client->helo_is_named = true;
		} else if (slice_starts_nocase(piece, S("helo="))) {
			client->r->helo = slice_from(piece, 5);
			client->helo_is_named = true;
		} else if (slice_find_char(piece, '=') == SLICE_NONE && !is_taken) {
			take_remark_ip(client, piece, last);
		}
		last = piece;
	}
}

static bool is_tls_remark(slice comment)
{
	static const slice marks[] = { { "using TLS", 9 }, { "version=TLS", 11 }, { "TLS:", 4 }, { "Cipher TLS", 10 } };
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (slice_starts_nocase(comment, marks[i])) {
			return true;
		}
	}
	return false;
}

/* RFC 3848, RFC 6531 4.3, RFC 8314 */
static void set_protocol(struct received *r, slice word)
{
	static const struct {
		slice name;
		bool tls, authenticated;
	} protocols[] = {
		{ { "ESMTPS", 6 }, true, false },     { { "ESMTPSA", 7 }, true, true },
		{ { "ESMTPA", 6 }, false, true },     { { "LMTPS", 5 }, true, false },
		{ { "LMTPSA", 6 }, true, true },      { { "LMTPA", 5 }, false, true },
		{ { "UTF8SMTPS", 9 }, true, false },  { { "UTF8SMTPSA", 10 }, true, true },
		{ { "UTF8SMTPA", 9 }, false, true },  { { "UTF8LMTPS", 9 }, true, false },
		{ { "UTF8LMTPSA", 10 }, true, true }, { { "UTF8LMTPA", 9 }, false, true },
		{ { "HTTPS", 5 }, true, false },      { { "ESMTP-TLS", 9 }, true, false },
	};
	r->with = word;
	r->tls |= slice_starts_nocase(word, S("ESMTP/TLS"));
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (slice_eq_nocase(word, protocols[i].name)) {
			r->tls |= protocols[i].tls;
			r->authenticated |= protocols[i].authenticated;
		}
	}
}

enum clause {
	CLAUSE_NONE,
	CLAUSE_FROM,
	CLAUSE_BY,
	CLAUSE_VIA,
	CLAUSE_WITH,
	CLAUSE_ID,
	CLAUSE_FOR,
};

static enum clause clause_of(slice word)
{
	static const slice words[] = {
		[CLAUSE_FROM] = { "from", 4 }, [CLAUSE_BY] = { "by", 2 }, [CLAUSE_VIA] = { "via", 3 },
		[CLAUSE_WITH] = { "with", 4 }, [CLAUSE_ID] = { "id", 2 }, [CLAUSE_FOR] = { "for", 3 }
	};
	for (size_t i = CLAUSE_FROM; i <= CLAUSE_FOR; i++) {
		if (slice_eq_nocase(word, words[i])) {
			return (enum clause)i;
		}
	}
	return CLAUSE_NONE;
}

/* Without < > around it or a comma behind it. */
static slice bare(slice word)
{
	word.len -= word.len && word.at[word.len - 1] == ',' ? 1 : 0;
	bool angled = word.len >= 2 && word.at[0] == '<' && word.at[word.len - 1] == '>';
	return angled ? slice_make(word.at + 1, word.len - 2) : word;
}

/* The first word of a clause; later ones are decoration, but for "with Microsoft SMTP" and "from name [ip]". */
static void take_value(struct client *client, enum clause clause, slice word, bool is_first)
{
	struct received *r = client->r;
	slice *const places[] = {
		[CLAUSE_BY] = &r->by, [CLAUSE_VIA] = &r->via, [CLAUSE_ID] = &r->id, [CLAUSE_FOR] = &r->recipient
	};
	if (clause == CLAUSE_FROM) {
		bool bracketed;
		slice before;
		struct signet_ip ip;
		r->from = is_first ? word : r->from;
		if (!client->ip_is_remark && parse_word_ip(word, &bracketed, &before, &ip) && (is_first || bracketed)) {
			r->ip = ip;
			r->has_ip = true;
		}
	} else if (clause == CLAUSE_WITH && (is_first || slice_eq_nocase(r->with, S("Microsoft")))) {
		set_protocol(r, word);
	} else if (clause != CLAUSE_NONE && clause != CLAUSE_WITH && is_first && !places[clause]->len) {
		*places[clause] = bare(word);
	}
}

void received_parse(slice value, struct received *ret)
{
	struct received r = { 0 };
	struct client client = { .r = &r };
	struct items items = { .c = cursor_of(value) };
	enum clause clause = CLAUSE_NONE;
	bool is_first = false;
	for (struct item item = next_item(&items); item.kind != ITEM_END; item = next_item(&items)) {
		enum clause next = item.kind == ITEM_WORD && !is_first ? clause_of(item.text) : CLAUSE_NONE;
		if (next != CLAUSE_NONE && (next != CLAUSE_FROM || clause == CLAUSE_NONE)) {
			clause = next; /* the word behind a keyword is its value even if it reads like a keyword */
			is_first = true;
		} else if (item.kind == ITEM_WORD) {
			take_value(&client, clause, item.text, is_first);
			is_first = false;
		} else if (item.kind == ITEM_COMMENT) {
			r.tls |= is_tls_remark(item.text);
			is_first &= clause != CLAUSE_FROM;
			if (clause == CLAUSE_FROM) {
				take_client_comment(&client, item.text);
			}
		} else {
			r.has_date = date_parse(slice_trim_fws(item.text), &r.date);
		}
	}
	if (!client.helo_is_named) {
		r.helo = r.from;
	}
	*ret = r;
}
