/* SPDX-License-Identifier: Apache-2.0 */
/* table_reason: a choice in words. */
#include "../../src/base/escape.h"
#include "../../src/base/ip.h"
#include "table.h"

#define SHOWN_OCTETS 256 /* of a text from outside; a line of a log is for a person */

static void put_shown(struct buf *to, slice text)
{
	escape_put(to, slice_first(text, SHOWN_OCTETS));
	if (text.len > SHOWN_OCTETS) {
		buf_put_text(to, "...");
	}
}

static void put_quoted(struct buf *to, slice text)
{
	buf_put_char(to, '"');
	put_shown(to, text);
	buf_put_char(to, '"');
}

static void put_key(struct buf *to, const struct table_key *key)
{
	put_shown(to, key->domain);
	buf_put_char(to, '/');
	buf_put(to, key->selector.len ? key->selector : S("*"));
	buf_put_text(to, " (");
	if (key->place == TABLE_FILE) {
		put_shown(to, key->path);
	} else {
		buf_put_text(to, key->place == TABLE_STORE ? "key store" : "signer");
	}
	buf_put_char(to, ')');
}

static void put_keys(struct buf *to, const struct table_choice *c)
{
	buf_put_text(to, "signs: ");
	for (size_t i = 0; i < c->n; i++) {
		buf_put_text(to, i ? ", " : "");
		put_key(to, &c->keys[i]);
	}
}

static void put_login(struct buf *to, const struct table_query *q)
{
	buf_put_text(to, "login ");
	put_quoted(to, q->login);
}

static void put_client(struct buf *to, const struct table_query *q)
{
	buf_put_text(to, "client ");
	if (q->client.family) {
		ip_put(to, &q->client);
	} else {
		buf_put_text(to, "without address");
	}
	if (q->client_name.len) {
		buf_put_char(to, ' ');
		put_quoted(to, q->client_name);
	}
}

static void put_rule(struct buf *to, const struct table_choice *c)
{
	buf_put_text(to, "the rule in ");
	put_shown(to, c->file);
	if (c->line) { /* a list in the configuration has none */
		buf_put_char(to, ':');
		buf_put_number(to, c->line);
	}
}

void table_put_reason(struct buf *to, const struct table_query *q, const struct table_choice *c)
{
	if (c->why != TABLE_SIGNS) {
		buf_put_text(to, "unsigned: ");
	}
	switch (c->why) {
	case TABLE_SIGNS:
		put_keys(to, c);
		return;
	case TABLE_NO_AUTHOR:
		put_quoted(to, q->domain);
		buf_put_text(to, ", the domain of From, is no name that a signature can hold");
		return;
	case TABLE_NO_RULE:
		buf_put_text(to, "no rule for ");
		put_shown(to, c->domain);
		buf_put_text(to, ", a parent of it, or this address");
		return;
	case TABLE_NO_KEY_NAME:
		put_rule(to, c);
		buf_put_text(to, " wants the key called ");
		put_shown(to, c->other);
		buf_put_text(to, ", which the KeyTable does not have");
		return;
	case TABLE_THIRD_PARTY:
		put_rule(to, c);
		buf_put_text(to, " signs as ");
		put_shown(to, c->other);
		buf_put_text(to, ", which is neither ");
		put_shown(to, c->domain);
		buf_put_text(to, " nor a parent of it, and no word there allows a third party");
		return;
	case TABLE_LOGIN_NOT_BOUND:
		put_login(to, q);
		buf_put_text(to, " is not bound to ");
		break;
	case TABLE_LOGIN_UNKNOWN:
		put_login(to, q);
		buf_put_text(to, " is in no binding, so not bound to ");
		break;
	case TABLE_CLIENT_NOT_BOUND:
		buf_put_text(to, "nobody logged in, and ");
		put_client(to, q);
		buf_put_text(to, " is not bound to ");
		break;
	case TABLE_CLIENT_UNKNOWN:
		buf_put_text(to, "nobody logged in, and ");
		put_client(to, q);
		buf_put_text(to, " is in no binding, so not bound to ");
		break;
	}
	put_shown(to, c->domain);
}
