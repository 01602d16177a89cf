/* SPDX-License-Identifier: Apache-2.0 */
/* Rows about tables: a text, a question, and what comes out in one line. */
#ifndef SIGNET_TESTS_KEYS_TABLE_ROWS_H
#define SIGNET_TESTS_KEYS_TABLE_ROWS_H

#include <stdio.h>

#include "../../service/keys/table_opendkim.h"
#include "../../service/keys/table_text.h"
#include "../support/rows.h"

struct ask {
	const char *from, *login, *client; /* client: an address or a name */
};

/* What a row's texts are read into. */
struct bench {
	struct table *t;
	struct buf lines;
	struct table_problems problems;
	struct signet_arena arena;
	struct buf out;
};

static inline void bench_open(struct bench *b)
{
	*b = (struct bench) { .t = table_new() };
	buf_init(&b->lines, 1 << 20);
	buf_init(&b->out, 1 << 20);
	b->problems.lines = &b->lines;
	arena_init(&b->arena, 1 << 20);
}

static inline void bench_close(struct bench *b)
{
	table_free(b->t);
	buf_finish(&b->lines);
	buf_finish(&b->out);
	arena_finish(&b->arena);
}

static inline struct table_source bench_source(struct bench *b, const char *name)
{
	return (struct table_source) { .file = table_keep(b->t, slice_of(name)), .problems = &b->problems };
}

static inline void bench_keys(struct bench *b, const char *text)
{
	table_read_keys(b->t, table_keep(b->t, slice_of(text)), S("/etc"), bench_source(b, "keys"));
}

static inline void bench_bindings(struct bench *b, const char *text)
{
	table_read_bindings(b->t, table_keep(b->t, slice_of(text)), bench_source(b, "bind"));
}

/* "example.com/s1 example.com/ed1", with "i=..." and "@path" behind where `whole`; or the word that tells why not. */
static inline slice bench_ask(struct bench *b, const struct ask *ask, bool whole)
{
	slice from = slice_of(ask->from);
	size_t at = slice_find_last_char(from, '@');
	struct table_query q = { .local = slice_first(from, at == SLICE_NONE ? 0 : at), .login = slice_of(ask->login) };
	struct table_choice c;
	q.domain = at == SLICE_NONE ? from : slice_from(from, at + 1);
	if (ask->client && !signet_ip_parse(slice_of(ask->client), &q.client)) {
		q.client_name = slice_of(ask->client);
	}
	arena_reset(&b->arena);
	buf_clear(&b->out);
	if (table_choose(b->t, &q, &b->arena, &c) != SIGNET_OK) {
		return S("no memory");
	}
	for (size_t i = 0; i < c.n; i++) {
		const struct table_key *key = &c.keys[i];
		buf_put_text(&b->out, i ? " " : "");
		buf_put(&b->out, key->domain);
		buf_put_char(&b->out, '/');
		buf_put(&b->out, key->selector.len ? key->selector : S("*"));
		if (whole) {
			buf_put_text(&b->out, key->identity.len ? " i=" : "");
			buf_put(&b->out, key->identity);
			buf_put_text(&b->out, key->place == TABLE_FILE    ? " @"
			                      : key->place == TABLE_STORE ? " store"
			                                                  : " signer");
			buf_put(&b->out, key->path);
		}
	}
	if (c.n == 0) {
		buf_put_text(&b->out, table_why_name(c.why));
	}
	return buf_slice(&b->out);
}

/* The sentence of the log for it. */
static inline slice bench_reason(struct bench *b, const struct table_query *q)
{
	struct table_choice c;
	arena_reset(&b->arena);
	buf_clear(&b->out);
	if (table_choose(b->t, q, &b->arena, &c) != SIGNET_OK) {
		return S("no memory");
	}
	table_put_reason(&b->out, q, &c);
	return buf_slice(&b->out);
}

#endif
