/* SPDX-License-Identifier: Apache-2.0 */
/* signet key table: says which key signs for an address, a login and a client. */
#include "key_table.h"

#include <stdio.h>

#include "../service/conf/conf.h"
#include "../service/keys/table_load.h"
#include "../src/base/escape.h"
#include "../src/format/json_write.h"

#define TEXT_BYTES ((size_t)1 << 20)
#define ARENA_BYTES ((size_t)1 << 20)
#define ERROR_BYTES 1024

static struct conf *read_conf(const struct options *o)
{
	struct buf error;
	buf_init(&error, ERROR_BYTES);
	struct conf *conf = conf_read(o->config, &error);
	if (!conf) {
		complain(o, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return conf;
}

static void complain_lines(const struct options *o, slice lines)
{
	while (lines.len) {
		slice line = slice_split(&lines, '\n');
		complain(o, "%.*s", (int)line.len, line.at);
	}
}

struct table *key_table_open(const struct options *o, enum exit_status *ret_status)
{
	struct conf *conf = o->config ? read_conf(o) : NULL;
	*ret_status = EXIT_BAD_INPUT;
	if (o->config && !conf) {
		return NULL;
	}
	struct buf lines;
	buf_init(&lines, TEXT_BYTES);
	struct table_problems problems = { .lines = &lines };
	struct table *t = table_load(&(struct table_sources) { conf, o->config, o->tables.at, o->tables.n }, &problems);
	complain_lines(o, buf_slice(&lines));
	buf_finish(&lines);
	conf_free(conf);
	if (!t) {
		complain(o, "no memory for the table");
		*ret_status = EXIT_UNFINISHED;
	} else if (!problems.errors) {
		*ret_status = EXIT_FINE;
	}
	return t;
}

static const char *place_name(enum table_place place)
{
	return place == TABLE_FILE ? "file" : place == TABLE_STORE ? "store" : "signer";
}

static void put_key_json(struct json_writer *w, const struct table_key *key)
{
	json_open(w, '{');
	json_member_text(w, "domain", key->domain);
	json_member_optional(w, "selector", key->selector);
	json_member_optional(w, "identity", key->identity);
	json_member_name(w, "algorithm", key->has_algorithm ? signet_algorithm_name(key->algorithm) : NULL);
	json_member_name(w, "place", place_name(key->place));
	json_member_optional(w, "path", key->path);
	json_member_text(w, "file", key->file);
	json_member_number(w, "line", (int64_t)key->line);
	json_close(w, '}');
}

static void put_json(struct buf *to, const struct options *o, slice reason, const struct table_choice *c)
{
	struct json_writer w = json_writer_of(to);
	json_open(&w, '{');
	json_member_name(&w, "from", o->from);
	json_member_name(&w, "login", o->login);
	json_member_name(&w, "client", o->client);
	json_member_bool(&w, "signs", c->why == TABLE_SIGNS);
	json_member_name(&w, "why", table_why_name(c->why));
	json_member_text(&w, "reason", reason);
	json_key(&w, "keys");
	json_open(&w, '[');
	for (size_t i = 0; i < c->n; i++) {
		put_key_json(&w, &c->keys[i]);
	}
	json_close(&w, ']');
	json_close(&w, '}');
	buf_put_char(to, '\n');
}

static void put_text(struct buf *to, const struct options *o, slice reason, const struct table_choice *c)
{
	buf_put(to, reason);
	buf_put_char(to, '\n');
	for (size_t i = 0; o->verbose && i < c->n; i++) {
		buf_put_text(to, "  by ");
		escape_put(to, c->keys[i].file);
		buf_put_char(to, ':');
		buf_put_number(to, c->keys[i].line);
		buf_put_text(to, c->keys[i].identity.len ? ", i=" : "");
		escape_put(to, c->keys[i].identity);
		buf_put_char(to, '\n');
	}
}

void key_table_sender(const struct options *o, struct table_query *q)
{
	q->login = slice_of(o->login);
	if (o->client && !signet_ip_parse(slice_of(o->client), &q->client)) {
		q->client_name = slice_of(o->client);
	}
}

static bool read_query(const struct options *o, struct table_query *ret)
{
	slice from = slice_of(o->from);
	size_t at = slice_find_last_char(from, '@');
	*ret = (struct table_query) { .local = slice_first(from, at == SLICE_NONE ? 0 : at) };
	ret->domain = at == SLICE_NONE ? from : slice_from(from, at + 1);
	key_table_sender(o, ret);
	if (!ret->domain.len) {
		complain(o, "--from \"%s\" has no domain", o->from);
	} else if (at == SLICE_NONE && slice_find_char(from, '.') == SLICE_NONE) {
		complain(o, "--from \"%s\" is no address: NAME@DOMAIN, or a domain of two labels or more", o->from);
		return false;
	}
	return ret->domain.len;
}

static enum exit_status ask(const struct options *o, const struct table *t, struct buf *text)
{
	struct signet_arena arena;
	struct table_query q;
	struct table_choice c;
	struct buf reason;
	if (!read_query(o, &q)) {
		return EXIT_USAGE;
	}
	arena_init(&arena, ARENA_BYTES);
	buf_init_arena(&reason, &arena, TEXT_BYTES);
	enum exit_status status = EXIT_UNFINISHED;
	if (table_choose(t, &q, &arena, &c) == SIGNET_OK) {
		table_put_reason(&reason, &q, &c);
		(o->json ? put_json : put_text)(text, o, buf_slice(&reason), &c);
		status = c.why == TABLE_SIGNS ? EXIT_FINE : EXIT_BAD;
	} else {
		complain(o, "no memory to choose a key");
	}
	arena_finish(&arena);
	return status;
}

static void put_counts(struct buf *to, const struct options *o, const struct table *t)
{
	if (o->json) {
		struct json_writer w = json_writer_of(to);
		json_open(&w, '{');
		json_member_number(&w, "rules", (int64_t)table_count_rules(t));
		json_member_number(&w, "bindings", (int64_t)table_count_bindings(t));
		json_close(&w, '}');
	} else {
		buf_put_number(to, table_count_rules(t));
		buf_put_text(to, " rules, ");
		buf_put_number(to, table_count_bindings(t));
		buf_put_text(to, " bindings");
	}
	buf_put_char(to, '\n');
}

enum exit_status key_table(const struct options *o)
{
	enum exit_status status;
	struct table *t = key_table_open(o, &status);
	if (!t) {
		return status;
	}
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	if (o->from) {
		status = worse(status, ask(o, t, &text));
	} else {
		put_counts(&text, o, t);
	}
	if (!o->quiet) {
		(void)write_out(buf_slice(&text));
	}
	buf_finish(&text);
	table_free(t);
	return status;
}
