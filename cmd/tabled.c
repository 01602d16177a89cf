/* SPDX-License-Identifier: Apache-2.0 */
#include "tabled.h"

#include <stdio.h>

#include "../service/keys/store.h"
#include "../src/base/arena.h"
#include "../src/base/escape.h"
#include "../src/base/name.h"
#include "../src/format/json_write.h"
#include "key_table.h"
#include "stored.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define REASON_BYTES 4096
#define TEXT_BYTES ((size_t)1 << 20)
#define STORED_KEYS 4 /* active at a time in one domain: one of each algorithm */

struct choosing {
	const struct options *o;
	const struct tabled_message *message;
	const char *keydir;
	char keydir_of_conf[STORE_PATH_OCTETS];
	struct table_choice *choice;
	struct tabled *to;
	enum exit_status *status;
};

bool tabled_is_wanted(const struct options *o)
{
	bool named = false;
	for (size_t i = 0; i < o->steps.n; i++) {
		const char *name = o->steps.at[i].name;
		named |= strcmp(name, "domain") == 0 || strcmp(name, "selector") == 0 || strcmp(name, "key") == 0;
	}
	return o->tables.n || o->login || o->client || (o->config && !named);
}

/* ---- why not ---- */

static void put_json(struct buf *text, const char *path, const char *why, slice reason)
{
	struct json_writer w = json_writer_of(text);
	json_open(&w, '{');
	json_member_text(&w, "path", slice_of(path));
	json_member_bool(&w, "ok", false);
	json_member_name(&w, "why", why);
	json_member_text(&w, "reason", reason);
	json_key(&w, "signatures");
	json_open(&w, '[');
	json_close(&w, ']');
	json_key(&w, "findings");
	json_open(&w, '[');
	json_close(&w, ']');
	json_close(&w, '}');
	buf_put_char(text, '\n');
}

/* `reason` is escaped. */
static bool leave_unsigned(const struct choosing *c, const char *why, slice reason)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	if (c->o->json) {
		put_json(&text, c->message->path, why, reason);
	} else {
		buf_put_text(&text, "signet sign: ");
		buf_put(&text, reason);
		buf_put_char(&text, '\n');
	}
	if (text.len) {
		fwrite(text.at, 1, text.len, stderr);
	}
	buf_finish(&text);
	*c->status = EXIT_BAD_INPUT;
	return false;
}

static bool fail(const struct choosing *c)
{
	complain(c->o, "no memory to choose a key");
	*c->status = EXIT_UNFINISHED;
	return false;
}

/* ---- who wrote it ---- */

static bool ask(const struct choosing *c, const struct signet_author *author, struct table_choice *ret)
{
	struct table_query q = { 0 };
	struct buf reason;
	size_t at = slice_find_last_char(author->address, '@');
	if (at != SLICE_NONE) {
		q.local = slice_first(author->address, at);
		q.domain = author->domain.len ? author->domain : slice_from(author->address, at + 1);
	}
	key_table_sender(c->o, &q);
	if (table_choose(c->to->table, &q, c->to->arena, ret) != SIGNET_OK) {
		return fail(c);
	}
	if (ret->why == TABLE_SIGNS) {
		return true;
	}
	buf_init_arena(&reason, c->to->arena, REASON_BYTES);
	table_put_reason(&reason, &q, ret);
	return leave_unsigned(c, table_why_name(ret->why), buf_slice(&reason));
}

static void note_third_party(const struct choosing *c, const struct table_choice *choice)
{
	for (size_t i = 0; i < choice->n; i++) {
		c->to->third_party |= !name_is_at_or_below(choice->domain, choice->keys[i].domain);
	}
}

static bool ask_all(const struct choosing *c)
{
	const struct signet_author *authors;
	struct table_choice other;
	size_t n;
	if (signet_authors(c->message->octets, c->to->arena, &authors, &n) != SIGNET_OK) {
		return fail(c);
	}
	if (n == 0) {
		return leave_unsigned(c, table_why_name(TABLE_NO_AUTHOR), S("unsigned: From names nobody"));
	}
	for (size_t i = 0; i < n; i++) {
		struct table_choice *choice = i ? &other : c->choice;
		if (!ask(c, &authors[i], choice)) {
			return false;
		}
		if (i && !table_is_same_choice(c->choice, choice)) {
			return leave_unsigned(c, "different-keys",
			                      S("unsigned: the authors in From have different keys"));
		}
		note_third_party(c, choice);
	}
	return true;
}

/* ---- which keys these are ---- */

static const char *text_of(const struct choosing *c, slice s)
{
	char *text = s.len ? arena_alloc(c->to->arena, s.len + 1) : NULL;
	if (text) {
		memcpy(text, s.at, s.len);
	}
	return text;
}

static bool add_key(const struct choosing *c, const struct table_key *rule, const char *selector, const char *path)
{
	if (c->to->n == SIGNET_SIGNATURES) {
		complain(c->o, "more than %d signatures", SIGNET_SIGNATURES);
		*c->status = EXIT_BAD_INPUT;
		return false;
	}
	c->to->needs_signer |= !path;
	c->to->keys[c->to->n++] =
		(struct tabled_key) { text_of(c, rule->domain), selector, text_of(c, rule->identity), path, rule };
	return true;
}

static bool add_active(const struct choosing *c, const struct table_key *rule)
{
	struct stored_key *keys = arena_array(c->to->arena, STORED_KEYS, sizeof(*keys));
	const char *domain = text_of(c, rule->domain);
	if (!keys || !domain) {
		return fail(c);
	}
	size_t n = stored_active(c->o, c->keydir, domain, keys, STORED_KEYS, c->status);
	bool good = n > 0;
	for (size_t i = 0; i < n && good; i++) {
		good = add_key(c, rule, keys[i].selector, keys[i].path);
	}
	return good;
}

static bool add_chosen(const struct choosing *c, const struct table_key *rule)
{
	if (rule->place == TABLE_STORE && !rule->selector.len) {
		return add_active(c, rule);
	}
	const char *path = NULL;
	if (rule->place == TABLE_FILE) {
		path = rule->path.at;
	} else if (rule->place == TABLE_STORE) {
		slice folder = slice_of(c->keydir);
		path = text_of(
			c, ARENA_JOIN(c->to->arena, folder, S("/"), rule->domain, S("/"), rule->selector, S(".pem")));
	}
	return add_key(c, rule, text_of(c, rule->selector), path);
}

static bool find_store(struct choosing *c, const struct conf *conf)
{
	const char *said = conf ? conf->keys_directory : NULL;
	c->keydir = c->o->keys ? c->o->keys : STORE_FOLDER;
	if (c->o->keys || !said) {
		return true;
	}
	c->keydir = c->keydir_of_conf;
	if (!conf_path(c->o->config, said, c->keydir_of_conf, sizeof(c->keydir_of_conf))) {
		complain(c->o, "the path of keys.directory is too long");
		return false;
	}
	return true;
}

bool tabled_choose(const struct options *o, const struct conf *conf, const struct tabled_message *message,
                   struct tabled *ret, enum exit_status *ret_status)
{
	struct table_choice choice = { 0 };
	struct choosing c = { .o = o, .message = message, .choice = &choice, .to = ret, .status = ret_status };
	*ret = (struct tabled) { .arena = signet_arena_new(ARENA_BYTES) };
	if (!ret->arena) {
		return fail(&c);
	}
	ret->table = key_table_open(o, ret_status);
	if (!ret->table || *ret_status != EXIT_FINE) {
		return false;
	}
	*ret_status = EXIT_BAD_INPUT;
	bool good = find_store(&c, conf) && ask_all(&c);
	struct table_key *rules = good ? arena_array(ret->arena, TABLE_KEYS_MAX, sizeof(*rules)) : NULL;
	if (rules) {
		memcpy(rules, choice.keys, sizeof(choice.keys));
	}
	for (size_t i = 0; i < choice.n && good && rules; i++) {
		good = add_chosen(&c, &rules[i]);
	}
	return good && ret->arena->failed ? fail(&c) : good;
}

void tabled_finish(struct tabled *t)
{
	table_free(t->table);
	signet_arena_free(t->arena);
}
