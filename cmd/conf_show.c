/* SPDX-License-Identifier: Apache-2.0 */
/* signet conf show: every key with its value, what holds without it, where it was said, and its sentence.  As text it is a
 * configuration that means the same. */
#include <stdlib.h>

#include "../service/conf/schema.h"
#include "../src/base/escape.h"
#include "../src/format/json_write.h"
#include "conf.h"

#define TEXT_BYTES ((size_t)64 << 20)
#define VALUE_BYTES ((size_t)4 << 20)
#define ERROR_BYTES ((size_t)64 << 10)

struct show {
	const struct options *o;
	const struct conf *conf;
	const char *path; /* NULL: the presets alone */
	struct buf *to;
	struct buf value, preset;
};

/* One key in one place. */
struct entry {
	const struct conf_key *key;
	const struct conf_place *place; /* of a section with a title, else NULL */
	const void *into;
	size_t line; /* 0: it was not said, or is an empty list */
	bool is_said;
};

/* ---- values ---- */

static void put_preset(struct buf *to, const struct conf_key *key)
{
	if (key->presets) {
		size_t n = 0;
		while (key->presets[n]) {
			n++;
		}
		const struct conf_list list = { .at = key->presets, .n = n };
		struct conf_key own = *key;
		own.where = 0;
		conf_put_value(to, &own, &list);
	} else if (key->preset && key->kind == CONF_TEXT) {
		struct conf_key own = *key;
		own.where = 0;
		conf_put_value(to, &own, &key->preset);
	} else if (key->preset) {
		buf_put_text(to, key->preset);
	}
}

/* Fills s->value and s->preset. */
static void find_values(struct show *s, struct entry *e)
{
	buf_clear(&s->value);
	buf_clear(&s->preset);
	put_preset(&s->preset, e->key);
	conf_put_value(&s->value, e->key, e->into);
	e->line = s->path ? conf_line(s->conf, e->place, e->key->section, e->key->name) : 0;
	if (s->value.len == 0) {
		buf_put(&s->value, buf_slice(&s->preset));
	}
	e->is_said = e->line || !slice_eq(buf_slice(&s->value), buf_slice(&s->preset));
}

/* ---- JSON ---- */

static const char *kind_name(enum conf_kind kind)
{
	static const char *const names[] = {
		[CONF_TEXT] = "text",     [CONF_BOOL] = "bool",     [CONF_LIST] = "list", [CONF_SWITCH] = "bool",
		[CONF_NUMBER] = "number", [CONF_OCTETS] = "octets", [CONF_SPAN] = "span",
	};
	return names[kind];
}

static void json_texts(struct json_writer *w, const char *const *at, size_t n)
{
	json_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		json_text(w, slice_of(at[i]));
	}
	json_close(w, ']');
}

static void json_value(struct json_writer *w, const struct conf_key *key, const void *into)
{
	const void *at = (const char *)into + key->where;
	const struct conf_list *list = at;
	switch (key->kind) {
	case CONF_TEXT:
		if (*(const char *const *)at || key->preset) {
			json_text(w, slice_of(*(const char *const *)at ? *(const char *const *)at : key->preset));
		} else {
			json_nothing(w);
		}
		break;
	case CONF_BOOL:
		json_bool(w, *(const bool *)at);
		break;
	case CONF_SWITCH:
		if (*(const enum conf_switch *)at == CONF_UNSAID) {
			json_nothing(w);
		} else {
			json_bool(w, *(const enum conf_switch *)at == CONF_ON);
		}
		break;
	case CONF_LIST:
		json_texts(w, list->at, list->n);
		break;
	case CONF_NUMBER:
	case CONF_OCTETS:
		json_number(w, (int64_t) * (const uint64_t *)at);
		break;
	case CONF_SPAN:
		json_number(w, *(const int64_t *)at);
		break;
	}
}

static void put_json(struct show *s, const struct entry *e)
{
	char wants[256];
	struct json_writer w = json_writer_of(s->to);
	conf_put_wants(wants, sizeof(wants), e->key);
	json_open(&w, '{');
	json_member_name(&w, "section", e->key->section);
	json_member_name(&w, "title", e->place ? e->place->title : NULL);
	json_member_name(&w, "key", e->key->name);
	json_key(&w, "value");
	json_value(&w, e->key, e->into);
	json_member_optional(&w, "written", buf_slice(&s->value));
	json_member_optional(&w, "default", buf_slice(&s->preset));
	json_member_name(&w, "from", e->is_said ? "file" : "default");
	json_member_name(&w, "file", e->is_said ? s->path : NULL);
	json_key(&w, "line");
	if (e->line) {
		json_number(&w, (int64_t)e->line);
	} else {
		json_nothing(&w);
	}
	json_member_name(&w, "kind", kind_name(e->key->kind));
	json_member_name(&w, "unit", conf_unit(e->key->kind));
	json_member_name(&w, "wants", wants);
	json_member_bool(&w, "restart", e->key->is_fixed);
	json_member_name(&w, "text", e->key->sentence);
	json_close(&w, '}');
	buf_put_char(s->to, '\n');
}

/* ---- text ---- */

/* Values are of the configuration: they may hold what a terminal should not see. */
static void put_origin(struct show *s, const struct entry *e)
{
	buf_put_text(s->to, "\t# ");
	if (e->is_said) {
		escape_put(s->to, slice_of(s->path));
		if (e->line) {
			buf_put_char(s->to, ':');
			buf_put_number(s->to, e->line);
		}
		buf_put_text(s->to, s->preset.len ? "; default " : "");
		escape_put(s->to, buf_slice(&s->preset));
	} else {
		buf_put_text(s->to, s->preset.len ? "default" : "not said");
	}
	buf_put_char(s->to, '\n');
}

static void put_text(struct show *s, const struct entry *e)
{
	char wants[256];
	const char *indent = e->key->section ? "\t" : "";
	/* a section with a title that is not there is shown for its keys alone */
	const char *off = s->value.len == 0 || (e->place && !s->path) ? "# " : "";
	conf_put_wants(wants, sizeof(wants), e->key);
	buf_put_text(s->to, indent);
	buf_put_text(s->to, "# ");
	buf_put_text(s->to, e->key->sentence);
	buf_put_text(s->to, e->key->is_fixed ? " A change needs a restart." : "");
	buf_put_char(s->to, '\n');
	buf_put_text(s->to, indent);
	buf_put_text(s->to, off);
	buf_put_text(s->to, e->key->name);
	buf_put_text(s->to, " = ");
	if (s->value.len) {
		escape_put(s->to, buf_slice(&s->value));
		put_origin(s, e);
	} else {
		buf_put_text(s->to, wants);
		buf_put_char(s->to, '\n');
	}
}

/* ---- the table ---- */

static bool is_in(const struct conf_key *key, const char *section)
{
	return strcmp(key->section ? key->section : "", section ? section : "") == 0;
}

static void put_keys(struct show *s, const char *section, const struct conf_place *place, const void *into)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		struct entry e = { .key = &conf_keys[i], .place = place, .into = into };
		if (is_in(e.key, section)) {
			find_values(s, &e);
			(s->o->json ? put_json : put_text)(s, &e);
		}
	}
}

static void begin_section(struct show *s, const char *name, const char *title, const char *sentence)
{
	const char *off = title && !s->path ? "# " : "";
	if (s->o->json) {
		return;
	}
	buf_put_char(s->to, '\n');
	if (sentence) {
		buf_put_text(s->to, "# ");
		buf_put_text(s->to, sentence);
		buf_put_char(s->to, '\n');
	}
	buf_put_text(s->to, off);
	buf_put_text(s->to, name);
	if (title) {
		buf_put_text(s->to, " \"");
		escape_put(s->to, slice_of(title));
		buf_put_char(s->to, '"');
	}
	buf_put_text(s->to, " {\n");
}

static void end_section(struct show *s, bool is_titled)
{
	if (!s->o->json) {
		buf_put_text(s->to, is_titled && !s->path ? "# }\n" : "}\n");
	}
}

static void put_titled(struct show *s, const struct conf_section *section)
{
	const struct conf_titled *titled = (const void *)((const char *)s->conf + section->where);
	for (size_t i = 0; i < titled->n; i++) {
		const void *element = (const char *)titled->at + i * section->size;
		const struct conf_place *place = element;
		begin_section(s, section->name, place->title, section->sentence);
		put_keys(s, section->name, place, element);
		end_section(s, true);
	}
}

/* What a section would say if nothing were said in it. */
static void put_model(struct show *s, const struct conf_section *section)
{
	void *element = calloc(1, section->size);
	if (!element) {
		return;
	}
	*(struct conf_place *)element = (struct conf_place) { .title = "..." };
	conf_fill(section->name, element);
	begin_section(s, section->name, "...", section->sentence);
	put_keys(s, section->name, element, element);
	end_section(s, true);
	free(element);
}

static void put_sections(struct show *s)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const char *name = conf_keys[i].section;
		bool is_first = name && !is_in(&conf_keys[i - 1], name);
		if (is_first && !conf_find_section(name)) {
			begin_section(s, name, NULL, NULL);
			put_keys(s, name, NULL, s->conf);
			end_section(s, false);
		}
	}
	for (size_t i = 0; i < conf_n_sections; i++) {
		(s->path ? put_titled : put_model)(s, &conf_sections[i]);
	}
}

static void complain_lines(const struct options *o, slice lines)
{
	while (lines.at && lines.len) {
		slice line = slice_split(&lines, '\n');
		complain(o, "%.*s", (int)line.len, line.at);
	}
}

enum exit_status conf_show(const struct options *o)
{
	struct buf error, text;
	struct show s = { .o = o, .path = o->defaults ? NULL : conf_file(o), .to = &text };
	buf_init(&error, ERROR_BYTES);
	struct conf *conf = s.path ? conf_read_all(s.path, &error) : conf_new();
	complain_lines(o, buf_slice(&error));
	buf_finish(&error);
	if (!conf) {
		return EXIT_BAD_INPUT;
	}
	s.conf = conf;
	buf_init(&text, TEXT_BYTES);
	buf_init(&s.value, VALUE_BYTES);
	buf_init(&s.preset, VALUE_BYTES);
	put_keys(&s, NULL, NULL, conf);
	put_sections(&s);
	(void)write_out(buf_slice(&text));
	enum exit_status status = buf_ok(&text) ? EXIT_FINE : EXIT_UNFINISHED;
	buf_finish(&s.preset);
	buf_finish(&s.value);
	buf_finish(&text);
	conf_free(conf);
	return status;
}
