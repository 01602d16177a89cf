/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/cursor.h"
#include "schema.h"

#define MAX_KEYS 64
#define MAX_SECTIONS 8
#define ERROR_BYTES 512 /* of a sentence of libConfuse */
#define FILE_BYTES ((size_t)4 << 20)
#define CHUNK_BYTES ((size_t)64 << 10)

/* What conf_read hands out; libConfuse owns the texts. */
struct owned {
	struct conf conf; /* first: conf_free gets this address */
	cfg_t *cfg;
	cfg_opt_t top[MAX_KEYS];
	cfg_opt_t sections[MAX_SECTIONS][MAX_KEYS];
	const char *section_names[MAX_SECTIONS];
	size_t n_sections;
};

/* What is being read: libConfuse (3.3) gives its callbacks no user data and its sections no file name. */
static _Thread_local struct {
	const char *path;
	struct buf *error;
} reading;

/* The first error is the one that matters. */
static void report(cfg_t *cfg, const char *format, va_list arguments)
{
	char text[ERROR_BYTES];
	if (reading.error->len) {
		return;
	}
	vsnprintf(text, sizeof(text), format, arguments);
	buf_put_text(reading.error, reading.path);
	buf_put_char(reading.error, ':');
	buf_put_number(reading.error, cfg ? (uint64_t)cfg->line : 0);
	buf_put_text(reading.error, ": ");
	buf_put_text(reading.error, text);
}

static cfg_opt_t option_of(const struct conf_key *key)
{
	cfg_opt_t option = CFG_END();
	switch (key->kind) {
	case CONF_TEXT:
		option = (cfg_opt_t)CFG_STR(key->name, NULL, CFGF_NODEFAULT);
		break;
	case CONF_BOOL:
		option = (cfg_opt_t)CFG_BOOL(key->name, cfg_false, CFGF_NONE);
		break;
	case CONF_LIST:
		option = (cfg_opt_t)CFG_STR_LIST(key->name, NULL, CFGF_NODEFAULT);
		break;
	}
	return option;
}

static cfg_opt_t *section_of(struct owned *o, const char *name)
{
	for (size_t i = 0; i < o->n_sections; i++) {
		if (strcmp(o->section_names[i], name) == 0) {
			return o->sections[i];
		}
	}
	o->section_names[o->n_sections] = name;
	return o->sections[o->n_sections++];
}

static void append(cfg_opt_t *options, cfg_opt_t option)
{
	size_t n = 0;
	while (options[n].type != CFGT_NONE) {
		n++;
	}
	options[n] = option;
}

static const struct conf_section *find_section(const char *name)
{
	for (size_t i = 0; name && i < conf_n_sections; i++) {
		if (strcmp(conf_sections[i].name, name) == 0) {
			return &conf_sections[i];
		}
	}
	return NULL;
}

static void build_options(struct owned *o)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		append(key->section ? section_of(o, key->section) : o->top, option_of(key));
	}
	for (size_t i = 0; i < o->n_sections; i++) {
		bool titled = find_section(o->section_names[i]);
		cfg_flag_t flags = titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;
		append(o->top, (cfg_opt_t)CFG_SEC(o->section_names[i], o->sections[i], flags));
	}
}

static const struct conf_key *find_key(const cfg_t *cfg, const char *name)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const char *section =
			conf_keys[i].section ? conf_keys[i].section : "root"; /* libConfuse's name of the top */
		if (strcmp(conf_keys[i].name, name) == 0 && strcmp(section, cfg_name((cfg_t *)(uintptr_t)cfg)) == 0) {
			return &conf_keys[i];
		}
	}
	return NULL;
}

/* Called after each value, so that the line of an error is the line of the value. */
static int validate(cfg_t *cfg, cfg_opt_t *option)
{
	const struct conf_key *key = find_key(cfg, cfg_opt_name(option));
	unsigned n = cfg_opt_size(option);
	const char *value = key && n ? cfg_opt_getnstr(option, n - 1) : NULL;
	if (!value || key->is_valid(value)) {
		return 0;
	}
	cfg_error(cfg, "%s: \"%s\" is not %s", key->name, value, key->wants);
	return -1;
}

static void set_validators(cfg_t *cfg)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		char path[64];
		if (key->is_valid) {
			snprintf(path, sizeof(path), "%s%s%s", key->section ? key->section : "",
			         key->section ? "|" : "", key->name);
			cfg_set_validate_func(cfg, path, validate);
		}
	}
}

static bool read_list(cfg_t *cfg, const struct conf_key *key, struct conf_list *ret)
{
	size_t n = cfg_size(cfg, key->name);
	const char **at = n ? calloc(n, sizeof(*at)) : NULL;
	if (n && !at) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		at[i] = cfg_getnstr(cfg, key->name, (unsigned)i);
	}
	*ret = (struct conf_list) { .at = at, .n = n };
	return true;
}

/* `into` is the struct conf, or the element of a section with a title. */
static bool read_key(cfg_t *cfg, const struct conf_key *key, void *into)
{
	void *to = (char *)into + key->where;
	switch (key->kind) {
	case CONF_TEXT:
		*(const char **)to = cfg_getstr(cfg, key->name);
		return true;
	case CONF_BOOL:
		*(bool *)to = cfg_getbool(cfg, key->name) == cfg_true;
		return true;
	case CONF_LIST:
		return read_list(cfg, key, to);
	}
	return false;
}

static bool read_plain_keys(struct owned *o)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		cfg_t *cfg = key->section && !find_section(key->section) ? cfg_getsec(o->cfg, key->section) : o->cfg;
		if (!find_section(key->section) && !read_key(cfg, key, &o->conf)) {
			return false;
		}
	}
	return true;
}

static bool read_element(cfg_t *cfg, const struct conf_section *section, void *element)
{
	*(struct conf_place *)element = (struct conf_place) { cfg_title(cfg), (size_t)cfg->line };
	for (size_t i = 0; i < conf_n_keys; i++) {
		bool is_ours = conf_keys[i].section && strcmp(conf_keys[i].section, section->name) == 0;
		if (is_ours && !read_key(cfg, &conf_keys[i], element)) {
			return false;
		}
	}
	return true;
}

static bool read_section(struct owned *o, const struct conf_section *section)
{
	struct conf_titled *titled = (struct conf_titled *)(void *)((char *)&o->conf + section->where);
	size_t n = cfg_size(o->cfg, section->name);
	titled->at = n ? calloc(n, section->size) : NULL;
	if (n && !titled->at) {
		return false;
	}
	for (titled->n = 0; titled->n < n;) {
		size_t i = titled->n++;
		if (!read_element(cfg_getnsec(o->cfg, section->name, (unsigned)i), section,
		                  (char *)titled->at + i * section->size)) {
			return false;
		}
	}
	return true;
}

static bool fail(struct buf *error, const char *path, const char *why)
{
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return false;
}

/* The scanner of libConfuse ends the process if it cannot read (a directory is enough), so that it gets no file. */
static bool read_file(const char *path, struct buf *text, struct buf *error)
{
	FILE *stream = fopen(path, "re");
	size_t n = 1;
	while (stream && n && buf_ok(text)) {
		char *to = buf_reserve(text, CHUNK_BYTES);
		n = to ? fread(to, 1, CHUNK_BYTES, stream) : 0;
		text->len += n;
	}
	bool ok = stream && !ferror(stream);
	if (!ok) {
		(void)fail(error, path, strerror(errno));
	} else if (!buf_ok(text)) {
		ok = fail(error, path, "too large for a configuration");
	}
	if (stream) {
		fclose(stream);
	}
	return ok;
}

static bool starts_comment(const struct cursor *c, char before)
{
	slice rest = cursor_rest(c);
	return (slice_starts(rest, S("#")) || slice_starts(rest, S("//")) || slice_starts(rest, S("/*"))) &&
	       (before == 0 || strchr(" \t\r\n={},", before));
}

static const char *end_of_comment(slice comment)
{
	bool is_block = slice_starts(comment, S("/*"));
	size_t at = slice_find(comment, is_block ? S("*/") : S("\n"));
	return at == SLICE_NONE ? comment.at + comment.len : comment.at + at + (is_block ? 2 : 0);
}

/* Puts blanks in the place of comments: libConfuse (3.3) counts the lines of a comment more than once, and an error in
 * the wrong line is worse than none.  Ends of lines stay. */
static void blank_comments(char *text, size_t len)
{
	struct cursor c = cursor_of(slice_make(text, len));
	char quote = 0, before = 0;
	while (!cursor_is_end(&c)) {
		char *at = text + (c.at - text);
		if (!quote && starts_comment(&c, before)) {
			const char *end = end_of_comment(cursor_rest(&c));
			for (; at < end; at++) {
				*at = *at == '\n' ? '\n' : ' ';
			}
			c.at = end;
			before = ' ';
			continue;
		}
		if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? 0 : *at;
		}
		before = *at;
		c.at += quote && *at == '\\' && c.end - c.at > 1 ? 2 : 1;
	}
}

static bool parse(struct owned *o, const char *path, struct buf *text, struct buf *error)
{
	if (text->len == 0) {
		return true;
	}
	if (memchr(text->at, 0, text->len)) {
		return fail(error, path, "there is a NUL octet: not a configuration");
	}
	blank_comments(text->at, text->len);
	FILE *stream = fmemopen(text->at, text->len, "r");
	reading.path = path;
	reading.error = error;
	bool ok = stream && cfg_parse_fp(o->cfg, stream) == CFG_SUCCESS;
	if (stream) {
		fclose(stream);
	}
	return ok || (!error->len && fail(error, path, "not a usable configuration"));
}

static bool read_all(struct owned *o, const char *path, struct buf *error)
{
	struct buf text;
	buf_init(&text, FILE_BYTES);
	bool ok = read_file(path, &text, error) && parse(o, path, &text, error);
	buf_finish(&text);
	if (!ok) {
		return false;
	}
	ok = read_plain_keys(o);
	for (size_t i = 0; ok && i < conf_n_sections; i++) {
		ok = read_section(o, &conf_sections[i]);
	}
	return ok || fail(error, path, "no memory");
}

struct conf *conf_read(const char *path, struct buf *error)
{
	struct owned *o = calloc(1, sizeof(*o));
	if (!o) {
		buf_put_text(error, "no memory");
		return NULL;
	}
	build_options(o);
	o->cfg = cfg_init(o->top, CFGF_NONE);
	if (o->cfg) {
		cfg_set_error_function(o->cfg, report);
		set_validators(o->cfg);
	}
	if (!o->cfg || !read_all(o, path, error)) {
		conf_free(&o->conf);
		return NULL;
	}
	return &o->conf;
}

static void free_list(void *into, const struct conf_key *key)
{
	if (key->kind == CONF_LIST) {
		struct conf_list *list = (struct conf_list *)(void *)((char *)into + key->where);
		free((void *)(uintptr_t)list->at);
	}
}

static void free_section(struct conf *conf, const struct conf_section *section)
{
	struct conf_titled *titled = (struct conf_titled *)(void *)((char *)conf + section->where);
	for (size_t i = 0; i < titled->n * conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i % conf_n_keys];
		if (key->section && strcmp(key->section, section->name) == 0) {
			free_list((char *)titled->at + i / conf_n_keys * section->size, key);
		}
	}
	free(titled->at);
}

void conf_free(struct conf *conf)
{
	if (!conf) {
		return;
	}
	struct owned *o = (struct owned *)conf;
	for (size_t i = 0; i < conf_n_keys; i++) {
		if (!find_section(conf_keys[i].section)) {
			free_list(conf, &conf_keys[i]);
		}
	}
	for (size_t i = 0; i < conf_n_sections; i++) {
		free_section(conf, &conf_sections[i]);
	}
	if (o->cfg) {
		cfg_free(o->cfg);
	}
	free(o);
}

bool conf_path(const char *config, const char *value, char *ret, size_t room)
{
	const char *slash = strrchr(config, '/');
	int folder = slash && value[0] != '/' ? (int)(slash + 1 - config) : 0;
	int n = snprintf(ret, room, "%.*s%s", folder, config, value);
	return n >= 0 && (size_t)n < room;
}
